//! Reads of parcels.

use std::collections::BTreeSet;

use entity::id::{FulfillmentOrderId, FulfillmentOrderLineId, ShipmentId};
use entity::{fulfillment_order_line, shipment, shipment_line};
use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::kernel::{Ctx, Permission, Result, Tx};

/// A parcel that the actor may work on; `None` when it is missing or elsewhere. Errors: `UNAUTHENTICATED`, `FORBIDDEN`.
pub async fn find(ctx: &Ctx, id: ShipmentId) -> Result<Option<shipment::Model>> {
    let scope = ctx.require(Permission::FulfillmentWork)?;
    let found = shipment::Entity::find_by_id(id).one(&ctx.db()).await?;
    Ok(found.filter(|shipment| scope.allows_location(shipment.location_id)))
}

/// One parcel, whoever asks.
pub async fn by_id(db: &impl ConnectionTrait, id: ShipmentId) -> Result<Option<shipment::Model>> {
    Ok(shipment::Entity::find_by_id(id).one(db).await?)
}

/// The lines of parcels.
pub async fn lines(db: &impl ConnectionTrait, shipments: &[ShipmentId]) -> Result<Vec<shipment_line::Model>> {
    let found = shipment_line::Entity::find()
        .filter(shipment_line::Column::ShipmentId.is_in(shipments.iter().copied()))
        .order_by_asc(shipment_line::Column::Id);
    Ok(found.all(db).await?)
}

/// The parcels of work, oldest first, each with the work it is of.
pub async fn of_work(
    db: &impl ConnectionTrait,
    work: &[FulfillmentOrderId],
) -> Result<Vec<(FulfillmentOrderId, shipment::Model)>> {
    let work_lines = fulfillment_order_line::Entity::find()
        .filter(fulfillment_order_line::Column::FulfillmentOrderId.is_in(work.iter().copied()))
        .all(db)
        .await?;
    let lines = shipment_line::Entity::find()
        .filter(shipment_line::Column::FulfillmentOrderLineId.is_in(work_lines.iter().map(|line| line.id)))
        .all(db)
        .await?;
    let ids: BTreeSet<ShipmentId> = lines.iter().map(|line| line.shipment_id).collect();
    let found = shipment::Entity::find()
        .filter(shipment::Column::Id.is_in(ids))
        .order_by_asc(shipment::Column::Id)
        .all(db)
        .await?;
    let work_of = |line: FulfillmentOrderLineId| {
        work_lines.iter().find(|found| found.id == line).map(|found| found.fulfillment_order_id)
    };
    let mut pairs = Vec::new();
    for shipment in found {
        let mine = lines.iter().filter(|line| line.shipment_id == shipment.id);
        let of: BTreeSet<FulfillmentOrderId> =
            mine.filter_map(|line| work_of(line.fulfillment_order_line_id)).collect();
        pairs.extend(of.into_iter().map(|work| (work, shipment.clone())));
    }
    Ok(pairs)
}

/// The lines of work in a parcel, without locks: callers lock their orders next.
pub(super) async fn work_lines(tx: &Tx, id: ShipmentId) -> Result<Vec<fulfillment_order_line::Model>> {
    let mut inside = Query::select();
    inside
        .column(shipment_line::Column::FulfillmentOrderLineId)
        .from(shipment_line::Entity)
        .and_where(shipment_line::Column::ShipmentId.eq(id));
    let found = fulfillment_order_line::Entity::find()
        .filter(fulfillment_order_line::Column::Id.in_subquery(inside))
        .all(tx)
        .await?;
    Ok(found)
}

/// Locks a parcel; its orders and work are locked before.
pub(crate) async fn lock(tx: &Tx, id: ShipmentId) -> Result<shipment::Model> {
    let found = shipment::Entity::find_by_id(id).lock_exclusive().one(tx).await?;
    found.ok_or(crate::Error::not_found("shipment"))
}
