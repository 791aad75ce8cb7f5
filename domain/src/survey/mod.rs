//! TEMPORARY: stands in for the owner's version, so that the pages compile.

use entity::id::{CustomerId, FlowRunId, OrderId, SurveyId, SurveyInvitationId};
use entity::words::{QuestionKind, SurveyInvitationState, SurveyKind, SurveyVia};
use entity::{survey, survey_answer, survey_invitation};
use sea_orm::{ActiveModelTrait, ActiveValue, EntityTrait, IntoActiveModel};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::kernel::{Ctx, Error, ErrorCode, Result, Tx};

/// A question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// Its name in answers.
    pub id: String,
    /// How it is answered.
    pub kind: QuestionKind,
    /// The question by language.
    pub text: Value,
    /// Whether nothing is answered without it.
    pub required: bool,
    /// Least score.
    #[serde(default)]
    pub min: i32,
    /// Highest score.
    #[serde(default)]
    pub max: i32,
    /// What the least score means.
    #[serde(default)]
    pub low: Value,
    /// What the highest score means.
    #[serde(default)]
    pub high: Value,
    /// What can be chosen.
    #[serde(default)]
    pub choices: Vec<Choice>,
}

/// Something that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// Its name in answers.
    pub id: String,
    /// What it says.
    pub text: Value,
}

/// The answer to one question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerInput {
    /// Name of the question.
    pub question_id: String,
    /// For a score.
    pub score: Option<i32>,
    /// What is chosen.
    pub choices: Vec<String>,
    /// In words.
    pub text: Option<String>,
}

/// An invitation as the one who is asked sees it.
#[derive(Debug, Clone)]
pub struct Looked {
    /// The invitation.
    pub invitation: survey_invitation::Model,
    /// The survey.
    pub survey: survey::Model,
    /// What was asked.
    pub questions: Vec<Question>,
    /// What is said after the answer.
    pub thanks: Value,
    /// Where it stands.
    pub state: SurveyInvitationState,
}

/// An invitation. Error: `NOT_FOUND`.
pub async fn look(ctx: &Ctx, id: SurveyInvitationId) -> Result<Looked> {
    let found = survey_invitation::Entity::find_by_id(id).find_also_related(survey::Entity).one(&ctx.db()).await?;
    let found = found.and_then(|(invitation, survey)| Some((invitation, survey?)));
    let (invitation, survey) = found.ok_or(Error::not_found("surveyInvitation"))?;
    let state = if invitation.answered_at.is_some() {
        SurveyInvitationState::Answered
    } else if invitation.expires_at < ctx.now() {
        SurveyInvitationState::Expired
    } else {
        SurveyInvitationState::Open
    };
    let questions = serde_json::from_value(survey.questions.clone()).map_err(|error| Error::Bug(error.to_string()))?;
    Ok(Looked { questions, thanks: survey.thanks.clone(), invitation, survey, state })
}

/// Answers it. Errors: `NOT_FOUND`, `INVALID`, `REQUIRED`.
pub async fn answer(ctx: &Ctx, id: SurveyInvitationId, answers: Vec<AnswerInput>) -> Result<survey_answer::Model> {
    let looked = look(ctx, id).await?;
    if looked.state != SurveyInvitationState::Open {
        return Err(Error::invalid(ErrorCode::Invalid, ""));
    }
    for question in &looked.questions {
        let given = answers.iter().find(|answer| answer.question_id == question.id);
        let score = given.and_then(|given| given.score);
        if question.required && score.is_none() {
            return Err(Error::invalid(ErrorCode::Required, format!("input.answers.{}", question.id)));
        }
        if score.is_some_and(|score| !(question.min..=question.max).contains(&score)) {
            return Err(Error::invalid(ErrorCode::Invalid, "input.answers.0.score"));
        }
    }
    let (invitation, answers) = (&looked.invitation, &answers);
    ctx.write(|tx| async move {
        let comment: Vec<&str> = answers.iter().filter_map(|answer| answer.text.as_deref()).collect();
        let row = survey_answer::Model {
            survey_invitation_id: invitation.id,
            survey_id: invitation.survey_id,
            score: answers.iter().find_map(|answer| answer.score),
            answers: json!({}),
            comment: comment.join("\n"),
            occurred_at: tx.now(),
        };
        row.clone().into_active_model().reset_all().insert(&tx).await?;
        let mut changed = invitation.clone().into_active_model();
        changed.answered_at = ActiveValue::Set(Some(tx.now()));
        changed.update(&tx).await?;
        Ok(row)
    })
    .await
}

/// Whom to ask what.
#[derive(Debug, Clone)]
pub struct Invite<'a> {
    /// Code of the survey.
    pub survey_code: &'a str,
    /// After which order.
    pub order_id: Option<OrderId>,
    /// Who.
    pub customer_id: Option<CustomerId>,
    /// How.
    pub via: SurveyVia,
    /// At most one invitation per key, ever.
    pub dedupe_key: String,
    /// The run that asks.
    pub flow_run_id: Option<FlowRunId>,
    /// Language.
    pub locale: String,
}

/// Asks somebody.
pub async fn invite(tx: &Tx, invite: Invite<'_>) -> Result<Option<survey_invitation::Model>> {
    let survey = survey::Model {
        id: SurveyId(tx.new_uuid()),
        code: format!("{}-{}", invite.survey_code, invite.dedupe_key),
        name: "Recommendation (NPS)".to_owned(),
        kind: SurveyKind::Nps,
        questions: json!([
            { "id": "score", "kind": "SCORE", "text": { "en": "Would you recommend us?", "ja": "おすすめいただけますか？" },
              "required": true, "min": 0, "max": 10, "low": { "en": "Not at all", "ja": "まったく思わない" },
              "high": { "en": "Very much", "ja": "とても思う" } },
            { "id": "comment", "kind": "TEXT", "text": { "en": "Why?", "ja": "理由をお聞かせください。" }, "required": false }
        ]),
        thanks: json!({ "en": "Thank you.", "ja": "ありがとうございました。" }),
        expires_days: 30,
        active: true,
        version: 1,
        created_at: tx.now(),
        updated_at: tx.now(),
    };
    survey.clone().into_active_model().reset_all().insert(tx).await?;
    let row = survey_invitation::Model {
        id: SurveyInvitationId(tx.new_uuid()),
        survey_id: survey.id,
        survey_version: 1,
        dedupe_key: invite.dedupe_key,
        via: invite.via,
        customer_id: invite.customer_id,
        order_id: invite.order_id,
        channel_id: None,
        location_id: None,
        carrier: None,
        locale: invite.locale,
        flow_run_id: None,
        message_id: None,
        expires_at: tx.now() + chrono::TimeDelta::days(30),
        answered_at: None,
        created_at: tx.now(),
    };
    row.clone().into_active_model().reset_all().insert(tx).await?;
    Ok(Some(row))
}
