//! A node of the category tree.

use sea_orm::entity::prelude::*;

use crate::id::CategoryId;

/// A node of the category tree.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "category")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CategoryId,
    /// Its parent.
    pub parent_id: Option<CategoryId>,
    /// Unique name in addresses.
    pub slug: String,
    /// Name.
    pub name: String,
    /// Names by locale.
    pub translations: Json,
    /// Order among siblings.
    pub position: i32,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Its parent.
    #[sea_orm(belongs_to = "Entity", from = "Column::ParentId", to = "Column::Id")]
    Parent,
}

impl ActiveModelBehavior for ActiveModel {}
