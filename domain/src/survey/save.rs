//! Writing surveys: each change is a version, which invitations point to.

use entity::id::SurveyId;
use entity::survey::{self, Column, Entity};
use entity::survey_version;
use entity::words::SurveyKind;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QuerySelect};
use serde_json::{Value, json};

use super::question::{self, Question, QuestionInput, measured};
use super::ready_made;
use crate::kernel::event::NewEvent;
use crate::kernel::text::{self, Texts};
use crate::kernel::{Ctx, Error, ErrorCode, Permission, Result, Tx, version};

/// Most surveys; they are shown in one list.
const MOST: u64 = 200;
/// Longest code, in bytes.
const MAX_CODE: usize = 64;
/// Longest thanks, in characters.
const MAX_THANKS: usize = 1_000;
/// Days in which an invitation can be answered, when nobody says.
pub const DEFAULT_DAYS: i32 = 30;
/// Most days in which an invitation can be answered.
const MAX_DAYS: i32 = 365;

/// A survey as it should be.
#[derive(Debug, Clone)]
pub struct SaveSurvey {
    /// Stable name, which says what is changed: small letters, digits, `-` and `_`.
    pub code: String,
    /// Only if it still has this version.
    pub expected_version: Option<i32>,
    /// Name for staff.
    pub name: String,
    /// What it measures; never changes.
    pub kind: SurveyKind,
    /// What it asks, 1 to 20; the ready-made questions of the kind when empty.
    pub questions: Vec<QuestionInput>,
    /// What is said after the answer, at most 1,000 characters each; the ready-made thanks when empty.
    pub thanks: Texts,
    /// Days in which an invitation can be answered, 1 to 365.
    pub expires_days: i32,
    /// Whether tills ask it after a sale.
    pub at_till: bool,
    /// Whether it is asked.
    pub active: bool,
}

/// Creates or changes the survey of a code. Who was asked before answers what was asked then.
/// Errors: `UNAUTHENTICATED`, `FORBIDDEN` also for who may at some places only, `STALE_VERSION`, `REQUIRED`, `INVALID` also
/// for another kind or another scale of the question that is measured, `TOO_MANY`, `ALREADY_EXISTS`, `INVALID_LOCALE`, and
/// those of texts.
pub async fn save(ctx: &Ctx, input: SaveSurvey) -> Result<survey::Model> {
    ctx.require_everywhere(Permission::SurveysWrite)?;
    let code = checked_code(&input.code)?;
    let name = text::required_line("input.name", &input.name, text::LINE)?;
    if !(1..=MAX_DAYS).contains(&input.expires_days) {
        return Err(Error::invalid(ErrorCode::Invalid, "input.expiresDays"));
    }
    let questions = match input.questions.as_slice() {
        [] if input.kind != SurveyKind::Custom => ready_made::questions(input.kind),
        some => question::checked(input.kind, some)?,
    };
    let thanks = match input.thanks.as_slice() {
        [] => ready_made::thanks(),
        _ => text::by_language("input.thanks", &input.thanks, MAX_THANKS)?,
    };
    let (input, code, name, questions, thanks) = (&input, &code, &name, &questions, &thanks);
    ctx.write(|tx| async move {
        let old = Entity::find().filter(Column::Code.eq(code.as_str())).lock_exclusive().one(&tx).await?;
        version::check(input.expected_version, old.as_ref().map_or(0, |old| old.version))?;
        match &old {
            Some(old) => check_same(old, input.kind, questions)?,
            None if Entity::find().count(&tx).await? >= MOST => {
                return Err(Error::invalid_with(ErrorCode::TooMany, "input", vec![("max", MOST.to_string())]));
            }
            None => {}
        }
        let row = survey::Model {
            id: old.as_ref().map_or_else(|| SurveyId(tx.new_uuid()), |old| old.id),
            code: code.clone(),
            name: name.clone(),
            kind: input.kind,
            questions: json_of(questions)?,
            thanks: thanks.clone(),
            expires_days: input.expires_days,
            at_till: input.at_till,
            active: input.active,
            version: old.as_ref().map_or(0, |old| old.version) + 1,
            created_at: old.as_ref().map_or(tx.now(), |old| old.created_at),
            updated_at: tx.now(),
        };
        store(&tx, row, old.is_none()).await
    })
    .await
}

/// Switches a survey on or off: one that is off asks nobody any more, and who was asked may still answer.
/// Errors: `UNAUTHENTICATED`, `FORBIDDEN` also for who may at some places only, `NOT_FOUND`, `STALE_VERSION`.
pub async fn switch(ctx: &Ctx, id: SurveyId, expected_version: Option<i32>, active: bool) -> Result<survey::Model> {
    ctx.require_everywhere(Permission::SurveysWrite)?;
    ctx.write(|tx| async move {
        let old = Entity::find_by_id(id).lock_exclusive().one(&tx).await?.ok_or(Error::not_found("survey"))?;
        version::check(expected_version, old.version)?;
        if old.active == active {
            return Ok(old);
        }
        let row = survey::Model { active, version: old.version + 1, updated_at: tx.now(), ..old };
        store(&tx, row, false).await
    })
    .await
}

/// Figures of years compare only what was measured by one scale.
fn check_same(old: &survey::Model, kind: SurveyKind, questions: &[Question]) -> Result<()> {
    if old.kind != kind {
        return Err(Error::invalid(ErrorCode::Invalid, "input.kind"));
    }
    let before = question::read(&old.questions)?;
    let scale = |of: &[Question]| measured(of).map(|question| (question.min, question.max));
    let (before, after) = (scale(&before), scale(questions));
    if before.is_some() && before != after {
        return Err(Error::invalid(ErrorCode::Invalid, "input.questions"));
    }
    Ok(())
}

async fn store(tx: &Tx, row: survey::Model, new: bool) -> Result<survey::Model> {
    let asked = survey_version::Model {
        survey_id: row.id,
        version: row.version,
        questions: row.questions.clone(),
        thanks: row.thanks.clone(),
        created_at: tx.now(),
    };
    let active = row.clone().into_active_model().reset_all();
    if new {
        Entity::insert(active).exec_without_returning(tx).await?;
    } else {
        active.update(tx).await?;
    }
    tx.insert_last(&[asked]);
    let event = NewEvent::new("survey_saved", "survey", row.id.uuid());
    tx.event(event.payload(json!({ "code": row.code, "version": row.version, "active": row.active })));
    Ok(row)
}

fn checked_code(code: &str) -> Result<String> {
    let code = text::required_line("input.code", code, MAX_CODE)?;
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_');
    if code.bytes().all(plain) { Ok(code) } else { Err(Error::invalid(ErrorCode::Invalid, "input.code")) }
}

pub(super) fn json_of(questions: &[Question]) -> Result<Value> {
    serde_json::to_value(questions).map_err(|error| Error::Bug(error.to_string()))
}
