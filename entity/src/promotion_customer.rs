//! How often one customer used a promotion.

use sea_orm::entity::prelude::*;

use crate::id::PromotionId;

/// How often one customer used a promotion.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "promotion_customer")]
pub struct Model {
    /// The promotion.
    #[sea_orm(primary_key, auto_increment = false)]
    pub promotion_id: PromotionId,
    /// The customer, or the hash of the address of a guest.
    #[sea_orm(primary_key, auto_increment = false)]
    pub customer_key: String,
    /// Orders that used it.
    pub used: i64,
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
}

impl Related<super::promotion::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Promotion.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
