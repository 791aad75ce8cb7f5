//! Storage areas, stock reasons, safety stock and numbered units.

mod input;

use async_graphql::{Context, ID, Object};
use domain::inventory::unit::query as units;
use domain::inventory::{set_safety_stock, stock_reason, storage_area, unit};
use domain::{Permission, Result};
use entity::id::StockUnitId;

use crate::connection::{count, page_request};
use crate::context::ctx_of;
use crate::node::event::{Event, EventConnection};
use crate::node::stock::StockLevel;
use crate::node::storage::{
    StockReason, StockReasonConnection, StockUnit, StockUnitConnection, StorageArea, StorageAreaConnection,
};
use crate::payload;
use crate::scalar::parse_id;
use crate::staff::inventory::{StockPayload, ids, shown};

pub use input::{
    SafetyStockSetInput, StockReasonUpsertInput, StockUnitFilter, StockUnitInput, StockUnitOfWorkInput,
    StockUnitsPutBackInput, StockUnitsTakeInput, StorageAreaAssignInput, StorageAreaDeleteInput,
    StorageAreaUpsertInput,
};

payload! {
    /// The storage area after the change.
    pub struct StorageAreaPayload {
        /// The storage area.
        storage_area: StorageArea,
    }
}

payload! {
    /// What became of a storage area.
    pub struct StorageAreaDeletePayload {
        /// Whether it is gone.
        deleted: bool,
    }
}

payload! {
    /// The stock levels after goods were assigned.
    pub struct StorageAreaAssignPayload {
        /// The levels of the variants named, by variant.
        stock_levels: Vec<StockLevel>,
    }
}

payload! {
    /// The stock reason after the change.
    pub struct StockReasonPayload {
        /// The reason.
        stock_reason: StockReason,
    }
}

payload! {
    /// Numbered units that leave for a line of work.
    pub struct StockUnitsTakePayload {
        /// All units that were taken for the line.
        stock_units: Vec<StockUnit>,
    }
}

payload! {
    /// Numbered units that are back.
    pub struct StockUnitsPutBackPayload {
        /// How many units.
        quantity: i64,
    }
}

/// Queries about where goods lie and which units they are.
#[derive(Debug, Default)]
pub struct StorageQuery;

#[Object]
impl StorageQuery {
    /// Storage areas of the locations that you may see, in the way a picker walks.
    async fn storage_areas(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only at these locations.")] location_ids: Option<Vec<ID>>,
        #[graphql(desc = "How many, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only what goes before this cursor.")] before: Option<String>,
    ) -> Result<StorageAreaConnection> {
        let request = page_request(first, after, last, before)?;
        let filter = domain::inventory::query::StockFilter {
            locations: ids(location_ids, "locationIds")?,
            ..Default::default()
        };
        let (db, places) = (ctx_of(ctx).db(), filter.within(areas_of(ctx)?).locations);
        let page = storage_area::page(&db, places.as_ref(), &request).await?;
        let all = count((db, places), |(db, places)| async move { storage_area::count(&db, places.as_ref()).await });
        Ok(StorageAreaConnection::new(page.map(StorageArea), all))
    }

    /// Why people change stock by hand, by code.
    async fn stock_reasons(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Also those that may not be chosen any more.", default)] all: bool,
        #[graphql(desc = "How many, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only what goes before this cursor.")] before: Option<String>,
    ) -> Result<StockReasonConnection> {
        let (db, request) = (ctx_of(ctx).db(), page_request(first, after, last, before)?);
        let page = stock_reason::page(&db, all, &request).await?;
        let total = count(db, move |db| async move { stock_reason::count(&db, all).await });
        Ok(StockReasonConnection::new(page.map(StockReason), total))
    }

    /// Units with serial numbers and lots, newest first: those at locations that you may see, and those that left.
    async fn stock_units(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones; all when left out.", default)] filter: StockUnitFilter,
        #[graphql(desc = "How many, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only what goes before this cursor.")] before: Option<String>,
    ) -> Result<StockUnitConnection> {
        let request = page_request(first, after, last, before)?;
        let (viewer, filter) = (ctx_of(ctx).clone(), filter.read()?);
        let page = units::page(&viewer, &filter, &request).await?;
        let all = count((viewer, filter), |(viewer, filter)| async move { units::count(&viewer, &filter).await });
        Ok(StockUnitConnection::new(page.map(StockUnit), all))
    }

    /// What became of a unit or a lot, newest first.
    async fn stock_unit_history(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id of the unit or lot.")] stock_unit_id: ID,
        #[graphql(desc = "How many, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only what goes before this cursor.")] before: Option<String>,
    ) -> Result<EventConnection> {
        let request = page_request(first, after, last, before)?;
        let (viewer, unit): (_, StockUnitId) = (ctx_of(ctx).clone(), parse_id(&stock_unit_id, "stockUnitId")?);
        let page = units::history(&viewer, unit, &request).await?;
        let all = count(viewer, move |viewer| async move { units::history_count(&viewer, unit).await });
        Ok(EventConnection::new(page.map(Event), all))
    }
}

/// Where the viewer may see storage areas: whoever counts needs them like whoever reads stock.
fn areas_of(ctx: &Context<'_>) -> Result<Option<std::collections::BTreeSet<entity::id::LocationId>>> {
    let viewer = ctx_of(ctx);
    let stock = viewer.require(Permission::StockRead).or_else(|_| viewer.require(Permission::CountsWork));
    Ok(stock?.locations())
}

/// Changes of where goods lie and which units they are.
#[derive(Debug, Default)]
pub struct StorageMutation;

#[Object]
impl StorageMutation {
    /// Creates a storage area or changes it. Found by id, else by code at its location.
    async fn storage_area_upsert(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The area as it should be.")] input: StorageAreaUpsertInput,
    ) -> Result<StorageAreaPayload> {
        let done = match input.read() {
            Ok(input) => storage_area::upsert(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        StorageAreaPayload::of(ctx, done)
    }

    /// Deletes a storage area that nothing lies in and nobody counted.
    async fn storage_area_delete(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: StorageAreaDeleteInput,
    ) -> Result<StorageAreaDeletePayload> {
        let done = match parse_id(&input.id, "input.id") {
            Ok(id) => storage_area::delete(ctx_of(ctx), id).await.map(|_| true),
            Err(error) => Err(error),
        };
        StorageAreaDeletePayload::of(ctx, done)
    }

    /// Says in which area variants lie at a location.
    async fn storage_area_assign(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What lies where.")] input: StorageAreaAssignInput,
    ) -> Result<StorageAreaAssignPayload> {
        let done = match input.read() {
            Ok(input) => storage_area::assign(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        StorageAreaAssignPayload::of(ctx, done.map(|levels| levels.into_iter().map(StockLevel).collect::<Vec<_>>()))
    }

    /// Creates a stock reason or changes it. Found by id, else by code.
    async fn stock_reason_upsert(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The reason as it should be.")] input: StockReasonUpsertInput,
    ) -> Result<StockReasonPayload> {
        let done = match input.read() {
            Ok(input) => stock_reason::upsert(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        StockReasonPayload::of(ctx, done)
    }

    /// Keeps free units back, or frees them, as near to the targets as free units allow; once per key.
    async fn safety_stock_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How much of what.")] input: SafetyStockSetInput,
    ) -> Result<StockPayload> {
        let done = match input.read(ctx) {
            Ok(input) => set_safety_stock(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        StockPayload::of(ctx, done.map(shown))
    }

    /// Says which numbered units leave for a line of work, before it leaves; once per key.
    async fn stock_units_take(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which units for which work.")] input: StockUnitsTakeInput,
    ) -> Result<StockUnitsTakePayload> {
        let done = match input.read(ctx) {
            Ok(input) => unit::take_for_work(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        StockUnitsTakePayload::of(ctx, done.map(|units| units.into_iter().map(StockUnit).collect::<Vec<_>>()))
    }

    /// Puts back all numbered units that were taken for a line of work that does not leave; once per key.
    async fn stock_units_put_back(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Of which work.")] input: StockUnitsPutBackInput,
    ) -> Result<StockUnitsPutBackPayload> {
        let done = match input.read(ctx) {
            Ok(input) => unit::put_back(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        StockUnitsPutBackPayload::of(ctx, done)
    }
}
