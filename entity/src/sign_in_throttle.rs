//! Failed sign-ins per account or address.

use sea_orm::entity::prelude::*;

/// Failed sign-ins per account or address.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "sign_in_throttle")]
pub struct Model {
    /// Hashed account or network address.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    /// Wrong tries in the window.
    pub failures: i32,
    /// When the window began.
    pub window_started_at: DateTimeUtc,
    /// Refused until then.
    pub locked_until: Option<DateTimeUtc>,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
