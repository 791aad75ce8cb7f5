//! A guest's order joins the signed-in customer who holds its secret.

use entity::id::OrderId;
use entity::order::{Column, Entity};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter};

use super::guest_orders::{join, joined};
use crate::kernel::secret::token_hash;
use crate::kernel::{Ctx, Error, Result, text};

/// An order number and the order's secret. `Debug` does not show the secret.
#[derive(Clone)]
pub struct ClaimOrder {
    /// Number of the order.
    pub number: String,
    /// Its secret, from the placement or the mail.
    pub token: String,
}

impl std::fmt::Debug for ClaimOrder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClaimOrder").field("number", &self.number).finish_non_exhaustive()
    }
}

/// Gives an ownerless order to the signed-in customer; claiming one's own again changes nothing.
/// Errors: `UNAUTHENTICATED`; `NOT_FOUND` for a number and secret that do not fit, and for somebody else's order.
pub async fn claim_order(ctx: &Ctx, input: ClaimOrder) -> Result<OrderId> {
    let customer_id = ctx.actor.customer_id().ok_or(Error::Unauthenticated)?;
    let number = &text::required_line("number", &input.number, 50)?;
    let hash = &token_hash(&input.token);
    ctx.write(|tx| async move {
        let order = Entity::find()
            .filter(Column::TokenHash.eq(hash))
            .filter(Column::Number.eq(number))
            .one(&tx)
            .await?
            .ok_or(Error::not_found("order"))?;
        let free = join(&tx, customer_id, Condition::all().add(Column::Id.eq(order.id))).await? == 1;
        if free {
            joined(&tx, order.id, customer_id);
            return Ok(order.id);
        }
        let owner = Entity::find_by_id(order.id).one(&tx).await?.and_then(|order| order.customer_id);
        if owner == Some(customer_id) { Ok(order.id) } else { Err(Error::not_found("order")) }
    })
    .await
}
