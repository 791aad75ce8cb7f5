//! Sending a message about an order again, because it did not arrive.

use entity::id::MessageId;
use entity::message;
use entity::words::MessageStatus;
use sea_orm::EntityTrait;
use serde::Serialize;
use serde_json::json;

use super::query;
use super::request::{insert, message_id};
use super::template::is_secret;
use super::tracking;
use crate::kernel::event::NewEvent;
use crate::kernel::idempotency::{self, Claim};
use crate::kernel::{Ctx, Error, Permission, Result};

/// Which message to send again.
#[derive(Debug, Clone, Serialize)]
pub struct ResendMessage {
    /// The message.
    pub message_id: MessageId,
    /// Client's key.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// What came of it.
#[derive(Debug, Clone)]
pub struct Resent {
    /// The new message.
    pub message: message::Model,
    /// Whether an earlier call with this key did it.
    pub replayed: bool,
}

/// Sends the same content to the same address as a new message. It gets a Message-ID of its own: mail servers drop
/// copies of one they have seen. Errors: `NOT_FOUND` (also for messages that hold a code: they may not be repeated; and for
/// those to somebody who was erased),
/// `INVALID_TRANSITION` while it still waits to be sent.
pub async fn resend(ctx: &Ctx, input: ResendMessage) -> Result<Resent> {
    let scope = ctx.require(Permission::MessagesSend)?;
    let key = idempotency::checked_key(&input.idempotency_key)?;
    let hash = idempotency::request_hash(&input)?;
    let (scope, key, hash) = (&scope, key.as_str(), hash.as_str());
    ctx.write(|tx| async move {
        let id = MessageId(tx.new_uuid());
        if let Claim::Replayed(id) = idempotency::claim(&tx, "messageResend", key, hash, id.uuid()).await? {
            let message = message::Entity::find_by_id(MessageId(id)).one(&tx).await?;
            return message.map(|message| Resent { message, replayed: true }).ok_or(Error::not_found("message"));
        }
        let original = query::by_id(&tx, scope, input.message_id)
            .await?
            // Who was erased has no address any more.
            .filter(|message| !is_secret(&message.template) && !message.recipient.is_empty())
            .ok_or(Error::not_found("message"))?;
        if original.status == MessageStatus::Queued {
            return Err(Error::InvalidTransition {
                machine: "message",
                from: original.status.to_string(),
                action: "RESEND".to_owned(),
                allowed: Vec::new(),
            });
        }
        let mut message = copy(id, &original, tx.now());
        // A copy gets a picture of its own: looks at it are no looks at the original.
        message.html = tracking::without_picture(&tx.ctx().services, original.id, &message.html);
        insert(&tx, message).await?;
        // As policy left it: what may not go any more does not go again.
        let message = message::Entity::find_by_id(id).one(&tx).await?.ok_or(Error::not_found("message"))?;
        tx.event(
            NewEvent::new("message_resent", "message", id.uuid())
                .customer(original.customer_id)
                .payload(json!({ "message_id": id, "original_id": original.id, "order_id": original.order_id })),
        );
        Ok(Resent { message, replayed: false })
    })
    .await
}

fn copy(id: MessageId, original: &message::Model, now: chrono::DateTime<chrono::Utc>) -> message::Model {
    let address = original.sender.trim_end_matches('>').rsplit('<').next().unwrap_or_default();
    message::Model {
        id,
        dedupe_key: format!("resend:{id}"),
        status: MessageStatus::Queued,
        event_id: None,
        message_id: message_id(id, address),
        error: None,
        created_at: now,
        sent_at: None,
        reason: None,
        send_after: None,
        attempts: 0,
        provider_id: None,
        ..original.clone()
    }
}
