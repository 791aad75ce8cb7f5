//! Everything that placing an order needs to know, gathered before anything is written.

use entity::address::Address;
use entity::id::{CartId, CustomerId, LocationId, OrderId, RegisterId, ShippingMethodId, StaffId, TaxClassId};
use entity::words::DeliveryMethod;
use entity::{channel, variant};

use crate::payment::gateway::Facts;
use crate::payment::sums::Sums;
use crate::payment::tender::Tender;
use crate::pricing::totals::Totals;

/// An order about to be placed.
#[derive(Clone, Debug)]
pub(crate) struct Placement {
    /// Its id, known beforehand so that idempotency keys can point to it.
    pub order_id: OrderId,
    /// Where it is bought.
    pub channel: channel::Model,
    /// Who buys it.
    pub buyer: Buyer,
    /// The till that sells it.
    pub till: Option<TillSale>,
    /// What is bought, in order.
    pub lines: Vec<PlacedLine>,
    /// What shipping costs.
    pub shipping: Option<PlacedShipping>,
    /// Totals of exactly these lines and this shipping.
    pub totals: Totals,
    /// Names of the tax rates on documents, by rate.
    pub tax_names: Vec<(i32, String)>,
    /// Tenders and what their gateways said.
    pub charges: Vec<(Tender, Facts)>,
    /// Payments that were started before and are captured now.
    pub prior: Sums,
    /// SHA-256 of the secret by which a guest reads the order.
    pub token_hash: String,
}

/// Who buys, and how to reach them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Buyer {
    pub cart_id: Option<CartId>,
    pub customer_id: Option<CustomerId>,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub contact_name: Option<String>,
    pub locale: String,
    pub shipping_address: Option<Address>,
    pub billing_address: Option<Address>,
    pub note: String,
}

/// The till of a sale.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TillSale {
    pub location_id: LocationId,
    pub register_id: RegisterId,
    pub staff_id: Option<StaffId>,
}

/// One thing bought.
#[derive(Clone, Debug)]
pub(crate) struct PlacedLine {
    pub variant: variant::Model,
    pub title: String,
    pub variant_title: String,
    pub quantity: i64,
    pub unit_price: i64,
    pub tax_class_id: TaxClassId,
    pub tax_rate_ppm: i32,
    pub delivery: DeliveryMethod,
    pub pickup_location_id: Option<LocationId>,
    pub metadata: serde_json::Value,
}

/// What shipping costs.
#[derive(Clone, Debug)]
pub(crate) struct PlacedShipping {
    pub method_id: ShippingMethodId,
    pub name: String,
    pub amount: i64,
    pub tax_rate_ppm: i32,
}
