//! Looking at an invitation, and answering it: once.

use chrono::{DateTime, Utc};
use entity::id::SurveyInvitationId;
use entity::survey_invitation::{self, Column, Entity};
use entity::words::SurveyInvitationState;
use entity::{customer, order, survey, survey_answer, survey_version};
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, QueryTrait};
use serde::Serialize;
use serde_json::{Value, json};

use super::check::{Fitting, fitting};
use super::question::{self, Question};
use super::{alert, query};
use crate::kernel::event::NewEvent;
use crate::kernel::{Ctx, Error, ErrorCode, Result, Tx};

/// The answer to one question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AnswerInput {
    /// Name of the question.
    pub question_id: String,
    /// For a score.
    pub score: Option<i32>,
    /// Names of what is chosen: one for a choice, any for several.
    pub choices: Vec<String>,
    /// For a text, at most 2,000 characters.
    pub text: Option<String>,
}

/// An invitation as the one who is asked sees it.
#[derive(Debug, Clone)]
pub struct Looked {
    /// The invitation.
    pub invitation: survey_invitation::Model,
    /// The survey as it is now.
    pub survey: survey::Model,
    /// What was asked, at the version of the invitation.
    pub questions: Vec<Question>,
    /// What is said after the answer, by language.
    pub thanks: Value,
    /// Where it stands.
    pub state: SurveyInvitationState,
}

/// Where an invitation stands at a moment.
#[must_use]
pub fn state(invitation: &survey_invitation::Model, now: DateTime<Utc>) -> SurveyInvitationState {
    if invitation.answered_at.is_some() {
        SurveyInvitationState::Answered
    } else if invitation.expires_at < now {
        SurveyInvitationState::Expired
    } else {
        SurveyInvitationState::Open
    }
}

/// Whether the one who is asked was erased: nothing new is kept about them, and so their links are over.
async fn is_of_erased(db: &impl ConnectionTrait, invitation: &survey_invitation::Model) -> Result<bool> {
    if invitation.customer_id.is_none() && invitation.order_id.is_none() {
        return Ok(false);
    }
    let buyers = Query::select()
        .column(order::Column::CustomerId)
        .from(order::Entity)
        .and_where(order::Column::Id.eq(invitation.order_id))
        .to_owned();
    let people = Condition::any()
        .add(customer::Column::Id.eq(invitation.customer_id))
        .add(customer::Column::Id.in_subquery(buyers));
    let erased = customer::Entity::find().filter(people).filter(customer::Column::ErasedAt.is_not_null());
    Ok(erased.one(db).await?.is_some())
}

/// An invitation whose link was opened; the caller has checked the link. One of somebody who was erased counts as
/// expired. Changes nothing. Error: `NOT_FOUND`.
pub async fn look(ctx: &Ctx, id: SurveyInvitationId) -> Result<Looked> {
    let db = ctx.db();
    let (invitation, survey) = Entity::find_by_id(id)
        .find_also_related(survey::Entity)
        .one(&db)
        .await?
        .and_then(|(invitation, survey)| Some((invitation, survey?)))
        .ok_or(Error::not_found("surveyInvitation"))?;
    let asked = asked(&db, &invitation).await?;
    let mut state = state(&invitation, ctx.now());
    if state == SurveyInvitationState::Open && is_of_erased(&db, &invitation).await? {
        state = SurveyInvitationState::Expired;
    }
    Ok(Looked { questions: question::read(&asked.questions)?, thanks: asked.thanks, invitation, survey, state })
}

async fn asked(db: &impl ConnectionTrait, invitation: &survey_invitation::Model) -> Result<survey_version::Model> {
    let key = (invitation.survey_id, invitation.survey_version);
    let found = survey_version::Entity::find_by_id(key).one(db).await?;
    found.ok_or_else(|| Error::Bug(format!("{} asks by a version that is gone", invitation.id)))
}

/// Answers an invitation whose link was opened; the caller has checked the link. Of many at once, one answer counts.
/// Errors: `NOT_FOUND`, `ALREADY_ANSWERED`, `INVALID_CODE` when its time is over or its customer was erased, `REQUIRED`,
/// `INVALID`, `TOO_MANY`, and those of texts.
pub async fn answer(ctx: &Ctx, id: SurveyInvitationId, answers: Vec<AnswerInput>) -> Result<survey_answer::Model> {
    let answers = &answers;
    ctx.write(|tx| async move {
        let found = Entity::find_by_id(id).lock_exclusive().one(&tx).await?;
        let invitation = found.ok_or(Error::not_found("surveyInvitation"))?;
        match state(&invitation, tx.now()) {
            SurveyInvitationState::Open => {}
            SurveyInvitationState::Answered => return Err(Error::invalid(ErrorCode::AlreadyAnswered, "")),
            SurveyInvitationState::Expired => return Err(Error::invalid(ErrorCode::InvalidCode, "input.token")),
        }
        if is_of_erased(&tx, &invitation).await? {
            return Err(Error::invalid(ErrorCode::InvalidCode, "input.token"));
        }
        let asked = asked(&tx, &invitation).await?;
        let fitting = fitting(&question::read(&asked.questions)?, answers)?;
        record(&tx, &invitation, fitting).await
    })
    .await
}

/// Writes the answer to an invitation that is locked or new, and tells staff when a rule says so.
pub(super) async fn record(
    tx: &Tx,
    invitation: &survey_invitation::Model,
    fitting: Fitting,
) -> Result<survey_answer::Model> {
    let row = survey_answer::Model {
        survey_invitation_id: invitation.id,
        survey_id: invitation.survey_id,
        score: fitting.score,
        answers: fitting.answers,
        texts: fitting.texts,
        comment: fitting.comment,
        occurred_at: tx.now(),
    };
    let survey = query::by_id(tx, row.survey_id).await?.ok_or(Error::not_found("survey"))?;
    let hits = alert::hits(tx, &row).await?;
    tx.insert_last(std::slice::from_ref(&row));
    let answered =
        Entity::update_many().col_expr(Column::AnsweredAt, Expr::value(tx.now())).filter(Column::Id.eq(invitation.id));
    tx.write_last(answered.into_query());
    let event = NewEvent::new("survey_answered", "survey_invitation", invitation.id.uuid());
    tx.event(event.customer(invitation.customer_id).payload(json!({
        "survey": survey.code, "order_id": invitation.order_id, "score": row.score, "via": invitation.via,
    })));
    alert::raise(tx, invitation, &hits);
    Ok(row)
}
