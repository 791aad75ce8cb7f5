//! Sending a message about an order again, because it did not arrive.

use entity::id::{FlowId, FlowRunId, MessageId};
use entity::message;
use entity::words::MessageStatus;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde::Serialize;
use serde_json::json;

use super::request::{insert, message_id};
use super::template::is_secret;
use super::{query, test_send, tracking};
use crate::kernel::event::NewEvent;
use crate::kernel::idempotency::{self, Claim};
use crate::kernel::{Ctx, Error, Permission, Result, Tx};

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

/// Whether there is something to send again, and somebody to send it to: not when it holds a code, and not when its words
/// or its address were wiped, for age or because the recipient was erased.
#[must_use]
pub fn is_whole(message: &message::Model) -> bool {
    let has_words = !message.html.is_empty() || !message.text.is_empty();
    has_words && !message.recipient.is_empty() && !is_secret(&message.template)
}

/// Sends the same content to the same address as a new message. It gets a Message-ID of its own: mail servers drop
/// copies of one they have seen. Links of it that are followed count for the new message, and none of a flow's figures
/// count it: staff sent it. Errors: `NOT_FOUND` (also for what is not whole, see [`is_whole`]), `INVALID_TRANSITION` while
/// it still waits to be sent.
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
        let original =
            query::by_id(&tx, scope, input.message_id).await?.filter(is_whole).ok_or(Error::not_found("message"))?;
        if original.status == MessageStatus::Queued {
            return Err(Error::InvalidTransition {
                machine: "message",
                from: original.status.to_string(),
                action: "RESEND".to_owned(),
                allowed: Vec::new(),
            });
        }
        let message = tracking::undressed(&tx.ctx().services, copy(id, &original, tx.now()), original.id);
        insert(&tx, message).await?;
        out_of_figures(&tx, id).await?;
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

/// Its flow was looked at when policy decided: what a flow that is off asked for does not go again. From then on the copy
/// belongs to none.
async fn out_of_figures(tx: &Tx, id: MessageId) -> Result<()> {
    message::Entity::update_many()
        .col_expr(message::Column::FlowId, Expr::value(Option::<FlowId>::None))
        .col_expr(message::Column::FlowRunId, Expr::value(Option::<FlowRunId>::None))
        .col_expr(message::Column::Step, Expr::value(Option::<String>::None))
        .col_expr(message::Column::Variant, Expr::value(Option::<String>::None))
        .filter(message::Column::Id.eq(id))
        .exec(tx)
        .await?;
    Ok(())
}

fn copy(id: MessageId, original: &message::Model, now: chrono::DateTime<chrono::Utc>) -> message::Model {
    let address = original.sender.trim_end_matches('>').rsplit('<').next().unwrap_or_default();
    message::Model {
        id,
        // A test stays one.
        dedupe_key: format!("{}resend:{id}", if test_send::is_test(original) { test_send::KEY } else { "" }),
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
        unsubscribe_url: None,
        ..original.clone()
    }
}
