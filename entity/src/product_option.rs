//! An axis along which variants differ, such as size.

use sea_orm::entity::prelude::*;

use crate::id::{ProductId, ProductOptionId};

/// An axis along which variants differ, such as size.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "product_option")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ProductOptionId,
    /// The product.
    pub product_id: ProductId,
    /// Order, from 1.
    pub position: i32,
    /// Name.
    pub name: String,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The product.
    #[sea_orm(belongs_to = "super::product::Entity", from = "Column::ProductId", to = "super::product::Column::Id")]
    Product,
}

impl Related<super::product::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Product.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
