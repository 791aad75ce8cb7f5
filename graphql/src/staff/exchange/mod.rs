//! Other goods for those that come back: at a desk, and at the counter.

mod input;

use async_graphql::{Context, ID, Object};
use domain::Result;
use domain::returns::exchange::counter::{CounterExchange, exchange_at_counter};
use domain::returns::exchange::{Exchanged, cancel, create, preview, query, settle};

use crate::context::ctx_of;
use crate::error::{UserError, outcome};
use crate::node::exchange::{Exchange, ExchangePreview};
use crate::node::order::Order;
use crate::node::receipt::Receipt;
use crate::node::refund::Refund;
use crate::payload;
use crate::scalar::parse_id;
use crate::shop::exchange::ExchangePreviewInput;

pub use input::{ExchangeAtCounterInput, ExchangeCancelInput, ExchangeCreateInput, ExchangeSettleInput};

payload! {
    /// An exchange after a change that is made once per key.
    pub struct ExchangePayload {
        /// The exchange.
        exchange: Exchange,
        /// Whether the same key did it before; nothing was done again.
        replayed: bool,
    }
}

/// An exchange at a till, with everything that it gave out.
#[derive(Debug, async_graphql::SimpleObject)]
pub struct ExchangeAtCounterPayload {
    /// The exchange.
    pub exchange: Option<Exchange>,
    /// The order of the new goods: paid and handed over.
    pub order: Option<Order>,
    /// The receipt of the new goods.
    pub receipt: Option<Receipt>,
    /// The refund of the old goods, with its credit note.
    pub refund: Option<Refund>,
    /// Whether the same key did it before; nothing was done again.
    pub replayed: bool,
    /// What kept it from being done; empty when it was done.
    pub errors: Vec<UserError>,
}

impl ExchangeAtCounterPayload {
    fn of(ctx: &Context<'_>, done: Result<CounterExchange>) -> Result<Self> {
        let (done, errors) = outcome(ctx, done)?;
        let Some(CounterExchange { exchanged, sold, refund }) = done else {
            return Ok(Self { exchange: None, order: None, receipt: None, refund: None, replayed: false, errors });
        };
        Ok(Self {
            replayed: exchanged.replayed,
            exchange: Some(exchanged.into()),
            order: Some(Order(sold.order)),
            receipt: Some(Receipt(sold.receipt)),
            refund: refund.map(Refund),
            errors,
        })
    }
}

fn shown(done: Exchanged) -> (Exchange, bool) {
    let replayed = done.replayed;
    (done.into(), replayed)
}

/// Exchanges.
#[derive(Clone, Copy, Debug, Default)]
pub struct ExchangeQuery;

/// Exchanges.
#[Object]
impl ExchangeQuery {
    /// An exchange; null when there is none. Those of an order are under its returns.
    async fn exchange(&self, ctx: &Context<'_>, #[graphql(desc = "The exchange.")] id: ID) -> Result<Option<Exchange>> {
        Ok(query::visible(ctx_of(ctx), parse_id(&id, "id")?, None).await?.map(Into::into))
    }

    /// What an exchange would cost or give back; nothing is agreed on.
    async fn exchange_preview(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What would come back, and what is wanted.")] input: ExchangePreviewInput,
    ) -> Result<ExchangePreview> {
        Ok(preview::preview(ctx_of(ctx), &input.read()?).await?.into())
    }
}

/// Exchanging goods.
#[derive(Clone, Copy, Debug, Default)]
pub struct ExchangeMutation;

/// Exchanging goods.
#[Object]
impl ExchangeMutation {
    /// Agrees on an exchange for a customer; its return is approved at once. `AWAITING_RETURN` places the new goods when
    /// the old ones were looked at, `ADVANCE` at once against their full value; once per key.
    async fn exchange_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What comes back, and what is wanted.")] input: ExchangeCreateInput,
    ) -> Result<ExchangePayload> {
        let done = match input.read(ctx) {
            Ok(input) => create::create(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        ExchangePayload::of(ctx, done.map(shown))
    }

    /// Settles an exchange whose goods were looked at, as happens by itself otherwise: with money for dearer goods, or
    /// after new goods were short; once per key.
    async fn exchange_settle(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one, and what pays the rest.")] input: ExchangeSettleInput,
    ) -> Result<ExchangePayload> {
        let done = match input.read(ctx) {
            Ok(input) => settle::settle(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        ExchangePayload::of(ctx, done.map(shown))
    }

    /// Gives up new goods that were not placed yet: what came, or comes, gives money like any return; once per key.
    async fn exchange_cancel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: ExchangeCancelInput,
    ) -> Result<ExchangePayload> {
        let done = match input.read(ctx) {
            Ok(input) => cancel::cancel(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        ExchangePayload::of(ctx, done.map(shown))
    }

    /// Takes goods back and sells others in one call at a till: an exchange, even or not, or a return and a purchase in one
    /// basket. What comes back pays; the rest is paid, or goes back; once per key. Needs `pos.sell`, too.
    async fn exchange_at_counter(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What comes back, and what is taken along.")] input: ExchangeAtCounterInput,
    ) -> Result<ExchangeAtCounterPayload> {
        let done = match input.read(ctx) {
            Ok(input) => exchange_at_counter(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        ExchangeAtCounterPayload::of(ctx, done)
    }
}
