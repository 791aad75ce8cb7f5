//! Why goods come back.

use sea_orm::entity::prelude::*;

use crate::id::ReturnReasonId;

/// Why goods come back.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "return_reason")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ReturnReasonId,
    /// Stable name.
    pub code: String,
    /// Name by language.
    pub titles: Json,
    /// Whether customers may choose it.
    pub customer_visible: bool,
    /// Whether something went wrong.
    pub is_claim: bool,
    /// Whether the shop pays for sending back.
    pub seller_pays: bool,
    /// Whether no fee is taken.
    pub waives_restocking: bool,
    /// Whether a photo is asked for.
    pub needs_photo: bool,
    /// Order, from 1.
    pub position: i32,
    /// Whether it may be chosen.
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
