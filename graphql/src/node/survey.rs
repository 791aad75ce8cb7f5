//! Surveys, invitations, answers and alerts.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use async_graphql::{Context, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::survey::question;
use domain::survey::{answer, query};
use domain::{Error, Result};
use entity::id::{SurveyAlertId, SurveyId, SurveyInvitationId};
use entity::words::{SurveyInvitationState, SurveyKind, SurveyVia};
use entity::{survey, survey_alert, survey_alert_hit, survey_answer, survey_invitation};
use serde_json::Value;

use super::channel::Channel;
use super::location::Location;
use super::order::Order;
use super::survey_question::{SurveyQuestion, SurveyText, texts};
use crate::context::ctx_of;
use crate::loader::{self, Rows};
use crate::scalar::{Locale, id};
use crate::word::Word;

/// A survey.
#[derive(Clone, Debug)]
pub struct Survey(pub survey::Model);

impl From<survey::Model> for Survey {
    fn from(row: survey::Model) -> Self {
        Self(row)
    }
}

/// Questions, asked after a purchase.
#[Object]
impl Survey {
    /// Id.
    async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// Name that never changes.
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// Name for staff.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What it measures.
    async fn kind(&self) -> Word<SurveyKind> {
        Word(self.0.kind)
    }

    /// What it asks.
    async fn questions(&self) -> Result<Vec<SurveyQuestion>> {
        Ok(question::read(&self.0.questions)?.into_iter().map(SurveyQuestion).collect())
    }

    /// What is said after the answer, in every language it has.
    async fn thanks(&self) -> Vec<SurveyText> {
        texts(&self.0.thanks)
    }

    /// Days in which an invitation can be answered.
    async fn expires_days(&self) -> i32 {
        self.0.expires_days
    }

    /// Whether tills ask it after a sale.
    async fn at_till(&self) -> bool {
        self.0.at_till
    }

    /// Whether it is asked.
    async fn active(&self) -> bool {
        self.0.active
    }

    /// The rules by which staff are told of an answer; empty for a till.
    async fn alerts(&self, ctx: &Context<'_>) -> Result<Vec<SurveyAlert>> {
        if ctx_of(ctx).require(domain::Permission::SurveysRead).is_err() {
            return Ok(Vec::new());
        }
        let found = loader::load(ctx, AlertsOf(self.0.id)).await?.unwrap_or_default();
        Ok(found.into_iter().map(SurveyAlert).collect())
    }

    /// Grows with each change; see `expectedVersion`.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// When created.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When last changed.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }
}

/// A rule by which staff are told of an answer.
#[derive(Clone, Debug)]
pub struct SurveyAlert(pub survey_alert::Model);

impl From<survey_alert::Model> for SurveyAlert {
    fn from(row: survey_alert::Model) -> Self {
        Self(row)
    }
}

fn list(all: &Value) -> Vec<String> {
    all.as_array().into_iter().flatten().filter_map(|text| text.as_str().map(str::to_owned)).collect()
}

/// A rule by which staff are told of an answer at once.
#[Object]
impl SurveyAlert {
    /// Id.
    async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// Id of its survey.
    async fn survey_id(&self) -> ID {
        id(self.0.survey_id)
    }

    /// Name for staff.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Holds for scores up to this one; null when it asks for no score.
    async fn max_score(&self) -> Option<i32> {
        self.0.max_score
    }

    /// Holds when any of these is written.
    async fn words(&self) -> Vec<String> {
        list(&self.0.words)
    }

    /// Who is told, by e-mail.
    async fn recipients(&self) -> Vec<String> {
        list(&self.0.recipients)
    }

    /// Whether it holds.
    async fn active(&self) -> bool {
        self.0.active
    }

    /// Grows with each change; see `expectedVersion`.
    async fn version(&self) -> i32 {
        self.0.version
    }
}

/// One person asked once.
#[derive(Clone, Debug)]
pub struct SurveyInvitation(pub survey_invitation::Model);

impl From<survey_invitation::Model> for SurveyInvitation {
    fn from(row: survey_invitation::Model) -> Self {
        Self(row)
    }
}

/// One person asked once, with what is known of the purchase.
#[Object]
impl SurveyInvitation {
    /// Id.
    async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// How it reached its person.
    async fn via(&self) -> Word<SurveyVia> {
        Word(self.0.via)
    }

    /// Where it stands.
    async fn state(&self, ctx: &Context<'_>) -> Word<SurveyInvitationState> {
        Word(answer::state(&self.0, ctx_of(ctx).now()))
    }

    /// Id of the customer; null of a guest.
    async fn customer_id(&self) -> Option<ID> {
        self.0.customer_id.map(id)
    }

    /// Id of the order; null without one.
    async fn order_id(&self) -> Option<ID> {
        self.0.order_id.map(id)
    }

    /// The order; null without one, and for those who may not read it.
    async fn order(&self, ctx: &Context<'_>) -> Result<Option<Order>> {
        match self.0.order_id {
            Some(id) if ctx_of(ctx).require(domain::Permission::OrdersRead).is_ok() => {
                Ok(loader::load(ctx, id).await?.map(Order))
            }
            Some(_) | None => Ok(None),
        }
    }

    /// Channel of the order.
    async fn channel(&self, ctx: &Context<'_>) -> Result<Option<Channel>> {
        match self.0.channel_id {
            Some(id) => loader::load(ctx, id).await,
            None => Ok(None),
        }
    }

    /// Where it was bought or collected; null of what was sent.
    async fn location(&self, ctx: &Context<'_>) -> Result<Option<Location>> {
        match self.0.location_id {
            Some(id) => loader::load(ctx, id).await,
            None => Ok(None),
        }
    }

    /// Who carried the last parcel, such as `YAMATO`; null without one.
    async fn carrier(&self) -> Option<&str> {
        self.0.carrier.as_deref()
    }

    /// In which language it asks.
    async fn locale(&self) -> Locale {
        Locale(self.0.locale.clone())
    }

    /// Which version of the survey it asks.
    async fn survey_version(&self) -> i32 {
        self.0.survey_version
    }

    /// Id of the message by which it went; null when it went otherwise.
    async fn message_id(&self) -> Option<ID> {
        self.0.message_id.map(id)
    }

    /// Until when it can be answered.
    async fn expires_at(&self) -> DateTime<Utc> {
        self.0.expires_at
    }

    /// When it was answered; null while it is not.
    async fn answered_at(&self) -> Option<DateTime<Utc>> {
        self.0.answered_at
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }
}

/// What somebody answered to one question.
#[derive(Clone, Debug, SimpleObject)]
pub struct SurveyValue {
    /// Name of the question.
    pub question_id: String,
    /// The score; null of other kinds.
    pub score: Option<i32>,
    /// Names of what was chosen.
    pub choices: Vec<String>,
    /// In words; null of other kinds, and after its author was erased.
    pub text: Option<String>,
}

/// What somebody said.
#[derive(Clone, Debug)]
pub struct SurveyAnswer(pub survey_answer::Model);

impl From<survey_answer::Model> for SurveyAnswer {
    fn from(row: survey_answer::Model) -> Self {
        Self(row)
    }
}

crate::connection!(SurveyAnswerConnection, SurveyAnswerEdge, SurveyAnswer, "answers");

/// What somebody said; one per invitation.
#[Object]
impl SurveyAnswer {
    /// The invitation that was answered.
    async fn invitation(&self, ctx: &Context<'_>) -> Result<Option<SurveyInvitation>> {
        loader::load(ctx, self.0.survey_invitation_id).await
    }

    /// The survey as it is now.
    async fn survey(&self, ctx: &Context<'_>) -> Result<Option<Survey>> {
        loader::load(ctx, self.0.survey_id).await
    }

    /// The answer to the question that is measured; null of a survey without one.
    async fn score(&self) -> Option<i32> {
        self.0.score
    }

    /// All answers, by question.
    async fn values(&self) -> Vec<SurveyValue> {
        let facts = self.0.answers.as_object().into_iter().flatten();
        let words = self.0.texts.as_object().into_iter().flatten();
        let fact = |(question, value): (&String, &Value)| SurveyValue {
            question_id: question.clone(),
            score: value.as_i64().and_then(|score| i32::try_from(score).ok()),
            choices: list(value),
            text: None,
        };
        let text = |(question, value): (&String, &Value)| SurveyValue {
            question_id: question.clone(),
            score: None,
            choices: Vec::new(),
            text: value.as_str().map(str::to_owned),
        };
        facts.map(fact).chain(words.map(text)).collect()
    }

    /// All that was said in words; empty when nothing was, and after its author was erased. Plain text: show it as such.
    async fn comment(&self) -> &str {
        &self.0.comment
    }

    /// The rules by which staff were told of it; empty when none held.
    async fn alerts(&self, ctx: &Context<'_>) -> Result<Vec<SurveyAlert>> {
        let hits = loader::load(ctx, HitsOf(self.0.survey_invitation_id)).await?.unwrap_or_default();
        let rules = loader::load_many(ctx, hits.iter().map(|hit| hit.survey_alert_id)).await?;
        Ok(hits.iter().filter_map(|hit| rules.get(&hit.survey_alert_id).cloned()).collect())
    }

    /// When.
    async fn answered_at(&self) -> DateTime<Utc> {
        self.0.occurred_at
    }
}

/// The rules of a survey.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AlertsOf(pub SurveyId);

/// By which rules staff were told of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HitsOf(pub SurveyInvitationId);

impl Loader<AlertsOf> for Rows {
    type Value = Vec<survey_alert::Model>;
    type Error = Error;

    async fn load(&self, keys: &[AlertsOf]) -> Result<HashMap<AlertsOf, Self::Value>> {
        let ids: Vec<SurveyId> = keys.iter().map(|key| key.0).collect();
        let mut found: HashMap<AlertsOf, Self::Value> = HashMap::new();
        for row in query::alerts_of(&self.ctx.db(), &ids).await? {
            found.entry(AlertsOf(row.survey_id)).or_default().push(row);
        }
        Ok(found)
    }
}

impl Loader<HitsOf> for Rows {
    type Value = Vec<survey_alert_hit::Model>;
    type Error = Error;

    async fn load(&self, keys: &[HitsOf]) -> Result<HashMap<HitsOf, Self::Value>> {
        let ids: Vec<SurveyInvitationId> = keys.iter().map(|key| key.0).collect();
        let mut found: HashMap<HitsOf, Self::Value> = HashMap::new();
        for row in query::hits_of(&self.ctx.db(), &ids).await? {
            found.entry(HitsOf(row.survey_invitation_id)).or_default().push(row);
        }
        Ok(found)
    }
}

impl Loader<SurveyAlertId> for Rows {
    type Value = SurveyAlert;
    type Error = Error;

    async fn load(&self, keys: &[SurveyAlertId]) -> Result<HashMap<SurveyAlertId, SurveyAlert>> {
        let found = query::alerts_by_ids(&self.ctx.db(), keys).await?;
        Ok(found.into_iter().map(|row| (row.id, SurveyAlert(row))).collect())
    }
}

impl Loader<SurveyId> for Rows {
    type Value = Survey;
    type Error = Error;

    async fn load(&self, keys: &[SurveyId]) -> Result<HashMap<SurveyId, Survey>> {
        let found = query::by_ids(&self.ctx.db(), keys).await?;
        Ok(found.into_iter().map(|row| (row.id, Survey(row))).collect())
    }
}

impl Loader<SurveyInvitationId> for Rows {
    type Value = SurveyInvitation;
    type Error = Error;

    async fn load(&self, keys: &[SurveyInvitationId]) -> Result<HashMap<SurveyInvitationId, SurveyInvitation>> {
        let found = query::invitations_by_ids(&self.ctx.db(), keys).await?;
        Ok(found.into_iter().map(|row| (row.id, SurveyInvitation(row))).collect())
    }
}
