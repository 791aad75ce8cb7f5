//! Other goods for those that come back.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use async_graphql::{Context, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::returns::exchange::preview::Preview;
use domain::returns::exchange::{Exchanged, query};
use domain::{Error, Result};
use entity::id::{ExchangeId, OrderId, ReturnId};
use entity::money::Currency;
use entity::status::{ExchangeAction, StateMachine};
use entity::words::{DeliveryMethod, ExchangeMode, ExchangeStatus};
use entity::{exchange, exchange_line, returns};

use super::order::{Order, for_staff};
use super::refund::of_parent;
use super::returns::Return;
use crate::context::ctx_of;
use crate::loader::{self, Rows};
use crate::scalar::{Money, id};
use crate::word::{Word, words};

/// Other goods for those that come back, or the replacement for a claim.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// Its row.
    pub row: exchange::Model,
    /// The currency of its return.
    pub currency: Currency,
}

impl From<Exchanged> for Exchange {
    fn from(done: Exchanged) -> Self {
        Self { row: done.row, currency: done.back.currency }
    }
}

/// Other goods for those that come back, or the replacement for a claim.
#[Object]
impl Exchange {
    /// Id.
    async fn id(&self) -> ID {
        id(self.row.id)
    }

    /// When the new goods go out.
    async fn mode(&self) -> Word<ExchangeMode> {
        Word(self.row.mode)
    }

    /// Lifecycle.
    async fn status(&self) -> Word<ExchangeStatus> {
        Word(self.row.status)
    }

    /// What may be done to it now.
    async fn supported_actions(&self) -> Vec<Word<ExchangeAction>> {
        words(self.row.status.supported_actions())
    }

    /// What of the old goods pays the new ones; what is expected until it is settled.
    async fn credit(&self) -> Money {
        Money::new(self.row.credit, self.currency)
    }

    /// The goods that come back.
    #[graphql(name = "return")]
    async fn back(&self, ctx: &Context<'_>) -> Result<Option<Return>> {
        let rows = loader::load(ctx, ReturnById(self.row.return_id)).await?.unwrap_or_default();
        Ok(rows.into_iter().next().map(Return))
    }

    /// Id of the order of the new goods; null until it is placed.
    async fn order_id(&self) -> Option<ID> {
        self.row.order_id.map(id)
    }

    /// The order of the new goods; null until it is placed, or when the viewer may not read it.
    async fn order(&self, ctx: &Context<'_>) -> Result<Option<Order>> {
        match (self.row.order_id, ctx_of(ctx).actor.clone()) {
            (None, _) | (_, domain::Actor::Guest { order_id: None, .. }) => Ok(None),
            (Some(id), _) => Ok(loader::load(ctx, id).await?.map(Order)),
        }
    }

    /// The new goods.
    async fn lines(&self, ctx: &Context<'_>) -> Result<Vec<ExchangeLine>> {
        let rows = loader::load(ctx, ExchangeLinesOf(self.row.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(|row| ExchangeLine::of(&row, self.currency)).collect())
    }

    /// Id of the payment that is reserved until the old goods come; null for customers.
    async fn guarantee_payment_id(&self, ctx: &Context<'_>) -> Option<ID> {
        self.row.guarantee_payment_id.filter(|_| for_staff(ctx)).map(id)
    }

    /// Until when the old goods must come after the new ones went out in advance.
    async fn due_at(&self) -> Option<DateTime<Utc>> {
        self.row.due_at
    }

    /// When it was agreed on.
    async fn created_at(&self) -> DateTime<Utc> {
        self.row.created_at
    }

    /// Grows with each change.
    async fn version(&self) -> i32 {
        self.row.version
    }
}

of_parent!(
    /// The exchange of a return.
    ExchangesOfReturn(ReturnId), exchange::Model, query::of_returns, |row: &exchange::Model| Some(row.return_id)
);

of_parent!(
    /// The exchange for which an order was placed.
    ExchangesOfOrder(OrderId), exchange::Model, query::of_orders, |row: &exchange::Model| row.order_id
);

of_parent!(
    /// The new goods of an exchange.
    ExchangeLinesOf(ExchangeId), exchange_line::Model, query::lines, |row: &exchange_line::Model| Some(row.exchange_id)
);

of_parent!(
    /// The first half of an exchange.
    ReturnById(ReturnId), returns::Model, domain::returns::query::by_ids, |row: &returns::Model| Some(row.id)
);

/// New goods of an exchange.
#[derive(Clone, Debug, SimpleObject)]
pub struct ExchangeLine {
    /// Id.
    pub id: ID,
    /// Id of the variant.
    pub variant_id: ID,
    /// Units.
    pub quantity: i64,
    /// Price of a unit that was agreed.
    pub unit_price: Money,
    /// How they reach the customer.
    pub delivery: Word<DeliveryMethod>,
    /// Id of the location where they are collected, or from whose stock they are sent.
    pub location_id: Option<ID>,
}

impl ExchangeLine {
    fn of(row: &exchange_line::Model, currency: Currency) -> Self {
        Self {
            id: id(row.id),
            variant_id: id(row.variant_id),
            quantity: row.quantity,
            unit_price: Money::new(row.unit_price, currency),
            delivery: Word(row.delivery),
            location_id: row.location_id.map(id),
        }
    }
}

/// New goods with what they would cost.
#[derive(Clone, Debug, SimpleObject)]
pub struct ExchangePreviewLine {
    /// Id of the variant.
    pub variant_id: ID,
    /// The product's title.
    pub title: String,
    /// The variant's; empty for a product without options.
    pub variant_title: String,
    /// Units.
    pub quantity: i64,
    /// Price of a unit.
    pub unit_price: Money,
    /// The tax in all units.
    pub tax: Money,
    /// All units, with tax.
    pub total: Money,
}

/// What an exchange would come to; nothing is agreed on.
#[derive(Clone, Debug, SimpleObject)]
pub struct ExchangePreview {
    /// What the old goods give, by the books of their order, after fees and discounts that are kept.
    pub credit: Money,
    /// Discounts that the rest of the old order does not earn any more, the new goods counted in: kept of it. Below zero:
    /// discounts that were kept before and go back.
    pub claw_back: Money,
    /// What is kept of it for taking and sending them back.
    pub fee: Money,
    /// What the new goods cost, with tax.
    pub total: Money,
    /// The tax in it.
    pub tax_total: Money,
    /// What is to be paid more; below zero when something goes back.
    pub difference: Money,
    /// The new goods, in the order in which they were asked for.
    pub goods: Vec<ExchangePreviewLine>,
}

impl From<Preview> for ExchangePreview {
    fn from(preview: Preview) -> Self {
        let money = |minor| Money::new(minor, preview.currency);
        let goods = preview.goods.iter().map(|goods| ExchangePreviewLine {
            variant_id: id(goods.variant_id),
            title: goods.title.clone(),
            variant_title: goods.variant_title.clone(),
            quantity: goods.quantity,
            unit_price: money(goods.unit_price),
            tax: money(goods.tax),
            total: money(goods.total),
        });
        Self {
            credit: money(preview.credit),
            claw_back: money(preview.claw_back),
            fee: money(preview.fee),
            total: money(preview.total),
            tax_total: money(preview.tax_total),
            difference: money(preview.difference),
            goods: goods.collect(),
        }
    }
}
