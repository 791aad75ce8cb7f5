//! What is shown as one thing; its variants are what is sold.

use sea_orm::entity::prelude::*;

use crate::id::{CategoryId, ProductId, TaxClassId};
use crate::text_list::TextList;
use crate::words::ProductStatus;

/// What is shown as one thing; its variants are what is sold.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "product")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ProductId,
    /// Unique name in addresses (Shopify's handle).
    pub slug: String,
    /// Title in the shop's first language.
    pub title: String,
    /// Cleaned HTML.
    pub description_html: String,
    /// Maker or brand.
    pub vendor: String,
    /// Merchant's own kind.
    pub product_type: String,
    /// Whether it is sold.
    pub status: ProductStatus,
    /// Where it hangs.
    pub category_id: Option<CategoryId>,
    /// Tax class of its variants.
    pub tax_class_id: TaxClassId,
    /// Tags.
    #[sea_orm(column_type = "JsonBinary")]
    pub tags: TextList,
    /// Title for search engines.
    pub seo_title: Option<String>,
    /// Description for search engines.
    pub seo_description: Option<String>,
    /// Id in another system.
    pub external_reference: Option<String>,
    /// Public metadata.
    pub metadata: Json,
    /// Metadata for staff and apps.
    pub private_metadata: Json,
    /// Grows with each change.
    pub version: i32,
    /// When created.
    pub created_at: DateTimeUtc,
    /// When last changed.
    pub updated_at: DateTimeUtc,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Where it hangs.
    #[sea_orm(belongs_to = "super::category::Entity", from = "Column::CategoryId", to = "super::category::Column::Id")]
    Category,
    /// Tax class of its variants.
    #[sea_orm(
        belongs_to = "super::tax_class::Entity",
        from = "Column::TaxClassId",
        to = "super::tax_class::Column::Id"
    )]
    TaxClass,
}

impl Related<super::category::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Category.def()
    }
}

impl Related<super::tax_class::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::TaxClass.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
