//! Writing a decision: the refund with its lines, the facts that carry it out, and its credit note.

use entity::id::{EventId, RefundId, RegisterSessionId, ReturnId};
use entity::words::{PaymentEventKind, PaymentOutcome, RefundDestination, RefundReason};
use entity::{order, refund, refund_line};
use serde_json::json;

use super::books::{Books, Plan};
use super::execute;
use crate::kernel::batch::Batch;
use crate::kernel::event::NewEvent;
use crate::kernel::{Result, Tx, text};
use crate::order::credit_note;
use crate::payment::refundable::Tender;
use crate::payment::{self as payments, NewPaymentEvent};

/// Why money goes back, and where to.
pub(crate) struct Decision {
    pub reason: RefundReason,
    pub note: Option<String>,
    pub return_id: Option<ReturnId>,
    pub destination: RefundDestination,
    /// The open session of the till that pays cash out.
    pub session: Option<RegisterSessionId>,
    /// The part of the fee that is discounts which are not earned any more.
    pub claw_back: i64,
    /// So much of it goes into the order that was taken in exchange; the rest to `destination`.
    pub exchange: i64,
}

impl Decision {
    /// Back to the tenders that paid, for a reason.
    pub(crate) fn original(reason: RefundReason, note: Option<&str>) -> Self {
        Self {
            reason,
            note: note.map(str::to_owned),
            return_id: None,
            destination: RefundDestination::Original,
            session: None,
            claw_back: 0,
            exchange: 0,
        }
    }
}

/// Writes the decision and sends the money back, last captured first.
pub(crate) async fn decide(
    tx: &Tx,
    order: &order::Model,
    books: &Books,
    plan: &Plan,
    decision: Decision,
) -> Result<refund::Model> {
    let note = decision.note.as_deref().map(|note| text::note("note", note, text::NOTE)).transpose()?;
    let refund = row(tx, order, plan, &decision, note.filter(|note| !note.is_empty()));
    let lines: Vec<refund_line::Model> = plan
        .units
        .iter()
        .map(|units| refund_line::Model {
            refund_id: refund.id,
            order_line_id: units.line_id,
            quantity: units.quantity,
            amount: units.amount,
        })
        .collect();
    let mut batch = Batch::default();
    batch.insert(std::slice::from_ref(&refund));
    batch.insert(&lines);
    batch.run(tx).await?;
    let parts = execute::send(tx, order, &refund, books, &decision).await?;
    if refund.amount > 0 && refund.reason != RefundReason::Overpaid {
        let given = credit_note::Given { plan, refund: &refund, decision: &decision, sent: &parts };
        credit_note::issue(tx, order, books, given).await?;
    }
    Ok(refund)
}

fn row(tx: &Tx, order: &order::Model, plan: &Plan, decision: &Decision, note: Option<String>) -> refund::Model {
    let id = RefundId(tx.new_uuid());
    let event = NewEvent::new("refund_issued", "order", order.id.uuid()).customer(order.customer_id).payload(json!({
        "order_id": order.id, "refund_id": id, "amount": plan.amount, "currency": order.currency,
        "reason": decision.reason, "destination": decision.destination,
    }));
    refund::Model {
        id,
        order_id: order.id,
        currency: order.currency,
        amount: plan.amount,
        shipping_amount: plan.shipping,
        reason: decision.reason,
        note,
        event_id: tx.event(event),
        created_at: tx.now(),
        return_id: decision.return_id,
        fee_amount: plan.fee,
        claw_back_amount: decision.claw_back,
    }
}

/// Voids what is reserved beyond what is still due, the last reservation first. `gone` is what goes back of what was
/// taken.
pub(crate) async fn void_unneeded(
    tx: &Tx,
    tenders: &[Tender],
    (due, gone): (i64, i64),
    event_id: EventId,
) -> Result<()> {
    let kept = tenders.iter().map(Tender::kept).sum::<i64>() - gone;
    let reserved: i64 = tenders.iter().map(|tender| tender.reserved).sum();
    let mut beyond = (reserved - (due - kept).max(0)).max(0);
    let mut facts = Vec::new();
    for tender in tenders.iter().rev() {
        let amount = tender.reserved.min(beyond);
        if amount > 0 {
            beyond -= amount;
            facts.push(fact(tender, PaymentEventKind::Void, PaymentOutcome::Success, amount, event_id));
        }
        // Nothing is to be paid any more: what was expected will not come.
        if tender.is_expected && due <= kept {
            let failed = fact(tender, PaymentEventKind::Capture, PaymentOutcome::Failure, tender.amount, event_id);
            facts.push(NewPaymentEvent { error_code: Some("order_canceled".to_owned()), ..failed });
        }
    }
    payments::record(tx, facts).await?;
    Ok(())
}

pub(crate) fn fact(
    tender: &Tender,
    kind: PaymentEventKind,
    outcome: PaymentOutcome,
    amount: i64,
    event_id: EventId,
) -> NewPaymentEvent {
    NewPaymentEvent::of((tender.payment_id, tender.gateway), (kind, outcome), amount, event_id)
}
