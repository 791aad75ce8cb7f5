//! The schema of tills, stores, warehouses, support, administration and apps. An area replaces its empty types in its own file.

pub mod access;
pub mod audit;
pub mod cart;
pub mod catalog;
pub mod changes;
pub mod channel;
pub mod customer;
pub mod draft_order;
pub mod drawer;
pub mod event;
pub mod exchange;
pub mod external;
pub mod flow;
pub mod fulfillment;
pub mod inventory;
pub mod location;
pub mod message_template;
pub mod message_policy;
pub mod messaging;
pub mod node;
pub mod order;
pub mod order_change;
pub mod payment;
pub mod pickup;
pub mod promotion;
pub mod purchasing;
pub mod refund;
pub mod register;
pub mod returns;
pub mod review;
pub mod routing;
pub mod server;
pub mod stock_count;
pub mod storage;
pub mod stored_value;
pub mod survey;
pub mod transfer;
pub mod shipping;

use async_graphql::MergedObject;

pub use changes::StaffSubscription;

/// Who works, and where.
#[derive(MergedObject, Default)]
pub struct PlacesQuery(access::AccessQuery, location::LocationQuery, channel::ChannelQuery);

/// What is sold, and how much there is of it.
#[derive(MergedObject, Default)]
pub struct GoodsQuery(
    catalog::CatalogQuery,
    inventory::InventoryQuery,
    storage::StorageQuery,
    stock_count::StockCountQuery,
    external::ExternalQuery,
);

/// Who buys, and what.
#[derive(MergedObject, Default)]
pub struct PeopleQuery(
    customer::CustomerQuery,
    stored_value::StoredValueQuery,
    cart::CartQuery,
    promotion::PromotionQuery,
    order::OrderQuery,
    order_change::OrderChangeQuery,
    draft_order::DraftOrderQuery,
    routing::RoutingQuery,
);

/// What stores, tills and support do.
#[derive(MergedObject, Default)]
pub struct WorkQuery(
    fulfillment::FulfillmentQuery,
    shipping::ShippingQuery,
    payment::PaymentQuery,
    refund::RefundQuery,
    pickup::PickupQuery,
    register::RegisterQuery,
    drawer::DrawerQuery,
    returns::ReturnQuery,
    exchange::ExchangeQuery,
    messaging::MessagingQuery,
    message_template::MessageTemplateQuery,
    flow::FlowQuery,
    message_policy::MessagePolicyQuery,
    event::EventQuery,
    audit::AuditQuery,
);

/// What is on its way to a location.
#[derive(MergedObject, Default)]
pub struct SupplyQuery(transfer::TransferQuery, purchasing::PurchasingQuery);

/// What customers say.
#[derive(MergedObject, Default)]
pub struct VoicesQuery(survey::SurveyQuery, review::ReviewQuery);

/// What staff and apps may ask.
#[derive(MergedObject, Default)]
#[graphql(name = "Query")]
pub struct StaffQuery(
    server::ServerQuery,
    node::NodeQuery,
    PlacesQuery,
    GoodsQuery,
    SupplyQuery,
    PeopleQuery,
    WorkQuery,
    VoicesQuery,
);

/// Who works, and where.
#[derive(MergedObject, Default)]
pub struct PlacesMutation(access::AccessMutation, location::LocationMutation, channel::ChannelMutation);

/// What is sold, and how much there is of it.
#[derive(MergedObject, Default)]
pub struct GoodsMutation(
    catalog::CatalogMutation,
    inventory::InventoryMutation,
    storage::StorageMutation,
    stock_count::StockCountMutation,
    external::ExternalMutation,
);

/// Who buys, and what.
#[derive(MergedObject, Default)]
pub struct PeopleMutation(
    customer::CustomerMutation,
    stored_value::StoredValueMutation,
    cart::CartMutation,
    promotion::PromotionMutation,
    order::OrderMutation,
    order_change::OrderChangeMutation,
    draft_order::DraftOrderMutation,
    routing::RoutingMutation,
);

/// What stores, tills and support do.
#[derive(MergedObject, Default)]
pub struct WorkMutation(
    fulfillment::FulfillmentMutation,
    shipping::ShippingMutation,
    payment::PaymentMutation,
    refund::RefundMutation,
    pickup::PickupMutation,
    register::RegisterMutation,
    drawer::DrawerMutation,
    returns::ReturnMutation,
    exchange::ExchangeMutation,
    messaging::MessagingMutation,
    message_template::MessageTemplateMutation,
    flow::FlowMutation,
    message_policy::MessagePolicyMutation,
    event::EventMutation,
);

/// What is on its way to a location.
#[derive(MergedObject, Default)]
pub struct SupplyMutation(transfer::TransferMutation, purchasing::PurchasingMutation);

/// What customers say.
#[derive(MergedObject, Default)]
pub struct VoicesMutation(survey::SurveyMutation, review::ReviewMutation);

/// What staff and apps may do.
#[derive(MergedObject, Default)]
#[graphql(name = "Mutation")]
pub struct StaffMutation(
    server::ServerMutation,
    PlacesMutation,
    GoodsMutation,
    SupplyMutation,
    PeopleMutation,
    WorkMutation,
    VoicesMutation,
);
