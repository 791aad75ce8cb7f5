//! What a change will do, in numbers: stored with it, so that what is confirmed is what was shown.

use entity::address::Address;
use entity::id::{LocationId, OrderLineId, TaxClassId, VariantId};
use entity::words::DeliveryMethod;
use serde::{Deserialize, Serialize};

use super::operation::NewContact;

/// What changes, and what the order is worth before and after. All amounts are minor units of the order's currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    /// Lines that come.
    pub added: Vec<AddedLine>,
    /// Units that go.
    pub removed: Vec<RemovedUnits>,
    /// Units that are collected elsewhere.
    pub moved: Vec<MovedUnits>,
    /// The new address of parcels.
    pub shipping_address: Option<Address>,
    /// The new contact, checked.
    pub contact: Option<NewContact>,
    /// What the order is worth now.
    pub before: Worth,
    /// What it will be worth.
    pub after: Worth,
    /// Discounts that what stays does not earn any more, tax included: kept of what is taken away, at most its worth. Below
    /// zero: discounts that were kept before and are given back.
    #[serde(default)]
    pub claw_back: i64,
}

/// A line that comes, with the price and tax agreed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddedLine {
    /// What.
    pub variant_id: VariantId,
    /// Product title in the order's language.
    pub title: String,
    /// Variant title.
    pub variant_title: String,
    /// SKU.
    pub sku: Option<String>,
    /// Units.
    pub quantity: i64,
    /// Price of one, as priced in the channel.
    pub unit_price: i64,
    /// Its tax class.
    pub tax_class_id: TaxClassId,
    /// Its rate, parts per million.
    pub tax_rate_ppm: i32,
    /// Name of the rate on documents.
    pub tax_name: String,
    /// How it reaches the customer.
    pub delivery: DeliveryMethod,
    /// Where it is collected.
    pub pickup_location_id: Option<LocationId>,
    /// The line whose price it changes.
    pub replaces: Option<OrderLineId>,
    /// Unit price × quantity.
    pub subtotal: i64,
    /// Its tax.
    pub tax: i64,
    /// What the customer pays for it, tax included.
    pub total: i64,
}

/// Units that go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemovedUnits {
    /// Of this line.
    pub order_line_id: OrderLineId,
    /// How many.
    pub quantity: i64,
    /// What they are worth, tax included.
    pub amount: i64,
}

/// Units that are collected elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MovedUnits {
    /// Of this line.
    pub order_line_id: OrderLineId,
    /// How many.
    pub quantity: i64,
    /// The new store.
    pub location_id: LocationId,
}

/// What of an order is not canceled is worth.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Worth {
    /// Goods, tax included.
    pub goods: i64,
    /// Shipping, tax included.
    pub shipping: i64,
    /// Discounts that were kept because the rest did not earn them, tax included.
    #[serde(default)]
    pub claw_back: i64,
    /// All of it.
    pub total: i64,
    /// The tax in it, highest rate first.
    pub taxes: Vec<RateWorth>,
}

/// The tax of one rate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateWorth {
    /// The rate, parts per million.
    pub rate_ppm: i32,
    /// The tax.
    pub tax: i64,
}
