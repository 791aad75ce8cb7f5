//! What becomes of messages after they left: news of providers, delivery status mails and complaints.
//!
//! News come in any order, twice, and about messages of others. Each is recorded once, by its name at the provider or by
//! what it says; what follows from it, a suppressed address or a withdrawn consent, is the same however often it comes.

pub mod mime;
pub mod report;
pub mod shapes;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::id::{MessageEventId, MessageId};
use entity::words::{ConsentPurpose, MessageChannel, MessageEventKind, SuppressionReason, SuppressionScope};
use entity::{message, message_event};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
};
use serde::Serialize;

use super::consent;
use super::suppression::{self, NewSuppression};
use crate::kernel::{Ctx, Error, ErrorCode, Result, Tx};

/// Most news of one delivery.
pub const MOST: usize = 500;
/// Longest code or other detail, in characters.
const DETAIL: usize = 100;

/// What happened to a message, in no provider's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Happened {
    /// It arrived.
    Delivered,
    /// It is not delivered yet, and is tried again.
    Deferred,
    /// It will not be delivered; `dead` when nobody is at the address.
    Bounced {
        /// Whether the address itself is the reason.
        dead: bool,
    },
    /// The recipient called it spam.
    Complained,
    /// The recipient wants no more of them.
    Unsubscribed,
}

/// One piece of news.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct News {
    /// By which channel the message went.
    pub channel: MessageChannel,
    /// Its Message-ID, with or without angle brackets.
    pub message_id: Option<String>,
    /// Its name at the provider.
    pub provider_id: Option<String>,
    /// The address, for a message that cannot be told.
    pub recipient: Option<String>,
    /// What happened.
    pub happened: Happened,
    /// A status code such as `5.1.1`; never an address.
    pub code: Option<String>,
    /// The name of the news at the provider.
    pub event_id: Option<String>,
    /// When, as the provider says; now when it does not.
    pub occurred_at: Option<DateTime<Utc>>,
}

/// What became of a delivery.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Received {
    /// News in it.
    pub received: usize,
    /// News that were new.
    pub recorded: usize,
    /// News that were known.
    pub known: usize,
    /// News about messages that are not ours.
    pub unknown: usize,
}

/// Records the news of a provider, all or none. Error: `TOO_MANY`.
pub async fn receive(ctx: &Ctx, provider: &str, news: &[News]) -> Result<Received> {
    if news.len() > MOST {
        return Err(Error::invalid_with(ErrorCode::TooMany, "events", vec![("max", MOST.to_string())]));
    }
    ctx.write(|tx| async move {
        let messages = messages_of(&tx, news).await?;
        let mut done = Received { received: news.len(), ..Received::default() };
        for one in news {
            let message = find(&messages, one);
            match message {
                Some(message) if take(&tx, provider, message, one).await? => done.recorded += 1,
                Some(_) => done.known += 1,
                None if stop_stranger(&tx, one).await? => done.recorded += 1,
                None => done.unknown += 1,
            }
        }
        Ok(done)
    })
    .await
}

/// The messages that news speak of, in one statement.
async fn messages_of(tx: &Tx, news: &[News]) -> Result<Vec<message::Model>> {
    let ids: Vec<String> = news.iter().flat_map(message_ids).collect();
    let names: Vec<&str> = news.iter().filter_map(|one| one.provider_id.as_deref()).collect();
    if ids.is_empty() && names.is_empty() {
        return Ok(Vec::new());
    }
    let wanted =
        Condition::any().add(message::Column::MessageId.is_in(ids)).add(message::Column::ProviderId.is_in(names));
    Ok(message::Entity::find().filter(wanted).all(tx).await?)
}

/// The Message-IDs under which a message may be meant. Some providers keep ours and call it their own name of the message.
fn message_ids(news: &News) -> impl Iterator<Item = String> {
    let theirs = news.provider_id.as_deref().filter(|name| name.contains('@'));
    news.message_id.as_deref().into_iter().chain(theirs).map(bracketed)
}

fn bracketed(id: &str) -> String {
    format!("<{}>", id.trim().trim_start_matches('<').trim_end_matches('>'))
}

fn find<'a>(messages: &'a [message::Model], news: &News) -> Option<&'a message::Model> {
    let by_id = message_ids(news).find_map(|id| messages.iter().find(|message| message.message_id == id));
    by_id.or_else(|| {
        let name = news.provider_id.as_ref()?;
        messages.iter().find(|message| message.provider_id.as_ref() == Some(name))
    })
}

/// Records one piece of news of a message and does what follows from it; `false` when it is known.
async fn take(tx: &Tx, provider: &str, message: &message::Model, news: &News) -> Result<bool> {
    let event = message_event::Model {
        id: MessageEventId(tx.new_uuid()),
        message_id: message.id,
        kind: match news.happened {
            Happened::Delivered => MessageEventKind::Delivered,
            Happened::Deferred => MessageEventKind::Deferred,
            Happened::Bounced { .. } => MessageEventKind::Bounced,
            Happened::Complained => MessageEventKind::Complained,
            Happened::Unsubscribed => MessageEventKind::Unsubscribed,
        },
        detail: news.code.as_deref().map(plain).filter(|code| !code.is_empty()),
        by_machine: false,
        provider_event_id: Some(name(provider, message, news)),
        // A clock that runs ahead elsewhere is no reason for events of tomorrow.
        occurred_at: news.occurred_at.map_or(tx.now(), |at| Ord::min(at, tx.now())),
    };
    let code = event.detail.clone();
    if !note(tx, event).await? {
        return Ok(false);
    }
    match news.happened {
        Happened::Bounced { dead: true } => {
            let reason = SuppressionReason::Bounce;
            stop(tx, message, SuppressionScope::All, reason, code).await?;
        }
        Happened::Complained => {
            consent::withdraw_all(tx, message, "complaint", ConsentPurpose::ALL).await?;
            let reason = SuppressionReason::Complaint;
            stop(tx, message, SuppressionScope::Marketing, reason, code).await?;
        }
        Happened::Unsubscribed => {
            consent::withdraw(tx, message, "provider").await?;
        }
        Happened::Delivered | Happened::Deferred | Happened::Bounced { dead: false } => {}
    }
    Ok(true)
}

async fn stop(
    tx: &Tx,
    message: &message::Model,
    scope: SuppressionScope,
    reason: SuppressionReason,
    note: Option<String>,
) -> Result<bool> {
    // The address is wiped of messages to people who were erased.
    if message.recipient.is_empty() {
        return Ok(false);
    }
    let (channel, address, message_id) = (message.channel, message.recipient.as_str(), Some(message.id));
    suppression::add(tx, NewSuppression { channel, address, scope, reason, message_id, note }).await
}

/// An address of which a provider says that nobody is there is stopped even when the message cannot be told. Reports that
/// come as mails name none, because anybody can write them: see [`report`].
async fn stop_stranger(tx: &Tx, news: &News) -> Result<bool> {
    let (scope, reason) = match news.happened {
        Happened::Bounced { dead: true } => (SuppressionScope::All, SuppressionReason::Bounce),
        Happened::Complained => (SuppressionScope::Marketing, SuppressionReason::Complaint),
        Happened::Delivered | Happened::Deferred | Happened::Bounced { dead: false } | Happened::Unsubscribed => {
            return Ok(false);
        }
    };
    let Some(address) = news.recipient.as_deref().filter(|address| !address.trim().is_empty()) else {
        return Ok(false);
    };
    let note = news.code.as_deref().map(plain).filter(|code| !code.is_empty());
    suppression::add(tx, NewSuppression { channel: news.channel, address, scope, reason, message_id: None, note }).await
}

/// What of a code may be kept: its first word, such as `5.1.1` or `HardBounce`, and no word that could be an address.
fn plain(code: &str) -> String {
    let word = code.split_whitespace().next().unwrap_or_default();
    let is_code = word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':'));
    if is_code { word.chars().take(DETAIL).collect() } else { String::new() }
}

/// The name under which news are recorded once: the provider's, or what they say.
fn name(provider: &str, message: &message::Model, news: &News) -> String {
    let kind = match news.happened {
        Happened::Delivered => "delivered",
        Happened::Deferred => "deferred",
        Happened::Bounced { .. } => "bounced",
        Happened::Complained => "complained",
        Happened::Unsubscribed => "unsubscribed",
    };
    match &news.event_id {
        // One name may stand over several recipients, or over several things that happened.
        Some(id) => format!("{provider}:{kind}:{}:{}", message.id, id.chars().take(200).collect::<String>()),
        None => {
            let at = news.occurred_at.map(|at| at.timestamp()).unwrap_or_default();
            format!("{provider}:{kind}:{}:{}:{at}", message.id, news.code.as_deref().map(plain).unwrap_or_default())
        }
    }
}

/// Writes what was learned of a message; `false` when that is known.
pub(crate) async fn note(tx: &Tx, event: message_event::Model) -> Result<bool> {
    let inserted = message_event::Entity::insert(event.into_active_model().reset_all())
        .on_conflict(OnConflict::column(message_event::Column::ProviderEventId).do_nothing().to_owned())
        .exec_without_returning(tx)
        .await?;
    Ok(inserted == 1)
}

/// What was learned of messages, oldest first, by message. For callers that have checked who may see them.
pub async fn of_messages(
    db: &impl ConnectionTrait,
    ids: &[MessageId],
) -> Result<HashMap<MessageId, Vec<message_event::Model>>> {
    let rows = message_event::Entity::find()
        .filter(message_event::Column::MessageId.is_in(ids.iter().copied()))
        .order_by_asc(message_event::Column::OccurredAt)
        .order_by_asc(message_event::Column::Id)
        .all(db)
        .await?;
    let mut found: HashMap<MessageId, Vec<message_event::Model>> = HashMap::new();
    for row in rows {
        found.entry(row.message_id).or_default().push(row);
    }
    Ok(found)
}

/// Whether an enhanced status code proves that nobody is at the recipient's address (RFC 3463 §3.2; RFC 7505 for 5.1.10):
/// no such mailbox, no such domain, no address at all, moved away. Codes that leave it open do not: "other" (5.1.0) and
/// "ambiguous" (5.1.4), a mailbox that takes nothing just now (5.2.1) or is full (5.2.2), the sender's address (5.1.7,
/// 5.1.8), content and policy (5.6, 5.7).
#[must_use]
pub fn is_of_dead_address(code: &str) -> bool {
    matches!(code.trim(), "5.1.1" | "5.1.2" | "5.1.3" | "5.1.6" | "5.1.10")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_the_address_are_told_from_those_of_the_mail() {
        for dead in ["5.1.1", " 5.1.2 ", "5.1.3", "5.1.6", "5.1.10"] {
            assert!(is_of_dead_address(dead), "{dead}");
        }
        for other in
            ["5.1.0", "5.1.4", "5.2.1", "5.7.1", "5.7.26", "5.2.2", "5.1.8", "5.6.0", "4.1.1", "5.1.11", "", "nonsense"]
        {
            assert!(!is_of_dead_address(other), "{other}");
        }
    }

    #[test]
    fn no_address_stays_in_a_detail() {
        assert_eq!(plain("5.1.1 <hanako@example.jp> unknown"), "5.1.1");
        assert_eq!(plain("hanako@example.jp unknown"), "");
        assert_eq!(plain(&"x".repeat(1_000)).len(), DETAIL);
        assert_eq!(plain("\r\n"), "");
    }
}
