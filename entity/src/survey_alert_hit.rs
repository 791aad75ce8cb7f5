//! An answer of which staff were told, and by which rule.

use sea_orm::entity::prelude::*;

use crate::id::{SurveyAlertId, SurveyInvitationId};

/// An answer of which staff were told, and by which rule.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "survey_alert_hit")]
pub struct Model {
    /// The invitation that was answered.
    #[sea_orm(primary_key, auto_increment = false)]
    pub survey_invitation_id: SurveyInvitationId,
    /// The rule.
    #[sea_orm(primary_key, auto_increment = false)]
    pub survey_alert_id: SurveyAlertId,
    /// When.
    pub occurred_at: DateTimeUtc,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The answer.
    #[sea_orm(
        belongs_to = "super::survey_answer::Entity",
        from = "Column::SurveyInvitationId",
        to = "super::survey_answer::Column::SurveyInvitationId"
    )]
    SurveyAnswer,
    /// The rule.
    #[sea_orm(
        belongs_to = "super::survey_alert::Entity",
        from = "Column::SurveyAlertId",
        to = "super::survey_alert::Column::Id"
    )]
    SurveyAlert,
}

impl Related<super::survey_answer::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::SurveyAnswer.def()
    }
}

impl Related<super::survey_alert::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::SurveyAlert.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
