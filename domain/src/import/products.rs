//! Importing products: a batch of them per transaction, each whole or not at all.

#![expect(clippy::result_large_err, reason = "a problem is rare and moves once")]

use std::collections::{HashMap, HashSet};

use entity::id::{ChannelId, LocationId, ProductId, VariantId};
use entity::{price, product, variant};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};

use super::lookups::lookups;
use super::plan::{self, Lookups};
use super::report::{ImportReport, RowProblem};
use super::shopify_csv::{self, ProductRecord};
use super::stock::{self, Level, Wanted};
use crate::catalog::apply::{Maker, apply};
use crate::catalog::revision;
use crate::catalog::save::{Change, save};
use crate::catalog::whole::{self, Whole};
use crate::pricing::price::{NewPrice, current, set};
use crate::{Ctx, Error, ErrorCode, Permission, Result, Tx, channel, location};

/// Products of one transaction: few enough that others do not wait long for their locks.
const BATCH: usize = 200;
/// Why stock moved, in the ledger.
const REASON: &str = "product import";

/// A file of products.
#[derive(Debug, Clone)]
pub struct ImportProducts {
    /// The file.
    pub file: Vec<u8>,
    /// Channel that gets the prices; `None` leaves prices alone.
    pub channel_id: Option<ChannelId>,
    /// Location that gets the stock quantities; `None` leaves stock alone.
    pub location_id: Option<LocationId>,
    /// Only say what would happen.
    pub dry_run: bool,
}

/// Hears how many are done, of how many.
pub type Progress<'a> = &'a (dyn Fn(u64, u64) + Send + Sync);

/// Imports Shopify's product CSV: creates and changes products by handle, with prices of one channel and stock of one
/// location if named. What the file has no column for stays as it is; what is the same already writes nothing.
///
/// Errors: `FORBIDDEN` without `catalog.write` (and `prices.write`, `stock.adjust` where they are needed), `NOT_FOUND`,
/// `INVALID_FILE`. What is wrong with single lines stands in the report.
pub async fn import_products(ctx: &Ctx, input: ImportProducts, progress: Progress<'_>) -> Result<ImportReport> {
    authorize(ctx, &input)?;
    let channel = match input.channel_id {
        Some(id) => Some(channel::query::get(&ctx.db(), id).await?),
        None => None,
    };
    if let Some(id) = input.location_id {
        location::query::get(&ctx.db(), id).await?;
    }
    let parsed = shopify_csv::parse(&input.file)?;
    let mut report = ImportReport {
        rows: parsed.rows,
        failed: parsed.failed,
        ignored_columns: parsed.ignored_columns,
        dry_run: input.dry_run,
        ..ImportReport::default()
    };
    parsed.problems.into_iter().for_each(|problem| report.problem(problem));
    let records = unique_skus(parsed.products, &mut report);
    let lookups = lookups(ctx, &records, input.dry_run).await?;
    let run = Run { channel, location_id: input.location_id, lookups, dry_run: input.dry_run };
    let total = u64::try_from(records.len()).unwrap_or(u64::MAX);
    let mut done = 0_u64;
    progress(done, total);
    for batch in records.chunks(BATCH) {
        run.batch(ctx, batch).await?.into_iter().for_each(|outcome| count(&mut report, outcome));
        done = done.saturating_add(u64::try_from(batch.len()).unwrap_or(0));
        progress(done, total);
    }
    report.finish();
    Ok(report)
}

fn authorize(ctx: &Ctx, input: &ImportProducts) -> Result<()> {
    ctx.require(Permission::CatalogWrite)?;
    if let Some(id) = input.channel_id
        && !ctx.require(Permission::PricesWrite)?.allows_channel(id)
    {
        return Err(Error::Forbidden { permission: Permission::PricesWrite.as_str() });
    }
    if let Some(id) = input.location_id
        && !ctx.require(Permission::StockAdjust)?.allows_location(id)
    {
        return Err(Error::Forbidden { permission: Permission::StockAdjust.as_str() });
    }
    Ok(())
}

/// What became of a product of the file.
enum Outcome {
    Created,
    Updated,
    Unchanged,
    Failed(RowProblem),
}

fn count(report: &mut ImportReport, outcome: Outcome) {
    let counter = match outcome {
        Outcome::Created => &mut report.created,
        Outcome::Updated => &mut report.updated,
        Outcome::Unchanged => &mut report.unchanged,
        Outcome::Failed(problem) => {
            report.problem(problem);
            &mut report.failed
        }
    };
    *counter = counter.saturating_add(1);
}

/// Leaves out products with a SKU that an earlier line of the file has.
fn unique_skus(products: Vec<ProductRecord>, report: &mut ImportReport) -> Vec<ProductRecord> {
    let mut seen: HashSet<String> = HashSet::new();
    let mut kept = Vec::with_capacity(products.len());
    for product in products {
        let skus: Vec<(u64, String)> =
            product.variants.iter().filter_map(|line| Some((line.line, line.sku.clone()?))).collect();
        let mut own: HashSet<&str> = HashSet::new();
        let twice = skus.iter().find(|(_, sku)| !sku.is_empty() && (seen.contains(sku) || !own.insert(sku)));
        match twice {
            Some((line, _)) => count(report, Outcome::Failed(taken_sku(&product, *line))),
            None => {
                seen.extend(skus.into_iter().map(|(_, sku)| sku).filter(|sku| !sku.is_empty()));
                kept.push(product);
            }
        }
    }
    kept
}

fn taken_sku(record: &ProductRecord, line: u64) -> RowProblem {
    plan::problem(record, line, Error::invalid(ErrorCode::AlreadyExists, "sku"))
}

/// One import on its way.
struct Run {
    channel: Option<entity::channel::Model>,
    location_id: Option<LocationId>,
    lookups: Lookups,
    dry_run: bool,
}

/// A product of the file that can be written.
struct Planned {
    change: Change,
    prices: Vec<NewPrice>,
    stock: Vec<Wanted>,
}

/// What the database says about the products of a batch.
struct Known {
    by_handle: HashMap<String, ProductId>,
    wholes: HashMap<ProductId, Whole>,
    skus: HashMap<String, ProductId>,
    prices: HashMap<VariantId, price::Model>,
    levels: HashMap<VariantId, Level>,
}

impl Run {
    /// Writes a batch in one transaction. When the database refuses it as a whole, each product gets its own.
    async fn batch(&self, ctx: &Ctx, batch: &[ProductRecord]) -> Result<Vec<Outcome>> {
        match self.transaction(ctx, batch).await {
            Ok(outcomes) => Ok(outcomes),
            Err(error) if error.is_internal() => Err(error),
            Err(_) => {
                let mut outcomes = Vec::with_capacity(batch.len());
                for record in batch {
                    match self.transaction(ctx, std::slice::from_ref(record)).await {
                        Ok(one) => outcomes.extend(one),
                        Err(error) if error.is_internal() => return Err(error),
                        Err(error) => outcomes.push(Outcome::Failed(plan::problem(record, record.line, error))),
                    }
                }
                Ok(outcomes)
            }
        }
    }

    async fn transaction(&self, ctx: &Ctx, batch: &[ProductRecord]) -> Result<Vec<Outcome>> {
        let written = ctx
            .write(|tx| async move {
                let known = self.known(&tx, batch).await?;
                let mut outcomes = Vec::with_capacity(batch.len());
                let mut planned = Vec::with_capacity(batch.len());
                for record in batch {
                    match self.plan(&tx, &known, record) {
                        Ok(plan) => {
                            outcomes.push(outcome(&plan));
                            planned.push(plan);
                        }
                        Err(problem) => outcomes.push(Outcome::Failed(problem)),
                    }
                }
                if !self.dry_run {
                    self.write(&tx, planned).await?;
                }
                Ok(outcomes)
            })
            .await;
        revision::committed_here();
        written
    }

    async fn known(&self, tx: &Tx, batch: &[ProductRecord]) -> Result<Known> {
        let handles = batch.iter().map(|record| record.handle.as_str());
        let ids: Vec<(ProductId, String)> = product::Entity::find()
            .filter(product::Column::Slug.is_in(handles))
            .select_only()
            .columns([product::Column::Id, product::Column::Slug])
            .into_tuple()
            .all(tx)
            .await?;
        let products: Vec<ProductId> = ids.iter().map(|(id, _)| *id).collect();
        let wholes = whole::lock(tx, &products).await?;
        let skus = batch.iter().flat_map(|record| &record.variants).filter_map(|line| line.sku.as_deref());
        let skus: Vec<&str> = skus.filter(|sku| !sku.is_empty()).collect();
        let owners: Vec<(String, ProductId)> = if skus.is_empty() {
            Vec::new()
        } else {
            variant::Entity::find()
                .filter(variant::Column::Sku.is_in(skus))
                .select_only()
                .columns([variant::Column::Sku, variant::Column::ProductId])
                .into_tuple()
                .all(tx)
                .await?
        };
        let variants: Vec<VariantId> =
            wholes.values().flat_map(|whole| &whole.variants).map(|variant| variant.row.id).collect();
        let prices = match &self.channel {
            Some(channel) => current(tx, channel.id, &variants).await?,
            None => HashMap::new(),
        };
        let levels = match self.location_id {
            Some(location_id) => stock::lock(tx, location_id, &variants).await?,
            None => HashMap::new(),
        };
        let by_handle = ids.into_iter().map(|(id, slug)| (slug, id)).collect();
        Ok(Known { by_handle, wholes, skus: owners.into_iter().collect(), prices, levels })
    }

    fn plan(&self, tx: &Tx, known: &Known, record: &ProductRecord) -> Result<Planned, RowProblem> {
        let id = known.by_handle.get(&record.handle);
        for line in &record.variants {
            let owner = line.sku.as_deref().and_then(|sku| known.skus.get(sku));
            if owner.is_some_and(|owner| Some(owner) != id) {
                return Err(taken_sku(record, line.line));
            }
        }
        let old = id.and_then(|id| known.wholes.get(id)).cloned();
        let new_uuid = || tx.new_uuid();
        let default_tax_class = self.lookups.default_tax_class;
        let maker = Maker { now: tx.now(), new_uuid: &new_uuid, default_tax_class };
        let at_product = |error| plan::problem(record, record.line, error);
        let mut patch = plan::patch(&self.lookups, record)?;
        if old.as_ref().is_some_and(|old| plan::keeps_order(record, old)) {
            patch.variants.iter_mut().for_each(|variant| variant.position = None);
        }
        let new = apply(&maker, old.as_ref(), &patch).map_err(at_product)?;
        let mut prices = match &self.channel {
            Some(channel) => plan::prices(channel.currency, record, &new)?,
            None => Vec::new(),
        };
        prices.retain(|price| known.prices.get(&price.variant_id).is_none_or(|old| price.differs(old)));
        let stock = match self.location_id {
            Some(_) => plan::quantities(record, &new),
            None => Vec::new(),
        };
        let mut wanted = Vec::with_capacity(stock.len());
        for (variant_id, quantity, line) in stock {
            let level = known.levels.get(&variant_id).copied();
            match stock::wanted(variant_id, level, quantity) {
                Ok(one) => wanted.extend(one),
                Err(error) => return Err(plan::problem(record, line, error)),
            }
        }
        Ok(Planned { change: Change { old, new }, prices, stock: wanted })
    }

    async fn write(&self, tx: &Tx, planned: Vec<Planned>) -> Result<()> {
        let mut changes = Vec::with_capacity(planned.len());
        let (mut prices, mut stock) = (Vec::new(), Vec::new());
        for plan in planned {
            prices.extend(plan.prices);
            stock.extend(plan.stock);
            if plan.change.is_real() {
                changes.push(plan.change);
            }
        }
        save(tx, &changes).await?;
        if let Some(location_id) = self.location_id {
            stock::post(tx, location_id, &stock, REASON).await?;
        }
        match &self.channel {
            // Setting prices raises the revision as its last step.
            Some(channel) if !prices.is_empty() => set(tx, channel, &prices).await.map(|_| ()),
            _ if !changes.is_empty() => revision::bump(tx).await,
            _ => Ok(()),
        }
    }
}

fn outcome(plan: &Planned) -> Outcome {
    match &plan.change.old {
        None => Outcome::Created,
        Some(_) if plan.change.is_real() || !plan.prices.is_empty() || !plan.stock.is_empty() => Outcome::Updated,
        Some(_) => Outcome::Unchanged,
    }
}
