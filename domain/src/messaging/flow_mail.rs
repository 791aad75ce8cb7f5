//! TEMPORARY minimal version: the owner's replaces it. Content of what flows send, with the least of a policy.

use chrono::{DateTime, TimeDelta, Timelike, Utc};
use entity::id::{ChannelId, CustomerId, EventId, MessageId, OrderId, VariantId};
use entity::words::{ConsentChannel, ConsentPurpose, MessageClass, MessageStatus};
use entity::{channel, customer, message, message_policy};
use sea_orm::sea_query::ExprTrait;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};

use super::render::{Rendered, Seller};
use super::request::{FlowStep, Letter};
use super::template;
use crate::kernel::{Error, Result, Tx};

/// A message of a flow.
pub(crate) struct FlowMail<'a> {
    /// Which.
    pub template: &'a str,
    /// In whose name.
    pub channel_id: ChannelId,
    /// To whom.
    pub customer_id: Option<CustomerId>,
    /// About which order.
    pub order_id: Option<OrderId>,
    /// About which goods.
    pub variant_ids: Vec<VariantId>,
    /// Links and texts.
    pub extra: serde_json::Value,
    /// E-mail address.
    pub recipient: String,
    /// Language (BCP 47).
    pub locale: String,
    /// At most one message per key, ever.
    pub dedupe_key: String,
    /// The event that began it.
    pub event_id: Option<EventId>,
    /// The step.
    pub step: FlowStep,
}

/// What came of it.
pub(crate) enum FlowMailed {
    /// It waits to be sent.
    Queued(MessageId),
    /// It is kept and not sent, and why.
    Suppressed(MessageId, String),
    /// Its key was used before.
    Duplicate,
}

const NAMES: [&str; 13] = [
    "thanks",
    "shipping_news",
    "how_to_use",
    "review_request",
    "survey",
    "cross_sell",
    "win_back",
    "replenishment",
    "birthday",
    "anniversary",
    "cart_left",
    "back_in_stock",
    "engaged",
];

/// Renders and writes it.
pub(crate) async fn send(tx: &Tx, mail: FlowMail<'_>) -> Result<FlowMailed> {
    let name = NAMES.into_iter().find(|name| *name == mail.template).ok_or(Error::not_found("template"))?;
    let channel = channel::Entity::find_by_id(mail.channel_id).one(tx).await?.ok_or(Error::not_found("channel"))?;
    let seller = Seller::of(&channel);
    let text = format!("{name} {} {}", mail.variant_ids.len(), mail.extra);
    let rendered = Rendered { subject: name.to_owned(), html: text.clone(), text };
    let decision = decide(tx, &mail, template::class(name)).await?;
    let letter = Letter {
        template: name,
        order_id: mail.order_id,
        recipient: mail.recipient,
        locale: mail.locale,
        dedupe_key: mail.dedupe_key,
        customer_id: mail.customer_id,
        event_id: mail.event_id,
    };
    let mut row = super::request::row(tx, letter, &seller, rendered);
    let id = row.id;
    row.flow_id = Some(mail.step.flow_id);
    row.flow_run_id = Some(mail.step.flow_run_id);
    row.step = Some(mail.step.step);
    row.variant = mail.step.variant;
    match decision {
        Ok(at) => row.send_after = Some(at).filter(|at| *at > tx.now()),
        Err(reason) => {
            row.status = MessageStatus::Suppressed;
            row.reason = Some(reason.to_owned());
        }
    }
    let inserted = super::request::insert(tx, row).await?;
    Ok(match (inserted, decision) {
        (None, _) => FlowMailed::Duplicate,
        (Some(_), Ok(_)) => FlowMailed::Queued(id),
        (Some(_), Err(reason)) => FlowMailed::Suppressed(id, reason.to_owned()),
    })
}

/// When it may go, or why never.
async fn decide(
    tx: &Tx,
    mail: &FlowMail<'_>,
    class: MessageClass,
) -> Result<std::result::Result<DateTime<Utc>, &'static str>> {
    let now = tx.now();
    let purpose = match class {
        MessageClass::Transactional => return Ok(Ok(now)),
        MessageClass::Survey => ConsentPurpose::Survey,
        MessageClass::Marketing => ConsentPurpose::Marketing,
    };
    let Some(policy) = message_policy::Entity::find_by_id(mail.channel_id).one(tx).await? else {
        return Ok(Err("NO_WORDING"));
    };
    let Some(customer_id) = mail.customer_id else { return Ok(Err("NO_CONSENT")) };
    let consents = crate::customer::query::consents(tx, customer_id).await?;
    let agreed = |row: &entity::customer_consent::Model| {
        row.channel == ConsentChannel::Email && row.purpose == purpose && row.granted
    };
    if !consents.iter().any(agreed) {
        return Ok(Err("NO_CONSENT"));
    }
    let recent = message::Entity::find()
        .filter(message::Column::CustomerId.eq(customer_id))
        .filter(message::Column::Class.ne(MessageClass::Transactional))
        .filter(
            message::Column::Status.eq(MessageStatus::Queued).or(message::Column::Status
                .eq(MessageStatus::Sent)
                .and(message::Column::SentAt.gt(now - TimeDelta::days(policy.cap_days.into())))),
        )
        .count(tx)
        .await?;
    if recent >= u64::try_from(policy.cap_count).unwrap_or(0) {
        return Ok(Err("FREQUENCY_CAP"));
    }
    let customer = customer::Entity::find_by_id(customer_id).one(tx).await?;
    let named = customer.and_then(|row| row.time_zone).unwrap_or(policy.time_zone);
    let zone: chrono_tz::Tz = named.parse().unwrap_or(chrono_tz::Tz::UTC);
    let hour = |text: &str| text.get(..2).and_then(|hour| hour.parse::<u32>().ok()).unwrap_or(0);
    let (from, until) = (hour(&policy.quiet_from), hour(&policy.quiet_until));
    let is_quiet = |at: DateTime<Utc>| {
        let hour = at.with_timezone(&zone).hour();
        if from <= until { (from..until).contains(&hour) } else { hour >= from || hour < until }
    };
    let mut at = now;
    while is_quiet(at) {
        at += TimeDelta::minutes(1);
    }
    Ok(Ok(at))
}
