//! Messages that were sent, and sending them again.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use domain::Result;
use domain::messaging::resend::{ResendMessage, resend};

use crate::connection::page_request;
use crate::context::ctx_of;
use crate::error::{UserError, outcome};
use crate::node::message::{Message, MessageConnection};
use crate::node::message_list::{MessageFilterInput, listed};
use crate::scalar::parse_id;
use crate::shop::order::required_key;

/// A message to send again.
#[derive(Clone, Debug, InputObject)]
pub struct MessageResendInput {
    /// The message.
    pub message_id: ID,
    /// Repeating the call with the same key sends nothing twice. The header `Idempotency-Key` stands in for it.
    pub idempotency_key: Option<String>,
}

/// A message that was sent again.
#[derive(Debug, SimpleObject)]
pub struct MessageResendPayload {
    /// The new message, with the same content.
    pub message: Option<Message>,
    /// Whether the key was used before.
    pub replayed: bool,
    /// What kept it from being sent; empty when it is on its way.
    pub errors: Vec<UserError>,
}

/// Messages that were sent.
#[derive(Clone, Copy, Debug, Default)]
pub struct MessagingQuery;

/// Messages that were sent.
#[Object]
impl MessagingQuery {
    /// The messages that you may read, newest first.
    #[graphql(complexity = "first.or(last).unwrap_or(20).max(1) as usize * child_complexity")]
    async fn messages(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.", default)] filter: MessageFilterInput,
        #[graphql(desc = "How many from the start; 20 when nothing is said, at most 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Result<MessageConnection> {
        listed(ctx, filter.filter()?, &page_request(first, after, last, before)?).await
    }
}

/// Sending messages again.
#[derive(Clone, Copy, Debug, Default)]
pub struct MessagingMutation;

/// Sending messages again.
#[Object]
impl MessagingMutation {
    /// Sends a message about an order again, as a new message with the same content to the same address.
    async fn message_resend(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which message.")] input: MessageResendInput,
    ) -> Result<MessageResendPayload> {
        let resent = match resend_input(ctx, input) {
            Ok(input) => resend(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        let (resent, errors) = outcome(ctx, resent)?;
        let (message, replayed) = resent.map_or((None, false), |it| (Some(Message(it.message)), it.replayed));
        Ok(MessageResendPayload { message, replayed, errors })
    }
}

fn resend_input(ctx: &Context<'_>, input: MessageResendInput) -> Result<ResendMessage> {
    Ok(ResendMessage {
        message_id: parse_id(&input.message_id, "input.messageId")?,
        idempotency_key: required_key(ctx, input.idempotency_key)?,
    })
}
