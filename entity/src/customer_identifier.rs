//! Something that identifies a customer.

use sea_orm::entity::prelude::*;

use crate::id::{CustomerId, CustomerIdentifierId};
use crate::words::IdentifierKind;

/// Something that identifies a customer.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "customer_identifier")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CustomerIdentifierId,
    /// Whose.
    pub customer_id: CustomerId,
    /// What kind.
    pub kind: IdentifierKind,
    /// Normalized value.
    pub value: String,
    /// Since when it links purchases on its own.
    pub verified_at: Option<DateTimeUtc>,
    /// When added.
    pub created_at: DateTimeUtc,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Whose.
    #[sea_orm(belongs_to = "super::customer::Entity", from = "Column::CustomerId", to = "super::customer::Column::Id")]
    Customer,
}

impl Related<super::customer::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Customer.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
