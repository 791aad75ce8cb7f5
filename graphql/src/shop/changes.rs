//! Subscriptions of shops.

use async_graphql::{Context, ID, Subscription};
use domain::Result;
use entity::id::OrderId;
use futures::Stream;

use crate::node::change::{OrderChanged, order_changes};
use crate::scalar::parse_id;

/// What storefronts and customers can be told.
#[derive(Debug, Default)]
pub struct ShopSubscription;

/// What storefronts and customers can be told.
#[Subscription(name = "Subscription")]
impl ShopSubscription {
    /// Tells when an order of yours changed, until the client has enough.
    async fn order_changed<'a>(
        &self,
        ctx: &Context<'a>,
        #[graphql(desc = "Which order.")] order_id: ID,
    ) -> Result<impl Stream<Item = OrderChanged> + 'a> {
        order_changes(ctx, Some(parse_id::<OrderId>(&order_id, "orderId")?)).await
    }
}
