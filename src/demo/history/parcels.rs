//! What reached people: parcels with the carrier's last word, and pickups that were handed over, with the events that
//! flows would have followed. No handler heard them.

use std::collections::HashMap;

use anyhow::{Context as _, Result};
use chrono::{DateTime, TimeDelta, Utc};
use domain::shipping::recipient::Recipient;
use entity::id::{EventId, FulfillmentOrderId, LocationId, OrderId, ShipmentId, ShipmentLineId, TrackingEventId};
use entity::money::Currency;
use entity::words::{ActorKind, Carrier, DeliveryMethod, FulfillmentOrderStatus, TrackingSource, TrackingStatus};
use entity::{event, fulfillment_order, fulfillment_order_line, order, shipment, shipment_line, tracking_event};
use serde_json::{Value, json};

use super::super::id_of;
use super::Shop;
use super::books::Books;

/// How long parcels are under way at home.
const AT_HOME: TimeDelta = TimeDelta::hours(27);
/// How long parcels are under way abroad.
const ABROAD: TimeDelta = TimeDelta::days(6);

/// An order of which everything is with its buyer.
#[derive(Debug)]
pub(super) struct Arrived {
    pub(super) order_id: OrderId,
    pub(super) at: DateTime<Utc>,
    /// Who brought it.
    pub(super) carrier: Option<Carrier>,
    /// Where it was collected.
    pub(super) location_id: Option<LocationId>,
}

/// Rows in the making.
#[derive(Debug, Default)]
struct Parcels {
    arrived: Vec<Arrived>,
    events: Vec<event::Model>,
    parcels: Vec<shipment::Model>,
    lines: Vec<shipment_line::Model>,
    tracking: Vec<tracking_event::Model>,
}

/// One parcel for everything that was sent, and the end of every pickup that was collected.
pub(super) fn deliver(shop: &Shop<'_>, books: &mut Books) -> Result<Vec<Arrived>> {
    let orders: HashMap<OrderId, &order::Model> = books.orders.iter().map(|order| (order.id, order)).collect();
    let mut lines: HashMap<FulfillmentOrderId, Vec<&fulfillment_order_line::Model>> = HashMap::new();
    for line in &books.work_lines {
        lines.entry(line.fulfillment_order_id).or_default().push(line);
    }
    let mut made = Parcels::default();
    let done = books.work.iter().filter(|work| work.status == FulfillmentOrderStatus::Closed);
    for (number, work) in (0_u64..).zip(done) {
        let order = orders.get(&work.order_id).copied().context("work has an order")?;
        match work.method {
            DeliveryMethod::Ship => {
                let inside = lines.get(&work.id).map(Vec::as_slice).unwrap_or_default();
                made.send(shop, (order, work, inside), number)?;
            }
            DeliveryMethod::Pickup => made.hand_over(books, order, work),
            DeliveryMethod::CarryOut | DeliveryMethod::LocalDelivery => {}
        }
    }
    books.events.append(&mut made.events);
    books.parcels.append(&mut made.parcels);
    books.parcel_lines.append(&mut made.lines);
    books.tracking.append(&mut made.tracking);
    Ok(made.arrived)
}

impl Parcels {
    fn send(
        &mut self,
        shop: &Shop<'_>,
        (order, work, inside): (&order::Model, &fulfillment_order::Model, &[&fulfillment_order_line::Model]),
        number: u64,
    ) -> Result<()> {
        let is_abroad = order.currency == Currency::EUR;
        let left = work.updated_at;
        let arrived = Some(left + if is_abroad { ABROAD } else { AT_HOME }).filter(|at| *at < shop.now);
        let carrier = match number % 10 {
            _ if is_abroad => Carrier::Dhl,
            0..=5 => Carrier::Yamato,
            6..=8 => Carrier::Sagawa,
            _ => Carrier::JapanPost,
        };
        let location_id = work.location_id.context("work is done somewhere")?;
        let parcel = parcel(order, (location_id, carrier, number), left, arrived)?;
        let id = parcel.id;
        self.parcels.push(parcel);
        self.lines.extend(inside.iter().map(|line| shipment_line::Model {
            id: ShipmentLineId(id_of(left)),
            shipment_id: id,
            fulfillment_order_line_id: line.id,
            quantity: line.quantity,
        }));
        let orders = [order.id];
        let about = ("shipment", id.uuid());
        let facts = json!({ "shipment_id": id, "order_ids": orders, "location_id": location_id, "carrier": carrier });
        self.tell(order, "shipment_dispatched", about, (left, facts));
        let Some(at) = arrived else { return Ok(()) };
        self.tracking.push(tracking_event::Model {
            id: TrackingEventId(id_of(at)),
            shipment_id: id,
            status: TrackingStatus::Delivered,
            description: if is_abroad { "Delivered" } else { "配達完了" }.to_owned(),
            place: None,
            source: TrackingSource::Carrier,
            external_id: None,
            occurred_at: at,
            received_at: at,
        });
        let facts = json!({
            "order_ids": orders,
            "location_id": location_id,
            "from": TrackingStatus::PreTransit,
            "to": TrackingStatus::Delivered,
            "occurred_at": at,
            "source": TrackingSource::Carrier,
        });
        self.tell(order, "shipment_tracked", about, (at, facts));
        self.arrived.push(Arrived { order_id: order.id, at, carrier: Some(carrier), location_id: None });
        Ok(())
    }

    fn hand_over(&mut self, books: &Books, order: &order::Model, work: &fulfillment_order::Model) {
        let Some(pickup) = books.pickups.iter().find(|pickup| pickup.fulfillment_order_id == work.id) else { return };
        let Some(at) = pickup.collected_at else { return };
        let facts = json!({ "order_id": order.id, "location_id": pickup.location_id });
        self.tell(order, "pickup_collected", ("pickup", pickup.id.uuid()), (at, facts));
        self.arrived.push(Arrived { order_id: order.id, at, carrier: None, location_id: Some(pickup.location_id) });
    }

    fn tell(
        &mut self,
        order: &order::Model,
        kind: &str,
        (aggregate_kind, aggregate_id): (&str, uuid::Uuid),
        (at, payload): (DateTime<Utc>, Value),
    ) {
        self.events.push(event::Model {
            id: EventId(id_of(at)),
            kind: kind.to_owned(),
            aggregate_kind: aggregate_kind.to_owned(),
            aggregate_id,
            customer_id: order.customer_id,
            actor_kind: ActorKind::System,
            actor_id: None,
            device_id: None,
            request_id: "demo".to_owned(),
            payload,
            occurred_at: at,
        });
    }
}

fn parcel(
    order: &order::Model,
    (location_id, carrier, number): (LocationId, Carrier, u64),
    left: DateTime<Utc>,
    arrived: Option<DateTime<Utc>>,
) -> Result<shipment::Model> {
    Ok(shipment::Model {
        id: ShipmentId(id_of(left)),
        location_id,
        carrier,
        carrier_name: None,
        service: None,
        tracking_number: matches!(carrier, Carrier::Yamato | Carrier::Sagawa).then(|| tracking_number(number)),
        tracking_url: None,
        tracking_status: if arrived.is_some() { TrackingStatus::Delivered } else { TrackingStatus::PreTransit },
        recipient: serde_json::to_value(Recipient::of(order)?)?,
        delivery_on: None,
        delivery_slot: None,
        weight_grams: None,
        external_reference: None,
        packed_at: left,
        shipped_at: Some(left),
        delivered_at: arrived,
        returned_at: None,
        voided_at: None,
        version: if arrived.is_some() { 3 } else { 2 },
        created_at: left,
        updated_at: arrived.unwrap_or(left),
        expected_on: None,
        delayed_at: None,
        presumed_at: None,
    })
}

/// Twelve digits, the last of which is the rest of the others by seven, as Yamato and Sagawa number their parcels.
fn tracking_number(number: u64) -> String {
    let body = 41_900_000_000 + number;
    format!("{body}{}", body % 7)
}
