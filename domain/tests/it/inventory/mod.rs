//! Stock: one writer, races, holds, promises.

mod availability;
mod commands;
mod holds;
mod posting;
mod races;
mod journeys;
mod units;

use domain::inventory::{Cause, Movement, post};
use domain::kernel::event::NewEvent;
use domain::{Ctx, Result};
use entity::id::{CartId, EventId, LocationId, VariantId};
use entity::words::{CartStatus, MovementKind, StockState};
use entity::{cart, channel, stock_level};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};
use support::World;

/// A correction by hand: needs no order behind it, so the audit stays clean.
pub(crate) fn take(location_id: LocationId, variant_id: VariantId, quantity: i64) -> Movement {
    Movement {
        location_id,
        variant_id,
        kind: MovementKind::Adjusted,
        from: Some(StockState::Available),
        to: None,
        quantity,
        cause: Cause::manual("test"),
        event_id: EventId(uuid::Uuid::nil()),
    }
}

pub(crate) fn bring(location_id: LocationId, variant_id: VariantId, quantity: i64) -> Movement {
    Movement {
        kind: MovementKind::Received,
        from: None,
        to: Some(StockState::Available),
        ..take(location_id, variant_id, quantity)
    }
}

pub(crate) fn shift(
    location_id: LocationId,
    variant_id: VariantId,
    from: StockState,
    to: StockState,
    quantity: i64,
) -> Movement {
    Movement { kind: MovementKind::Moved, from: Some(from), to: Some(to), ..take(location_id, variant_id, quantity) }
}

/// Posts movements under one event of their own.
pub(crate) async fn posted(ctx: &Ctx, movements: Vec<Movement>) -> Result<()> {
    let movements = &movements;
    ctx.write(|tx| async move {
        let event_id = tx.event(NewEvent::new("stock_adjusted", "test", tx.new_uuid()));
        let movements: Vec<Movement> = movements.iter().map(|m| Movement { event_id, ..m.clone() }).collect();
        post(&tx, &movements).await
    })
    .await
}

async fn level(world: &World, location: LocationId, variant: VariantId) -> Option<stock_level::Model> {
    domain::inventory::query::level(world.db(), (location, variant)).await.unwrap()
}

async fn available(world: &World, location: LocationId, variant: VariantId) -> i64 {
    domain::inventory::availability::at_locations(world.db(), &[location], &[variant])
        .await
        .unwrap()
        .get(&(location, variant))
        .copied()
        .unwrap_or(0)
}

/// An empty active cart.
async fn cart(world: &World, channel: &channel::Model) -> CartId {
    let id = CartId(world.new_uuid());
    let row = cart::Model {
        id,
        channel_id: channel.id,
        customer_id: None,
        token_hash: id.to_string(),
        code: None,
        code_expires_at: None,
        status: CartStatus::Active,
        currency: channel.currency,
        locale: channel.default_locale.clone(),
        email: None,
        phone: None,
        contact_name: None,
        shipping_address: None,
        billing_address: None,
        shipping_method_id: None,
        note: String::new(),
        codes: Default::default(),
        merged_into_id: None,
        version: 1,
        metadata: serde_json::json!({}),
        created_at: world.now(),
        updated_at: world.now(),
        delivery_on: None,
        delivery_slot: None,
    };
    cart::Entity::insert(row.into_active_model().reset_all()).exec_without_returning(world.db()).await.unwrap();
    id
}

/// The ledger and the counters agree.
async fn assert_balanced(world: &World) {
    let report = domain::audit::run_at(world.db(), world.now()).await.unwrap();
    assert!(report.holds(), "{}", report.to_text());
}
