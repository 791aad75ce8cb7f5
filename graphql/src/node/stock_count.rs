//! Stock counts with their lines and sessions.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::stock_count::query::{self, LineFilter};
use domain::stock_count::{LineProblem, TagsRead};
use domain::{Error, Result};
use entity::id::StockCountId;
use entity::status::{StateMachine, StockCountAction};
use entity::words::{StockCountKind, StockCountStatus};
use entity::{stock_count, stock_count_line, stock_count_session};

use super::location::{Location, location_of};
use super::storage::StorageArea;
use super::variant::Variant;
use crate::connection;
use crate::connection::{count, page_request};
use crate::context::ctx_of;
use crate::loader::{self, Rows};
use crate::scalar::id;
use crate::word::{Word, words};

/// A count.
#[derive(Clone, Debug)]
pub struct StockCount(pub stock_count::Model);

impl From<stock_count::Model> for StockCount {
    fn from(row: stock_count::Model) -> Self {
        Self(row)
    }
}

connection!(StockCountConnection, StockCountEdge, StockCount, "stock counts");

/// Which lines of a count are wanted; what is left out asks for nothing.
#[derive(Clone, Copy, Debug, Default, InputObject)]
pub struct StockCountLineFilter {
    /// Whether it was counted.
    pub counted: Option<bool>,
    /// Whether stock moved while it was counted, so that it must be counted again.
    pub unsettled: Option<bool>,
    /// Whether it differs from what was expected; refused while a blind count is counted.
    pub varying: Option<bool>,
    /// Whether it is to be counted in the present round.
    pub in_round: Option<bool>,
}

impl From<StockCountLineFilter> for LineFilter {
    fn from(filter: StockCountLineFilter) -> Self {
        let StockCountLineFilter { counted, unsettled, varying, in_round } = filter;
        Self { counted, unsettled, varying, in_round }
    }
}

/// A count of a location or a part of it.
#[Object]
impl StockCount {
    /// Id.
    async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// Number for people, such as `C-000123`.
    async fn number(&self) -> &str {
        &self.0.number
    }

    /// Where.
    async fn location(&self, ctx: &Context<'_>) -> Result<Location> {
        location_of(ctx, self.0.location_id).await
    }

    /// Named goods or everything.
    async fn kind(&self) -> Word<StockCountKind> {
        Word(self.0.kind)
    }

    /// How far it is.
    async fn status(&self) -> Word<StockCountStatus> {
        Word(self.0.status)
    }

    /// What may be done now.
    async fn supported_actions(&self) -> Vec<Word<StockCountAction>> {
        words(self.0.status.supported_actions())
    }

    /// Whether nobody sees what is expected while people count.
    async fn blind(&self) -> bool {
        self.0.blind
    }

    /// For the counters.
    async fn note(&self) -> &str {
        &self.0.note
    }

    /// Which counting it is; a recount begins the next.
    async fn round(&self) -> i32 {
        self.0.round
    }

    /// How many lines are done.
    async fn progress(&self, ctx: &Context<'_>) -> Result<StockCountProgress> {
        let found = loader::load(ctx, ProgressOf(self.0.id)).await?.unwrap_or_default();
        let varying = query::shows_expected(&self.0).then_some(found.varying);
        Ok(StockCountProgress { lines: found.lines, counted: found.counted, unsettled: found.unsettled, varying })
    }

    /// Who counted what, oldest first.
    async fn sessions(&self, ctx: &Context<'_>) -> Result<Vec<StockCountSession>> {
        Ok(loader::load(ctx, SessionsOf(self.0.id)).await?.unwrap_or_default())
    }

    /// What is counted.
    async fn lines(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones; all when left out.", default)] filter: StockCountLineFilter,
        #[graphql(desc = "How many, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only what goes before this cursor.")] before: Option<String>,
    ) -> Result<StockCountLineConnection> {
        let request = page_request(first, after, last, before)?;
        let (db, filter, of) = (ctx_of(ctx).db(), LineFilter::from(filter), self.0.clone());
        let page = query::line_page(&db, &of, &filter, &request).await?;
        let shown = query::shows_expected(&of);
        let all = count((db, of), move |(db, of)| async move { query::line_count(&db, &of, &filter).await });
        Ok(StockCountLineConnection::new(page.map(|row| StockCountLine { row, shown }), all))
    }

    /// When counting ended; null while people count.
    async fn submitted_at(&self) -> Option<DateTime<Utc>> {
        self.0.submitted_at
    }

    /// When the variance was posted.
    async fn accepted_at(&self) -> Option<DateTime<Utc>> {
        self.0.accepted_at
    }

    /// Id of the member of staff who accepted it.
    async fn accepted_by_id(&self) -> Option<ID> {
        self.0.accepted_by.map(id)
    }

    /// When it was given up.
    async fn canceled_at(&self) -> Option<DateTime<Utc>> {
        self.0.canceled_at
    }

    /// Grows with each change; send it as `expectedVersion` to change only what you saw.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// When it was created.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it last changed.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }
}

/// How far a count is.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub struct StockCountProgress {
    /// Lines in all.
    pub lines: i64,
    /// Lines that were counted.
    pub counted: i64,
    /// Lines that must be counted again because stock moved while they were counted.
    pub unsettled: i64,
    /// Lines that differ from what was expected; null while a blind count is counted.
    pub varying: Option<i64>,
}

/// A line of a count.
#[derive(Clone, Debug)]
pub struct StockCountLine {
    /// The row.
    pub row: stock_count_line::Model,
    /// Whether what is expected may be told.
    pub shown: bool,
}

impl StockCountLine {
    /// Lines of a count as its viewers may see them now.
    #[must_use]
    pub fn of(count: &stock_count::Model, rows: Vec<stock_count_line::Model>) -> Vec<Self> {
        let shown = query::shows_expected(count);
        rows.into_iter().map(|row| Self { row, shown }).collect()
    }
}

connection!(StockCountLineConnection, StockCountLineEdge, StockCountLine, "lines of a stock count");

/// What was expected and counted of one variant.
#[Object]
impl StockCountLine {
    /// Id.
    async fn id(&self) -> ID {
        id(self.row.id)
    }

    /// Id of the variant.
    async fn variant_id(&self) -> ID {
        id(self.row.variant_id)
    }

    /// The variant.
    async fn variant(&self, ctx: &Context<'_>) -> Result<Option<Variant>> {
        loader::load(ctx, self.row.variant_id).await
    }

    /// The counting in which it is, or was, to be counted.
    async fn round(&self) -> i32 {
        self.row.round
    }

    /// Units found; null when nobody counted it in its round.
    async fn counted(&self) -> Option<i64> {
        self.row.counted
    }

    /// Units on hand by the ledger at the last count of it; null when nobody counted it, and while a blind count is
    /// counted.
    async fn expected(&self) -> Option<i64> {
        self.row.expected.filter(|_| self.shown)
    }

    /// Counted minus expected; null as `expected` is.
    async fn variance(&self) -> Option<i64> {
        let both = self.row.counted.zip(self.row.expected).filter(|_| self.shown);
        both.map(|(counted, expected)| counted.saturating_sub(expected))
    }

    /// Whether stock moved between two counts of it, so that it must be counted again.
    async fn unsettled(&self) -> bool {
        self.row.unsettled
    }

    /// What was posted; null before.
    async fn accepted_variance(&self) -> Option<i64> {
        self.row.accepted_variance
    }
}

/// A session of a count.
#[derive(Clone, Debug)]
pub struct StockCountSession(pub stock_count_session::Model);

impl From<stock_count_session::Model> for StockCountSession {
    fn from(row: stock_count_session::Model) -> Self {
        Self(row)
    }
}

/// One person counting one area.
#[Object]
impl StockCountSession {
    /// Id.
    async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// The area; null for anywhere at the location.
    async fn storage_area(&self, ctx: &Context<'_>) -> Result<Option<StorageArea>> {
        match self.0.storage_area_id {
            Some(key) => loader::load(ctx, key).await,
            None => Ok(None),
        }
    }

    /// Id of the member of staff who counts; null for an app.
    async fn staff_id(&self) -> Option<ID> {
        self.0.staff_id.map(id)
    }

    /// In which counting.
    async fn round(&self) -> i32 {
        self.0.round
    }

    /// When it began.
    async fn started_at(&self) -> DateTime<Utc> {
        self.0.started_at
    }

    /// When it ended; null while it goes on.
    async fn closed_at(&self) -> Option<DateTime<Utc>> {
        self.0.closed_at
    }
}

/// A line that misses more units than are free: what is promised, put aside or damaged stands in the way.
#[derive(Clone, Debug)]
pub struct StockCountProblem(pub LineProblem);

/// A line whose variance could not be posted, with what stands in its way.
#[Object]
impl StockCountProblem {
    /// The line.
    async fn line(&self) -> StockCountLine {
        StockCountLine { row: self.0.line.clone(), shown: true }
    }

    /// Units that should be written off.
    async fn quantity(&self) -> i64 {
        self.0.quantity
    }

    /// Units that are free, with those kept back as a buffer.
    async fn free(&self) -> i64 {
        self.0.level.available() + self.0.level.safety_stock
    }

    /// Units promised to open work.
    async fn committed(&self) -> i64 {
        self.0.level.committed
    }

    /// Units put aside.
    async fn reserved(&self) -> i64 {
        self.0.level.reserved
    }

    /// Damaged units.
    async fn damaged(&self) -> i64 {
        self.0.level.damaged
    }

    /// Units that wait for inspection.
    async fn quality_control(&self) -> i64 {
        self.0.level.quality_control
    }

    /// Units on hand that have serial or lot numbers; the missing ones must be named in `missingUnits`.
    async fn numbered(&self) -> i64 {
        self.0.level.numbered
    }

    /// Ids of the open fulfillment orders that hold units there; reject them first.
    async fn fulfillment_order_ids(&self) -> Vec<ID> {
        self.0.work.iter().map(id).collect()
    }
}

/// A GTIN that tags named and no variant has.
#[derive(Clone, Debug, SimpleObject)]
pub struct UnknownGtin {
    /// GTIN-14.
    pub gtin: String,
    /// Tags that say so.
    pub tags: u64,
}

/// Goods that tags named and that are not to be counted now.
#[derive(Clone, Debug, SimpleObject)]
pub struct UnexpectedGoods {
    /// Id of the variant.
    pub variant_id: ID,
    /// Tags that say so.
    pub tags: u64,
}

/// What became of the tags that a reader heard.
#[derive(Clone, Debug, SimpleObject)]
pub struct StockCountTags {
    /// Tags that were counted now.
    pub counted: u64,
    /// Tags that this round had counted before.
    pub again: u64,
    /// GTINs that no variant has.
    pub unknown: Vec<UnknownGtin>,
    /// Goods that are not to be counted now.
    pub unexpected: Vec<UnexpectedGoods>,
    /// What is no SGTIN-96, as it was sent.
    pub unreadable: Vec<String>,
}

impl From<&TagsRead> for StockCountTags {
    fn from(read: &TagsRead) -> Self {
        let unexpected = read.unexpected.iter();
        Self {
            counted: read.counted,
            again: read.again,
            unknown: read.unknown.iter().map(|(gtin, tags)| UnknownGtin { gtin: gtin.clone(), tags: *tags }).collect(),
            unexpected: unexpected.map(|(key, tags)| UnexpectedGoods { variant_id: id(key), tags: *tags }).collect(),
            unreadable: read.unreadable.clone(),
        }
    }
}

/// Key of the sessions of a count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SessionsOf(pub StockCountId);

impl Loader<SessionsOf> for Rows {
    type Value = Vec<StockCountSession>;
    type Error = Error;

    async fn load(&self, keys: &[SessionsOf]) -> Result<HashMap<SessionsOf, Vec<StockCountSession>>> {
        let ids: Vec<StockCountId> = keys.iter().map(|key| key.0).collect();
        let mut found: HashMap<SessionsOf, Vec<StockCountSession>> = HashMap::with_capacity(keys.len());
        for row in query::sessions_of(&self.ctx.db(), &ids).await? {
            found.entry(SessionsOf(row.stock_count_id)).or_default().push(StockCountSession(row));
        }
        Ok(found)
    }
}

/// Key of how far a count is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ProgressOf(pub StockCountId);

impl Loader<ProgressOf> for Rows {
    type Value = query::Progress;
    type Error = Error;

    async fn load(&self, keys: &[ProgressOf]) -> Result<HashMap<ProgressOf, query::Progress>> {
        let ids: Vec<StockCountId> = keys.iter().map(|key| key.0).collect();
        let found = query::progress_of(&self.ctx.db(), &ids).await?;
        Ok(found.into_iter().map(|(key, progress)| (ProgressOf(key), progress)).collect())
    }
}
