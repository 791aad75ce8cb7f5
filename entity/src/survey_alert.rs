//! When staff are told of an answer at once.

use sea_orm::entity::prelude::*;

use crate::id::{SurveyAlertId, SurveyId};

/// When staff are told of an answer at once.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "survey_alert")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SurveyAlertId,
    /// Of which survey.
    pub survey_id: SurveyId,
    /// Name that people read.
    pub name: String,
    /// Scores up to this one.
    pub max_score: Option<i32>,
    /// Words in the comment, any of them.
    pub words: Json,
    /// E-mail addresses of staff.
    pub recipients: Json,
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
    /// Of which survey.
    #[sea_orm(belongs_to = "super::survey::Entity", from = "Column::SurveyId", to = "super::survey::Column::Id")]
    Survey,
}

impl Related<super::survey::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Survey.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
