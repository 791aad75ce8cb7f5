//! TEMPORARY minimal version: the owner's replaces it. Invitations to surveys.

use chrono::TimeDelta;
use entity::id::{CustomerId, FlowRunId, OrderId, SurveyInvitationId};
use entity::words::SurveyVia;
use entity::{order, survey, survey_invitation};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};

use crate::kernel::{Result, Tx};

/// Whom to ask what.
pub(crate) struct Invite<'a> {
    /// Which survey.
    pub survey_code: &'a str,
    /// About which order.
    pub order_id: Option<OrderId>,
    /// Whom.
    pub customer_id: Option<CustomerId>,
    /// How.
    pub via: SurveyVia,
    /// At most one invitation per key.
    pub dedupe_key: String,
    /// The run that asks.
    pub flow_run_id: Option<FlowRunId>,
    /// Language (BCP 47).
    pub locale: String,
}

/// Makes an invitation. `None`: asked before, or inactive.
pub(crate) async fn invite(tx: &Tx, invite: Invite<'_>) -> Result<Option<survey_invitation::Model>> {
    let found = survey::Entity::find().filter(survey::Column::Code.eq(invite.survey_code)).one(tx).await?;
    let Some(found) = found.filter(|survey| survey.active) else { return Ok(None) };
    let known = survey_invitation::Entity::find()
        .filter(survey_invitation::Column::DedupeKey.eq(invite.dedupe_key.as_str()))
        .one(tx)
        .await?;
    if known.is_some() {
        return Ok(None);
    }
    let order = match invite.order_id {
        Some(id) => order::Entity::find_by_id(id).one(tx).await?,
        None => None,
    };
    let row = survey_invitation::Model {
        id: SurveyInvitationId(tx.new_uuid()),
        survey_id: found.id,
        survey_version: found.version,
        dedupe_key: invite.dedupe_key,
        via: invite.via,
        customer_id: invite.customer_id,
        order_id: invite.order_id,
        channel_id: order.map(|order| order.channel_id),
        location_id: None,
        carrier: None,
        locale: invite.locale,
        flow_run_id: invite.flow_run_id,
        message_id: None,
        expires_at: tx.now() + TimeDelta::days(found.expires_days.into()),
        answered_at: None,
        created_at: tx.now(),
    };
    survey_invitation::Entity::insert(row.clone().into_active_model().reset_all()).exec_without_returning(tx).await?;
    Ok(Some(row))
}

/// The address of the page that asks.
pub(crate) fn link(services: &crate::kernel::ctx::Services, row: &survey_invitation::Model) -> String {
    crate::messaging::page_links::url(services, crate::messaging::PageLink::Survey, row.id.uuid(), row.expires_at)
}

/// Notes the message by which an invitation went.
pub(crate) async fn sent(tx: &Tx, id: SurveyInvitationId, message_id: entity::id::MessageId) -> Result<()> {
    survey_invitation::Entity::update_many()
        .col_expr(survey_invitation::Column::MessageId, sea_orm::sea_query::Expr::value(message_id))
        .filter(survey_invitation::Column::Id.eq(id))
        .exec(tx)
        .await?;
    Ok(())
}
