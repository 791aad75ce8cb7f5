//! How a channel gives and takes points.

use sea_orm::entity::prelude::*;

use crate::id::{ChannelId, LoyaltyProgramId};

/// How a channel gives and takes points.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "loyalty_program")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: LoyaltyProgramId,
    /// The channel.
    pub channel_id: ChannelId,
    /// For so much money with tax, in minor units,
    pub earn_amount: i64,
    /// so many points are given.
    pub earn_points: i64,
    /// So many points
    pub redeem_points: i64,
    /// are worth so much, in minor units.
    pub redeem_amount: i64,
    /// The least that is taken at once.
    pub minimum_points: i64,
    /// Days after delivery until points can be used.
    pub pending_days: i32,
    /// Days until points run out.
    pub expire_days: Option<i32>,
    /// Whether it holds.
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
pub enum Relation {
    /// The channel.
    #[sea_orm(belongs_to = "super::channel::Entity", from = "Column::ChannelId", to = "super::channel::Column::Id")]
    Channel,
}

impl Related<super::channel::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Channel.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
