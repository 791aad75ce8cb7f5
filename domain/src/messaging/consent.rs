//! Ending what somebody agreed to, from a message: by the button of a mail program, by the page behind its link, or by
//! a complaint.

use entity::customer_consent::{Entity, Model};
use entity::id::{ChannelId, CustomerConsentId, CustomerId, MessageEventId, MessageId};
use entity::words::{ConsentChannel, ConsentPurpose, MessageEventKind, SuppressionReason, SuppressionScope};
use entity::{customer, message, message_event, message_policy};
use sea_orm::sea_query::LockType;
use sea_orm::{ActiveModelTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QuerySelect};
use serde_json::json;

use super::feedback::note;
use super::policy::{consent_channel, purpose};
use super::suppression::{self, NewSuppression};
use crate::customer::query::{by_id, consents};
use crate::kernel::event::NewEvent;
use crate::kernel::{Ctx, Error, Result, Tx};

/// The version of the wording of a "no" where no policy names one.
const NO_WORDING: &str = "-";

/// One thing that somebody hears of, or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice {
    /// By which channel.
    pub channel: ConsentChannel,
    /// For what.
    pub purpose: ConsentPurpose,
    /// Whether they hear of it; `false` without a "yes", and always for guests.
    pub granted: bool,
}

/// What somebody hears of, as a page of preferences shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preferences {
    /// Every purpose of the channel of the message, and what a customer agreed to on other channels, channel by channel.
    pub choices: Vec<Choice>,
    /// Whether there is an account behind the message, so that a "yes" can be kept.
    pub is_customer: bool,
    /// The language of the message.
    pub locale: String,
    /// In whose name the message went.
    pub channel_id: Option<ChannelId>,
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
    let ended = |channel| purposes.iter().map(move |purpose| Choice { channel, purpose: *purpose, granted: false });
    let changes: Vec<Choice> = consent_channel(message.channel).into_iter().flat_map(ended).collect();
    let changed = !record(tx, message, source, &changes).await?.is_empty();
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
    let customer_id = person(&db, &message).await?;
    let choices = choices(&db, &message, customer_id).await?;
    let policy = policy(&db, &message).await?;
    Ok(Preferences {
        choices,
        is_customer: customer_id.is_some(),
        locale: message.locale,
        channel_id: message.channel_id,
        wording: policy.map_or_else(|| json!({}), |policy| policy.consent_wording),
    })
}

/// Sets what the recipient of a message hears of; what is not named stays. Who holds the link of a message acts for its
/// recipient in this and in nothing else: they read what went to one address, so a "yes" counts for the message's own
/// channel alone, a "no" for all. A "yes" of a guest is not kept: there is no account to keep it in; their "no" stops the
/// address. Error: `NOT_FOUND`.
pub async fn set_preferences(ctx: &Ctx, id: MessageId, changes: &[Choice], source: &str) -> Result<()> {
    ctx.write(|tx| async move {
        let message = get(&tx, id).await?;
        let own = consent_channel(message.channel);
        let may = |choice: &Choice| !choice.granted || Some(choice.channel) == own;
        let changes: Vec<Choice> = changes.iter().copied().filter(may).collect();
        set(&tx, &message, &changes, source).await
    })
    .await
}

/// Ends everything that needs consent: by the channel of the message, and what its recipient agreed to on others. Error:
/// `NOT_FOUND`.
pub async fn end_all(ctx: &Ctx, id: MessageId, source: &str) -> Result<()> {
    ctx.write(|tx| async move {
        let message = get(&tx, id).await?;
        let customer_id = person(&tx, &message).await?;
        let mut all = choices(&tx, &message, customer_id).await?;
        for choice in &mut all {
            choice.granted = false;
        }
        set(&tx, &message, &all, source).await
    })
    .await
}

async fn set(tx: &Tx, message: &message::Model, changes: &[Choice], source: &str) -> Result<()> {
    let own = consent_channel(message.channel).ok_or(Error::not_found("message"))?;
    let ends = |choices: &[Choice]| choices.iter().any(|choice| choice.channel == own && !choice.granted);
    let written = record(tx, message, source, changes).await?;
    let stops = message.customer_id.is_none() && ends(changes);
    if stops {
        stop_address(tx, message, SuppressionReason::Unsubscribe).await?;
    }
    // What ends elsewhere was not ended by this message's kind.
    if stops || ends(&written) { note_unsubscribed(tx, message).await } else { Ok(()) }
}

/// What the recipient of a message may say by its link: on its own channel yes or no to everything, on others no to what they
/// agreed to. Error: `NOT_FOUND` for a message to a system.
async fn choices(
    db: &impl ConnectionTrait,
    message: &message::Model,
    customer_id: Option<CustomerId>,
) -> Result<Vec<Choice>> {
    let own = consent_channel(message.channel).ok_or(Error::not_found("message"))?;
    let stands = match customer_id {
        Some(id) => consents(db, id).await?,
        None => Vec::new(),
    };
    let granted = |channel: ConsentChannel, purpose: ConsentPurpose| {
        stands.iter().any(|row| row.channel == channel && row.purpose == purpose && row.granted)
    };
    let mut choices = Vec::new();
    for channel in ConsentChannel::ALL.iter().copied() {
        for purpose in ConsentPurpose::ALL.iter().copied() {
            let choice = Choice { channel, purpose, granted: granted(channel, purpose) };
            if channel == own || choice.granted {
                choices.push(choice);
            }
        }
    }
    Ok(choices)
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

/// Writes what differs from what holds, as `customer_consents_set` does for the one who is signed in; what was written.
async fn record(tx: &Tx, message: &message::Model, source: &str, changes: &[Choice]) -> Result<Vec<Choice>> {
    let Some(customer_id) = person(tx, message).await? else { return Ok(Vec::new()) };
    // Of two clicks at once one writes.
    customer::Entity::find_by_id(customer_id).lock(LockType::Update).one(tx).await?;
    let current = consents(tx, customer_id).await?;
    let version = policy(tx, message).await?.map_or_else(|| NO_WORDING.to_owned(), |policy| policy.wording_version);
    let stands = |choice: &Choice| {
        let same = |row: &&Model| row.channel == choice.channel && row.purpose == choice.purpose;
        current.iter().find(same).map(|row| row.granted)
    };
    let written: Vec<Choice> =
        changes.iter().copied().filter(|choice| stands(choice) != Some(choice.granted)).collect();
    if written.is_empty() {
        return Ok(written);
    }
    let row = |choice: &Choice| Model {
        id: CustomerConsentId(tx.new_uuid()),
        customer_id,
        channel: choice.channel,
        purpose: choice.purpose,
        granted: choice.granted,
        source: source.to_owned(),
        text_version: version.clone(),
        recorded_at: tx.now(),
    };
    let told =
        |choice: &Choice| json!({ "channel": choice.channel, "purpose": choice.purpose, "granted": choice.granted });
    let list: Vec<_> = written.iter().map(told).collect();
    let event = NewEvent::new("customer_consents_set", "customer", customer_id.uuid()).customer(Some(customer_id));
    tx.event(event.payload(json!({ "consents": list, "message_id": message.id })));
    let rows: Vec<_> = written.iter().map(|choice| row(choice).into_active_model().reset_all()).collect();
    Entity::insert_many(rows).exec_without_returning(tx).await?;
    Ok(written)
}

/// Whose consent it is: the record into which the recipient's was merged. Nobody's for one that was erased.
async fn person(db: &impl ConnectionTrait, message: &message::Model) -> Result<Option<CustomerId>> {
    let Some(id) = message.customer_id else { return Ok(None) };
    let row = by_id(db, id).await?.filter(|row| row.erased_at.is_none());
    Ok(row.map(|row| row.id))
}

async fn policy(db: &impl ConnectionTrait, message: &message::Model) -> Result<Option<message_policy::Model>> {
    match message.channel_id {
        Some(id) => Ok(message_policy::Entity::find_by_id(id).one(db).await?),
        None => Ok(None),
    }
}
