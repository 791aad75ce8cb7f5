//! A code sent to an address to prove that a person holds it.

use sea_orm::entity::prelude::*;

use crate::id::{CustomerId, OneTimeCodeId};
use crate::words::{CodePurpose, IdentifierKind};

/// A code sent to an address to prove that a person holds it.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "one_time_code")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OneTimeCodeId,
    /// What it proves.
    pub purpose: CodePurpose,
    /// Kind of address.
    pub identifier_kind: IdentifierKind,
    /// Normalized address it was sent to.
    pub identifier_value: String,
    /// For whom.
    pub customer_id: Option<CustomerId>,
    /// SHA-256 of the code or link token, keyed.
    pub code_hash: String,
    /// Wrong tries so far.
    pub attempts: i32,
    /// When.
    pub created_at: DateTimeUtc,
    /// At most 30 minutes later.
    pub expires_at: DateTimeUtc,
    /// When it was used or given up.
    pub used_at: Option<DateTimeUtc>,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// For whom.
    #[sea_orm(belongs_to = "super::customer::Entity", from = "Column::CustomerId", to = "super::customer::Column::Id")]
    Customer,
}

impl Related<super::customer::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Customer.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
