//! Reading messages.

use chrono::{DateTime, Utc};
use entity::id::{ChannelId, CustomerId, FlowId, MessageId, OrderId};
use entity::words::{MessageChannel, MessageClass, MessageStatus};
use entity::{message, order};
use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, Select};

use crate::kernel::paging::{self, Cursor, Page, PageRequest};
use crate::kernel::{Result, Scope};

/// Which messages are wanted; what is `None` does not matter.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// About this order.
    pub order_id: Option<OrderId>,
    /// To this customer.
    pub customer_id: Option<CustomerId>,
    /// In one of these states; all when empty.
    pub statuses: Vec<MessageStatus>,
    /// Of this template.
    pub template: Option<String>,
    /// Sent for one of these reasons; all when empty.
    pub classes: Vec<MessageClass>,
    /// By this channel, such as e-mail.
    pub channel: Option<MessageChannel>,
    /// In the name of this channel.
    pub channel_id: Option<ChannelId>,
    /// Asked for by this flow.
    pub flow_id: Option<FlowId>,
    /// Kept back for this reason.
    pub reason: Option<String>,
    /// To this address.
    pub recipient: Option<String>,
    /// Written at or after.
    pub created_from: Option<DateTime<Utc>>,
    /// Written before.
    pub created_before: Option<DateTime<Utc>>,
}

/// A message that staff with this scope may see.
pub async fn by_id(db: &impl ConnectionTrait, scope: &Scope, id: MessageId) -> Result<Option<message::Model>> {
    Ok(within(message::Entity::find_by_id(id), scope).one(db).await?)
}

/// Messages that staff with this scope may see, newest first.
pub async fn list(
    db: &impl ConnectionTrait,
    scope: &Scope,
    filter: &Filter,
    page: &PageRequest,
) -> Result<Page<message::Model>> {
    let query = paging::newest_first(within(filtered(filter), scope), message::Column::Id, page);
    let found = query.all(db).await?;
    Ok(Page::from_rows(page, found, |message| Cursor::of(message.id.uuid())))
}

/// How many messages [`list`] has in all.
pub async fn count(db: &impl ConnectionTrait, scope: &Scope, filter: &Filter) -> Result<u64> {
    Ok(within(filtered(filter), scope).count(db).await?)
}

/// All messages about an order, oldest first. For callers that have checked who may see the order.
pub async fn by_order(db: &impl ConnectionTrait, id: OrderId) -> Result<Vec<message::Model>> {
    use sea_orm::QueryOrder;
    let query = message::Entity::find().filter(message::Column::OrderId.eq(id));
    Ok(query.order_by_asc(message::Column::Id).all(db).await?)
}

/// Messages to a customer, newest first. For callers that have checked who may see the customer.
pub async fn by_customer(
    db: &impl ConnectionTrait,
    id: CustomerId,
    page: &PageRequest,
) -> Result<Page<message::Model>> {
    let filter = Filter { customer_id: Some(id), ..Filter::default() };
    list(db, &Scope::everywhere(), &filter, page).await
}

fn filtered(filter: &Filter) -> Select<message::Entity> {
    let mut condition = Condition::all()
        .add_option(filter.order_id.map(|id| message::Column::OrderId.eq(id)))
        .add_option(filter.customer_id.map(|id| message::Column::CustomerId.eq(id)))
        .add_option(filter.template.as_ref().map(|template| message::Column::Template.eq(template.as_str())))
        .add_option(filter.recipient.as_ref().map(|recipient| message::Column::Recipient.eq(recipient.as_str())))
        .add_option(filter.channel.map(|channel| message::Column::Channel.eq(channel)))
        .add_option(filter.channel_id.map(|id| message::Column::ChannelId.eq(id)))
        .add_option(filter.flow_id.map(|id| message::Column::FlowId.eq(id)))
        .add_option(filter.reason.as_ref().map(|reason| message::Column::Reason.eq(reason.as_str())))
        .add_option(filter.created_from.map(|at| message::Column::CreatedAt.gte(at)))
        .add_option(filter.created_before.map(|at| message::Column::CreatedAt.lt(at)));
    if !filter.statuses.is_empty() {
        condition = condition.add(message::Column::Status.is_in(filter.statuses.iter().copied()));
    }
    if !filter.classes.is_empty() {
        condition = condition.add(message::Column::Class.is_in(filter.classes.iter().copied()));
    }
    message::Entity::find().filter(condition)
}

/// Staff who are limited to places see the messages about orders of those places, and no others.
fn within(query: Select<message::Entity>, scope: &Scope) -> Select<message::Entity> {
    if scope.is_everywhere() {
        return query;
    }
    let reached = scope.rows(|ids| order::Column::ChannelId.is_in(ids), |ids| order::Column::LocationId.is_in(ids));
    let orders = Query::select().column(order::Column::Id).from(order::Entity).cond_where(reached).to_owned();
    query.filter(message::Column::OrderId.in_subquery(orders))
}
