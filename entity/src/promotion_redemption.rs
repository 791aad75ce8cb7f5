//! An order that used a promotion.

use sea_orm::entity::prelude::*;

use crate::id::{OrderId, PromotionCodeId, PromotionId, PromotionRedemptionId};

/// An order that used a promotion.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "promotion_redemption")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PromotionRedemptionId,
    /// The promotion.
    pub promotion_id: PromotionId,
    /// The code.
    pub promotion_code_id: Option<PromotionCodeId>,
    /// The order.
    pub order_id: OrderId,
    /// The customer, or the hash of the address of a guest.
    pub customer_key: Option<String>,
    /// What it took, minor units.
    pub amount: i64,
    /// When created.
    pub created_at: DateTimeUtc,
    /// When the use was given back.
    pub released_at: Option<DateTimeUtc>,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The promotion.
    #[sea_orm(
        belongs_to = "super::promotion::Entity",
        from = "Column::PromotionId",
        to = "super::promotion::Column::Id"
    )]
    Promotion,
    /// The code.
    #[sea_orm(
        belongs_to = "super::promotion_code::Entity",
        from = "Column::PromotionCodeId",
        to = "super::promotion_code::Column::Id"
    )]
    PromotionCode,
    /// The order.
    #[sea_orm(belongs_to = "super::order::Entity", from = "Column::OrderId", to = "super::order::Column::Id")]
    Order,
}

impl Related<super::promotion::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Promotion.def()
    }
}

impl Related<super::promotion_code::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::PromotionCode.def()
    }
}

impl Related<super::order::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Order.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
