//! Reads of surveys, invitations, answers and alerts.

use chrono::{DateTime, Utc};
use entity::id::{ChannelId, LocationId, OrderId, SurveyAlertId, SurveyId, SurveyInvitationId};
use entity::{survey, survey_alert, survey_alert_hit, survey_answer, survey_invitation};
use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, Select};

use crate::kernel::paging::{Cursor, Page, PageRequest, newest_first};
use crate::kernel::{Ctx, Permission, Result, Scope};

/// Which answers are wanted; empty fields ask for nothing.
#[derive(Clone, Debug, Default)]
pub struct AnswerFilter {
    /// To this survey.
    pub survey_id: Option<SurveyId>,
    /// About this order.
    pub order_id: Option<OrderId>,
    /// Of orders of these channels.
    pub channel_ids: Vec<ChannelId>,
    /// Of what was bought or collected at these places.
    pub location_ids: Vec<LocationId>,
    /// With this score or more.
    pub min_score: Option<i32>,
    /// With this score or less.
    pub max_score: Option<i32>,
    /// Of which staff were told, or not.
    pub alerted: Option<bool>,
    /// With something in words, or without.
    pub has_comment: Option<bool>,
    /// Given at or after.
    pub answered_from: Option<DateTime<Utc>>,
    /// Given before.
    pub answered_before: Option<DateTime<Utc>>,
}

/// A survey; `None` when there is none.
pub async fn by_id(db: &impl ConnectionTrait, id: SurveyId) -> Result<Option<survey::Model>> {
    Ok(survey::Entity::find_by_id(id).one(db).await?)
}

/// A survey by its code; `None` when there is none.
pub async fn by_code(db: &impl ConnectionTrait, code: &str) -> Result<Option<survey::Model>> {
    Ok(survey::Entity::find().filter(survey::Column::Code.eq(code)).one(db).await?)
}

/// Surveys by id.
pub async fn by_ids(db: &impl ConnectionTrait, ids: &[SurveyId]) -> Result<Vec<survey::Model>> {
    Ok(survey::Entity::find().filter(survey::Column::Id.is_in(ids.iter().copied())).all(db).await?)
}

/// All surveys, by code; at most 200. Errors: `UNAUTHENTICATED`, `FORBIDDEN`.
pub async fn all(ctx: &Ctx) -> Result<Vec<survey::Model>> {
    ctx.require(Permission::SurveysRead)?;
    Ok(survey::Entity::find().order_by_asc(survey::Column::Code).all(&ctx.db()).await?)
}

/// A survey for staff; `None` when there is none. Errors: `UNAUTHENTICATED`, `FORBIDDEN`.
pub async fn find(ctx: &Ctx, id: SurveyId) -> Result<Option<survey::Model>> {
    ctx.require(Permission::SurveysRead)?;
    by_id(&ctx.db(), id).await
}

/// Invitations within a scope: of its channels, at its places.
pub(super) fn within(scope: &Scope) -> Condition {
    use survey_invitation::Column as I;
    scope.rows(|ids| I::ChannelId.is_in(ids), |ids| I::LocationId.is_in(ids))
}

fn filtered(scope: &Scope, filter: &AnswerFilter) -> Select<survey_answer::Entity> {
    use survey_answer::Column as A;
    use survey_invitation::Column as I;
    let mut all = within(scope);
    all = all
        .add_option(filter.survey_id.map(|id| A::SurveyId.eq(id)))
        .add_option(filter.order_id.map(|id| I::OrderId.eq(id)))
        .add_option(filter.min_score.map(|score| A::Score.gte(score)))
        .add_option(filter.max_score.map(|score| A::Score.lte(score)))
        .add_option(filter.has_comment.map(|has| if has { A::Comment.ne("") } else { A::Comment.eq("") }))
        .add_option(filter.answered_from.map(|at| A::OccurredAt.gte(at)))
        .add_option(filter.answered_before.map(|at| A::OccurredAt.lt(at)));
    if !filter.channel_ids.is_empty() {
        all = all.add(I::ChannelId.is_in(filter.channel_ids.iter().copied()));
    }
    if !filter.location_ids.is_empty() {
        all = all.add(I::LocationId.is_in(filter.location_ids.iter().copied()));
    }
    if let Some(alerted) = filter.alerted {
        let told = Query::select()
            .column(survey_alert_hit::Column::SurveyInvitationId)
            .from(survey_alert_hit::Entity)
            .to_owned();
        let column = A::SurveyInvitationId;
        all = all.add(if alerted { column.in_subquery(told) } else { column.not_in_subquery(told) });
    }
    survey_answer::Entity::find().inner_join(survey_invitation::Entity).filter(all)
}

/// Answers to people who were asked within reach, those who were asked last first. Errors: `UNAUTHENTICATED`, `FORBIDDEN`.
pub async fn answers(ctx: &Ctx, filter: &AnswerFilter, request: &PageRequest) -> Result<Page<survey_answer::Model>> {
    let scope = ctx.require(Permission::SurveysRead)?;
    let query = filtered(&scope, filter);
    let rows = newest_first(query, survey_answer::Column::SurveyInvitationId, request).all(&ctx.db()).await?;
    Ok(Page::from_rows(request, rows, |row| Cursor::of(row.survey_invitation_id.uuid())))
}

/// How many [`answers`] has in all.
pub async fn count_answers(ctx: &Ctx, filter: &AnswerFilter) -> Result<u64> {
    let scope = ctx.require(Permission::SurveysRead)?;
    Ok(filtered(&scope, filter).count(&ctx.db()).await?)
}

/// Invitations by id, whoever asks.
pub async fn invitations_by_ids(
    db: &impl ConnectionTrait,
    ids: &[SurveyInvitationId],
) -> Result<Vec<survey_invitation::Model>> {
    let found = survey_invitation::Entity::find();
    Ok(found.filter(survey_invitation::Column::Id.is_in(ids.iter().copied())).all(db).await?)
}

/// The rules of surveys, oldest first.
pub async fn alerts_of(db: &impl ConnectionTrait, surveys: &[SurveyId]) -> Result<Vec<survey_alert::Model>> {
    let found = survey_alert::Entity::find().filter(survey_alert::Column::SurveyId.is_in(surveys.iter().copied()));
    Ok(found.order_by_asc(survey_alert::Column::Id).all(db).await?)
}

/// Rules by id.
pub async fn alerts_by_ids(db: &impl ConnectionTrait, ids: &[SurveyAlertId]) -> Result<Vec<survey_alert::Model>> {
    let found = survey_alert::Entity::find().filter(survey_alert::Column::Id.is_in(ids.iter().copied()));
    Ok(found.all(db).await?)
}

/// By which rules staff were told of answers.
pub async fn hits_of(
    db: &impl ConnectionTrait,
    invitations: &[SurveyInvitationId],
) -> Result<Vec<survey_alert_hit::Model>> {
    let found = survey_alert_hit::Entity::find()
        .filter(survey_alert_hit::Column::SurveyInvitationId.is_in(invitations.iter().copied()));
    Ok(found.order_by_asc(survey_alert_hit::Column::SurveyAlertId).all(db).await?)
}
