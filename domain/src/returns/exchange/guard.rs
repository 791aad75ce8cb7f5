//! What secures new goods that go out in advance: taken before its own time is over, given up when the old goods came, and
//! asked for again when a bank does not hold it any more.

use chrono::TimeDelta;
use entity::id::{ExchangeId, OrderId, PaymentId, PaymentLinkId};
use entity::words::{ExchangeStatus, PaymentEventKind, PaymentOutcome, ReturnStatus};
use entity::{event, order, payment_link};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::step::{self, Both};
use super::{open, query};
use crate::channel as channels;
use crate::kernel::event::NewEvent;
use crate::kernel::{Error, Result, Tx};
use crate::messaging::dispatch::{Handled, Handler};
use crate::order as orders;
use crate::order::refund::balance;
use crate::order::refund::books::Books;
use crate::order::refund::decide::fact;
use crate::payment::refundable::Tender;
use crate::payment::{self as payments, task};

/// How long before the end of a reservation it is taken: a gateway may be silent for hours.
pub(super) const MARGIN: TimeDelta = TimeDelta::hours(12);

/// Follows what becomes of the payments that secure new goods.
pub const HANDLER: Handler = Handler {
    name: "exchange_guarantee",
    kinds: &["payment_authorized", "payment_voided", "payment_capture_failed"],
    run: |tx, event| Box::pin(follow(tx, event)),
};

async fn follow(tx: &Tx, event: &event::Model) -> Result<Handled> {
    let Some((id, payment)) = secured_by(tx, event).await? else { return Ok(Handled::Nothing("it secures nothing")) };
    let both = step::lock(tx, id, None).await?;
    let new = both.order.clone().ok_or(Error::not_found("order"))?;
    let is_authorized = event.kind == "payment_authorized";
    match (both.row.status, is_authorized) {
        (ExchangeStatus::Placed, true) => secured(tx, both, payment).await,
        // The customer was slower than the goods: only what is owed still is taken.
        (ExchangeStatus::Completed | ExchangeStatus::Defaulted, true) => {
            let books = Books::read(tx, new.id).await?;
            free(tx, &new, &books, books.due_now(&new)?).await?;
            orders::refresh(tx, new.id).await?;
            Ok(Handled::Done)
        }
        (ExchangeStatus::Placed | ExchangeStatus::Completed | ExchangeStatus::Defaulted, false) => {
            lost(tx, &new, (payment, event.kind == "payment_capture_failed")).await
        }
        (ExchangeStatus::AwaitingReturn | ExchangeStatus::Canceled, _) => Ok(Handled::Nothing("no new goods")),
    }
}

/// The exchange that a payment secures, with it; `None` for all others.
async fn secured_by(tx: &Tx, event: &event::Model) -> Result<Option<(ExchangeId, PaymentId)>> {
    let id = event.payload.get("payment_id").cloned().unwrap_or_default();
    let (Ok(id), "order") = (serde_json::from_value::<PaymentId>(id), event.aggregate_kind.as_str()) else {
        return Ok(None);
    };
    if !payments::query::by_id(tx, id).await?.is_some_and(|payment| payments::is_guarantee(&payment)) {
        return Ok(None);
    }
    let found = query::of_orders(tx, &[OrderId(event.aggregate_id)]).await?;
    let mine = found.into_iter().find(|row| row.guarantee_payment_id == Some(id));
    Ok(mine.map(|row| (row.id, id)))
}

/// The customer agreed: nobody waits for the old goods longer than the money is held. When that is sooner than the customer
/// was told, the customer is told again.
async fn secured(tx: &Tx, mut both: Both, payment: PaymentId) -> Result<Handled> {
    let payment = payments::query::by_id(tx, payment).await?.ok_or(Error::not_found("payment"))?;
    let Some(until) = payment.authorized_until.map(|until| until - MARGIN) else {
        return Ok(Handled::Nothing("it has no end"));
    };
    if both.row.due_at.is_none_or(|due_at| due_at > until) {
        both.row.due_at = Some(until);
    }
    step::tell(tx, "exchange_secured", &both.row, &both.back.row);
    let Both { mut back, row, .. } = both;
    if back.row.expected_by.is_none_or(|by| by > until) {
        back.row.expected_by = Some(until);
        if back.row.status == ReturnStatus::Approved {
            back.tell(tx, "return_reminded", &json!({ "expected_by": until }));
        }
        back.save(tx).await?;
    }
    step::save(tx, row);
    Ok(Handled::Done)
}

/// What secured the goods is not there any more, or cannot be taken: what is owed is asked for by a link.
async fn lost(tx: &Tx, new: &order::Model, (payment, is_refused): (PaymentId, bool)) -> Result<Handled> {
    let mut books = Books::read(tx, new.id).await?;
    books.tenders.retain(|tender| tender.payment_id == payment);
    let held = books.reserved();
    if is_refused && held > 0 {
        free(tx, new, &books, 0).await?;
    }
    let owed = balance(tx, new).await?.left() + if is_refused { held } else { 0 };
    Ok(if ask_for(tx, new, owed).await? { Handled::Done } else { Handled::Nothing("nothing is owed") })
}

/// Asks for what is owed by a link, by mail; `false` when nothing is, or when a link asks for just that.
pub(super) async fn ask_for(tx: &Tx, order: &order::Model, owed: i64) -> Result<bool> {
    if owed <= 0 {
        return Ok(false);
    }
    let asked = payment_link::Entity::find()
        .filter(payment_link::Column::OrderId.eq(order.id))
        .filter(payment_link::Column::Amount.eq(owed))
        .filter(payment_link::Column::UsedAt.is_null())
        .filter(payment_link::Column::ExpiresAt.gt(tx.now()));
    if asked.one(tx).await?.is_some() {
        return Ok(false);
    }
    let channel = channels::query::get(tx, order.channel_id).await?;
    open::ask(tx, &channel, order, (PaymentLinkId(tx.new_uuid()), owed), false);
    Ok(true)
}

/// Whether anything of the new goods left.
pub(super) fn has_left(books: &Books) -> bool {
    books.lines.iter().any(|line| line.fulfilled > 0)
}

/// What a gateway was asked to take and has not answered, minor units.
pub(super) async fn coming(tx: &Tx, books: &Books) -> Result<i64> {
    Ok(asked(tx, books).await?.iter().map(|(_, coming, _)| coming).sum())
}

/// What is reserved, with what a gateway was asked to take and to give up of it.
async fn asked<'a>(tx: &Tx, books: &'a Books) -> Result<Vec<(&'a Tender, i64, i64)>> {
    let reserved: Vec<&Tender> = books.tenders.iter().filter(|tender| tender.reserved > 0).collect();
    let ids: Vec<PaymentId> = reserved.iter().map(|tender| tender.payment_id).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let events = payments::query::events(tx, &ids).await?;
    let with_asked = reserved.into_iter().map(|tender| {
        let open = |kind| task::open(events.iter().filter(|it| it.payment_id == tender.payment_id), kind);
        (tender, open(PaymentEventKind::Capture).min(tender.reserved), open(PaymentEventKind::Void))
    });
    Ok(with_asked.collect())
}

/// Takes `needed` minor units of what is reserved for an order beyond what was taken, and gives the rest up. Returns what
/// was taken, or will be. A gateway over the network gives the rest up with what it takes.
pub(super) async fn free(tx: &Tx, new: &order::Model, books: &Books, needed: i64) -> Result<i64> {
    let asked = asked(tx, books).await?;
    let mut taken: i64 = asked.iter().map(|(_, coming, _)| coming).sum();
    let mut open = (needed - books.kept() - taken).max(0);
    let mut facts = Vec::new();
    for (tender, coming, going) in asked {
        let left = (tender.reserved - coming - going).max(0);
        let take = left.min(open);
        open -= take;
        taken += take;
        let is_asked = task::is_network(tender.gateway);
        let steps = [
            (if is_asked { "payment_capture_requested" } else { "payment_captured" }, PaymentEventKind::Capture, take),
            (if is_asked { "payment_void_requested" } else { "payment_voided" }, PaymentEventKind::Void, left - take),
        ];
        for (kind, what, amount) in steps.into_iter().filter(|(.., amount)| *amount > 0) {
            let event = NewEvent::new(kind, "order", new.id.uuid()).customer(new.customer_id);
            let event_id = tx.event(event.payload(json!({
                "payment_id": tender.payment_id, "amount": amount, "currency": new.currency,
            })));
            facts.push(fact(tender, what, PaymentOutcome::Success, amount, event_id));
        }
    }
    payments::record(tx, facts).await?;
    Ok(taken)
}
