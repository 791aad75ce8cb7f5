//! A code of a promotion.

use sea_orm::entity::prelude::*;

use crate::id::{PromotionCodeId, PromotionId};

/// A code of a promotion.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "promotion_code")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PromotionCodeId,
    /// The promotion.
    pub promotion_id: PromotionId,
    /// In capitals, without spaces.
    pub code: String,
    /// Orders at most.
    pub usage_limit: Option<i64>,
    /// Orders that used it.
    pub used: i64,
    /// Whether it holds.
    pub active: bool,
    /// When created.
    pub created_at: DateTimeUtc,
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
