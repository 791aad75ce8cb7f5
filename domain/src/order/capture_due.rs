//! Taking what is reserved as goods leave, as much as they cost.

use entity::id::OrderId;
use entity::words::{DeliveryMethod, OrderPaymentStatus, PaymentEventKind, PaymentOutcome};
use entity::{order, order_line, order_shipping, payment, payment_event};
use sea_orm::ConnectionTrait;

use super::query;
use super::reconcile::{books, fact, tell};
use crate::kernel::{Result, Tx};
use crate::payment::sums::Sums;
use crate::payment::{self as payments, task};
use crate::pricing::allocation::cumulative_unit_refund;

/// Takes what left costs and is not taken yet, from what is reserved, the oldest tender first; when nothing is to leave
/// any more, gives up the rest. Orders of which nothing is reserved cost no statement, all others five together. Call it
/// before [`super::refresh`]; the orders are locked.
pub(crate) async fn capture_due(tx: &Tx, orders: &[order::Model]) -> Result<()> {
    let open: Vec<&order::Model> = orders.iter().filter(|order| may_be_reserved(order.payment_status)).collect();
    if open.is_empty() {
        return Ok(());
    }
    let ids: Vec<OrderId> = open.iter().map(|order| order.id).collect();
    let (payments, events) = books(tx, &ids).await?;
    if !events.iter().any(|event| event.kind == PaymentEventKind::Authorize) {
        return Ok(());
    }
    let lines = query::lines(tx, &ids).await?;
    let shipping = query::shipping(tx, &ids).await?;
    let mut facts = Vec::new();
    for order in open {
        let lines: Vec<&order_line::Model> = lines.iter().filter(|line| line.order_id == order.id).collect();
        let shipping: Vec<_> = shipping.iter().filter(|shipping| shipping.order_id == order.id).collect();
        let mut due = worth_of_what_left(&lines, &shipping)?;
        let mine: Vec<Reserved<'_>> = payments
            .iter()
            .filter(|it| it.order_id == Some(order.id) && !payments::is_guarantee(it))
            .map(|it| Reserved::of(it, &events))
            .collect();
        due -= mine.iter().map(|it| it.taken).sum::<i64>();
        let is_over = nothing_follows(&lines);
        for reserved in &mine {
            let amount = reserved.left.min(due.max(0));
            if amount > 0 {
                due -= amount;
                let event_id = tell(tx, told(reserved.payment), reserved.payment, Some(order), amount);
                let (capture, success) = (PaymentEventKind::Capture, PaymentOutcome::Success);
                facts.push(fact(reserved.payment, capture, success, amount, event_id));
            }
            let rest = reserved.left - amount;
            // A gateway over the network gives the rest up with the last capture.
            let goes_by_itself = task::is_network(reserved.payment.gateway) && amount + reserved.asked > 0;
            if is_over && rest > 0 && !goes_by_itself {
                let event_id = tell(tx, "payment_voided", reserved.payment, Some(order), rest);
                facts.push(fact(reserved.payment, PaymentEventKind::Void, PaymentOutcome::Success, rest, event_id));
            }
        }
    }
    if !facts.is_empty() {
        payments::record(tx, facts).await?;
    }
    Ok(())
}

const fn told(payment: &payment::Model) -> &'static str {
    if task::is_network(payment.gateway) { "payment_capture_requested" } else { "payment_captured" }
}

const fn may_be_reserved(status: OrderPaymentStatus) -> bool {
    match status {
        OrderPaymentStatus::Authorized | OrderPaymentStatus::PartiallyPaid | OrderPaymentStatus::PartiallyRefunded => {
            true
        }
        OrderPaymentStatus::Unpaid
        | OrderPaymentStatus::Paid
        | OrderPaymentStatus::Refunded
        | OrderPaymentStatus::Overpaid
        | OrderPaymentStatus::Voided => false,
    }
}

/// A payment with what is reserved of it, minor units.
struct Reserved<'a> {
    payment: &'a payment::Model,
    /// Taken, or asked for.
    taken: i64,
    /// Asked for and not answered.
    asked: i64,
    /// Neither taken, asked for nor given up.
    left: i64,
}

impl<'a> Reserved<'a> {
    fn of(payment: &'a payment::Model, events: &[payment_event::Model]) -> Self {
        let mine: Vec<&payment_event::Model> = events.iter().filter(|event| event.payment_id == payment.id).collect();
        let sums = Sums::of(mine.iter().copied());
        let asked = if sums.authorized > 0 { task::open(mine.iter().copied(), PaymentEventKind::Capture) } else { 0 };
        let giving_up = task::open(mine.iter().copied(), PaymentEventKind::Void);
        let left = (sums.authorized - sums.voided - sums.captured - asked - giving_up).max(0);
        Self { payment, taken: sums.captured + asked, asked, left }
    }
}

/// What the units that left cost, with shipping once something was shipped.
fn worth_of_what_left(lines: &[&order_line::Model], shipping: &[&order_shipping::Model]) -> Result<i64> {
    let mut worth = 0_i64;
    for line in lines {
        worth += cumulative_unit_refund(line.total, line.quantity, line.canceled, line.fulfilled)?;
    }
    let is_shipped = |line: &&&order_line::Model| {
        matches!(line.delivery, DeliveryMethod::Ship | DeliveryMethod::LocalDelivery) && line.fulfilled > 0
    };
    if lines.iter().any(|line| is_shipped(&line)) {
        worth += shipping.iter().map(|shipping| shipping.total).sum::<i64>();
    }
    Ok(worth)
}

fn nothing_follows(lines: &[&order_line::Model]) -> bool {
    lines.iter().all(|line| line.fulfilled + line.canceled >= line.quantity)
}

/// Whether nothing of an order is to leave any more.
pub(super) async fn is_over(db: &impl ConnectionTrait, order: OrderId) -> Result<bool> {
    let lines = query::lines(db, &[order]).await?;
    Ok(nothing_follows(&lines.iter().collect::<Vec<_>>()))
}
