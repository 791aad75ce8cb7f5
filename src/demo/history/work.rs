//! The work for the sales of the year: who serves them, how far it is, and what it moved in stock.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use chrono::TimeDelta;
use entity::id::{FulfillmentOrderId, FulfillmentOrderLineId, PickupId, RoutingDecisionId};
use entity::words::{DeliveryMethod, FulfillmentOrderStatus, MovementKind, PickupProof, PickupStatus, StockState};
use entity::{fulfillment_order, fulfillment_order_line, order_line, pickup, routing_decision};
use serde_json::json;

use super::Shop;
use super::books::{Books, Told};
use super::orders::{Booking, LEAVES_AFTER};
use super::plan::Stage;
use super::stock::Move;

/// The work for the one location that serves the order, with its stock movements.
pub(super) fn of(
    shop: &Shop<'_>,
    books: &mut Books,
    booking: &Booking<'_>,
    placed: entity::id::EventId,
) -> Result<fulfillment_order::Model> {
    let sale = booking.sale;
    let left = sale.at + if sale.delivery == DeliveryMethod::CarryOut { TimeDelta::zero() } else { LEAVES_AFTER };
    let head = fulfillment_order::Model {
        id: FulfillmentOrderId(shop.id(sale.at)),
        order_id: booking.order.id,
        location_id: Some(booking.location.id),
        method: sale.delivery,
        status: match sale.stage {
            Stage::Done => FulfillmentOrderStatus::Closed,
            Stage::Open => FulfillmentOrderStatus::Open,
            Stage::InProgress => FulfillmentOrderStatus::InProgress,
            Stage::Canceled => FulfillmentOrderStatus::Canceled,
        },
        hold_reason: None,
        fulfill_by: Some(sale.at + TimeDelta::hours(24)),
        version: if sale.stage == Stage::Open { 1 } else { 2 },
        created_at: sale.at,
        updated_at: if sale.stage == Stage::Open { sale.at } else { left },
        parked_as: None,
        hold_note: None,
        accepted_at: None,
        packed_at: None,
        closed_at: None,
        external_reference: None,
        routed_at: Some(sale.at),
    };
    let payload = json!({ "order_id": booking.order.id, "location_id": head.location_id, "method": head.method });
    let about_work = |kind, staff| Told {
        kind,
        aggregate_kind: "fulfillment_order",
        aggregate_id: head.id.uuid(),
        customer_id: booking.order.customer_id,
        staff,
        payload: payload.clone(),
    };
    books.tell(shop, sale.at, about_work("fulfillment_order_opened", None));
    let clerk = shop.staff.get(3);
    let later = match sale.stage {
        Stage::Done if sale.delivery != DeliveryMethod::CarryOut => {
            Some(books.tell(shop, left, about_work("fulfillment_order_dispatched", clerk)))
        }
        Stage::InProgress => {
            Some(books.tell(shop, sale.at + TimeDelta::hours(1), about_work("fulfillment_order_accepted", clerk)))
        }
        Stage::Canceled => Some(books.tell(shop, left, about_work("fulfillment_order_canceled", clerk))),
        Stage::Done | Stage::Open => None,
    };
    for line in &booking.lines {
        work_lines(shop, books, booking, &head, line, (placed, later.unwrap_or(placed), left))?;
    }
    if sale.delivery == DeliveryMethod::Ship {
        let assignments: Vec<_> = booking
            .lines
            .iter()
            .enumerate()
            .map(|(line, row)| json!({ "line": line, "location_id": head.location_id, "quantity": row.quantity }))
            .collect();
        books.decisions.push(routing_decision::Model {
            id: RoutingDecisionId(shop.id(sale.at)),
            order_id: booking.order.id,
            rule: "single_nearest".to_owned(),
            outcome: json!({ "assignments": assignments, "candidates": [] }),
            decided_at: sale.at,
            occasion: entity::words::RoutingOccasion::Placement,
            rule_id: None,
            fulfillment_order_id: None,
        });
    }
    books.pickups.extend(pickup(shop, &head, sale.stage, left));
    books.work.push(head.clone());
    Ok(head)
}

/// What is collected has a pickup that is as far as its work.
fn pickup(
    shop: &Shop<'_>,
    head: &fulfillment_order::Model,
    stage: Stage,
    left: chrono::DateTime<chrono::Utc>,
) -> Option<pickup::Model> {
    if head.method != DeliveryMethod::Pickup {
        return None;
    }
    let collected = (stage == Stage::Done).then_some(left);
    Some(pickup::Model {
        id: PickupId(shop.id(head.created_at)),
        fulfillment_order_id: head.id,
        order_id: head.order_id,
        location_id: head.location_id?,
        status: match stage {
            Stage::Done => PickupStatus::Collected,
            Stage::Open => PickupStatus::Assigned,
            Stage::InProgress => PickupStatus::Picking,
            Stage::Canceled => PickupStatus::Canceled,
        },
        code_hash: None,
        code_number: i32::from(collected.is_some()),
        collector_name: None,
        ready_at: collected.map(|_| head.created_at + TimeDelta::hours(1)),
        expires_at: collected.map(|_| head.created_at + TimeDelta::days(7)),
        extensions: 0,
        reminded_at: None,
        arrived_at: None,
        arrival_note: None,
        collected_at: collected,
        collected_by: None,
        proof: collected.map(|_| PickupProof::Code),
        choice_expires_at: None,
        choice: None,
        version: head.version,
        created_at: head.created_at,
        updated_at: head.updated_at,
    })
}

fn work_lines(
    shop: &Shop<'_>,
    books: &mut Books,
    booking: &Booking<'_>,
    head: &fulfillment_order::Model,
    line: &order_line::Model,
    (placed, later, left): (entity::id::EventId, entity::id::EventId, chrono::DateTime<chrono::Utc>),
) -> Result<()> {
    let sale = booking.sale;
    let good = shop.goods.iter().find(|good| good.variant_id == line.variant_id).context("goods")?;
    let parts: BTreeMap<_, _> = good.parts.iter().map(|(variant, units)| (*variant, units * line.quantity)).collect();
    for (variant_id, quantity) in parts {
        let done = if sale.stage == Stage::Done { quantity } else { 0 };
        let row = fulfillment_order_line::Model {
            id: FulfillmentOrderLineId(shop.id(sale.at)),
            fulfillment_order_id: head.id,
            order_line_id: line.id,
            variant_id,
            quantity,
            picked: done,
            packed: done,
            fulfilled: done,
            rejected: 0,
        };
        let mut post = |kind, from, to, event_id, at| {
            let moved = Move {
                location_id: booking.location.id,
                variant_id,
                kind,
                from,
                to,
                quantity,
                line: row.id.uuid(),
                event_id,
                at,
            };
            books.post(shop, &moved);
        };
        if sale.delivery == DeliveryMethod::CarryOut {
            post(MovementKind::Dispatched, StockState::Available, None, placed, sale.at);
        } else {
            post(MovementKind::Committed, StockState::Available, Some(StockState::Committed), placed, sale.at);
            match sale.stage {
                Stage::Done => post(MovementKind::Dispatched, StockState::Committed, None, later, left),
                Stage::Canceled => {
                    post(MovementKind::Released, StockState::Committed, Some(StockState::Available), later, left);
                }
                Stage::Open | Stage::InProgress => {}
            }
        }
        books.work_lines.push(row);
    }
    Ok(())
}
