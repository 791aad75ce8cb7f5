//! Reads of pickups.

use entity::id::{LocationId, OrderId, PickupId};
use entity::pickup::{self, Column, Entity, Model};
use entity::words::{PickupChoice, PickupStatus};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, Select};

use super::access;
use crate::kernel::paging::{Cursor, Page, PageRequest, newest_first};
use crate::kernel::{Ctx, Result};

/// The pickups of orders, oldest first; who may read the order may read them.
pub async fn of_orders(db: &impl ConnectionTrait, orders: &[OrderId]) -> Result<Vec<Model>> {
    let found = Entity::find().filter(Column::OrderId.is_in(orders.iter().copied())).order_by_asc(Column::Id);
    Ok(found.all(db).await?)
}

/// The pickup that took the place of one whose customer chose another store, among those of its order: it was opened in the
/// moment of that choice, which was the last thing that happened to the old one.
#[must_use]
pub fn moved_to<'a>(old: &Model, of_order: &'a [Model]) -> Option<&'a Model> {
    let is_moved = old.status == PickupStatus::Canceled && old.choice == Some(PickupChoice::OtherStore);
    let took_over = |new: &&Model| {
        new.order_id == old.order_id && new.location_id != old.location_id && new.created_at == old.updated_at
    };
    of_order.iter().rfind(took_over).filter(|_| is_moved)
}

/// One pickup, whoever asks: for steps and handlers.
pub async fn by_id(db: &impl ConnectionTrait, id: PickupId) -> Result<Option<Model>> {
    Ok(Entity::find_by_id(id).one(db).await?)
}

/// Which pickups are wanted; empty fields ask for nothing.
#[derive(Clone, Debug, Default)]
pub struct PickupFilter {
    /// At these stores.
    pub location_ids: Vec<LocationId>,
    /// In these states.
    pub statuses: Vec<PickupStatus>,
    /// Only where the customer stands outside.
    pub arrived: bool,
}

fn filtered(ctx: &Ctx, filter: &PickupFilter) -> Result<Select<pickup::Entity>> {
    let scope = access::work_scope(ctx)?;
    let mut query = Entity::find();
    if let Some(stores) = scope.locations() {
        query = query.filter(Column::LocationId.is_in(stores));
    }
    if !filter.location_ids.is_empty() {
        query = query.filter(Column::LocationId.is_in(filter.location_ids.iter().copied()));
    }
    if !filter.statuses.is_empty() {
        query = query.filter(Column::Status.is_in(filter.statuses.iter().copied()));
    }
    if filter.arrived {
        query = query.filter(Column::ArrivedAt.is_not_null()).filter(Column::Status.eq(PickupStatus::Ready));
    }
    Ok(query)
}

/// The pickups of the stores where the actor works, newest first. Errors: `UNAUTHENTICATED`, `FORBIDDEN` without
/// `fulfillment.work`.
pub async fn page(ctx: &Ctx, filter: &PickupFilter, request: &PageRequest) -> Result<Page<Model>> {
    let rows = newest_first(filtered(ctx, filter)?, Column::Id, request).all(&ctx.db()).await?;
    Ok(Page::from_rows(request, rows, |row| Cursor::of(row.id.uuid())))
}

/// How many [`page`] has in all.
pub async fn count(ctx: &Ctx, filter: &PickupFilter) -> Result<u64> {
    Ok(filtered(ctx, filter)?.count(&ctx.db()).await?)
}

/// One pickup at a store where the actor works. Errors: `UNAUTHENTICATED`, `FORBIDDEN`.
pub async fn find(ctx: &Ctx, id: PickupId) -> Result<Option<Model>> {
    Ok(filtered(ctx, &PickupFilter::default())?.filter(Column::Id.eq(id)).one(&ctx.db()).await?)
}
