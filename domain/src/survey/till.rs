//! What the screen of a till asks after a sale.

use chrono::TimeDelta;
use entity::id::{OrderId, SurveyId, SurveyInvitationId};
use entity::words::SurveyVia;
use entity::{order, survey, survey_answer, survey_invitation};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};
use serde::Serialize;

use super::answer::{AnswerInput, record};
use super::check::fitting;
use super::invite::{Invite, insert};
use super::question;
use crate::kernel::actor::Till;
use crate::kernel::idempotency::{self, Claim};
use crate::kernel::{Ctx, Error, ErrorCode, Result};

/// For so long after a sale its buyer is asked at the till.
const WHILE_THERE: TimeDelta = TimeDelta::hours(1);

fn till(ctx: &Ctx) -> Result<Till> {
    ctx.actor.till().ok_or(Error::Unauthenticated)
}

fn dedupe_key(survey: SurveyId, order: OrderId) -> String {
    format!("till:{survey}:{order}")
}

/// A sale that this very till rang up within the hour. Error: `NOT_FOUND`.
async fn sale(db: &impl ConnectionTrait, ctx: &Ctx, till: Till, id: OrderId) -> Result<order::Model> {
    let found = order::Entity::find_by_id(id).filter(order::Column::RegisterId.eq(till.register_id)).one(db).await?;
    let there = |order: &order::Model| order.placed_at.is_some_and(|at| ctx.now() - at <= WHILE_THERE);
    found.filter(there).ok_or(Error::not_found("order"))
}

/// What to ask after a sale of this till, within the hour: the first survey by code that tills ask. `None` when there is
/// none, or when it was answered. Errors: `UNAUTHENTICATED` without a till, `NOT_FOUND` for another order.
pub async fn after_sale(ctx: &Ctx, order_id: OrderId) -> Result<Option<survey::Model>> {
    let (till, db) = (till(ctx)?, ctx.db());
    sale(&db, ctx, till, order_id).await?;
    let Some(survey) = asked_at_tills(&db, None).await? else { return Ok(None) };
    let asked = survey_invitation::Entity::find()
        .filter(survey_invitation::Column::DedupeKey.eq(dedupe_key(survey.id, order_id)))
        .count(&db)
        .await?;
    Ok((asked == 0).then_some(survey))
}

async fn asked_at_tills(db: &impl ConnectionTrait, id: Option<SurveyId>) -> Result<Option<survey::Model>> {
    let mut query = survey::Entity::find()
        .filter(survey::Column::AtTill.eq(true))
        .filter(survey::Column::Active.eq(true))
        .order_by_asc(survey::Column::Code);
    if let Some(id) = id {
        query = query.filter(survey::Column::Id.eq(id));
    }
    Ok(query.one(db).await?)
}

/// What a customer answered on the screen of a till.
#[derive(Debug, Clone, Serialize)]
pub struct AnswerAtTill {
    /// The sale of this till.
    pub order_id: OrderId,
    /// What was asked.
    pub survey_id: SurveyId,
    /// What was answered.
    pub answers: Vec<AnswerInput>,
    /// Client's key.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// Answers a survey on the screen of the till that rang up the sale: invitation and answer are written together. A key that
/// was used before gives its answer again, also when the hour is over: the till may not have heard it.
/// Errors: `UNAUTHENTICATED` without a till, `NOT_FOUND`, `ALREADY_ANSWERED`, `REQUIRED`, `INVALID`, `TOO_MANY`,
/// `IDEMPOTENCY_KEY_REUSED`, and those of texts.
pub async fn answer_at_till(ctx: &Ctx, input: AnswerAtTill) -> Result<survey_answer::Model> {
    let till = till(ctx)?;
    let key = idempotency::checked_key(&input.idempotency_key)?;
    let hash = idempotency::request_hash(&input)?;
    let (input, key, hash) = (&input, key.as_str(), hash.as_str());
    ctx.write(|tx| async move {
        let id = SurveyInvitationId(tx.new_uuid());
        if let Claim::Replayed(id) = idempotency::claim(&tx, "surveyAnswerAtTill", key, hash, id.uuid()).await? {
            let answer = survey_answer::Entity::find_by_id(SurveyInvitationId(id)).one(&tx).await?;
            return answer.ok_or(Error::not_found("surveyInvitation"));
        }
        let order = sale(&tx, tx.ctx(), till, input.order_id).await?;
        let survey = asked_at_tills(&tx, Some(input.survey_id)).await?.ok_or(Error::not_found("survey"))?;
        let fitting = fitting(&question::read(&survey.questions)?, &input.answers)?;
        let invite = Invite {
            survey_code: &survey.code,
            order_id: Some(order.id),
            customer_id: None,
            via: SurveyVia::Till,
            dedupe_key: dedupe_key(survey.id, order.id),
            flow_run_id: None,
            locale: order.locale,
        };
        let invitation = insert(&tx, id, &survey, invite).await?;
        let invitation = invitation.ok_or(Error::invalid(ErrorCode::AlreadyAnswered, ""))?;
        record(&tx, &invitation, fitting).await
    })
    .await
}
