//! The event history and the audit.

use async_graphql::{Context, ID, InputObject, Object};
use chrono::{DateTime, Utc};
use domain::kernel::history::{self, EventFilter};
use domain::{Error, ErrorCode, Result};

use crate::connection::{count, page_request};
use crate::context::ctx_of;
use crate::node::event::{Event, EventConnection};
use crate::scalar::parse_optional_id;

/// Which events are wanted; what is left out asks for nothing.
#[derive(Clone, Debug, Default, InputObject)]
pub struct EventFilterInput {
    /// What happened, such as `order_placed`.
    pub kind: Option<String>,
    /// Kind of the thing it happened to, such as `order`.
    pub aggregate_kind: Option<String>,
    /// Which thing, as a UUID.
    pub aggregate_id: Option<ID>,
    /// The customer it concerns.
    pub customer_id: Option<ID>,
    /// At or after.
    pub occurred_from: Option<DateTime<Utc>>,
    /// Before.
    pub occurred_before: Option<DateTime<Utc>>,
}

impl EventFilterInput {
    fn read(self) -> Result<EventFilter> {
        let uuid = |key: ID| key.parse().map_err(|_| Error::invalid(ErrorCode::InvalidId, "filter.aggregateId"));
        Ok(EventFilter {
            kind: self.kind,
            aggregate_kind: self.aggregate_kind,
            aggregate_id: self.aggregate_id.map(uuid).transpose()?,
            customer_id: parse_optional_id(self.customer_id.as_ref(), "filter.customerId")?,
            from: self.occurred_from,
            before: self.occurred_before,
        })
    }
}

/// The event history.
#[derive(Clone, Copy, Debug, Default)]
pub struct EventQuery;

/// The event history.
#[Object]
impl EventQuery {
    /// What happened, newest first.
    async fn events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which events.")] filter: Option<EventFilterInput>,
        #[graphql(desc = "How many; 20 when left out, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end.")] last: Option<i32>,
        #[graphql(desc = "Only what goes before this cursor.")] before: Option<String>,
    ) -> Result<EventConnection> {
        let filter = filter.unwrap_or_default().read()?;
        let page = history::page(ctx_of(ctx), &filter, &page_request(first, after, last, before)?).await?;
        let state = (ctx_of(ctx).clone(), filter);
        let all = count(state, |(ctx, filter)| async move { history::count(&ctx, &filter).await });
        Ok(EventConnection::new(page.map(Event), all))
    }
}

/// Mutations of this area; none yet.
pub type EventMutation = async_graphql::EmptyMutation;
