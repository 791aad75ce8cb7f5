//! Reads of numbered units.

use std::collections::BTreeSet;

use entity::event;
use entity::id::{LocationId, StockUnitId, VariantId};
use entity::stock_unit::{Column, Entity, Model};
use entity::words::StockUnitStatus;
use sea_orm::{ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter};

use crate::kernel::paging::{Cursor, Page, PageRequest, newest_first};
use crate::kernel::text;
use crate::{Ctx, Error, Permission, Result};

/// Which numbered units are wanted; what is left out asks for nothing.
#[derive(Debug, Clone, Default)]
pub struct UnitFilter {
    /// The whole serial or lot number.
    pub code: Option<String>,
    /// Of these variants.
    pub variants: Option<BTreeSet<VariantId>>,
    /// At these locations.
    pub locations: Option<BTreeSet<LocationId>>,
    /// In these stages of their life.
    pub statuses: Option<Vec<StockUnitStatus>>,
}

/// Numbered units, newest first: those at locations of the permission `stock.read`, and those that left.
/// Errors: `FORBIDDEN`, `INVALID_TEXT`, `TEXT_TOO_LONG`.
pub async fn page(ctx: &Ctx, filter: &UnitFilter, request: &PageRequest) -> Result<Page<Model>> {
    let query = Entity::find().filter(wanted(ctx, filter)?);
    let rows = newest_first(query, Column::Id, request).all(&ctx.db()).await?;
    Ok(Page::from_rows(request, rows, |row| Cursor::of(row.id.uuid())))
}

/// How many [`page`] walks through.
pub async fn count(ctx: &Ctx, filter: &UnitFilter) -> Result<u64> {
    Ok(Entity::find().filter(wanted(ctx, filter)?).count(&ctx.db()).await?)
}

fn wanted(ctx: &Ctx, filter: &UnitFilter) -> Result<Condition> {
    let code = filter.code.as_deref().map(|code| text::line("filter.code", code, super::MAX_CODE)).transpose()?;
    Ok(readable(ctx)?
        .add_option(code.map(|code| Column::Code.eq(code)))
        .add_option(filter.variants.as_ref().map(|ids| Column::VariantId.is_in(ids.iter().copied())))
        .add_option(filter.locations.as_ref().map(|ids| Column::LocationId.is_in(ids.iter().copied())))
        .add_option(filter.statuses.as_ref().map(|words| Column::Status.is_in(words.iter().copied()))))
}

fn readable(ctx: &Ctx) -> Result<Condition> {
    let places = ctx.require(Permission::StockRead)?.locations();
    let here = places.map(|ids| Condition::any().add(Column::LocationId.is_in(ids)).add(Column::LocationId.is_null()));
    Ok(Condition::all().add_option(here))
}

/// What became of a numbered unit or lot, newest first. Errors: `FORBIDDEN`, `NOT_FOUND`.
pub async fn history(ctx: &Ctx, id: StockUnitId, request: &PageRequest) -> Result<Page<event::Model>> {
    let rows = newest_first(events(ctx, id).await?, event::Column::Id, request).all(&ctx.db()).await?;
    Ok(Page::from_rows(request, rows, |row| Cursor::of(row.id.uuid())))
}

/// How many [`history`] walks through.
pub async fn history_count(ctx: &Ctx, id: StockUnitId) -> Result<u64> {
    Ok(events(ctx, id).await?.count(&ctx.db()).await?)
}

async fn events(ctx: &Ctx, id: StockUnitId) -> Result<sea_orm::Select<event::Entity>> {
    let unit = Entity::find_by_id(id).filter(readable(ctx)?).one(&ctx.db()).await?;
    unit.ok_or(Error::not_found("stockUnit"))?;
    Ok(event::Entity::find()
        .filter(event::Column::AggregateKind.eq("stock_unit"))
        .filter(event::Column::AggregateId.eq(id.uuid())))
}
