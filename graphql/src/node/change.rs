//! What subscriptions tell.

use std::sync::Arc;

use async_graphql::{Context, ID, SimpleObject};
use chrono::{DateTime, Utc};
use domain::fulfillment::queue;
use domain::kernel::event::Happening;
use domain::order::query::{OrderLookup, find};
use domain::{Ctx, Error, Permission, Result, pickup};
use entity::id::{FulfillmentOrderId, LocationId, OrderId, PickupId};
use futures::{Stream, StreamExt};

use crate::context::ctx_of;
use crate::feed::EventFeed;
use crate::node::fulfillment_order::FulfillmentOrder;
use crate::node::order::Order;
use crate::node::pickup::Pickup;
use crate::scalar::id;

/// Something happened to an order.
#[derive(Clone, Debug, SimpleObject)]
pub struct OrderChanged {
    /// What happened, in the past tense, such as `order_placed`.
    pub event: String,
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// To which order.
    pub order_id: ID,
    /// The order as it is now.
    pub order: Order,
}

/// The changes of one order, or of all that the viewer may read. Every change is checked again, so who loses the right
/// hears no more. Error: `NOT_FOUND` for an order that is not the viewer's.
pub async fn order_changes<'a>(
    ctx: &Context<'a>,
    only: Option<OrderId>,
) -> Result<impl Stream<Item = OrderChanged> + Send + use<'a>> {
    let viewer = ctx_of(ctx).clone();
    if let Some(order) = only {
        find(&viewer, OrderLookup::Id(order)).await?.ok_or(Error::not_found("order"))?;
    }
    let happenings = ctx.data_unchecked::<EventFeed>().listen();
    Ok(happenings.filter_map(move |happening| readable(viewer.clone(), happening, only)))
}

async fn readable(viewer: Ctx, happening: Arc<Happening>, only: Option<OrderId>) -> Option<OrderChanged> {
    let order = OrderId(happening.aggregate_id);
    if happening.aggregate_kind != "order" || only.is_some_and(|only| only != order) {
        return None;
    }
    match find(&viewer, OrderLookup::Id(order)).await {
        Ok(Some(row)) => Some(OrderChanged {
            event: happening.kind.clone(),
            occurred_at: happening.occurred_at,
            order_id: id(order),
            order: row.into(),
        }),
        Ok(None) => None,
        Err(error) => {
            tracing::warn!(request_id = %viewer.request_id, %error, "a change could not be told");
            None
        }
    }
}

/// Something happened to the work of a location.
#[derive(Clone, Debug, SimpleObject)]
pub struct FulfillmentOrderChanged {
    /// What happened, in the past tense, such as `fulfillment_order_accepted`.
    pub event: String,
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// To which work.
    pub fulfillment_order_id: ID,
    /// The work as it is now; null when it has gone to another location.
    pub fulfillment_order: Option<FulfillmentOrder>,
}

/// The changes of the work at a location, and of work that leaves it. Every change is checked again, so who loses the
/// right hears no more. Error: `NOT_FOUND` for a location where the viewer does not work.
pub async fn work_changes<'a>(
    ctx: &Context<'a>,
    location: LocationId,
) -> Result<impl Stream<Item = FulfillmentOrderChanged> + Send + use<'a>> {
    let viewer = ctx_of(ctx).clone();
    if !viewer.require(Permission::FulfillmentWork)?.allows_location(location) {
        return Err(Error::not_found("location"));
    }
    let happenings = ctx.data_unchecked::<EventFeed>().listen();
    Ok(happenings.filter_map(move |happening| at_location(viewer.clone(), happening, location)))
}

async fn at_location(viewer: Ctx, happening: Arc<Happening>, location: LocationId) -> Option<FulfillmentOrderChanged> {
    if happening.aggregate_kind != "fulfillment_order" {
        return None;
    }
    let work = FulfillmentOrderId(happening.aggregate_id);
    let told = match queue::find(&viewer, work).await {
        Ok(Some(row)) if row.location_id == Some(location) => Ok(Some(row)),
        // Of work elsewhere only the departure concerns those who look at this queue.
        Ok(_) if queue::moved_from(&viewer, happening.id, location).await.unwrap_or(false) => Ok(None),
        Ok(_) => return None,
        Err(error) => Err(error),
    };
    let found = match told {
        Ok(found) => found,
        Err(error) => {
            tracing::warn!(request_id = %viewer.request_id, %error, "a change could not be told");
            return None;
        }
    };
    Some(FulfillmentOrderChanged {
        event: happening.kind.clone(),
        occurred_at: happening.occurred_at,
        fulfillment_order_id: id(work),
        fulfillment_order: found.map(FulfillmentOrder),
    })
}

/// The customers who come to a store where the viewer works. Every arrival is checked again, so who loses the right hears
/// no more. Error: `NOT_FOUND` for a store where the viewer does not work.
pub fn pickup_arrivals<'a>(
    ctx: &Context<'a>,
    store: LocationId,
) -> Result<impl Stream<Item = Pickup> + Send + use<'a>> {
    let viewer = ctx_of(ctx).clone();
    if !viewer.require(Permission::FulfillmentWork)?.allows_location(store) {
        return Err(Error::not_found("location"));
    }
    let happenings = ctx.data_unchecked::<EventFeed>().listen();
    Ok(happenings.filter_map(move |happening| arrived(viewer.clone(), happening, store)))
}

async fn arrived(viewer: Ctx, happening: Arc<Happening>, store: LocationId) -> Option<Pickup> {
    if happening.kind != "pickup_customer_arrived" {
        return None;
    }
    match pickup::query::find(&viewer, PickupId(happening.aggregate_id)).await {
        Ok(found) => found.filter(|pickup| pickup.location_id == store).map(Pickup),
        Err(error) => {
            tracing::warn!(request_id = %viewer.request_id, %error, "an arrival could not be told");
            None
        }
    }
}
