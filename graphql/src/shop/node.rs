//! Things by their ids, whatever they are. A kind that an area adds is one variant and one line in [`find`].

use async_graphql::{Context, ID, Interface, Object};
use domain::{Error, Result};
use entity::id::{CustomerId, OrderId};
use futures::future::try_join_all;

use crate::loader::load;
use crate::node::customer::Customer;
use crate::node::lookup::{MAX_NODES, checked_ids, hidden, prefix};
use crate::node::order::Order;
use crate::scalar::parse_id;

#[expect(clippy::large_enum_variant, reason = "one answer at a time; async-graphql takes no boxes here")]
/// A thing with an id of its own.
#[derive(Debug, Interface)]
#[graphql(name = "Node", field(name = "id", ty = "ID", desc = "Id, which begins with its kind."))]
pub enum ShopNode {
    /// An order.
    Order(Order),
    /// A customer.
    Customer(Customer),
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
    match prefix(id) {
        OrderId::PREFIX => {
            let found = hidden(load(ctx, parse_id::<OrderId>(id, path)?).await)?;
            Ok(found.map(|row| ShopNode::Order(row.into())))
        }
        CustomerId::PREFIX => {
            let found = hidden(load(ctx, parse_id::<CustomerId>(id, path)?).await)?;
            Ok(found.map(|row| ShopNode::Customer(row.into())))
        }
        _ => Err(Error::invalid(domain::ErrorCode::InvalidId, path)),
    }
}
