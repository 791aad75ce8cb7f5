//! Mails about money: refunds decided and carried out, payments that came, are expected or came too late, and what is
//! still to be paid by a link. What another mail of the same moment says already is not said again.

use entity::id::{OrderId, PaymentId, PaymentLinkId, RefundId};
use entity::money::Money;
use entity::words::{
    Gateway, ManualMethod, OrderPaymentStatus, OrderStatus, PaymentEventKind, PaymentOutcome, RefundDestination,
    RefundReason,
};
use entity::{event, order_line, payment, payment_link, pickup, refund};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::credit_note::{self, CreditNote};
use super::refund::told;
use crate::kernel::language::Language;
use crate::kernel::{Error, Result, Tx};
use crate::messaging::dispatch::{Handled, Handler};
use crate::messaging::money_view::{MoneyMail, MoneyRow};
use crate::messaging::order_context::{OrderContext, order_context};
use crate::messaging::order_view::{date_time, instructions, means, zone};
use crate::messaging::payment_links;
use crate::messaging::render::{self, one_line};
use crate::messaging::request::{Letter, letter};
use crate::payment as payments;
use crate::payment::sums::Sums;

/// Writes about money.
pub const HANDLER: Handler = Handler {
    name: "money_mail",
    kinds: &[
        "refund_issued",
        "refund_executed",
        "payment_captured",
        "payment_capture_failed",
        "payment_authorization_expired",
        "payment_reminded",
        "payment_overdue",
        "payment_link_opened",
    ],
    run: |tx, event| Box::pin(tell(tx, event)),
};

/// A mail with the name of its template, or why there is none.
type Told = std::result::Result<(&'static str, MoneyMail), &'static str>;

async fn tell(tx: &Tx, event: &event::Model) -> Result<Handled> {
    if event.aggregate_kind != "order" {
        return Ok(Handled::Nothing("no order yet"));
    }
    let order_id = OrderId(event.aggregate_id);
    let context = order_context(tx, order_id).await?;
    let Some(recipient) = context.order.email.clone().filter(|email| !email.trim().is_empty()) else {
        return Ok(Handled::Nothing("no e-mail address"));
    };
    let told = match event.kind.as_str() {
        "refund_issued" => decided(tx, &context, event).await?,
        "refund_executed" => carried_out(tx, &context, event).await?,
        "payment_captured" => received(tx, &context, event).await?,
        "payment_capture_failed" | "payment_authorization_expired" => not_taken(tx, &context, event).await?,
        "payment_reminded" => reminded(tx, &context, event).await?,
        "payment_overdue" => overdue(tx, &context, event).await?,
        _ => link(tx, &context, event).await?,
    };
    let (template, mail) = match told {
        Ok(told) => told,
        Err(reason) => return Ok(Handled::Nothing(reason)),
    };
    let (language, seller) = (Language::of(&context.order.locale), context.seller());
    // Money that cannot be taken is tried again and again: its customer is told once.
    let nth = match template {
        "payment_failed" => part::<PaymentId>(event, "payment_id")?.to_string(),
        _ => event.id.to_string(),
    };
    let rendered = render::money(template, language, &mail, &seller)?;
    let about = Letter {
        template,
        order_id: Some(order_id),
        recipient,
        locale: context.order.locale.clone(),
        dedupe_key: format!("{template}:{nth}"),
        customer_id: context.order.customer_id,
        event_id: Some(event.id),
    };
    Ok(match letter(tx, about, &seller, rendered).await? {
        Some(_) => Handled::Done,
        None => Handled::Nothing("message was requested before"),
    })
}

fn part<T: DeserializeOwned>(event: &event::Model, name: &str) -> Result<T> {
    let value = event.payload.get(name).cloned().unwrap_or_default();
    serde_json::from_value(value).map_err(|error| Error::Bug(format!("{name} of {}: {error}", event.kind)))
}

/// Words and figures of an order's mails.
struct Words<'a> {
    context: &'a OrderContext,
    language: Language,
}

impl<'a> Words<'a> {
    fn of(context: &'a OrderContext) -> Self {
        Self { context, language: Language::of(&context.order.locale) }
    }

    fn empty(&self) -> MoneyMail {
        let order = &self.context.order;
        let person = one_line(order.contact_name.as_deref().unwrap_or_default());
        MoneyMail { number: order.number.clone(), person, ..MoneyMail::default() }
    }

    fn money(&self, minor: i64) -> String {
        Money::new(minor, self.context.order.currency).formatted(&self.context.order.locale)
    }

    fn row(&self, label: &str, value: String) -> MoneyRow {
        MoneyRow { label: self.language.text(label, &[]), value }
    }

    fn sum(&self, label: &str, minor: i64) -> MoneyRow {
        self.row(label, self.money(minor))
    }

    fn at(&self, at: chrono::DateTime<chrono::Utc>) -> String {
        date_time(at, zone(self.context), self.language)
    }

    /// Units of lines as people read them, those of which there are any.
    fn goods(&self, units: impl Fn(&order_line::Model) -> i64) -> Vec<String> {
        let named = |line: &order_line::Model| {
            let variant = if line.variant_title == line.title { "" } else { line.variant_title.as_str() };
            let title = one_line(&format!("{} {variant}", line.title));
            Some(units(line)).filter(|units| *units > 0).map(|units| format!("{title} × {units}"))
        };
        self.context.lines.iter().filter_map(named).collect()
    }
}

async fn decided(tx: &Tx, context: &OrderContext, event: &event::Model) -> Result<Told> {
    let Some(refund) = refund_of(tx, event).await? else { return Ok(Err("no refund")) };
    if refund.amount == 0 {
        return Ok(Err("nothing goes back"));
    }
    if let Some(reason) = told_elsewhere(tx, context, &refund, event).await? {
        return Ok(Err(reason));
    }
    let words = Words::of(context);
    let told = told::told(tx, &refund, &context.order.locale).await?;
    let note = credit_note::of_refunds(tx, &[refund.id]).await?.pop();
    let mut rows = match &note {
        Some(note) => of_note(&words, &credit_note::parse(note)?),
        None => Vec::new(),
    };
    rows.push(words.row("mail-money-refund", told.amount));
    rows.extend(told.credit_note.map(|number| words.row("mail-credit-note", number)));
    Ok(Ok(("refund_issued", MoneyMail { rows, notes: told.parts, ..words.empty() })))
}

async fn refund_of(tx: &Tx, event: &event::Model) -> Result<Option<refund::Model>> {
    let id: RefundId = part(event, "refund_id")?;
    Ok(refund::Entity::find_by_id(id).one(tx).await?)
}

/// The rows of a credit note: they add up to what goes back.
fn of_note(words: &Words<'_>, note: &CreditNote) -> Vec<MoneyRow> {
    let goods = note.lines.iter().map(|line| MoneyRow {
        label: if line.is_shipping {
            words.language.text("mail-money-shipping", &[])
        } else {
            format!("{} × {}", one_line(&line.title), line.quantity)
        },
        value: words.money(line.amount),
    });
    let others = [
        ("mail-money-goodwill", note.goodwill),
        ("mail-money-fee", -note.fee),
        ("mail-money-claw-back", -note.claw_back),
    ];
    goods
        .chain(others.into_iter().filter(|(_, amount)| *amount != 0).map(|(label, amount)| words.sum(label, amount)))
        .collect()
}

/// Which mail says it, when another one does.
async fn told_elsewhere(
    tx: &Tx,
    context: &OrderContext,
    refund: &refund::Model,
    event: &event::Model,
) -> Result<Option<&'static str>> {
    if part::<Option<RefundDestination>>(event, "destination")? == Some(RefundDestination::Exchange) {
        return Ok(Some("told with the exchange"));
    }
    let beside = beside(tx, event, context, refund).await?;
    let has = |kind: &str| beside.iter().any(|beside| beside.kind == kind);
    Ok(match refund.reason {
        RefundReason::OrderChanged => Some("told with the change"),
        RefundReason::Canceled if has("order_canceled_by_request") || has("payment_overdue") => {
            Some("told with the cancellation")
        }
        RefundReason::Claim if has("claim_resolved") => Some("told with the claim"),
        RefundReason::Canceled | RefundReason::PickupExpired | RefundReason::Unfillable
            if has("pickup_canceled") || has("pickup_expired") =>
        {
            Some("told with the pickup")
        }
        RefundReason::Canceled
        | RefundReason::PickupExpired
        | RefundReason::Unfillable
        | RefundReason::Returned
        | RefundReason::Goodwill
        | RefundReason::Overpaid
        | RefundReason::Claim
        | RefundReason::Other => None,
    })
}

/// What else happened in the same moment to the order, its pickups and the return.
async fn beside(
    tx: &Tx,
    event: &event::Model,
    context: &OrderContext,
    refund: &refund::Model,
) -> Result<Vec<event::Model>> {
    const KINDS: [&str; 5] =
        ["order_canceled_by_request", "payment_overdue", "claim_resolved", "pickup_canceled", "pickup_expired"];
    let pickups = pickup::Entity::find().filter(pickup::Column::OrderId.eq(context.order.id)).all(tx).await?;
    let about: Vec<Uuid> = pickups
        .iter()
        .map(|pickup| pickup.id.uuid())
        .chain([context.order.id.uuid()])
        .chain(refund.return_id.map(|id| id.uuid()))
        .collect();
    let found = event::Entity::find()
        .filter(event::Column::AggregateId.is_in(about))
        .filter(event::Column::RequestId.eq(event.request_id.as_str()))
        .filter(event::Column::OccurredAt.eq(event.occurred_at))
        .filter(event::Column::Kind.is_in(KINDS));
    Ok(found.all(tx).await?)
}

async fn carried_out(tx: &Tx, context: &OrderContext, event: &event::Model) -> Result<Told> {
    let Some(refund) = refund_of(tx, event).await? else { return Ok(Err("no refund")) };
    let parts = told::carried_out(tx, refund.id, event.id).await?;
    if parts.is_empty() {
        return Ok(Err("told with the decision"));
    }
    let words = Words::of(context);
    let amount: i64 = parts.iter().map(|part| part.amount).sum();
    let told = told::told(tx, &refund, &context.order.locale).await?;
    let mut rows = vec![words.sum("mail-money-refund", amount)];
    rows.extend(told.credit_note.map(|number| words.row("mail-credit-note", number)));
    let notes = parts.iter().map(|part| told::sentence(part, refund.currency, &context.order.locale)).collect();
    Ok(Ok(("refund_executed", MoneyMail { rows, notes, ..words.empty() })))
}

/// Money that somebody waited for. A card is charged when the order is placed or leaves, and those mails say so; cash
/// on delivery was paid at the door.
async fn received(tx: &Tx, context: &OrderContext, event: &event::Model) -> Result<Told> {
    // What goods that came back give is a means of payment, too, and its event is written before it.
    let Ok(id) = part::<PaymentId>(event, "payment_id") else { return Ok(Err("nobody waited for it")) };
    let Some(payment) = context.payments.iter().find(|payment| payment.id == id) else { return Ok(Err("no payment")) };
    if !was_awaited(tx, payment).await? {
        return Ok(Err("nobody waited for it"));
    }
    let words = Words::of(context);
    let amount: i64 = part(event, "amount")?;
    let balance = super::refund::balance(tx, &context.order).await?;
    let by = words.language.text(&format!("mail-means-{}", means(payment)), &[]);
    let mut rows = vec![words.sum("mail-money-received", amount), words.row("mail-money-by", by)];
    let left = balance.due - balance.available;
    let mut notes = Vec::new();
    if left > 0 {
        rows.push(words.sum("mail-money-due", left));
        rows.extend(payment.due_at.map(|until| words.row("mail-pay-until", words.at(until))));
    } else if balance.overpaid > 0 {
        notes.push(words.language.text("mail-money-overpaid", &[("amount", words.money(balance.overpaid))]));
    } else if context.order.status != OrderStatus::Canceled {
        notes.push(words.language.text("mail-money-paid-in-full", &[]));
    }
    Ok(Ok(("payment_received", MoneyMail { rows, notes, ..words.empty() })))
}

async fn was_awaited(tx: &Tx, payment: &payment::Model) -> Result<bool> {
    if payment.metadata.get(payment_links::IN_METADATA).is_some() {
        return Ok(true);
    }
    match payment.gateway {
        Gateway::Manual => Ok(payment.method != Some(ManualMethod::CashOnDelivery)),
        Gateway::Test => {
            let facts = payments::query::events(tx, &[payment.id]).await?;
            let waited = (PaymentEventKind::Capture, PaymentOutcome::Pending);
            Ok(facts.iter().any(|fact| (fact.kind, fact.outcome) == waited))
        }
        Gateway::Cash
        | Gateway::CardTerminal
        | Gateway::GiftCard
        | Gateway::StoreCredit
        | Gateway::Points
        | Gateway::Stripe
        | Gateway::Exchange => Ok(false),
    }
}

async fn reminded(tx: &Tx, context: &OrderContext, event: &event::Model) -> Result<Told> {
    let id: PaymentId = part(event, "payment_id")?;
    let found = context.payments.iter().find(|payment| payment.id == id);
    let Some((payment, until)) = found.and_then(|payment| Some((payment, payment.due_at?))) else {
        return Ok(Err("not so any more"));
    };
    let captured = Sums::of(&payments::query::events(tx, &[id]).await?).captured;
    let is_paid = matches!(context.order.payment_status, OrderPaymentStatus::Paid | OrderPaymentStatus::Overpaid);
    if is_paid || context.order.status != OrderStatus::Open || captured >= payment.amount {
        return Ok(Err("not so any more"));
    }
    let words = Words::of(context);
    let by = words.language.text(&format!("mail-means-{}", means(payment)), &[]);
    let rows = vec![
        words.sum("mail-money-to-pay", payment.amount - captured),
        words.row("mail-pay-until", words.at(until)),
        words.row("mail-money-by", by),
    ];
    let link = open_link(tx, context.order.id).await?.map(|link| address(tx, link.id));
    let lines = words.goods(|line| line.quantity - line.canceled);
    let mail = MoneyMail { lines, rows, instructions: instructions(context), link, ..words.empty() };
    Ok(Ok(("payment_reminder", mail)))
}

/// Money that was reserved or awaited could not be taken, and the order still needs it.
async fn not_taken(tx: &Tx, context: &OrderContext, event: &event::Model) -> Result<Told> {
    let id: PaymentId = part(event, "payment_id")?;
    let Some(payment) = context.payments.iter().find(|payment| payment.id == id) else { return Ok(Err("no payment")) };
    let balance = super::refund::balance(tx, &context.order).await?;
    let left = balance.due - balance.available;
    if context.order.status != OrderStatus::Open || left <= 0 {
        return Ok(Err("not so any more"));
    }
    let words = Words::of(context);
    let by = words.language.text(&format!("mail-means-{}", means(payment)), &[]);
    let rows = vec![words.sum("mail-money-to-pay", left), words.row("mail-money-by", by)];
    let link = open_link(tx, context.order.id).await?.map(|link| address(tx, link.id));
    let hint = if link.is_some() { "mail-payment-failed-pay" } else { "mail-payment-failed-wait" };
    let notes = vec![words.language.text(hint, &[])];
    Ok(Ok(("payment_failed", MoneyMail { rows, notes, link, ..words.empty() })))
}

/// The link by which an order can be paid now.
async fn open_link(tx: &Tx, order: OrderId) -> Result<Option<payment_link::Model>> {
    let found = payment_link::Entity::find()
        .filter(payment_link::Column::OrderId.eq(order))
        .filter(payment_link::Column::UsedAt.is_null())
        .filter(payment_link::Column::ExpiresAt.gt(tx.now()))
        .order_by_desc(payment_link::Column::CreatedAt);
    Ok(found.one(tx).await?)
}

fn address(tx: &Tx, id: PaymentLinkId) -> String {
    payment_links::url(&tx.ctx().services, id)
}

async fn overdue(tx: &Tx, context: &OrderContext, event: &event::Model) -> Result<Told> {
    if context.order.status != OrderStatus::Canceled {
        return Ok(Err("staff decide"));
    }
    let words = Words::of(context);
    let lines = words.goods(|line| line.canceled);
    let mine = |refund: &&refund::Model| {
        refund.reason == RefundReason::Canceled && refund.created_at == event.occurred_at && refund.amount > 0
    };
    let refunds = super::refund::of_orders(tx, &[context.order.id]).await?;
    let (mut rows, mut notes) = (Vec::new(), vec![words.language.text("mail-money-nothing-due", &[])]);
    if let Some(refund) = refunds.iter().find(mine) {
        let told = told::told(tx, refund, &context.order.locale).await?;
        rows.push(words.row("mail-money-refund", told.amount));
        rows.extend(told.credit_note.map(|number| words.row("mail-credit-note", number)));
        notes.extend(told.parts);
    }
    Ok(Ok(("payment_expired", MoneyMail { lines, rows, notes, ..words.empty() })))
}

async fn link(tx: &Tx, context: &OrderContext, event: &event::Model) -> Result<Told> {
    if event.payload.get("notify") == Some(&serde_json::Value::Bool(false)) {
        return Ok(Err("nobody is to be told"));
    }
    let id: PaymentLinkId = part(event, "payment_link_id")?;
    let found = payment_link::Entity::find_by_id(id).one(tx).await?;
    let is_open = |link: &payment_link::Model| link.used_at.is_none() && link.expires_at > tx.now();
    let Some(link) = found.filter(|link| is_open(link) && context.order.status != OrderStatus::Canceled) else {
        return Ok(Err("not so any more"));
    };
    let words = Words::of(context);
    let rows =
        vec![words.sum("mail-money-to-pay", link.amount), words.row("mail-pay-until", words.at(link.expires_at))];
    let mail = MoneyMail { rows, link: Some(address(tx, id)), ..words.empty() };
    Ok(Ok(("payment_link", mail)))
}
