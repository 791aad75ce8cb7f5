//! Reading the event history, for staff who look into what happened.

use chrono::{DateTime, Utc};
use entity::event::{self, Column, Entity};
use entity::id::CustomerId;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, Select};
use uuid::Uuid;

use super::paging::{Cursor, Page, PageRequest, newest_first};
use super::{Ctx, Permission, Result, text};

/// Which events are wanted; what is left out asks for nothing.
#[derive(Debug, Clone, Default)]
pub struct EventFilter {
    /// Past-tense name, such as `order_placed`.
    pub kind: Option<String>,
    /// Kind of the thing, such as `order`.
    pub aggregate_kind: Option<String>,
    /// Which thing.
    pub aggregate_id: Option<Uuid>,
    /// Which customer they concern.
    pub customer_id: Option<CustomerId>,
    /// At or after.
    pub from: Option<DateTime<Utc>>,
    /// Before.
    pub before: Option<DateTime<Utc>>,
}

/// A page of events, newest first. Error: `FORBIDDEN` without `events.read` everywhere: history has no places.
pub async fn page(ctx: &Ctx, filter: &EventFilter, request: &PageRequest) -> Result<Page<event::Model>> {
    let rows = newest_first(filtered(ctx, filter)?, Column::Id, request).all(&ctx.db()).await?;
    Ok(Page::from_rows(request, rows, |row| Cursor::of(row.id.uuid())))
}

/// How many [`page`] has in all.
pub async fn count(ctx: &Ctx, filter: &EventFilter) -> Result<u64> {
    Ok(filtered(ctx, filter)?.count(&ctx.db()).await?)
}

fn filtered(ctx: &Ctx, filter: &EventFilter) -> Result<Select<Entity>> {
    ctx.require_everywhere(Permission::EventsRead)?;
    let mut query = Entity::find();
    if let Some(kind) = &filter.kind {
        query = query.filter(Column::Kind.eq(text::line("filter.kind", kind, 100)?));
    }
    if let Some(kind) = &filter.aggregate_kind {
        query = query.filter(Column::AggregateKind.eq(text::line("filter.aggregateKind", kind, 100)?));
    }
    if let Some(id) = filter.aggregate_id {
        query = query.filter(Column::AggregateId.eq(id));
    }
    if let Some(id) = filter.customer_id {
        query = query.filter(Column::CustomerId.eq(id));
    }
    if let Some(from) = filter.from {
        query = query.filter(Column::OccurredAt.gte(from));
    }
    if let Some(before) = filter.before {
        query = query.filter(Column::OccurredAt.lt(before));
    }
    Ok(query)
}
