//! Things by their ids, whatever they are. A kind that an area adds is one variant and one line in [`find`].

use async_graphql::{Context, ID, Interface, Object};
use domain::{Error, Permission, Result};
use entity::id::{
    CartId, CategoryId, ChannelId, CollectionId, CustomerId, DeviceId, FlowId, FlowRunId, FulfillmentOrderId,
    LocationId, OrderId, ProductId, RegisterId, ShipmentId, StaffId, VariantId,
};
use futures::future::try_join_all;

use crate::access::Access::{self, AnyOf, Anyone, Needs};
use crate::node::cart::Cart;
use crate::node::category::{Category, Collection};
use crate::node::channel::Channel;
use crate::node::customer::Customer;
use crate::node::flow::{Flow, FlowRun};
use crate::node::fulfillment_order::FulfillmentOrder;
use crate::node::location::Location;
use crate::node::lookup::{MAX_NODES, checked_ids, prefix, row};
use crate::node::order::Order;
use crate::node::product::Product;
use crate::node::register::Register;
use crate::node::shipment::Shipment;
use crate::node::staff::{Device, Staff};
use crate::node::variant::Variant;

#[expect(clippy::large_enum_variant, reason = "one answer at a time; async-graphql takes no boxes here")]
/// A thing with an id of its own.
#[derive(Debug, Interface)]
#[graphql(name = "Node", field(name = "id", ty = "ID", desc = "Id, which begins with its kind."))]
pub enum StaffNode {
    /// An order.
    Order(Order),
    /// A customer.
    Customer(Customer),
    /// A member of staff.
    Staff(Staff),
    /// A paired till.
    Device(Device),
    /// A product.
    Product(Product),
    /// A variant.
    Variant(Variant),
    /// A category.
    Category(Category),
    /// A collection.
    Collection(Collection),
    /// A location.
    Location(Location),
    /// A till.
    Register(Register),
    /// A channel.
    Channel(Channel),
    /// A cart.
    Cart(Cart),
    /// Work for a location.
    FulfillmentOrder(FulfillmentOrder),
    /// A parcel.
    Shipment(Shipment),
    /// A flow.
    Flow(Flow),
    /// A flow for one subject.
    FlowRun(FlowRun),
}

/// Queries for anything by id.
#[derive(Debug, Default)]
pub struct NodeQuery;

#[Object]
impl NodeQuery {
    /// The thing of an id; null when there is none or it is not the viewer's.
    async fn node(&self, ctx: &Context<'_>, #[graphql(desc = "Its id.")] id: ID) -> Result<Option<StaffNode>> {
        find(ctx, &id, "id").await
    }

    /// The things of some ids, in their order; null for what there is not or is not the viewer's.
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Their ids, at most 100.")] ids: Vec<ID>,
    ) -> Result<Vec<Option<StaffNode>>> {
        checked_ids(&ids, MAX_NODES)?;
        try_join_all(ids.iter().map(|id| find(ctx, id, "ids"))).await
    }
}

/// Like the fields that list them: whoever reads the catalog.
const CATALOG: Access = Needs(Permission::CatalogRead);
/// Like the fields that list them: everybody who works here.
const PLACES: Access = AnyOf(Permission::ALL);

/// Loads with the viewer's rights, many of one kind in one statement. Error: `INVALID_ID` for what is no id of a kind
/// that can be asked for here.
async fn find(ctx: &Context<'_>, id: &ID, path: &str) -> Result<Option<StaffNode>> {
    Ok(match prefix(id) {
        OrderId::PREFIX => {
            row::<OrderId>(ctx, id, path, Needs(Permission::OrdersRead)).await?.map(|row| StaffNode::Order(row.into()))
        }
        CustomerId::PREFIX => row::<CustomerId>(ctx, id, path, Needs(Permission::CustomersRead))
            .await?
            .map(|row| StaffNode::Customer(row.into())),
        StaffId::PREFIX => row::<StaffId>(ctx, id, path, Anyone).await?.map(|row| StaffNode::Staff(row.into())),
        DeviceId::PREFIX => row::<DeviceId>(ctx, id, path, Anyone).await?.map(|row| StaffNode::Device(row.into())),
        ProductId::PREFIX => row::<ProductId>(ctx, id, path, CATALOG).await?.map(StaffNode::Product),
        VariantId::PREFIX => row::<VariantId>(ctx, id, path, CATALOG).await?.map(StaffNode::Variant),
        CategoryId::PREFIX => row::<CategoryId>(ctx, id, path, CATALOG).await?.map(StaffNode::Category),
        CollectionId::PREFIX => row::<CollectionId>(ctx, id, path, CATALOG).await?.map(StaffNode::Collection),
        LocationId::PREFIX => row::<LocationId>(ctx, id, path, PLACES).await?.map(StaffNode::Location),
        RegisterId::PREFIX => row::<RegisterId>(ctx, id, path, PLACES).await?.map(StaffNode::Register),
        ChannelId::PREFIX => row::<ChannelId>(ctx, id, path, PLACES).await?.map(StaffNode::Channel),
        CartId::PREFIX => row::<CartId>(ctx, id, path, Needs(Permission::PosSell)).await?.map(StaffNode::Cart),
        FulfillmentOrderId::PREFIX => row::<FulfillmentOrderId>(ctx, id, path, Needs(Permission::OrdersRead))
            .await?
            .map(StaffNode::FulfillmentOrder),
        ShipmentId::PREFIX => row::<ShipmentId>(ctx, id, path, Needs(Permission::FulfillmentWork))
            .await?
            .map(|row| StaffNode::Shipment(row.into())),
        FlowId::PREFIX => row::<FlowId>(ctx, id, path, Needs(Permission::FlowsRead)).await?.map(StaffNode::Flow),
        FlowRunId::PREFIX => {
            row::<FlowRunId>(ctx, id, path, Needs(Permission::FlowsRead)).await?.map(StaffNode::FlowRun)
        }
        _ => return Err(Error::invalid(domain::ErrorCode::InvalidId, path)),
    })
}
