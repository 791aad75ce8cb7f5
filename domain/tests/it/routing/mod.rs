//! Routing by rules, waiting work, and simulations.

mod near;
mod parking;
mod placing;
mod rerouting;
mod rules;
mod simulating;

use std::sync::Arc;

use async_trait::async_trait;
use domain::inventory::{ReceiveLine, ReceiveStock, receive};
use domain::jobs::{Adapters, run_due};
use domain::messaging::{MessageTransport, OutgoingMail, SendError};
use domain::routing::rule::Filter;
use domain::routing::upsert_rule::{UpsertRule, upsert};
use domain::{Ctx, Permission};
use entity::id::{LocationId, OrderId, VariantId};
use entity::words::{RoutingFallback, RoutingSort, StockState};
use entity::{fulfillment_order, location, routing_rule};
use support::World;

use crate::fulfillment::shop::{Shop, buy};

/// A mail server that takes everything.
#[derive(Debug)]
struct AnyMail;

#[async_trait]
impl MessageTransport for AnyMail {
    async fn send(&self, _: &OutgoingMail) -> Result<(), SendError> {
        Ok(())
    }
}

/// Runs everything that is due.
async fn work(world: &World) {
    run_due(&world.ctx(), &Adapters { mail: Arc::new(AnyMail) }).await.unwrap();
}

/// Receives stock as staff do, so that its event tells.
async fn arrive(world: &World, place: &location::Model, variant: VariantId, quantity: i64) {
    let ctx = world.staff(&[Permission::StockReceive]).await;
    let input = ReceiveStock {
        location_id: place.id,
        lines: vec![ReceiveLine { variant_id: variant, quantity, state: StockState::Available }],
        reason: "delivery note".to_owned(),
        idempotency_key: world.new_uuid().to_string(),
        reason_code: None,
        units: Vec::new(),
    };
    receive(&ctx, input).await.unwrap();
}

async fn manager(world: &World) -> Ctx {
    world.staff(&[Permission::RoutingWrite, Permission::OrdersRead, Permission::FulfillmentWork]).await
}

/// A rule that waits for staff with what it cannot place.
fn rule(shop: &Shop, name: &str, filters: Vec<Filter>, sorts: &[RoutingSort]) -> UpsertRule {
    UpsertRule {
        id: None,
        expected_version: None,
        channel_id: shop.online.id,
        name: name.to_owned(),
        active: true,
        filters,
        sorts: sorts.to_vec(),
        allow_partial: true,
        fallback: RoutingFallback::Queue,
    }
}

async fn add(world: &World, rule: UpsertRule) -> routing_rule::Model {
    upsert(&manager(world).await, rule).await.unwrap()
}

/// Orders that are kept whole.
async fn keep_whole(world: &World, shop: &Shop) -> routing_rule::Model {
    add(world, UpsertRule { allow_partial: false, ..rule(shop, "whole", Vec::new(), &[]) }).await
}

/// Buys some units; the order, or its error.
async fn order(shop: &Shop, variant: VariantId, quantity: i64) -> domain::Result<OrderId> {
    let (cart, ctx) = shop.cart_of(variant, quantity).await;
    buy(&ctx, cart, quantity * 1_000 + 550, "key").await.map(|done| done.order.id)
}

/// Where an order's units are: (location, units), waiting units first.
async fn places(shop: &Shop, order: OrderId) -> Vec<(Option<LocationId>, i64)> {
    let work = shop.work(order).await;
    work.into_iter().filter(|(_, status, _)| status != "CANCELED").map(|(place, _, units)| (place, units)).collect()
}

async fn heads(world: &World, order: OrderId) -> Vec<fulfillment_order::Model> {
    domain::fulfillment::query::of_orders(world.db(), &[order]).await.unwrap()
}

/// A clerk gives all work of an order back.
async fn reject(world: &World, place: &location::Model, order: OrderId) -> Vec<fulfillment_order::Model> {
    let clerk = world.staff_at(place.id, &[Permission::FulfillmentWork, Permission::OrdersRead]).await;
    let theirs: Vec<_> =
        heads(world, order).await.into_iter().filter(|work| work.location_id == Some(place.id)).collect();
    let ids: Vec<_> = theirs.iter().map(|work| work.id).collect();
    let lines = domain::fulfillment::query::lines(world.db(), &ids).await.unwrap();
    let input = domain::fulfillment::reject::Reject {
        units: Vec::new(),
        fulfillment_order_id: ids[0],
        lines: lines.iter().map(|line| (line.id, line.quantity)).collect(),
        reason: entity::words::RejectionReason::TooBusy,
        effect: None,
        note: None,
        expected_version: None,
        idempotency_key: world.new_uuid().to_string(),
    };
    domain::fulfillment::reject::reject(&clerk, input).await.unwrap().rerouted
}
