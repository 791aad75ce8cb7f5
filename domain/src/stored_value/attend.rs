//! What the clock brings: cards whose day has come, value that runs out, and the warning before.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use entity::id::{StoredValueAccountId, StoredValueLotId};
use entity::words::{StoredValueEntryKind, StoredValueKind, StoredValueStatus};
use entity::{channel, stored_value_account as account, stored_value_lot as lot};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;

use super::account as accounts;
use super::deliver::{self, Told};
use super::ledger::{self, From, Note};
use crate::kernel::event::NewEvent;
use crate::kernel::{Ctx, Error, Result, Tx};

/// Customers are told so long before their points or credit run out.
const WARN_BEFORE: TimeDelta = TimeDelta::days(30);
/// Rows looked at in one go.
const AT_ONCE: u64 = 200;

/// Sends cards whose day has come, warns of what will run out, and takes out what did. Every read checks expiry itself,
/// so nothing waits for this.
pub async fn attend_due(ctx: &Ctx) -> Result<()> {
    deliver_due(ctx).await?;
    warn_due(ctx).await?;
    expire_due(ctx).await
}

async fn deliver_due(ctx: &Ctx) -> Result<()> {
    let mut after: Option<StoredValueAccountId> = None;
    loop {
        let mut due = account::Entity::find()
            .filter(account::Column::Status.eq(StoredValueStatus::Active))
            .filter(account::Column::DeliverAt.lte(ctx.now()))
            .filter(account::Column::DeliveredAt.is_null());
        if let Some(after) = after {
            due = due.filter(account::Column::Id.gt(after));
        }
        let due = due.order_by_asc(account::Column::Id).limit(AT_ONCE).all(&ctx.db()).await?;
        let Some(last) = due.last() else { return Ok(()) };
        after = Some(last.id);
        for card in due {
            ctx.write(|tx| async move { deliver_one(&tx, card.id).await }).await?;
        }
    }
}

async fn deliver_one(tx: &Tx, id: StoredValueAccountId) -> Result<()> {
    let card = accounts::lock(tx, id).await?;
    if card.delivered_at.is_some() || card.status != StoredValueStatus::Active {
        return Ok(());
    }
    let channel = channel::Entity::find_by_id(card.channel_id).one(tx).await?.ok_or(Error::not_found("channel"))?;
    account::Entity::update_many()
        .col_expr(account::Column::DeliveredAt, Expr::value(Some(tx.now())))
        .filter(account::Column::Id.eq(id))
        .exec(tx)
        .await?;
    deliver::send(tx, &card, &channel, "first").await.map(|_| ())
}

/// Accounts with a lot that fits, after one of them.
async fn accounts_of(ctx: &Ctx, fits: sea_orm::Condition) -> Result<BTreeSet<StoredValueAccountId>> {
    let lots = lot::Entity::find()
        .filter(lot::Column::Remaining.gt(0))
        .filter(fits)
        .order_by_asc(lot::Column::ExpiresAt)
        .limit(AT_ONCE)
        .all(&ctx.db())
        .await?;
    Ok(lots.into_iter().map(|lot| lot.stored_value_account_id).collect())
}

async fn expire_due(ctx: &Ctx) -> Result<()> {
    loop {
        let over = sea_orm::Condition::all().add(lot::Column::ExpiresAt.lte(ctx.now()));
        let due = accounts_of(ctx, over).await?;
        if due.is_empty() {
            return Ok(());
        }
        for id in due {
            ctx.write(|tx| async move { expire_one(&tx, id).await }).await?;
        }
    }
}

async fn expire_one(tx: &Tx, id: StoredValueAccountId) -> Result<()> {
    let account = accounts::lock(tx, id).await?;
    let lots = ledger::open_lots(tx, id).await?;
    let over = lots.iter().filter(|lot| lot.expires_at.is_some_and(|end| end <= tx.now()));
    let units: i64 = over.map(|lot| lot.remaining).sum();
    if units == 0 {
        return Ok(());
    }
    let event = NewEvent::new("stored_value_expired", "stored_value_account", id.uuid());
    let payload = json!({ "kind": account.kind, "amount": units, "currency": account.currency });
    let event_id = tx.event(event.customer(account.customer_id).payload(payload));
    let note = Note::of(StoredValueEntryKind::Expire, event_id);
    if ledger::take(tx, &account, units, From::Expired, note).await? {
        return Ok(());
    }
    Err(Error::Conflict("stored value"))
}

async fn warn_due(ctx: &Ctx) -> Result<()> {
    loop {
        let soon = sea_orm::Condition::all()
            .add(lot::Column::WarnedAt.is_null())
            .add(lot::Column::ExpiresAt.gt(ctx.now()))
            .add(lot::Column::ExpiresAt.lte(ctx.now() + WARN_BEFORE));
        let due = accounts_of(ctx, soon).await?;
        if due.is_empty() {
            return Ok(());
        }
        for id in due {
            ctx.write(|tx| async move { warn_one(&tx, id).await }).await?;
        }
    }
}

/// One mail for all lots of an account that end within the time.
async fn warn_one(tx: &Tx, id: StoredValueAccountId) -> Result<()> {
    let account = accounts::lock(tx, id).await?;
    let lots = ledger::open_lots(tx, id).await?;
    let soon = |lot: &&lot::Model| {
        let ends = lot.expires_at.is_some_and(|end| end > tx.now() && end <= tx.now() + WARN_BEFORE);
        ends && lot.warned_at.is_none()
    };
    let soon: Vec<&lot::Model> = lots.iter().filter(soon).collect();
    let ids: Vec<StoredValueLotId> = soon.iter().map(|lot| lot.id).collect();
    let Some(first) = soon.first() else { return Ok(()) };
    lot::Entity::update_many()
        .col_expr(lot::Column::WarnedAt, Expr::value(Some(tx.now())))
        .filter(lot::Column::Id.is_in(ids))
        .exec(tx)
        .await?;
    let name = match account.kind {
        StoredValueKind::Points => "points_expiring",
        StoredValueKind::StoreCredit => "store_credit_expiring",
        // Whoever holds a card knows its day from the mail that brought it.
        StoredValueKind::GiftCard => return Ok(()),
    };
    let amount = soon.iter().map(|lot| lot.remaining).sum();
    let told = Told { name, amount, until: first.expires_at, nth: first.id.to_string(), event: None };
    deliver::tell(tx, &account, told).await.map(|_| ())
}
