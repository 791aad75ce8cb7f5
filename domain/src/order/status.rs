//! The statuses of an order that follow from facts: pure functions, recomputed by the audit.

use entity::words::{
    DeliveryMethod, FulfillmentOrderStatus, OrderFulfillmentStatus, OrderPickupStatus, OrderReturnStatus, PickupStatus,
};
use entity::{fulfillment_order, order_line, pickup};

/// What fulfillment work and lines say about an order.
#[must_use]
pub fn fulfillment(lines: &[order_line::Model], work: &[fulfillment_order::Model]) -> OrderFulfillmentStatus {
    use FulfillmentOrderStatus as W;
    let wanted: i64 = lines.iter().map(|line| line.quantity - line.canceled).sum();
    let left: i64 = lines.iter().map(|line| line.fulfilled).sum();
    let any = |status: W| work.iter().any(|work| work.status == status);
    if wanted > 0 && left >= wanted {
        OrderFulfillmentStatus::Fulfilled
    } else if left > 0 {
        OrderFulfillmentStatus::PartiallyFulfilled
    } else if any(W::OnHold) {
        OrderFulfillmentStatus::OnHold
    } else if any(W::InProgress) || any(W::Packed) {
        OrderFulfillmentStatus::InProgress
    } else if any(W::Scheduled) && !any(W::Open) {
        OrderFulfillmentStatus::Scheduled
    } else {
        OrderFulfillmentStatus::Unfulfilled
    }
}

/// What the lines to collect and their pickups say about an order.
#[must_use]
pub fn pickup(lines: &[order_line::Model], pickups: &[pickup::Model]) -> OrderPickupStatus {
    let collect =
        || lines.iter().filter(|line| line.delivery == DeliveryMethod::Pickup && line.quantity > line.canceled);
    let wanted: i64 = collect().map(|line| line.quantity - line.canceled).sum();
    let left: i64 = collect().map(|line| line.fulfilled).sum();
    let any = |status: PickupStatus| pickups.iter().any(|pickup| pickup.status == status);
    match (wanted, left) {
        (0, _) if any(PickupStatus::Expired) => OrderPickupStatus::Expired,
        (0, _) => OrderPickupStatus::None,
        (_, 0) if any(PickupStatus::Ready) => OrderPickupStatus::Ready,
        (_, 0) => OrderPickupStatus::Preparing,
        (wanted, left) if left >= wanted => OrderPickupStatus::Collected,
        _ => OrderPickupStatus::PartiallyCollected,
    }
}

/// What the units that came back say about an order.
#[must_use]
pub fn returns(lines: &[order_line::Model]) -> OrderReturnStatus {
    let sum = |part: fn(&order_line::Model) -> i64| lines.iter().map(part).sum::<i64>();
    let (fulfilled, requested, back) =
        (sum(|line| line.fulfilled), sum(|line| line.return_requested), sum(|line| line.received_back));
    if requested == 0 {
        OrderReturnStatus::None
    } else if back == 0 {
        OrderReturnStatus::Requested
    } else if back >= fulfilled {
        OrderReturnStatus::Returned
    } else if back >= requested {
        OrderReturnStatus::PartiallyReturned
    } else {
        OrderReturnStatus::InProgress
    }
}
