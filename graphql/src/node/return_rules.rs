//! The rules of goods that come back: reasons, policies, and what they say of an order.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use async_graphql::{Context, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::returns::{facts, policy, query, upsert};
use domain::{Error, Result};
use entity::id::ReturnReasonId;
use entity::words::{ReturnMethod, ReturnRefusal};
use entity::{return_policy, return_reason};

use crate::context::ctx_of;
use crate::loader::Rows;
use crate::scalar::{Money, id};
use crate::word::Word;

/// Why goods come back.
#[derive(Clone, Debug)]
pub struct ReturnReason(pub return_reason::Model);

impl From<return_reason::Model> for ReturnReason {
    fn from(row: return_reason::Model) -> Self {
        Self(row)
    }
}

/// A reason for which goods come back.
#[Object]
impl ReturnReason {
    /// Stable name.
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// Name in the language of the request.
    async fn title(&self, ctx: &Context<'_>) -> String {
        upsert::told(&self.0.titles, &ctx_of(ctx).locale)
    }

    /// Whether customers may choose it.
    async fn customer_visible(&self) -> bool {
        self.0.customer_visible
    }

    /// Whether something went wrong.
    async fn is_claim(&self) -> bool {
        self.0.is_claim
    }

    /// Whether the shop pays for sending back.
    async fn seller_pays(&self) -> bool {
        self.0.seller_pays
    }

    /// Whether no restocking fee is kept.
    async fn waives_restocking(&self) -> bool {
        self.0.waives_restocking
    }

    /// Whether customers must add a photo.
    async fn needs_photo(&self) -> bool {
        self.0.needs_photo
    }

    /// Order, from 1.
    async fn position(&self) -> i32 {
        self.0.position
    }

    /// Whether it may be chosen.
    async fn active(&self) -> bool {
        self.0.active
    }

    /// Grows with each change.
    async fn version(&self) -> i32 {
        self.0.version
    }
}

impl Loader<ReturnReasonId> for Rows {
    type Value = return_reason::Model;
    type Error = Error;

    async fn load(&self, keys: &[ReturnReasonId]) -> Result<HashMap<ReturnReasonId, Self::Value>> {
        let rows = query::reasons_by_ids(&self.ctx.db(), keys).await?;
        Ok(rows.into_iter().map(|row| (row.id, row)).collect())
    }
}

/// A policy of returns.
#[derive(Clone, Debug)]
pub struct ReturnPolicy(pub return_policy::Model);

impl From<return_policy::Model> for ReturnPolicy {
    fn from(row: return_policy::Model) -> Self {
        Self(row)
    }
}

/// What may come back, and until when. Of the policies that fit goods, the first by priority holds.
#[Object]
impl ReturnPolicy {
    /// Id.
    async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// Name for staff.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The smallest is asked first.
    async fn priority(&self) -> i32 {
        self.0.priority
    }

    /// For what it holds; an empty list asks for nothing.
    async fn conditions(&self) -> Result<ReturnConditions> {
        let policy::Conditions { channel_ids, countries, category_ids, product_ids } =
            policy::Rule::of(self.0.clone())?.conditions;
        Ok(ReturnConditions {
            channel_ids: channel_ids.into_iter().map(id).collect(),
            countries,
            category_ids: category_ids.into_iter().map(id).collect(),
            product_ids: product_ids.into_iter().map(id).collect(),
        })
    }

    /// Days from delivery or collection; null without an end.
    async fn window_days(&self) -> Option<i32> {
        self.0.window_days
    }

    /// Whether nothing comes back.
    async fn final_sale(&self) -> bool {
        self.0.final_sale
    }

    /// Whether only unused goods come back.
    async fn needs_unused(&self) -> bool {
        self.0.needs_unused
    }

    /// What is kept, parts per million of what was paid.
    async fn restocking_ppm(&self) -> i32 {
        self.0.restocking_ppm
    }

    /// What sending back costs the customer.
    async fn return_shipping_fee(&self) -> Option<Money> {
        Some(Money::new(self.0.return_shipping_fee?, self.0.currency?))
    }

    /// How goods may come back; every way when empty.
    async fn methods(&self) -> Result<Vec<Word<ReturnMethod>>> {
        Ok(policy::Rule::of(self.0.clone())?.methods.into_iter().map(Word).collect())
    }

    /// What customers are told, in the language of the request.
    async fn instructions(&self, ctx: &Context<'_>) -> String {
        upsert::told(&self.0.instructions, &ctx_of(ctx).locale)
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

/// For what a policy holds.
#[derive(Clone, Debug, SimpleObject)]
pub struct ReturnConditions {
    /// Ids of channels.
    pub channel_ids: Vec<ID>,
    /// Countries (ISO 3166-1 alpha-2).
    pub countries: Vec<String>,
    /// Ids of categories; those below count, too.
    pub category_ids: Vec<ID>,
    /// Ids of products.
    pub product_ids: Vec<ID>,
}

/// Whether and at what cost units of a line can come back.
#[derive(Clone, Debug, SimpleObject)]
pub struct Returnability {
    /// Id of the order's line.
    pub order_line_id: ID,
    /// Units that the rules let come back now.
    pub units: i64,
    /// Until when; null without an end.
    pub until: Option<DateTime<Utc>>,
    /// Why none can; null when some can.
    pub refusal: Option<Word<ReturnRefusal>>,
    /// How they may come back.
    pub methods: Vec<Word<ReturnMethod>>,
    /// What is kept, parts per million of what was paid, unless the reason waives it.
    pub restocking_ppm: i32,
    /// What sending it back costs in minor units, unless the shop pays.
    pub return_shipping_fee: i64,
}

impl From<facts::Returnability> for Returnability {
    fn from(line: facts::Returnability) -> Self {
        Self {
            order_line_id: id(line.order_line_id),
            units: line.units,
            until: line.until,
            refusal: line.refusal.map(Word),
            methods: line.methods.into_iter().map(Word).collect(),
            restocking_ppm: line.restocking_ppm,
            return_shipping_fee: line.return_shipping_fee,
        }
    }
}
