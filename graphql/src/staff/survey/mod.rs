//! Surveys: what is asked, what was answered, what it shows, and who is told at once.

pub(crate) mod input;

use async_graphql::{Context, ID, Object, SimpleObject};
use domain::Result;
use domain::survey::invite::{Asked, ask};
use domain::survey::trend::{TrendRequest, trend};
use domain::survey::{alert, invite, query, save, till};
use entity::words::SurveyTrendBy;

use crate::connection::{count, page_request};
use crate::context::ctx_of;
use crate::error::{UserError, outcome};
use crate::node::survey::{Survey, SurveyAlert, SurveyAnswer, SurveyAnswerConnection, SurveyInvitation};
use crate::node::survey_trend::SurveyFigures;
use crate::payload;
use crate::scalar::{Date, TimeZone, parse_id};
use crate::word::Word;

pub use input::{
    SurveyAlertSaveInput, SurveyAnswerAtTillInput, SurveyAnswerFilterInput, SurveyChoiceInput, SurveyInviteInput,
    SurveyQuestionInput, SurveySaveInput, SurveySwitchInput, SurveyTextInput, SurveyTrendFilterInput,
};

payload! {
    /// A survey after a change.
    pub struct SurveyPayload {
        /// The survey.
        survey: Survey,
    }
}

payload! {
    /// A rule after a change.
    pub struct SurveyAlertPayload {
        /// The rule.
        alert: SurveyAlert,
    }
}

payload! {
    /// What was answered at a till.
    pub struct SurveyAnswerAtTillPayload {
        /// When it was taken.
        answered_at: chrono::DateTime<chrono::Utc>,
    }
}

/// Somebody who is asked.
#[derive(Debug, SimpleObject)]
pub struct SurveyInvitePayload {
    /// The invitation; null when nobody was asked.
    pub invitation: Option<SurveyInvitation>,
    /// Address of the page that asks; whoever has it can answer.
    pub url: Option<String>,
    /// The secret of the link alone, for `survey` and `surveyAnswer` of the shop schema.
    pub token: Option<String>,
    /// Whether the key was used before.
    pub replayed: bool,
    /// What kept it from being made; empty when it was.
    pub errors: Vec<UserError>,
}

/// What customers say.
#[derive(Clone, Copy, Debug, Default)]
pub struct SurveyQuery;

/// What customers say.
#[Object]
impl SurveyQuery {
    /// All surveys, by code; at most 200.
    async fn surveys(&self, ctx: &Context<'_>) -> Result<Vec<Survey>> {
        Ok(query::all(ctx_of(ctx)).await?.into_iter().map(Survey).collect())
    }

    /// A survey; null when there is none.
    async fn survey(&self, ctx: &Context<'_>, #[graphql(desc = "The survey.")] id: ID) -> Result<Option<Survey>> {
        Ok(query::find(ctx_of(ctx), parse_id(&id, "id")?).await?.map(Survey))
    }

    /// What was answered, those who were asked last first.
    #[graphql(complexity = "first.or(last).unwrap_or(20).max(1) as usize * child_complexity")]
    async fn survey_answers(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.", default)] filter: SurveyAnswerFilterInput,
        #[graphql(desc = "How many from the start; 20 when nothing is said, at most 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Result<SurveyAnswerConnection> {
        let filter = filter.read()?;
        let page = query::answers(ctx_of(ctx), &filter, &page_request(first, after, last, before)?).await?;
        let state = (ctx_of(ctx).clone(), filter);
        let all = count(state, |(ctx, filter)| async move { query::count_answers(&ctx, &filter).await });
        Ok(SurveyAnswerConnection::new(page.map(SurveyAnswer), all))
    }

    /// How a survey goes, by groups of those who were asked from one day to another: weeks in their order, all of them;
    /// other groups by how many were asked. The filter says of which channels, locations, carriers and goods, so that the
    /// weeks of one store can be seen.
    #[allow(clippy::too_many_arguments, reason = "one parameter per argument of the field")]
    async fn survey_trend(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The survey.")] survey_id: ID,
        #[graphql(desc = "Asked on this day or later.")] from: Date,
        #[graphql(desc = "Asked on this day or earlier, at most 1,100 days later.")] to: Date,
        #[graphql(desc = "By what groups are told apart.")] by: Word<SurveyTrendBy>,
        #[graphql(desc = "Whose days and weeks; those of the shop's message policy when left out.")] time_zone: Option<
            TimeZone,
        >,
        #[graphql(desc = "Which of them count.", default)] filter: SurveyTrendFilterInput,
    ) -> Result<Vec<SurveyFigures>> {
        let (survey_id, zone) = (parse_id(&survey_id, "surveyId")?, time_zone.map(|zone| zone.0));
        let request = TrendRequest { survey_id, from: from.0, to: to.0, by: by.0, zone, filter: filter.read()? };
        let groups = trend(ctx_of(ctx), request).await?;
        Ok(groups.into_iter().map(|figures| SurveyFigures { figures, by: by.0 }).collect())
    }

    /// What to ask on the screen of this till after a sale that it rang up within the hour; null when there is nothing to
    /// ask, or it was answered.
    async fn survey_after_sale(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The sale.")] order_id: ID,
    ) -> Result<Option<Survey>> {
        Ok(till::after_sale(ctx_of(ctx), parse_id(&order_id, "orderId")?).await?.map(Survey))
    }
}

/// Asking customers.
#[derive(Clone, Copy, Debug, Default)]
pub struct SurveyMutation;

/// Asking customers.
#[Object]
impl SurveyMutation {
    /// Creates or changes the survey of a code. Who was asked before answers what was asked then. The permission must hold
    /// everywhere: a survey is asked at all places.
    async fn survey_save(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The survey as it should be.")] input: SurveySaveInput,
    ) -> Result<SurveyPayload> {
        SurveyPayload::of(ctx, save::save(ctx_of(ctx), input.read()).await)
    }

    /// Switches a survey on or off. One that is off asks nobody any more; who was asked may still answer. The permission
    /// must hold everywhere.
    async fn survey_switch(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: SurveySwitchInput,
    ) -> Result<SurveyPayload> {
        let switched = match parse_id(&input.survey_id, "input.surveyId") {
            Ok(id) => save::switch(ctx_of(ctx), id, input.expected_version, input.active).await,
            Err(error) => Err(error),
        };
        SurveyPayload::of(ctx, switched)
    }

    /// Creates or changes a rule by which staff are told of an answer at once, by mail and by the event
    /// `survey_alert_raised`. The permission must hold everywhere: a rule looks at the answers of all places.
    async fn survey_alert_save(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The rule as it should be.")] input: SurveyAlertSaveInput,
    ) -> Result<SurveyAlertPayload> {
        let saved = match input.read() {
            Ok(input) => alert::save(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        SurveyAlertPayload::of(ctx, saved)
    }

    /// Makes an invitation whose link you deliver.
    async fn survey_invite(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whom, and what.")] input: SurveyInviteInput,
    ) -> Result<SurveyInvitePayload> {
        let asked = match input.read(ctx) {
            Ok(input) => ask(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        let (asked, errors) = outcome(ctx, asked)?;
        Ok(invited(ctx, asked, errors))
    }

    /// Takes what a customer answered on the screen of this till, once per sale and survey. The same key gives the same
    /// answer again.
    async fn survey_answer_at_till(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The sale, and what was answered.")] input: SurveyAnswerAtTillInput,
    ) -> Result<SurveyAnswerAtTillPayload> {
        let answered = match input.read(ctx) {
            Ok(input) => till::answer_at_till(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        SurveyAnswerAtTillPayload::of(ctx, answered.map(|answer| answer.occurred_at))
    }
}

fn invited(ctx: &Context<'_>, asked: Option<Asked>, errors: Vec<UserError>) -> SurveyInvitePayload {
    let services = &ctx_of(ctx).services;
    let url = asked.as_ref().map(|asked| invite::link(services, &asked.invitation));
    let token = asked.as_ref().map(|asked| invite::link_token(services, &asked.invitation));
    let replayed = asked.as_ref().is_some_and(|asked| asked.replayed);
    SurveyInvitePayload {
        invitation: asked.map(|asked| SurveyInvitation(asked.invitation)),
        url,
        token,
        replayed,
        errors,
    }
}
