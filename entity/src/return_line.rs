//! Units of one line that come back.

use sea_orm::entity::prelude::*;

use crate::id::{OrderLineId, ReturnId, ReturnLineId, ReturnReasonId, VariantId};

/// Units of one line that come back.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "return_line")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ReturnLineId,
    /// The return.
    pub return_id: ReturnId,
    /// The line that sold them.
    pub order_line_id: Option<OrderLineId>,
    /// What.
    pub variant_id: VariantId,
    /// Units asked for.
    pub quantity: i64,
    /// Why.
    pub return_reason_id: Option<ReturnReasonId>,
    /// In words.
    pub note: String,
    /// Units that came, or that will not come.
    pub received: i64,
    /// Units that were looked at.
    pub inspected: i64,
    /// What one unit gives back without an order, minor units.
    pub unit_price: Option<i64>,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The return.
    #[sea_orm(belongs_to = "super::returns::Entity", from = "Column::ReturnId", to = "super::returns::Column::Id")]
    Return,
    /// The line that sold them.
    #[sea_orm(
        belongs_to = "super::order_line::Entity",
        from = "Column::OrderLineId",
        to = "super::order_line::Column::Id"
    )]
    OrderLine,
    /// What.
    #[sea_orm(belongs_to = "super::variant::Entity", from = "Column::VariantId", to = "super::variant::Column::Id")]
    Variant,
    /// Why.
    #[sea_orm(
        belongs_to = "super::return_reason::Entity",
        from = "Column::ReturnReasonId",
        to = "super::return_reason::Column::Id"
    )]
    ReturnReason,
}

impl Related<super::returns::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Return.def()
    }
}

impl Related<super::order_line::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::OrderLine.def()
    }
}

impl Related<super::variant::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Variant.def()
    }
}

impl Related<super::return_reason::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::ReturnReason.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
