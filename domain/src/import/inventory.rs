//! Importing stock quantities per location, through the ledger.

use std::collections::{BTreeMap, HashMap, HashSet};

use entity::id::{LocationId, ProductId, VariantId};
use entity::{location, product, variant};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};

use super::inventory_csv::{self, InventoryRecord, Quantity};
use super::products::Progress;
use super::report::{ImportReport, RowProblem};
use super::stock::{self, Level, Wanted};
use crate::catalog::query;
use crate::kernel::text;
use crate::{Ctx, Error, ErrorCode, Permission, Result, location as locations};

/// Levels of one transaction.
const BATCH: usize = 500;
/// Values of one list in a statement.
const LIST: usize = 5_000;
/// Why stock moved, in the ledger.
const REASON: &str = "inventory import";

/// A file of stock quantities.
#[derive(Debug, Clone)]
pub struct ImportInventory {
    /// The file.
    pub file: Vec<u8>,
    /// Location of lines that name none.
    pub location_id: Option<LocationId>,
    /// Only say what would happen.
    pub dry_run: bool,
}

/// Imports Shopify's inventory CSV: sets how many units of each variant lie at each location. Variants are found by
/// SKU, else by handle and option values; locations by code or name. What is the same already writes nothing.
///
/// Errors: `FORBIDDEN` without `stock.adjust`, `INVALID_FILE`. What is wrong with single lines stands in the report:
/// unknown variants and locations, places where the actor may not adjust, stock that is promised to somebody.
pub async fn import_inventory(ctx: &Ctx, input: ImportInventory, progress: Progress<'_>) -> Result<ImportReport> {
    let scope = ctx.require(Permission::StockAdjust)?;
    let db = ctx.db();
    let places = Places::of(locations::query::list(&db, false).await?, input.location_id);
    let parsed = inventory_csv::parse(&input.file, |heading| places.find(heading).is_some())?;
    let mut report = ImportReport {
        rows: parsed.rows,
        failed: u64::try_from(parsed.problems.len()).unwrap_or(u64::MAX),
        ignored_columns: parsed.ignored_columns,
        dry_run: input.dry_run,
        ..ImportReport::default()
    };
    parsed.problems.into_iter().for_each(|problem| report.problem(problem));
    let variants = Variants::load(&db, &parsed.records).await?;
    let mut by_location: BTreeMap<LocationId, Vec<(VariantId, InventoryRecord)>> = BTreeMap::new();
    let mut seen: HashSet<(LocationId, VariantId)> = HashSet::new();
    for record in parsed.records {
        let found = places
            .find(&record.location)
            .filter(|id| scope.allows_location(*id))
            .ok_or_else(|| ("Location", Error::not_found("location")))
            .and_then(|place| Ok((place, variants.find(&record)?)))
            .and_then(|key| if seen.insert(key) { Ok(key) } else { Err(("SKU", already())) });
        match found {
            Ok((place, variant)) => by_location.entry(place).or_default().push((variant, record)),
            Err((column, error)) => fail(&mut report, &record, column, error),
        }
    }
    let total = u64::try_from(by_location.values().map(Vec::len).sum::<usize>()).unwrap_or(u64::MAX);
    let mut done = 0_u64;
    progress(done, total);
    for (place, records) in by_location {
        for batch in records.chunks(BATCH) {
            write(ctx, place, batch, input.dry_run, &mut report).await?;
            done = done.saturating_add(u64::try_from(batch.len()).unwrap_or(0));
            progress(done, total);
        }
    }
    report.finish();
    Ok(report)
}

fn already() -> Error {
    Error::invalid(ErrorCode::AlreadyExists, "sku")
}

fn fail(report: &mut ImportReport, record: &InventoryRecord, column: &str, error: Error) {
    let subject = if record.sku.is_empty() { record.handle.clone() } else { record.sku.clone() };
    report.failed = report.failed.saturating_add(1);
    report.problem(RowProblem { line: record.line, subject, column: Some(column.to_owned()), error });
}

/// What became of a line.
enum Outcome {
    Created,
    Updated,
    Unchanged,
    Failed(Error),
}

async fn write(
    ctx: &Ctx,
    place: LocationId,
    batch: &[(VariantId, InventoryRecord)],
    dry_run: bool,
    report: &mut ImportReport,
) -> Result<()> {
    let outcomes = ctx
        .write(|tx| async move {
            let ids: Vec<VariantId> = batch.iter().map(|(id, _)| *id).collect();
            let levels = stock::lock(&tx, place, &ids).await?;
            let mut changes: Vec<Wanted> = Vec::new();
            let mut outcomes = Vec::with_capacity(batch.len());
            for (id, record) in batch {
                let level = levels.get(id).copied();
                outcomes.push(match stock::wanted(*id, level, on_hand(level, record.quantity)) {
                    Ok(None) => Outcome::Unchanged,
                    Ok(Some(change)) => {
                        changes.push(change);
                        if level.is_some() { Outcome::Updated } else { Outcome::Created }
                    }
                    Err(error) => Outcome::Failed(error),
                });
            }
            if !dry_run {
                stock::post(&tx, place, &changes, REASON).await?;
            }
            Ok(outcomes)
        })
        .await?;
    for (outcome, (_, record)) in outcomes.into_iter().zip(batch) {
        match outcome {
            Outcome::Created => report.created = report.created.saturating_add(1),
            Outcome::Updated => report.updated = report.updated.saturating_add(1),
            Outcome::Unchanged => report.unchanged = report.unchanged.saturating_add(1),
            Outcome::Failed(error) => fail(report, record, "On hand", error),
        }
    }
    Ok(())
}

/// All units that shall lie there: free units and those in other states make up the rest.
fn on_hand(level: Option<Level>, quantity: Quantity) -> i64 {
    match quantity {
        Quantity::OnHand(units) => units,
        Quantity::Available(units) => {
            let level = level.unwrap_or_default();
            units.max(0).saturating_add(level.on_hand.saturating_sub(level.available()))
        }
    }
}

/// Locations by code and name.
struct Places {
    by_name: HashMap<String, LocationId>,
    fallback: Option<LocationId>,
}

impl Places {
    fn of(rows: Vec<location::Model>, fallback: Option<LocationId>) -> Self {
        let mut by_name: HashMap<String, LocationId> = rows.iter().map(|row| (text::fold(&row.name), row.id)).collect();
        by_name.extend(rows.iter().map(|row| (text::fold(&row.code), row.id)));
        Self { by_name, fallback }
    }

    fn find(&self, name: &str) -> Option<LocationId> {
        if name.is_empty() { self.fallback } else { self.by_name.get(&text::fold(name)).copied() }
    }
}

/// Variants that the file may mean.
struct Variants {
    by_sku: HashMap<String, variant::Model>,
    by_handle: HashMap<(String, Vec<String>), variant::Model>,
}

impl Variants {
    async fn load(db: &impl ConnectionTrait, records: &[InventoryRecord]) -> Result<Self> {
        let skus: HashSet<&str> =
            records.iter().map(|record| record.sku.as_str()).filter(|sku| !sku.is_empty()).collect();
        let mut by_sku = HashMap::with_capacity(skus.len());
        for some in skus.into_iter().collect::<Vec<_>>().chunks(LIST) {
            let filter = variant::Column::Sku.is_in(some.iter().copied());
            let rows = variant::Entity::find().filter(filter).all(db).await?;
            by_sku.extend(rows.into_iter().filter_map(|row| Some((row.sku.clone()?, row))));
        }
        let lost = |record: &&InventoryRecord| !by_sku.contains_key(&record.sku);
        let handles: HashSet<&str> = records
            .iter()
            .filter(lost)
            .map(|record| record.handle.as_str())
            .filter(|handle| !handle.is_empty())
            .collect();
        let by_handle = by_handle(db, &handles.into_iter().collect::<Vec<_>>()).await?;
        Ok(Self { by_sku, by_handle })
    }

    fn find(&self, record: &InventoryRecord) -> Result<VariantId, (&'static str, Error)> {
        let by_handle = || self.by_handle.get(&(record.handle.clone(), record.values.clone()));
        let row = self.by_sku.get(&record.sku).or_else(by_handle);
        let row = row.ok_or_else(|| ("SKU", Error::not_found("variant")))?;
        // Bundles and variants that are not counted have no stock of their own.
        if row.tracked && !row.is_bundle { Ok(row.id) } else { Err(("SKU", Error::invalid(ErrorCode::Invalid, "sku"))) }
    }
}

async fn by_handle(
    db: &impl ConnectionTrait,
    handles: &[&str],
) -> Result<HashMap<(String, Vec<String>), variant::Model>> {
    let mut found = HashMap::new();
    for some in handles.chunks(LIST) {
        let products: Vec<(ProductId, String)> = product::Entity::find()
            .filter(product::Column::Slug.is_in(some.iter().copied()))
            .select_only()
            .columns([product::Column::Id, product::Column::Slug])
            .into_tuple()
            .all(db)
            .await?;
        let ids: Vec<ProductId> = products.iter().map(|(id, _)| *id).collect();
        let mut variants = query::variants_of(db, &ids).await?;
        let variant_ids: Vec<VariantId> = variants.values().flatten().map(|row| row.id).collect();
        let options = query::options_of(db, &ids).await?;
        let values = query::option_values_of(db, &variant_ids).await?;
        for (id, slug) in products {
            for row in variants.remove(&id).unwrap_or_default() {
                let of = |option: &entity::product_option::Model| {
                    let own = values.get(&row.id)?;
                    own.iter().find(|value| value.option_id == option.id).map(|value| value.value.clone())
                };
                let key = options.get(&id).into_iter().flatten().filter_map(of).collect();
                found.insert((slug.clone(), key), row);
            }
        }
    }
    Ok(found)
}
