//! Setting a cart aside at a till, and taking it up again.

use entity::status::CartAction;
use serde_json::json;

use super::draft::{Draft, Target};
use super::status::transition;
use super::view::CartView;
use crate::{Ctx, Permission, Result};

/// Sets a cart aside, so that the next customer can be served. Needs `pos.sell`.
/// Errors: `NOT_FOUND`, `CART_CLOSED`, `STALE_VERSION`, `INVALID_TRANSITION` when it is parked already.
pub async fn park(ctx: &Ctx, target: Target) -> Result<CartView> {
    step(ctx, target, CartAction::Park).await
}

/// Takes a parked cart up again. Needs `pos.sell`.
/// Errors: `NOT_FOUND`, `CART_CLOSED`, `STALE_VERSION`, `INVALID_TRANSITION` when it is not parked.
pub async fn resume(ctx: &Ctx, target: Target) -> Result<CartView> {
    step(ctx, target, CartAction::Resume).await
}

async fn step(ctx: &Ctx, target: Target, action: CartAction) -> Result<CartView> {
    ctx.require(Permission::PosSell)?;
    let target = &target;
    ctx.write(|tx| async move {
        let mut draft = Draft::open(&tx, target).await?;
        let register = tx.ctx().actor.till().map(|till| till.register_id);
        transition(&tx, &mut draft.cart, action, json!({ "register_id": register }))?;
        draft.save(&tx).await
    })
    .await
}
