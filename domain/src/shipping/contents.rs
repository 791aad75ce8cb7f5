//! What parcels hold, whose they are and where they go: reads.

use std::collections::{BTreeMap, BTreeSet};

use entity::address::Address;
use entity::id::{FulfillmentOrderId, FulfillmentOrderLineId, OrderId, ShipmentId};
use entity::{fulfillment_order, fulfillment_order_line, order, order_line, shipment, shipment_line, tracking_event};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::kernel::{Ctx, Permission, Result, Scope};
use crate::order as orders;

/// Parcels of these locations.
pub(crate) fn within(scope: &Scope) -> Condition {
    match scope.locations() {
        Some(only) => Condition::all().add(shipment::Column::LocationId.is_in(only)),
        None => Condition::all(),
    }
}

/// What lies in a parcel: the units, the work and what was sold.
#[derive(Debug, Clone, PartialEq)]
pub struct Content {
    /// Units in the parcel.
    pub line: shipment_line::Model,
    /// The work they belong to.
    pub piece: fulfillment_order_line::Model,
    /// What was sold.
    pub sold: order_line::Model,
}

/// Several parcels, whoever asks: callers have checked who may read them.
pub async fn by_ids(db: &impl ConnectionTrait, ids: &[ShipmentId]) -> Result<Vec<shipment::Model>> {
    Ok(shipment::Entity::find().filter(shipment::Column::Id.is_in(ids.iter().copied())).all(db).await?)
}

/// Those of the parcels that staff may work with, or that hang on an order which the actor may read.
pub async fn readable_by_ids(ctx: &Ctx, ids: &[ShipmentId]) -> Result<Vec<shipment::Model>> {
    let db = ctx.db();
    if let Ok(scope) = ctx.require(Permission::FulfillmentWork) {
        let own =
            shipment::Entity::find().filter(within(&scope)).filter(shipment::Column::Id.is_in(ids.iter().copied()));
        return Ok(own.all(&db).await?);
    }
    let of_orders = orders_of(&db, ids).await?;
    let wanted: Vec<OrderId> = of_orders.values().flatten().copied().collect();
    let may: BTreeSet<OrderId> =
        orders::query::readable_by_ids(ctx, &wanted).await?.into_iter().map(|order| order.id).collect();
    let mine: Vec<ShipmentId> = of_orders
        .into_iter()
        .filter(|(_, orders)| !orders.is_empty() && orders.iter().all(|order| may.contains(order)))
        .map(|(id, _)| id)
        .collect();
    by_ids(&db, &mine).await
}

/// The orders that parcels belong to, in two statements.
pub async fn orders_of(
    db: &impl ConnectionTrait,
    ids: &[ShipmentId],
) -> Result<BTreeMap<ShipmentId, BTreeSet<OrderId>>> {
    let pieces = shipment_line::Entity::find()
        .filter(shipment_line::Column::ShipmentId.is_in(ids.iter().copied()))
        .find_also_related(fulfillment_order_line::Entity)
        .all(db)
        .await?;
    let work: BTreeSet<FulfillmentOrderId> =
        pieces.iter().filter_map(|(_, piece)| Some(piece.as_ref()?.fulfillment_order_id)).collect();
    let heads: BTreeMap<FulfillmentOrderId, OrderId> = fulfillment_order::Entity::find()
        .filter(fulfillment_order::Column::Id.is_in(work))
        .all(db)
        .await?
        .into_iter()
        .map(|work| (work.id, work.order_id))
        .collect();
    let mut found: BTreeMap<ShipmentId, BTreeSet<OrderId>> = BTreeMap::new();
    for (line, piece) in pieces {
        let order = piece.and_then(|piece| heads.get(&piece.fulfillment_order_id).copied());
        found.entry(line.shipment_id).or_default().extend(order);
    }
    Ok(found)
}

/// The parcels of orders that were not unpacked again, oldest first, in four statements.
pub async fn of_orders(
    db: &impl ConnectionTrait,
    orders: &[OrderId],
) -> Result<BTreeMap<OrderId, Vec<shipment::Model>>> {
    let all = with_voided(db, orders).await?;
    let kept = |parcels: Vec<shipment::Model>| parcels.into_iter().filter(|one| one.voided_at.is_none()).collect();
    Ok(all.into_iter().map(|(order, parcels)| (order, kept(parcels))).collect())
}

/// All parcels of orders, unpacked ones too, oldest first: their places in this list are their numbers.
pub(crate) async fn with_voided(
    db: &impl ConnectionTrait,
    orders: &[OrderId],
) -> Result<BTreeMap<OrderId, Vec<shipment::Model>>> {
    let heads: BTreeMap<FulfillmentOrderId, OrderId> = fulfillment_order::Entity::find()
        .filter(fulfillment_order::Column::OrderId.is_in(orders.iter().copied()))
        .all(db)
        .await?
        .into_iter()
        .map(|work| (work.id, work.order_id))
        .collect();
    let pieces: BTreeMap<FulfillmentOrderLineId, FulfillmentOrderId> = fulfillment_order_line::Entity::find()
        .filter(fulfillment_order_line::Column::FulfillmentOrderId.is_in(heads.keys().copied()))
        .all(db)
        .await?
        .into_iter()
        .map(|piece| (piece.id, piece.fulfillment_order_id))
        .collect();
    let lines: Vec<(ShipmentId, FulfillmentOrderId)> = shipment_line::Entity::find()
        .filter(shipment_line::Column::FulfillmentOrderLineId.is_in(pieces.keys().copied()))
        .all(db)
        .await?
        .into_iter()
        .filter_map(|line| Some((line.shipment_id, *pieces.get(&line.fulfillment_order_line_id)?)))
        .collect();
    let ids: BTreeSet<ShipmentId> = lines.iter().map(|(shipment, _)| *shipment).collect();
    let parcels: BTreeMap<ShipmentId, shipment::Model> = shipment::Entity::find()
        .filter(shipment::Column::Id.is_in(ids))
        .all(db)
        .await?
        .into_iter()
        .map(|parcel| (parcel.id, parcel))
        .collect();
    let mut found: BTreeMap<OrderId, BTreeSet<ShipmentId>> = BTreeMap::new();
    for (shipment, work) in lines {
        if let Some(order) = heads.get(&work) {
            found.entry(*order).or_default().insert(shipment);
        }
    }
    Ok(found
        .into_iter()
        .map(|(order, ids)| (order, ids.iter().filter_map(|id| parcels.get(id).cloned()).collect()))
        .collect())
}

/// What lies in parcels, in three statements; by parcel, in the order of the sold lines.
pub async fn contents(db: &impl ConnectionTrait, ids: &[ShipmentId]) -> Result<BTreeMap<ShipmentId, Vec<Content>>> {
    let rows = shipment_line::Entity::find()
        .filter(shipment_line::Column::ShipmentId.is_in(ids.iter().copied()))
        .find_also_related(fulfillment_order_line::Entity)
        .all(db)
        .await?;
    let sold: BTreeSet<entity::id::OrderLineId> =
        rows.iter().filter_map(|(_, piece)| Some(piece.as_ref()?.order_line_id)).collect();
    let sold: BTreeMap<_, order_line::Model> = order_line::Entity::find()
        .filter(order_line::Column::Id.is_in(sold))
        .all(db)
        .await?
        .into_iter()
        .map(|line| (line.id, line))
        .collect();
    let mut found: BTreeMap<ShipmentId, Vec<Content>> = BTreeMap::new();
    for (line, piece) in rows {
        let Some(piece) = piece else { continue };
        let Some(sold) = sold.get(&piece.order_line_id).cloned() else { continue };
        found.entry(line.shipment_id).or_default().push(Content { line, piece, sold });
    }
    for content in found.values_mut() {
        content.sort_by_key(|content| (content.sold.order_id, content.sold.position, content.line.id));
    }
    Ok(found)
}

/// What carriers said about parcels, latest first.
pub async fn tracking_events(db: &impl ConnectionTrait, ids: &[ShipmentId]) -> Result<Vec<tracking_event::Model>> {
    let found = tracking_event::Entity::find()
        .filter(tracking_event::Column::ShipmentId.is_in(ids.iter().copied()))
        .order_by_desc(tracking_event::Column::OccurredAt)
        .order_by_desc(tracking_event::Column::Id);
    Ok(found.all(db).await?)
}

/// A parcel's reference, which label programs print and send back: the order's number and the parcel's place among all
/// parcels of the order, such as `H100001-2`.
#[must_use]
pub fn reference(order: &order::Model, parcels: &[shipment::Model], id: ShipmentId) -> Option<String> {
    let place = parcels.iter().position(|parcel| parcel.id == id)?;
    Some(format!("{}-{}", order.number, place + 1))
}

/// The order's number and the place that a reference names.
#[must_use]
pub fn parse_reference(reference: &str) -> Option<(String, usize)> {
    let (number, place) = reference.trim().rsplit_once('-')?;
    let place: usize = place.parse().ok().filter(|place| *place > 0)?;
    Some((number.trim().to_uppercase(), place))
}

/// To whom a parcel goes, as it was when packed; the phone and a name that the address itself lacks are in it.
#[must_use]
pub fn recipient(parcel: &shipment::Model) -> Address {
    let read = |value: &serde_json::Value| serde_json::from_value::<Address>(value.clone()).unwrap_or_default();
    let mut address = parcel.recipient.get("address").map_or_else(|| read(&parcel.recipient), read);
    let text = |key: &str| parcel.recipient.get(key).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
    if address.phone.is_empty() {
        address.phone = text("phone");
    }
    if address.family_name.is_empty() && address.given_name.is_empty() {
        address.family_name = text("name");
    }
    address
}
