//! A picture of a product.

use sea_orm::entity::prelude::*;

use crate::id::{MediaId, ProductId};

/// A picture of a product.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "media")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MediaId,
    /// The product.
    pub product_id: ProductId,
    /// Address of the file.
    pub url: String,
    /// Text for those who cannot see it.
    pub alt: String,
    /// Order, from 1.
    pub position: i32,
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
