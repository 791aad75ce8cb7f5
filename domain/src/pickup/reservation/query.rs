//! Reads of reservations.

use entity::id::{LocationId, StoreReservationId};
use entity::store_reservation::{self, Column, Entity, Model};
use entity::store_reservation_line;
use entity::words::StoreReservationStatus;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, Select};

use crate::kernel::paging::{Cursor, Page, PageRequest, newest_first};
use crate::kernel::{Ctx, Permission, Result};

/// The lines of reservations.
pub async fn lines(
    db: &impl ConnectionTrait,
    ids: &[StoreReservationId],
) -> Result<Vec<store_reservation_line::Model>> {
    let found = store_reservation_line::Entity::find()
        .filter(store_reservation_line::Column::StoreReservationId.is_in(ids.iter().copied()))
        .order_by_asc(store_reservation_line::Column::Id);
    Ok(found.all(db).await?)
}

/// Which reservations are wanted; empty fields ask for nothing.
#[derive(Clone, Debug, Default)]
pub struct ReservationFilter {
    /// At these stores.
    pub location_ids: Vec<LocationId>,
    /// In these states.
    pub statuses: Vec<StoreReservationStatus>,
}

fn filtered(ctx: &Ctx, filter: &ReservationFilter) -> Result<Select<store_reservation::Entity>> {
    let scope = ctx.require(Permission::StockHold)?;
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
    Ok(query)
}

/// The reservations of the stores where the actor may hold stock, newest first. Errors: `UNAUTHENTICATED`, `FORBIDDEN`.
pub async fn page(ctx: &Ctx, filter: &ReservationFilter, request: &PageRequest) -> Result<Page<Model>> {
    let rows = newest_first(filtered(ctx, filter)?, Column::Id, request).all(&ctx.db()).await?;
    Ok(Page::from_rows(request, rows, |row| Cursor::of(row.id.uuid())))
}

/// How many [`page`] has in all.
pub async fn count(ctx: &Ctx, filter: &ReservationFilter) -> Result<u64> {
    Ok(filtered(ctx, filter)?.count(&ctx.db()).await?)
}
