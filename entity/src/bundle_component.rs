//! What a bundle is made of.

use sea_orm::entity::prelude::*;

use crate::id::VariantId;

/// What a bundle is made of.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "bundle_component")]
pub struct Model {
    /// The bundle.
    #[sea_orm(primary_key, auto_increment = false)]
    pub bundle_variant_id: VariantId,
    /// A part of it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub component_variant_id: VariantId,
    /// Units per bundle.
    pub quantity: i64,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The bundle.
    #[sea_orm(
        belongs_to = "super::variant::Entity",
        from = "Column::BundleVariantId",
        to = "super::variant::Column::Id"
    )]
    BundleVariant,
    /// A part of it.
    #[sea_orm(
        belongs_to = "super::variant::Entity",
        from = "Column::ComponentVariantId",
        to = "super::variant::Column::Id"
    )]
    ComponentVariant,
}

impl ActiveModelBehavior for ActiveModel {}
