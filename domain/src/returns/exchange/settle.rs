//! The end of an exchange whose goods came: the old order gives its credit, and the new goods are placed with it, or what
//! secured them is released.

use entity::id::{ExchangeId, PaymentId, RegisterId, RegisterSessionId};
use entity::order;
use entity::status::{ExchangeAction, ReturnAction};
use entity::words::{ExchangeStatus, RefundDestination, RefundReason, ReturnKind, ReturnStatus};
use serde_json::json;

use super::super::access;
use super::super::money;
use super::super::step::Locked;
use super::cancel;
use super::create::replayed;
use super::credit::{self, Give};
use super::goods::{self, Asked};
use super::open::{self, Opening};
use super::step::{self, Both};
use super::{Exchanged, guard, query};
use crate::kernel::event::NewEvent;
use crate::kernel::idempotency::{self, Claim};
use crate::kernel::job::NewJob;
use crate::kernel::{Ctx, Error, ErrorCode, Result, Tx};
use crate::order as orders;
use crate::order::refund::books::Books;
use crate::order::refund::{Extra, NewRefund, issue_with};
use crate::payment::record::{self, PaidFor};
use crate::payment::tender::TenderInput;

/// The job that settles an exchange whose goods were looked at.
pub const SETTLE_JOB: &str = "settle_exchange";

/// An exchange to settle by hand.
#[derive(Debug, Clone, serde::Serialize)]
pub struct SettleExchange {
    /// Which.
    pub exchange_id: ExchangeId,
    /// The version that was read.
    #[serde(skip)]
    pub expected_version: Option<i32>,
    /// What pays for dearer goods; due by a link when empty.
    pub payments: Vec<TenderInput>,
    /// The till whose drawer pays cash out.
    pub register_id: Option<RegisterId>,
    /// The client's key: the same key settles once.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// Settles an exchange whose goods were all looked at, as the job does by itself: with money for dearer goods, or after
/// new goods were short. Errors: `FORBIDDEN`, `NOT_FOUND`, `STALE_VERSION`, `INVALID_TRANSITION` before the goods were
/// looked at and after the end, `INVALID` for payments of what went out in advance, `IDEMPOTENCY_KEY_REUSED`, and what
/// placing an order says.
pub async fn settle(ctx: &Ctx, input: SettleExchange) -> Result<Exchanged> {
    access::work_scope(ctx)?;
    let key = &idempotency::checked_key(&input.idempotency_key)?;
    let hash = &idempotency::request_hash(&input)?;
    let input = &input;
    ctx.write(|tx| async move {
        let tx = &tx;
        let id = input.exchange_id;
        if let Claim::Replayed(_) = idempotency::claim(tx, "exchangeSettle", key, hash, id.uuid()).await? {
            return replayed(tx, id).await;
        }
        let both = step::lock(tx, id, input.expected_version).await?;
        let session = money::session(tx, input.register_id).await?;
        Box::pin(carry_out(tx, both, &input.payments, session)).await
    })
    .await
}

/// Asks for the settlement of the exchange whose return this is, when all of it was looked at. Call it in the transaction
/// of the inspection: what keeps new goods from being placed must not keep old ones from coming.
pub(in super::super) async fn goods_came(tx: &Tx, back: &Locked) -> Result<()> {
    if back.row.kind != ReturnKind::Exchange || back.row.status != ReturnStatus::Inspected {
        return Ok(());
    }
    for row in query::of_returns(tx, &[back.row.id]).await? {
        if matches!(row.status, ExchangeStatus::AwaitingReturn | ExchangeStatus::Placed) {
            tx.enqueue(NewJob::new(SETTLE_JOB, json!({ "exchange_id": row.id })));
        }
    }
    Ok(())
}

/// Settles an exchange when it can be; one that was settled or given up meanwhile is left alone. What stands in the way,
/// such as stock that is short, is told once by an event, and staff or the next sweep try again. Errors: of the database.
pub async fn settle_due(ctx: &Ctx, id: ExchangeId) -> Result<()> {
    match attempt(ctx, id).await {
        Err(error) if error.is_internal() || error.is_transient() => Err(error),
        Err(error) => {
            tracing::warn!(exchange = %id, code = %error.code(), "an exchange waits");
            let code = error.code();
            ctx.write(|tx| async move {
                let both = step::lock(&tx, id, None).await?;
                let event = NewEvent::new("exchange_waits", "exchange", id.uuid()).customer(both.back.row.customer_id);
                tx.event(event.payload(json!({ "code": code.as_str(), "number": both.back.row.number })));
                Ok(())
            })
            .await
        }
        Ok(()) => Ok(()),
    }
}

/// One try to settle. Errors: what stands in the way.
pub(super) async fn attempt(ctx: &Ctx, id: ExchangeId) -> Result<()> {
    ctx.write(|tx| async move {
        let tx = &tx;
        let both = step::lock(tx, id, None).await?;
        let waits = matches!(both.row.status, ExchangeStatus::AwaitingReturn | ExchangeStatus::Placed);
        if waits && both.is_inspected() {
            Box::pin(carry_out(tx, both, &[], None)).await?;
        }
        Ok(())
    })
    .await
}

async fn carry_out(
    tx: &Tx,
    both: Both,
    payments: &[TenderInput],
    session: Option<RegisterSessionId>,
) -> Result<Exchanged> {
    let ends = |action| Err(Error::transition("exchange", both.row.status, action));
    match both.row.status {
        ExchangeStatus::Completed | ExchangeStatus::Defaulted | ExchangeStatus::Canceled => {
            return ends(ExchangeAction::Complete);
        }
        ExchangeStatus::AwaitingReturn | ExchangeStatus::Placed if !both.is_inspected() => {
            return Err(Error::transition("return", both.back.row.status, ReturnAction::Close));
        }
        ExchangeStatus::AwaitingReturn | ExchangeStatus::Placed => {}
    }
    let units = credit::units(tx, &both.back).await?;
    let claw_back = credit::keeps_discounts(tx, &both.back).await?;
    let coming = credit::coming(&both.goods);
    let give = Give { units, shipping: 0, most: 0, session, claw_back, coming };
    match (both.row.status, give.units.is_empty()) {
        (ExchangeStatus::AwaitingReturn, true) => Box::pin(cancel::end(tx, both, session)).await,
        (ExchangeStatus::AwaitingReturn, false) => Box::pin(place(tx, both, give, payments)).await,
        _ if !payments.is_empty() => Err(Error::invalid(ErrorCode::Invalid, "input.payments")),
        (_, true) => Box::pin(default(tx, both)).await,
        (_, false) => Box::pin(release(tx, both, give)).await,
    }
}

/// The goods came first: the new ones are placed now, at the price that was agreed.
async fn place(tx: &Tx, mut both: Both, give: Give, payments: &[TenderInput]) -> Result<Exchanged> {
    let old = both.old()?;
    let agreed: Vec<Asked> = both.goods.iter().map(Asked::of).collect();
    let quote = goods::quote(tx.ctx(), tx, &old, &agreed).await?;
    let (_, credit) = credit::give(tx, &both.back, Give { most: quote.total(), ..give }).await?;
    let number = both.back.row.number.clone();
    let opening = Opening { quote, old: &old, credit, number: &number, payments, reserves: false };
    let opened = Box::pin(open::open(tx, opening)).await?;
    both.row.order_id = Some(opened.placed.order.id);
    both.row.credit = credit;
    both.go(tx, ExchangeAction::Place)?;
    both.go(tx, ExchangeAction::Complete)?;
    end(tx, both).await
}

/// The new goods went first: the old ones pay for them now, what was reserved is released, and what was paid beyond goes
/// back. What is missing is asked for. Error: `CONFLICT` while a gateway has not answered how much it took.
async fn release(tx: &Tx, mut both: Both, give: Give) -> Result<Exchanged> {
    let new = both.order.clone().ok_or(Error::not_found("order"))?;
    let books = Books::read(tx, new.id).await?;
    if guard::coming(tx, &books).await? > 0 {
        return Err(Error::Conflict("payment"));
    }
    let due = books.due_now(&new)?;
    let session = give.session;
    let (_, credit) = credit::give(tx, &both.back, Give { most: due, ..give }).await?;
    both.row.credit = credit;
    both.go(tx, ExchangeAction::Complete)?;
    let paid = pay(tx, &new, credit, &both.back.row.number).await?;
    let taken = guard::free(tx, &new, &books, (due - credit).max(0)).await?;
    let beyond = books.kept() + taken + credit - due;
    if beyond > 0 {
        let refund = NewRefund {
            units: Vec::new(),
            shipping: 0,
            fee: 0,
            reason: RefundReason::Overpaid,
            note: None,
            return_id: None,
            destination: RefundDestination::Original,
            session,
        };
        issue_with(tx, &new, refund, Extra { goodwill: beyond, last: paid, ..Extra::default() }).await?;
    }
    guard::ask_for(tx, &new, -beyond).await?;
    orders::refresh(tx, new.id).await?;
    end(tx, both).await
}

/// Pays an order that was placed before with what the old goods give.
async fn pay(tx: &Tx, new: &order::Model, credit: i64, number: &str) -> Result<Option<PaymentId>> {
    let Some(tender) = credit::tender(credit, number) else { return Ok(None) };
    let event = NewEvent::new("payment_captured", "order", new.id.uuid()).customer(new.customer_id);
    let event_id = tx.event(event.payload(json!({
        "order_id": new.id, "amount": credit, "currency": new.currency, "gateway": tender.0.gateway,
    })));
    let paid_for = PaidFor {
        order_id: Some(new.id),
        cart_id: None,
        currency: new.currency,
        event_id,
        first_id: None,
        register_session_id: None,
    };
    let payments = record::open_now(tx, paid_for, &[tender], |_| {}).await?;
    Ok(payments.first().map(|payment| payment.id))
}

/// The old goods did not come: what was reserved for the new ones is taken, and what that does not pay of goods that left is
/// asked for. What comes later gives money like any return.
pub(super) async fn default(tx: &Tx, mut both: Both) -> Result<Exchanged> {
    let new = both.order.clone().ok_or(Error::not_found("order"))?;
    let books = Books::read(tx, new.id).await?;
    let due = books.due_now(&new)?;
    both.row.credit = 0;
    both.go(tx, ExchangeAction::Default)?;
    let taken = guard::free(tx, &new, &books, due).await?;
    if guard::has_left(&books) {
        guard::ask_for(tx, &new, due - books.kept() - taken).await?;
    }
    orders::refresh(tx, new.id).await?;
    end(tx, both).await
}

/// Writes both halves; the return ends when all of it was looked at.
pub(super) async fn end(tx: &Tx, both: Both) -> Result<Exchanged> {
    let Both { mut back, row, .. } = both;
    if back.row.status == ReturnStatus::Inspected {
        back.go(tx, ReturnAction::Close)?;
    }
    let back = back.save(tx).await?;
    Ok(Exchanged { row: step::save(tx, row), back, replayed: false })
}
