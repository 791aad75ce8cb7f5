//! Reads of levels, movements and holds.

use std::collections::BTreeSet;

use entity::id::{LocationId, StockHoldId, StockMovementId, VariantId};
use entity::words::MovementKind;
use entity::{stock_hold, stock_level, stock_movement};
use sea_orm::sea_query::ExprTrait as _;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};

use super::level::Key;
use crate::kernel::paging::{Cursor, Page, PageRequest, newest_first};
use crate::{Error, ErrorCode, Result};

/// Which levels or movements are wanted.
#[derive(Debug, Clone, Default)]
pub struct StockFilter {
    /// Only these locations.
    pub locations: Option<BTreeSet<LocationId>>,
    /// Only these variants.
    pub variants: Option<BTreeSet<VariantId>>,
    /// Only movements of these kinds; levels have none.
    pub kinds: Option<Vec<MovementKind>>,
}

impl StockFilter {
    /// Only what also lies in `scope`, when it is limited.
    #[must_use]
    pub fn within(mut self, scope: Option<BTreeSet<LocationId>>) -> Self {
        self.locations = match (self.locations, scope) {
            (Some(wanted), Some(allowed)) => Some(wanted.intersection(&allowed).copied().collect()),
            (wanted, allowed) => wanted.or(allowed),
        };
        self
    }

    fn of_levels(&self) -> Condition {
        use stock_level::Column;
        Condition::all()
            .add_option(self.locations.as_ref().map(|ids| Column::LocationId.is_in(ids.iter().copied())))
            .add_option(self.variants.as_ref().map(|ids| Column::VariantId.is_in(ids.iter().copied())))
    }

    fn of_movements(&self) -> Condition {
        use stock_movement::Column;
        Condition::all()
            .add_option(self.locations.as_ref().map(|ids| Column::LocationId.is_in(ids.iter().copied())))
            .add_option(self.variants.as_ref().map(|ids| Column::VariantId.is_in(ids.iter().copied())))
            .add_option(self.kinds.as_ref().map(|kinds| Column::Kind.is_in(kinds.iter().copied())))
    }
}

/// The level of a variant at a location.
pub async fn level(db: &impl ConnectionTrait, key: Key) -> Result<Option<stock_level::Model>> {
    Ok(stock_level::Entity::find_by_id(key).one(db).await?)
}

/// The levels of some variants at some locations, in no order.
pub async fn levels(
    db: &impl ConnectionTrait,
    locations: &[LocationId],
    variants: &[VariantId],
) -> Result<Vec<stock_level::Model>> {
    if locations.is_empty() || variants.is_empty() {
        return Ok(Vec::new());
    }
    let filter = StockFilter {
        locations: Some(locations.iter().copied().collect()),
        variants: Some(variants.iter().copied().collect()),
        kinds: None,
    };
    Ok(stock_level::Entity::find().filter(filter.of_levels()).all(db).await?)
}

/// Levels by location and variant. Error: `INVALID_CURSOR`.
pub async fn level_page(
    db: &impl ConnectionTrait,
    filter: &StockFilter,
    request: &PageRequest,
) -> Result<Page<stock_level::Model>> {
    use stock_level::Column;
    let mut query = stock_level::Entity::find().filter(filter.of_levels()).limit(request.size + 1);
    if let Some((location, variant)) = request.after.as_ref().map(level_of).transpose()? {
        let later = Column::LocationId.eq(location).and(Column::VariantId.gt(variant));
        query = query.filter(Column::LocationId.gt(location).or(later));
    }
    if let Some((location, variant)) = request.before.as_ref().map(level_of).transpose()? {
        let earlier = Column::LocationId.eq(location).and(Column::VariantId.lt(variant));
        query = query.filter(Column::LocationId.lt(location).or(earlier));
    }
    let query = if request.backwards {
        query.order_by_desc(Column::LocationId).order_by_desc(Column::VariantId)
    } else {
        query.order_by_asc(Column::LocationId).order_by_asc(Column::VariantId)
    };
    let rows = query.all(db).await?;
    Ok(Page::from_rows(request, rows, |row| Cursor { key: row.location_id.to_string(), id: row.variant_id.uuid() }))
}

/// The level that a cursor of [`level_page`] stands for.
fn level_of(cursor: &Cursor) -> Result<Key> {
    let location = cursor.key.parse().map_err(|_| Error::invalid(ErrorCode::InvalidCursor, "after"))?;
    Ok((location, VariantId(cursor.id)))
}

/// How many levels [`level_page`] walks through.
pub async fn level_count(db: &impl ConnectionTrait, filter: &StockFilter) -> Result<u64> {
    Ok(stock_level::Entity::find().filter(filter.of_levels()).count(db).await?)
}

/// Movements, newest first.
pub async fn movement_page(
    db: &impl ConnectionTrait,
    filter: &StockFilter,
    request: &PageRequest,
) -> Result<Page<stock_movement::Model>> {
    let query = stock_movement::Entity::find().filter(filter.of_movements());
    let rows = newest_first(query, stock_movement::Column::Id, request).all(db).await?;
    Ok(Page::from_rows(request, rows, |row| Cursor::of(row.id.uuid())))
}

/// How many movements [`movement_page`] walks through.
pub async fn movement_count(db: &impl ConnectionTrait, filter: &StockFilter) -> Result<u64> {
    Ok(stock_movement::Entity::find().filter(filter.of_movements()).count(db).await?)
}

/// The movement of an id.
pub async fn movement(db: &impl ConnectionTrait, id: StockMovementId) -> Result<Option<stock_movement::Model>> {
    Ok(stock_movement::Entity::find_by_id(id).one(db).await?)
}

/// The hold of an id.
pub async fn hold(db: &impl ConnectionTrait, id: StockHoldId) -> Result<Option<stock_hold::Model>> {
    Ok(stock_hold::Entity::find_by_id(id).one(db).await?)
}
