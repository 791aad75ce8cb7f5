//! The schema of storefronts and customers. An area replaces its empty types in its own file.

pub mod cart;
pub mod catalog;
pub mod changes;
pub mod channel;
pub mod customer;
pub mod exchange;
pub mod flow;
pub mod inventory;
pub mod location;
pub mod node;
pub mod order;
pub mod pickup;
pub mod returns;
pub mod review;
pub mod server;
pub mod stored_value;
pub mod survey;

use async_graphql::MergedObject;

pub use changes::ShopSubscription;

/// What is sold, and where.
#[derive(MergedObject, Default)]
pub struct GoodsQuery(catalog::CatalogQuery, location::LocationQuery, channel::ChannelQuery, inventory::InventoryQuery);

/// Who buys, and what.
#[derive(MergedObject, Default)]
pub struct PeopleQuery(
    customer::CustomerQuery,
    stored_value::StoredValueQuery,
    cart::CartQuery,
    order::OrderQuery,
    pickup::PickupQuery,
    returns::ReturnQuery,
    exchange::ExchangeQuery,
);

/// What customers say.
#[derive(MergedObject, Default)]
pub struct VoicesQuery(survey::SurveyQuery, review::ReviewQuery);

/// What storefronts and customers may ask.
#[derive(MergedObject, Default)]
#[graphql(name = "Query")]
pub struct ShopQuery(server::ServerQuery, node::NodeQuery, GoodsQuery, PeopleQuery, VoicesQuery);

/// What is sold, and where.
#[derive(MergedObject, Default)]
pub struct GoodsMutation(
    catalog::CatalogMutation,
    location::LocationMutation,
    channel::ChannelMutation,
    inventory::InventoryMutation,
);

/// Who buys, and what.
#[derive(MergedObject, Default)]
pub struct PeopleMutation(
    customer::CustomerMutation,
    cart::CartMutation,
    order::OrderMutation,
    pickup::PickupMutation,
    returns::ReturnMutation,
    exchange::ExchangeMutation,
    flow::FlowMutation,
);

/// What customers say.
#[derive(MergedObject, Default)]
pub struct VoicesMutation(survey::SurveyMutation, review::ReviewMutation);

/// What storefronts and customers may do.
#[derive(MergedObject, Default)]
#[graphql(name = "Mutation")]
pub struct ShopMutation(GoodsMutation, PeopleMutation, VoicesMutation);
