//! Canceling units of an order, and what that gives back: the one step that raises `order_line.canceled`.
//!
//! The work of the units has been given up before, and their stock with it; whoever cancels calls
//! [`crate::order::refresh`] afterwards.

use entity::id::{OrderLineId, RegisterSessionId};
use entity::words::{RefundDestination, RefundReason};
use entity::{order, order_line, refund};
use serde_json::json;

use super::refund::books::{Ask, Books};
use super::refund::claw_back;
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
}

/// Cancels units and decides what goes back: what was paid beyond what the order is still worth, spread over the units
/// by cumulative largest remainder and shipping when nothing is left to ship. The refund goes to the original tenders
/// in reverse order of capture: at once by the test gateway, else `PENDING` until staff confirm. Reservations that
/// nobody needs any more are voided. `None` when nothing had been paid.
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
    let terms = CancelTerms { reason, note: note.map(str::to_owned), fee: 0, destination, session: None };
    cancel_units_on(tx, order, canceled, terms).await
}

/// Like [`cancel_units`], with a fee or another destination.
pub async fn cancel_units_on(
    tx: &Tx,
    order: &order::Model,
    canceled: &[(OrderLineId, i64)],
    terms: CancelTerms,
) -> Result<Option<refund::Model>> {
    let units = units::summed(canceled)?;
    if units.is_empty() {
        return Ok(None);
    }
    let mut books = Books::read(tx, order.id).await?;
    let claw_back = claw_back::of(tx, order, &books, &units, false).await?;
    let ask = Ask { units, fee: terms.fee, claw_back, ..Ask::default() };
    let plan = books.cancel(order, &ask)?;
    units::add(tx, order_line::Column::Canceled, &ask.units).await?;
    let event = NewEvent::new("order_units_canceled", "order", order.id.uuid()).customer(order.customer_id);
    let event_id = tx.event(event.payload(json!({
        "order_id": order.id, "reason": terms.reason, "units": ask.units.values().sum::<i64>(),
    })));
    stored_value::gift_card::take_back(tx, &ask.units, event_id).await?;
    decide::void_unneeded(tx, &books.tenders, (plan.due, plan.amount), event_id).await?;
    if plan.amount == 0 {
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
