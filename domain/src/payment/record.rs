//! The one writer of money: payments and the facts about them.

use entity::id::{CartId, EventId, OrderId, PaymentEventId, PaymentId, RefundId, RegisterSessionId};
use entity::money::Currency;
use entity::words::{Gateway, PaymentEventKind, PaymentOutcome, RefundDestination};
use entity::{payment, payment_event};
use serde_json::{Value, json};

use super::gateway::Facts;
use super::task;
use super::tender::Tender;
use crate::kernel::batch::Batch;
use crate::kernel::{Result, Tx};
use crate::messaging::payment_links::IN_METADATA;

/// What marks a payment that stands for goods that shall come back, in its metadata.
const GUARANTEE: &str = "guarantee";

/// Whether a payment stands for goods that shall come back: only the exchange that it secures takes it or gives it up.
#[must_use]
pub(crate) fn is_guarantee(payment: &payment::Model) -> bool {
    payment.metadata.get(GUARANTEE) == Some(&Value::Bool(true))
}

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

impl NewPaymentEvent {
    /// A fact without a name at the gateway, `amount` in minor units.
    pub(crate) const fn of(
        (payment_id, gateway): (PaymentId, Gateway),
        (kind, outcome): (PaymentEventKind, PaymentOutcome),
        amount: i64,
        event_id: EventId,
    ) -> Self {
        Self { payment_id, gateway, kind, outcome, amount, gateway_reference: None, error_code: None, event_id }
    }
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

/// The facts that carry a refund out, for a batch that writes them with the refund itself.
pub(crate) fn refund_rows(
    tx: &Tx,
    (refund_id, destination): (RefundId, RefundDestination),
    events: Vec<NewPaymentEvent>,
) -> Vec<payment_event::Model> {
    let mut rows = rows(tx, events);
    for row in &mut rows {
        row.refund_id = Some(refund_id);
        row.destination = destination;
    }
    rows.iter().filter_map(task::of).for_each(|task| tx.enqueue(task.job()));
    rows
}

/// Like [`record`], for the facts that carry a refund out.
pub(crate) async fn record_refund(
    tx: &Tx,
    refund: (RefundId, RefundDestination),
    events: Vec<NewPaymentEvent>,
) -> Result<Vec<payment_event::Model>> {
    let rows = refund_rows(tx, refund, events);
    let mut batch = Batch::default();
    batch.insert(&rows);
    batch.run(tx).await?;
    Ok(rows)
}

/// Like [`record`], for what a gateway over the network told: facts as they are, not decisions that it must be asked for.
pub(crate) async fn record_told(tx: &Tx, events: Vec<NewPaymentEvent>) -> Result<Vec<payment_event::Model>> {
    let rows: Vec<payment_event::Model> = as_told(tx, events).collect();
    let mut batch = Batch::default();
    batch.insert(&rows);
    batch.run(tx).await?;
    Ok(rows)
}

/// Decisions as rows. What a gateway over the network is to take or give up is pending until it says so, and a job asks.
fn rows(tx: &Tx, events: Vec<NewPaymentEvent>) -> Vec<payment_event::Model> {
    let mut rows: Vec<payment_event::Model> = as_told(tx, events).collect();
    for row in rows.iter_mut().filter(|row| task::is_network(row.gateway)) {
        let is_asked_for = matches!(row.kind, PaymentEventKind::Capture | PaymentEventKind::Void);
        if is_asked_for && row.outcome == PaymentOutcome::Success {
            row.outcome = PaymentOutcome::Pending;
        }
    }
    for row in &rows {
        if let Some(task) = task::of(row) {
            tx.enqueue(task.job());
        }
    }
    rows
}

fn as_told(tx: &Tx, events: Vec<NewPaymentEvent>) -> impl Iterator<Item = payment_event::Model> {
    events.into_iter().map(|event| payment_event::Model {
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
        destination: RefundDestination::Original,
    })
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
    /// The session of the till that takes the money.
    pub register_session_id: Option<RegisterSessionId>,
}

/// Writes payments with the facts their gateways stated, last in the transaction; `terms` sets until when each is due or
/// reserved, since a row that is written last cannot be changed in its transaction.
pub(crate) fn open(
    tx: &Tx,
    paid_for: PaidFor,
    tenders: &[(Tender, Facts)],
    terms: impl Fn(&mut payment::Model),
) -> Vec<payment::Model> {
    let (payments, events) = made(tx, paid_for, tenders, terms);
    tx.insert_last(&payments);
    record_last(tx, events);
    payments
}

/// Like [`open`], at once: for callers that then look at what all facts say.
pub(crate) async fn open_now(
    tx: &Tx,
    paid_for: PaidFor,
    tenders: &[(Tender, Facts)],
    terms: impl Fn(&mut payment::Model),
) -> Result<Vec<payment::Model>> {
    let (payments, events) = made(tx, paid_for, tenders, terms);
    let mut batch = Batch::default();
    batch.insert(&payments);
    batch.run(tx).await?;
    record(tx, events).await?;
    Ok(payments)
}

fn made(
    tx: &Tx,
    paid_for: PaidFor,
    tenders: &[(Tender, Facts)],
    terms: impl Fn(&mut payment::Model),
) -> (Vec<payment::Model>, Vec<NewPaymentEvent>) {
    let mut promised = paid_for.first_id;
    let mut payments: Vec<payment::Model> = tenders
        .iter()
        .map(|(tender, _)| row(promised.take().unwrap_or_else(|| PaymentId(tx.new_uuid())), tx, paid_for, tender))
        .collect();
    payments.iter_mut().for_each(terms);
    let events = payments
        .iter()
        .zip(tenders)
        .flat_map(|(payment, (_, facts))| facts.iter().map(move |fact| (payment, *fact)))
        .map(|(payment, fact)| {
            NewPaymentEvent::of((payment.id, payment.gateway), fact, payment.amount, paid_for.event_id)
        })
        .collect();
    (payments, events)
}

fn metadata(tender: &Tender) -> Value {
    let guarantee = tender.guarantee.then(|| (GUARANTEE.to_owned(), json!(true)));
    let link = tender.link.map(|link| (IN_METADATA.to_owned(), json!(link)));
    Value::Object(guarantee.into_iter().chain(link).collect())
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
        metadata: metadata(tender),
        created_at: tx.now(),
        stored_value_account_id: tender.stored_value_account_id,
        register_session_id: paid_for.register_session_id,
        method: tender.method,
        due_at: None,
        reminded_at: None,
        authorized_until: None,
        return_id: None,
    }
}
