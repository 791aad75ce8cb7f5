//! The work of locations: the queue, and what clerks do to it.

pub mod input;
pub mod parcel;
pub mod picking;

use async_graphql::{Context, ID, MergedObject, Object, SimpleObject};
use domain::fulfillment::queue::{self, StatusCount};
use domain::fulfillment::{accept, hold_work, move_work, reject, split};
use domain::pickup::cancel_order;
use domain::{Ctx, Error, Result};
use entity::fulfillment_order;
use entity::id::LocationId;
use entity::words::FulfillmentOrderStatus;

use crate::connection::{count, page_request};
use crate::context::ctx_of;
use crate::node::fulfillment_order::{FulfillmentOrder, FulfillmentOrderConnection};
use crate::node::order::Order;
use crate::payload;
use crate::scalar::{parse_id, parse_ids};
use crate::word::Word;

pub use input::{
    FulfillmentOrderFilter, FulfillmentOrderHoldInput, FulfillmentOrderMoveInput, FulfillmentOrderRefInput,
    FulfillmentOrderReferenceInput, FulfillmentOrderRejectInput, FulfillmentOrderSplitInput, FulfillmentOrdersInput,
    OrderCancelInput,
};
pub use parcel::ParcelMutation;
pub use picking::{PickingMutation, PickingQuery};

payload! {
    /// Work after a change.
    pub struct FulfillmentOrdersPayload {
        /// The work, by id.
        fulfillment_orders: Vec<FulfillmentOrder>,
    }
}

payload! {
    /// Work after a change.
    pub struct FulfillmentOrderPayload {
        /// The work.
        fulfillment_order: FulfillmentOrder,
        /// Whether the same key did it before; nothing was done again.
        replayed: bool,
    }
}

payload! {
    /// Work that a location gave back.
    pub struct FulfillmentOrderRejectPayload {
        /// The work as it is now; canceled when nothing of it is left.
        fulfillment_order: FulfillmentOrder,
        /// The work that serves the units now; without a location when nobody can. Empty on a replay.
        rerouted: Vec<FulfillmentOrder>,
        /// Whether the same key did it before; nothing was done again.
        replayed: bool,
    }
}

payload! {
    /// Work that was split.
    pub struct FulfillmentOrderSplitPayload {
        /// What stayed.
        fulfillment_order: FulfillmentOrder,
        /// What has a fulfillment order of its own now.
        split_off: FulfillmentOrder,
        /// Whether the same key did it before; nothing was done again.
        replayed: bool,
    }
}

payload! {
    /// An order of which units were canceled.
    pub struct OrderCancelPayload {
        /// The order.
        order: Order,
        /// Whether the same key did it before; nothing was done again.
        replayed: bool,
    }
}

/// Unfinished work in one state.
#[derive(Clone, Debug, SimpleObject)]
pub struct FulfillmentOrderCount {
    /// The state.
    pub status: Word<FulfillmentOrderStatus>,
    /// Fulfillment orders in it.
    pub total: i64,
    /// Of these, the ones whose promise is broken.
    pub late: i64,
    /// Of these, the ones whose promise ends within four hours.
    pub at_risk: i64,
}

impl From<StatusCount> for FulfillmentOrderCount {
    fn from(count: StatusCount) -> Self {
        Self { status: Word(count.status), total: count.total, late: count.late, at_risk: count.at_risk }
    }
}

/// Queries about the work of locations.
#[derive(MergedObject, Default)]
pub struct FulfillmentQuery(QueueQuery, PickingQuery);

/// What clerks do.
#[derive(MergedObject, Default)]
pub struct FulfillmentMutation(QueueMutation, PickingMutation, ParcelMutation);

/// The queue.
#[derive(Debug, Default)]
pub struct QueueQuery;

#[Object]
impl QueueQuery {
    /// The work at your locations, what was promised first first. Unfinished work only, unless you name statuses.
    #[graphql(complexity = "first.or(last).unwrap_or(20).max(1) as usize * child_complexity")]
    async fn fulfillment_orders(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.", default)] filter: FulfillmentOrderFilter,
        #[graphql(desc = "How many from the start; 20 when nothing is said, at most 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Result<FulfillmentOrderConnection> {
        let filter = filter.read()?;
        let page = queue::page(ctx_of(ctx), &filter, &page_request(first, after, last, before)?).await?;
        let state = (ctx_of(ctx).clone(), filter);
        let all = count(state, |(ctx, filter)| async move { queue::count(&ctx, &filter).await });
        Ok(FulfillmentOrderConnection::new(page.map(FulfillmentOrder), all))
    }

    /// Work at one of your locations; null when there is none.
    async fn fulfillment_order(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its id.")] id: ID,
    ) -> Result<Option<FulfillmentOrder>> {
        Ok(queue::find(ctx_of(ctx), parse_id(&id, "id")?).await?.map(FulfillmentOrder))
    }

    /// How much unfinished work there is in each state, for a dashboard.
    async fn fulfillment_order_counts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At these locations; at all of yours when left out.", default)] location_ids: Vec<ID>,
    ) -> Result<Vec<FulfillmentOrderCount>> {
        let places: Vec<LocationId> = parse_ids(&location_ids, "locationIds")?;
        Ok(queue::counts(ctx_of(ctx), &places).await?.into_iter().map(Into::into).collect())
    }
}

/// What clerks do to the queue.
#[derive(Debug, Default)]
pub struct QueueMutation;

fn shown(work: Vec<fulfillment_order::Model>) -> Vec<FulfillmentOrder> {
    work.into_iter().map(FulfillmentOrder).collect()
}

fn kept((work, replayed): (fulfillment_order::Model, bool)) -> (FulfillmentOrder, bool) {
    (FulfillmentOrder(work), replayed)
}

/// Runs a command on an input that could be read.
async fn run<'a, I, T, F>(ctx: &'a Ctx, input: Result<I, Error>, command: impl FnOnce(&'a Ctx, I) -> F) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    match input {
        Ok(input) => command(ctx, input).await,
        Err(error) => Err(error),
    }
}

#[Object]
impl QueueMutation {
    /// Takes work from the queue, up to 100 fulfillment orders at once, all of them or none.
    async fn fulfillment_order_accept(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which work.")] input: FulfillmentOrdersInput,
    ) -> Result<FulfillmentOrdersPayload> {
        let done = match input.read() {
            Ok(work) => accept::accept(ctx_of(ctx), &work).await,
            Err(error) => Err(error),
        };
        FulfillmentOrdersPayload::of(ctx, done.map(shown))
    }

    /// Puts work back into the queue; what was picked goes back on the shelf. All of it or none.
    async fn fulfillment_order_put_back(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which work.")] input: FulfillmentOrdersInput,
    ) -> Result<FulfillmentOrdersPayload> {
        let done = match input.read() {
            Ok(work) => accept::put_back(ctx_of(ctx), &work).await,
            Err(error) => Err(error),
        };
        FulfillmentOrdersPayload::of(ctx, done.map(shown))
    }

    /// Stops open work with a reason; its stock stays promised.
    async fn fulfillment_order_hold(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which work, and why.")] input: FulfillmentOrderHoldInput,
    ) -> Result<FulfillmentOrderPayload> {
        let done = run(ctx_of(ctx), input.read(), hold_work::hold).await;
        FulfillmentOrderPayload::of(ctx, done.map(|work| kept((work, false))))
    }

    /// Lets held work go on.
    async fn fulfillment_order_release(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which work.")] input: FulfillmentOrderReferenceInput,
    ) -> Result<FulfillmentOrderPayload> {
        let done = run(ctx_of(ctx), input.read(), hold_work::release).await;
        FulfillmentOrderPayload::of(ctx, done.map(|work| kept((work, false))))
    }

    /// Gives work back with a reason: the location is not asked for these units again, another one is. Once per key.
    async fn fulfillment_order_reject(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is given back, and why.")] input: FulfillmentOrderRejectInput,
    ) -> Result<FulfillmentOrderRejectPayload> {
        let done = run(ctx_of(ctx), input.read(ctx), reject::reject).await;
        let shown = done.map(|done| (FulfillmentOrder(done.work), shown(done.rerouted), done.replayed));
        FulfillmentOrderRejectPayload::of(ctx, shown)
    }

    /// Gives work that has not begun, or waits for stock, to another location; once per key.
    async fn fulfillment_order_move(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which work, and where to.")] input: FulfillmentOrderMoveInput,
    ) -> Result<FulfillmentOrderPayload> {
        let done = run(ctx_of(ctx), input.read(ctx), move_work::move_work).await;
        FulfillmentOrderPayload::of(ctx, done.map(kept))
    }

    /// Splits units off work that has not begun; once per key.
    async fn fulfillment_order_split(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which units.")] input: FulfillmentOrderSplitInput,
    ) -> Result<FulfillmentOrderSplitPayload> {
        let done = run(ctx_of(ctx), input.read(ctx), split::split).await;
        let shown = done.map(|done| (FulfillmentOrder(done.work), FulfillmentOrder(done.split_off), done.replayed));
        FulfillmentOrderSplitPayload::of(ctx, shown)
    }

    /// Cancels an order of which nothing has left, or units that have not: the work is given up, the stock is free again,
    /// the money goes back. Once per key.
    async fn order_cancel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which order, and which units of it.")] input: OrderCancelInput,
    ) -> Result<OrderCancelPayload> {
        let done = match input.read(ctx) {
            Ok((input, keeps)) => cancel_order::cancel_order_for(ctx_of(ctx), input, keeps).await,
            Err(error) => Err(error),
        };
        OrderCancelPayload::of(ctx, done.map(|done| (Order(done.order), done.replayed)))
    }
}
