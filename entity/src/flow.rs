//! Something that happens step by step after something else.

use sea_orm::entity::prelude::*;

use crate::id::FlowId;
use crate::words::{FlowStatus, MessageClass};

/// Something that happens step by step after something else.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "flow")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: FlowId,
    /// Name that never changes.
    pub code: String,
    /// Name that people read.
    pub name: String,
    /// Which consent it needs.
    pub class: MessageClass,
    /// Kind of what starts it, as its definition names it.
    pub trigger_kind: String,
    /// Whether it works.
    pub status: FlowStatus,
    /// Whether it came with the product.
    pub is_built_in: bool,
    /// The version that starts new runs.
    pub current_number: i32,
    /// So many of a hundred get nothing, to compare with.
    pub hold_out_percent: i32,
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
