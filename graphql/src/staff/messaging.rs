//! Messages that were sent, and sending them again.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::messaging::query::{self, Filter};
use domain::messaging::resend::{ResendMessage, resend};
use domain::{Permission, Result};
use entity::words::{MessageChannel, MessageClass, MessageStatus};

use crate::connection::{count, page_request};
use crate::context::ctx_of;
use crate::error::{UserError, outcome};
use crate::node::message::{Message, MessageConnection};
use crate::scalar::{parse_id, parse_optional_id};
use crate::shop::order::required_key;
use crate::word::Word;

/// Which messages are wanted; what is left out asks for nothing.
#[derive(Clone, Debug, Default, InputObject)]
pub struct MessageFilterInput {
    /// About this order.
    pub order_id: Option<ID>,
    /// To this customer.
    pub customer_id: Option<ID>,
    /// In these states.
    #[graphql(default)]
    pub statuses: Vec<Word<MessageStatus>>,
    /// Of the template with this name, such as `order_confirmation`.
    pub template: Option<String>,
    /// Sent for one of these reasons.
    #[graphql(default)]
    pub classes: Vec<Word<MessageClass>>,
    /// By this channel, such as e-mail.
    pub channel: Option<Word<MessageChannel>>,
    /// In the name of this channel.
    pub channel_id: Option<ID>,
    /// Asked for by this flow.
    pub flow_id: Option<ID>,
    /// Kept back for this reason, such as `NO_CONSENT`.
    pub reason: Option<String>,
    /// To this address, whole.
    pub recipient: Option<String>,
    /// Written at or after.
    pub created_from: Option<DateTime<Utc>>,
    /// Written before.
    pub created_before: Option<DateTime<Utc>>,
}

impl MessageFilterInput {
    fn filter(self) -> Result<Filter> {
        Ok(Filter {
            order_id: parse_optional_id(self.order_id.as_ref(), "filter.orderId")?,
            customer_id: parse_optional_id(self.customer_id.as_ref(), "filter.customerId")?,
            statuses: self.statuses.into_iter().map(|word| word.0).collect(),
            template: self.template,
            classes: self.classes.into_iter().map(|word| word.0).collect(),
            channel: self.channel.map(|word| word.0),
            channel_id: parse_optional_id(self.channel_id.as_ref(), "filter.channelId")?,
            flow_id: parse_optional_id(self.flow_id.as_ref(), "filter.flowId")?,
            reason: self.reason,
            recipient: self.recipient,
            created_from: self.created_from,
            created_before: self.created_before,
        })
    }
}

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
        let (filter, page) = (filter.filter()?, page_request(first, after, last, before)?);
        let scope = ctx_of(ctx).require(Permission::MessagesRead)?;
        let db = ctx_of(ctx).db();
        let page = query::list(&db, &scope, &filter, &page).await?;
        let state = (db, scope, filter);
        let all = count(state, |(db, scope, filter)| async move { query::count(&db, &scope, &filter).await });
        Ok(MessageConnection::new(page.map(Message), all))
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
