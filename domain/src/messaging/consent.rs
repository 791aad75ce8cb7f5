//! Ending what somebody agreed to, from a message: by the button of a mail program, by the page behind its link, or by
//! a complaint.

use entity::customer_consent::{Entity, Model};
use entity::id::{CustomerConsentId, CustomerId, MessageEventId, MessageId};
use entity::words::{ConsentChannel, ConsentPurpose, MessageEventKind, SuppressionReason, SuppressionScope};
use entity::{customer, message, message_event, message_policy};
use sea_orm::{ActiveModelTrait, ConnectionTrait, EntityTrait, IntoActiveModel};
use serde_json::json;

use super::feedback::note;
use super::policy::{consent_channel, purpose};
use super::suppression::{self, NewSuppression};
use crate::customer::query::consents;
use crate::kernel::event::NewEvent;
use crate::kernel::{Ctx, Error, Result, Tx};

/// The version of the wording of a "no" where no policy names one.
const NO_WORDING: &str = "-";

/// What somebody hears of by a channel, as a page of preferences shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preferences {
    /// The channel of the message the page belongs to.
    pub channel: ConsentChannel,
    /// What each purpose stands at; `false` without a "yes", and always for guests.
    pub purposes: Vec<(ConsentPurpose, bool)>,
    /// Whether there is an account behind the message, so that a "yes" can be kept.
    pub is_customer: bool,
    /// The language of the message.
    pub locale: String,
    /// The wording that a "yes" agrees to, by language; empty when the channel has none.
    pub wording: serde_json::Value,
}

/// Ends what the recipient of a message agreed to: what the message was sent for, and both for one that needed nothing.
/// A guest has agreed to nothing; their address gets nothing more that would need it. `false` when nothing changed.
pub(crate) async fn withdraw(tx: &Tx, message: &message::Model, source: &str) -> Result<bool> {
    let purposes: Vec<ConsentPurpose> = match purpose(message.class) {
        Some(purpose) => vec![purpose],
        None => ConsentPurpose::ALL.to_vec(),
    };
    withdraw_all(tx, message, source, &purposes).await
}

/// The same for chosen purposes.
pub(crate) async fn withdraw_all(
    tx: &Tx,
    message: &message::Model,
    source: &str,
    purposes: &[ConsentPurpose],
) -> Result<bool> {
    let changes: Vec<_> = purposes.iter().map(|purpose| (*purpose, false)).collect();
    let changed = record(tx, message, source, &changes).await?;
    let stopped = match message.customer_id {
        Some(_) => false,
        None => stop_address(tx, message, SuppressionReason::Unsubscribe).await?,
    };
    Ok(changed || stopped)
}

/// Stops what needs consent to the address of a message.
pub(crate) async fn stop_address(tx: &Tx, message: &message::Model, reason: SuppressionReason) -> Result<bool> {
    let stop = NewSuppression {
        channel: message.channel,
        address: &message.recipient,
        scope: SuppressionScope::Marketing,
        reason,
        message_id: Some(message.id),
        note: None,
    };
    suppression::add(tx, stop).await
}

/// One click ends such messages (RFC 8058): the button of a mail program, which sends no cookie and shows no page.
/// Doing it again changes nothing. Error: `NOT_FOUND`.
pub async fn unsubscribe(ctx: &Ctx, id: MessageId, source: &str) -> Result<()> {
    ctx.write(|tx| async move {
        let message = get(&tx, id).await?;
        withdraw(&tx, &message, source).await?;
        note_unsubscribed(&tx, &message).await
    })
    .await
}

/// What the recipient of a message hears of. Error: `NOT_FOUND`.
pub async fn preferences(ctx: &Ctx, id: MessageId) -> Result<Preferences> {
    let db = ctx.db();
    let message = get(&db, id).await?;
    let channel = consent_channel(message.channel).ok_or(Error::not_found("message"))?;
    let customer_id = person(&db, &message).await?;
    let current = match customer_id {
        Some(id) => current(&db, id, channel).await?,
        None => Vec::new(),
    };
    let granted =
        |purpose: &ConsentPurpose| current.iter().find(|row| row.purpose == *purpose).is_some_and(|row| row.granted);
    let policy = policy(&db, &message).await?;
    Ok(Preferences {
        channel,
        purposes: ConsentPurpose::ALL.iter().map(|purpose| (*purpose, granted(purpose))).collect(),
        is_customer: customer_id.is_some(),
        locale: message.locale,
        wording: policy.map_or_else(|| json!({}), |policy| policy.consent_wording),
    })
}

/// Sets what the recipient of a message hears of; purposes that are not named stay. Who holds the link of a message
/// acts for its recipient in this and in nothing else. A "yes" of a guest is not kept: there is no account to keep it
/// in. Error: `NOT_FOUND`.
pub async fn set_preferences(ctx: &Ctx, id: MessageId, changes: &[(ConsentPurpose, bool)], source: &str) -> Result<()> {
    ctx.write(|tx| async move {
        let message = get(&tx, id).await?;
        let changed = record(&tx, &message, source, changes).await?;
        let ends = changes.iter().any(|(_, granted)| !granted);
        if message.customer_id.is_none() && ends {
            stop_address(&tx, &message, SuppressionReason::Unsubscribe).await?;
        }
        if ends && (changed || message.customer_id.is_none()) { note_unsubscribed(&tx, &message).await } else { Ok(()) }
    })
    .await
}

async fn get(db: &impl ConnectionTrait, id: MessageId) -> Result<message::Model> {
    message::Entity::find_by_id(id).one(db).await?.ok_or(Error::not_found("message"))
}

async fn note_unsubscribed(tx: &Tx, message: &message::Model) -> Result<()> {
    let event = message_event::Model {
        id: MessageEventId(tx.new_uuid()),
        message_id: message.id,
        kind: MessageEventKind::Unsubscribed,
        detail: None,
        by_machine: false,
        provider_event_id: Some(format!("unsubscribed:{}", message.id)),
        occurred_at: tx.now(),
    };
    note(tx, event).await.map(|_| ())
}

/// Writes what differs from what holds, as `customer_consents_set` does for the one who is signed in.
async fn record(tx: &Tx, message: &message::Model, source: &str, changes: &[(ConsentPurpose, bool)]) -> Result<bool> {
    let (Some(channel), Some(customer_id)) = (consent_channel(message.channel), person(tx, message).await?) else {
        return Ok(false);
    };
    let current = current(tx, customer_id, channel).await?;
    let version = policy(tx, message).await?.map_or_else(|| NO_WORDING.to_owned(), |policy| policy.wording_version);
    let stands = |purpose: ConsentPurpose| current.iter().find(|row| row.purpose == purpose).map(|row| row.granted);
    let mut rows = Vec::new();
    for (purpose, granted) in changes {
        if stands(*purpose) == Some(*granted) {
            continue;
        }
        rows.push(Model {
            id: CustomerConsentId(tx.new_uuid()),
            customer_id,
            channel,
            purpose: *purpose,
            granted: *granted,
            source: source.to_owned(),
            text_version: version.clone(),
            recorded_at: tx.now(),
        });
    }
    if rows.is_empty() {
        return Ok(false);
    }
    let list: Vec<_> = rows
        .iter()
        .map(|row| json!({ "channel": row.channel, "purpose": row.purpose, "granted": row.granted }))
        .collect();
    let event = NewEvent::new("customer_consents_set", "customer", customer_id.uuid()).customer(Some(customer_id));
    tx.event(event.payload(json!({ "consents": list, "message_id": message.id })));
    let rows = rows.into_iter().map(|row| row.into_active_model().reset_all());
    Entity::insert_many(rows).exec_without_returning(tx).await?;
    Ok(true)
}

/// What holds of a channel, a row per purpose at most.
async fn current(db: &impl ConnectionTrait, id: CustomerId, channel: ConsentChannel) -> Result<Vec<Model>> {
    let mut rows = consents(db, id).await?;
    rows.retain(|row| row.channel == channel);
    Ok(rows)
}

/// Whose consent it is: the record into which the recipient's was merged.
async fn person(db: &impl ConnectionTrait, message: &message::Model) -> Result<Option<CustomerId>> {
    let Some(id) = message.customer_id else { return Ok(None) };
    let row = customer::Entity::find_by_id(id).one(db).await?;
    Ok(row.map(|row| row.merged_into_id.unwrap_or(row.id)))
}

async fn policy(db: &impl ConnectionTrait, message: &message::Model) -> Result<Option<message_policy::Model>> {
    match message.channel_id {
        Some(id) => Ok(message_policy::Entity::find_by_id(id).one(db).await?),
        None => Ok(None),
    }
}
