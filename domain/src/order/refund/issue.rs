//! Deciding a refund for an order that is locked.

use entity::id::{OrderLineId, PaymentId, RegisterSessionId, ReturnId};
use entity::words::{RefundDestination, RefundReason};
use entity::{order, refund};

use super::books::{Ask, Books};
use super::claw_back::{self, Coming, Terms};
use super::decide::{self, Decision};
use crate::kernel::event::NewEvent;
use crate::kernel::{Error, ErrorCode, Result, Tx};
use crate::order::units;
use crate::stored_value;

/// What shall go back. Amounts are minor units of the order's currency, tax included.
#[derive(Clone, Debug)]
pub struct NewRefund {
    /// Units whose money goes back. They are not canceled: they came back, or stay with the customer.
    pub units: Vec<(OrderLineId, i64)>,
    /// Of shipping.
    pub shipping: i64,
    /// What is kept for the trouble; at most what the units are worth.
    pub fee: i64,
    /// Why.
    pub reason: RefundReason,
    /// In words.
    pub note: Option<String>,
    /// The return that caused it.
    pub return_id: Option<ReturnId>,
    /// Where the money ends.
    pub destination: RefundDestination,
    /// The open session of the till that pays cash out.
    pub session: Option<RegisterSessionId>,
}

/// Decides a refund and sends the money back: units are worth `paid(1..k) − paid(1..k−1)` by cumulative largest
/// remainder, minus the fee, never more than was paid beyond what the order still costs. It goes to the original tenders
/// in reverse order of capture, or where `destination` says. What nobody has handed out yet is `PENDING`. With its credit
/// note; the caller calls `order::refresh` afterwards.
///
/// Gift cards whose money goes back are taken back. Discounts that were kept before, because the rest did not earn them,
/// go back with that rest.
///
/// The order is locked. 17 statements at most, whatever the number of units; more for gift cards and discounts that were
/// kept. A refund of 0 is written when nothing had
/// been paid: the units count as given back. Errors: `INVALID_QUANTITY` for more units than are left, `INVALID_AMOUNT`
/// for more shipping than was paid, `NOT_FOUND` for a line of another order, `INVALID` for a reason that is for canceled
/// units, `GIFT_CARD_USED`.
pub async fn issue(tx: &Tx, order: &order::Model, new: NewRefund) -> Result<refund::Model> {
    issue_with(tx, order, new, Extra::default()).await
}

/// What staff may add to a refund. Minor units.
#[derive(Clone, Debug, Default)]
pub(crate) struct Extra {
    /// Money without goods.
    pub goodwill: i64,
    /// Whether discounts are kept that the rest of the order does not earn any more.
    pub claw_back: bool,
    /// What is taken in exchange: it counts for what stays.
    pub coming: Vec<Coming>,
    /// So much of it, at most, goes into the order that was taken in exchange; the rest where the destination says.
    pub exchange: i64,
    /// The tender that gives back only after all others.
    pub last: Option<PaymentId>,
}

/// Like [`issue`], with money that no goods stand for.
pub(crate) async fn issue_with(tx: &Tx, order: &order::Model, new: NewRefund, extra: Extra) -> Result<refund::Model> {
    check_reason(&new)?;
    let mut books = Books::read(tx, order.id).await?;
    // The tender that was captured last gives back first.
    books.tenders.sort_by_key(|tender| Some(tender.payment_id) != extra.last);
    let units = units::summed(&new.units)?;
    let terms = Terms { keep: extra.claw_back, coming: &extra.coming };
    let claw_back = claw_back::of(tx, order, &books, &units, terms).await?;
    let ask = Ask { units, shipping: new.shipping, goodwill: extra.goodwill, fee: new.fee, claw_back };
    let overpaid = new.reason == RefundReason::Overpaid;
    let plan = books.give_back(order, &ask, overpaid)?;
    if !overpaid && !ask.units.is_empty() {
        let event = NewEvent::new("order_units_refunded", "order", order.id.uuid()).customer(order.customer_id);
        let event_id = tx.event(event.payload(serde_json::json!({
            "order_id": order.id, "reason": new.reason, "units": ask.units.values().sum::<i64>(),
        })));
        decide::void_unneeded(tx, &books.tenders, (plan.due, plan.amount), event_id).await?;
    }
    let decision = Decision {
        reason: new.reason,
        note: new.note,
        return_id: new.return_id,
        destination: new.destination,
        session: new.session,
        claw_back: plan.claw_back,
        exchange: extra.exchange.clamp(0, plan.amount),
    };
    let refund = decide::decide(tx, order, &books, &plan, decision).await?;
    if !ask.units.is_empty() {
        stored_value::gift_card::take_back(tx, &ask.units, refund.event_id).await?;
    }
    Ok(refund)
}

/// The arithmetic tells canceled units from others by the reason of their refund.
fn check_reason(new: &NewRefund) -> Result<()> {
    let fits = match new.reason {
        RefundReason::Goodwill | RefundReason::Other | RefundReason::Claim => true,
        RefundReason::Overpaid => new.units.is_empty(),
        RefundReason::Returned
        | RefundReason::Canceled
        | RefundReason::PickupExpired
        | RefundReason::Unfillable
        | RefundReason::OrderChanged => new.units.is_empty() || new.return_id.is_some(),
    };
    if fits { Ok(()) } else { Err(Error::invalid(ErrorCode::Invalid, "reason")) }
}
