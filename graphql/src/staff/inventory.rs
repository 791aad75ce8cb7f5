//! Stock levels, movements, holds.

mod input;

use async_graphql::{Context, ID, Object};
use domain::inventory::query::{self, StockFilter};
use domain::inventory::{Changed, adjust, availability, hold, move_state, receive};
use domain::{Permission, Result};
use entity::id::{ChannelId, VariantId};

use crate::connection::{count, page_request};
use crate::context::ctx_of;
use crate::node::stock::{
    AvailabilityExplanation, StockHold, StockLevel, StockLevelConnection, StockMovement, StockMovementConnection,
};
use crate::payload;
use crate::scalar::parse_id;

pub(super) use input::ids;
pub use input::{
    StockAdjustInput, StockHoldInput, StockHoldReleaseInput, StockLevelFilter, StockMoveInput, StockMovementFilter,
    StockReceiveInput,
};

payload! {
    /// The stock levels after the change.
    pub struct StockPayload {
        /// The levels of the variants named, as they are now.
        stock_levels: Vec<StockLevel>,
        /// Whether the same key did it before; nothing was done again.
        replayed: bool,
    }
}

payload! {
    /// The units that were put aside.
    pub struct StockHoldPayload {
        /// The hold.
        stock_hold: StockHold,
    }
}

payload! {
    /// The level after a hold was released.
    pub struct StockHoldReleasePayload {
        /// Whether the units are free again.
        released: bool,
        /// Whether the same key did it before; nothing was done again.
        replayed: bool,
    }
}

pub(super) fn shown(changed: Changed) -> (Vec<StockLevel>, bool) {
    (changed.levels.into_iter().map(StockLevel).collect(), changed.replayed)
}

/// Only what the viewer may see: the filter and the permission's locations together.
fn within(ctx: &Context<'_>, filter: StockFilter) -> Result<StockFilter> {
    Ok(filter.within(ctx_of(ctx).require(Permission::StockRead)?.locations()))
}

/// Queries about stock.
#[derive(Debug, Default)]
pub struct InventoryQuery;

#[Object]
impl InventoryQuery {
    /// Stock levels of the locations that you may see, by location and variant.
    async fn stock_levels(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones; all when left out.", default)] filter: StockLevelFilter,
        #[graphql(desc = "How many, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only what goes before this cursor.")] before: Option<String>,
    ) -> Result<StockLevelConnection> {
        let request = page_request(first, after, last, before)?;
        let (db, filter) = (ctx_of(ctx).db(), within(ctx, filter.read()?)?);
        let page = query::level_page(&db, &filter, &request).await?;
        let all = count((db, filter), |(db, filter)| async move { query::level_count(&db, &filter).await });
        Ok(StockLevelConnection::new(page.map(StockLevel), all))
    }

    /// The stock ledger of the locations that you may see, newest first.
    async fn stock_movements(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones; all when left out.", default)] filter: StockMovementFilter,
        #[graphql(desc = "How many, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only what goes before this cursor.")] before: Option<String>,
    ) -> Result<StockMovementConnection> {
        let request = page_request(first, after, last, before)?;
        let (db, filter) = (ctx_of(ctx).db(), within(ctx, filter.read()?)?);
        let page = query::movement_page(&db, &filter, &request).await?;
        let all = count((db, filter), |(db, filter)| async move { query::movement_count(&db, &filter).await });
        Ok(StockMovementConnection::new(page.map(StockMovement), all))
    }

    /// Why a channel publishes what it does of a variant: every part of the sum. Needs the permission everywhere,
    /// because the sum spans all locations of the channel.
    async fn availability_explained(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id of the channel.")] channel_id: ID,
        #[graphql(desc = "Id of the variant.")] variant_id: ID,
    ) -> Result<AvailabilityExplanation> {
        let channel: ChannelId = parse_id(&channel_id, "channelId")?;
        let variant: VariantId = parse_id(&variant_id, "variantId")?;
        let found = availability::explained(ctx_of(ctx), channel, variant).await?;
        Ok(AvailabilityExplanation(found))
    }
}

/// Changes of stock.
#[derive(Debug, Default)]
pub struct InventoryMutation;

#[Object]
impl InventoryMutation {
    /// Receives stock at a location, once per key.
    async fn stock_receive(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What came in.")] input: StockReceiveInput,
    ) -> Result<StockPayload> {
        let done = match input.read(ctx) {
            Ok(input) => receive(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        StockPayload::of(ctx, done.map(shown))
    }

    /// Corrects stock at a location by a difference, or to a number if it still is what you saw; once per key.
    async fn stock_adjust(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to correct.")] input: StockAdjustInput,
    ) -> Result<StockPayload> {
        let done = match input.read(ctx) {
            Ok(input) => adjust(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        StockPayload::of(ctx, done.map(shown))
    }

    /// Moves stock between states where it lies, such as damaged on the shelf; once per key.
    async fn stock_move(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to move.")] input: StockMoveInput,
    ) -> Result<StockPayload> {
        let done = match input.read(ctx) {
            Ok(input) => move_state(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        StockPayload::of(ctx, done.map(shown))
    }

    /// Puts free units aside at a location until a moment, once per key.
    async fn stock_hold(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to put aside.")] input: StockHoldInput,
    ) -> Result<StockHoldPayload> {
        let done = match input.read(ctx) {
            Ok(input) => hold::put_aside(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        StockHoldPayload::of(ctx, done)
    }

    /// Gives put-aside units back before their time, once per key.
    async fn stock_hold_release(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to give back.")] input: StockHoldReleaseInput,
    ) -> Result<StockHoldReleasePayload> {
        let done = match input.read(ctx) {
            Ok(input) => hold::release(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        StockHoldReleasePayload::of(ctx, done.map(|released| (true, released.replayed)))
    }
}
