//! The one writer of stored value: what goes into an account and out of it, with the lots it goes through.
//!
//! Amounts of the agreed steps are money, minor units of the account's currency, also for points: those are converted
//! here. Entries are written last in the transaction, after the payments that they point to.

use chrono::{DateTime, TimeDelta, Utc};
use entity::id::{CustomerId, EventId, OrderId, PaymentId, StoredValueAccountId, StoredValueEntryId, StoredValueLotId};
use entity::money::Money;
use entity::words::{PaymentEventKind, PaymentOutcome, StoredValueEntryKind, StoredValueKind, StoredValueStatus};
use entity::{
    channel, payment, payment_event, stored_value_account as account, stored_value_entry as entry,
    stored_value_lot as lot,
};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, Value,
};
use serde_json::json;

use super::account::{self as accounts, lot_is_usable};
use super::{merge, points};
use crate::inventory::sql::Sql;
use crate::kernel::event::NewEvent;
use crate::kernel::{Error, ErrorCode, Result, Tx};

/// What comes back to a lot that ran out, or soon will, can be used for so long.
const GRACE: TimeDelta = TimeDelta::days(30);

/// The tender that a movement of value carries out.
#[derive(Clone, Copy, Debug)]
pub struct SpentOn {
    /// The payment.
    pub payment_id: PaymentId,
    /// The order it pays.
    pub order_id: OrderId,
    /// The event it belongs to.
    pub event_id: EventId,
}

/// What an entry says beside its amount.
#[derive(Clone, Debug)]
pub(super) struct Note {
    pub kind: StoredValueEntryKind,
    pub payment_id: Option<PaymentId>,
    pub order_id: Option<OrderId>,
    pub reason: Option<String>,
    pub event_id: EventId,
}

impl Note {
    pub(super) const fn of(kind: StoredValueEntryKind, event_id: EventId) -> Self {
        Self { kind, payment_id: None, order_id: None, reason: None, event_id }
    }

    fn paid(kind: StoredValueEntryKind, on: SpentOn) -> Self {
        Self { payment_id: Some(on.payment_id), order_id: Some(on.order_id), ..Self::of(kind, on.event_id) }
    }

    pub(super) fn because(mut self, reason: &str) -> Self {
        self.reason = Some(reason.to_owned()).filter(|reason| !reason.is_empty());
        self
    }

    pub(super) const fn about(mut self, order_id: OrderId) -> Self {
        self.order_id = Some(order_id);
        self
    }
}

/// What comes in together.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct NewLot {
    /// Minor units or points.
    pub units: i64,
    /// Pending until then.
    pub available_at: Option<DateTime<Utc>>,
    /// When it runs out.
    pub expires_at: Option<DateTime<Utc>>,
    /// The order that earned it.
    pub order_id: Option<OrderId>,
}

/// Which lots may be taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum From {
    /// What customers can spend now.
    Usable,
    /// All that is left, pending and overdue as well, of this order first: for corrections.
    All(Option<OrderId>),
    /// What ran out.
    Expired,
    /// Of this lot alone, whatever its dates.
    Lot(StoredValueLotId),
}

/// Spends `amount` minor units of an account for a payment whose row is written last in this transaction: oldest lot
/// first, one entry per lot. Whoever comes second finds the balance of the first. Callers spend from several accounts in
/// the order of their ids. Five statements.
/// Errors: `NOT_FOUND`, `GIFT_CARD_UNUSABLE`, `INSUFFICIENT_BALANCE`, for points `INVALID_AMOUNT` below the least that is
/// taken and `GATEWAY_UNAVAILABLE` without a program.
pub async fn spend(tx: &Tx, id: StoredValueAccountId, amount: i64, on: SpentOn) -> Result<()> {
    let account = accounts::by_id(tx, id).await?.ok_or(Error::not_found("stored value account"))?;
    check_usable(tx, &account)?;
    let units = match account.kind {
        StoredValueKind::GiftCard | StoredValueKind::StoreCredit => amount,
        StoredValueKind::Points => points::price(tx, &account, amount).await?,
    };
    let note = Note::paid(StoredValueEntryKind::Capture, on);
    if take(tx, &account, units, From::Usable, note).await? {
        return Ok(());
    }
    // Blocked meanwhile, or spent.
    let account = accounts::by_id(tx, id).await?.ok_or(Error::not_found("stored value account"))?;
    check_usable(tx, &account)?;
    let usable = accounts::usable(tx, &account, tx.now()).await?;
    Err(insufficient(&account, usable))
}

/// Error: `GIFT_CARD_UNUSABLE`.
pub(crate) fn check_usable(tx: &Tx, account: &account::Model) -> Result<()> {
    let over = account.expires_at.is_some_and(|end| end <= tx.now());
    if account.status == StoredValueStatus::Active && !over {
        return Ok(());
    }
    Err(Error::invalid(ErrorCode::GiftCardUnusable, "payments.code"))
}

pub(super) fn insufficient(account: &account::Model, usable: i64) -> Error {
    let available = match account.kind {
        StoredValueKind::Points => usable.to_string(),
        StoredValueKind::GiftCard | StoredValueKind::StoreCredit => {
            Money::new(usable, account.currency).formatted("en")
        }
    };
    Error::invalid_with(ErrorCode::InsufficientBalance, "payments", vec![("available", available)])
}

/// Gives back `amount` minor units of what a payment took from an account, in parts or whole, also to a card that is
/// blocked. Points come back in proportion, the last part the rest. What ran out meanwhile can be used for another 30
/// days. Call it before or after the refund's fact is recorded. Errors: `NOT_FOUND`; a bug when more comes back than was
/// spent.
pub async fn give_back(tx: &Tx, id: StoredValueAccountId, amount: i64, on: SpentOn) -> Result<()> {
    if amount == 0 {
        return Ok(());
    }
    let account = accounts::lock(tx, id).await?;
    let entries = entry::Entity::find()
        .filter(entry::Column::PaymentId.eq(on.payment_id))
        .filter(entry::Column::StoredValueAccountId.eq(id))
        .all(tx)
        .await?;
    let spent: i64 = -entries.iter().filter(|entry| entry.amount < 0).map(|entry| entry.amount).sum::<i64>();
    let back: i64 = entries.iter().filter(|entry| entry.amount > 0).map(|entry| entry.amount).sum();
    let units = match account.kind {
        StoredValueKind::GiftCard | StoredValueKind::StoreCredit => amount,
        StoredValueKind::Points => points_back(tx, amount, spent, back, on).await?,
    };
    if back + units > spent {
        return Err(Error::Bug(format!("{units} come back to account {id}, {spent} were spent, {back} came back")));
    }
    if units == 0 {
        return Ok(());
    }
    let expires_at = expiry_of(tx, &entries).await?;
    put(tx, &account, NewLot { units, expires_at, ..NewLot::default() }, Note::paid(StoredValueEntryKind::Refund, on))
        .await?;
    merge::forward(tx, &account).await
}

/// The latest end of the lots that were spent, at least some time away; none when one of them has none.
async fn expiry_of(tx: &Tx, entries: &[entry::Model]) -> Result<Option<DateTime<Utc>>> {
    let lots = entries.iter().filter(|entry| entry.amount < 0).filter_map(|entry| entry.stored_value_lot_id);
    let lots = lot::Entity::find().filter(lot::Column::Id.is_in(lots)).all(tx).await?;
    let ends: Option<Vec<DateTime<Utc>>> = lots.iter().map(|lot| lot.expires_at).collect();
    Ok(ends.and_then(|ends| ends.into_iter().max()).map(|end| Ord::max(end, tx.now() + GRACE)))
}

/// Points of a part of a payment: what they are of all that went back so far, less what came back before.
async fn points_back(tx: &Tx, amount: i64, spent: i64, back: i64, on: SpentOn) -> Result<i64> {
    let paid = payment::Entity::find_by_id(on.payment_id).one(tx).await?.ok_or(Error::not_found("payment"))?;
    let before = payment_event::Entity::find()
        .filter(payment_event::Column::PaymentId.eq(on.payment_id))
        .filter(payment_event::Column::Kind.eq(PaymentEventKind::Refund))
        .filter(payment_event::Column::Outcome.eq(PaymentOutcome::Success))
        .filter(payment_event::Column::EventId.ne(on.event_id))
        .all(tx)
        .await?;
    let so_far = before.iter().map(|event| event.amount).sum::<i64>() + amount;
    let share = i128::from(spent) * i128::from(Ord::min(so_far, paid.amount)) / i128::from(Ord::max(paid.amount, 1));
    let share = i64::try_from(share).map_err(|_| Error::invalid(ErrorCode::InvalidAmount, "amount"))?;
    Ok(Ord::max(share - back, 0))
}

/// Puts `amount` minor units into the store credit of a customer, which is opened when there is none. An alias is
/// followed. Errors: `NOT_FOUND` for the customer, `INVALID_AMOUNT`.
pub async fn credit(
    tx: &Tx,
    customer_id: CustomerId,
    channel: &channel::Model,
    amount: i64,
    reason: &str,
    event_id: EventId,
) -> Result<account::Model> {
    if amount <= 0 {
        return Err(Error::invalid(ErrorCode::InvalidAmount, "amount"));
    }
    let account = accounts::open(tx, customer_id, channel, StoredValueKind::StoreCredit).await?;
    let note = Note::of(StoredValueEntryKind::Issue, event_id).because(reason);
    put(tx, &account, NewLot { units: amount, ..NewLot::default() }, note).await?;
    let told = NewEvent::new("store_credit_issued", "stored_value_account", account.id.uuid());
    tx.event(told.customer(account.customer_id).payload(json!({ "amount": amount, "currency": account.currency })));
    Ok(account::Model { balance: account.balance + amount, version: account.version + 1, ..account })
}

/// Puts a lot into an account. Two statements.
pub(super) async fn put(tx: &Tx, account: &account::Model, new: NewLot, note: Note) -> Result<StoredValueLotId> {
    let id = StoredValueLotId(tx.new_uuid());
    account::Entity::update_many()
        .col_expr(account::Column::Balance, Expr::col(account::Column::Balance).add(new.units))
        .col_expr(account::Column::Version, Expr::col(account::Column::Version).add(1))
        .col_expr(account::Column::UpdatedAt, Expr::value(tx.now()))
        .filter(account::Column::Id.eq(account.id))
        .exec(tx)
        .await?;
    let row = lot::Model {
        id,
        stored_value_account_id: account.id,
        amount: new.units,
        remaining: new.units,
        available_at: new.available_at,
        expires_at: new.expires_at,
        warned_at: None,
        order_id: new.order_id,
        created_at: tx.now(),
    };
    lot::Entity::insert(row.into_active_model().reset_all()).exec_without_returning(tx).await?;
    write_entries(tx, account.id, &[(id, new.units)], &note);
    Ok(id)
}

/// Takes units out of an account, oldest lot first; `false` and nothing done when there are not so many. Three
/// statements.
pub(super) async fn take(tx: &Tx, account: &account::Model, units: i64, from: From, note: Note) -> Result<bool> {
    if units <= 0 {
        return Ok(units == 0);
    }
    let mut change = account::Entity::update_many()
        .col_expr(account::Column::Balance, Expr::col(account::Column::Balance).sub(units))
        .col_expr(account::Column::Version, Expr::col(account::Column::Version).add(1))
        .col_expr(account::Column::UpdatedAt, Expr::value(tx.now()))
        .filter(account::Column::Id.eq(account.id))
        .filter(Expr::col(account::Column::Balance).sub(Expr::col(account::Column::Held)).gte(units));
    if from == From::Usable {
        change = change.filter(account::Column::Status.eq(StoredValueStatus::Active));
    }
    if change.exec(tx).await?.rows_affected == 0 {
        return Ok(false);
    }
    // The account is locked by its change: nobody else touches its lots now.
    let taken = shares(&open_lots(tx, account.id).await?, units, from, tx.now());
    let found: i64 = taken.iter().map(|(_, _, units)| units).sum();
    if found < units {
        account::Entity::update_many()
            .col_expr(account::Column::Balance, Expr::col(account::Column::Balance).add(units))
            .filter(account::Column::Id.eq(account.id))
            .exec(tx)
            .await?;
        return Ok(false);
    }
    let rows = taken.iter().map(|(id, left, _)| vec![Value::from(id.uuid()), Value::from(*left)]);
    let statement = Sql::new(tx.get_database_backend())
        .push("UPDATE stored_value_lot SET remaining = d.column2 FROM ")
        .rows(&["uuid", "bigint"], rows)
        .push(" WHERE stored_value_lot.id = d.column1")
        .build();
    tx.execute_raw(statement).await?;
    let changes: Vec<_> = taken.iter().map(|(id, _, units)| (*id, -*units)).collect();
    write_entries(tx, account.id, &changes, &note);
    Ok(true)
}

/// Lots with something left: those that run out first, first; of those that never do, the oldest.
pub(super) async fn open_lots(db: &impl ConnectionTrait, id: StoredValueAccountId) -> Result<Vec<lot::Model>> {
    let query = lot::Entity::find()
        .filter(lot::Column::StoredValueAccountId.eq(id))
        .filter(lot::Column::Remaining.gt(0))
        .order_by_asc(lot::Column::Id);
    let mut lots = query.all(db).await?;
    lots.sort_by_key(|lot| (lot.expires_at.is_none(), lot.expires_at));
    Ok(lots)
}

/// How much of each lot is taken: (lot, what is left of it, what is taken).
fn shares(lots: &[lot::Model], units: i64, from: From, now: DateTime<Utc>) -> Vec<(StoredValueLotId, i64, i64)> {
    let fits = |lot: &&lot::Model| match from {
        From::Usable => lot_is_usable(lot, now),
        From::All(_) => true,
        From::Expired => lot.expires_at.is_some_and(|end| end <= now),
        From::Lot(id) => lot.id == id,
    };
    let mut fitting: Vec<&lot::Model> = lots.iter().filter(fits).collect();
    if let From::All(Some(order)) = from {
        fitting.sort_by_key(|lot| lot.order_id != Some(order));
    }
    let mut left = units;
    let mut taken = Vec::new();
    for lot in fitting {
        let part = Ord::min(lot.remaining, left);
        if part > 0 {
            left -= part;
            taken.push((lot.id, lot.remaining - part, part));
        }
    }
    taken
}

fn write_entries(tx: &Tx, account: StoredValueAccountId, changes: &[(StoredValueLotId, i64)], note: &Note) {
    let rows: Vec<entry::Model> = changes
        .iter()
        .map(|(lot, amount)| entry::Model {
            id: StoredValueEntryId(tx.new_uuid()),
            stored_value_account_id: account,
            stored_value_lot_id: Some(*lot),
            kind: note.kind,
            amount: *amount,
            held: 0,
            payment_id: note.payment_id,
            order_id: note.order_id,
            reason: note.reason.clone(),
            event_id: note.event_id,
            occurred_at: tx.now(),
        })
        .collect();
    tx.insert_last(&rows);
}
