//! Transfers between locations.

mod input;

use async_graphql::{Context, ID, Object};
use domain::Result;
use domain::transfer::{self as transfers, Done, query, suggestion};
use entity::id::TransferId;
use entity::transfer::Model;

use crate::connection::{count, page_request};
use crate::context::ctx_of;
use crate::node::transfer::{Transfer, TransferConnection, TransferSuggestion};
use crate::payload;
use crate::scalar::parse_id;

pub use input::{
    TransferCancelInput, TransferCloseInput, TransferCreateInput, TransferDispatchInput, TransferFilter,
    TransferReceiveInput, TransferStepInput, TransferUpdateInput,
};

payload! {
    /// The transfer after the change.
    pub struct TransferPayload {
        /// The transfer, as it is now.
        transfer: Transfer,
        /// Whether the same key did it before; nothing was done again.
        replayed: bool,
    }
}

fn shown(done: Done<Model>) -> (Transfer, bool) {
    (Transfer(done.row), done.replayed)
}

/// Queries about transfers.
#[derive(Debug, Default)]
pub struct TransferQuery;

#[Object]
impl TransferQuery {
    /// A transfer from or to one of your places; null when there is none.
    async fn transfer(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id of the transfer.")] id: ID,
    ) -> Result<Option<Transfer>> {
        let id: TransferId = parse_id(&id, "id")?;
        Ok(query::get(ctx_of(ctx), id).await?.map(Transfer))
    }

    /// Transfers from or to your places, newest first.
    async fn transfers(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones; all when left out.", default)] filter: TransferFilter,
        #[graphql(desc = "How many, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only what goes before this cursor.")] before: Option<String>,
    ) -> Result<TransferConnection> {
        let request = page_request(first, after, last, before)?;
        let (ctx, filter) = (ctx_of(ctx).clone(), filter.read()?);
        let page = query::page(&ctx, &filter, &request).await?;
        let all = count((ctx, filter), |(ctx, filter)| async move { query::count(&ctx, &filter).await });
        Ok(TransferConnection::new(page.map(Transfer), all))
    }

    /// What a location runs short of and another has plenty of, at most 100 variants: fewer free and expected units than
    /// its safety stock (or the location's default, at least one), while the other keeps twice its own.
    async fn transfer_suggestions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id of the location that would receive.")] location_id: ID,
    ) -> Result<Vec<TransferSuggestion>> {
        let place = parse_id(&location_id, "locationId")?;
        let found = suggestion::suggestions(ctx_of(ctx), place).await?;
        Ok(found.into_iter().map(TransferSuggestion).collect())
    }
}

/// Changes of transfers.
#[derive(Debug, Default)]
pub struct TransferMutation;

#[Object]
impl TransferMutation {
    /// Writes a draft: what shall go from where to where; once per key.
    async fn transfer_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The transfer.")] input: TransferCreateInput,
    ) -> Result<TransferPayload> {
        let done = match input.read(ctx) {
            Ok(input) => transfers::create(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        TransferPayload::of(ctx, done.map(shown))
    }

    /// Writes a draft again as a whole; once per key.
    async fn transfer_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The draft as it should be.")] input: TransferUpdateInput,
    ) -> Result<TransferPayload> {
        let done = match input.read(ctx) {
            Ok(input) => transfers::update(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        TransferPayload::of(ctx, done.map(shown))
    }

    /// Puts a draft's goods aside at the sender; once per key.
    async fn transfer_ready(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: TransferStepInput,
    ) -> Result<TransferPayload> {
        let done = match input.read(ctx) {
            Ok(input) => transfers::make_ready(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        TransferPayload::of(ctx, done.map(shown))
    }

    /// Makes a ready transfer a draft again: its goods are free; once per key.
    async fn transfer_reopen(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: TransferStepInput,
    ) -> Result<TransferPayload> {
        let done = match input.read(ctx) {
            Ok(input) => transfers::reopen(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        TransferPayload::of(ctx, done.map(shown))
    }

    /// The goods leave the sender, all or fewer; what stays is free again; once per key.
    async fn transfer_dispatch(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What leaves.")] input: TransferDispatchInput,
    ) -> Result<TransferPayload> {
        let done = match input.read(ctx) {
            Ok(input) => transfers::dispatch(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        TransferPayload::of(ctx, done.map(shown))
    }

    /// Receives units at the destination, all or some; once per key.
    async fn transfer_receive(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What arrived.")] input: TransferReceiveInput,
    ) -> Result<TransferPayload> {
        let done = match input.read(ctx) {
            Ok(input) => transfers::receive(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        TransferPayload::of(ctx, done.map(shown))
    }

    /// Everything still under way is missing; once per key.
    async fn transfer_close(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one, and why.")] input: TransferCloseInput,
    ) -> Result<TransferPayload> {
        let done = match input.read(ctx) {
            Ok(input) => transfers::close_rest(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        TransferPayload::of(ctx, done.map(shown))
    }

    /// Gives a transfer up. What is under way goes back into the sender's stock or is lost; once per key.
    async fn transfer_cancel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one, and what becomes of its goods.")] input: TransferCancelInput,
    ) -> Result<TransferPayload> {
        let done = match input.read(ctx) {
            Ok(input) => transfers::cancel(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        TransferPayload::of(ctx, done.map(shown))
    }
}
