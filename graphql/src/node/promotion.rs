//! Promotions and their codes, as staff see them.

use async_graphql::{Context, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::Result;
use domain::promotion::conditions::{Conditions, TimeWindow};
use domain::promotion::{offer, query};
use entity::words::{PromotionStacking, PromotionTarget, PromotionTrigger, PromotionValue};
use entity::{promotion, promotion_code};

use crate::connection;
use crate::connection::{count, page_request};
use crate::context::ctx_of;
use crate::scalar::{CurrencyCode, LocalTime, Locale, Money, id};
use crate::word::Word;

/// A promotion.
#[derive(Clone, Debug)]
pub struct Promotion(pub promotion::Model);

impl From<promotion::Model> for Promotion {
    fn from(row: promotion::Model) -> Self {
        Self(row)
    }
}

connection!(PromotionConnection, PromotionEdge, Promotion, "promotions");
connection!(PromotionCodeConnection, PromotionCodeEdge, PromotionCode, "codes of a promotion");

/// A promotion's name for customers in a language.
#[derive(Clone, Debug, SimpleObject)]
pub struct PromotionTitle {
    /// The language.
    pub locale: Locale,
    /// The name.
    pub title: String,
}

/// When a promotion applies. What is empty does not restrict.
#[derive(Clone, Debug, SimpleObject)]
pub struct PromotionConditions {
    /// In one of these channels.
    pub channel_ids: Vec<ID>,
    /// At a till of one of these stores.
    pub location_ids: Vec<ID>,
    /// About these products, or the categories or collections below.
    pub product_ids: Vec<ID>,
    /// About what hangs in these categories or below them.
    pub category_ids: Vec<ID>,
    /// About what lies in these collections.
    pub collection_ids: Vec<ID>,
    /// What the goods that it is about cost at least before promotions.
    pub minimum_amount: Option<Money>,
    /// In one of these times, on the channel's clock.
    pub times: Vec<PromotionTime>,
    /// Only for the first order of a customer.
    pub first_order: bool,
    /// Only for customers with one of these tags.
    pub customer_tags: Vec<String>,
}

/// A part of the week in which a promotion applies.
#[derive(Clone, Debug, SimpleObject)]
pub struct PromotionTime {
    /// ISO 8601 weekdays, 1 is Monday; every day when empty.
    pub days: Vec<i32>,
    /// From this time on; null is midnight.
    pub from: Option<LocalTime>,
    /// Until before this time; null is midnight.
    pub until: Option<LocalTime>,
}

impl From<&TimeWindow> for PromotionTime {
    fn from(window: &TimeWindow) -> Self {
        Self {
            days: window.days.iter().filter_map(|day| i32::try_from(*day).ok()).collect(),
            from: window.from.map(LocalTime),
            until: window.until.map(LocalTime),
        }
    }
}

impl Promotion {
    fn money(&self, minor: Option<i64>) -> Option<Money> {
        minor.zip(self.0.currency).map(|(minor, currency)| Money::new(minor, currency))
    }

    fn shown(&self, conditions: &Conditions) -> PromotionConditions {
        PromotionConditions {
            channel_ids: conditions.channels.iter().copied().map(id).collect(),
            location_ids: conditions.locations.iter().copied().map(id).collect(),
            product_ids: conditions.products.iter().copied().map(id).collect(),
            category_ids: conditions.categories.iter().copied().map(id).collect(),
            collection_ids: conditions.collections.iter().copied().map(id).collect(),
            minimum_amount: self.money(conditions.minimum_amount),
            times: conditions.times.iter().map(Into::into).collect(),
            first_order: conditions.first_order,
            customer_tags: conditions.customer_tags.iter().cloned().collect(),
        }
    }
}

/// A promotion: when it applies, from what it takes, how much, and how often it was used.
#[Object]
impl Promotion {
    /// Id.
    pub async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// Name for staff.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Names for customers; the name for staff stands in where there is none.
    async fn titles(&self) -> Vec<PromotionTitle> {
        let entries = self.0.titles.as_object().into_iter().flatten();
        entries
            .filter_map(|(tag, title)| {
                Some(PromotionTitle { locale: Locale(tag.clone()), title: title.as_str()?.to_owned() })
            })
            .collect()
    }

    /// What makes it apply.
    async fn triggered_by(&self) -> Word<PromotionTrigger> {
        Word(self.0.triggered_by)
    }

    /// From what it takes.
    async fn target(&self) -> Word<PromotionTarget> {
        Word(self.0.target)
    }

    /// How it takes.
    async fn value(&self) -> Word<PromotionValue> {
        Word(self.0.value)
    }

    /// Of `PERCENT`: the share in parts per million; 100000 is 10 %.
    async fn percent_ppm(&self) -> Option<i32> {
        self.0.percent_ppm
    }

    /// Of `FIXED`: the amount; per unit on lines, once on an order or its shipping.
    async fn amount(&self) -> Option<Money> {
        self.money(self.0.amount)
    }

    /// The currency in which it holds; null for any.
    async fn currency_code(&self) -> Option<CurrencyCode> {
        self.0.currency.map(CurrencyCode)
    }

    /// The most it takes from one order.
    async fn maximum(&self) -> Option<Money> {
        self.money(self.0.maximum)
    }

    /// With which others it goes.
    async fn stacking(&self) -> Word<PromotionStacking> {
        Word(self.0.stacking)
    }

    /// The smallest first.
    async fn priority(&self) -> i32 {
        self.0.priority
    }

    /// When it applies.
    async fn conditions(&self) -> Result<PromotionConditions> {
        Ok(self.shown(&offer::conditions(&self.0)?))
    }

    /// Not before.
    async fn starts_at(&self) -> Option<DateTime<Utc>> {
        self.0.starts_at
    }

    /// Not from then on.
    async fn ends_at(&self) -> Option<DateTime<Utc>> {
        self.0.ends_at
    }

    /// Orders at most.
    async fn usage_limit(&self) -> Option<i64> {
        self.0.usage_limit
    }

    /// Orders of one customer at most.
    async fn customer_limit(&self) -> Option<i64> {
        self.0.customer_limit
    }

    /// Orders that use it; canceled ones gave their use back.
    async fn used(&self) -> i64 {
        self.0.used
    }

    /// Whether it holds.
    async fn active(&self) -> bool {
        self.0.active
    }

    /// Its codes, newest first.
    async fn codes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only what goes before this cursor.")] before: Option<String>,
    ) -> Result<PromotionCodeConnection> {
        let (asked, promotion) = (ctx_of(ctx).clone(), self.0.id);
        let page = query::code_page(&asked, promotion, &page_request(first, after, last, before)?).await?;
        let all = count(asked, move |asked| async move { query::code_count(&asked, promotion).await });
        Ok(PromotionCodeConnection::new(page.map(PromotionCode), all))
    }

    /// Grows with each change; uses are no change.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// When it was created.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it was last changed.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }
}

/// A code of a promotion.
#[derive(Clone, Debug)]
pub struct PromotionCode(pub promotion_code::Model);

impl From<promotion_code::Model> for PromotionCode {
    fn from(row: promotion_code::Model) -> Self {
        Self(row)
    }
}

/// A code of a promotion, and how often it was used.
#[Object]
impl PromotionCode {
    /// Id.
    pub async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// The code: capitals and digits; customers may type it in any way.
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// Orders at most.
    async fn usage_limit(&self) -> Option<i64> {
        self.0.usage_limit
    }

    /// Orders that use it.
    async fn used(&self) -> i64 {
        self.0.used
    }

    /// Whether it works.
    async fn active(&self) -> bool {
        self.0.active
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }
}
