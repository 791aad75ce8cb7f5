//! Exporting stock quantities as the CSV that [`super::inventory`] reads: one line per variant and location.

use std::collections::{BTreeMap, HashMap, HashSet};

use entity::id::{ChannelId, LocationId, VariantId};
use entity::stock_level;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use super::export::{Pages, Sheet, option_cells, option_columns, option_headings};
use crate::catalog::whole::{Whole, WholeVariant};
use crate::inventory::level::Counters;
use crate::{Ctx, Permission, Result, channel as channels, location as locations};

/// Values of one list in a statement.
const LIST: usize = 5_000;

/// What a file of stock quantities holds.
#[derive(Debug, Clone, Default)]
pub struct ExportInventory {
    /// Only the active locations that serve this channel; `None` for all locations.
    pub channel_id: Option<ChannelId>,
}

/// A file of stock quantities, page by page.
#[derive(Debug)]
pub struct InventoryExport {
    /// Codes of the locations that stand in the file.
    locations: BTreeMap<LocationId, String>,
    options: usize,
    pages: Pages,
    headed: bool,
}

/// Begins a file in the columns of Shopify's inventory CSV; locations stand in it by code. It has the places where the
/// actor may read stock, and the variants that are counted there; `On hand (new)` is left blank for people to fill in.
///
/// Errors: `FORBIDDEN` without `stock.read`, `NOT_FOUND` for an unknown channel.
pub async fn export_inventory(ctx: &Ctx, input: ExportInventory) -> Result<InventoryExport> {
    let scope = ctx.require(Permission::StockRead)?;
    let db = ctx.db();
    let mut rows = locations::query::list(&db, false).await?;
    if let Some(id) = input.channel_id {
        channels::query::get(&db, id).await?;
        let serving = channels::query::locations(&db, id).await?;
        let serving: HashSet<LocationId> = serving.into_iter().map(|(row, _)| row.id).collect();
        rows.retain(|row| serving.contains(&row.id));
    }
    rows.retain(|row| scope.allows_location(row.id));
    let locations = rows.into_iter().map(|row| (row.id, row.code)).collect();
    Ok(InventoryExport { locations, options: option_columns(&db).await?, pages: Pages::default(), headed: false })
}

impl InventoryExport {
    /// The next bytes of the file, the headings first; `None` at its end. A bounded number of statements for a page of
    /// products. Error: the database's.
    pub async fn next(&mut self, ctx: &Ctx) -> Result<Option<Vec<u8>>> {
        let db = ctx.db();
        let wholes = self.pages.next(&db).await?;
        if wholes.is_empty() && self.headed {
            return Ok(None);
        }
        let mut sheet = Sheet::new();
        if !self.headed {
            sheet.line(&self.headings())?;
            self.headed = true;
        }
        let counted = |variant: &&WholeVariant| variant.row.tracked && !variant.row.is_bundle;
        let variants = wholes.iter().flat_map(|whole| &whole.variants).filter(counted);
        let levels = levels(&db, &variants.map(|variant| variant.row.id).collect::<Vec<_>>()).await?;
        for whole in &wholes {
            for variant in whole.variants.iter().filter(counted) {
                for level in levels.get(&variant.row.id).into_iter().flatten() {
                    if let Some(code) = self.locations.get(&level.location_id) {
                        sheet.line(&self.line(whole, variant, code, level))?;
                    }
                }
            }
        }
        sheet.into_bytes().map(Some)
    }

    fn headings(&self) -> Vec<String> {
        const UNITS: [&str; 8] = [
            "SKU",
            "Location",
            "Incoming (not editable)",
            "Unavailable (not editable)",
            "Committed (not editable)",
            "Available (not editable)",
            "On hand (current)",
            "On hand (new)",
        ];
        let mut headings = vec!["Handle".to_owned(), "Title".to_owned()];
        headings.extend(option_headings(self.options));
        headings.extend(UNITS.map(str::to_owned));
        headings
    }

    fn line(&self, whole: &Whole, variant: &WholeVariant, code: &str, level: &stock_level::Model) -> Vec<String> {
        let available = Counters::from(level).available();
        let unavailable = level.on_hand.saturating_sub(level.committed).saturating_sub(available);
        let mut cells = vec![whole.product.slug.clone(), whole.product.title.clone()];
        cells.extend(option_cells(whole, Some(variant), true, self.options));
        cells.extend([variant.row.sku.clone().unwrap_or_default(), code.to_owned()]);
        cells.extend([level.incoming, unavailable, level.committed, available, level.on_hand].map(|n| n.to_string()));
        cells.push(String::new());
        cells
    }
}

/// Levels of variants at all locations, each variant's in the order of the locations.
async fn levels(
    db: &impl ConnectionTrait,
    variants: &[VariantId],
) -> Result<HashMap<VariantId, Vec<stock_level::Model>>> {
    let mut levels: HashMap<VariantId, Vec<stock_level::Model>> = HashMap::with_capacity(variants.len());
    for some in variants.chunks(LIST) {
        let rows = stock_level::Entity::find()
            .filter(stock_level::Column::VariantId.is_in(some.iter().copied()))
            .order_by_asc(stock_level::Column::LocationId)
            .all(db)
            .await?;
        for row in rows {
            levels.entry(row.variant_id).or_default().push(row);
        }
    }
    Ok(levels)
}
