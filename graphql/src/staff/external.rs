//! What warehouse management systems and logistics providers ask and tell.

mod report;
mod stock;
mod task;

use async_graphql::{Context, ID, Object};
use domain::fulfillment::acknowledge::{Acknowledged, Acknowledgement, acknowledge};
use domain::inventory::sync::{self, Synced};
use domain::shipping::confirm::{Confirm, confirm};
use domain::shipping::feed;
use domain::{Ctx, Result};

use crate::context::ctx_of;
use crate::payload;
use crate::scalar::parse_id;

pub use report::{
    FulfillmentConfirmInput, FulfillmentConfirmResult, FulfillmentOrderAcknowledgeInput,
    FulfillmentOrderAcknowledgeResult,
};
pub use stock::{StockSyncInput, StockSyncResult};
pub use task::{FulfillmentOrderFeed, FulfillmentTask};

payload! {
    /// What became of a stock sync.
    pub struct StockSyncPayload {
        /// One result per item, in the order of the items.
        results: Vec<StockSyncResult>,
        /// Whether the same key did it before; nothing was done again, and these are the results of then.
        replayed: bool,
    }
}

fn synced(done: Synced) -> (Vec<StockSyncResult>, bool) {
    (done.results.into_iter().map(StockSyncResult::from).collect(), done.replayed)
}

payload! {
    /// What became of acknowledgements.
    pub struct FulfillmentOrderAcknowledgePayload {
        /// One result per item, in the order of the items.
        results: Vec<FulfillmentOrderAcknowledgeResult>,
    }
}

payload! {
    /// What became of confirmations.
    pub struct FulfillmentConfirmPayload {
        /// One result per fact, in the order of the facts.
        results: Vec<FulfillmentConfirmResult>,
    }
}

async fn acknowledged(
    ctx: &Context<'_>,
    items: Vec<Acknowledgement>,
) -> Result<Vec<FulfillmentOrderAcknowledgeResult>> {
    let done = acknowledge(ctx_of(ctx), &items).await?;
    let tasks = tasks_of(ctx_of(ctx), &done).await?;
    let task = |done: &Acknowledged| {
        let work = done.work.as_ref()?;
        tasks.iter().find(|task| task.work.id == work.id).cloned().map(FulfillmentTask::from)
    };
    done.into_iter()
        .map(|done| {
            let task = task(&done);
            FulfillmentOrderAcknowledgeResult::of(ctx, done, task)
        })
        .collect()
}

async fn tasks_of(ctx: &Ctx, done: &[Acknowledged]) -> Result<Vec<feed::Task>> {
    let work = done.iter().filter_map(|done| done.work.clone()).collect();
    feed::tasks(&ctx.db(), work).await
}

async fn confirmed(ctx: &Context<'_>, input: Confirm) -> Result<Vec<FulfillmentConfirmResult>> {
    let done = confirm(ctx_of(ctx), &input).await?;
    done.into_iter().map(|done| FulfillmentConfirmResult::of(ctx, done)).collect()
}

/// What other systems ask.
#[derive(Clone, Copy, Debug, Default)]
pub struct ExternalQuery;

/// What other systems ask.
#[Object]
impl ExternalQuery {
    /// Work of a location that changed since a cursor, for those who pick and ship elsewhere: in the order of its
    /// changes, without a cursor from the oldest unfinished work on. Goods that customers collect are left out. Work that
    /// changed within the last 30 seconds may be told twice; its version says so. Null for a location that is not yours.
    async fn fulfillment_order_feed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id of the location.")] location_id: ID,
        #[graphql(desc = "The cursor of the last answer.")] after: Option<String>,
        #[graphql(desc = "How many at once, 1 to 100; 100 when left out.")] first: Option<i32>,
    ) -> Result<Option<FulfillmentOrderFeed>> {
        let location = parse_id(&location_id, "locationId")?;
        let found = feed::feed(ctx_of(ctx), location, after.as_deref(), first).await?;
        Ok(found.map(Into::into))
    }
}

/// What other systems tell.
#[derive(Clone, Copy, Debug, Default)]
pub struct ExternalMutation;

/// What other systems tell.
#[Object]
impl ExternalMutation {
    /// Brings stock levels up to what another system says, once per key: the order in which its words arrive does not
    /// matter.
    async fn stock_sync(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What it says.")] input: StockSyncInput,
    ) -> Result<StockSyncPayload> {
        let done = match input.read(ctx) {
            Ok(input) => sync::sync(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        StockSyncPayload::of(ctx, done.map(synced))
    }

    /// Takes work on for another system: keeps its id there, and accepts open work. Each item stands for itself; the
    /// same again changes nothing.
    async fn fulfillment_order_acknowledge(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which work.")] input: FulfillmentOrderAcknowledgeInput,
    ) -> Result<FulfillmentOrderAcknowledgePayload> {
        let done = match input.read() {
            Ok(items) => acknowledged(ctx, items).await,
            Err(error) => Err(error),
        };
        FulfillmentOrderAcknowledgePayload::of(ctx, done)
    }

    /// Records what another system did: parcels that left, and units that it cannot give. Each fact stands for itself and
    /// is known by its external id; the order in which facts arrive does not matter.
    async fn fulfillment_confirm(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What it did.")] input: FulfillmentConfirmInput,
    ) -> Result<FulfillmentConfirmPayload> {
        let done = match input.read() {
            Ok(input) => confirmed(ctx, input).await,
            Err(error) => Err(error),
        };
        FulfillmentConfirmPayload::of(ctx, done)
    }
}
