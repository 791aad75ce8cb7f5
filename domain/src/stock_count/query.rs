//! Reads of counts.

use std::collections::{BTreeSet, HashMap};

use entity::id::{LocationId, StockCountId, StockCountLineId};
use entity::words::StockCountStatus;
use entity::{stock_count, stock_count_line, stock_count_session};
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, FromQueryResult, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

use crate::kernel::paging::{Cursor, Page, PageRequest, newest_first};
use crate::{Ctx, Error, ErrorCode, Permission, Result};

/// How to find one count.
#[derive(Debug, Clone)]
pub enum CountLookup {
    /// By id.
    Id(StockCountId),
    /// By number, such as `C-000123`.
    Number(String),
}

/// Which counts are wanted; what is left out asks for nothing.
#[derive(Debug, Clone, Default)]
pub struct CountFilter {
    /// At these locations.
    pub locations: Option<BTreeSet<LocationId>>,
    /// In these stages.
    pub statuses: Option<Vec<StockCountStatus>>,
}

/// Which lines are wanted; what is left out asks for nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct LineFilter {
    /// Whether it was counted.
    pub counted: Option<bool>,
    /// Whether it must be counted again because stock moved.
    pub unsettled: Option<bool>,
    /// Whether it differs from what was expected.
    pub varying: Option<bool>,
    /// Whether it is to be counted in the present round.
    pub in_round: Option<bool>,
}

/// How far a count is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, FromQueryResult)]
pub struct Progress {
    /// Lines in all.
    pub lines: i64,
    /// Lines that were counted.
    pub counted: i64,
    /// Lines that must be counted again because stock moved.
    pub unsettled: i64,
    /// Lines that differ from what was expected.
    pub varying: i64,
}

/// Counts that the actor may read: where it may count, accept counts or read stock. Errors: `UNAUTHENTICATED`,
/// `FORBIDDEN` with none of these anywhere.
fn readable(ctx: &Ctx) -> Result<Condition> {
    let mut places: BTreeSet<LocationId> = BTreeSet::new();
    let mut refused = None;
    let mut somewhere = false;
    for permission in [Permission::CountsAccept, Permission::StockRead, Permission::CountsWork] {
        match ctx.require(permission).map(|scope| scope.locations()) {
            Ok(None) => return Ok(Condition::all()),
            Ok(Some(some)) => {
                somewhere = true;
                places.extend(some);
            }
            Err(error) => refused = Some(error),
        }
    }
    match refused {
        Some(error) if !somewhere => Err(error),
        Some(_) | None => Ok(Condition::all().add(stock_count::Column::LocationId.is_in(places))),
    }
}

/// One count that the actor may read; `None` when it is missing or out of reach. Error: `FORBIDDEN`.
pub async fn find(ctx: &Ctx, lookup: CountLookup) -> Result<Option<stock_count::Model>> {
    let key = match lookup {
        CountLookup::Id(id) => stock_count::Column::Id.eq(id),
        CountLookup::Number(number) => stock_count::Column::Number.eq(number.trim().to_uppercase()),
    };
    Ok(stock_count::Entity::find().filter(readable(ctx)?).filter(key).one(&ctx.db()).await?)
}

/// Counts, newest first. Error: `FORBIDDEN`.
pub async fn page(ctx: &Ctx, filter: &CountFilter, request: &PageRequest) -> Result<Page<stock_count::Model>> {
    let query = stock_count::Entity::find().filter(wanted(ctx, filter)?);
    let rows = newest_first(query, stock_count::Column::Id, request).all(&ctx.db()).await?;
    Ok(Page::from_rows(request, rows, |row| Cursor::of(row.id.uuid())))
}

/// How many [`page`] walks through.
pub async fn count(ctx: &Ctx, filter: &CountFilter) -> Result<u64> {
    Ok(stock_count::Entity::find().filter(wanted(ctx, filter)?).count(&ctx.db()).await?)
}

fn wanted(ctx: &Ctx, filter: &CountFilter) -> Result<Condition> {
    use stock_count::Column;
    Ok(readable(ctx)?
        .add_option(filter.locations.as_ref().map(|ids| Column::LocationId.is_in(ids.iter().copied())))
        .add_option(filter.statuses.as_ref().map(|words| Column::Status.is_in(words.iter().copied()))))
}

/// Whether what is expected may be told: never of a blind count while people count.
#[must_use]
pub const fn shows_expected(count: &stock_count::Model) -> bool {
    match count.status {
        StockCountStatus::Open | StockCountStatus::Counting => !count.blind,
        StockCountStatus::Submitted | StockCountStatus::Accepted | StockCountStatus::Canceled => true,
    }
}

/// Lines of a count that the caller may read, by id. Error: `INVALID` at `filter.varying` while a blind count is counted.
pub async fn line_page(
    db: &impl ConnectionTrait,
    of: &stock_count::Model,
    filter: &LineFilter,
    request: &PageRequest,
) -> Result<Page<stock_count_line::Model>> {
    let mut query = stock_count_line::Entity::find().filter(lines(of, filter)?).limit(request.size + 1);
    if let Some(after) = &request.after {
        query = query.filter(stock_count_line::Column::Id.gt(StockCountLineId(after.id)));
    }
    if let Some(before) = &request.before {
        query = query.filter(stock_count_line::Column::Id.lt(StockCountLineId(before.id)));
    }
    let id = stock_count_line::Column::Id;
    let query = if request.backwards { query.order_by_desc(id) } else { query.order_by_asc(id) };
    let rows = query.all(db).await?;
    Ok(Page::from_rows(request, rows, |row| Cursor::of(row.id.uuid())))
}

/// How many [`line_page`] walks through.
pub async fn line_count(db: &impl ConnectionTrait, of: &stock_count::Model, filter: &LineFilter) -> Result<u64> {
    Ok(stock_count_line::Entity::find().filter(lines(of, filter)?).count(db).await?)
}

fn lines(of: &stock_count::Model, filter: &LineFilter) -> Result<Condition> {
    use stock_count_line::Column;
    if filter.varying.is_some() && !shows_expected(of) {
        return Err(Error::invalid(ErrorCode::Invalid, "filter.varying"));
    }
    let counted = |yes: bool| if yes { Column::Counted.is_not_null() } else { Column::Counted.is_null() };
    let varying = |yes: bool| {
        let (counted, expected) = (Expr::col(Column::Counted), Expr::col(Column::Expected));
        if yes { counted.ne(expected) } else { counted.eq(expected) }
    };
    let in_round = |yes: bool| if yes { Column::Round.eq(of.round) } else { Column::Round.ne(of.round) };
    Ok(Condition::all()
        .add(Column::StockCountId.eq(of.id))
        .add_option(filter.counted.map(counted))
        .add_option(filter.unsettled.map(|yes| Column::Unsettled.eq(yes)))
        .add_option(filter.varying.map(varying))
        .add_option(filter.in_round.map(in_round)))
}

/// The sessions of counts, oldest first.
pub async fn sessions_of(
    db: &impl ConnectionTrait,
    counts: &[StockCountId],
) -> Result<Vec<stock_count_session::Model>> {
    let found = stock_count_session::Entity::find()
        .filter(stock_count_session::Column::StockCountId.is_in(counts.iter().copied()))
        .order_by_asc(stock_count_session::Column::Id);
    Ok(found.all(db).await?)
}

#[derive(FromQueryResult)]
struct ProgressRow {
    stock_count_id: StockCountId,
    #[sea_orm(nested)]
    progress: Progress,
}

/// How far counts are. One statement.
pub async fn progress_of(
    db: &impl ConnectionTrait,
    counts: &[StockCountId],
) -> Result<HashMap<StockCountId, Progress>> {
    let tally = |condition: &str| Expr::cust(format!("COALESCE(SUM(CASE WHEN {condition} THEN 1 ELSE 0 END), 0)"));
    let rows = stock_count_line::Entity::find()
        .select_only()
        .column(stock_count_line::Column::StockCountId)
        .column_as(Expr::cust("COUNT(*)"), "lines")
        .column_as(tally("counted IS NOT NULL"), "counted")
        .column_as(tally("unsettled"), "unsettled")
        .column_as(tally("counted <> expected"), "varying")
        .filter(stock_count_line::Column::StockCountId.is_in(counts.iter().copied()))
        .group_by(stock_count_line::Column::StockCountId)
        .into_model::<ProgressRow>()
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|row| (row.stock_count_id, row.progress)).collect())
}
