//! The one writer of money: payments and the facts about them.

use entity::id::{CartId, EventId, OrderId, PaymentEventId, PaymentId, RefundId};
use entity::money::Currency;
use entity::words::{Gateway, PaymentEventKind, PaymentOutcome};
use entity::{payment, payment_event};

use super::gateway::Facts;
use super::tender::Tender;
use crate::kernel::batch::Batch;
use crate::kernel::{Result, Tx};

/// A fact to record about a payment.
#[derive(Clone, Debug)]
pub struct NewPaymentEvent {
    /// Which payment.
    pub payment_id: PaymentId,
    /// Its gateway.
    pub gateway: Gateway,
    /// What.
    pub kind: PaymentEventKind,
    /// How it ended.
    pub outcome: PaymentOutcome,
    /// Minor units.
    pub amount: i64,
    /// The gateway's own id of the fact.
    pub gateway_reference: Option<String>,
    /// Why it failed.
    pub error_code: Option<String>,
    /// The event it belongs to.
    pub event_id: EventId,
}

/// Appends facts at once, in one statement, for callers that then look at what all facts say. Callers hold the lock of
/// what the payments pay.
pub async fn record(tx: &Tx, events: Vec<NewPaymentEvent>) -> Result<Vec<payment_event::Model>> {
    let rows = rows(tx, events);
    let mut batch = Batch::default();
    batch.insert(&rows);
    batch.run(tx).await?;
    Ok(rows)
}

/// Like [`record`], but written last in the transaction: for facts that nothing in it reads again.
pub(crate) fn record_last(tx: &Tx, events: Vec<NewPaymentEvent>) {
    tx.insert_last(&rows(tx, events));
}

/// Like [`record`], for the facts that carry a refund out.
pub(crate) async fn record_refund(
    tx: &Tx,
    refund_id: RefundId,
    events: Vec<NewPaymentEvent>,
) -> Result<Vec<payment_event::Model>> {
    let mut rows = rows(tx, events);
    rows.iter_mut().for_each(|row| row.refund_id = Some(refund_id));
    let mut batch = Batch::default();
    batch.insert(&rows);
    batch.run(tx).await?;
    Ok(rows)
}

fn rows(tx: &Tx, events: Vec<NewPaymentEvent>) -> Vec<payment_event::Model> {
    events
        .into_iter()
        .map(|event| payment_event::Model {
            id: PaymentEventId(tx.new_uuid()),
            payment_id: event.payment_id,
            kind: event.kind,
            outcome: event.outcome,
            amount: event.amount,
            gateway: event.gateway,
            gateway_reference: event.gateway_reference,
            error_code: event.error_code,
            event_id: event.event_id,
            occurred_at: tx.now(),
            refund_id: None,
            destination: entity::words::RefundDestination::Original,
        })
        .collect()
}

/// What payments are made for.
#[derive(Clone, Copy, Debug)]
pub struct PaidFor {
    /// The order.
    pub order_id: Option<OrderId>,
    /// The cart it comes from.
    pub cart_id: Option<CartId>,
    /// Its currency.
    pub currency: Currency,
    /// The event that made them.
    pub event_id: EventId,
    /// Id of the first payment, when it was promised before.
    pub first_id: Option<PaymentId>,
}

/// Writes payments with the facts their gateways stated, last in the transaction.
pub(crate) fn open(tx: &Tx, paid_for: PaidFor, tenders: &[(Tender, Facts)]) -> Vec<payment::Model> {
    let (payments, events) = made(tx, paid_for, tenders);
    tx.insert_last(&payments);
    record_last(tx, events);
    payments
}

/// Like [`open`], at once: for callers that then look at what all facts say.
pub(crate) async fn open_now(tx: &Tx, paid_for: PaidFor, tenders: &[(Tender, Facts)]) -> Result<Vec<payment::Model>> {
    let (payments, events) = made(tx, paid_for, tenders);
    let mut batch = Batch::default();
    batch.insert(&payments);
    batch.run(tx).await?;
    record(tx, events).await?;
    Ok(payments)
}

fn made(tx: &Tx, paid_for: PaidFor, tenders: &[(Tender, Facts)]) -> (Vec<payment::Model>, Vec<NewPaymentEvent>) {
    let mut promised = paid_for.first_id;
    let payments: Vec<payment::Model> = tenders
        .iter()
        .map(|(tender, _)| row(promised.take().unwrap_or_else(|| PaymentId(tx.new_uuid())), tx, paid_for, tender))
        .collect();
    let events = payments
        .iter()
        .zip(tenders)
        .flat_map(|(payment, (_, facts))| facts.iter().map(move |fact| (payment, *fact)))
        .map(|(payment, (kind, outcome))| NewPaymentEvent {
            payment_id: payment.id,
            gateway: payment.gateway,
            kind,
            outcome,
            amount: payment.amount,
            gateway_reference: None,
            error_code: None,
            event_id: paid_for.event_id,
        })
        .collect();
    (payments, events)
}

fn row(id: PaymentId, tx: &Tx, paid_for: PaidFor, tender: &Tender) -> payment::Model {
    payment::Model {
        id,
        order_id: paid_for.order_id,
        cart_id: paid_for.cart_id,
        gateway: tender.gateway,
        currency: paid_for.currency,
        amount: tender.amount,
        tendered: tender.tendered,
        change: tender.change,
        reference: tender.reference.clone(),
        metadata: serde_json::json!({}),
        created_at: tx.now(),
        stored_value_account_id: tender.stored_value_account_id,
        register_session_id: None,
        method: tender.method,
        due_at: None,
        reminded_at: None,
        authorized_until: None,
        return_id: None,
    }
}
