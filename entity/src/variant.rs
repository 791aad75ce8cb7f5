//! What is bought and counted.

use sea_orm::entity::prelude::*;

use crate::id::{MediaId, ProductId, TaxClassId, VariantId};
use crate::words::{InventoryPolicy, UnitTracking};

/// What is bought and counted.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "variant")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: VariantId,
    /// The product.
    pub product_id: ProductId,
    /// Order in the product, from 1.
    pub position: i32,
    /// Option values joined, or the product's title.
    pub title: String,
    /// Stock keeping unit.
    pub sku: Option<String>,
    /// GTIN-8/12/13/14 with a right check digit.
    pub barcode: Option<String>,
    /// Overrides the product's.
    pub tax_class_id: Option<TaxClassId>,
    /// Shipping weight in grams.
    pub weight_grams: i32,
    /// Whether it is a physical thing.
    pub requires_shipping: bool,
    /// Whether stock is counted.
    pub tracked: bool,
    /// What happens when stock runs out.
    pub inventory_policy: InventoryPolicy,
    /// Most units promised beyond stock.
    pub backorder_limit: Option<i64>,
    /// When a pre-order ships.
    pub preorder_ships_on: Option<Date>,
    /// Whether it is made of other variants.
    pub is_bundle: bool,
    /// Its own picture.
    pub image_id: Option<MediaId>,
    /// Whether it is sold.
    pub active: bool,
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
    /// Whether each unit or lot has a number.
    pub unit_tracking: UnitTracking,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The product.
    #[sea_orm(belongs_to = "super::product::Entity", from = "Column::ProductId", to = "super::product::Column::Id")]
    Product,
    /// Overrides the product's.
    #[sea_orm(
        belongs_to = "super::tax_class::Entity",
        from = "Column::TaxClassId",
        to = "super::tax_class::Column::Id"
    )]
    TaxClass,
}

impl Related<super::product::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Product.def()
    }
}

impl Related<super::tax_class::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::TaxClass.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
