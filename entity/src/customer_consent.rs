//! What a person agreed to; append-only, the latest wins.

use sea_orm::entity::prelude::*;

use crate::id::{CustomerConsentId, CustomerId};
use crate::words::{ConsentChannel, ConsentPurpose};

/// What a person agreed to; append-only, the latest wins.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "customer_consent")]
pub struct Model {
    /// Time-ordered id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CustomerConsentId,
    /// Whose.
    pub customer_id: CustomerId,
    /// By which channel.
    pub channel: ConsentChannel,
    /// For what.
    pub purpose: ConsentPurpose,
    /// Yes or no.
    pub granted: bool,
    /// Where it was given.
    pub source: String,
    /// Which wording was shown.
    pub text_version: String,
    /// When.
    pub recorded_at: DateTimeUtc,
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
