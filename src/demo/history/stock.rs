//! The ledger of the year, and the counters that follow from it.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use entity::id::{EventId, LocationId, StockMovementId, VariantId};
use entity::words::{ActorKind, CauseKind, MovementKind, StockState};
use entity::{stock_level, stock_movement};
use serde_json::json;
use uuid::Uuid;

use super::super::dice::Dice;
use super::Shop;
use super::books::{Books, Told};

/// One move of goods by fulfillment work.
pub(super) struct Move {
    pub(super) location_id: LocationId,
    pub(super) variant_id: VariantId,
    pub(super) kind: MovementKind,
    pub(super) from: StockState,
    pub(super) to: Option<StockState>,
    pub(super) quantity: i64,
    /// The line of fulfillment work.
    pub(super) line: Uuid,
    pub(super) event_id: EventId,
    pub(super) at: DateTime<Utc>,
}

impl Books {
    /// Adds a movement.
    pub(super) fn post(&mut self, shop: &Shop<'_>, moved: &Move) {
        self.movements.push(stock_movement::Model {
            id: StockMovementId(shop.id(moved.at)),
            location_id: moved.location_id,
            variant_id: moved.variant_id,
            kind: moved.kind,
            from_state: Some(moved.from),
            to_state: moved.to,
            quantity: moved.quantity,
            cause_kind: CauseKind::FulfillmentOrderLine,
            cause_id: Some(moved.line),
            reason: None,
            actor_kind: ActorKind::System,
            actor_id: None,
            event_id: moved.event_id,
            occurred_at: moved.at,
        });
    }

    /// Fills the shelves before the first sale, with what will be sold and what is left today, and counts up.
    pub(super) fn open_and_count(&mut self, shop: &Shop<'_>, dice: &Dice) {
        let opened = shop.ctx.now() + TimeDelta::hours(1);
        let taken = self.taken();
        let mut counters: BTreeMap<(LocationId, VariantId), stock_level::Model> = BTreeMap::new();
        let mut received = Vec::new();
        for location in shop.places.stores.iter().chain([&shop.places.warehouse]) {
            let told = Told {
                kind: "stock_received",
                aggregate_kind: "location",
                aggregate_id: location.id.uuid(),
                customer_id: None,
                staff: shop.staff.first(),
                payload: json!({ "reason": "opening" }),
            };
            let event_id = self.tell(shop, opened, told);
            let most = if location.id == shop.places.warehouse.id { 120 } else { 24 };
            for variant_id in counted(shop) {
                let left = dice.between(most / 6, most);
                let quantity = left + taken.get(&(location.id, variant_id)).copied().unwrap_or(0);
                received.push(receipt(shop, (location.id, variant_id), quantity, event_id, opened));
            }
        }
        received.append(&mut self.movements);
        self.movements = received;
        for movement in &self.movements {
            let key = (movement.location_id, movement.variant_id);
            let level = counters.entry(key).or_insert_with(|| empty(key, movement.occurred_at));
            level.updated_at = movement.occurred_at;
            count(level, movement.from_state, -movement.quantity);
            count(level, movement.to_state, movement.quantity);
        }
        self.levels = counters.into_values().collect();
    }

    /// Units that leave "available" and do not come back, per level.
    fn taken(&self) -> BTreeMap<(LocationId, VariantId), i64> {
        let mut taken = BTreeMap::new();
        for movement in &self.movements {
            let sum: &mut i64 = taken.entry((movement.location_id, movement.variant_id)).or_default();
            if movement.from_state == Some(StockState::Available) {
                *sum += movement.quantity;
            }
        }
        taken
    }
}

/// What lies on shelves: every variant that is no bundle.
fn counted<'a>(shop: &'a Shop<'_>) -> impl Iterator<Item = VariantId> + 'a {
    shop.goods.iter().filter(|good| good.parts == [(good.variant_id, 1)]).map(|good| good.variant_id)
}

fn receipt(
    shop: &Shop<'_>,
    (location_id, variant_id): (LocationId, VariantId),
    quantity: i64,
    event_id: EventId,
    at: DateTime<Utc>,
) -> stock_movement::Model {
    stock_movement::Model {
        id: StockMovementId(shop.id(at)),
        location_id,
        variant_id,
        kind: MovementKind::Received,
        from_state: None,
        to_state: Some(StockState::Available),
        quantity,
        cause_kind: CauseKind::Manual,
        cause_id: None,
        reason: Some("開店時の在庫".to_owned()),
        actor_kind: ActorKind::System,
        actor_id: None,
        event_id,
        occurred_at: at,
    }
}

fn empty((location_id, variant_id): (LocationId, VariantId), at: DateTime<Utc>) -> stock_level::Model {
    stock_level::Model {
        location_id,
        variant_id,
        on_hand: 0,
        committed: 0,
        reserved: 0,
        damaged: 0,
        quality_control: 0,
        safety_stock: 0,
        incoming: 0,
        updated_at: at,
        storage_area_id: None,
        numbered: 0,
        turnover: 0,
    }
}

/// Units enter or leave a state; `on_hand` is the sum of all states.
fn count(level: &mut stock_level::Model, state: Option<StockState>, units: i64) {
    let Some(state) = state else { return };
    level.on_hand += units;
    match state {
        StockState::Available => {}
        StockState::Committed => level.committed += units,
        StockState::Reserved => level.reserved += units,
        StockState::Damaged => level.damaged += units,
        StockState::QualityControl => level.quality_control += units,
        StockState::SafetyStock => level.safety_stock += units,
    }
}
