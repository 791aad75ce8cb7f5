//! Answering a survey by the link of a message.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::kernel::text::in_language;
use domain::messaging::page_links::{self, PageLink};
use domain::survey::{self, AnswerInput, Looked};
use domain::{ErrorCode, Result};
use entity::id::SurveyInvitationId;
use entity::words::{SurveyInvitationState, SurveyKind};

use crate::context::ctx_of;
use crate::error::{UserError, outcome};
use crate::node::product::locale_of;
use crate::node::survey_question::SurveyQuestion;
use crate::scalar::Locale;
use crate::word::Word;

/// The answer to one question.
#[derive(Clone, Debug, InputObject)]
pub struct SurveyAnswerInput {
    /// Name of the question.
    pub question_id: String,
    /// For a score.
    pub score: Option<i32>,
    /// Names of what is chosen: one for a choice, any for several.
    #[graphql(default)]
    pub choices: Vec<String>,
    /// For a text, at most 2,000 characters.
    pub text: Option<String>,
}

pub(crate) fn answers(inputs: Vec<SurveyAnswerInput>) -> Vec<AnswerInput> {
    let one = |input: SurveyAnswerInput| AnswerInput {
        question_id: input.question_id,
        score: input.score,
        choices: input.choices,
        text: input.text,
    };
    inputs.into_iter().map(one).collect()
}

/// All answers to an invitation.
#[derive(Clone, Debug, InputObject)]
pub struct SurveyAnswerGiveInput {
    /// The secret of the link.
    pub token: String,
    /// One for each question that must be answered, at most 20.
    pub answers: Vec<SurveyAnswerInput>,
}

/// What became of an answer.
#[derive(Debug, SimpleObject)]
pub struct SurveyAnswerPayload {
    /// The invitation after the answer; null when it was refused.
    pub survey: Option<SurveyVisit>,
    /// What kept it from being taken; empty when it was.
    pub errors: Vec<UserError>,
}

/// An invitation as the one who is asked sees it.
#[derive(Clone, Debug)]
pub struct SurveyVisit(pub Looked);

/// An invitation as the one who is asked sees it.
#[Object]
impl SurveyVisit {
    /// What it measures.
    async fn kind(&self) -> Word<SurveyKind> {
        Word(self.0.survey.kind)
    }

    /// Where it stands; only an open one can be answered.
    async fn state(&self) -> Word<SurveyInvitationState> {
        Word(self.0.state)
    }

    /// In which language it was sent.
    async fn locale(&self) -> Locale {
        Locale(self.0.invitation.locale.clone())
    }

    /// What is asked, as it was when the invitation was made.
    async fn questions(&self) -> Vec<SurveyQuestion> {
        self.0.questions.iter().cloned().map(SurveyQuestion).collect()
    }

    /// What to say after the answer, in the reader's language.
    async fn thanks(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The language; the request's own when left out.")] locale: Option<Locale>,
    ) -> String {
        in_language(&self.0.thanks, &locale_of(ctx, locale))
    }

    /// Until when it can be answered.
    async fn expires_at(&self) -> DateTime<Utc> {
        self.0.invitation.expires_at
    }

    /// When it was answered; null while it is not.
    async fn answered_at(&self) -> Option<DateTime<Utc>> {
        self.0.invitation.answered_at
    }
}

/// Answering a survey.
#[derive(Clone, Copy, Debug, Default)]
pub struct SurveyQuery;

/// Answering a survey.
#[Object]
impl SurveyQuery {
    /// What the link of a survey asks; null for a link that is wrong or too old.
    async fn survey(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The secret of the link.")] token: String,
    ) -> Result<Option<SurveyVisit>> {
        match looked(ctx, &token).await {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Answering a survey.
#[derive(Clone, Copy, Debug, Default)]
pub struct SurveyMutation;

/// Answering a survey.
#[Object]
impl SurveyMutation {
    /// Answers the survey of a link, once. A second answer is refused by `ALREADY_ANSWERED`.
    async fn survey_answer(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The link, and what to say.")] input: SurveyAnswerGiveInput,
    ) -> Result<SurveyAnswerPayload> {
        let (survey, errors) = outcome(ctx, answered(ctx, input).await)?;
        Ok(SurveyAnswerPayload { survey, errors })
    }
}

fn invitation(ctx: &Context<'_>, token: &str) -> Result<SurveyInvitationId> {
    page_links::open(ctx_of(ctx), PageLink::Survey, token).map(SurveyInvitationId)
}

async fn looked(ctx: &Context<'_>, token: &str) -> Result<SurveyVisit> {
    Ok(SurveyVisit(survey::look(ctx_of(ctx), invitation(ctx, token)?).await?))
}

async fn answered(ctx: &Context<'_>, input: SurveyAnswerGiveInput) -> Result<SurveyVisit> {
    survey::answer(ctx_of(ctx), invitation(ctx, &input.token)?, answers(input.answers)).await?;
    looked(ctx, &input.token).await
}
