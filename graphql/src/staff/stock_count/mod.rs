//! Stock counts.

mod input;

use async_graphql::{Context, Object};
use domain::Result;
use domain::stock_count::query as counts;
use domain::stock_count::{
    Accepted, Recorded, TagsRead, accept, cancel, create, read_tags, record, recount, start, submit,
};

use crate::connection::{count, page_request};
use crate::context::ctx_of;
use crate::node::stock_count::{
    StockCount, StockCountConnection, StockCountLine, StockCountProblem, StockCountSession, StockCountTags,
};
use crate::payload;

pub use input::{
    StockCountAcceptInput, StockCountCancelInput, StockCountCreateInput, StockCountFilter, StockCountLookup,
    StockCountReadTagsInput, StockCountRecordInput, StockCountRecountInput, StockCountStartInput,
    StockCountSubmitInput,
};

payload! {
    /// The count after the change.
    pub struct StockCountPayload {
        /// The count.
        stock_count: StockCount,
    }
}

payload! {
    /// The session in which you count.
    pub struct StockCountStartPayload {
        /// The session.
        session: StockCountSession,
    }
}

payload! {
    /// The count after entries were recorded.
    pub struct StockCountRecordPayload {
        /// The count.
        stock_count: StockCount,
        /// The lines that were counted, as they are now; empty when the same key did it before.
        lines: Vec<StockCountLine>,
        /// Whether the same key did it before; nothing was done again.
        replayed: bool,
    }
}

payload! {
    /// The count after tags were read.
    pub struct StockCountReadTagsPayload {
        /// The count.
        stock_count: StockCount,
        /// What became of the tags.
        tags: StockCountTags,
        /// The lines that were counted, as they are now.
        lines: Vec<StockCountLine>,
        /// Whether the same key did it before; nothing was done again.
        replayed: bool,
    }
}

payload! {
    /// The count after it was accepted, or as far as it could be.
    pub struct StockCountAcceptPayload {
        /// The count: `ACCEPTED` when no line is left, else still `SUBMITTED`.
        stock_count: StockCount,
        /// Lines whose variance could not be posted, and what stands in their way.
        problems: Vec<StockCountProblem>,
        /// Whether the same key did it before; nothing was done again.
        replayed: bool,
    }
}

fn recorded(done: Recorded) -> (StockCount, Vec<StockCountLine>, bool) {
    let lines = StockCountLine::of(&done.count, done.lines);
    (done.count.into(), lines, done.replayed)
}

fn heard(done: TagsRead) -> (StockCount, StockCountTags, Vec<StockCountLine>, bool) {
    let tags = StockCountTags::from(&done);
    let lines = StockCountLine::of(&done.count, done.lines);
    (done.count.into(), tags, lines, done.replayed)
}

fn accepted(done: Accepted) -> (StockCount, Vec<StockCountProblem>, bool) {
    (done.count.into(), done.problems.into_iter().map(StockCountProblem).collect(), done.replayed)
}

/// Queries about counts.
#[derive(Debug, Default)]
pub struct StockCountQuery;

#[Object]
impl StockCountQuery {
    /// Stock counts of the locations where you count, accept counts or read stock, newest first.
    async fn stock_counts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones; all when left out.", default)] filter: StockCountFilter,
        #[graphql(desc = "How many, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only what goes before this cursor.")] before: Option<String>,
    ) -> Result<StockCountConnection> {
        let request = page_request(first, after, last, before)?;
        let (viewer, filter) = (ctx_of(ctx).clone(), filter.read()?);
        let page = counts::page(&viewer, &filter, &request).await?;
        let all = count((viewer, filter), |(viewer, filter)| async move { counts::count(&viewer, &filter).await });
        Ok(StockCountConnection::new(page.map(StockCount), all))
    }

    /// One stock count; null when there is none or it is out of your reach.
    async fn stock_count(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] by: StockCountLookup,
    ) -> Result<Option<StockCount>> {
        Ok(counts::find(ctx_of(ctx), by.read()?).await?.map(StockCount))
    }
}

/// Changes of counts.
#[derive(Debug, Default)]
pub struct StockCountMutation;

#[Object]
impl StockCountMutation {
    /// Begins a count of named goods, or of everything at a location; once per key.
    async fn stock_count_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is counted.")] input: StockCountCreateInput,
    ) -> Result<StockCountPayload> {
        let done = match input.read(ctx) {
            Ok(input) => create(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        StockCountPayload::of(ctx, done)
    }

    /// Begins your session in an area; the one that is open when you count there already.
    async fn stock_count_start(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Where you count.")] input: StockCountStartInput,
    ) -> Result<StockCountStartPayload> {
        let done = match input.read() {
            Ok(input) => start(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        StockCountStartPayload::of(ctx, done)
    }

    /// Records what you found, all entries or none; once per key.
    async fn stock_count_record(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What you found.")] input: StockCountRecordInput,
    ) -> Result<StockCountRecordPayload> {
        let done = match input.read(ctx) {
            Ok(input) => record(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        StockCountRecordPayload::of(ctx, done.map(recorded))
    }

    /// Counts RFID tags, each once in a round; what says nothing or something else is reported. Once per key.
    async fn stock_count_read_tags(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What the reader heard.")] input: StockCountReadTagsInput,
    ) -> Result<StockCountReadTagsPayload> {
        let done = match input.read(ctx) {
            Ok(input) => read_tags(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        StockCountReadTagsPayload::of(ctx, done.map(heard))
    }

    /// Ends counting and closes all sessions; somebody else accepts.
    async fn stock_count_submit(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which count.")] input: StockCountSubmitInput,
    ) -> Result<StockCountPayload> {
        let done = match input.read() {
            Ok(input) => submit(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        StockCountPayload::of(ctx, done)
    }

    /// Begins the next round, in which the chosen lines are counted again from nothing.
    async fn stock_count_recount(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which lines.")] input: StockCountRecountInput,
    ) -> Result<StockCountPayload> {
        let done = match input.read() {
            Ok(input) => recount(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        StockCountPayload::of(ctx, done)
    }

    /// Posts the variance, by someone who did not count: each line whole or not at all. Lines that promised, put-aside or
    /// damaged units stand in the way of come back as problems, and the count stays submitted. Once per key.
    async fn stock_count_accept(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which count.")] input: StockCountAcceptInput,
    ) -> Result<StockCountAcceptPayload> {
        let done = match input.read(ctx) {
            Ok(input) => accept(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        StockCountAcceptPayload::of(ctx, done.map(accepted))
    }

    /// Gives a count up; what was posted stays posted.
    async fn stock_count_cancel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which count.")] input: StockCountCancelInput,
    ) -> Result<StockCountPayload> {
        let done = match input.read() {
            Ok(input) => cancel(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        StockCountPayload::of(ctx, done)
    }
}
