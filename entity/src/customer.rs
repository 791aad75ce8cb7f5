//! One record per person.

use sea_orm::entity::prelude::*;

use crate::id::CustomerId;

/// One record per person.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "customer")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CustomerId,
    /// Family name.
    pub family_name: String,
    /// Given name.
    pub given_name: String,
    /// Reading of the family name.
    pub family_name_kana: String,
    /// Reading of the given name.
    pub given_name_kana: String,
    /// Preferred language (BCP 47).
    pub locale: String,
    /// IANA name.
    pub time_zone: Option<String>,
    /// Birthday.
    pub birth_on: Option<Date>,
    /// Argon2id; null without a password.
    pub password_hash: Option<String>,
    /// Folded names and identifiers, for staff search.
    pub search_text: String,
    /// This record is an alias of that one.
    pub merged_into_id: Option<CustomerId>,
    /// Personal data were erased.
    pub erased_at: Option<DateTimeUtc>,
    /// Staff's note.
    pub note: String,
    /// Public metadata.
    pub metadata: Json,
    /// Metadata for staff and apps.
    pub private_metadata: Json,
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
    /// This record is an alias of that one.
    #[sea_orm(belongs_to = "Entity", from = "Column::MergedIntoId", to = "Column::Id")]
    MergedInto,
}

impl ActiveModelBehavior for ActiveModel {}
