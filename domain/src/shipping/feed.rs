//! Work for those who pick and ship elsewhere: what changed since they asked last, with all that a parcel needs and
//! nothing else about the customer.

mod position;

use std::collections::{BTreeSet, HashMap};

use chrono::{NaiveDate, TimeDelta};
use entity::id::{LocationId, OrderId, OrderLineId, ShippingMethodId, VariantId};
use entity::words::{Carrier, DeliveryMethod, FulfillmentOrderStatus};
use entity::{
    fulfillment_order, fulfillment_order_line, location, order, order_line, order_shipping, shipment, shipping_method,
    variant,
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::recipient::Recipient;
use crate::fulfillment::query;
use crate::fulfillment::queue::UNFINISHED;
use crate::kernel::paging::MAX_PAGE;
use crate::kernel::{Ctx, Error, ErrorCode, Permission, Result};
use position::Position;

use fulfillment_order::Column;

/// How long a change may take from its time to its commit: a poller looks so far back, and sees a change rather twice
/// than never.
pub const OVERLAP: TimeDelta = TimeDelta::seconds(30);

/// Work with all that is needed to pick and ship it.
#[derive(Debug, Clone)]
pub struct Task {
    /// The work.
    pub work: fulfillment_order::Model,
    /// The order's number, for the packing slip.
    pub order_number: String,
    /// What to pick.
    pub lines: Vec<TaskLine>,
    /// To whom it goes; `None` once it left or was canceled.
    pub recipient: Option<Recipient>,
    /// How it goes.
    pub service: Option<Service>,
    /// What was packed or left already, oldest first.
    pub parcels: Vec<shipment::Model>,
}

/// Units to pick.
#[derive(Debug, Clone)]
pub struct TaskLine {
    /// The line of work.
    pub line: fulfillment_order_line::Model,
    /// What was sold: the product's title and the variant's.
    pub title: String,
    /// The variant's code here.
    pub sku: Option<String>,
    /// The variant's barcode.
    pub barcode: Option<String>,
    /// The variant's id in the other system.
    pub external_reference: Option<String>,
}

/// How a parcel goes.
#[derive(Debug, Clone)]
pub struct Service {
    /// The name that the customer bought.
    pub name: String,
    /// Who carries it.
    pub carrier: Option<Carrier>,
    /// The carrier's service code.
    pub service: Option<String>,
    /// The day the customer asked for.
    pub delivery_on: Option<NaiveDate>,
    /// The time of day the customer asked for.
    pub delivery_slot: Option<String>,
}

/// Work that changed.
#[derive(Debug, Clone)]
pub struct Feed {
    /// In the order of their changes.
    pub tasks: Vec<Task>,
    /// Where to go on: at once when there is more, else when asking next.
    pub cursor: String,
    /// Whether more is there already.
    pub has_more: bool,
}

/// What changed at a location since a cursor, by the time of the change; without a cursor from the oldest unfinished
/// work on. Goods that customers collect or carry out are no parcels and are left out. Work may be told twice when it
/// changed within [`OVERLAP`]; its version says so. `None` for a location that is missing or out of reach. At most 11
/// statements.
///
/// Errors: `UNAUTHENTICATED`, `FORBIDDEN`, `INVALID`, `TOO_MANY` above 100, `INVALID_CURSOR`.
pub async fn feed(ctx: &Ctx, location_id: LocationId, after: Option<&str>, first: Option<i32>) -> Result<Option<Feed>> {
    let scope = ctx.require(Permission::StockSync)?;
    let size = size(first)?;
    let after = after.map(Position::decode).transpose()?;
    let db = ctx.db();
    if !scope.allows_location(location_id) || location::Entity::find_by_id(location_id).one(&db).await?.is_none() {
        return Ok(None);
    }
    let horizon = ctx.now() - OVERLAP;
    let start = match after {
        Some(after) => after,
        None => Position::before(oldest_unfinished(&db, location_id).await?.unwrap_or(horizon)),
    };
    let mut found = changed(location_id)
        .filter(start.later())
        .order_by_asc(Column::UpdatedAt)
        .order_by_asc(Column::Id)
        .limit(size + 1)
        .all(&db)
        .await?;
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let has_more = found.len() > size;
    found.truncate(size);
    let cursor = start.next(found.last(), has_more, horizon).encode();
    Ok(Some(Feed { tasks: tasks(&db, found).await?, cursor, has_more }))
}

fn size(first: Option<i32>) -> Result<u64> {
    match first.map(u64::try_from) {
        None => Ok(MAX_PAGE),
        Some(Ok(size @ 1..=MAX_PAGE)) => Ok(size),
        Some(Ok(0) | Err(_)) => Err(Error::invalid(ErrorCode::Invalid, "first")),
        Some(Ok(_)) => Err(Error::invalid_with(ErrorCode::TooMany, "first", vec![("max", MAX_PAGE.to_string())])),
    }
}

/// Work that leaves a location in parcels.
fn changed(location_id: LocationId) -> sea_orm::Select<fulfillment_order::Entity> {
    fulfillment_order::Entity::find()
        .filter(Column::LocationId.eq(location_id))
        .filter(Column::Method.is_in([DeliveryMethod::Ship, DeliveryMethod::LocalDelivery]))
}

async fn oldest_unfinished(
    db: &impl ConnectionTrait,
    location_id: LocationId,
) -> Result<Option<chrono::DateTime<chrono::Utc>>> {
    let oldest = changed(location_id)
        .filter(Column::Status.is_in(UNFINISHED))
        .order_by_asc(Column::UpdatedAt)
        .limit(1)
        .one(db)
        .await?;
    Ok(oldest.map(|work| work.updated_at))
}

/// Work with everything that belongs to it; the same tasks that an acknowledgement answers with. At most 9 statements.
pub async fn tasks(db: &impl ConnectionTrait, work: Vec<fulfillment_order::Model>) -> Result<Vec<Task>> {
    if work.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<_> = work.iter().map(|work| work.id).collect();
    let lines = query::lines(db, &ids).await?;
    let orders: BTreeSet<OrderId> = work.iter().map(|work| work.order_id).collect();
    let around = Around::read(db, &orders, &lines).await?;
    let parcels = super::query::of_work(db, &ids).await?;
    let tasks = work.into_iter().map(|work| {
        let order = around.orders.get(&work.order_id);
        let is_over = matches!(work.status, FulfillmentOrderStatus::Closed | FulfillmentOrderStatus::Canceled);
        Task {
            order_number: order.map(|order| order.number.clone()).unwrap_or_default(),
            recipient: order.filter(|_| !is_over).and_then(|order| Recipient::of(order).ok()),
            service: around.service(work.order_id),
            parcels: parcels
                .iter()
                .filter(|(of, row)| *of == work.id && row.voided_at.is_none())
                .map(|(_, row)| row.clone())
                .collect(),
            lines: lines
                .iter()
                .filter(|line| line.fulfillment_order_id == work.id)
                .map(|line| around.line(line))
                .collect(),
            work,
        }
    });
    Ok(tasks.collect())
}

/// What stands around work.
struct Around {
    orders: HashMap<OrderId, order::Model>,
    sold: HashMap<OrderLineId, order_line::Model>,
    variants: HashMap<VariantId, variant::Model>,
    shipping: HashMap<OrderId, order_shipping::Model>,
    methods: HashMap<ShippingMethodId, shipping_method::Model>,
}

impl Around {
    async fn read(
        db: &impl ConnectionTrait,
        orders: &BTreeSet<OrderId>,
        lines: &[fulfillment_order_line::Model],
    ) -> Result<Self> {
        let sold: BTreeSet<OrderLineId> = lines.iter().map(|line| line.order_line_id).collect();
        let variants: BTreeSet<VariantId> = lines.iter().map(|line| line.variant_id).collect();
        let found = order::Entity::find().filter(order::Column::Id.is_in(orders.iter().copied())).all(db).await?;
        let sold = order_line::Entity::find().filter(order_line::Column::Id.is_in(sold)).all(db).await?;
        let variants = variant::Entity::find().filter(variant::Column::Id.is_in(variants)).all(db).await?;
        let shipping = order_shipping::Entity::find()
            .filter(order_shipping::Column::OrderId.is_in(orders.iter().copied()))
            .all(db)
            .await?;
        let methods: BTreeSet<ShippingMethodId> = shipping.iter().filter_map(|row| row.method_id).collect();
        let methods =
            shipping_method::Entity::find().filter(shipping_method::Column::Id.is_in(methods)).all(db).await?;
        Ok(Self {
            orders: found.into_iter().map(|row| (row.id, row)).collect(),
            sold: sold.into_iter().map(|row| (row.id, row)).collect(),
            variants: variants.into_iter().map(|row| (row.id, row)).collect(),
            shipping: shipping.into_iter().map(|row| (row.order_id, row)).collect(),
            methods: methods.into_iter().map(|row| (row.id, row)).collect(),
        })
    }

    fn line(&self, line: &fulfillment_order_line::Model) -> TaskLine {
        let variant = self.variants.get(&line.variant_id);
        let sold = self.sold.get(&line.order_line_id);
        TaskLine {
            title: sold.map(title).unwrap_or_default(),
            sku: variant.and_then(|variant| variant.sku.clone()),
            barcode: variant.and_then(|variant| variant.barcode.clone()),
            external_reference: variant.and_then(|variant| variant.external_reference.clone()),
            line: line.clone(),
        }
    }

    fn service(&self, order: OrderId) -> Option<Service> {
        let bought = self.shipping.get(&order)?;
        let method = bought.method_id.and_then(|id| self.methods.get(&id));
        Some(Service {
            name: bought.name.clone(),
            carrier: method.and_then(|method| method.carrier),
            service: method.and_then(|method| method.service.clone()),
            delivery_on: bought.delivery_on,
            delivery_slot: bought.delivery_slot.clone(),
        })
    }
}

fn title(line: &order_line::Model) -> String {
    let parts = [line.title.as_str(), line.variant_title.as_str()];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" / ")
}
