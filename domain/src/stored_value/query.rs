//! Reading accounts: staff all of their channels, customers their own, holders of a code its balance.

use std::collections::HashMap;

use entity::id::{CustomerId, StoredValueAccountId};
use entity::words::{StoredValueKind, StoredValueStatus};
use entity::{stored_value_account as account, stored_value_entry as entry, stored_value_lot as lot};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};

use super::{account as accounts, card, guess};
use crate::kernel::paging::{self, Cursor, Page, PageRequest};
use crate::kernel::{Ctx, Error, Permission, Result};

/// Most entries that are read of one account at once.
const ENTRIES: u64 = 200;

/// Which accounts.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only of this kind.
    pub kind: Option<StoredValueKind>,
    /// Only in this state.
    pub status: Option<StoredValueStatus>,
    /// Only of this customer.
    pub customer_id: Option<CustomerId>,
    /// Only cards whose code ends so.
    pub code_hint: Option<String>,
}

/// Accounts of the actor's channels, newest first. Error: `FORBIDDEN` without `stored-value.write`.
pub async fn list(ctx: &Ctx, filter: &Filter, request: &PageRequest) -> Result<Page<account::Model>> {
    let query = filtered(ctx, filter)?;
    let found = paging::newest_first(query, account::Column::Id, request).all(&ctx.db()).await?;
    Ok(Page::from_rows(request, found, |account| Cursor::of(account.id.uuid())))
}

fn filtered(ctx: &Ctx, filter: &Filter) -> Result<Select<account::Entity>> {
    let scope = ctx.require(Permission::StoredValueWrite)?;
    let mut query = account::Entity::find();
    // An account is good at all stores of its channel.
    if let Some(channels) = scope.whole_channels() {
        query = query.filter(account::Column::ChannelId.is_in(channels));
    }
    if let Some(kind) = filter.kind {
        query = query.filter(account::Column::Kind.eq(kind));
    }
    if let Some(status) = filter.status {
        query = query.filter(account::Column::Status.eq(status));
    }
    if let Some(customer) = filter.customer_id {
        query = query.filter(account::Column::CustomerId.eq(customer));
    }
    if let Some(hint) = &filter.code_hint {
        query = query.filter(account::Column::CodeHint.eq(hint.trim().to_uppercase()));
    }
    Ok(query)
}

/// One account of the actor's channels. Error: `FORBIDDEN` without `stored-value.write`.
pub async fn one(ctx: &Ctx, id: StoredValueAccountId) -> Result<Option<account::Model>> {
    let scope = ctx.require(Permission::StoredValueWrite)?;
    let found = accounts::by_id(&ctx.db(), id).await?;
    Ok(found.filter(|account| scope.covers_channel(Some(account.channel_id))))
}

/// The store credit and points of the customer who asks. Error: `UNAUTHENTICATED`.
pub async fn mine(ctx: &Ctx) -> Result<Vec<account::Model>> {
    let id = ctx.actor.customer_id().ok_or(Error::Unauthenticated)?;
    accounts::all_of_customer(&ctx.db(), id).await
}

/// The card of a code, for whoever holds it. Errors: `INVALID_CODE`, `THROTTLED` after too many wrong ones.
pub async fn card_of(ctx: &Ctx, code: &str) -> Result<account::Model> {
    let guess = guess::begin(ctx, [code]).await?;
    let found = card::by_code(&ctx.db(), &ctx.services.secrets, code).await;
    guess.settle(ctx, found.and_then(|found| found.ok_or_else(card::wrong))).await
}

/// The latest entries of an account, newest first, at most 200.
pub async fn entries(db: &impl ConnectionTrait, id: StoredValueAccountId) -> Result<Vec<entry::Model>> {
    Ok(entry::Entity::find()
        .filter(entry::Column::StoredValueAccountId.eq(id))
        .order_by_desc(entry::Column::Id)
        .limit(ENTRIES)
        .all(db)
        .await?)
}

/// What is left in the lots of accounts, those that run out first, first; two statements at most for all of them.
pub async fn lots(
    db: &impl ConnectionTrait,
    ids: &[StoredValueAccountId],
) -> Result<HashMap<StoredValueAccountId, Vec<lot::Model>>> {
    let mut found = lot::Entity::find()
        .filter(lot::Column::StoredValueAccountId.is_in(ids.iter().copied()))
        .filter(lot::Column::Remaining.gt(0))
        .order_by_asc(lot::Column::Id)
        .all(db)
        .await?;
    found.sort_by_key(|lot| (lot.expires_at.is_none(), lot.expires_at));
    let mut by_account: HashMap<StoredValueAccountId, Vec<lot::Model>> = HashMap::new();
    for lot in found {
        by_account.entry(lot.stored_value_account_id).or_default().push(lot);
    }
    Ok(by_account)
}

/// How many accounts a list has in all.
pub async fn count(ctx: &Ctx, filter: &Filter) -> Result<u64> {
    Ok(sea_orm::PaginatorTrait::count(filtered(ctx, filter)?, &ctx.db()).await?)
}
