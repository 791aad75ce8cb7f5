//! The job that sends one message: at least once, with the same Message-ID on every try.

use chrono::{DateTime, TimeDelta, Utc};
use entity::id::MessageId;
use entity::words::{MessageChannel, MessageStatus, SuppressionReason, SuppressionScope};
use entity::{channel_brand, message};
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use tokio::sync::Mutex;

use super::inline;
use super::policy::{self, Decision, Moment};
use super::render::one_line;
use super::request::mail_domain;
use super::suppression::{self, NewSuppression};
use super::template::{FAREWELL, is_secret};
use super::transport::{MessageTransport, OutgoingMail, SendError};
use crate::kernel::{Ctx, Result};

/// From handing a mail over until it is marked as sent, a process sends nothing else: when it is killed in between, one
/// mail at most goes out again.
static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());
/// The same among webhooks: a merchant's system that takes its time holds up no receipt.
static ONE_WEBHOOK_AT_A_TIME: Mutex<()> = Mutex::const_new(());

/// How a try ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sending {
    /// It was sent, now or before, or is not to be sent.
    Settled,
    /// It must not leave before then; that was no try.
    Later(DateTime<Utc>),
    /// It may work later; holds the reason.
    Again(String),
    /// It will never work, and the message says so; holds the reason.
    GivenUp(String),
}

/// What is different of a message after a try.
#[derive(Debug, Default)]
struct Outcome<'a> {
    status: Option<MessageStatus>,
    error: Option<&'a str>,
    reason: Option<&'a str>,
    send_after: Option<DateTime<Utc>>,
    provider_id: Option<String>,
    /// Whether the provider was asked.
    tried: bool,
    /// Whether nobody is at the address.
    dead_address: bool,
}

/// When a message whose try failed for the `attempts`-th time is tried again: after 1 min, 5 min, 30 min, 2 h, then
/// every 6 h. With twelve tries that is almost two days, in which a mail server comes back or does not.
#[must_use]
pub fn back_off(attempts: i32) -> TimeDelta {
    match attempts {
        ..=1 => TimeDelta::minutes(1),
        2 => TimeDelta::minutes(5),
        3 => TimeDelta::minutes(30),
        4 => TimeDelta::hours(2),
        _ => TimeDelta::hours(6),
    }
}

/// Sends a message that waits, when policy still lets it go: consent may have been withdrawn since it was asked for. On
/// the last try a temporary failure is final, too.
///
/// The network is called outside of any transaction: a process that dies between sending and marking leaves a message
/// that goes out again, and the recipient's server can tell the copy by its Message-ID.
pub async fn send(ctx: &Ctx, transport: &dyn MessageTransport, id: MessageId, last_try: bool) -> Result<Sending> {
    let Some(message) = message::Entity::find_by_id(id).one(&ctx.db()).await? else {
        return Ok(Sending::Settled);
    };
    match message.status {
        MessageStatus::Queued => {}
        MessageStatus::Sent | MessageStatus::Failed | MessageStatus::Suppressed => return Ok(Sending::Settled),
    }
    let mail = outgoing(ctx, &message).await?;
    // Decided in turn, too: of two messages that one more is allowed of, the second sees the first.
    let turn = turn_of(message.channel).lock().await;
    if let Some(kept) = keep_back(ctx, &message).await? {
        return Ok(kept);
    }
    let answer = transport.send_named(&mail).await;
    if let Ok(name) = &answer {
        let (status, provider_id) = (Some(MessageStatus::Sent), name.clone());
        settle(ctx, &message, &Outcome { status, provider_id, tried: true, ..Outcome::default() }).await?;
    }
    drop(turn);
    match answer {
        Ok(_) => Ok(Sending::Settled),
        Err(SendError::Temporary(reason)) if !last_try => {
            settle(ctx, &message, &Outcome { error: Some(&reason), tried: true, ..Outcome::default() }).await?;
            Ok(Sending::Again(reason))
        }
        Err(error) => {
            let dead_address = matches!(error, SendError::DeadAddress(_));
            let reason = error.to_string();
            let (status, error) = (Some(MessageStatus::Failed), Some(reason.as_str()));
            settle(ctx, &message, &Outcome { status, error, tried: true, dead_address, ..Outcome::default() }).await?;
            Ok(Sending::GivenUp(reason))
        }
    }
}

/// Whose turn a message waits for. What goes to people waits together, because all of it counts for one cap.
const fn turn_of(channel: MessageChannel) -> &'static Mutex<()> {
    match channel {
        MessageChannel::Email | MessageChannel::Line | MessageChannel::Sms => &ONE_AT_A_TIME,
        MessageChannel::Webhook => &ONE_WEBHOOK_AT_A_TIME,
    }
}

/// What policy says now; `None` when the message may go.
async fn keep_back(ctx: &Ctx, message: &message::Model) -> Result<Option<Sending>> {
    let moment = (Moment::Leaving, ctx.now());
    match policy::judge(&ctx.db(), &ctx.services, message, moment).await? {
        Decision::Send => Ok(None),
        Decision::At(at, reason) => {
            let outcome = Outcome { reason: Some(reason), send_after: Some(at), ..Outcome::default() };
            settle(ctx, message, &outcome).await?;
            Ok(Some(Sending::Later(at)))
        }
        Decision::Never(reason) => {
            let (status, reason) = (Some(MessageStatus::Suppressed), Some(reason));
            settle(ctx, message, &Outcome { status, reason, ..Outcome::default() }).await?;
            Ok(Some(Sending::Settled))
        }
    }
}

/// Marks a message as failed whose job was set aside for another reason than the mail server's word.
pub async fn give_up(ctx: &Ctx, id: MessageId, reason: &str) -> Result<()> {
    let (status, error) = (Some(MessageStatus::Failed), Some(reason));
    let message = message::Entity::find_by_id(id).one(&ctx.db()).await?;
    match message.filter(|message| message.status == MessageStatus::Queued) {
        Some(message) => settle(ctx, &message, &Outcome { status, error, ..Outcome::default() }).await,
        // The try that failed said so itself, and is counted.
        None => Ok(()),
    }
}

/// Counts how messages end, by channel.
fn count(message: &message::Model, status: MessageStatus, tried: bool) {
    let outcome = match status {
        MessageStatus::Queued if tried => "again",
        MessageStatus::Queued => "later",
        MessageStatus::Sent => "sent",
        MessageStatus::Failed => "failed",
        MessageStatus::Suppressed => "suppressed",
    };
    let channel = message.channel.as_str();
    metrics::counter!("hitotsu_messages_total", "channel" => channel, "outcome" => outcome).increment(1);
}

/// The only writer of a message's status after it was requested.
async fn settle(ctx: &Ctx, message: &message::Model, outcome: &Outcome<'_>) -> Result<()> {
    count(message, outcome.status.unwrap_or(MessageStatus::Queued), outcome.tried);
    ctx.write(|tx| async move {
        let status = outcome.status.unwrap_or(MessageStatus::Queued);
        let mut update = message::Entity::update_many()
            .col_expr(message::Column::Status, Expr::value(status))
            .col_expr(message::Column::Error, Expr::value(outcome.error))
            .col_expr(message::Column::Reason, Expr::value(outcome.reason))
            .filter(message::Column::Id.eq(message.id))
            .filter(message::Column::Status.eq(MessageStatus::Queued));
        if outcome.tried {
            update = update
                .col_expr(message::Column::Attempts, Expr::col(message::Column::Attempts).add(1))
                .col_expr(message::Column::ProviderId, Expr::value(outcome.provider_id.clone()));
        }
        if let Some(at) = outcome.send_after {
            update = update.col_expr(message::Column::SendAfter, Expr::value(at));
        }
        if status == MessageStatus::Sent {
            update = update.col_expr(message::Column::SentAt, Expr::value(tx.now()));
        }
        if status != MessageStatus::Queued && is_secret(&message.template) {
            update = update
                .col_expr(message::Column::Html, Expr::value(""))
                .col_expr(message::Column::Text, Expr::value(""));
        }
        if status != MessageStatus::Queued && message.template == FAREWELL {
            update = update.col_expr(message::Column::Recipient, Expr::value(""));
        }
        update.exec(&tx).await?;
        if outcome.dead_address {
            let stop = NewSuppression {
                channel: message.channel,
                address: &message.recipient,
                scope: SuppressionScope::All,
                reason: SuppressionReason::Bounce,
                message_id: Some(message.id),
                note: outcome.error.map(str::to_owned),
            };
            suppression::add(&tx, stop).await?;
        }
        Ok(())
    })
    .await
}

async fn outgoing(ctx: &Ctx, message: &message::Model) -> Result<OutgoingMail> {
    let (from_name, from_address) = message
        .sender
        .strip_suffix('>')
        .and_then(|sender| sender.rsplit_once('<'))
        .map_or(("", message.sender.as_str()), |(name, address)| (name.trim(), address));
    // All mails about one order name the same root, so that mail programs show them as one conversation.
    let references = message.order_id.map(|order| format!("<{order}@{}>", mail_domain(from_address)));
    let brand = match message.channel_id {
        Some(id) => channel_brand::Entity::find_by_id(id).one(&ctx.db()).await?,
        None => None,
    };
    Ok(OutgoingMail {
        id: message.id,
        channel: message.channel,
        message_id: message.message_id.clone(),
        from_name: from_name.to_owned(),
        from_address: from_address.to_owned(),
        reply_to: brand.and_then(|brand| brand.reply_to).map(|address| one_line(&address)),
        to: message.recipient.clone(),
        subject: message.subject.clone(),
        html: message.html.clone(),
        text: message.text.clone(),
        date: message.created_at,
        request_id: ctx.request_id.to_string(),
        references: references.into_iter().collect(),
        inline: inline::images(&message.html),
        unsubscribe_url: message.unsubscribe_url.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_is_down_for_a_day_is_waited_for() {
        let minutes: Vec<_> = (1..=6).map(|attempts| back_off(attempts).num_minutes()).collect();
        assert_eq!(minutes, [1, 5, 30, 120, 360, 360]);
        let all = (1..12).map(back_off).sum::<TimeDelta>();
        assert!(all > TimeDelta::hours(24) && all < TimeDelta::hours(48), "{all}");
    }
}
