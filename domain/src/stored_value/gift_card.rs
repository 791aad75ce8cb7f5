//! Gift cards that are sold: issued inactive when their order is placed, worth their price once it is paid, taken back
//! while nobody used them.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use entity::id::{EventId, OrderId, OrderLineId, ProductId};
use entity::words::{CaptureMode, OrderPaymentStatus, StoredValueEntryKind, StoredValueStatus};
use entity::{channel, event, gift_card_product, order, order_line, stored_value_account as account, variant};
use sea_orm::sea_query::{LockType, OnConflict};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait,
};
use serde_json::json;

use super::ledger::{self, From, NewLot, Note};
use super::{account as accounts, card, deliver};
use crate::kernel::event::NewEvent;
use crate::kernel::{Error, ErrorCode, Result, Tx, email};
use crate::messaging::dispatch::{Handled, Handler};
use crate::messaging::render::one_line;

/// Longest message of a giver.
const MAX_MESSAGE: usize = 500;

/// Issues and activates the cards of an order.
pub const HANDLER: Handler = Handler {
    name: "gift_cards",
    kinds: &["order_placed", "payment_captured"],
    run: |tx, event| Box::pin(follow(tx, event)),
};

async fn follow(tx: &Tx, event: &event::Model) -> Result<Handled> {
    let order_id = OrderId(event.aggregate_id);
    let lines = sold(tx, order_id).await?;
    if lines.is_empty() {
        return Ok(Handled::Nothing("no gift cards"));
    }
    let found = order::Entity::find_by_id(order_id).find_also_related(channel::Entity).one(tx).await?;
    let Some((order, Some(channel))) = found else { return Err(Error::not_found("order")) };
    issue(tx, &order, &channel, &lines).await?;
    let paid = match order.payment_status {
        OrderPaymentStatus::Paid | OrderPaymentStatus::Overpaid | OrderPaymentStatus::PartiallyRefunded => true,
        OrderPaymentStatus::Unpaid
        | OrderPaymentStatus::Authorized
        | OrderPaymentStatus::PartiallyPaid
        | OrderPaymentStatus::Refunded
        | OrderPaymentStatus::Voided => false,
    };
    if paid {
        activate(tx, &order, &channel, &lines).await?;
    } else if order.payment_status == OrderPaymentStatus::Authorized && channel.capture_mode == CaptureMode::AtDispatch
    {
        // Nothing leaves a warehouse that could have the money taken: the cards themselves do.
        let event = NewEvent::new("gift_cards_reserved", "order", order.id.uuid()).customer(order.customer_id);
        tx.event(event.payload(json!({ "order_id": order.id })));
    }
    Ok(Handled::Done)
}

/// The lines of an order that are gift cards.
async fn sold(tx: &Tx, order: OrderId) -> Result<Vec<order_line::Model>> {
    let products = gift_card_product::Entity::find().select_only().column(gift_card_product::Column::ProductId);
    let cards = variant::Entity::find()
        .select_only()
        .column(variant::Column::Id)
        .filter(variant::Column::ProductId.in_subquery(products.into_query()));
    Ok(order_line::Entity::find()
        .filter(order_line::Column::OrderId.eq(order))
        .filter(order_line::Column::VariantId.in_subquery(cards.into_query()))
        .all(tx)
        .await?)
}

/// One inactive account per unit that is still wanted; those that are there already stay.
async fn issue(tx: &Tx, order: &order::Model, channel: &channel::Model, lines: &[order_line::Model]) -> Result<()> {
    let secrets = &tx.ctx().services.secrets;
    let mut rows = Vec::new();
    for line in lines {
        let wish = Wish::of(line, order);
        for unit in (1..).take(usize::try_from(line.quantity - line.canceled).unwrap_or(0)) {
            let blank = accounts::blank(tx, channel);
            let (hash, hint) = card::kept(secrets, blank.id);
            let row = account::Model {
                code_hash: Some(hash),
                code_hint: Some(hint),
                order_line_id: Some(line.id),
                unit,
                recipient_email: wish.recipient_email.clone(),
                recipient_name: wish.recipient_name.clone(),
                sender_name: wish.sender_name.clone(),
                message: wish.message.clone(),
                locale: order.locale.clone(),
                deliver_at: wish.recipient_email.is_some().then(|| wish.deliver_at.unwrap_or(tx.now())),
                ..blank
            };
            rows.push(row.into_active_model().reset_all());
        }
    }
    let once = OnConflict::columns([account::Column::OrderLineId, account::Column::Unit]).do_nothing().to_owned();
    for some in rows.chunks(500) {
        account::Entity::insert_many(some.iter().cloned()).on_conflict(once.clone()).exec_without_returning(tx).await?;
    }
    Ok(())
}

/// What the buyer wishes, from the metadata of the line.
struct Wish {
    recipient_email: Option<String>,
    recipient_name: Option<String>,
    sender_name: Option<String>,
    message: String,
    deliver_at: Option<DateTime<Utc>>,
}

impl Wish {
    /// What cannot be understood counts as not said: the buyer gets the card.
    fn of(line: &order_line::Model, order: &order::Model) -> Self {
        let said = |key: &str| {
            let value = line.metadata.get(format!("gift_card.{key}")).and_then(serde_json::Value::as_str);
            value.map(str::trim).filter(|value| !value.is_empty())
        };
        let named = |key: &str| said(key).map(|name| one_line(name).chars().take(100).collect::<String>());
        let address = |given: &str| email::normalize("recipient", given).ok();
        let day = said("deliver_on").and_then(|day| day.parse::<NaiveDate>().ok());
        Self {
            recipient_email: said("recipient_email").and_then(address).or_else(|| order.email.clone()),
            recipient_name: named("recipient_name"),
            sender_name: named("sender_name"),
            message: said("message").unwrap_or_default().chars().take(MAX_MESSAGE).collect(),
            deliver_at: day.and_then(|day| day.and_hms_opt(0, 0, 0)).map(|at| at.and_utc()),
        }
    }
}

/// Puts the price of each inactive card on it, and sends those whose day has come.
async fn activate(tx: &Tx, order: &order::Model, channel: &channel::Model, lines: &[order_line::Model]) -> Result<()> {
    let waiting = locked(tx, lines.iter().map(|line| line.id)).await?;
    let waiting: Vec<_> = waiting.into_iter().filter(|card| card.status == StoredValueStatus::Inactive).collect();
    if waiting.is_empty() {
        return Ok(());
    }
    let days = valid_days(tx, lines).await?;
    let by_id: HashMap<OrderLineId, &order_line::Model> = lines.iter().map(|line| (line.id, line)).collect();
    for card in waiting {
        let Some(line) = card.order_line_id.and_then(|id| by_id.get(&id)) else { continue };
        let end = days.get(&line.id).map(|days| tx.now() + TimeDelta::days(i64::from(*days)));
        let payload = json!({ "order_id": order.id, "amount": line.unit_price, "currency": card.currency });
        let event_id = tx.event(card_event("gift_card_activated", &card).customer(order.customer_id).payload(payload));
        let active = account::Model { status: StoredValueStatus::Active, expires_at: end, ..card };
        let note = Note::of(StoredValueEntryKind::Issue, event_id).about(order.id);
        fund(tx, active, line.unit_price, channel, note).await?;
    }
    Ok(())
}

/// Makes a new or inactive card active with so much on it, and sends it when its time has come.
pub(super) async fn fund(
    tx: &Tx,
    card: account::Model,
    amount: i64,
    channel: &channel::Model,
    note: Note,
) -> Result<account::Model> {
    let due = card.deliver_at.is_some_and(|at| at <= tx.now());
    let card = if due { account::Model { delivered_at: Some(tx.now()), ..card } } else { card };
    let row = account::Model { updated_at: tx.now(), ..card.clone() };
    account::Entity::update(row.into_active_model().reset_all()).exec(tx).await?;
    if amount > 0 {
        let lot = NewLot { units: amount, expires_at: card.expires_at, ..NewLot::default() };
        ledger::put(tx, &card, lot, note).await?;
    }
    let card = account::Model { balance: card.balance + amount, version: card.version + 1, ..card };
    if due {
        deliver::send(tx, &card, channel, "first").await?;
    }
    Ok(card)
}

pub(super) fn card_event(kind: &'static str, card: &account::Model) -> NewEvent {
    NewEvent::new(kind, "stored_value_account", card.id.uuid())
}

/// Days that cards are valid, by line.
async fn valid_days(db: &impl ConnectionTrait, lines: &[order_line::Model]) -> Result<HashMap<OrderLineId, i32>> {
    let ids = lines.iter().map(|line| line.variant_id);
    let variants = variant::Entity::find().filter(variant::Column::Id.is_in(ids)).all(db).await?;
    let products: HashSet<ProductId> = variants.iter().map(|variant| variant.product_id).collect();
    let cards =
        gift_card_product::Entity::find().filter(gift_card_product::Column::ProductId.is_in(products)).all(db).await?;
    let days: HashMap<ProductId, Option<i32>> = cards.iter().map(|card| (card.product_id, card.valid_days)).collect();
    let of = |line: &order_line::Model| {
        let variant = variants.iter().find(|variant| variant.id == line.variant_id)?;
        Some((line.id, days.get(&variant.product_id).copied().flatten()?))
    };
    Ok(lines.iter().filter_map(of).collect())
}

async fn locked(tx: &Tx, lines: impl IntoIterator<Item = OrderLineId>) -> Result<Vec<account::Model>> {
    Ok(account::Entity::find()
        .filter(account::Column::OrderLineId.is_in(lines))
        .order_by_asc(account::Column::Id)
        .lock(LockType::Update)
        .all(tx)
        .await?)
}

/// Takes the cards of units back that are canceled or returned: those without value yet first, then the youngest that
/// nobody used; they are blocked for good. One statement when no card is among the units.
/// Error: `GIFT_CARD_USED` when not so many are unused.
pub(crate) async fn take_back(tx: &Tx, units: &BTreeMap<OrderLineId, i64>, event_id: EventId) -> Result<()> {
    let cards = locked(tx, units.keys().copied()).await?;
    if cards.is_empty() {
        return Ok(());
    }
    let lines = order_line::Entity::find().filter(order_line::Column::Id.is_in(units.keys().copied())).all(tx).await?;
    for line in &lines {
        let unused = |card: &&account::Model| match card.status {
            StoredValueStatus::Inactive => true,
            StoredValueStatus::Active => card.balance == line.unit_price && card.held == 0,
            StoredValueStatus::Blocked => false,
        };
        let mine = || cards.iter().filter(|card| card.order_line_id == Some(line.id));
        let mut free: Vec<&account::Model> = mine().filter(unused).collect();
        free.sort_by_key(|card| (card.status == StoredValueStatus::Active, std::cmp::Reverse(card.unit)));
        // Units whose card is not there yet get none.
        let wanted = usize::try_from(units.get(&line.id).copied().unwrap_or(0)).unwrap_or(0);
        if mine().next().is_some() && free.len() < wanted {
            return Err(Error::invalid(ErrorCode::GiftCardUsed, "units"));
        }
        for card in free.into_iter().take(wanted) {
            revoke(tx, card, event_id, line.order_id).await?;
        }
    }
    Ok(())
}

async fn revoke(tx: &Tx, card: &account::Model, event_id: EventId, order: OrderId) -> Result<()> {
    let note = Note::of(StoredValueEntryKind::Adjust, event_id).about(order).because("taken back");
    if !ledger::take(tx, card, card.balance, From::All(None), note).await? {
        return Err(Error::Conflict("gift card"));
    }
    set_status(tx, card, StoredValueStatus::Blocked).await
}

/// Changes whether a locked card may be used.
pub(super) async fn set_status(tx: &Tx, card: &account::Model, status: StoredValueStatus) -> Result<()> {
    use sea_orm::sea_query::{Expr, ExprTrait};
    account::Entity::update_many()
        .col_expr(account::Column::Status, Expr::value(status))
        .col_expr(account::Column::Version, Expr::col(account::Column::Version).add(1))
        .col_expr(account::Column::UpdatedAt, Expr::value(tx.now()))
        .filter(account::Column::Id.eq(card.id))
        .exec(tx)
        .await?;
    Ok(())
}
