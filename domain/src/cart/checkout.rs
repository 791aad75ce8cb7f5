//! Checkout begins: stock is held for the channel's time, and the prices of now are the ones the buyer has seen.

use chrono::{DateTime, TimeDelta, Utc};
use entity::id::{CartLineId, VariantId};
use entity::words::DeliveryMethod;
use serde_json::json;

use super::draft::{Draft, Target};
use super::view::CartView;
use crate::kernel::event::NewEvent;
use crate::{Ctx, Error, ErrorCode, Result, inventory};

/// A cart whose stock is held.
#[derive(Clone, Debug)]
pub struct Checkout {
    /// The cart at the prices of now.
    pub view: CartView,
    /// Until when its stock is held.
    pub held_until: DateTime<Utc>,
}

/// Holds what is shipped or collected for the channel's time and takes the present prices as seen. Doing it again
/// replaces the hold. Errors: `NOT_FOUND`, `CART_CLOSED`, `STALE_VERSION`, `CART_EMPTY`, `NOT_FOR_SALE`,
/// `PICKUP_UNAVAILABLE`, `INSUFFICIENT_STOCK`.
pub async fn start_checkout(ctx: &Ctx, target: Target) -> Result<Checkout> {
    let target = &target;
    ctx.write(|tx| async move {
        let tx = &tx;
        let mut draft = Draft::open(tx, target).await?;
        if draft.lines.is_empty() {
            return Err(Error::invalid(ErrorCode::CartEmpty, "cartId"));
        }
        let all: Vec<CartLineId> = draft.lines.iter().map(|line| line.id).collect();
        for (position, id) in all.into_iter().enumerate() {
            draft.touch(id, &format!("lines.{position}"));
        }
        let view = draft.save(tx).await?;
        let wanted: Vec<(VariantId, i64)> = view
            .priced
            .lines
            .iter()
            .filter(|line| line.line.delivery != DeliveryMethod::CarryOut)
            .map(|line| (line.variant.id, line.line.quantity))
            .collect();
        let held_until = tx.now() + TimeDelta::minutes(i64::from(view.priced.channel.hold_minutes));
        inventory::hold::place(tx, view.cart.id, view.priced.channel.id, &wanted, held_until).await?;
        let event = NewEvent::new("checkout_started", "cart", view.cart.id.uuid()).customer(view.cart.customer_id);
        tx.event(event.payload(json!({ "total": view.priced.totals.total, "held_until": held_until })));
        Ok(Checkout { view, held_until })
    })
    .await
}
