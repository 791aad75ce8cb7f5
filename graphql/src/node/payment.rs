//! Payments.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use async_graphql::{Context, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::payment::sums::Sums;
use domain::{Error, Result, payment as payments};
use entity::id::{OrderId, PaymentId};
use entity::words::{Gateway, ManualMethod, PaymentEventKind, PaymentOutcome};
use entity::{payment, payment_event};

use crate::loader::{self, Rows};
use crate::scalar::{Money, id};
use crate::word::Word;

/// A tender.
#[derive(Clone, Debug)]
pub struct Payment(pub payment::Model);

impl From<payment::Model> for Payment {
    fn from(row: payment::Model) -> Self {
        Self(row)
    }
}

/// A fact about a payment.
#[derive(Clone, Debug, SimpleObject)]
pub struct PaymentEvent {
    /// Id.
    pub id: ID,
    /// What.
    pub kind: Word<PaymentEventKind>,
    /// How it ended.
    pub outcome: Word<PaymentOutcome>,
    /// How much.
    pub amount: Money,
    /// Why it failed, as the gateway says.
    pub error_code: Option<String>,
    /// When.
    pub occurred_at: DateTime<Utc>,
}

/// A tender, and the facts about it.
#[Object]
impl Payment {
    /// Id.
    async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// Who moves the money.
    async fn gateway(&self) -> Word<Gateway> {
        Word(self.0.gateway)
    }

    /// What it is meant to pay.
    async fn amount(&self) -> Money {
        Money::new(self.0.amount, self.0.currency)
    }

    /// Cash handed over.
    async fn tendered(&self) -> Option<Money> {
        self.0.tendered.map(|minor| Money::new(minor, self.0.currency))
    }

    /// Cash given back.
    async fn change(&self) -> Option<Money> {
        self.0.change.map(|minor| Money::new(minor, self.0.currency))
    }

    /// What the customer or terminal calls it.
    async fn reference(&self) -> Option<&str> {
        self.0.reference.as_deref()
    }

    /// How money that staff confirm is paid.
    async fn method(&self) -> Option<Word<ManualMethod>> {
        self.0.method.map(Word)
    }

    /// Until when the customer must pay.
    async fn due_at(&self) -> Option<DateTime<Utc>> {
        self.0.due_at.filter(|_| self.0.order_id.is_some())
    }

    /// Until when the reserved money can be taken.
    async fn authorized_until(&self) -> Option<DateTime<Utc>> {
        self.0.authorized_until
    }

    /// What was authorized and not given up.
    async fn authorized(&self, ctx: &Context<'_>) -> Result<Money> {
        let sums = self.sums(ctx).await?;
        Ok(Money::new(sums.authorized - sums.voided, self.0.currency))
    }

    /// What was taken.
    async fn captured(&self, ctx: &Context<'_>) -> Result<Money> {
        Ok(Money::new(self.sums(ctx).await?.captured, self.0.currency))
    }

    /// What went back.
    async fn refunded(&self, ctx: &Context<'_>) -> Result<Money> {
        Ok(Money::new(self.sums(ctx).await?.refunded, self.0.currency))
    }

    /// The facts, oldest first.
    async fn events(&self, ctx: &Context<'_>) -> Result<Vec<PaymentEvent>> {
        let rows = loader::load(ctx, FactsOf(self.0.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(|row| self.event(&row)).collect())
    }

    /// When it was started.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }
}

impl Payment {
    async fn sums(&self, ctx: &Context<'_>) -> Result<Sums> {
        Ok(Sums::of(&loader::load(ctx, FactsOf(self.0.id)).await?.unwrap_or_default()))
    }

    fn event(&self, row: &payment_event::Model) -> PaymentEvent {
        PaymentEvent {
            id: id(row.id),
            kind: Word(row.kind),
            outcome: Word(row.outcome),
            amount: Money::new(row.amount, self.0.currency),
            error_code: row.error_code.clone(),
            occurred_at: row.occurred_at,
        }
    }
}

/// The payments of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PaymentsOf(pub OrderId);

impl Loader<PaymentsOf> for Rows {
    type Value = Vec<payment::Model>;
    type Error = Error;

    async fn load(&self, keys: &[PaymentsOf]) -> Result<HashMap<PaymentsOf, Self::Value>> {
        let ids: Vec<OrderId> = keys.iter().map(|key| key.0).collect();
        let mut found: HashMap<PaymentsOf, Self::Value> = HashMap::new();
        for row in payments::query::of_orders(&self.ctx.db(), &ids).await? {
            if let Some(order) = row.order_id {
                found.entry(PaymentsOf(order)).or_default().push(row);
            }
        }
        Ok(found)
    }
}

/// The facts about a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FactsOf(pub PaymentId);

impl Loader<FactsOf> for Rows {
    type Value = Vec<payment_event::Model>;
    type Error = Error;

    async fn load(&self, keys: &[FactsOf]) -> Result<HashMap<FactsOf, Self::Value>> {
        let ids: Vec<PaymentId> = keys.iter().map(|key| key.0).collect();
        let mut found: HashMap<FactsOf, Self::Value> = HashMap::new();
        for row in payments::query::events(&self.ctx.db(), &ids).await? {
            found.entry(FactsOf(row.payment_id)).or_default().push(row);
        }
        Ok(found)
    }
}
