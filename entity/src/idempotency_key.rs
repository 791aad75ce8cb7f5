//! One stored result per actor, operation and key.

use sea_orm::entity::prelude::*;

/// One stored result per actor, operation and key.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "idempotency_key")]
pub struct Model {
    /// Who asked.
    #[sea_orm(primary_key, auto_increment = false)]
    pub actor_key: String,
    /// Which command.
    #[sea_orm(primary_key, auto_increment = false)]
    pub operation: String,
    /// The client's key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    /// SHA-256 of the input; another input under the same key is refused.
    pub request_hash: String,
    /// What the command made or changed.
    pub resource_id: Uuid,
    /// Facts needed to answer again.
    pub response: Json,
    /// When.
    pub created_at: DateTimeUtc,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
