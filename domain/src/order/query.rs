//! Reads of orders and what hangs on them.

use entity::id::{ChannelId, CustomerId, LocationId, OrderId};
use entity::words::{OrderFulfillmentStatus, OrderPaymentStatus, OrderStatus};
use entity::{order, order_line, order_note, order_shipping, order_tax};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};

use super::access;
use crate::kernel::paging::{self, Cursor, Page, PageRequest};
use crate::kernel::{Actor, Ctx, Result};

/// How to find one order.
#[derive(Clone, Debug)]
pub enum OrderLookup {
    /// By id.
    Id(OrderId),
    /// By the number that people know.
    Number(String),
    /// By the id another system gave it.
    ExternalReference(String),
}

/// One order that the actor may read; `None` when it is missing or not theirs.
pub async fn find(ctx: &Ctx, lookup: OrderLookup) -> Result<Option<order::Model>> {
    let key = match lookup {
        OrderLookup::Id(id) => order::Column::Id.eq(id),
        OrderLookup::Number(number) => order::Column::Number.eq(number.trim().to_uppercase()),
        OrderLookup::ExternalReference(reference) => order::Column::ExternalReference.eq(reference),
    };
    Ok(order::Entity::find().filter(access::readable(ctx)?).filter(key).one(&ctx.db()).await?)
}

/// The order whose secret the actor presented.
#[must_use]
pub fn held(ctx: &Ctx) -> Option<OrderId> {
    match &ctx.actor {
        Actor::Guest { order_id, .. } => *order_id,
        Actor::System | Actor::Customer { .. } | Actor::Staff { .. } | Actor::Device(_) | Actor::App { .. } => None,
    }
}

/// Which orders of a list are wanted; empty fields ask for nothing.
#[derive(Clone, Debug, Default)]
pub struct OrderFilter {
    /// Of this customer.
    pub customer_id: Option<CustomerId>,
    /// From these channels.
    pub channel_ids: Vec<ChannelId>,
    /// Sold at these stores.
    pub location_ids: Vec<LocationId>,
    /// In these states.
    pub statuses: Vec<OrderStatus>,
    /// With these payment statuses.
    pub payment_statuses: Vec<OrderPaymentStatus>,
    /// With these fulfillment statuses.
    pub fulfillment_statuses: Vec<OrderFulfillmentStatus>,
    /// Placed at or after.
    pub placed_from: Option<chrono::DateTime<chrono::Utc>>,
    /// Placed before.
    pub placed_before: Option<chrono::DateTime<chrono::Utc>>,
    /// Number, e-mail address or phone, whole.
    pub search: Option<String>,
}

fn condition(filter: &OrderFilter) -> Condition {
    let mut all = Condition::all();
    if let Some(customer) = filter.customer_id {
        all = all.add(order::Column::CustomerId.eq(customer));
    }
    if !filter.channel_ids.is_empty() {
        all = all.add(order::Column::ChannelId.is_in(filter.channel_ids.iter().copied()));
    }
    if !filter.location_ids.is_empty() {
        all = all.add(order::Column::LocationId.is_in(filter.location_ids.iter().copied()));
    }
    if !filter.statuses.is_empty() {
        all = all.add(order::Column::Status.is_in(filter.statuses.iter().copied()));
    }
    if !filter.payment_statuses.is_empty() {
        all = all.add(order::Column::PaymentStatus.is_in(filter.payment_statuses.iter().copied()));
    }
    if !filter.fulfillment_statuses.is_empty() {
        all = all.add(order::Column::FulfillmentStatus.is_in(filter.fulfillment_statuses.iter().copied()));
    }
    if let Some(from) = filter.placed_from {
        all = all.add(order::Column::PlacedAt.gte(from));
    }
    if let Some(before) = filter.placed_before {
        all = all.add(order::Column::PlacedAt.lt(before));
    }
    if let Some(search) = filter.search.as_deref().map(str::trim).filter(|search| !search.is_empty()) {
        all = all.add(
            Condition::any()
                .add(order::Column::Number.eq(search.to_uppercase()))
                .add(order::Column::Email.eq(search.to_lowercase()))
                .add(order::Column::Phone.eq(search)),
        );
    }
    all
}

/// A page of the orders that the actor may read, newest first.
pub async fn list(ctx: &Ctx, filter: &OrderFilter, request: &PageRequest) -> Result<Page<order::Model>> {
    let query = order::Entity::find().filter(access::readable(ctx)?).filter(condition(filter));
    let found = paging::newest_first(query, order::Column::Id, request).all(&ctx.db()).await?;
    Ok(Page::from_rows(request, found, |order| Cursor::of(order.id.uuid())))
}

/// How many orders a list has in all.
pub async fn count(ctx: &Ctx, filter: &OrderFilter) -> Result<u64> {
    let query = order::Entity::find().filter(access::readable(ctx)?).filter(condition(filter));
    Ok(query.count(&ctx.db()).await?)
}

/// Those of the orders that the actor may read.
pub async fn readable_by_ids(ctx: &Ctx, ids: &[OrderId]) -> Result<Vec<order::Model>> {
    let query = order::Entity::find().filter(access::readable(ctx)?);
    Ok(query.filter(order::Column::Id.is_in(ids.iter().copied())).all(&ctx.db()).await?)
}

/// One order, whoever asks: for steps and handlers.
pub async fn by_id(db: &impl ConnectionTrait, id: OrderId) -> Result<Option<order::Model>> {
    Ok(order::Entity::find_by_id(id).one(db).await?)
}

/// Several orders, whoever asks: callers have checked who may read them.
pub async fn by_ids(db: &impl ConnectionTrait, ids: &[OrderId]) -> Result<Vec<order::Model>> {
    Ok(order::Entity::find().filter(order::Column::Id.is_in(ids.iter().copied())).all(db).await?)
}

/// The lines of orders, in order.
pub async fn lines(db: &impl ConnectionTrait, orders: &[OrderId]) -> Result<Vec<order_line::Model>> {
    let found = order_line::Entity::find()
        .filter(order_line::Column::OrderId.is_in(orders.iter().copied()))
        .order_by_asc(order_line::Column::OrderId)
        .order_by_asc(order_line::Column::Position);
    Ok(found.all(db).await?)
}

/// The taxes of orders, highest rate first.
pub async fn taxes(db: &impl ConnectionTrait, orders: &[OrderId]) -> Result<Vec<order_tax::Model>> {
    let found = order_tax::Entity::find()
        .filter(order_tax::Column::OrderId.is_in(orders.iter().copied()))
        .order_by_desc(order_tax::Column::RatePpm);
    Ok(found.all(db).await?)
}

/// What orders pay for shipping.
pub async fn shipping(db: &impl ConnectionTrait, orders: &[OrderId]) -> Result<Vec<order_shipping::Model>> {
    let found = order_shipping::Entity::find().filter(order_shipping::Column::OrderId.is_in(orders.iter().copied()));
    Ok(found.all(db).await?)
}

/// The staff's notes on orders, oldest first.
pub async fn notes(db: &impl ConnectionTrait, orders: &[OrderId]) -> Result<Vec<order_note::Model>> {
    let found = order_note::Entity::find()
        .filter(order_note::Column::OrderId.is_in(orders.iter().copied()))
        .order_by_asc(order_note::Column::Id);
    Ok(found.all(db).await?)
}
