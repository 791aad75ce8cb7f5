//! An address in a customer's book.

use sea_orm::entity::prelude::*;

use crate::address::Address;
use crate::id::{CustomerAddressId, CustomerId};

/// An address in a customer's book.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "customer_address")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CustomerAddressId,
    /// Whose.
    pub customer_id: CustomerId,
    /// The address.
    #[sea_orm(column_type = "JsonBinary")]
    pub address: Address,
    /// Offered first.
    pub is_default: bool,
    /// When added.
    pub created_at: DateTimeUtc,
    /// When last changed.
    pub updated_at: DateTimeUtc,
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
