//! Where goods lie and which units they are: storage areas, reasons, numbered units.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};
use domain::inventory::storage_area as areas;
use domain::{Error, Result};
use entity::id::StorageAreaId;
use entity::words::{StockUnitStatus, UnitTracking};
use entity::{stock_reason, stock_unit, storage_area};

use super::location::{Location, location_of};
use super::variant::Variant;
use crate::connection;
use crate::loader::{self, Rows};
use crate::scalar::{Date, Locale, id};
use crate::word::Word;

/// A storage area.
#[derive(Clone, Debug)]
pub struct StorageArea(pub storage_area::Model);

impl From<storage_area::Model> for StorageArea {
    fn from(row: storage_area::Model) -> Self {
        Self(row)
    }
}

connection!(StorageAreaConnection, StorageAreaEdge, StorageArea, "storage areas");

/// A part of a location where goods lie.
#[Object]
impl StorageArea {
    /// Id.
    async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// The location.
    async fn location(&self, ctx: &Context<'_>) -> Result<Location> {
        location_of(ctx, self.0.location_id).await
    }

    /// Code on the shelf, such as `A-01`.
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// Name for staff.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Place in the way a picker walks.
    async fn position(&self) -> i32 {
        self.0.position
    }

    /// Grows with each change; send it as `expectedVersion` to change only what you saw.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// When it was created.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it was last changed.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }
}

impl Loader<StorageAreaId> for Rows {
    type Value = StorageArea;
    type Error = Error;

    async fn load(&self, keys: &[StorageAreaId]) -> Result<HashMap<StorageAreaId, StorageArea>> {
        let rows = areas::by_ids(&self.ctx.db(), keys).await?;
        Ok(rows.into_iter().map(|row| (row.id, StorageArea(row))).collect())
    }
}

/// A stock reason.
#[derive(Clone, Debug)]
pub struct StockReason(pub stock_reason::Model);

impl From<stock_reason::Model> for StockReason {
    fn from(row: stock_reason::Model) -> Self {
        Self(row)
    }
}

connection!(StockReasonConnection, StockReasonEdge, StockReason, "stock reasons");

/// Why people change stock by hand.
#[Object]
impl StockReason {
    /// Id.
    async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// Stable code, for `reasonCode` of stock mutations.
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// Name for staff, in a language when there is one.
    async fn name(
        &self,
        #[graphql(desc = "The language; the name as it was written when left out.")] locale: Option<Locale>,
    ) -> &str {
        let translated = locale.and_then(|locale| self.0.translations.get(&locale.0)?.get("name")?.as_str());
        translated.unwrap_or(&self.0.name)
    }

    /// Whether it may be chosen.
    async fn active(&self) -> bool {
        self.0.active
    }

    /// Grows with each change; send it as `expectedVersion` to change only what you saw.
    async fn version(&self) -> i32 {
        self.0.version
    }
}

/// A numbered unit.
#[derive(Clone, Debug)]
pub struct StockUnit(pub stock_unit::Model);

impl From<stock_unit::Model> for StockUnit {
    fn from(row: stock_unit::Model) -> Self {
        Self(row)
    }
}

connection!(StockUnitConnection, StockUnitEdge, StockUnit, "numbered units");

/// A unit with a serial number, or the units of a lot that lie or went somewhere together.
#[Object]
impl StockUnit {
    /// Id.
    async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// Id of the variant.
    async fn variant_id(&self) -> ID {
        id(self.0.variant_id)
    }

    /// The variant.
    async fn variant(&self, ctx: &Context<'_>) -> Result<Option<Variant>> {
        loader::load(ctx, self.0.variant_id).await
    }

    /// Serial or lot number.
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// Whether it is one unit or a lot.
    async fn tracking(&self) -> Word<UnitTracking> {
        Word(self.0.tracking)
    }

    /// Where it is in its life.
    async fn status(&self) -> Word<StockUnitStatus> {
        Word(self.0.status)
    }

    /// Where it lies; null when it left.
    async fn location(&self, ctx: &Context<'_>) -> Result<Option<Location>> {
        match self.0.location_id {
            Some(key) => Ok(Some(location_of(ctx, key).await?)),
            None => Ok(None),
        }
    }

    /// Units; 1 for a serial number.
    async fn quantity(&self) -> i64 {
        self.0.quantity
    }

    /// Best before, of a lot.
    async fn expires_on(&self) -> Option<Date> {
        self.0.expires_on.map(Date)
    }

    /// Id of the line of work that it left for.
    async fn fulfillment_order_line_id(&self) -> Option<ID> {
        self.0.fulfillment_order_line_id.map(id)
    }

    /// When it was first seen.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it last changed.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }
}
