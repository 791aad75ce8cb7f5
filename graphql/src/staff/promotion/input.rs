//! What staff send about promotions and discounts by hand.

use async_graphql::{ID, InputObject};
use chrono::{DateTime, Utc};
use domain::cart::Target;
use domain::cart::by_hand::SetByHand;
use domain::promotion::ByHandValue;
use domain::promotion::codes::CreateCodes;
use domain::promotion::conditions::{Conditions, TimeWindow};
use domain::promotion::offer::Benefit;
use domain::promotion::upsert::UpsertPromotion;
use domain::register::sale_discounts::{SaleDiscount, SaleDiscounts};
use domain::{Error, ErrorCode, Result};
use entity::money::Currency;
use entity::words::{DiscountKind, PromotionStacking, PromotionTarget, PromotionTrigger, PromotionValue};

use crate::node::discount::DiscountApprovalInput;
use crate::scalar::{CurrencyCode, LocalTime, Locale, MoneyInput, parse_id, parse_ids, parse_optional_id};
use crate::word::Word;

/// A promotion's name for customers in a language.
#[derive(Clone, Debug, InputObject)]
pub struct PromotionTitleInput {
    /// The language.
    pub locale: Locale,
    /// The name.
    pub title: String,
}

/// A part of the week.
#[derive(Clone, Debug, InputObject)]
pub struct PromotionTimeInput {
    /// ISO 8601 weekdays, 1 is Monday; every day when empty.
    #[graphql(default)]
    pub days: Vec<i32>,
    /// From this time on; from midnight when left out.
    pub from: Option<LocalTime>,
    /// Until before this time; until midnight when left out.
    pub until: Option<LocalTime>,
}

/// When a promotion applies. What is left out does not restrict.
#[derive(Clone, Debug, Default, InputObject)]
pub struct PromotionConditionsInput {
    /// In one of these channels.
    #[graphql(default)]
    pub channel_ids: Vec<ID>,
    /// At a till of one of these stores.
    #[graphql(default)]
    pub location_ids: Vec<ID>,
    /// About these products, or the categories or collections below.
    #[graphql(default)]
    pub product_ids: Vec<ID>,
    /// About what hangs in these categories or below them.
    #[graphql(default)]
    pub category_ids: Vec<ID>,
    /// About what lies in these collections.
    #[graphql(default)]
    pub collection_ids: Vec<ID>,
    /// What the goods that it is about cost at least before promotions.
    pub minimum_amount: Option<MoneyInput>,
    /// In one of these times, on the channel's clock.
    #[graphql(default)]
    pub times: Vec<PromotionTimeInput>,
    /// Only for the first order of a customer.
    #[graphql(default)]
    pub first_order: bool,
    /// Only for customers with one of these tags.
    #[graphql(default)]
    pub customer_tags: Vec<String>,
}

/// A promotion as it should be. Everything is replaced.
#[derive(Clone, Debug, InputObject)]
pub struct PromotionUpsertInput {
    /// Which one to change; without it a new one, which does not hold until it is activated.
    pub id: Option<ID>,
    /// The version that you read; with another one nothing is changed.
    pub expected_version: Option<i32>,
    /// Name for staff.
    pub name: String,
    /// Names for customers; the name for staff stands in where there is none.
    #[graphql(default)]
    pub titles: Vec<PromotionTitleInput>,
    /// What makes it apply; never changes.
    pub triggered_by: Word<PromotionTrigger>,
    /// From what it takes.
    pub target: Word<PromotionTarget>,
    /// How it takes.
    pub value: Word<PromotionValue>,
    /// For `PERCENT`: the share in parts per million; 100000 is 10 %.
    pub percent_ppm: Option<i32>,
    /// For `FIXED`: the amount; per unit on lines, once on an order or its shipping.
    pub amount: Option<MoneyInput>,
    /// The currency in which it holds; any when left out and no amount is given.
    pub currency_code: Option<CurrencyCode>,
    /// The most it takes from one order.
    pub maximum: Option<MoneyInput>,
    /// With which others it goes.
    pub stacking: Word<PromotionStacking>,
    /// The smallest first.
    #[graphql(default)]
    pub priority: i32,
    /// When it applies; always when left out.
    #[graphql(default)]
    pub conditions: PromotionConditionsInput,
    /// Not before.
    pub starts_at: Option<DateTime<Utc>>,
    /// Not from then on.
    pub ends_at: Option<DateTime<Utc>>,
    /// Orders at most.
    pub usage_limit: Option<i64>,
    /// Orders of one customer at most.
    pub customer_limit: Option<i64>,
}

/// The one currency of all amounts of a promotion.
struct OneCurrency(Option<Currency>);

impl OneCurrency {
    /// The minor units of an amount. Errors: `CURRENCY_MISMATCH`, `INVALID_AMOUNT`.
    fn minor(&mut self, path: &str, amount: Option<&MoneyInput>) -> Result<Option<i64>> {
        let Some(money) = amount.map(|amount| amount.money(path)).transpose()? else { return Ok(None) };
        if *self.0.get_or_insert(money.currency) == money.currency {
            Ok(Some(money.minor))
        } else {
            Err(Error::invalid(ErrorCode::CurrencyMismatch, path))
        }
    }
}

impl PromotionConditionsInput {
    fn read(self, minimum_amount: Option<i64>) -> Result<Conditions> {
        let path = |field: &str| format!("input.conditions.{field}");
        let time = |time: PromotionTimeInput| TimeWindow {
            // What is no day is no weekday either, and refused there.
            days: time.days.into_iter().map(|day| u32::try_from(day).unwrap_or(0)).collect(),
            from: time.from.map(|at| at.0),
            until: time.until.map(|at| at.0),
        };
        Ok(Conditions {
            channels: parse_ids(&self.channel_ids, &path("channelIds"))?.into_iter().collect(),
            locations: parse_ids(&self.location_ids, &path("locationIds"))?.into_iter().collect(),
            products: parse_ids(&self.product_ids, &path("productIds"))?.into_iter().collect(),
            categories: parse_ids(&self.category_ids, &path("categoryIds"))?.into_iter().collect(),
            collections: parse_ids(&self.collection_ids, &path("collectionIds"))?.into_iter().collect(),
            minimum_amount,
            times: self.times.into_iter().map(time).collect(),
            first_order: self.first_order,
            customer_tags: self.customer_tags.into_iter().collect(),
        })
    }
}

impl PromotionUpsertInput {
    pub(super) fn read(self) -> Result<UpsertPromotion> {
        let mut currency = OneCurrency(self.currency_code.map(|code| code.0));
        let amount = currency.minor("input.amount", self.amount.as_ref())?;
        let maximum = currency.minor("input.maximum", self.maximum.as_ref())?;
        let minimum = currency.minor("input.conditions.minimumAmount", self.conditions.minimum_amount.as_ref())?;
        let needed = |field: &str| Error::invalid(ErrorCode::Required, format!("input.{field}"));
        let benefit = match self.value.0 {
            PromotionValue::Percent => Benefit::Percent(self.percent_ppm.ok_or_else(|| needed("percentPpm"))?),
            PromotionValue::Fixed => Benefit::Fixed(amount.ok_or_else(|| needed("amount"))?),
            PromotionValue::Free => Benefit::Free,
        };
        Ok(UpsertPromotion {
            id: parse_optional_id(self.id.as_ref(), "input.id")?,
            expected_version: self.expected_version,
            name: self.name,
            titles: self.titles.into_iter().map(|entry| (entry.locale.0, entry.title)).collect(),
            trigger: self.triggered_by.0,
            target: self.target.0,
            benefit,
            currency: currency.0,
            maximum,
            stacking: self.stacking.0,
            priority: self.priority,
            conditions: self.conditions.read(minimum)?,
            starts_at: self.starts_at,
            ends_at: self.ends_at,
            usage_limit: self.usage_limit,
            customer_limit: self.customer_limit,
        })
    }
}

/// Codes to make, all or none.
#[derive(Clone, Debug, InputObject)]
pub struct PromotionCodesCreateInput {
    /// The promotion, one that a code triggers.
    pub promotion_id: ID,
    /// Codes as people shall type them; case, spaces and hyphens do not matter.
    #[graphql(default)]
    pub codes: Vec<String>,
    /// How many more to make up; at most 1,000 in all.
    #[graphql(default)]
    pub count: i32,
    /// What made-up codes begin with.
    #[graphql(default)]
    pub prefix: String,
    /// Orders that each code may serve; no limit when left out.
    pub usage_limit: Option<i64>,
}

impl PromotionCodesCreateInput {
    pub(super) fn read(self) -> Result<CreateCodes> {
        let count = usize::try_from(self.count).map_err(|_| Error::invalid(ErrorCode::Invalid, "input.count"))?;
        Ok(CreateCodes {
            promotion_id: parse_id(&self.promotion_id, "input.promotionId")?,
            codes: self.codes,
            count,
            prefix: self.prefix,
            usage_limit: self.usage_limit,
        })
    }
}

/// A promotion to let hold, or to stop.
#[derive(Clone, Debug, InputObject)]
pub struct PromotionTargetInput {
    /// Which one.
    pub id: ID,
    /// The version that you read; with another one nothing is changed.
    pub expected_version: Option<i32>,
}

/// A code to let work, or to stop.
#[derive(Clone, Debug, InputObject)]
pub struct PromotionCodeSetActiveInput {
    /// Which code.
    pub id: ID,
    /// Whether it works.
    pub active: bool,
}

/// How much staff of a channel take off by hand without another person.
#[derive(Clone, Debug, InputObject)]
pub struct ChannelDiscountLimitSetInput {
    /// The channel.
    pub channel_id: ID,
    /// The version that you read; with another one nothing is changed.
    pub expected_version: Option<i32>,
    /// Parts per million of the price: 100000 is 10 %, 0 asks always, 1000000 never.
    pub limit_ppm: i32,
}

/// Another price for a line.
#[derive(Clone, Debug, InputObject)]
pub struct CartLinePriceSetInput {
    /// The cart.
    pub cart_id: ID,
    /// The version that you saw; with another one nothing is changed.
    pub expected_version: Option<i32>,
    /// The line.
    pub line_id: ID,
    /// The price of one unit, not above the one that holds; null takes it back.
    pub price: Option<MoneyInput>,
    /// Why; needed with a price.
    #[graphql(default)]
    pub reason: String,
    /// Somebody else who allows what goes beyond the channel's limit.
    pub approval: Option<DiscountApprovalInput>,
}

/// Something off a line or the whole cart. Give a share or an amount; neither takes it back.
#[derive(Clone, Debug, InputObject)]
pub struct CartDiscountSetInput {
    /// The cart.
    pub cart_id: ID,
    /// The version that you saw; with another one nothing is changed.
    pub expected_version: Option<i32>,
    /// The line; the whole cart when left out.
    pub line_id: Option<ID>,
    /// A share in parts per million; 100000 is 10 %.
    pub percent_ppm: Option<i32>,
    /// An amount.
    pub amount: Option<MoneyInput>,
    /// Why; needed unless it is taken back.
    #[graphql(default)]
    pub reason: String,
    /// Somebody else who allows what goes beyond the channel's limit.
    pub approval: Option<DiscountApprovalInput>,
}

fn target(cart_id: &ID, expected_version: Option<i32>) -> Result<Target> {
    Ok(Target { cart_id: parse_id(cart_id, "input.cartId")?, expected_version })
}

impl CartLinePriceSetInput {
    /// For the domain. Errors: `INVALID_ID`, `INVALID_AMOUNT`, `INVALID`.
    pub(crate) fn read(self) -> Result<(Target, SetByHand)> {
        let price = self.price.map(|price| price.money("input.price")).transpose()?;
        let set = SetByHand {
            line_id: Some(parse_id(&self.line_id, "input.lineId")?),
            kind: DiscountKind::PriceOverride,
            currency: price.map(|price| price.currency),
            value: price.map(|price| ByHandValue::Price(price.minor)),
            reason: self.reason,
            approval: self.approval.map(Into::into),
        };
        Ok((target(&self.cart_id, self.expected_version)?, set))
    }
}

impl CartDiscountSetInput {
    /// For the domain. Errors: `INVALID_ID`, `INVALID_AMOUNT`, `INVALID`.
    pub(crate) fn read(self) -> Result<(Target, SetByHand)> {
        let amount = self.amount.map(|amount| amount.money("input.amount")).transpose()?;
        let value = match (self.percent_ppm, amount) {
            (Some(_), Some(_)) => return Err(Error::invalid(ErrorCode::Invalid, "input.amount")),
            (Some(ppm), None) => Some(ByHandValue::Percent(ppm)),
            (None, amount) => amount.map(|money| ByHandValue::Amount(money.minor)),
        };
        let set = SetByHand {
            line_id: parse_optional_id(self.line_id.as_ref(), "input.lineId")?,
            kind: DiscountKind::Manual,
            currency: amount.map(|amount| amount.currency),
            value,
            reason: self.reason,
            approval: self.approval.map(Into::into),
        };
        Ok((target(&self.cart_id, self.expected_version)?, set))
    }
}

/// A discount by hand on a sale. Give one of price, share and amount.
#[derive(Clone, Debug, InputObject)]
pub struct PosSaleDiscountInput {
    /// Position of the line, from 0; the whole sale when left out.
    pub line: Option<i32>,
    /// The price of one unit, not above the one that holds; only of a line.
    pub price: Option<MoneyInput>,
    /// A share in parts per million; 100000 is 10 %.
    pub percent_ppm: Option<i32>,
    /// An amount.
    pub amount: Option<MoneyInput>,
    /// Why.
    pub reason: String,
}

/// What makes a sale cheaper beside automatic promotions.
#[derive(Clone, Debug, Default, InputObject)]
pub struct PosSaleDiscountsInput {
    /// Promotion codes.
    #[graphql(default)]
    pub codes: Vec<String>,
    /// What staff give.
    #[graphql(default)]
    pub given: Vec<PosSaleDiscountInput>,
    /// Somebody else who allows what goes beyond the channel's limit.
    pub approval: Option<DiscountApprovalInput>,
}

impl PosSaleDiscountInput {
    fn read(self, path: &str, currency: &mut OneCurrency) -> Result<SaleDiscount> {
        let price = currency.minor(&format!("{path}.price"), self.price.as_ref())?;
        let amount = currency.minor(&format!("{path}.amount"), self.amount.as_ref())?;
        let value = match (price, self.percent_ppm, amount) {
            (Some(price), None, None) => ByHandValue::Price(price),
            (None, Some(ppm), None) => ByHandValue::Percent(ppm),
            (None, None, Some(amount)) => ByHandValue::Amount(amount),
            _ => return Err(Error::invalid(ErrorCode::Invalid, path)),
        };
        let bad_line = |_| Error::invalid(ErrorCode::Invalid, format!("{path}.line"));
        let line = self.line.map(usize::try_from).transpose().map_err(bad_line)?;
        Ok(SaleDiscount { line, value, reason: self.reason })
    }
}

impl PosSaleDiscountsInput {
    /// For the domain. Errors: `INVALID`, `INVALID_AMOUNT`, `CURRENCY_MISMATCH`.
    pub fn read(self) -> Result<SaleDiscounts> {
        let mut currency = OneCurrency(None);
        let mut given = Vec::with_capacity(self.given.len());
        for (index, one) in self.given.into_iter().enumerate() {
            given.push(one.read(&format!("input.discounts.given.{index}"), &mut currency)?);
        }
        Ok(SaleDiscounts {
            codes: self.codes,
            given,
            currency: currency.0,
            approval: self.approval.map(Into::into),
            approved_by: None,
        })
    }
}
