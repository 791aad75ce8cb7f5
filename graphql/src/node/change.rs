//! What subscriptions tell.

use std::sync::Arc;

use async_graphql::{Context, ID, SimpleObject};
use chrono::{DateTime, Utc};
use domain::kernel::event::Happening;
use domain::order::query::{OrderLookup, find};
use domain::{Ctx, Error, Permission, Result, pickup};
use entity::id::{LocationId, OrderId, PickupId};
use futures::{Stream, StreamExt};

use crate::context::ctx_of;
use crate::feed::EventFeed;
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
