//! What a client says of the rules: policies and reasons.

use async_graphql::{ID, InputObject};
use domain::Result;
use domain::returns::policy::Conditions;
use domain::returns::upsert::{Texts, UpsertPolicy, UpsertReason};
use entity::words::ReturnMethod;

use crate::scalar::{MoneyInput, parse_ids, parse_optional_id};
use crate::word::Word;

/// A text in one language.
#[derive(Clone, Debug, InputObject)]
pub struct ReturnTextInput {
    /// Language (BCP 47).
    pub locale: String,
    /// The text.
    pub text: String,
}

fn texts(texts: Vec<ReturnTextInput>) -> Texts {
    texts.into_iter().map(|text| (text.locale, text.text)).collect()
}

/// For what a policy holds; an empty list asks for nothing.
#[derive(Clone, Debug, Default, InputObject)]
pub struct ReturnConditionsInput {
    /// Ids of channels.
    #[graphql(default)]
    pub channel_ids: Vec<ID>,
    /// Countries (ISO 3166-1 alpha-2).
    #[graphql(default)]
    pub countries: Vec<String>,
    /// Ids of categories; those below count, too.
    #[graphql(default)]
    pub category_ids: Vec<ID>,
    /// Ids of products.
    #[graphql(default)]
    pub product_ids: Vec<ID>,
}

/// A policy as it should be.
#[derive(Clone, Debug, InputObject)]
pub struct ReturnPolicyUpsertInput {
    /// Which one to change; a new one when left out.
    pub id: Option<ID>,
    /// The version that you read; with another one nothing is changed.
    pub expected_version: Option<i32>,
    /// Name for staff.
    pub name: String,
    /// The smallest is asked first.
    pub priority: i32,
    /// For what it holds.
    #[graphql(default)]
    pub conditions: ReturnConditionsInput,
    /// Days from delivery or collection, 0 to 3,650; without an end when left out.
    pub window_days: Option<i32>,
    /// Whether nothing comes back.
    #[graphql(default)]
    pub final_sale: bool,
    /// Whether only unused goods come back.
    #[graphql(default)]
    pub needs_unused: bool,
    /// What is kept, parts per million of what was paid.
    #[graphql(default)]
    pub restocking_ppm: i32,
    /// What sending back costs the customer.
    pub return_shipping_fee: Option<MoneyInput>,
    /// How goods may come back; every way when empty.
    #[graphql(default)]
    pub methods: Vec<Word<ReturnMethod>>,
    /// What customers are told when their return is approved, by language.
    #[graphql(default)]
    pub instructions: Vec<ReturnTextInput>,
    /// Whether it holds.
    #[graphql(default = true)]
    pub active: bool,
}

impl ReturnPolicyUpsertInput {
    pub(super) fn read(self) -> Result<UpsertPolicy> {
        let of = self.conditions;
        Ok(UpsertPolicy {
            id: parse_optional_id(self.id.as_ref(), "input.id")?,
            expected_version: self.expected_version,
            name: self.name,
            priority: self.priority,
            conditions: Conditions {
                channel_ids: parse_ids(&of.channel_ids, "input.conditions.channelIds")?,
                countries: of.countries,
                category_ids: parse_ids(&of.category_ids, "input.conditions.categoryIds")?,
                product_ids: parse_ids(&of.product_ids, "input.conditions.productIds")?,
            },
            window_days: self.window_days,
            final_sale: self.final_sale,
            needs_unused: self.needs_unused,
            restocking_ppm: self.restocking_ppm,
            return_shipping_fee: self
                .return_shipping_fee
                .map(|fee| fee.money("input.returnShippingFee"))
                .transpose()?,
            methods: self.methods.into_iter().map(|word| word.0).collect(),
            instructions: texts(self.instructions),
            active: self.active,
        })
    }
}

/// A reason as it should be.
#[derive(Clone, Debug, InputObject)]
pub struct ReturnReasonUpsertInput {
    /// Stable name, which says what is changed: capitals, digits and `_`.
    pub code: String,
    /// The version that you read; with another one nothing is changed.
    pub expected_version: Option<i32>,
    /// Name by language.
    pub titles: Vec<ReturnTextInput>,
    /// Whether customers may choose it.
    #[graphql(default = true)]
    pub customer_visible: bool,
    /// Whether something went wrong.
    #[graphql(default)]
    pub is_claim: bool,
    /// Whether the shop pays for sending back.
    #[graphql(default)]
    pub seller_pays: bool,
    /// Whether no restocking fee is kept.
    #[graphql(default)]
    pub waives_restocking: bool,
    /// Whether customers must add a photo.
    #[graphql(default)]
    pub needs_photo: bool,
    /// Order, from 1.
    #[graphql(default = 1)]
    pub position: i32,
    /// Whether it may be chosen.
    #[graphql(default = true)]
    pub active: bool,
}

impl ReturnReasonUpsertInput {
    pub(super) fn read(self) -> UpsertReason {
        UpsertReason {
            code: self.code,
            expected_version: self.expected_version,
            titles: texts(self.titles),
            customer_visible: self.customer_visible,
            is_claim: self.is_claim,
            seller_pays: self.seller_pays,
            waives_restocking: self.waives_restocking,
            needs_photo: self.needs_photo,
            position: self.position,
            active: self.active,
        }
    }
}
