//! The job that sends one message: at least once, with the same Message-ID on every try.

use entity::id::MessageId;
use entity::message;
use entity::words::MessageStatus;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use tokio::sync::Mutex;

use super::inline;
use super::request::mail_domain;
use super::template::is_secret;
use super::transport::{MessageTransport, OutgoingMail, SendError};
use crate::kernel::{Ctx, Result};

/// From handing a mail over until it is marked as sent, a process sends nothing else: when it is killed in between, one
/// mail at most goes out again.
static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());

/// How a try ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sending {
    /// It was sent, now or before, or is not to be sent.
    Settled,
    /// It may work later; holds the reason.
    Again(String),
    /// It will never work, and the message says so; holds the reason.
    GivenUp(String),
}

/// Sends a message that waits. On the last try a temporary failure is final, too.
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
    let mail = outgoing(ctx, &message);
    let turn = ONE_AT_A_TIME.lock().await;
    let answer = transport.send(&mail).await;
    if answer.is_ok() {
        settle(ctx, &message, MessageStatus::Sent, None).await?;
    }
    drop(turn);
    match answer {
        Ok(()) => Ok(Sending::Settled),
        Err(SendError::Temporary(reason)) if !last_try => {
            settle(ctx, &message, MessageStatus::Queued, Some(&reason)).await?;
            Ok(Sending::Again(reason))
        }
        Err(SendError::Temporary(reason) | SendError::Permanent(reason)) => {
            settle(ctx, &message, MessageStatus::Failed, Some(&reason)).await?;
            Ok(Sending::GivenUp(reason))
        }
    }
}

/// Marks a message as failed whose job was set aside for another reason than the mail server's word.
pub async fn give_up(ctx: &Ctx, id: MessageId, reason: &str) -> Result<()> {
    match message::Entity::find_by_id(id).one(&ctx.db()).await? {
        Some(message) => settle(ctx, &message, MessageStatus::Failed, Some(reason)).await,
        None => Ok(()),
    }
}

/// The only writer of a message's status after it was requested.
async fn settle(ctx: &Ctx, message: &message::Model, status: MessageStatus, error: Option<&str>) -> Result<()> {
    ctx.write(|tx| async move {
        let mut update = message::Entity::update_many()
            .col_expr(message::Column::Status, Expr::value(status))
            .col_expr(message::Column::Error, Expr::value(error))
            .filter(message::Column::Id.eq(message.id))
            .filter(message::Column::Status.eq(MessageStatus::Queued));
        if status == MessageStatus::Sent {
            update = update.col_expr(message::Column::SentAt, Expr::value(tx.now()));
        }
        if status != MessageStatus::Queued && is_secret(&message.template) {
            update = update
                .col_expr(message::Column::Html, Expr::value(""))
                .col_expr(message::Column::Text, Expr::value(""));
        }
        update.exec(&tx).await?;
        Ok(())
    })
    .await
}

fn outgoing(ctx: &Ctx, message: &message::Model) -> OutgoingMail {
    let (from_name, from_address) = message
        .sender
        .strip_suffix('>')
        .and_then(|sender| sender.rsplit_once('<'))
        .map_or(("", message.sender.as_str()), |(name, address)| (name.trim(), address));
    // All mails about one order name the same root, so that mail programs show them as one conversation.
    let references = message.order_id.map(|order| format!("<{order}@{}>", mail_domain(from_address)));
    OutgoingMail {
        message_id: message.message_id.clone(),
        from_name: from_name.to_owned(),
        from_address: from_address.to_owned(),
        to: message.recipient.clone(),
        subject: message.subject.clone(),
        html: message.html.clone(),
        text: message.text.clone(),
        date: message.created_at,
        request_id: ctx.request_id.to_string(),
        references: references.into_iter().collect(),
        inline: inline::images(&message.html),
    }
}
