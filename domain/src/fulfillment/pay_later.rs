//! Orders that are paid after they were placed: until when, and what waits meanwhile.
//!
//! Goods of an order that is paid beforehand are promised but not picked: its work is on hold as `AWAITING_PAYMENT` and
//! goes on by itself when the money is there. Cash on delivery is paid at the door, so nothing waits.

use chrono::TimeDelta;
use entity::id::OrderId;
use entity::status::{FulfillmentOrderAction, StateMachine};
use entity::words::{
    ChannelKind, FulfillmentHoldReason, FulfillmentOrderStatus, Gateway, ManualMethod, OrderPaymentStatus,
    PaymentEventKind, PaymentOutcome,
};
use entity::{channel, event, payment};

use super::placement::Placement;
use super::rows::Work;
use super::{desk, work};
use crate::kernel::{Error, ErrorCode, Result, Tx};
use crate::messaging::dispatch::{Handled, Handler};
use crate::order as orders;
use crate::order::authorization::RESERVED_FOR;
use crate::payment as payments;
use crate::payment::gateway::Facts;
use crate::payment::tender::Tender;
use entity::words::CaptureMode;

/// Lets work go on when its order is paid, or secured until other goods come back.
pub const PAID: Handler = Handler {
    name: "paid_work",
    kinds: &["payment_captured", "payment_authorized"],
    run: |tx, event| Box::pin(go_on(tx, event)),
};

/// Whether a method is paid before goods leave.
pub(crate) const fn is_paid_before(method: Option<ManualMethod>) -> bool {
    match method {
        Some(ManualMethod::BankTransfer | ManualMethod::ConvenienceStore) => true,
        Some(ManualMethod::CashOnDelivery | ManualMethod::Other) | None => false,
    }
}

/// Checks that only what staff confirm names a method. Error: `INVALID`.
pub(crate) fn check_methods(tenders: &[(Tender, Facts)]) -> Result<()> {
    let wrong = tenders.iter().any(|(tender, _)| tender.method.is_some() && tender.gateway != Gateway::Manual);
    if wrong { Err(Error::invalid(ErrorCode::Invalid, "payments.method")) } else { Ok(()) }
}

/// Whether a channel takes reserved money as goods leave. A till hands goods over at once.
pub(crate) fn is_taken_at_dispatch(channel: &channel::Model) -> bool {
    channel.capture_mode == CaptureMode::AtDispatch && channel.kind != ChannelKind::Pos
}

/// What gateways state when the channel takes money as goods leave: what is reserved stays reserved.
pub(crate) fn as_channel_takes(channel: &channel::Model, mut charges: Vec<(Tender, Facts)>) -> Vec<(Tender, Facts)> {
    let reserves = |facts: &Facts| facts.contains(&(PaymentEventKind::Authorize, PaymentOutcome::Success));
    if is_taken_at_dispatch(channel) {
        for (_, facts) in charges.iter_mut().filter(|(_, facts)| reserves(facts)) {
            facts.retain(|(kind, _)| *kind != PaymentEventKind::Capture);
        }
    }
    charges
}

/// Puts the open work of an order on hold that is paid beforehand.
pub(super) fn hold(placement: &Placement, mut work: Vec<Work>) -> Vec<Work> {
    if !placement.waits_for_payment && !placement.charges.iter().any(|(tender, _)| is_paid_before(tender.method)) {
        return work;
    }
    for Work { head, .. } in &mut work {
        if head.status == FulfillmentOrderStatus::Open
            && let Some(held) = head.status.next(FulfillmentOrderAction::Hold)
        {
            head.status = held;
            head.hold_reason = Some(FulfillmentHoldReason::AwaitingPayment.as_str().to_owned());
        }
    }
    work
}

/// Notes until when a payment must come, and until when reserved money can be taken.
pub(super) fn set_terms(tx: &Tx, channel: &channel::Model, payment: &mut payment::Model) {
    if is_paid_before(payment.method) {
        payment.due_at = Some(tx.now() + TimeDelta::hours(i64::from(channel.pay_within_hours)));
    }
    if payment.gateway == Gateway::Test && is_taken_at_dispatch(channel) && !payments::is_guarantee(payment) {
        payment.authorized_until = Some(tx.now() + RESERVED_FOR);
    }
}

async fn go_on(tx: &Tx, event: &event::Model) -> Result<Handled> {
    if event.aggregate_kind != "order" {
        return Ok(Handled::Nothing("no order yet"));
    }
    let order = orders::lock_one(tx, OrderId(event.aggregate_id)).await?;
    let is_paid = match order.payment_status {
        OrderPaymentStatus::Paid | OrderPaymentStatus::Overpaid | OrderPaymentStatus::PartiallyRefunded => true,
        OrderPaymentStatus::Authorized => secures(tx, event).await?,
        OrderPaymentStatus::Unpaid
        | OrderPaymentStatus::PartiallyPaid
        | OrderPaymentStatus::Refunded
        | OrderPaymentStatus::Voided => false,
    };
    if !is_paid {
        return Ok(Handled::Nothing("not all is paid"));
    }
    let waiting = FulfillmentHoldReason::AwaitingPayment.as_str();
    let mut went_on = false;
    for (mut head, _) in work::lock_of_order(tx, order.id).await? {
        if head.status == FulfillmentOrderStatus::OnHold && head.hold_reason.as_deref() == Some(waiting) {
            (head.hold_reason, head.hold_note) = (None, None);
            work::transition(tx, head, FulfillmentOrderAction::Resume).await?;
            went_on = true;
        }
    }
    if !went_on {
        return Ok(Handled::Nothing("nothing waits"));
    }
    desk::refresh(tx, [order.id]).await?;
    Ok(Handled::Done)
}

/// Whether an event tells of money that is reserved until other goods come back: the new ones go out against it.
async fn secures(tx: &Tx, event: &event::Model) -> Result<bool> {
    let id = event.payload.get("payment_id").cloned().unwrap_or_default();
    let Ok(id) = serde_json::from_value(id) else { return Ok(false) };
    Ok(payments::query::by_id(tx, id).await?.is_some_and(|payment| payments::is_guarantee(&payment)))
}
