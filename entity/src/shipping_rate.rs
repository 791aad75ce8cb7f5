//! A weight tier of a shipping method.

use sea_orm::entity::prelude::*;

use crate::id::{ShippingMethodId, ShippingRateId};

/// A weight tier of a shipping method.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "shipping_rate")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ShippingRateId,
    /// The method.
    pub method_id: ShippingMethodId,
    /// Up to and with this weight.
    pub max_weight_grams: i64,
    /// Minor units.
    pub amount: i64,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The method.
    #[sea_orm(
        belongs_to = "super::shipping_method::Entity",
        from = "Column::MethodId",
        to = "super::shipping_method::Column::Id"
    )]
    Method,
}

impl Related<super::shipping_method::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Method.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
