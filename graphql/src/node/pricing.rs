//! Tax and shipping rules as staff see and change them.

use std::collections::BTreeMap;

use async_graphql::{ID, InputObject, Object, SimpleObject};
use domain::Result;
use domain::pricing::shipping_method::Method;
use domain::pricing::upsert_shipping_method::UpsertShippingMethod;
use domain::tax::upsert_class::UpsertTaxClass;
use domain::tax::upsert_rate::UpsertTaxRate;
use entity::money::Currency;
use entity::words::{Carrier, ShippingRateKind};
use entity::{tax_class, tax_rate};

use crate::payload;
use crate::scalar::{CountryCode, Date, Locale, Money, MoneyInput, id, parse_id};
use crate::word::Word;

/// A kind of goods for tax.
#[derive(Clone, Debug, SimpleObject)]
pub struct TaxClass {
    /// Id.
    pub id: ID,
    /// Stable name, such as `standard`.
    pub code: String,
    /// Name shown to staff.
    pub name: String,
}

impl From<tax_class::Model> for TaxClass {
    fn from(row: tax_class::Model) -> Self {
        Self { id: id(row.id), code: row.code, name: row.name }
    }
}

/// The rate of a tax class in a place from a day on.
#[derive(Clone, Debug, SimpleObject)]
pub struct TaxRate {
    /// Id.
    pub id: ID,
    /// The class.
    pub tax_class_id: ID,
    /// The country.
    pub country: CountryCode,
    /// The part of the country; null for all of it.
    pub region: Option<String>,
    /// Name on documents.
    pub name: String,
    /// The rate in parts per million: 100000 is 10 %.
    pub rate_ppm: i32,
    /// First day it holds.
    pub valid_from: Date,
    /// Last day it holds; null is open.
    pub valid_to: Option<Date>,
}

impl From<tax_rate::Model> for TaxRate {
    fn from(row: tax_rate::Model) -> Self {
        Self {
            id: id(row.id),
            tax_class_id: id(row.tax_class_id),
            country: CountryCode(row.country),
            region: row.region,
            name: row.name,
            rate_ppm: row.rate_ppm,
            valid_from: Date(row.valid_from),
            valid_to: row.valid_to.map(Date),
        }
    }
}

/// A tax class to make or rename.
#[derive(Clone, Debug, InputObject)]
pub struct TaxClassUpsertInput {
    /// Stable name, such as `standard`.
    pub code: String,
    /// Name shown to staff.
    pub name: String,
}

impl From<TaxClassUpsertInput> for UpsertTaxClass {
    fn from(input: TaxClassUpsertInput) -> Self {
        Self { code: input.code, name: input.name }
    }
}

/// A tax rate to enter, found by class, place and first day.
#[derive(Clone, Debug, InputObject)]
pub struct TaxRateUpsertInput {
    /// Code of the tax class.
    pub tax_class: String,
    /// The country.
    pub country: CountryCode,
    /// The part of the country, as addresses name it; all of it when left out.
    pub region: Option<String>,
    /// Name on documents, such as `消費税`.
    pub name: String,
    /// The rate in parts per million: 100000 is 10 %.
    pub rate_ppm: i32,
    /// First day it holds.
    pub valid_from: Date,
    /// Last day it holds; open when left out.
    pub valid_to: Option<Date>,
}

impl From<TaxRateUpsertInput> for UpsertTaxRate {
    fn from(input: TaxRateUpsertInput) -> Self {
        Self {
            class_code: input.tax_class,
            country: input.country.0,
            region: input.region,
            name: input.name,
            rate_ppm: input.rate_ppm,
            valid_from: input.valid_from.0,
            valid_to: input.valid_to.map(|date| date.0),
        }
    }
}

/// A way to ship that a channel offers.
#[derive(Clone, Debug)]
pub struct ShippingMethod {
    /// The method with its tiers.
    pub method: Method,
    /// The channel's currency.
    pub currency: Currency,
}

/// A price for parcels up to a weight.
#[derive(Clone, Debug, SimpleObject)]
pub struct ShippingTier {
    /// Up to and with this weight.
    pub max_weight_grams: i64,
    /// The price, as the channel prices.
    pub amount: Money,
}

/// A way to ship that a channel offers.
#[Object]
impl ShippingMethod {
    /// Id.
    async fn id(&self) -> ID {
        id(self.method.0.id)
    }

    /// The channel.
    async fn channel_id(&self) -> ID {
        id(self.method.0.channel_id)
    }

    /// Stable name in the channel.
    async fn code(&self) -> &str {
        &self.method.0.code
    }

    /// Name.
    async fn name(&self) -> &str {
        &self.method.0.name
    }

    /// How it is priced.
    async fn kind(&self) -> Word<ShippingRateKind> {
        Word(self.method.0.kind)
    }

    /// The price of `FLAT`, as the channel prices.
    async fn amount(&self) -> Money {
        Money::new(self.method.0.amount, self.currency)
    }

    /// Free when the shipped goods cost at least this.
    async fn free_over(&self) -> Option<Money> {
        self.method.0.free_over.map(|amount| Money::new(amount, self.currency))
    }

    /// The tiers of `BY_WEIGHT`, lightest first.
    async fn tiers(&self) -> Vec<ShippingTier> {
        let tiers = self.method.1.iter();
        tiers
            .map(|tier| ShippingTier {
                max_weight_grams: tier.max_weight_grams,
                amount: Money::new(tier.amount, self.currency),
            })
            .collect()
    }

    /// Where it goes; empty is everywhere.
    async fn countries(&self) -> Vec<CountryCode> {
        self.method.0.countries.0.iter().cloned().map(CountryCode).collect()
    }

    /// Its tax class.
    async fn tax_class_id(&self) -> ID {
        id(self.method.0.tax_class_id)
    }

    /// Fastest delivery in days.
    async fn min_days(&self) -> i32 {
        self.method.0.min_days
    }

    /// Slowest delivery in days.
    async fn max_days(&self) -> i32 {
        self.method.0.max_days
    }

    /// Place in the list.
    async fn position(&self) -> i32 {
        self.method.0.position
    }

    /// Whether it is offered.
    async fn active(&self) -> bool {
        self.method.0.active
    }

    /// Who usually carries it.
    async fn carrier(&self) -> Option<Word<Carrier>> {
        self.method.0.carrier.map(Word)
    }

    /// The carrier's service.
    async fn service(&self) -> Option<&str> {
        self.method.0.service.as_deref()
    }

    /// Times of day that may be asked for.
    async fn delivery_slots(&self) -> &[String] {
        &self.method.0.delivery_slots.0
    }

    /// Days before the first delivery day that may be asked for.
    async fn lead_days(&self) -> i32 {
        self.method.0.lead_days
    }
}

/// A price for parcels up to a weight.
#[derive(Clone, Debug, InputObject)]
pub struct ShippingTierInput {
    /// Up to and with this weight.
    pub max_weight_grams: i64,
    /// The price, as the channel prices.
    pub amount: MoneyInput,
}

/// A name in another language.
#[derive(Clone, Debug, InputObject)]
pub struct ShippingNameInput {
    /// The language.
    pub locale: Locale,
    /// The name.
    pub name: String,
}

/// A way to ship, found by channel and code.
#[derive(Clone, Debug, InputObject)]
pub struct ShippingMethodUpsertInput {
    /// The channel that offers it.
    pub channel_id: ID,
    /// Stable name in the channel.
    pub code: String,
    /// Name.
    pub name: String,
    /// Names in other languages.
    #[graphql(default)]
    pub translations: Vec<ShippingNameInput>,
    /// How it is priced.
    pub kind: Word<ShippingRateKind>,
    /// The price of `FLAT`, in the channel's currency, with or without tax as the channel prices.
    pub amount: MoneyInput,
    /// Free when the shipped goods cost at least this.
    pub free_over: Option<MoneyInput>,
    /// The tiers of `BY_WEIGHT`.
    #[graphql(default)]
    pub tiers: Vec<ShippingTierInput>,
    /// Where it goes; empty is everywhere.
    #[graphql(default)]
    pub countries: Vec<CountryCode>,
    /// Code of its tax class.
    pub tax_class: String,
    /// Fastest delivery in days.
    pub min_days: i32,
    /// Slowest delivery in days.
    pub max_days: i32,
    /// Place in the list.
    #[graphql(default = 1)]
    pub position: i32,
    /// Whether it is offered.
    #[graphql(default = true)]
    pub active: bool,
    /// Who usually carries it.
    pub carrier: Option<Word<Carrier>>,
    /// The carrier's service, such as `COMPACT` for Yamato.
    pub service: Option<String>,
    /// Times of day that may be asked for: `AM`, or hours such as `14-16`.
    #[graphql(default)]
    pub delivery_slots: Vec<String>,
    /// Days before the first delivery day that may be asked for, 0 to 60. Without days and times no wish is taken.
    #[graphql(default)]
    pub lead_days: i32,
}

impl ShippingMethodUpsertInput {
    /// For the domain. Errors: `INVALID_ID`, `INVALID_AMOUNT`.
    pub fn command(self) -> Result<UpsertShippingMethod> {
        let mut tiers = Vec::with_capacity(self.tiers.len());
        for (index, tier) in self.tiers.iter().enumerate() {
            tiers.push((tier.max_weight_grams, tier.amount.money(&format!("input.tiers.{index}.amount"))?));
        }
        let translations: BTreeMap<String, String> =
            self.translations.into_iter().map(|entry| (entry.locale.0, entry.name)).collect();
        Ok(UpsertShippingMethod {
            channel_id: parse_id(&self.channel_id, "input.channelId")?,
            code: self.code,
            name: self.name,
            translations,
            kind: self.kind.0,
            amount: self.amount.money("input.amount")?,
            free_over: self.free_over.map(|amount| amount.money("input.freeOver")).transpose()?,
            tiers,
            countries: self.countries.into_iter().map(|country| country.0).collect(),
            tax_class: self.tax_class,
            min_days: self.min_days,
            max_days: self.max_days,
            position: self.position,
            active: self.active,
            carrier: self.carrier.map(|word| word.0),
            service: self.service,
            delivery_slots: self.delivery_slots,
            lead_days: self.lead_days,
        })
    }
}

payload! {
    /// A tax class after the change.
    pub struct TaxClassPayload {
        /// The class.
        tax_class: TaxClass,
    }
}

payload! {
    /// A tax rate after the change.
    pub struct TaxRatePayload {
        /// The rate.
        tax_rate: TaxRate,
    }
}

payload! {
    /// A way to ship after the change.
    pub struct ShippingMethodPayload {
        /// The way to ship.
        shipping_method: ShippingMethod,
    }
}
