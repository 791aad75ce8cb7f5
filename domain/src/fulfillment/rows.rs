//! The rows of a placed order: pure, from a placement and its plan.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use entity::id::{
    FulfillmentOrderId, FulfillmentOrderLineId, LocationId, OrderDiscountId, OrderId, OrderLineId, OrderShippingId,
    VariantId,
};
use entity::status::{FulfillmentOrderAction, StateMachine};
use entity::words::{DeliveryMethod, DiscountKind, FulfillmentOrderStatus, ParkingReason};
use entity::{
    fulfillment_order, fulfillment_order_line, order_discount, order_discount_share, order_line, order_shipping,
    order_tax,
};

use super::placement::{PlacedLine, Placement};
use super::plan::Routed;
use crate::inventory::pickup::TRANSFER_TIME;
use crate::kernel::language::Language;
use crate::kernel::{Error, Result, Tx};
use crate::location::{hours, query::time_zone};
use crate::promotion::{Applied, Source, by_hand};

/// Hours in which a parcel should leave.
pub(super) const SHIP_WITHIN: chrono::TimeDelta = chrono::TimeDelta::hours(24);

/// Fulfillment work with its lines.
pub(super) struct Work {
    pub(super) head: fulfillment_order::Model,
    /// Each with whether its stock is counted.
    pub(super) lines: Vec<(fulfillment_order_line::Model, bool)>,
    /// Units that others bring first, by sender; the work waits for them.
    pub(super) brought: BTreeMap<LocationId, BTreeMap<VariantId, i64>>,
}

/// The order's lines with their shares of discounts and taxes.
pub(super) fn lines(tx: &Tx, placement: &Placement) -> Result<Vec<order_line::Model>> {
    if placement.lines.len() != placement.totals.lines.len() {
        return Err(Error::Bug("totals were computed from other lines".to_owned()));
    }
    let rows = placement.lines.iter().zip(&placement.totals.lines).zip(1..);
    Ok(rows
        .map(|((line, totals), position)| order_line::Model {
            id: OrderLineId(tx.new_uuid()),
            order_id: placement.order_id,
            position,
            variant_id: line.variant.id,
            title: line.title.clone(),
            variant_title: line.variant_title.clone(),
            sku: line.variant.sku.clone(),
            quantity: line.quantity,
            unit_price: line.unit_price,
            subtotal: totals.subtotal,
            discount: totals.discount,
            tax_class_id: line.tax_class_id,
            tax_rate_ppm: line.tax_rate_ppm,
            tax: totals.tax,
            total: totals.total,
            delivery: line.delivery,
            pickup_location_id: line.pickup_location_id,
            fulfilled: if is_handed_over(line) { line.quantity } else { 0 },
            canceled: 0,
            return_requested: 0,
            received_back: 0,
            metadata: line.metadata.clone(),
            revision: 1,
        })
        .collect())
}

/// Whether a line leaves with the customer at once.
fn is_handed_over(line: &PlacedLine) -> bool {
    line.delivery == DeliveryMethod::CarryOut
}

/// The order's tax per rate.
pub(super) fn taxes(placement: &Placement) -> Vec<order_tax::Model> {
    let name = |rate: i32| placement.tax_names.iter().find(|(ppm, _)| *ppm == rate).map(|(_, name)| name.clone());
    let rows = placement.totals.taxes.iter().map(|rate| order_tax::Model {
        order_id: placement.order_id,
        rate_ppm: rate.rate_ppm,
        name: name(rate.rate_ppm).unwrap_or_default(),
        taxable: rate.net(placement.channel.prices_include_tax),
        tax: rate.tax,
    });
    rows.collect()
}

/// What the order pays for shipping.
pub(super) fn shipping(tx: &Tx, placement: &Placement) -> Option<order_shipping::Model> {
    let (shipping, totals) = placement.shipping.as_ref().zip(placement.totals.shipping.as_ref())?;
    Some(order_shipping::Model {
        id: OrderShippingId(tx.new_uuid()),
        order_id: placement.order_id,
        method_id: Some(shipping.method_id),
        name: shipping.name.clone(),
        amount: shipping.amount,
        tax_rate_ppm: shipping.tax_rate_ppm,
        tax: totals.tax,
        total: totals.total,
        delivery_on: shipping.delivery_on,
        delivery_slot: shipping.delivery_slot.clone(),
        discount: totals.discount,
        revision: 1,
    })
}

/// What makes the order cheaper, and the shares of its lines in it.
pub(super) fn discounts(
    tx: &Tx,
    placement: &Placement,
    lines: &[order_line::Model],
) -> (Vec<order_discount::Model>, Vec<order_discount_share::Model>) {
    let (mut rows, mut shares) = (Vec::with_capacity(placement.discounts.len()), Vec::new());
    for (applied, position) in placement.discounts.iter().zip(1..) {
        let row = discount(tx, placement, applied, position);
        let of_lines = lines.iter().zip(&applied.shares).filter(|(_, share)| **share > 0);
        shares.extend(of_lines.map(|(line, share)| order_discount_share::Model {
            order_discount_id: row.id,
            order_line_id: line.id,
            amount: *share,
        }));
        rows.push(row);
    }
    (rows, shares)
}

fn discount(tx: &Tx, placement: &Placement, applied: &Applied, position: i32) -> order_discount::Model {
    let blank = order_discount::Model {
        id: OrderDiscountId(tx.new_uuid()),
        order_id: placement.order_id,
        position,
        kind: DiscountKind::Promotion,
        target: applied.target,
        title: applied.title.clone(),
        promotion_id: None,
        code: None,
        amount: applied.amount,
        reason: None,
        staff_id: None,
        approved_by: None,
    };
    match &applied.source {
        Source::Promotion { id, code, .. } => order_discount::Model {
            promotion_id: Some(*id),
            code: code.as_ref().map(|code| code.code.clone()),
            ..blank
        },
        Source::Staff { kind, reason, staff_id, approved_by } => order_discount::Model {
            kind: *kind,
            title: by_hand::title(*kind, Language::of(&placement.buyer.locale)),
            reason: Some(reason.clone()),
            staff_id: *staff_id,
            approved_by: *approved_by,
            ..blank
        },
    }
}

/// The fulfillment work of a plan: one per location and method, a line per part. What waits is told apart by why it
/// waits, and by its day; what is collected by its store, and by whether it lies there or is brought first.
pub(super) fn work(tx: &Tx, order_id: OrderId, routed: &Routed, lines: &[order_line::Model]) -> Result<Vec<Work>> {
    let mut groups: BTreeMap<_, Work> = BTreeMap::new();
    for assignment in &routed.plan.assignments {
        let line = lines.get(assignment.line);
        let parts = routed.parts.get(assignment.line);
        let (line, parts) =
            line.zip(parts).ok_or_else(|| Error::Bug("the plan speaks of a line that is not there".to_owned()))?;
        let waits = assignment.parked_as.map(|reason| {
            let day = routed.days.get(assignment.line).copied().flatten();
            (reason, day.filter(|_| reason == ParkingReason::Preorder))
        });
        let store = line.pickup_location_id.filter(|_| line.delivery == DeliveryMethod::Pickup);
        let is_brought = assignment.from.is_some();
        let key = (assignment.location_id, line.delivery, store, waits, is_brought);
        let Work { head, lines, brought } = groups.entry(key).or_insert_with(|| {
            let at = (assignment.location_id, line.delivery);
            let head = work_row(tx, order_id, routed, at, waits);
            let head = if is_brought { awaiting(tx, head, routed) } else { head };
            Work { head, lines: Vec::new(), brought: BTreeMap::new() }
        });
        for (variant_id, units, is_counted) in parts {
            let quantity = units.checked_mul(assignment.quantity).ok_or_else(too_many)?;
            if let Some(sender) = assignment.from.filter(|_| *is_counted) {
                *brought.entry(sender).or_default().entry(*variant_id).or_default() += quantity;
            }
            let same = |row: &&mut (fulfillment_order_line::Model, bool)| {
                row.0.order_line_id == line.id && row.0.variant_id == *variant_id
            };
            // Units of a line that several bring lie together in the end.
            if let Some((row, _)) = lines.iter_mut().find(same).filter(|_| is_brought) {
                row.quantity += quantity;
                continue;
            }
            let left = head.status == FulfillmentOrderStatus::Closed;
            let done = if left { quantity } else { 0 };
            let row = fulfillment_order_line::Model {
                id: FulfillmentOrderLineId(tx.new_uuid()),
                fulfillment_order_id: head.id,
                order_line_id: line.id,
                variant_id: *variant_id,
                quantity,
                picked: done,
                packed: done,
                fulfilled: done,
                rejected: 0,
            };
            lines.push((row, *is_counted));
        }
    }
    Ok(groups.into_values().collect())
}

fn too_many() -> Error {
    Error::invalid(crate::ErrorCode::InvalidQuantity, "quantity")
}

/// Why work waits, and until which day.
pub(super) type Waits = Option<(ParkingReason, Option<DateTime<Utc>>)>;

fn work_row(
    tx: &Tx,
    order_id: OrderId,
    routed: &Routed,
    (location_id, method): (Option<LocationId>, DeliveryMethod),
    waits: Waits,
) -> fulfillment_order::Model {
    let open = FulfillmentOrderStatus::Open;
    let status = match (location_id, method) {
        // Waits for stock, without a location.
        (None, _) => FulfillmentOrderStatus::Scheduled,
        (Some(_), DeliveryMethod::CarryOut) => open.next(FulfillmentOrderAction::Dispatch).unwrap_or(open),
        (Some(_), DeliveryMethod::Ship | DeliveryMethod::Pickup | DeliveryMethod::LocalDelivery) => open,
    };
    let fulfill_by = match waits {
        Some((ParkingReason::Unfillable, _)) => Some(routed.promise),
        Some((ParkingReason::Backorder, _)) => None,
        Some((ParkingReason::Preorder, day)) => day.map(|day| day + SHIP_WITHIN),
        None => fulfill_by(tx, location_id, method, routed),
    };
    fulfillment_order::Model {
        id: FulfillmentOrderId(tx.new_uuid()),
        order_id,
        location_id,
        method,
        status,
        hold_reason: None,
        fulfill_by,
        version: 1,
        created_at: tx.now(),
        updated_at: tx.now(),
        parked_as: waits.map(|(reason, _)| reason),
        hold_note: None,
        accepted_at: None,
        packed_at: None,
        closed_at: None,
        external_reference: None,
        routed_at: location_id.map(|_| tx.now()),
    }
}

/// Work whose goods are brought first: it waits at its store, and is promised for after their arrival.
pub(super) fn awaiting(tx: &Tx, head: fulfillment_order::Model, routed: &Routed) -> fulfillment_order::Model {
    let store = head.location_id.and_then(|store| routed.locations.get(&store));
    let fulfill_by = store.and_then(|store| {
        let arrival = tx.now() + TRANSFER_TIME;
        hours::ready_at(&store.opening_hours, time_zone(store), arrival, store.pickup_ready_minutes)
    });
    fulfillment_order::Model { status: FulfillmentOrderStatus::Scheduled, fulfill_by, ..head }
}

/// The promise: a parcel leaves within a day, a pickup is ready after the store's preparation time in opening hours.
pub(super) fn fulfill_by(
    tx: &Tx,
    location_id: Option<LocationId>,
    method: DeliveryMethod,
    routed: &Routed,
) -> Option<DateTime<Utc>> {
    let location = routed.locations.get(&location_id?)?;
    match method {
        DeliveryMethod::CarryOut => Some(tx.now()),
        DeliveryMethod::Ship | DeliveryMethod::LocalDelivery => Some(routed.promise),
        DeliveryMethod::Pickup => {
            let zone: chrono_tz::Tz = location.time_zone.parse().ok()?;
            hours::ready_at(&location.opening_hours, zone, tx.now(), location.pickup_ready_minutes)
        }
    }
}
