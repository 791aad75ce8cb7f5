//! Who may do what with a pickup: staff at its store, and the customer or guest whose order it is.

use entity::id::PickupId;
use entity::{order, pickup};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::code;
use crate::kernel::{Actor, Ctx, Error, ErrorCode, Permission, Result, Scope};
use crate::order as orders;

/// Whose hands a command is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hands {
    /// Staff of the store.
    Store,
    /// The customer.
    Customer,
}

/// Where the actor works on pickups. Errors: `UNAUTHENTICATED`, `FORBIDDEN`.
pub(super) fn work_scope(ctx: &Ctx) -> Result<Scope> {
    ctx.require(Permission::FulfillmentWork)
}

/// Error: `NOT_FOUND` for a pickup of another store.
pub(super) fn check_store(scope: &Scope, pickup: &pickup::Model) -> Result<()> {
    if scope.allows_location(pickup.location_id) { Ok(()) } else { Err(Error::not_found("pickup")) }
}

/// A pickup that the actor may see: staff of its store or of its order, its customer, who holds its order's secret, or who
/// has the link of a mail. Errors: `NOT_FOUND`, `INVALID_CODE` for a link that is not this pickup's, or too old.
pub async fn visible(ctx: &Ctx, id: PickupId, token: Option<&str>) -> Result<pickup::Model> {
    let found = pickup::Entity::find_by_id(id).one(&ctx.db()).await?.ok_or(Error::not_found("pickup"))?;
    match token {
        Some(token) if code::opens(ctx, &found, token) => Ok(found),
        Some(_) => Err(Error::invalid(ErrorCode::InvalidCode, "token")),
        None if works_there(ctx, &found) => Ok(found),
        None => owns(ctx, &found).await.map(|()| found),
    }
}

fn works_there(ctx: &Ctx, pickup: &pickup::Model) -> bool {
    work_scope(ctx).is_ok_and(|scope| scope.allows_location(pickup.location_id))
}

async fn owns(ctx: &Ctx, pickup: &pickup::Model) -> Result<()> {
    let readable = orders::access::readable(ctx).map_err(|_| Error::not_found("pickup"))?;
    let mine = order::Entity::find().filter(readable).filter(order::Column::Id.eq(pickup.order_id));
    mine.one(&ctx.db()).await?.map(|_| ()).ok_or(Error::not_found("pickup"))
}

/// Like [`visible`], telling in whose hands the command is.
pub(super) async fn hands(ctx: &Ctx, id: PickupId, token: Option<&str>) -> Result<Hands> {
    let found = visible(ctx, id, token).await?;
    if token.is_none() && works_there(ctx, &found) {
        return Ok(Hands::Store);
    }
    match &ctx.actor {
        // Staff who only read orders change nothing.
        Actor::Staff { .. } | Actor::App { .. } if token.is_none() => Err(Error::not_found("pickup")),
        Actor::System
        | Actor::Guest { .. }
        | Actor::Customer { .. }
        | Actor::Staff { .. }
        | Actor::Device(_)
        | Actor::App { .. } => Ok(Hands::Customer),
    }
}
