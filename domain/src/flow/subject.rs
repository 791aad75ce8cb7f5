//! What a run is about, and which orders and customers an event concerns.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use entity::id::{BackInStockId, CartId, ChannelId, CustomerId, EventId, OrderId, VariantId};
use entity::{event, flow_run};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::definition::{EventMatch, Of};

/// What a run is to be about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Subject {
    /// One run per flow and key.
    pub(super) key: String,
    pub(super) customer_id: Option<CustomerId>,
    pub(super) order_id: Option<OrderId>,
    pub(super) channel_id: Option<ChannelId>,
    pub(super) event_id: Option<EventId>,
    /// When what started it happened.
    pub(super) at: DateTime<Utc>,
    /// When the first step is due.
    pub(super) due_at: DateTime<Utc>,
    pub(super) context: RunContext,
}

/// What a run remembers. Never an address or a name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct RunContext {
    /// What it is about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) variant_ids: Vec<VariantId>,
    /// The cart that was left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cart_id: Option<CartId>,
    /// Who waits for it to be there again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) back_in_stock_id: Option<BackInStockId>,
    /// When what started it happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) since: Option<DateTime<Utc>>,
    /// When the next step was due: waits count from then, however late somebody comes to them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) due_at: Option<DateTime<Utc>>,
    /// The step that waits for an event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) waiting_at: Option<String>,
}

impl RunContext {
    /// What a run remembers. What cannot be read is nothing.
    pub(super) fn of(run: &flow_run::Model) -> Self {
        serde_json::from_value(run.context.clone()).unwrap_or_default()
    }
}

/// What an event is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct About {
    pub(super) orders: BTreeSet<OrderId>,
    pub(super) customer_id: Option<CustomerId>,
}

impl About {
    /// Orders by the event itself or by what it tells; the customer it names.
    pub(super) fn of(event: &event::Model) -> Self {
        let mut orders = BTreeSet::new();
        if event.aggregate_kind == "order" {
            orders.insert(OrderId(event.aggregate_id));
        }
        let id = |value: &Value| value.as_str().and_then(|text| text.parse::<OrderId>().ok());
        orders.extend(event.payload.get("order_id").and_then(id));
        if let Some(many) = event.payload.get("order_ids").and_then(Value::as_array) {
            orders.extend(many.iter().filter_map(id));
        }
        Self { orders, customer_id: event.customer_id }
    }

    /// Whether it concerns a run in the wanted sense.
    pub(super) fn concerns(&self, run: &flow_run::Model, of: Option<Of>) -> bool {
        let same_order = run.order_id.is_some_and(|id| self.orders.contains(&id));
        let same_customer = run.customer_id.is_some() && run.customer_id == self.customer_id;
        match of {
            Some(Of::Order) => same_order,
            Some(Of::Customer) => same_customer || same_order,
            None => same_order || (run.order_id.is_none() && same_customer),
        }
    }
}

impl EventMatch {
    /// Whether an event is meant.
    pub(super) fn matches(&self, event: &event::Model) -> bool {
        self.event == event.kind && self.when.iter().all(|(field, wanted)| says(&event.payload, field, wanted))
    }
}

fn says(payload: &Value, field: &str, wanted: &str) -> bool {
    match payload.get(field) {
        Some(Value::String(text)) => text == wanted,
        Some(Value::Bool(yes)) => yes.to_string() == wanted,
        Some(Value::Number(number)) => number.to_string() == wanted,
        Some(Value::Null | Value::Array(_) | Value::Object(_)) | None => false,
    }
}
