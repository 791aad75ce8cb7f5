//! Cash on delivery: the carrier took the money when it delivered.

use std::collections::BTreeSet;

use entity::event;
use entity::id::{OrderId, PaymentId, ShipmentId};
use entity::words::{Gateway, ManualMethod, OrderFulfillmentStatus, TrackingStatus};

use super::contents;
use crate::kernel::{Result, Tx};
use crate::messaging::dispatch::{Handled, Handler};
use crate::order as orders;
use crate::order::capture_payment;
use crate::payment as payments;
use crate::payment::sums::Sums;

/// Records the money of cash on delivery when the last parcel of the order was delivered.
pub const HANDLER: Handler =
    Handler { name: "cash_on_delivery", kinds: &["shipment_tracked"], run: |tx, event| Box::pin(delivered(tx, event)) };

async fn delivered(tx: &Tx, event: &event::Model) -> Result<Handled> {
    let to = event.payload.get("to").and_then(serde_json::Value::as_str);
    if to != Some(TrackingStatus::Delivered.as_str()) {
        return Ok(Handled::Nothing("not delivered"));
    }
    let id = ShipmentId(event.aggregate_id);
    let contents = contents::contents(tx, &[id]).await?.remove(&id).unwrap_or_default();
    let orders: BTreeSet<OrderId> = contents.iter().map(|content| content.sold.order_id).collect();
    let ids: Vec<OrderId> = orders.into_iter().collect();
    let mut taken = false;
    let waits = |payment: &entity::payment::Model| {
        payment.gateway == Gateway::Manual && payment.method == Some(ManualMethod::CashOnDelivery)
    };
    let payments = payments::query::of_orders(tx, &ids).await?;
    for payment in payments.iter().filter(|payment| waits(payment)) {
        let Some(order_id) = payment.order_id else { continue };
        taken |= take(tx, order_id, payment.id).await?;
    }
    Ok(if taken { Handled::Done } else { Handled::Nothing("nothing is paid at the door") })
}

async fn take(tx: &Tx, order_id: OrderId, id: PaymentId) -> Result<bool> {
    let order = orders::lock_one(tx, order_id).await?;
    let is_whole = order.fulfillment_status == OrderFulfillmentStatus::Fulfilled;
    let events = payments::query::events(tx, &[id]).await?;
    if !is_whole || Sums::of(&events).captured > 0 || !all_delivered(tx, order_id).await? {
        return Ok(false);
    }
    let Some(payment) = payments::query::by_id(tx, id).await? else { return Ok(false) };
    Box::pin(capture_payment::capture(tx, order, &payment, None, false)).await?;
    Ok(true)
}

/// Whether every parcel of an order that left was delivered.
async fn all_delivered(tx: &Tx, order: OrderId) -> Result<bool> {
    let work = crate::fulfillment::query::of_orders(tx, &[order]).await?;
    let work: Vec<_> = work.iter().map(|work| work.id).collect();
    let parcels = super::query::of_work(tx, &work).await?;
    Ok(parcels.iter().filter(|(_, parcel)| parcel.voided_at.is_none()).all(|(_, parcel)| parcel.delivered_at.is_some()))
}
