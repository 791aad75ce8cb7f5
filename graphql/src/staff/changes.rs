//! Subscriptions of staff and apps.

use async_graphql::{Context, ID, Subscription};
use domain::Result;
use entity::id::{LocationId, OrderId};
use futures::Stream;

use crate::node::change::{FulfillmentOrderChanged, OrderChanged, order_changes, pickup_arrivals, work_changes};
use crate::node::pickup::Pickup;
use crate::scalar::{parse_id, parse_optional_id};

/// What staff and apps can be told.
#[derive(Debug, Default)]
pub struct StaffSubscription;

/// What staff and apps can be told.
#[Subscription(name = "Subscription")]
impl StaffSubscription {
    /// Tells when an order changed that the viewer may read, until the client has enough.
    async fn order_changed<'a>(
        &self,
        ctx: &Context<'a>,
        #[graphql(desc = "Which order; all when left out.")] order_id: Option<ID>,
    ) -> Result<impl Stream<Item = OrderChanged> + 'a> {
        order_changes(ctx, parse_optional_id::<OrderId>(order_id.as_ref(), "orderId")?).await
    }

    /// Tells when work of a location changed, so that the queue on a screen stays true, until the client has enough.
    async fn fulfillment_order_changed<'a>(
        &self,
        ctx: &Context<'a>,
        #[graphql(desc = "The location.")] location_id: ID,
    ) -> Result<impl Stream<Item = FulfillmentOrderChanged> + 'a> {
        work_changes(ctx, parse_id::<LocationId>(&location_id, "locationId")?).await
    }

    /// Tells when a customer says to be at a store where you work, until the client has enough.
    async fn pickup_arrivals<'a>(
        &self,
        ctx: &Context<'a>,
        #[graphql(desc = "The store.")] location_id: ID,
    ) -> Result<impl Stream<Item = Pickup> + 'a> {
        pickup_arrivals(ctx, parse_id(&location_id, "locationId")?)
    }
}
