//! Stock levels, movements, holds and what may be promised.

use async_graphql::{Context, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::Result;
use domain::inventory::availability::{Availability, Explanation, LocationPart};
use domain::inventory::level::Counters;
use entity::words::{ActorKind, CauseKind, InventoryPolicy, MovementKind, StockState};
use entity::{stock_hold, stock_level, stock_movement};

use super::location::{Location, location_of};
use super::storage::StorageArea;
use crate::loader::load;
use crate::scalar::{Date, id};
use crate::word::Word;

/// A stock level.
#[derive(Clone, Debug)]
pub struct StockLevel(pub stock_level::Model);

impl From<stock_level::Model> for StockLevel {
    fn from(row: stock_level::Model) -> Self {
        Self(row)
    }
}

/// The counters of one variant at one location. What is on hand is the sum of all states.
#[Object]
impl StockLevel {
    /// Where.
    async fn location(&self, ctx: &Context<'_>) -> Result<Location> {
        location_of(ctx, self.0.location_id).await
    }

    /// Id of the variant.
    async fn variant_id(&self) -> ID {
        id(self.0.variant_id)
    }

    /// All units that lie there.
    async fn on_hand(&self) -> i64 {
        self.0.on_hand
    }

    /// Units free to promise.
    async fn available(&self) -> i64 {
        Counters::from(&self.0).available()
    }

    /// Units promised to open work.
    async fn committed(&self) -> i64 {
        self.0.committed
    }

    /// Units put aside by people.
    async fn reserved(&self) -> i64 {
        self.0.reserved
    }

    /// Damaged units.
    async fn damaged(&self) -> i64 {
        self.0.damaged
    }

    /// Units that wait for inspection.
    async fn quality_control(&self) -> i64 {
        self.0.quality_control
    }

    /// Units kept back as a buffer.
    async fn safety_stock(&self) -> i64 {
        self.0.safety_stock
    }

    /// Units on their way here; not on hand yet.
    async fn incoming(&self) -> i64 {
        self.0.incoming
    }

    /// Units on hand whose serial or lot number is known.
    async fn numbered(&self) -> i64 {
        self.0.numbered
    }

    /// In which storage area it lies; null when nobody said.
    async fn storage_area(&self, ctx: &Context<'_>) -> Result<Option<StorageArea>> {
        match self.0.storage_area_id {
            Some(key) => load(ctx, key).await,
            None => Ok(None),
        }
    }

    /// When it last changed.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }
}

crate::connection!(StockLevelConnection, StockLevelEdge, StockLevel, "stock levels");

/// A movement.
#[derive(Clone, Debug)]
pub struct StockMovement(pub stock_movement::Model);

/// One row of the stock ledger: so many units went from one state into another. It never changes.
#[Object]
impl StockMovement {
    /// Id.
    async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// Where.
    async fn location(&self, ctx: &Context<'_>) -> Result<Location> {
        location_of(ctx, self.0.location_id).await
    }

    /// Id of the variant.
    async fn variant_id(&self) -> ID {
        id(self.0.variant_id)
    }

    /// Why.
    async fn kind(&self) -> Word<MovementKind> {
        Word(self.0.kind)
    }

    /// The state that the units left; null when they came from outside.
    async fn from(&self) -> Option<Word<StockState>> {
        self.0.from_state.map(Word)
    }

    /// The state that the units entered; null when they went outside.
    async fn to(&self) -> Option<Word<StockState>> {
        self.0.to_state.map(Word)
    }

    /// Units, above zero.
    async fn quantity(&self) -> i64 {
        self.0.quantity
    }

    /// What kind of thing caused it.
    async fn cause_kind(&self) -> Word<CauseKind> {
        Word(self.0.cause_kind)
    }

    /// Which thing caused it, as a bare UUID; null for a person's reason.
    async fn cause_id(&self) -> Option<String> {
        self.0.cause_id.map(|cause| cause.to_string())
    }

    /// The person's reason.
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }

    /// Who did it.
    async fn actor_kind(&self) -> Word<ActorKind> {
        Word(self.0.actor_kind)
    }

    /// Id of the event that it belongs to.
    async fn event_id(&self) -> ID {
        id(self.0.event_id)
    }

    /// When.
    async fn occurred_at(&self) -> DateTime<Utc> {
        self.0.occurred_at
    }
}

crate::connection!(StockMovementConnection, StockMovementEdge, StockMovement, "stock movements");

/// A put-aside hold.
#[derive(Clone, Debug)]
pub struct StockHold(pub stock_hold::Model);

impl From<stock_hold::Model> for StockHold {
    fn from(row: stock_hold::Model) -> Self {
        Self(row)
    }
}

/// Units that a person put aside at a location, for a time.
#[Object]
impl StockHold {
    /// Id.
    async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// Where; null for a hold on a channel's pool.
    async fn location(&self, ctx: &Context<'_>) -> Result<Option<Location>> {
        match self.0.location_id {
            Some(key) => Ok(Some(location_of(ctx, key).await?)),
            None => Ok(None),
        }
    }

    /// Id of the variant.
    async fn variant_id(&self) -> ID {
        id(self.0.variant_id)
    }

    /// Units.
    async fn quantity(&self) -> i64 {
        self.0.quantity
    }

    /// For whom or what.
    async fn note(&self) -> Option<&str> {
        self.0.note.as_deref()
    }

    /// When it was put aside.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// Until when it counts.
    async fn expires_at(&self) -> DateTime<Utc> {
        self.0.expires_at
    }
}

/// What a channel may promise of a variant.
#[derive(Clone, Debug, SimpleObject)]
pub struct PublishedAvailability {
    /// Whether stock is counted; if not it is always there.
    pub tracked: bool,
    /// What happens beyond stock.
    pub inventory_policy: Word<InventoryPolicy>,
    /// Units in stock that are free; 0 when stock is not counted.
    pub in_stock: i64,
    /// Most units that can be ordered now; null is without limit.
    pub orderable: Option<i64>,
    /// Whether at least one unit can be ordered now.
    pub available: bool,
    /// When a pre-order ships.
    pub preorder_ships_on: Option<Date>,
}

impl From<&Availability> for PublishedAvailability {
    fn from(availability: &Availability) -> Self {
        Self {
            tracked: availability.tracked,
            inventory_policy: Word(availability.policy),
            in_stock: availability.in_stock,
            orderable: availability.orderable,
            available: availability.is_orderable(),
            preorder_ships_on: availability.preorder_ships_on.map(Date),
        }
    }
}

/// Why a channel publishes what it does of a variant.
#[derive(Clone, Debug)]
pub struct AvailabilityExplanation(pub Explanation);

impl From<Explanation> for AvailabilityExplanation {
    fn from(explanation: Explanation) -> Self {
        Self(explanation)
    }
}

/// Every part of the sum that gives a published number: Σ available of the locations that count − pool holds − demand
/// that waits for a location, floor 0.
#[Object]
impl AvailabilityExplanation {
    /// Id of the variant.
    async fn variant_id(&self) -> ID {
        id(self.0.availability.variant_id)
    }

    /// The result.
    async fn published(&self) -> PublishedAvailability {
        PublishedAvailability::from(&self.0.availability)
    }

    /// What each location of the channel has, in the order in which they serve.
    async fn locations(&self) -> Vec<AvailabilityPart> {
        self.0.locations.iter().cloned().map(AvailabilityPart).collect()
    }

    /// Units that carts hold while their owners pay; a bundle's are its components'.
    async fn pool_holds(&self) -> i64 {
        self.0.pool_holds
    }

    /// Units of placed orders that wait for a location; a bundle's are its components'.
    async fn unrouted_demand(&self) -> i64 {
        self.0.unrouted
    }

    /// Most units that are promised beyond stock; null without such a limit.
    async fn backorder_limit(&self) -> Option<i64> {
        self.0.backorder_limit
    }

    /// The components of a bundle. It is available as often as it can be made up whole at one location.
    async fn components(&self) -> Vec<ComponentExplanation> {
        let shown = |(quantity, part): &(i64, Explanation)| ComponentExplanation {
            quantity: *quantity,
            explanation: AvailabilityExplanation(part.clone()),
        };
        self.0.components.iter().map(shown).collect()
    }
}

/// A component of a bundle, explained.
#[derive(Clone, Debug, SimpleObject)]
pub struct ComponentExplanation {
    /// Units of it in one bundle.
    pub quantity: i64,
    /// Its own sum.
    pub explanation: AvailabilityExplanation,
}

/// One location's part of the sum.
#[derive(Clone, Debug)]
pub struct AvailabilityPart(pub LocationPart);

/// One location's part of the sum.
#[Object]
impl AvailabilityPart {
    /// The location.
    async fn location(&self, ctx: &Context<'_>) -> Result<Location> {
        location_of(ctx, self.0.location_id).await
    }

    /// Whether it counts for what the channel publishes.
    async fn counts(&self) -> bool {
        self.0.counts
    }

    /// Units that are free here; for a bundle how many can be made up here.
    async fn available(&self) -> i64 {
        self.0.available
    }

    /// All units that lie here.
    async fn on_hand(&self) -> i64 {
        self.0.counters.on_hand
    }

    /// Units promised to open work.
    async fn committed(&self) -> i64 {
        self.0.counters.committed
    }

    /// Units put aside by people, with the ones whose time is over.
    async fn reserved(&self) -> i64 {
        self.0.counters.reserved
    }

    /// Put-aside units whose time is over: they count as free again.
    async fn expired_holds(&self) -> i64 {
        self.0.expired_holds
    }

    /// Damaged units.
    async fn damaged(&self) -> i64 {
        self.0.counters.damaged
    }

    /// Units that wait for inspection.
    async fn quality_control(&self) -> i64 {
        self.0.counters.quality_control
    }

    /// Units kept back as a buffer.
    async fn safety_stock(&self) -> i64 {
        self.0.counters.safety_stock
    }
}
