//! The job that sends one message: at least once, with the same Message-ID on every try.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use entity::id::MessageId;
use entity::words::{
    CodePurpose, ConsentPurpose, MessageChannel, MessageClass, MessageStatus, SuppressionReason, SuppressionScope,
};
use entity::{channel_brand, job, message};
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use tokio::sync::{Mutex, MutexGuard};

use super::policy::{self, Decision, Moment};
use super::render::one_line;
use super::request::mail_domain;
use super::suppression::{self, NewSuppression};
use super::template::{FAREWELL, code_name, is_secret};
use super::transport::{MessageTransport, OutgoingMail, SendError};
use super::{consent, inline};
use crate::customer::code_valid_minutes;
use crate::kernel::job as queue;
use crate::kernel::{Ctx, Error, Result, Tx};

/// From handing a message over until it is marked as sent, a process sends nothing else by that channel: when it is killed
/// in between, one message at most goes out again. Channels do not wait for each other.
static MAILS: Mutex<()> = Mutex::const_new(());
static LINE: Mutex<()> = Mutex::const_new(());
static SMS: Mutex<()> = Mutex::const_new(());
/// Of two messages that one more is allowed of, the second sees the first, by whatever channels they go.
static ASKED: Mutex<()> = Mutex::const_new(());

/// The code has run out before the message could leave.
pub const EXPIRED: &str = "EXPIRED";
/// How long somebody who gave no answer is left alone.
const REST: TimeDelta = TimeDelta::seconds(30);
/// How often a message is tried that brings its sender down. Trying on would hold up everything behind it.
const MOST_PANICS: i32 = 3;
/// The longest that a send may take, from its turn on: whoever waits for the turn has not begun.
const LONGEST: Duration = Duration::from_secs(600);
/// The reason of a send that took longer.
const TOO_LONG: &str = "ran too long";
/// When to try again to write down what became of a message: it left, and would leave again otherwise.
const PAUSES: [Duration; 5] = [
    Duration::from_millis(100),
    Duration::from_millis(400),
    Duration::from_secs(1),
    Duration::from_secs(3),
    Duration::from_secs(6),
];

/// How a try ended. Its job ended with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sending {
    /// It was sent, now or before, or is not to be sent.
    Settled,
    /// It must not leave yet; that was no try.
    Later,
    /// It may work later.
    Again,
    /// It will never work, and the message says so.
    GivenUp,
}

/// What becomes of the job.
#[derive(Debug, Clone, Copy, Default)]
enum JobEnd<'a> {
    /// It is done.
    #[default]
    Done,
    /// It runs then, and this was no try.
    Later(DateTime<Utc>),
    /// It failed for a reason, and runs again then.
    Again(&'a str, DateTime<Utc>),
    /// It failed for good.
    Over(&'a str),
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
    /// Whether the recipient told the provider to stop.
    unsubscribed: bool,
    job: JobEnd<'a>,
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

/// Whether whoever takes the messages of a channel gave no answer just now, so that nothing is to be begun by it.
#[must_use]
pub fn is_resting(ctx: &Ctx, channel: MessageChannel) -> bool {
    ctx.services.db.rests().until(channel.as_str(), ctx.now()).is_some()
}

/// Under which name the one is left alone who takes a message: each system that flows call answers for itself.
fn rest_name(message: &message::Model) -> String {
    match message.channel {
        MessageChannel::Email | MessageChannel::Line | MessageChannel::Sms => message.channel.as_str().to_owned(),
        MessageChannel::Webhook => format!("{} {}", message.channel, message.recipient),
    }
}

/// The right to send, until it is dropped.
#[derive(Debug)]
struct Turn {
    _asked: Option<MutexGuard<'static, ()>>,
    _channel: Option<MutexGuard<'static, ()>>,
}

impl Turn {
    async fn wait(channel: MessageChannel, class: MessageClass) -> Self {
        let asked = match class {
            MessageClass::Transactional => None,
            MessageClass::Survey | MessageClass::Marketing => Some(ASKED.lock().await),
        };
        let channel = match channel {
            MessageChannel::Email => Some(MAILS.lock().await),
            MessageChannel::Line => Some(LINE.lock().await),
            MessageChannel::Sms => Some(SMS.lock().await),
            // Their receivers tell a copy by its id, and one that hangs must not hold up the others.
            MessageChannel::Webhook => None,
        };
        Self { _asked: asked, _channel: channel }
    }
}

/// Sends a message that waits, when policy still lets it go, and settles its job: consent may have been withdrawn since it
/// was asked for. On the last try a temporary failure is final, too.
///
/// The network is called outside of any transaction: a process that dies between sending and marking leaves a message
/// that goes out again, and the recipient's server can tell the copy by its Message-ID. Error: [`Error::LeaseLost`] when
/// another worker has the job; then nothing was sent.
pub async fn send(ctx: &Ctx, transport: &dyn MessageTransport, id: MessageId, job: &job::Model) -> Result<Sending> {
    let kind: Option<(MessageChannel, MessageClass)> = message::Entity::find_by_id(id)
        .select_only()
        .column(message::Column::Channel)
        .column(message::Column::Class)
        .into_tuple()
        .one(&ctx.db())
        .await?;
    let _turn = match kind {
        Some((channel, class)) => Some(Turn::wait(channel, class).await),
        None => None,
    };
    match tokio::time::timeout(LONGEST, Box::pin(in_turn(ctx, transport, id, job))).await {
        Ok(ended) => ended,
        Err(_) => abandon(ctx, id, job, (TOO_LONG, false)).await,
    }
}

async fn in_turn(ctx: &Ctx, transport: &dyn MessageTransport, id: MessageId, job: &job::Model) -> Result<Sending> {
    // Read in turn: while it waited it may have been wiped, or there may be no reason for it any more.
    let Some(message) = waiting(ctx, id).await? else {
        queue::complete(ctx, job).await?;
        return Ok(Sending::Settled);
    };
    if let Some(kept) = keep_back(ctx, &message, job).await? {
        return Ok(kept);
    }
    let mail = outgoing(ctx, &message).await?;
    // What a database does not take now it would not take afterwards: a message that cannot be marked is not sent. Just
    // after the claim both is known, that the job is ours and that it takes what is written.
    if !queue::still_has(ctx, job).await? {
        return Err(Error::LeaseLost);
    }
    match transport.send_named(&mail).await {
        Ok(provider_id) => {
            let status = Some(MessageStatus::Sent);
            let outcome = Outcome { status, provider_id, tried: true, ..Outcome::default() };
            keep(ctx, &message, &outcome, job).await?;
            Ok(Sending::Settled)
        }
        Err(error) => refused(ctx, &message, &error, job).await,
    }
}

/// A message that still is to be sent.
async fn waiting(ctx: &Ctx, id: MessageId) -> Result<Option<message::Model>> {
    let message = message::Entity::find_by_id(id).one(&ctx.db()).await?;
    Ok(message.filter(|message| message.status == MessageStatus::Queued))
}

/// What follows from a refusal, or from no answer.
async fn refused(ctx: &Ctx, message: &message::Model, error: &SendError, job: &job::Model) -> Result<Sending> {
    let reason = error.to_string();
    let tried = Outcome { error: Some(&reason), tried: true, ..Outcome::default() };
    let may_pass = match error {
        SendError::Unreachable(_) => {
            ctx.services.db.rests().begin(&rest_name(message), ctx.now(), ctx.now() + REST);
            true
        }
        SendError::Temporary(_) => true,
        SendError::Permanent(_) | SendError::DeadAddress(_) | SendError::Unsubscribed(_) => false,
        // Another process may send it at once.
        SendError::Stopping => return put_off(ctx, message, job, ctx.now()).await,
    };
    if may_pass && job.attempts < job.max_attempts {
        let again = JobEnd::Again(&reason, ctx.now() + back_off(job.attempts));
        keep(ctx, message, &Outcome { job: again, ..tried }, job).await?;
        return Ok(Sending::Again);
    }
    let failed = Outcome {
        status: Some(MessageStatus::Failed),
        dead_address: matches!(error, SendError::DeadAddress(_)),
        unsubscribed: matches!(error, SendError::Unsubscribed(_)),
        job: JobEnd::Over(&reason),
        ..tried
    };
    keep(ctx, message, &failed, job).await?;
    Ok(Sending::GivenUp)
}

/// Leaves a message for later that nobody was asked to take.
async fn put_off(ctx: &Ctx, message: &message::Model, job: &job::Model, at: DateTime<Utc>) -> Result<Sending> {
    count(message, MessageStatus::Queued, false);
    ctx.write(|tx| async move { queue::postponed(&tx, job, at).await }).await?;
    Ok(Sending::Later)
}

/// What keeps a message back now; `None` when it may go.
async fn keep_back(ctx: &Ctx, message: &message::Model, job: &job::Model) -> Result<Option<Sending>> {
    let now = ctx.now();
    if let Some(at) = ctx.services.db.rests().until(&rest_name(message), now) {
        return put_off(ctx, message, job, at).await.map(Some);
    }
    let decision = if is_expired(message, now) {
        Decision::Never(EXPIRED)
    } else {
        policy::judge(&ctx.db(), &ctx.services, message, (Moment::Leaving, now)).await?
    };
    match decision {
        Decision::Send => Ok(None),
        Decision::At(at, reason) => {
            let (reason, send_after, job_end) = (Some(reason), Some(at), JobEnd::Later(at));
            let outcome = Outcome { reason, send_after, job: job_end, ..Outcome::default() };
            keep(ctx, message, &outcome, job).await?;
            Ok(Some(Sending::Later))
        }
        Decision::Never(reason) => {
            let (status, reason) = (Some(MessageStatus::Suppressed), Some(reason));
            keep(ctx, message, &Outcome { status, reason, ..Outcome::default() }, job).await?;
            Ok(Some(Sending::Settled))
        }
    }
}

/// Whether a message brings a code that does not work any more.
fn is_expired(message: &message::Model, now: DateTime<Utc>) -> bool {
    let purpose = CodePurpose::ALL.iter().find(|purpose| code_name(**purpose) == message.template);
    purpose.is_some_and(|purpose| now >= message.created_at + TimeDelta::minutes(code_valid_minutes(*purpose)))
}

/// Settles the job of a message whose try ended otherwise than by an answer: it panicked, ran too long, or the database
/// failed. Message and job say the same at every moment.
pub async fn abandon(ctx: &Ctx, id: MessageId, job: &job::Model, (reason, is_poison): (&str, bool)) -> Result<Sending> {
    let is_over = job.attempts >= job.max_attempts || (is_poison && job.attempts >= MOST_PANICS);
    if !is_over {
        queue::fail(ctx, job, reason, Some(ctx.now() + back_off(job.attempts))).await?;
        return Ok(Sending::Again);
    }
    match waiting(ctx, id).await? {
        Some(message) => {
            let (status, error) = (Some(MessageStatus::Failed), Some(reason));
            let outcome = Outcome { status, error, job: JobEnd::Over(reason), ..Outcome::default() };
            keep(ctx, &message, &outcome, job).await?;
        }
        None => queue::fail(ctx, job, reason, None).await.map(|_| ())?,
    }
    Ok(Sending::GivenUp)
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

/// Writes down what became of a message and its job, with patience: what left and is not marked as sent leaves again.
/// The turn is still held, so that a database that is busy for a moment repeats one message at most.
async fn keep(ctx: &Ctx, message: &message::Model, outcome: &Outcome<'_>, job: &job::Model) -> Result<()> {
    count(message, outcome.status.unwrap_or(MessageStatus::Queued), outcome.tried);
    for pause in PAUSES {
        match settle(ctx, message, outcome, job).await {
            Err(error @ (Error::Db(_) | Error::Conflict(_))) => {
                tracing::warn!(id = %message.id, %error, "what became of a message is not written down yet");
                tokio::time::sleep(pause).await;
            }
            settled => return settled,
        }
    }
    settle(ctx, message, outcome, job).await
}

/// The only writer of a message's status after it was requested; its job ends in the same transaction.
async fn settle(ctx: &Ctx, message: &message::Model, outcome: &Outcome<'_>, job: &job::Model) -> Result<()> {
    ctx.write(|tx| async move {
        mark(&tx, message, outcome).await?;
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
        if outcome.unsubscribed {
            consent::withdraw_all(&tx, message, "provider", ConsentPurpose::ALL).await?;
        }
        match outcome.job {
            JobEnd::Done => match queue::completed(&tx, job).await {
                // It has left: the mark stays, so that whoever has the job now finds nothing to send.
                Err(Error::LeaseLost) if outcome.status == Some(MessageStatus::Sent) => Ok(()),
                ended => ended,
            },
            JobEnd::Later(at) => queue::postponed(&tx, job, at).await,
            JobEnd::Again(reason, at) => queue::failed(&tx, job, reason, Some(at)).await.map(|_| ()),
            JobEnd::Over(reason) => queue::failed(&tx, job, reason, None).await.map(|_| ()),
        }
    })
    .await
}

/// What left is `SENT`, also when something kept it back while the server had it: a purchase that came back, a switch, an
/// erasure. What was wiped meanwhile stays wiped. Whatever else was decided meanwhile holds.
async fn mark(tx: &Tx, message: &message::Model, outcome: &Outcome<'_>) -> Result<()> {
    let status = outcome.status.unwrap_or(MessageStatus::Queued);
    let before: &[MessageStatus] = match status {
        MessageStatus::Sent => &[MessageStatus::Queued, MessageStatus::Suppressed],
        MessageStatus::Queued | MessageStatus::Failed | MessageStatus::Suppressed => &[MessageStatus::Queued],
    };
    let mut update = message::Entity::update_many()
        .col_expr(message::Column::Status, Expr::value(status))
        .col_expr(message::Column::Error, Expr::value(outcome.error))
        .col_expr(message::Column::Reason, Expr::value(outcome.reason))
        .filter(message::Column::Id.eq(message.id))
        .filter(message::Column::Status.is_in(before.iter().copied()));
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
        update =
            update.col_expr(message::Column::Html, Expr::value("")).col_expr(message::Column::Text, Expr::value(""));
    }
    if status != MessageStatus::Queued && message.template == FAREWELL {
        update = update.col_expr(message::Column::Recipient, Expr::value(""));
    }
    if update.exec(tx).await?.rows_affected == 0 {
        tracing::warn!(id = %message.id, %status, "what became of a message was settled before");
    }
    Ok(())
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
