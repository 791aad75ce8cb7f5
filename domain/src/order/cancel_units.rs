//! Canceling units of an order, and what that gives back: the one step that raises `order_line.canceled`.
//!
//! The work of the units has been given up before, and their stock with it; whoever cancels calls
//! [`crate::order::refresh`] afterwards.

use entity::id::{OrderLineId, RegisterSessionId};
use entity::words::{RefundDestination, RefundReason};
use entity::{order, order_line, refund};
use serde_json::json;

use super::refund::books::{Ask, Books};
use super::refund::claw_back::{self, Terms};
use super::refund::decide::{self, Decision};
use super::units;
use crate::kernel::event::NewEvent;
use crate::kernel::{Result, Tx};
use crate::stored_value;

/// On what terms units are canceled.
#[derive(Clone, Debug)]
pub struct CancelTerms {
    /// Why.
    pub reason: RefundReason,
    /// In words.
    pub note: Option<String>,
    /// What is kept for the trouble, minor units; at most what the units are worth.
    pub fee: i64,
    /// Where the money ends.
    pub destination: RefundDestination,
    /// The open session of the till that pays cash out.
    pub session: Option<RegisterSessionId>,
    /// What becomes of discounts that the rest does not earn any more.
    pub claw_back: ClawBack,
}

/// What becomes of discounts that the rest of an order does not earn any more. What was kept before goes back with the
/// goods that it was kept for in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClawBack {
    /// They are kept of what goes back for the units.
    Kept,
    /// The customer keeps them.
    Waived,
    /// So much is kept, or given back below zero, as it was shown; minor units with tax.
    Agreed(i64),
}

/// Cancels units and decides what goes back: what was paid beyond what the order is still worth, spread over the units
/// by cumulative largest remainder and shipping when nothing is left to ship. Discounts are not kept. The refund goes to
/// the original tenders in reverse order of capture: at once by the test gateway, else `PENDING` until staff confirm.
/// Reservations that nobody needs any more are voided. `None` when nothing had been paid.
///
/// The order is locked, and its work for these units given up. 17 statements at most, whatever the number of units; more
/// for gift cards. Errors: `INVALID_QUANTITY` for more units than are open, `NOT_FOUND` for a line of another order,
/// `GIFT_CARD_USED`.
pub async fn cancel_units(
    tx: &Tx,
    order: &order::Model,
    canceled: &[(OrderLineId, i64)],
    reason: RefundReason,
    note: Option<&str>,
) -> Result<Option<refund::Model>> {
    let destination = RefundDestination::Original;
    let (note, claw_back) = (note.map(str::to_owned), ClawBack::Waived);
    let terms = CancelTerms { reason, note, fee: 0, destination, session: None, claw_back };
    cancel_units_on(tx, order, canceled, terms).await
}

/// Like [`cancel_units`], with a fee, discounts that are kept, or another destination. What is kept stands in the refund,
/// also when nothing goes back. Without units it only gives discounts back that are earned again.
pub async fn cancel_units_on(
    tx: &Tx,
    order: &order::Model,
    canceled: &[(OrderLineId, i64)],
    terms: CancelTerms,
) -> Result<Option<refund::Model>> {
    let units = units::summed(canceled)?;
    if units.is_empty() && !matches!(terms.claw_back, ClawBack::Agreed(..0)) {
        return Ok(None);
    }
    let mut books = Books::read(tx, order.id).await?;
    let claw_back = match terms.claw_back {
        ClawBack::Agreed(amount) => amount,
        decided @ (ClawBack::Kept | ClawBack::Waived) => {
            let terms = Terms { keep: decided == ClawBack::Kept, coming: &[] };
            claw_back::of(tx, order, &books, &units, terms).await?
        }
    };
    let ask = Ask { units, fee: terms.fee, claw_back, ..Ask::default() };
    let plan = books.cancel(order, &ask)?;
    units::add(tx, order_line::Column::Canceled, &ask.units).await?;
    let event = NewEvent::new("order_units_canceled", "order", order.id.uuid()).customer(order.customer_id);
    let event_id = tx.event(event.payload(json!({
        "order_id": order.id, "reason": terms.reason, "units": ask.units.values().sum::<i64>(),
    })));
    stored_value::gift_card::take_back(tx, &ask.units, event_id).await?;
    decide::void_unneeded(tx, &books.tenders, (plan.due, plan.amount), event_id).await?;
    if plan.amount == 0 && plan.fee == 0 {
        return Ok(None);
    }
    let decision = Decision {
        destination: terms.destination,
        session: terms.session,
        claw_back: plan.claw_back,
        ..Decision::original(terms.reason, terms.note.as_deref())
    };
    decide::decide(tx, order, &books, &plan, decision).await.map(Some)
}
