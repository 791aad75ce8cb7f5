//! A till: where sales are rung up.

use sea_orm::entity::prelude::*;

use crate::id::{ChannelId, LocationId, RegisterId};

/// A till: where sales are rung up.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "register")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RegisterId,
    /// Stable name.
    pub code: String,
    /// Name shown to staff.
    pub name: String,
    /// Where it stands.
    pub location_id: LocationId,
    /// The POS channel it sells for.
    pub channel_id: ChannelId,
    /// Last receipt number given out, without gaps.
    pub last_receipt_number: i64,
    /// Whether it may sell.
    pub active: bool,
    /// When created.
    pub created_at: DateTimeUtc,
    /// Last number of a Z report given out, without gaps.
    pub last_z_number: i64,
    /// Whether it sells only while a session is open.
    pub requires_session: bool,
    /// Cash that staff may take out alone at once, minor units; any amount when `None`.
    pub cash_limit: Option<i64>,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Where it stands.
    #[sea_orm(belongs_to = "super::location::Entity", from = "Column::LocationId", to = "super::location::Column::Id")]
    Location,
    /// The POS channel it sells for.
    #[sea_orm(belongs_to = "super::channel::Entity", from = "Column::ChannelId", to = "super::channel::Column::Id")]
    Channel,
}

impl Related<super::location::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Location.def()
    }
}

impl Related<super::channel::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Channel.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
