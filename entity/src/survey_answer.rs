//! What somebody said; one per invitation.

use sea_orm::entity::prelude::*;

use crate::id::{SurveyId, SurveyInvitationId};

/// What somebody said; one per invitation.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "survey_answer")]
pub struct Model {
    /// The invitation.
    #[sea_orm(primary_key, auto_increment = false)]
    pub survey_invitation_id: SurveyInvitationId,
    /// The survey.
    pub survey_id: SurveyId,
    /// The answer to the question that is measured.
    pub score: Option<i32>,
    /// Scores and choices by question.
    pub answers: Json,
    /// Texts by question; apart, because people write about themselves in them.
    pub texts: Json,
    /// All texts together.
    pub comment: String,
    /// When.
    pub occurred_at: DateTimeUtc,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The invitation.
    #[sea_orm(
        belongs_to = "super::survey_invitation::Entity",
        from = "Column::SurveyInvitationId",
        to = "super::survey_invitation::Column::Id"
    )]
    SurveyInvitation,
    /// The survey.
    #[sea_orm(belongs_to = "super::survey::Entity", from = "Column::SurveyId", to = "super::survey::Column::Id")]
    Survey,
}

impl Related<super::survey_invitation::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::SurveyInvitation.def()
    }
}

impl Related<super::survey::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Survey.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
