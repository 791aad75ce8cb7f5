//! The schema of tills, stores, warehouses, support, administration and apps. An area replaces its empty types in its own file.

pub mod access;
pub mod audit;
pub mod cart;
pub mod catalog;
pub mod changes;
pub mod channel;
pub mod customer;
pub mod event;
pub mod fulfillment;
pub mod inventory;
pub mod location;
pub mod messaging;
pub mod node;
pub mod order;
pub mod payment;
pub mod register;
pub mod server;
pub mod shipping;

use async_graphql::MergedObject;

pub use changes::StaffSubscription;

/// Who works, and where.
#[derive(MergedObject, Default)]
pub struct PlacesQuery(access::AccessQuery, location::LocationQuery, channel::ChannelQuery);

/// What is sold, and how much there is of it.
#[derive(MergedObject, Default)]
pub struct GoodsQuery(catalog::CatalogQuery, inventory::InventoryQuery);

/// Who buys, and what.
#[derive(MergedObject, Default)]
pub struct PeopleQuery(customer::CustomerQuery, cart::CartQuery, order::OrderQuery);

/// What stores, tills and support do.
#[derive(MergedObject, Default)]
pub struct WorkQuery(
    fulfillment::FulfillmentQuery,
    shipping::ShippingQuery,
    payment::PaymentQuery,
    register::RegisterQuery,
    messaging::MessagingQuery,
    event::EventQuery,
    audit::AuditQuery,
);

/// What staff and apps may ask.
#[derive(MergedObject, Default)]
#[graphql(name = "Query")]
pub struct StaffQuery(server::ServerQuery, node::NodeQuery, PlacesQuery, GoodsQuery, PeopleQuery, WorkQuery);

/// Who works, and where.
#[derive(MergedObject, Default)]
pub struct PlacesMutation(access::AccessMutation, location::LocationMutation, channel::ChannelMutation);

/// What is sold, and how much there is of it.
#[derive(MergedObject, Default)]
pub struct GoodsMutation(catalog::CatalogMutation, inventory::InventoryMutation);

/// Who buys, and what.
#[derive(MergedObject, Default)]
pub struct PeopleMutation(customer::CustomerMutation, cart::CartMutation, order::OrderMutation);

/// What stores, tills and support do.
#[derive(MergedObject, Default)]
pub struct WorkMutation(
    fulfillment::FulfillmentMutation,
    shipping::ShippingMutation,
    payment::PaymentMutation,
    register::RegisterMutation,
    messaging::MessagingMutation,
    event::EventMutation,
);

/// What staff and apps may do.
#[derive(MergedObject, Default)]
#[graphql(name = "Mutation")]
pub struct StaffMutation(server::ServerMutation, PlacesMutation, GoodsMutation, PeopleMutation, WorkMutation);
