//! What a client says of storage areas, reasons, safety stock and numbered units.

use std::collections::BTreeMap;

use async_graphql::{Context, ID, InputObject};
use domain::Result;
use domain::inventory::stock_reason::UpsertStockReason;
use domain::inventory::storage_area::{AssignStorageArea, UpsertStorageArea};
use domain::inventory::unit::query::UnitFilter;
use domain::inventory::unit::{NumberedUnits, PutBack, UnitsOfWork};
use domain::inventory::{SafetyLine, SetSafetyStock};
use entity::id::VariantId;
use entity::words::StockUnitStatus;

use crate::context::key_or_header;
use crate::scalar::{Date, Locale, parse_id, parse_ids, parse_optional_id};
use crate::staff::inventory::ids;
use crate::word::Word;

/// A storage area as it should be.
#[derive(Clone, Debug, InputObject)]
pub struct StorageAreaUpsertInput {
    /// Which one to change; without it the one of this code at the location, else a new one.
    pub id: Option<ID>,
    /// The version that was read; another one is refused.
    pub expected_version: Option<i32>,
    /// The location; that of an area never changes.
    pub location_id: ID,
    /// Code on the shelf, such as `A-01`; unique at the location.
    pub code: String,
    /// Name for staff.
    pub name: String,
    /// Place in the way a picker walks, from 0.
    #[graphql(default)]
    pub position: i32,
}

impl StorageAreaUpsertInput {
    pub(super) fn read(self) -> Result<UpsertStorageArea> {
        Ok(UpsertStorageArea {
            id: parse_optional_id(self.id.as_ref(), "input.id")?,
            expected_version: self.expected_version,
            location_id: parse_id(&self.location_id, "input.locationId")?,
            code: self.code,
            name: self.name,
            position: self.position,
        })
    }
}

/// A storage area to delete.
#[derive(Clone, Debug, InputObject)]
pub struct StorageAreaDeleteInput {
    /// Which; nothing may lie in it.
    pub id: ID,
}

/// Goods to put into a storage area.
#[derive(Clone, Debug, InputObject)]
pub struct StorageAreaAssignInput {
    /// Where.
    pub location_id: ID,
    /// Which area of the location; left out, they are taken out of theirs.
    pub storage_area_id: Option<ID>,
    /// What lies there, 1 to 500 variants.
    pub variant_ids: Vec<ID>,
}

impl StorageAreaAssignInput {
    pub(super) fn read(self) -> Result<AssignStorageArea> {
        Ok(AssignStorageArea {
            location_id: parse_id(&self.location_id, "input.locationId")?,
            storage_area_id: parse_optional_id(self.storage_area_id.as_ref(), "input.storageAreaId")?,
            variant_ids: parse_ids(&self.variant_ids, "input.variantIds")?,
        })
    }
}

/// A name of a stock reason in another language.
#[derive(Clone, Debug, InputObject)]
pub struct StockReasonTranslationInput {
    /// The language.
    pub locale: Locale,
    /// The name.
    pub name: String,
}

/// A stock reason as it should be.
#[derive(Clone, Debug, InputObject)]
pub struct StockReasonUpsertInput {
    /// Which one to change; without it the one of this code, else a new one.
    pub id: Option<ID>,
    /// The version that was read; another one is refused.
    pub expected_version: Option<i32>,
    /// Stable code, such as `BROKEN_IN_STORE`.
    pub code: String,
    /// Name for staff.
    pub name: String,
    /// Names in other languages; all of them.
    #[graphql(default)]
    pub translations: Vec<StockReasonTranslationInput>,
    /// Whether it may be chosen.
    #[graphql(default = true)]
    pub active: bool,
}

impl StockReasonUpsertInput {
    pub(super) fn read(self) -> Result<UpsertStockReason> {
        let names = self.translations.into_iter().map(|entry| (entry.locale.0, entry.name));
        Ok(UpsertStockReason {
            id: parse_optional_id(self.id.as_ref(), "input.id")?,
            expected_version: self.expected_version,
            code: self.code,
            name: self.name,
            translations: names.collect::<BTreeMap<_, _>>(),
            active: self.active,
        })
    }
}

/// How much of a variant should be kept back.
#[derive(Clone, Debug, InputObject)]
pub struct SafetyStockLineInput {
    /// What.
    pub variant_id: ID,
    /// Units, 0 to 1,000,000,000.
    pub quantity: i64,
}

/// Safety stock as it should be at a location.
#[derive(Clone, Debug, InputObject)]
pub struct SafetyStockSetInput {
    /// Where.
    pub location_id: ID,
    /// How much of what, 1 to 500 lines, each variant once.
    pub lines: Vec<SafetyStockLineInput>,
    /// Why. May be empty beside `reasonCode`.
    pub reason: String,
    /// Code of a stock reason.
    pub reason_code: Option<String>,
    /// The same key sets once; the header `Idempotency-Key` when left out. One of both is needed.
    pub idempotency_key: Option<String>,
}

impl SafetyStockSetInput {
    pub(super) fn read(self, ctx: &Context<'_>) -> Result<SetSafetyStock> {
        let lines = self.lines.iter().enumerate().map(|(index, line)| {
            let variant_id = parse_id(&line.variant_id, &format!("input.lines.{index}.variantId"))?;
            Ok(SafetyLine { variant_id, quantity: line.quantity })
        });
        Ok(SetSafetyStock {
            location_id: parse_id(&self.location_id, "input.locationId")?,
            lines: lines.collect::<Result<_>>()?,
            reason: self.reason,
            reason_code: self.reason_code,
            idempotency_key: key_or_header(ctx, self.idempotency_key).unwrap_or_default(),
        })
    }
}

/// A serial number, or units of a lot.
#[derive(Clone, Debug, InputObject)]
pub struct StockUnitInput {
    /// What.
    pub variant_id: ID,
    /// The serial or lot number.
    pub code: String,
    /// Units; 1 for a serial number.
    #[graphql(default = 1)]
    pub quantity: i64,
    /// Best before, of a lot that comes in.
    pub expires_on: Option<Date>,
}

impl StockUnitInput {
    /// Numbers of units; paths begin with `path`. Error: `INVALID_ID`.
    pub(crate) fn read_all(units: Vec<Self>, path: &str) -> Result<Vec<NumberedUnits>> {
        let read = |(index, unit): (usize, Self)| {
            Ok(NumberedUnits {
                variant_id: parse_id(&unit.variant_id, &format!("{path}.{index}.variantId"))?,
                code: unit.code,
                quantity: unit.quantity,
                expires_on: unit.expires_on.map(|date| date.0),
                fulfillment_order_line_id: None,
            })
        };
        units.into_iter().enumerate().map(read).collect()
    }
}

/// A number that leaves for a line of work.
#[derive(Clone, Debug, InputObject)]
pub struct StockUnitOfWorkInput {
    /// The serial or lot number.
    pub code: String,
    /// Units; 1 for a serial number.
    #[graphql(default = 1)]
    pub quantity: i64,
}

impl StockUnitOfWorkInput {
    /// The number of some goods.
    pub(crate) fn of(&self, variant_id: VariantId) -> NumberedUnits {
        NumberedUnits {
            variant_id,
            code: self.code.clone(),
            quantity: self.quantity,
            expires_on: None,
            fulfillment_order_line_id: None,
        }
    }
}

/// Numbers of the units that leave for a line of work.
#[derive(Clone, Debug, InputObject)]
pub struct StockUnitsTakeInput {
    /// The line of a fulfillment order that is open, in progress or packed.
    pub fulfillment_order_line_id: ID,
    /// Its numbers, 1 to 1,000.
    pub units: Vec<StockUnitOfWorkInput>,
    /// The same key takes once; the header `Idempotency-Key` when left out. One of both is needed.
    pub idempotency_key: Option<String>,
}

impl StockUnitsTakeInput {
    pub(super) fn read(self, ctx: &Context<'_>) -> Result<UnitsOfWork> {
        Ok(UnitsOfWork {
            fulfillment_order_line_id: parse_id(&self.fulfillment_order_line_id, "input.fulfillmentOrderLineId")?,
            units: self.units.into_iter().map(|unit| (unit.code, unit.quantity)).collect(),
            idempotency_key: key_or_header(ctx, self.idempotency_key).unwrap_or_default(),
        })
    }
}

/// Numbered units to put back.
#[derive(Clone, Debug, InputObject)]
pub struct StockUnitsPutBackInput {
    /// The line of work that they were taken for; it has not left.
    pub fulfillment_order_line_id: ID,
    /// The same key puts back once; the header `Idempotency-Key` when left out. One of both is needed.
    pub idempotency_key: Option<String>,
}

impl StockUnitsPutBackInput {
    pub(super) fn read(self, ctx: &Context<'_>) -> Result<PutBack> {
        Ok(PutBack {
            fulfillment_order_line_id: parse_id(&self.fulfillment_order_line_id, "input.fulfillmentOrderLineId")?,
            idempotency_key: key_or_header(ctx, self.idempotency_key).unwrap_or_default(),
        })
    }
}

/// Which numbered units are wanted.
#[derive(Clone, Debug, Default, InputObject)]
pub struct StockUnitFilter {
    /// The whole serial or lot number.
    pub code: Option<String>,
    /// Only of these variants.
    pub variant_ids: Option<Vec<ID>>,
    /// Only at these locations.
    pub location_ids: Option<Vec<ID>>,
    /// Only in these stages of their life.
    pub statuses: Option<Vec<Word<StockUnitStatus>>>,
}

impl StockUnitFilter {
    pub(super) fn read(self) -> Result<UnitFilter> {
        Ok(UnitFilter {
            code: self.code,
            variants: ids(self.variant_ids, "filter.variantIds")?,
            locations: ids(self.location_ids, "filter.locationIds")?,
            statuses: self.statuses.map(|words| words.into_iter().map(|word| word.0).collect()),
        })
    }
}
