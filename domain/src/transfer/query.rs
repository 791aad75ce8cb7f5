//! Reads of transfers.

use std::collections::BTreeSet;

use entity::id::{FulfillmentOrderId, LocationId, TransferId};
use entity::words::TransferStatus;
use entity::{transfer, transfer_line};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, Select};

use crate::kernel::paging::{Cursor, Page, PageRequest, newest_first};
use crate::{Ctx, Permission, Result, Scope};

/// Which transfers are wanted; what is left out asks for nothing.
#[derive(Debug, Clone, Default)]
pub struct TransferFilter {
    /// Sent from here.
    pub from_location_id: Option<LocationId>,
    /// Sent to here.
    pub to_location_id: Option<LocationId>,
    /// In one of these states.
    pub statuses: Option<Vec<TransferStatus>>,
}

/// A transfer from or to a place where the actor may work on transfers. Error: `FORBIDDEN`.
pub async fn get(ctx: &Ctx, id: TransferId) -> Result<Option<transfer::Model>> {
    let scope = ctx.require(Permission::TransfersWork)?;
    Ok(transfer::Entity::find_by_id(id).filter(within(&scope)).one(&ctx.db()).await?)
}

/// Transfers from or to the actor's places, newest first. Error: `FORBIDDEN`.
pub async fn page(ctx: &Ctx, filter: &TransferFilter, request: &PageRequest) -> Result<Page<transfer::Model>> {
    let rows = newest_first(filtered(ctx, filter)?, transfer::Column::Id, request).all(&ctx.db()).await?;
    Ok(Page::from_rows(request, rows, |row| Cursor::of(row.id.uuid())))
}

/// How many [`page`] walks through.
pub async fn count(ctx: &Ctx, filter: &TransferFilter) -> Result<u64> {
    Ok(filtered(ctx, filter)?.count(&ctx.db()).await?)
}

fn filtered(ctx: &Ctx, filter: &TransferFilter) -> Result<Select<transfer::Entity>> {
    use transfer::Column;
    let scope = ctx.require(Permission::TransfersWork)?;
    let wanted = Condition::all()
        .add_option(filter.from_location_id.map(|id| Column::FromLocationId.eq(id)))
        .add_option(filter.to_location_id.map(|id| Column::ToLocationId.eq(id)))
        .add_option(filter.statuses.as_ref().map(|statuses| Column::Status.is_in(statuses.iter().copied())));
    Ok(transfer::Entity::find().filter(wanted).filter(within(&scope)))
}

/// From or to a place of the scope.
fn within(scope: &Scope) -> Condition {
    use transfer::Column;
    let places = scope.locations();
    let at = |places: &BTreeSet<LocationId>| {
        Condition::any()
            .add(Column::FromLocationId.is_in(places.iter().copied()))
            .add(Column::ToLocationId.is_in(places.iter().copied()))
    };
    Condition::all().add_option(places.as_ref().map(at))
}

/// The lines of transfers, by variant.
pub async fn lines(db: &impl ConnectionTrait, transfers: &[TransferId]) -> Result<Vec<transfer_line::Model>> {
    let rows = transfer_line::Entity::find()
        .filter(transfer_line::Column::TransferId.is_in(transfers.iter().copied()))
        .order_by_asc(transfer_line::Column::VariantId);
    Ok(rows.all(db).await?)
}

/// The transfers that pieces of work wait for, oldest first.
pub async fn of_work(db: &impl ConnectionTrait, work: &[FulfillmentOrderId]) -> Result<Vec<transfer::Model>> {
    let rows = transfer::Entity::find()
        .filter(transfer::Column::FulfillmentOrderId.is_in(work.iter().copied()))
        .order_by_asc(transfer::Column::Id);
    Ok(rows.all(db).await?)
}
