//! Asking one person once.

use chrono::{DateTime, TimeDelta, Utc};
use entity::id::{ChannelId, CustomerId, FlowRunId, LocationId, MessageId, OrderId, SurveyInvitationId};
use entity::survey_invitation::{self, Column, Entity};
use entity::words::{PickupStatus, SurveyVia};
use entity::{customer, fulfillment_order, fulfillment_order_line, order, pickup, shipment, shipment_line, survey};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, JoinType, QueryFilter, QueryOrder,
    QuerySelect, RelationTrait,
};
use serde::Serialize;
use serde_json::json;

use super::{query, ready_made};
use crate::kernel::ctx::Services;
use crate::kernel::event::NewEvent;
use crate::kernel::idempotency::{self, Claim};
use crate::kernel::{Ctx, Error, ErrorCode, Permission, Result, Tx, language};
use crate::messaging::page_links::{self, PageLink};
use crate::messaging::policy;
use crate::order as orders;

/// Whom to ask what.
#[derive(Debug, Clone)]
pub struct Invite<'a> {
    /// Code of the survey.
    pub survey_code: &'a str,
    /// After which order; what is known of it goes into the invitation.
    pub order_id: Option<OrderId>,
    /// Who; the buyer of the order when `None`.
    pub customer_id: Option<CustomerId>,
    /// How.
    pub via: SurveyVia,
    /// At most one invitation per key, ever.
    pub dedupe_key: String,
    /// The run that asks.
    pub flow_run_id: Option<FlowRunId>,
    /// Language (BCP 47).
    pub locale: String,
}

/// What is known of an order when somebody is asked about it.
#[derive(Debug, Clone, Default)]
struct Facts {
    customer_id: Option<CustomerId>,
    channel_id: Option<ChannelId>,
    location_id: Option<LocationId>,
    carrier: Option<String>,
}

/// Asks somebody, inside the transaction that wants it. `None`: the survey is off or not there, the key asked before, or the
/// order is a marketplace's, whose customers are not written to. Seven statements at most; two more the first time a
/// ready-made survey is used.
pub async fn invite(tx: &Tx, invite: Invite<'_>) -> Result<Option<survey_invitation::Model>> {
    let Some(survey) = wanted(tx, invite.survey_code).await?.filter(|survey| survey.active) else { return Ok(None) };
    if let Some(order) = invite.order_id
        && !policy::writes_about(tx, order).await?
    {
        return Ok(None);
    }
    let id = SurveyInvitationId(tx.new_uuid());
    insert(tx, id, &survey, invite).await
}

/// The survey of a code. A ready-made one is planted when it is first asked for.
async fn wanted(tx: &Tx, code: &str) -> Result<Option<survey::Model>> {
    let found = query::by_code(tx, code).await?;
    let ready = ready_made::KINDS.iter().any(|kind| ready_made::code(*kind) == Some(code));
    if found.is_some() || !ready {
        return Ok(found);
    }
    ready_made::plant_missing(tx).await?;
    query::by_code(tx, code).await
}

pub(super) async fn insert(
    tx: &Tx,
    id: SurveyInvitationId,
    survey: &survey::Model,
    invite: Invite<'_>,
) -> Result<Option<survey_invitation::Model>> {
    let facts = match invite.order_id {
        Some(order) => facts(tx, order).await?,
        None => Facts::default(),
    };
    let row = survey_invitation::Model {
        id,
        survey_id: survey.id,
        survey_version: survey.version,
        dedupe_key: invite.dedupe_key,
        via: invite.via,
        customer_id: invite.customer_id.or(facts.customer_id),
        order_id: invite.order_id,
        channel_id: facts.channel_id,
        location_id: facts.location_id,
        carrier: facts.carrier,
        locale: invite.locale,
        flow_run_id: invite.flow_run_id,
        message_id: None,
        // Whole seconds, as the link has them.
        expires_at: whole_seconds(tx.now() + TimeDelta::days(i64::from(survey.expires_days))),
        answered_at: None,
        created_at: tx.now(),
    };
    let inserted = Entity::insert(row.clone().into_active_model().reset_all())
        .on_conflict(OnConflict::column(Column::DedupeKey).do_nothing().to_owned())
        .exec_without_returning(tx)
        .await?;
    if inserted == 0 {
        return Ok(None);
    }
    let event = NewEvent::new("survey_invited", "survey_invitation", row.id.uuid()).customer(row.customer_id);
    tx.event(event.payload(json!({ "survey": survey.code, "order_id": row.order_id, "via": row.via })));
    Ok(Some(row))
}

fn whole_seconds(at: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp(at.timestamp(), 0).unwrap_or(at)
}

/// Error: `NOT_FOUND`.
async fn facts(tx: &Tx, id: OrderId) -> Result<Facts> {
    let order = orders::query::by_id(tx, id).await?.ok_or(Error::not_found("order"))?;
    let location_id = match order.location_id {
        Some(store) => Some(store),
        None => collected_at(tx, id).await?,
    };
    Ok(Facts {
        customer_id: order.customer_id,
        channel_id: Some(order.channel_id),
        location_id,
        carrier: brought_by(tx, id).await?,
    })
}

/// Where the customer collected last.
async fn collected_at(db: &impl ConnectionTrait, id: OrderId) -> Result<Option<LocationId>> {
    let last = pickup::Entity::find()
        .filter(pickup::Column::OrderId.eq(id))
        .filter(pickup::Column::Status.eq(PickupStatus::Collected))
        .order_by_desc(pickup::Column::CollectedAt)
        .one(db)
        .await?;
    Ok(last.map(|pickup| pickup.location_id))
}

/// Who carried the parcel that was sent last.
async fn brought_by(db: &impl ConnectionTrait, id: OrderId) -> Result<Option<String>> {
    let last = shipment::Entity::find()
        .join(JoinType::InnerJoin, shipment_line::Relation::Shipment.def().rev())
        .join(JoinType::InnerJoin, shipment_line::Relation::FulfillmentOrderLine.def())
        .join(JoinType::InnerJoin, fulfillment_order_line::Relation::FulfillmentOrder.def())
        .filter(fulfillment_order::Column::OrderId.eq(id))
        .filter(shipment::Column::ShippedAt.is_not_null())
        .filter(shipment::Column::VoidedAt.is_null())
        .order_by_desc(shipment::Column::ShippedAt)
        .limit(1)
        .one(db)
        .await?;
    Ok(last.map(|parcel| parcel.carrier.to_string()))
}

/// For so long after its day an invitation's link still says that the survey is over.
const AFTERWARDS: TimeDelta = TimeDelta::days(30);

/// Until when the link opens: longer than it can be answered, so that who comes late is told why they cannot.
fn link_until(invitation: &survey_invitation::Model) -> DateTime<Utc> {
    invitation.expires_at + AFTERWARDS
}

/// The address of the page that asks.
#[must_use]
pub fn link(services: &Services, invitation: &survey_invitation::Model) -> String {
    page_links::url(services, PageLink::Survey, invitation.id.uuid(), link_until(invitation))
}

/// The secret of [`link`] alone.
#[must_use]
pub fn link_token(services: &Services, invitation: &survey_invitation::Model) -> String {
    page_links::token(&services.secrets, PageLink::Survey, invitation.id.uuid(), link_until(invitation))
}

/// Notes the message by which an invitation went.
pub async fn sent(tx: &Tx, id: SurveyInvitationId, message_id: MessageId) -> Result<()> {
    let update = Entity::update_many().col_expr(Column::MessageId, Expr::value(message_id)).filter(Column::Id.eq(id));
    update.exec(tx).await?;
    Ok(())
}

/// Whom an integration or a page of the merchant's own asks.
#[derive(Debug, Clone, Serialize)]
pub struct AskCustomer {
    /// Code of the survey.
    pub survey_code: String,
    /// After which order.
    pub order_id: Option<OrderId>,
    /// Who; the buyer of the order when `None`.
    pub customer_id: Option<CustomerId>,
    /// `PAGE` or `API`: mails go by flows, tills ask on their own.
    pub via: SurveyVia,
    /// Language; the order's or customer's own when `None`.
    pub locale: Option<String>,
    /// Client's key.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// An invitation with its link.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The invitation.
    pub invitation: survey_invitation::Model,
    /// Whether an earlier call with this key made it.
    pub replayed: bool,
}

/// Makes an invitation whose link somebody else delivers. Errors: `UNAUTHENTICATED`, `FORBIDDEN` also without an order for
/// who may at some places only, `NOT_FOUND` also for a survey that is off and for a customer who did not place the order,
/// `REQUIRED` when nobody is named, `INVALID` for another way and for an order of a marketplace, `INVALID_LOCALE`,
/// `IDEMPOTENCY_KEY_REUSED`.
pub async fn ask(ctx: &Ctx, input: AskCustomer) -> Result<Asked> {
    ctx.require(Permission::SurveysWrite)?;
    let key = idempotency::checked_key(&input.idempotency_key)?;
    if !matches!(input.via, SurveyVia::Page | SurveyVia::Api) {
        return Err(Error::invalid(ErrorCode::Invalid, "input.via"));
    }
    if input.locale.as_deref().is_some_and(|locale| !language::is_locale(locale)) {
        return Err(Error::invalid(ErrorCode::InvalidLocale, "input.locale"));
    }
    if input.order_id.is_none() && input.customer_id.is_none() {
        return Err(Error::invalid(ErrorCode::Required, "input.orderId"));
    }
    if input.order_id.is_none() {
        // People belong to no place; an order does, see `locale_of`.
        ctx.require_everywhere(Permission::SurveysWrite)?;
    }
    let hash = idempotency::request_hash(&input)?;
    let (input, key, hash) = (&input, key.as_str(), hash.as_str());
    ctx.write(|tx| async move {
        let id = SurveyInvitationId(tx.new_uuid());
        if let Claim::Replayed(id) = idempotency::claim(&tx, "surveyInvite", key, hash, id.uuid()).await? {
            let invitation = Entity::find_by_id(SurveyInvitationId(id)).one(&tx).await?;
            let missing = Error::not_found("surveyInvitation");
            return invitation.map(|invitation| Asked { invitation, replayed: true }).ok_or(missing);
        }
        let locale = locale_of(&tx, input).await?;
        if let Some(order) = input.order_id
            && !policy::writes_about(&tx, order).await?
        {
            return Err(Error::invalid(ErrorCode::Invalid, "input.orderId"));
        }
        let survey = wanted(&tx, &input.survey_code).await?.filter(|survey| survey.active);
        let survey = survey.ok_or(Error::not_found("survey"))?;
        let invite = Invite {
            survey_code: &input.survey_code,
            order_id: input.order_id,
            customer_id: input.customer_id,
            via: input.via,
            dedupe_key: format!("asked:{}", id.uuid()),
            flow_run_id: None,
            locale,
        };
        let invitation = insert(&tx, id, &survey, invite).await?;
        let invitation = invitation.ok_or_else(|| Error::Bug("a fresh key asked before".to_owned()))?;
        Ok(Asked { invitation, replayed: false })
    })
    .await
}

/// The language to ask in, of people within reach. Error: `NOT_FOUND` for an order or customer that is not, and for a
/// customer who did not place the order: nobody answers in another one's name.
async fn locale_of(tx: &Tx, input: &AskCustomer) -> Result<String> {
    let mut asked = None;
    if let Some(id) = input.order_id {
        let reach = orders::access::permitted(tx.ctx(), Permission::SurveysWrite)?;
        let found = order::Entity::find_by_id(id).filter(reach).one(tx).await?;
        asked = Some(found.ok_or(Error::not_found("order"))?);
    }
    let mut locale = asked.as_ref().map(|order| order.locale.clone());
    if let Some(id) = input.customer_id {
        if asked.is_some_and(|order| order.customer_id != Some(id)) {
            return Err(Error::not_found("customer"));
        }
        let found = customer::Entity::find_by_id(id).filter(customer::Column::ErasedAt.is_null()).one(tx).await?;
        locale = locale.or(Some(found.ok_or(Error::not_found("customer"))?.locale));
    }
    Ok(input.locale.clone().or(locale).unwrap_or_else(|| "en".to_owned()))
}
