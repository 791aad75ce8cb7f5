//! Everything that placing an order needs to know, gathered before anything is written.

use entity::address::Address;
use entity::id::{
    CartId, CustomerId, LocationId, OrderId, RegisterId, RegisterSessionId, ShippingMethodId, StaffId, TaxClassId,
};
use entity::words::DeliveryMethod;
use entity::{cart, channel, variant};

use super::place::order_token;
use crate::cart::PricedCart;
use crate::cart::view::{PricedLine, PricedShipping};
use crate::inventory::unit::NumberedUnits;
use crate::kernel::Tx;
use crate::kernel::secret::token_hash;
use crate::payment::gateway::Facts;
use crate::payment::sums::Sums;
use crate::payment::tender::Tender;
use crate::pricing::totals::Totals;
use crate::promotion::Applied;
use crate::promotion::load::Who;

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
    /// What makes it cheaper; the shares stand in the order of the lines.
    pub discounts: Vec<Applied>,
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
    /// Serial and lot numbers of what a customer takes along from the till.
    pub units: Vec<NumberedUnits>,
    /// Whether it is still to be paid before goods leave, by a link.
    pub waits_for_payment: bool,
}

impl Placement {
    /// The order of a basket as it was priced; payments are still to come.
    pub(crate) fn of(tx: &Tx, order_id: OrderId, priced: PricedCart, buyer: Buyer, till: Option<TillSale>) -> Self {
        let tax_names = priced.tax_names();
        Self {
            order_id,
            buyer,
            till,
            lines: priced.lines.into_iter().map(PlacedLine::of).collect(),
            shipping: priced.shipping.map(PlacedShipping::of),
            discounts: priced.outcome.applied,
            channel: priced.channel,
            totals: priced.totals,
            tax_names,
            charges: Vec::new(),
            prior: Sums::default(),
            token_hash: token_hash(&order_token(tx, order_id)),
            units: Vec::new(),
            waits_for_payment: false,
        }
    }
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
    /// By what the uses of promotions are counted.
    pub promotion_key: Option<String>,
}

impl Buyer {
    /// As the cart says.
    pub(crate) fn of(cart: &cart::Model, cart_id: Option<CartId>) -> Self {
        Self {
            cart_id,
            customer_id: cart.customer_id,
            email: cart.email.clone(),
            phone: cart.phone.clone(),
            contact_name: cart.contact_name.clone(),
            locale: cart.locale.clone(),
            shipping_address: cart.shipping_address.clone(),
            billing_address: cart.billing_address.clone(),
            note: cart.note.clone(),
            promotion_key: Who { customer_id: cart.customer_id, email: cart.email.as_deref() }.key(),
        }
    }
}

/// The till of a sale.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TillSale {
    pub location_id: LocationId,
    pub register_id: RegisterId,
    pub staff_id: Option<StaffId>,
    /// The session of its drawer.
    pub register_session_id: Option<RegisterSessionId>,
    /// When it was sold, for a sale that arrives late.
    pub sold_at: Option<chrono::DateTime<chrono::Utc>>,
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
    /// Where it must be sent from; wherever routing says when `None`.
    pub ship_from: Option<LocationId>,
    pub metadata: serde_json::Value,
}

impl PlacedLine {
    /// As priced.
    fn of(line: PricedLine) -> Self {
        Self {
            variant: line.variant,
            title: line.title,
            variant_title: line.variant_title,
            quantity: line.line.quantity,
            unit_price: line.unit_price,
            tax_class_id: line.tax_class_id,
            tax_rate_ppm: line.tax_rate_ppm,
            delivery: line.line.delivery,
            pickup_location_id: line.line.pickup_location_id,
            ship_from: None,
            metadata: line.line.metadata,
        }
    }
}

/// What shipping costs.
#[derive(Clone, Debug)]
pub(crate) struct PlacedShipping {
    pub method_id: ShippingMethodId,
    pub name: String,
    pub amount: i64,
    pub tax_rate_ppm: i32,
    pub delivery_on: Option<chrono::NaiveDate>,
    pub delivery_slot: Option<String>,
}

impl PlacedShipping {
    /// As priced.
    fn of(shipping: PricedShipping) -> Self {
        Self {
            method_id: shipping.method.id,
            name: shipping.name,
            amount: shipping.amount,
            tax_rate_ppm: shipping.tax_rate_ppm,
            delivery_on: shipping.delivery_on,
            delivery_slot: shipping.delivery_slot,
        }
    }
}
