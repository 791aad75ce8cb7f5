//! Lists of messages: all, those about an order, those to a customer.

use async_graphql::{Context, ID, InputObject};
use chrono::{DateTime, Utc};
use domain::kernel::paging::PageRequest;
use domain::messaging::query::{self, Filter};
use domain::{Permission, Result};
use entity::words::{MessageChannel, MessageClass, MessageStatus};

use super::message::{Message, MessageConnection};
use crate::connection::count;
use crate::context::ctx_of;
use crate::scalar::parse_optional_id;
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
    /// As the domain takes it. Error: `INVALID_ID` with the place of an id that is none.
    pub(crate) fn filter(self) -> Result<Filter> {
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

/// The messages that the viewer may read, newest first. Errors: `UNAUTHENTICATED`, `FORBIDDEN` without `messages.read`.
pub(crate) async fn listed(ctx: &Context<'_>, filter: Filter, page: &PageRequest) -> Result<MessageConnection> {
    let scope = ctx_of(ctx).require(Permission::MessagesRead)?;
    let db = ctx_of(ctx).db();
    let page = query::list(&db, &scope, &filter, page).await?;
    let state = (db, scope, filter);
    let all = count(state, |(db, scope, filter)| async move { query::count(&db, &scope, &filter).await });
    Ok(MessageConnection::new(page.map(Message), all))
}
