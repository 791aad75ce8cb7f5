//! Why a location serves a line: every candidate and why it lost.

use sea_orm::entity::prelude::*;

use crate::id::{FulfillmentOrderId, OrderId, RoutingDecisionId, RoutingRuleId};
use crate::words::RoutingOccasion;

/// Why a location serves a line: every candidate and why it lost.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "routing_decision")]
pub struct Model {
    /// Time-ordered id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RoutingDecisionId,
    /// The order.
    pub order_id: OrderId,
    /// Which rule decided.
    pub rule: String,
    /// Candidates, their stock and distance, and the choice.
    pub outcome: Json,
    /// When.
    pub decided_at: DateTimeUtc,
    /// Why routing was asked.
    pub occasion: RoutingOccasion,
    /// The rule, when it is one of the channel's.
    pub rule_id: Option<RoutingRuleId>,
    /// The work that was routed again.
    pub fulfillment_order_id: Option<FulfillmentOrderId>,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The order.
    #[sea_orm(belongs_to = "super::order::Entity", from = "Column::OrderId", to = "super::order::Column::Id")]
    Order,
}

impl Related<super::order::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Order.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
