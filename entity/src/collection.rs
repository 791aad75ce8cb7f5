//! A set of products chosen by staff.

use sea_orm::entity::prelude::*;

use crate::id::CollectionId;

/// A set of products chosen by staff.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "collection")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CollectionId,
    /// Unique name in addresses.
    pub slug: String,
    /// Name.
    pub name: String,
    /// Names by locale.
    pub translations: Json,
    /// Cleaned HTML.
    pub description_html: String,
    /// Order among collections.
    pub position: i32,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
