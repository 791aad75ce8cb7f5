//! A kind of goods for tax, such as standard or reduced.

use sea_orm::entity::prelude::*;

use crate::id::TaxClassId;

/// A kind of goods for tax, such as standard or reduced.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "tax_class")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TaxClassId,
    /// Stable name.
    pub code: String,
    /// Name shown to staff.
    pub name: String,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
