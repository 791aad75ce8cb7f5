//! What gateways tell by themselves: kept once each, then handled by a job that looks at the gateway's own state, so that
//! news that come twice, late or in the wrong order change nothing that is not so.

use entity::gateway_event::{self, Column, Entity};
use entity::id::{GatewayEventId, PaymentId, RefundId};
use entity::money::Currency;
use entity::words::{Gateway, PaymentEventKind, PaymentOutcome};
use entity::{order, payment};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ActiveModelTrait, ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::ask_gateway::settle_refund;
use super::reconcile::{Reconciled, fact, lock_payment, tell};
use super::refresh;
use crate::kernel::{Ctx, Error, Result, Tx};
use crate::payment::gateway::SentBack;
use crate::payment::refundable;
use crate::payment::sums::Sums;
use crate::payment::task::{Ask, GatewayTask};
use crate::payment::{self as payments, NewPaymentEvent};

/// Marks a lost dispute over money that was on its way back to the buyer.
const REFUND_ON_ITS_WAY: &str = "refund_on_its_way";
/// Marks money that a bank took although it had gone back: lost twice.
const REFUNDED_TOO: &str = "refunded_too";

/// What a gateway told, without personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// The gateway's id of the news: the same id twice is one.
    pub external_id: String,
    /// The gateway's name for what happened.
    pub kind: String,
    /// Our payment, when the gateway names it.
    pub payment_id: Option<Uuid>,
    /// The gateway's id of the payment.
    pub reference: Option<String>,
    /// The payment's money, when the news tells it: minor units and currency.
    pub money: Option<(i64, Currency)>,
    /// What it means to us.
    pub news: News,
}

/// What news mean to us.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum News {
    /// The payment moved on.
    Payment,
    /// A refund ended, or still goes on.
    Refund {
        /// The gateway's id.
        reference: String,
        /// Our refund.
        refund_id: Option<Uuid>,
        /// How it stands.
        outcome: PaymentOutcome,
        /// Why it failed.
        error_code: Option<String>,
    },
    /// The buyer disputes the payment with the bank.
    Dispute {
        /// The gateway's id.
        reference: String,
        /// Disputed, minor units.
        amount: i64,
        /// `PENDING` while open, `SUCCESS` when the bank took the money back, `FAILURE` when it is ours.
        outcome: PaymentOutcome,
    },
    /// Nothing: kept and left.
    Other,
    /// It is about another account than ours, or about test money where real money is taken.
    Foreign,
}

/// Keeps news, once, and lets a job handle it. `false` when it was known. Statements: at most three.
pub async fn receive(ctx: &Ctx, gateway: Gateway, notice: &Notice) -> Result<bool> {
    ctx.write(|tx| async move {
        let tx = &tx;
        let payment = match notice.news {
            News::Payment | News::Refund { .. } | News::Dispute { .. } => payment_of(tx, gateway, notice).await?,
            News::Other | News::Foreign => None,
        };
        let outcome = match (&notice.news, &payment) {
            (News::Other, _) => Some("IGNORED"),
            (News::Foreign, _) => Some("OTHER_ACCOUNT"),
            (_, None) => Some("UNKNOWN_PAYMENT"),
            (_, Some(payment)) if !same_money(payment, notice) => Some("MISMATCH"),
            (_, Some(_)) => None,
        };
        let row = gateway_event::Model {
            id: GatewayEventId(tx.new_uuid()),
            gateway,
            external_id: notice.external_id.clone(),
            kind: notice.kind.clone(),
            payment_id: payment.as_ref().map(|payment| payment.id),
            payload: serde_json::to_value(notice).map_err(|error| Error::Bug(error.to_string()))?,
            outcome: outcome.map(str::to_owned),
            received_at: tx.now(),
            handled_at: outcome.is_some().then(|| tx.now()),
        };
        let known = OnConflict::columns([Column::Gateway, Column::ExternalId]).do_nothing().to_owned();
        let id = row.id;
        let insert = Entity::insert(row.into_active_model().reset_all()).on_conflict(known);
        if insert.exec_without_returning(tx).await? == 0 {
            return Ok(false);
        }
        if let (Some(payment), None) = (payment, outcome) {
            let ask = Ask::Look { gateway_event_id: Some(id) };
            tx.enqueue(GatewayTask { payment_id: payment.id, ask }.job());
        }
        Ok(true)
    })
    .await
}

/// Whether the news speak of the payment's own money. A dispute may be about a part.
fn same_money(payment: &payment::Model, notice: &Notice) -> bool {
    let is_whole = matches!(notice.news, News::Payment);
    notice.money.is_none_or(|(amount, currency)| {
        currency == payment.currency && if is_whole { amount == payment.amount } else { amount <= payment.amount }
    })
}

async fn payment_of(tx: &Tx, gateway: Gateway, notice: &Notice) -> Result<Option<payment::Model>> {
    let mut which = Condition::any();
    if let Some(id) = notice.payment_id {
        which = which.add(payment::Column::Id.eq(PaymentId(id)));
    }
    if let Some(reference) = &notice.reference {
        which = which.add(payment::Column::Reference.eq(reference.as_str()));
    }
    if which.is_empty() {
        return Ok(None);
    }
    Ok(payment::Entity::find().filter(payment::Column::Gateway.eq(gateway)).filter(which).one(tx).await?)
}

/// What a row keeps. Error: `Bug` for what we did not write.
pub(super) fn notice(row: &gateway_event::Model) -> Result<Notice> {
    serde_json::from_value(row.payload.clone()).map_err(|error| Error::Bug(error.to_string()))
}

/// Does what news say beyond the payment's own state, and marks them as handled.
pub(super) async fn handle(
    tx: &Tx,
    payment_id: PaymentId,
    row: &gateway_event::Model,
    notice: &Notice,
    seen: Reconciled,
) -> Result<()> {
    let outcome = match (seen, &notice.news) {
        (Reconciled::Mismatch, _) => "MISMATCH",
        (_, News::Refund { reference, refund_id: Some(id), outcome, error_code }) => {
            let (reference, error_code) = (reference.clone(), error_code.clone());
            let sent = SentBack { reference, outcome: *outcome, error_code };
            settle_refund(tx, payment_id, RefundId(*id), &sent).await?;
            "HANDLED"
        }
        (_, News::Dispute { reference, amount, outcome }) => {
            dispute(tx, payment_id, reference, *amount, *outcome).await?
        }
        (Reconciled::Known, _) => "KNOWN",
        (Reconciled::Changed, _) => "HANDLED",
    };
    Entity::update_many()
        .col_expr(Column::Outcome, Expr::value(outcome))
        .col_expr(Column::HandledAt, Expr::value(tx.now()))
        .filter(Column::Id.eq(row.id))
        .exec(tx)
        .await?;
    Ok(())
}

/// Records a step of a dispute, each once, and none after its end. Never more than is left of what was taken, so that
/// what went back before does not go back twice in our books. What a gateway was asked to send back may be with the buyer
/// already: of that only its answer tells whether the bank took it as well, see [`settle_lost`].
async fn dispute(
    tx: &Tx,
    payment_id: PaymentId,
    reference: &str,
    amount: i64,
    outcome: PaymentOutcome,
) -> Result<&'static str> {
    let (payment, order) = lock_payment(tx, payment_id).await?;
    let events = payments::query::events(tx, &[payment_id]).await?;
    let name = |outcome: PaymentOutcome| format!("{reference}:{outcome}");
    let has = |outcome: PaymentOutcome| {
        let name = name(outcome);
        events.iter().any(|event| event.gateway_reference.as_deref() == Some(name.as_str()))
    };
    if has(outcome) || has(PaymentOutcome::Success) || has(PaymentOutcome::Failure) {
        return Ok("KNOWN");
    }
    let sums = Sums::of(&events);
    let left = (sums.captured - sums.refunded).max(0);
    let amount = amount.min(left).max(0);
    let on_its_way: i64 = refundable::pending(&events).iter().map(|part| part.amount).sum();
    let (told, settled) = match outcome {
        PaymentOutcome::Pending => ("payment_disputed", amount),
        PaymentOutcome::Success => ("payment_charged_back", amount.min((left - on_its_way).max(0))),
        PaymentOutcome::Failure => ("payment_dispute_won", amount),
    };
    let event_id = tell(tx, told, &payment, order.as_ref(), amount);
    let step = |outcome, amount| fact(&payment, PaymentEventKind::Chargeback, outcome, amount, event_id);
    let waits = amount - settled;
    let mut facts = vec![NewPaymentEvent {
        gateway_reference: Some(name(outcome)),
        error_code: (waits > 0).then(|| REFUND_ON_ITS_WAY.to_owned()),
        ..step(outcome, settled)
    }];
    // The open dispute holds it already.
    let held = (refundable::disputed(&events, payment_id) - settled).max(0);
    if waits > held {
        facts.push(step(PaymentOutcome::Pending, waits - held));
    }
    payments::record_told(tx, facts).await?;
    if let Some(order) = order {
        Box::pin(refresh(tx, order.id)).await?;
    }
    Ok("HANDLED")
}

/// What was taken by a bank while as much was on its way back is settled with the refund: when that did not go, it is the
/// bank's; when it did, too, the money left twice, which is no part of the order's books: it is told, and noted as such.
/// The order is locked, and the refund's outcome is recorded.
pub(super) async fn settle_lost(
    tx: &Tx,
    payment: &payment::Model,
    order: &order::Model,
    (outcome, amount): (PaymentOutcome, i64),
) -> Result<()> {
    let events = payments::query::events(tx, &[payment.id]).await?;
    let waits = events.iter().any(|event| event.error_code.as_deref() == Some(REFUND_ON_ITS_WAY));
    let amount = refundable::disputed(&events, payment.id).min(amount);
    if !waits || amount <= 0 {
        return Ok(());
    }
    let (told, ended, note) = match outcome {
        PaymentOutcome::Pending => return Ok(()),
        PaymentOutcome::Success => ("payment_lost_twice", PaymentOutcome::Failure, Some(REFUNDED_TOO)),
        PaymentOutcome::Failure => ("payment_charged_back", PaymentOutcome::Success, None),
    };
    let event_id = tell(tx, told, payment, Some(order), amount);
    let end = fact(payment, PaymentEventKind::Chargeback, ended, amount, event_id);
    payments::record_told(tx, vec![NewPaymentEvent { error_code: note.map(str::to_owned), ..end }]).await?;
    Ok(())
}
