//! A step that a run came through; append-only.

use sea_orm::entity::prelude::*;

use crate::id::{FlowRunId, FlowStepId, MessageId};
use crate::words::FlowStepOutcome;

/// A step that a run came through; append-only.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "flow_step")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: FlowStepId,
    /// The run.
    pub flow_run_id: FlowRunId,
    /// Id of the step.
    pub step: String,
    /// How it ended.
    pub outcome: FlowStepOutcome,
    /// Why.
    pub reason: Option<String>,
    /// What was sent.
    pub message_id: Option<MessageId>,
    /// When.
    pub occurred_at: DateTimeUtc,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The run.
    #[sea_orm(belongs_to = "super::flow_run::Entity", from = "Column::FlowRunId", to = "super::flow_run::Column::Id")]
    FlowRun,
    /// What was sent.
    #[sea_orm(belongs_to = "super::message::Entity", from = "Column::MessageId", to = "super::message::Column::Id")]
    Message,
}

impl Related<super::flow_run::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::FlowRun.def()
    }
}

impl Related<super::message::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Message.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
