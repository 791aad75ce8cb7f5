//! A person who works for the retailer.

use sea_orm::entity::prelude::*;

use crate::id::StaffId;

/// A person who works for the retailer.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "staff")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StaffId,
    /// Sign-in address, lower-cased.
    pub email: String,
    /// Name shown to colleagues.
    pub name: String,
    /// Preferred language (BCP 47).
    pub locale: String,
    /// Argon2id; null until set.
    pub password_hash: Option<String>,
    /// Argon2id of the till PIN.
    pub pin_hash: Option<String>,
    /// Whether the person may sign in.
    pub active: bool,
    /// Grows with each change.
    pub version: i32,
    /// When created.
    pub created_at: DateTimeUtc,
    /// When last changed.
    pub updated_at: DateTimeUtc,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
