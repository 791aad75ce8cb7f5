//! What a place runs short of and another has plenty of: a proposal for transfers, nothing more.

use std::collections::{BTreeMap, BTreeSet};

use entity::id::{LocationId, VariantId};
use entity::{location, stock_level};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::inventory::level::Counters;
use crate::{Ctx, Error, Permission, Result};

/// Most proposals of one answer.
pub const MAX_SUGGESTIONS: usize = 100;
/// Levels that are looked at, by variant.
const MOST_LEVELS: u64 = 20_000;

/// So many units of a variant could come from there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Suggestion {
    /// Of what.
    pub variant_id: VariantId,
    /// From where.
    pub from_location_id: LocationId,
    /// Units, above zero.
    pub quantity: i64,
    /// Free units here.
    pub available: i64,
    /// Units on their way here.
    pub incoming: i64,
    /// Free units there.
    pub available_there: i64,
}

/// Proposes transfers to a location. A variant that lies or lay here is short when its free units and those on their way
/// are fewer than its target: its safety stock, or the location's default, at least one. The place with the most free
/// units gives up to the shortage, and keeps as much as twice its own target. Two statements.
///
/// Errors: `FORBIDDEN`, `NOT_FOUND` for a place out of reach.
pub async fn suggestions(ctx: &Ctx, place: LocationId) -> Result<Vec<Suggestion>> {
    if !ctx.require(Permission::TransfersWork)?.allows_location(place) {
        return Err(Error::not_found("location"));
    }
    let db = ctx.db();
    let places: BTreeMap<LocationId, i64> = location::Entity::find()
        .filter(location::Column::Active.eq(true))
        .all(&db)
        .await?
        .into_iter()
        .map(|row| (row.id, row.default_safety_stock))
        .collect();
    let here = stock_level::Entity::find()
        .filter(stock_level::Column::LocationId.eq(place))
        .order_by_asc(stock_level::Column::VariantId)
        .limit(MOST_LEVELS)
        .all(&db)
        .await?;
    let short: BTreeMap<VariantId, (&stock_level::Model, i64)> = here
        .iter()
        .map(|level| (level, target(level, &places) - Counters::from(level).available() - level.incoming))
        .filter(|(_, missing)| *missing > 0)
        .map(|(level, missing)| (level.variant_id, (level, missing)))
        .take(MAX_SUGGESTIONS * 10)
        .collect();
    let wanted: BTreeSet<VariantId> = short.keys().copied().collect();
    let there = stock_level::Entity::find()
        .filter(stock_level::Column::VariantId.is_in(wanted))
        .filter(stock_level::Column::LocationId.ne(place))
        .order_by_asc(stock_level::Column::LocationId)
        .all(&db)
        .await?;
    Ok(propose(&short, &there, &places))
}

/// How many free units a level should have.
fn target(level: &stock_level::Model, places: &BTreeMap<LocationId, i64>) -> i64 {
    level.safety_stock.max(places.get(&level.location_id).copied().unwrap_or_default()).max(1)
}

fn propose(
    short: &BTreeMap<VariantId, (&stock_level::Model, i64)>,
    there: &[stock_level::Model],
    places: &BTreeMap<LocationId, i64>,
) -> Vec<Suggestion> {
    let mut best: BTreeMap<VariantId, Suggestion> = BTreeMap::new();
    for level in there.iter().filter(|level| places.contains_key(&level.location_id)) {
        let Some((here, missing)) = short.get(&level.variant_id) else { continue };
        let available_there = Counters::from(level).available();
        let quantity = (available_there - 2 * target(level, places)).min(*missing);
        let better = best.get(&level.variant_id).is_none_or(|other| other.available_there < available_there);
        if quantity > 0 && better {
            let suggestion = Suggestion {
                variant_id: level.variant_id,
                from_location_id: level.location_id,
                quantity,
                available: Counters::from(*here).available(),
                incoming: here.incoming,
                available_there,
            };
            best.insert(level.variant_id, suggestion);
        }
    }
    best.into_values().take(MAX_SUGGESTIONS).collect()
}
