//! Goods ordered from a supplier.

use sea_orm::entity::prelude::*;

use crate::id::{LocationId, PurchaseOrderId, SupplierId};
use crate::money::Currency;
use crate::words::PurchaseOrderStatus;

/// Goods ordered from a supplier.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "purchase_order")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PurchaseOrderId,
    /// Number for people.
    pub number: String,
    /// Who sells.
    pub supplier_id: SupplierId,
    /// Where it is delivered.
    pub location_id: LocationId,
    /// Lifecycle.
    pub status: PurchaseOrderStatus,
    /// Currency of the costs.
    pub currency: Currency,
    /// How many percent of a line's units may arrive beyond what was ordered.
    pub over_delivery_percent: i32,
    /// When it should arrive.
    pub expected_at: Option<DateTimeUtc>,
    /// Id in another system.
    pub external_reference: Option<String>,
    /// For the supplier and the people who receive.
    pub note: String,
    /// When it was sent to the supplier.
    pub ordered_at: Option<DateTimeUtc>,
    /// When it ended.
    pub closed_at: Option<DateTimeUtc>,
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
    /// Who sells.
    #[sea_orm(belongs_to = "super::supplier::Entity", from = "Column::SupplierId", to = "super::supplier::Column::Id")]
    Supplier,
    /// Where it is delivered.
    #[sea_orm(belongs_to = "super::location::Entity", from = "Column::LocationId", to = "super::location::Column::Id")]
    Location,
}

impl Related<super::supplier::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Supplier.def()
    }
}

impl Related<super::location::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Location.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
