//! Taking a cart to a till: a short code that staff type or scan.

use chrono::TimeDelta;
use serde_json::json;

use super::code;
use super::draft::{Draft, Target};
use super::view::CartView;
use crate::kernel::event::NewEvent;
use crate::{Ctx, ErrorCode, Result, Tx};

/// How long a code works.
const VALID: TimeDelta = TimeDelta::hours(24);
/// How often another code is drawn when one is taken; with 30^8 codes twice is already a wonder.
const DRAWS: u32 = 5;

/// Gives a cart a code for the till that works for a day; a code that still works is kept and lasts longer.
/// Errors: `NOT_FOUND`, `CART_CLOSED`, `STALE_VERSION`.
pub async fn share(ctx: &Ctx, target: Target) -> Result<CartView> {
    let target = &target;
    let mut draw = 1;
    loop {
        let drawn = &ctx.services.random.readable_code(code::LENGTH);
        match ctx.write(|tx| async move { give(&tx, target, drawn).await }).await {
            Err(error) if error.code() == ErrorCode::AlreadyExists && draw < DRAWS => draw += 1,
            result => return result,
        }
    }
}

async fn give(tx: &Tx, target: &Target, drawn: &str) -> Result<CartView> {
    let mut draft = Draft::open(tx, target).await?;
    let works = draft.cart.code_expires_at.is_some_and(|until| until > tx.now());
    if !works || draft.cart.code.is_none() {
        draft.cart.code = Some(drawn.to_owned());
    }
    let until = tx.now() + VALID;
    draft.cart.code_expires_at = Some(until);
    let event = NewEvent::new("cart_shared", "cart", draft.cart.id.uuid()).customer(draft.cart.customer_id);
    tx.event(event.payload(json!({ "expires_at": until })));
    draft.save(tx).await
}
