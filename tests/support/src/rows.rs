//! Rows that a test writes by hand, whole but for what it cares about: `order::Model { total, ..order_row(…) }`. A new
//! column gets its value here and nowhere else.

use chrono::{DateTime, Utc};
use entity::id::{MessageId, OrderId};
use entity::words::{
    MessageChannel, MessageClass, MessageStatus, OrderFulfillmentStatus, OrderPaymentStatus, OrderPickupStatus,
    OrderReturnStatus, OrderStatus,
};
use entity::{channel, message, order};
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

/// A mail that waits and was never tried: it needs no consent, belongs to no channel, order, customer or flow, and says
/// nothing. Its keys are made of its id.
#[must_use]
pub fn message_row(id: MessageId, now: DateTime<Utc>) -> message::Model {
    message::Model {
        id,
        dedupe_key: id.to_string(),
        template: "shipment_shipped".to_owned(),
        channel: MessageChannel::Email,
        locale: "ja".to_owned(),
        status: MessageStatus::Queued,
        customer_id: None,
        order_id: None,
        event_id: None,
        sender: "ひとつ <shop@shop.example>".to_owned(),
        recipient: "hanako@example.jp".to_owned(),
        message_id: format!("<{id}@shop.example>"),
        subject: String::new(),
        html: String::new(),
        text: String::new(),
        error: None,
        created_at: now,
        sent_at: None,
        class: MessageClass::Transactional,
        channel_id: None,
        template_id: None,
        reason: None,
        send_after: None,
        attempts: 0,
        provider_id: None,
        unsubscribe_url: None,
        flow_id: None,
        flow_run_id: None,
        step: None,
        variant: None,
    }
}
