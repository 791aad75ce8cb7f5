//! A product's texts in another language.

use sea_orm::entity::prelude::*;

use crate::id::ProductId;

/// A product's texts in another language.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "product_translation")]
pub struct Model {
    /// The product.
    #[sea_orm(primary_key, auto_increment = false)]
    pub product_id: ProductId,
    /// BCP 47.
    #[sea_orm(primary_key, auto_increment = false)]
    pub locale: String,
    /// Title.
    pub title: String,
    /// Cleaned HTML.
    pub description_html: String,
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
