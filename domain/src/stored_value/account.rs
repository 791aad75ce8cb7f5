//! Accounts: finding, opening, locking, and what of one can be spent.

use chrono::{DateTime, Utc};
use entity::id::{CustomerId, StoredValueAccountId};
use entity::money::Currency;
use entity::words::{StoredValueKind, StoredValueStatus};
use entity::{channel, stored_value_account as account, stored_value_lot as lot};
use sea_orm::sea_query::{LockType, OnConflict};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};

use super::{ledger, points};
use crate::kernel::{Error, Result, Tx};

/// One account, whoever asks: for steps and loaders.
pub async fn by_id(db: &impl ConnectionTrait, id: StoredValueAccountId) -> Result<Option<account::Model>> {
    Ok(account::Entity::find_by_id(id).one(db).await?)
}

/// A customer's account of a kind and currency: store credit or points.
pub async fn of_customer(
    db: &impl ConnectionTrait,
    customer_id: CustomerId,
    kind: StoredValueKind,
    currency: Currency,
) -> Result<Option<account::Model>> {
    Ok(account::Entity::find()
        .filter(account::Column::CustomerId.eq(customer_id))
        .filter(account::Column::Kind.eq(kind))
        .filter(account::Column::Currency.eq(currency))
        .one(db)
        .await?)
}

/// A customer's store credit and points, oldest first.
pub async fn all_of_customer(db: &impl ConnectionTrait, customer_id: CustomerId) -> Result<Vec<account::Model>> {
    Ok(account::Entity::find()
        .filter(account::Column::CustomerId.eq(customer_id))
        .order_by_asc(account::Column::Id)
        .all(db)
        .await?)
}

/// Whether a lot can be spent now.
#[must_use]
pub fn lot_is_usable(lot: &lot::Model, now: DateTime<Utc>) -> bool {
    lot.available_at.is_none_or(|begin| begin <= now) && lot.expires_at.is_none_or(|end| end > now)
}

/// What of an account can be spent at a moment, minor units or points: neither pending nor overdue, nothing of an
/// account that is not active.
pub async fn usable(db: &impl ConnectionTrait, account: &account::Model, now: DateTime<Utc>) -> Result<i64> {
    let over = account.expires_at.is_some_and(|end| end <= now);
    if account.status != StoredValueStatus::Active || over {
        return Ok(0);
    }
    let lots = ledger::open_lots(db, account.id).await?;
    let sum: i64 = lots.iter().filter(|lot| lot_is_usable(lot, now)).map(|lot| lot.remaining).sum();
    Ok(sum.min(account.balance - account.held))
}

/// Locks an account. Error: `NOT_FOUND`.
pub(crate) async fn lock(tx: &Tx, id: StoredValueAccountId) -> Result<account::Model> {
    let found = account::Entity::find_by_id(id).lock(LockType::Update).one(tx).await?;
    found.ok_or(Error::not_found("stored value account"))
}

/// A customer's locked account of a kind in the channel's currency, opened when there is none. An alias is followed.
/// Error: `NOT_FOUND` for the customer.
pub(super) async fn open(
    tx: &Tx,
    customer_id: CustomerId,
    channel: &channel::Model,
    kind: StoredValueKind,
) -> Result<account::Model> {
    let customer = crate::customer::query::by_id(tx, customer_id).await?.ok_or(Error::not_found("customer"))?;
    let fresh = account::Model {
        kind,
        status: StoredValueStatus::Active,
        customer_id: Some(customer.id),
        locale: customer.locale.clone(),
        ..blank(tx, channel)
    };
    account::Entity::insert(fresh.into_active_model().reset_all())
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(tx)
        .await?;
    let found = account::Entity::find()
        .filter(account::Column::CustomerId.eq(customer.id))
        .filter(account::Column::Kind.eq(kind))
        .filter(account::Column::Currency.eq(channel.currency))
        .lock(LockType::Update)
        .one(tx)
        .await?;
    found.ok_or_else(|| Error::Bug("an account that was just opened is gone".to_owned()))
}

/// An inactive gift card without anything.
pub(super) fn blank(tx: &Tx, channel: &channel::Model) -> account::Model {
    account::Model {
        id: StoredValueAccountId(tx.new_uuid()),
        kind: StoredValueKind::GiftCard,
        status: StoredValueStatus::Inactive,
        channel_id: channel.id,
        currency: channel.currency,
        customer_id: None,
        code_hash: None,
        code_hint: None,
        balance: 0,
        held: 0,
        expires_at: None,
        order_line_id: None,
        unit: 1,
        recipient_email: None,
        recipient_name: None,
        sender_name: None,
        message: String::new(),
        locale: channel.default_locale.clone(),
        deliver_at: None,
        delivered_at: None,
        version: 1,
        created_at: tx.now(),
        updated_at: tx.now(),
    }
}

/// What of an account can pay at a moment, minor units: points at their worth.
pub async fn spendable(db: &impl ConnectionTrait, account: &account::Model, now: DateTime<Utc>) -> Result<i64> {
    let usable = usable(db, account, now).await?;
    match account.kind {
        StoredValueKind::GiftCard | StoredValueKind::StoreCredit => Ok(usable),
        StoredValueKind::Points => {
            let program = points::program(db, account.channel_id).await?;
            Ok(program.map_or(0, |program| points::worth(&program, usable)))
        }
    }
}
