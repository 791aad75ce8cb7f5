//! What a survey asked at one version; never changed.

use sea_orm::entity::prelude::*;

use crate::id::SurveyId;

/// What a survey asked at one version; never changed.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "survey_version")]
pub struct Model {
    /// The survey.
    #[sea_orm(primary_key, auto_increment = false)]
    pub survey_id: SurveyId,
    /// Its version.
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: i32,
    /// Questions with their texts by language.
    pub questions: Json,
    /// What is said after the answer, by language.
    pub thanks: Json,
    /// When created.
    pub created_at: DateTimeUtc,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The survey.
    #[sea_orm(belongs_to = "super::survey::Entity", from = "Column::SurveyId", to = "super::survey::Column::Id")]
    Survey,
}

impl Related<super::survey::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Survey.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
