//! The one writer of a cart's status.

use entity::cart;
use entity::status::{CartAction, StateMachine};
use entity::words::CartStatus;
use serde_json::{Value, json};

use crate::kernel::event::NewEvent;
use crate::{Error, ErrorCode, Result, Tx};

/// Moves a locked cart on and tells it; the caller writes the row. Errors: `CART_CLOSED` for a cart that became an order
/// or was merged away, `INVALID_TRANSITION`.
pub(crate) fn transition(tx: &Tx, cart: &mut cart::Model, action: CartAction, facts: Value) -> Result<()> {
    let from = cart.status;
    check_open(cart)?;
    cart.status = from.next(action).ok_or_else(|| Error::transition("cart", from, action))?;
    let kind = match action {
        CartAction::Park => "cart_parked",
        CartAction::Resume => "cart_resumed",
        CartAction::Complete => "cart_completed",
        CartAction::Merge => "cart_merged",
    };
    let mut payload = json!({ "from": from, "to": cart.status });
    if let (Some(payload), Value::Object(facts)) = (payload.as_object_mut(), facts) {
        payload.extend(facts);
    }
    tx.event(NewEvent::new(kind, "cart", cart.id.uuid()).customer(cart.customer_id).payload(payload));
    Ok(())
}

/// Error: `CART_CLOSED` for a cart that became an order or was merged away.
pub(crate) fn check_open(cart: &cart::Model) -> Result<()> {
    match cart.status {
        CartStatus::Active | CartStatus::Parked => Ok(()),
        CartStatus::Completed | CartStatus::Merged => Err(Error::invalid(ErrorCode::CartClosed, "cartId")),
    }
}
