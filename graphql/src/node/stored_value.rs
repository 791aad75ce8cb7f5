//! Gift cards, store credit and points.

use async_graphql::{Context, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::stored_value::{account as accounts, query, staff};
use domain::{Error, Result};
use entity::words::{StoredValueEntryKind, StoredValueKind, StoredValueStatus};
use entity::{loyalty_program, stored_value_account, stored_value_entry, stored_value_lot};

use super::channel::{Channel, channel_of};
use crate::connection;
use crate::context::ctx_of;
use crate::scalar::{Money, id};
use crate::word::Word;

/// An account of stored value: a gift card, the store credit or the points of a customer.
#[derive(Clone, Debug)]
pub struct StoredValueAccount(pub stored_value_account::Model);

impl From<stored_value_account::Model> for StoredValueAccount {
    fn from(row: stored_value_account::Model) -> Self {
        Self(row)
    }
}

impl From<staff::Changed> for StoredValueAccount {
    fn from(changed: staff::Changed) -> Self {
        Self(changed.account)
    }
}

connection!(StoredValueAccountConnection, StoredValueAccountEdge, StoredValueAccount, "accounts of stored value");

/// One change of an account.
#[derive(Clone, Debug, SimpleObject)]
pub struct StoredValueEntry {
    /// Id.
    pub id: ID,
    /// What.
    pub kind: Word<StoredValueEntryKind>,
    /// By how much the balance changed: minor units of the currency, or points.
    pub change: i64,
    /// The order it is about.
    pub order_id: Option<ID>,
    /// In words.
    pub reason: Option<String>,
    /// When.
    pub occurred_at: DateTime<Utc>,
}

impl From<stored_value_entry::Model> for StoredValueEntry {
    fn from(row: stored_value_entry::Model) -> Self {
        Self {
            id: id(row.id),
            kind: Word(row.kind),
            change: row.amount,
            order_id: row.order_id.map(id),
            reason: row.reason,
            occurred_at: row.occurred_at,
        }
    }
}

/// A part of an account that came in together and runs out together.
#[derive(Clone, Debug, SimpleObject)]
pub struct StoredValueLot {
    /// What is left of it: minor units of the currency, or points.
    pub remaining: i64,
    /// Pending until then; in the year 9999 while the goods did not all leave.
    pub available_at: Option<DateTime<Utc>>,
    /// When it runs out; never when null.
    pub expires_at: Option<DateTime<Utc>>,
    /// The order that earned it.
    pub order_id: Option<ID>,
}

impl From<stored_value_lot::Model> for StoredValueLot {
    fn from(row: stored_value_lot::Model) -> Self {
        Self {
            remaining: row.remaining,
            available_at: row.available_at,
            expires_at: row.expires_at,
            order_id: row.order_id.map(id),
        }
    }
}

/// A gift card, the store credit or the points of a customer.
#[Object]
impl StoredValueAccount {
    /// Id.
    async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// What it holds.
    async fn kind(&self) -> Word<StoredValueKind> {
        Word(self.0.kind)
    }

    /// Whether it can be used.
    async fn status(&self) -> Word<StoredValueStatus> {
        Word(self.0.status)
    }

    /// Money on it; null for points.
    async fn balance(&self) -> Option<Money> {
        (self.0.kind != StoredValueKind::Points).then(|| Money::new(self.0.balance, self.0.currency))
    }

    /// Points on it, pending ones included; null for money.
    async fn points(&self) -> Option<i64> {
        (self.0.kind == StoredValueKind::Points).then_some(self.0.balance)
    }

    /// What it can pay now: neither pending nor overdue; points at their worth.
    async fn spendable(&self, ctx: &Context<'_>) -> Result<Money> {
        let ctx = ctx_of(ctx);
        let amount = accounts::spendable(&ctx.db(), &self.0, ctx.now()).await?;
        Ok(Money::new(amount, self.0.currency))
    }

    /// When all of it runs out; never when null.
    async fn expires_at(&self) -> Option<DateTime<Utc>> {
        self.0.expires_at
    }

    /// The last letters of the code of a gift card.
    async fn code_hint(&self) -> Option<&str> {
        self.0.code_hint.as_deref()
    }

    /// What is left, by when it runs out.
    async fn lots(&self, ctx: &Context<'_>) -> Result<Vec<StoredValueLot>> {
        let mut lots = query::lots(&ctx_of(ctx).db(), &[self.0.id]).await?;
        Ok(lots.remove(&self.0.id).unwrap_or_default().into_iter().map(Into::into).collect())
    }

    /// What happened to it, newest first, at most 200.
    #[graphql(complexity = "10 + 20 * child_complexity")]
    async fn entries(&self, ctx: &Context<'_>) -> Result<Vec<StoredValueEntry>> {
        let entries = query::entries(&ctx_of(ctx).db(), self.0.id).await?;
        Ok(entries.into_iter().map(Into::into).collect())
    }

    /// Where the card is mailed to.
    async fn recipient_email(&self) -> Option<&str> {
        self.0.recipient_email.as_deref()
    }

    /// When the card was mailed.
    async fn delivered_at(&self) -> Option<DateTime<Utc>> {
        self.0.delivered_at
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// Grows with each change.
    async fn version(&self) -> i32 {
        self.0.version
    }
}

/// What whoever holds a gift card may know of it.
#[derive(Clone, Debug, SimpleObject)]
pub struct GiftCardBalance {
    /// Whether it can be used.
    pub status: Word<StoredValueStatus>,
    /// What it can pay now.
    pub balance: Money,
    /// When it runs out; never when null.
    pub expires_at: Option<DateTime<Utc>>,
    /// The last letters of its code.
    pub code_hint: String,
}

/// Reads a card by its code.
pub async fn gift_card_balance(ctx: &Context<'_>, code: &str) -> Result<GiftCardBalance> {
    let ctx = ctx_of(ctx);
    let card = query::card_of(ctx, code).await?;
    let usable = accounts::usable(&ctx.db(), &card, ctx.now()).await?;
    let code_hint = card.code_hint.clone().ok_or_else(|| Error::Bug("a card without a code".to_owned()))?;
    let balance = Money::new(usable, card.currency);
    Ok(GiftCardBalance { status: Word(card.status), balance, expires_at: card.expires_at, code_hint })
}

/// How a channel gives and takes points.
#[derive(Clone, Debug)]
pub struct LoyaltyProgram(pub loyalty_program::Model, pub entity::money::Currency);

/// How a channel gives and takes points.
#[Object]
impl LoyaltyProgram {
    /// Id.
    async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// The channel.
    async fn channel(&self, ctx: &Context<'_>) -> Result<Channel> {
        channel_of(ctx, self.0.channel_id).await
    }

    /// For so much money with tax,
    async fn earn_amount(&self) -> Money {
        Money::new(self.0.earn_amount, self.1)
    }

    /// so many points are given.
    async fn earn_points(&self) -> i64 {
        self.0.earn_points
    }

    /// So many points
    async fn redeem_points(&self) -> i64 {
        self.0.redeem_points
    }

    /// are worth so much.
    async fn redeem_amount(&self) -> Money {
        Money::new(self.0.redeem_amount, self.1)
    }

    /// The least that is taken at once.
    async fn minimum_points(&self) -> i64 {
        self.0.minimum_points
    }

    /// Days after the goods left or arrived until points can be used.
    async fn pending_days(&self) -> i32 {
        self.0.pending_days
    }

    /// Days from then until points run out; never when null.
    async fn expire_days(&self) -> Option<i32> {
        self.0.expire_days
    }

    /// Whether it holds.
    async fn active(&self) -> bool {
        self.0.active
    }

    /// Grows with each change.
    async fn version(&self) -> i32 {
        self.0.version
    }
}
