//! Changing what lies in a cart.

use std::collections::BTreeSet;

use entity::id::{CartLineId, LocationId};
use entity::words::DeliveryMethod;

use super::basket;
use super::draft::{Draft, NewLine, Target};
use super::view::CartView;
use crate::{Ctx, Result};

/// Puts something into a cart; the same variant by the same way joins its line.
/// Errors: `NOT_FOUND`, `CART_CLOSED`, `STALE_VERSION`, `INVALID_QUANTITY`, `TOO_MANY`, `NOT_FOR_SALE`,
/// `PICKUP_UNAVAILABLE`, `CARRY_OUT_ONLY_AT_TILL`, `REQUIRED`, `INVALID`, `INVALID_AMOUNT`.
pub async fn add_line(ctx: &Ctx, target: Target, line: NewLine) -> Result<CartView> {
    add_lines(ctx, target, vec![line]).await
}

/// Puts several things into a cart, all or none; see [`add_line`].
pub async fn add_lines(ctx: &Ctx, target: Target, lines: Vec<NewLine>) -> Result<CartView> {
    let (target, lines) = (&target, &lines);
    ctx.write(|tx| async move {
        let mut draft = Draft::open(&tx, target).await?;
        for (position, line) in lines.iter().enumerate() {
            draft.put(&tx, line, &format!("lines.{position}"))?;
        }
        draft.save(&tx).await
    })
    .await
}

/// Sets how many units a line has, 1 to 9,999. Fewer is possible of what is not sold any more, more is not.
/// Errors: like [`add_line`].
pub async fn update_line(ctx: &Ctx, target: Target, line_id: CartLineId, quantity: i64) -> Result<CartView> {
    basket::check_quantity(quantity, "")?;
    let target = &target;
    ctx.write(|tx| async move {
        let mut draft = Draft::open(&tx, target).await?;
        let line = draft.line_mut(line_id)?;
        let more = quantity > line.quantity;
        line.quantity = quantity;
        if more {
            draft.touch(line_id, "");
        }
        draft.save(&tx).await
    })
    .await
}

/// Takes a line out. Errors: `NOT_FOUND`, `CART_CLOSED`, `STALE_VERSION`.
pub async fn remove_line(ctx: &Ctx, target: Target, line_id: CartLineId) -> Result<CartView> {
    let target = &target;
    ctx.write(|tx| async move {
        let mut draft = Draft::open(&tx, target).await?;
        draft.line_mut(line_id)?;
        draft.lines.retain(|line| line.id != line_id);
        draft.save(&tx).await
    })
    .await
}

/// How lines shall reach the customer.
#[derive(Clone, Debug)]
pub struct SetDelivery {
    /// Which lines; all when empty.
    pub lines: BTreeSet<CartLineId>,
    /// How.
    pub delivery: DeliveryMethod,
    /// Where they are collected; only with `PICKUP`.
    pub pickup_location_id: Option<LocationId>,
}

/// Chooses how lines reach the customer; lines that become alike are joined. Errors: like [`add_line`].
pub async fn set_delivery(ctx: &Ctx, target: Target, input: SetDelivery) -> Result<CartView> {
    let (target, input) = (&target, &input);
    ctx.write(|tx| async move {
        let mut draft = Draft::open(&tx, target).await?;
        let all: BTreeSet<CartLineId> = draft.lines.iter().map(|line| line.id).collect();
        let chosen = if input.lines.is_empty() { &all } else { &input.lines };
        draft.deliver(chosen, input.delivery, input.pickup_location_id, "")?;
        draft.save(&tx).await
    })
    .await
}
