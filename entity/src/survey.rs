//! Questions, asked after a purchase.

use sea_orm::entity::prelude::*;

use crate::id::SurveyId;
use crate::words::SurveyKind;

/// Questions, asked after a purchase.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "survey")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SurveyId,
    /// Name that never changes.
    pub code: String,
    /// Name that people read.
    pub name: String,
    /// What it measures.
    pub kind: SurveyKind,
    /// Questions with their texts by language.
    pub questions: Json,
    /// What is said after the answer, by language.
    pub thanks: Json,
    /// Days in which an invitation can be answered.
    pub expires_days: i32,
    /// Whether tills ask it after a sale.
    pub at_till: bool,
    /// Whether it is asked.
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
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
