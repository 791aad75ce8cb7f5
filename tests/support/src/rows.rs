//! Rows that a test writes by hand, whole but for what it cares about: `order::Model { total, ..order_row(…) }`. A new
//! column gets its value here and nowhere else.

use chrono::{DateTime, Utc};
use entity::id::OrderId;
use entity::words::{OrderFulfillmentStatus, OrderPaymentStatus, OrderPickupStatus, OrderReturnStatus, OrderStatus};
use entity::{channel, order};
use serde_json::json;

/// An order that was just placed in a channel by nobody in particular, in its currency, language and taxes: open, over
/// nothing, unpaid, with no cart, no place and no contact. It has no lines and no events.
#[must_use]
pub fn order_row(id: OrderId, channel: &channel::Model, now: DateTime<Utc>) -> order::Model {
    order::Model {
        id,
        number: format!("N-{}", id.uuid().simple()),
        channel_id: channel.id,
        customer_id: None,
        status: OrderStatus::Open,
        payment_status: OrderPaymentStatus::Unpaid,
        fulfillment_status: OrderFulfillmentStatus::Unfulfilled,
        pickup_status: OrderPickupStatus::None,
        return_status: OrderReturnStatus::None,
        currency: channel.currency,
        locale: channel.default_locale.clone(),
        email: None,
        phone: None,
        contact_name: None,
        shipping_address: None,
        billing_address: None,
        prices_include_tax: channel.prices_include_tax,
        tax_rounding: channel.tax_rounding,
        subtotal: 0,
        discount_total: 0,
        shipping_total: 0,
        tax_total: 0,
        total: 0,
        token_hash: None,
        cart_id: None,
        location_id: None,
        register_id: None,
        staff_id: None,
        external_reference: None,
        note: String::new(),
        placed_at: Some(now),
        canceled_at: None,
        closed_at: None,
        version: 1,
        metadata: json!({}),
        private_metadata: json!({}),
        created_at: now,
        updated_at: now,
    }
}
