//! Things by their ids, whatever they are. A kind that an area adds is one variant and one line in [`find`].

use async_graphql::{Context, ID, Interface, Object};
use domain::{Error, Result};
use entity::id::{
    CartId, CategoryId, ChannelId, CollectionId, CustomerId, LocationId, OrderId, ProductId, ShipmentId, VariantId,
};
use futures::future::try_join_all;

use super::catalog::{product_on_sale, variant_on_sale};
use crate::access::Access::Anyone;
use crate::loader::load;
use crate::node::cart::Cart;
use crate::node::category::{Category, Collection};
use crate::node::channel::Channel;
use crate::node::customer::Customer;
use crate::node::location::{Location, LocationsOf};
use crate::node::lookup::{MAX_NODES, checked_ids, prefix, row};
use crate::node::order::Order;
use crate::node::product::Product;
use crate::node::shipment::Shipment;
use crate::node::variant::Variant;
use crate::scalar::parse_id;
use crate::storefront::channel_of;

#[expect(clippy::large_enum_variant, reason = "one answer at a time; async-graphql takes no boxes here")]
/// A thing with an id of its own.
#[derive(Debug, Interface)]
#[graphql(name = "Node", field(name = "id", ty = "ID", desc = "Id, which begins with its kind."))]
pub enum ShopNode {
    /// An order.
    Order(Order),
    /// A customer.
    Customer(Customer),
    /// A parcel of an order.
    Shipment(Shipment),
    /// The holder's cart.
    Cart(Cart),
    /// A product on sale.
    Product(Product),
    /// A variant on sale.
    Variant(Variant),
    /// A category.
    Category(Category),
    /// A collection.
    Collection(Collection),
    /// An active location that serves the channel.
    Location(Location),
    /// An active channel.
    Channel(Channel),
}

/// Queries for anything by id.
#[derive(Debug, Default)]
pub struct NodeQuery;

#[Object]
impl NodeQuery {
    /// The thing of an id; null when there is none or it is not the viewer's.
    async fn node(&self, ctx: &Context<'_>, #[graphql(desc = "Its id.")] id: ID) -> Result<Option<ShopNode>> {
        find(ctx, &id, "id").await
    }

    /// The things of some ids, in their order; null for what there is not or is not the viewer's.
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Their ids, at most 100.")] ids: Vec<ID>,
    ) -> Result<Vec<Option<ShopNode>>> {
        checked_ids(&ids, MAX_NODES)?;
        try_join_all(ids.iter().map(|id| find(ctx, id, "ids"))).await
    }
}

/// Loads with the viewer's rights, many of one kind in one statement. Error: `INVALID_ID` for what is no id of a kind
/// that can be asked for here.
async fn find(ctx: &Context<'_>, id: &ID, path: &str) -> Result<Option<ShopNode>> {
    Ok(match prefix(id) {
        OrderId::PREFIX => row::<OrderId>(ctx, id, path, Anyone).await?.map(|row| ShopNode::Order(row.into())),
        CustomerId::PREFIX => row::<CustomerId>(ctx, id, path, Anyone).await?.map(|row| ShopNode::Customer(row.into())),
        ShipmentId::PREFIX => row::<ShipmentId>(ctx, id, path, Anyone).await?.map(|row| ShopNode::Shipment(row.into())),
        CartId::PREFIX => row::<CartId>(ctx, id, path, Anyone).await?.map(ShopNode::Cart),
        ProductId::PREFIX => product_on_sale(ctx, parse_id(id, path)?).await?.map(ShopNode::Product),
        VariantId::PREFIX => variant_on_sale(ctx, parse_id(id, path)?).await?.map(ShopNode::Variant),
        CategoryId::PREFIX => row::<CategoryId>(ctx, id, path, Anyone).await?.map(ShopNode::Category),
        CollectionId::PREFIX => row::<CollectionId>(ctx, id, path, Anyone).await?.map(ShopNode::Collection),
        LocationId::PREFIX => place(ctx, parse_id(id, path)?).await?.map(ShopNode::Location),
        ChannelId::PREFIX => {
            let found = row::<ChannelId>(ctx, id, path, Anyone).await?;
            found.filter(|channel| channel.0.active).map(ShopNode::Channel)
        }
        _ => return Err(Error::invalid(domain::ErrorCode::InvalidId, path)),
    })
}

/// A location as `locations` shows it: active, and serving the channel of the request.
async fn place(ctx: &Context<'_>, id: LocationId) -> Result<Option<Location>> {
    let channel = channel_of(ctx, None).await?;
    let serving = load(ctx, LocationsOf(channel.id)).await?.unwrap_or_default();
    Ok(serving.into_iter().find(|location| location.0.id == id && location.0.active))
}
