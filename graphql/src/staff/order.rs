//! Orders as staff see them.

use async_graphql::{Context, ID, InputObject, Object, OneofObject};
use chrono::{DateTime, Utc};
use domain::Result;
use domain::order::query::{self, OrderFilter, OrderLookup};
use domain::order::{add_note, set_customer};
use entity::words::{OrderFulfillmentStatus, OrderPaymentStatus, OrderStatus};

use crate::connection::{count, page_request};
use crate::context::ctx_of;
use crate::node::order::{Order, OrderConnection};
use crate::payload;
use crate::scalar::{parse_id, parse_ids, parse_optional_id};
use crate::word::Word;

/// Which order is meant.
#[derive(Clone, Debug, OneofObject)]
pub enum OrderLookupInput {
    /// By id.
    Id(ID),
    /// By the number that people know.
    Number(String),
    /// By the id that another system gave it.
    ExternalReference(String),
}

impl OrderLookupInput {
    fn lookup(self) -> Result<OrderLookup> {
        match self {
            Self::Id(id) => Ok(OrderLookup::Id(parse_id(&id, "by.id")?)),
            Self::Number(number) => Ok(OrderLookup::Number(number)),
            Self::ExternalReference(reference) => Ok(OrderLookup::ExternalReference(reference)),
        }
    }
}

/// Which orders are wanted; what is left out asks for nothing.
#[derive(Clone, Debug, Default, InputObject)]
pub struct OrderFilterInput {
    /// Of this customer.
    pub customer_id: Option<ID>,
    /// From these channels.
    #[graphql(default)]
    pub channel_ids: Vec<ID>,
    /// Sold at these stores.
    #[graphql(default)]
    pub location_ids: Vec<ID>,
    /// In these states.
    #[graphql(default)]
    pub statuses: Vec<Word<OrderStatus>>,
    /// With these payment statuses.
    #[graphql(default)]
    pub payment_statuses: Vec<Word<OrderPaymentStatus>>,
    /// With these fulfillment statuses.
    #[graphql(default)]
    pub fulfillment_statuses: Vec<Word<OrderFulfillmentStatus>>,
    /// Placed at or after.
    pub placed_from: Option<DateTime<Utc>>,
    /// Placed before.
    pub placed_before: Option<DateTime<Utc>>,
    /// Number, e-mail address or phone, whole.
    pub search: Option<String>,
}

impl OrderFilterInput {
    fn filter(self) -> Result<OrderFilter> {
        Ok(OrderFilter {
            customer_id: parse_optional_id(self.customer_id.as_ref(), "filter.customerId")?,
            channel_ids: parse_ids(&self.channel_ids, "filter.channelIds")?,
            location_ids: parse_ids(&self.location_ids, "filter.locationIds")?,
            statuses: self.statuses.into_iter().map(|word| word.0).collect(),
            payment_statuses: self.payment_statuses.into_iter().map(|word| word.0).collect(),
            fulfillment_statuses: self.fulfillment_statuses.into_iter().map(|word| word.0).collect(),
            placed_from: self.placed_from,
            placed_before: self.placed_before,
            search: self.search,
        })
    }
}

/// A note to write on an order.
#[derive(Clone, Debug, InputObject)]
pub struct OrderNoteAddInput {
    /// The order.
    pub order_id: ID,
    /// The note.
    pub body: String,
}

/// The customer of an order.
#[derive(Clone, Debug, InputObject)]
pub struct OrderCustomerSetInput {
    /// The order.
    pub order_id: ID,
    /// Whose it is.
    pub customer_id: ID,
    /// The version that you read; with another one nothing is changed.
    pub expected_version: Option<i32>,
}

payload! {
    /// An order after a change.
    pub struct OrderPayload {
        /// The order.
        order: Order,
    }
}

/// Orders as staff see them.
#[derive(Clone, Copy, Debug, Default)]
pub struct OrderQuery;

/// Orders as staff see them.
#[Object]
impl OrderQuery {
    /// An order that you may read; null when there is none.
    async fn order(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which order.")] by: OrderLookupInput,
    ) -> Result<Option<Order>> {
        Ok(query::find(ctx_of(ctx), by.lookup()?).await?.map(Order))
    }

    /// The orders that you may read, newest first.
    #[graphql(complexity = "first.or(last).unwrap_or(20).max(1) as usize * child_complexity")]
    async fn orders(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.", default)] filter: OrderFilterInput,
        #[graphql(desc = "How many from the start; 20 when nothing is said, at most 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Result<OrderConnection> {
        let filter = filter.filter()?;
        let page = query::list(ctx_of(ctx), &filter, &page_request(first, after, last, before)?).await?;
        let state = (ctx_of(ctx).clone(), filter);
        let all = count(state, |(ctx, filter)| async move { query::count(&ctx, &filter).await });
        Ok(OrderConnection::new(page.map(Order), all))
    }

    /// Finds orders by what a customer at the counter can show: a number, receipt code, barcode, card, phone or e-mail
    /// address. Newest first, at most 20.
    async fn order_lookup(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What was said or scanned.")] code: String,
    ) -> Result<Vec<Order>> {
        let found = domain::register::lookup::orders(ctx_of(ctx), &code).await?;
        Ok(found.into_iter().map(Order).collect())
    }
}

/// What staff do to orders.
#[derive(Clone, Copy, Debug, Default)]
pub struct OrderMutation;

/// What staff do to orders.
#[Object]
impl OrderMutation {
    /// Writes a note on an order.
    async fn order_note_add(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The note.")] input: OrderNoteAddInput,
    ) -> Result<OrderPayload> {
        let changed = match parse_id(&input.order_id, "input.orderId") {
            Ok(id) => add_note::add_note(ctx_of(ctx), id, &input.body).await,
            Err(error) => Err(error),
        };
        OrderPayload::of(ctx, changed)
    }

    /// Gives an order to a customer.
    async fn order_customer_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The order and its customer.")] input: OrderCustomerSetInput,
    ) -> Result<OrderPayload> {
        let ids = parse_id(&input.order_id, "input.orderId")
            .and_then(|order| Ok((order, parse_id(&input.customer_id, "input.customerId")?)));
        let changed = match ids {
            Ok((order, customer)) => {
                set_customer::set_customer(ctx_of(ctx), order, customer, input.expected_version).await
            }
            Err(error) => Err(error),
        };
        OrderPayload::of(ctx, changed)
    }
}
