//! Somebody else accepts what was counted, and the variance is posted.

use std::collections::{BTreeMap, BTreeSet};

use entity::id::{EventId, FulfillmentOrderId, StockCountId, VariantId};
use entity::status::StockCountAction;
use entity::words::{CauseKind, FulfillmentOrderStatus, MovementKind, StockState};
use entity::{
    fulfillment_order, fulfillment_order_line, stock_count, stock_count_entry, stock_count_line, stock_count_session,
};
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, JoinType, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, RelationTrait,
};
use serde::Serialize;
use serde_json::json;

use super::lock;
use crate::inventory::level::Counters;
use crate::inventory::unit::{self, Fate, NumberedUnits};
use crate::inventory::write_off::{self, Loss, Shortfall};
use crate::inventory::{Cause, Movement, post};
use crate::kernel::event::NewEvent;
use crate::kernel::idempotency::{self, Claim};
use crate::kernel::version;
use crate::{Actor, Ctx, Error, ErrorCode, Permission, Result, Tx};

/// A count to accept.
#[derive(Debug, Clone, Serialize)]
pub struct AcceptCount {
    /// Which.
    pub count_id: StockCountId,
    /// Serial and lot numbers of what is missing, for goods of which all units have numbers.
    pub missing_units: Vec<NumberedUnits>,
    /// Serial and lot numbers of what was found beyond what was expected.
    pub found_units: Vec<NumberedUnits>,
    /// The version that was read; another one is refused.
    pub expected_version: Option<i32>,
    /// The client's key: the same key accepts once.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// A count after it was accepted, or as far as it could be.
#[derive(Debug, Clone)]
pub struct Accepted {
    /// The count: `ACCEPTED` when no line is left, else still `SUBMITTED`.
    pub count: stock_count::Model,
    /// Lines whose variance could not be posted.
    pub problems: Vec<LineProblem>,
    /// Whether the same key did it before.
    pub replayed: bool,
}

/// A line that misses more than is free: what is promised, put aside or damaged stands in the way.
#[derive(Debug, Clone)]
pub struct LineProblem {
    /// The line.
    pub line: stock_count_line::Model,
    /// Units that should be written off.
    pub quantity: i64,
    /// The stock level as it is.
    pub level: Counters,
    /// Open work there that holds units; to be rejected first.
    pub work: Vec<FulfillmentOrderId>,
}

/// Posts the variance of a submitted count, by someone who did not count. Each line is posted whole or not at all: a
/// line that misses more than is free and kept back is left as it is and reported with the open work to reject; the
/// count then stays submitted, and accepting again posts the rest. Lines that nobody counted are left out.
///
/// Errors: `FORBIDDEN`, `NOT_FOUND`, `STALE_VERSION`, `INVALID_TRANSITION`, `COUNTED_BY_YOURSELF`, `COUNT_UNSETTLED`
/// while a line must be counted again, what numbers must be (see [`unit::take`] and [`unit::put`]), `IDEMPOTENCY_KEY_REUSED`.
pub async fn accept(ctx: &Ctx, input: AcceptCount) -> Result<Accepted> {
    let scope = &ctx.require(Permission::CountsAccept)?;
    let key = &idempotency::checked_key(&input.idempotency_key)?;
    let hash = &idempotency::request_hash(&input)?;
    let units = &unit::checked(&input.missing_units)?;
    let found = &unit::checked(&input.found_units)?;
    let input = &input;
    ctx.write(|tx| async move {
        let tx = &tx;
        let id = input.count_id;
        let claim = idempotency::claim(tx, "stockCountAccept", key, hash, id.uuid()).await?;
        let count = lock::lock(tx, scope, id).await?;
        if claim != Claim::Fresh {
            return Ok(Accepted { count, problems: Vec::new(), replayed: true });
        }
        version::check(input.expected_version, count.version)?;
        lock::check(&count, StockCountAction::Accept)?;
        check_counters(tx, id).await?;
        check_settled(tx, id).await?;
        unit::take(tx, count.location_id, units, Fate::Removed).await?;
        let short = post_variance(tx, &count).await?;
        unit::put(tx, count.location_id, found).await?;
        mark(tx, &count, &short).await?;
        let problems = problems(tx, &count, short).await?;
        let count =
            if problems.is_empty() { lock::transition(tx, count, StockCountAction::Accept).await? } else { count };
        Ok(Accepted { count, problems, replayed: false })
    })
    .await
}

/// Whoever recorded anything in the count must not accept it. Error: `COUNTED_BY_YOURSELF`.
async fn check_counters(tx: &Tx, id: StockCountId) -> Result<()> {
    use stock_count_session::Column;
    let me = match &tx.ctx().actor {
        // Jobs and the command line count nothing.
        Actor::System => return Ok(()),
        Actor::Staff { id, .. } => Column::StaffId.eq(*id),
        // An app counts as nobody's name: it may be any of those that counted without one.
        Actor::App { .. } | Actor::Device(_) | Actor::Guest { .. } | Actor::Customer { .. } => {
            Column::StaffId.is_null()
        }
    };
    let counted = stock_count_entry::Entity::find()
        .join(JoinType::InnerJoin, stock_count_entry::Relation::StockCountSession.def())
        .filter(Column::StockCountId.eq(id))
        .filter(me)
        .limit(1)
        .one(tx)
        .await?;
    if counted.is_some() { Err(Error::invalid(ErrorCode::CountedByYourself, "")) } else { Ok(()) }
}

/// Whether no line must be counted again. Error: `COUNT_UNSETTLED`.
async fn check_settled(tx: &Tx, id: StockCountId) -> Result<()> {
    use stock_count_line::Column;
    let lines = stock_count_line::Entity::find()
        .filter(Column::StockCountId.eq(id))
        .filter(Column::Unsettled.eq(true))
        .filter(Column::AcceptedVariance.is_null())
        .count(tx)
        .await?;
    if lines == 0 {
        return Ok(());
    }
    Err(Error::invalid_with(ErrorCode::CountUnsettled, "countId", vec![("count", lines.to_string())]))
}

/// Lines whose variance is to be posted.
fn open_lines(id: StockCountId) -> Condition {
    use stock_count_line::Column;
    Condition::all()
        .add(Column::StockCountId.eq(id))
        .add(Column::Counted.is_not_null())
        .add(Column::AcceptedVariance.is_null())
}

/// Posts what can be posted; returns the lines that cannot, with what stands in the way.
async fn post_variance(tx: &Tx, count: &stock_count::Model) -> Result<Vec<(stock_count_line::Model, Shortfall)>> {
    use stock_count_line::Column;
    let differing = Expr::col(Column::Counted).ne(Expr::col(Column::Expected));
    let lines = stock_count_line::Entity::find().filter(open_lines(count.id)).filter(differing).all(tx).await?;
    if lines.is_empty() {
        return Ok(Vec::new());
    }
    let payload = json!({ "number": count.number, "location_id": count.location_id, "lines": lines.len() });
    let event_id = tx.event(NewEvent::new("stock_count_posted", "stock_count", count.id.uuid()).payload(payload));
    let losses: Vec<Loss> = lines.iter().filter_map(|line| loss(count, line)).collect();
    let (mut movements, short) = write_off::plan(tx, &losses, event_id).await?;
    movements.extend(lines.iter().filter_map(|line| gain(count, line, event_id)));
    post(tx, &movements).await?;
    let mut lines: BTreeMap<VariantId, stock_count_line::Model> =
        lines.into_iter().map(|line| (line.variant_id, line)).collect();
    Ok(short.into_iter().filter_map(|short| Some((lines.remove(&short.key.1)?, short))).collect())
}

/// Counted minus expected; 0 for what was not counted.
fn variance(line: &stock_count_line::Model) -> i64 {
    line.counted.zip(line.expected).map_or(0, |(counted, expected)| counted.saturating_sub(expected))
}

fn cause(line: &stock_count_line::Model) -> Cause {
    Cause::of(CauseKind::CountLine, line.id.uuid())
}

fn loss(count: &stock_count::Model, line: &stock_count_line::Model) -> Option<Loss> {
    let quantity = variance(line).checked_neg().filter(|missing| *missing > 0)?;
    Some(Loss { key: (count.location_id, line.variant_id), quantity, cause: cause(line) })
}

fn gain(count: &stock_count::Model, line: &stock_count_line::Model, event_id: EventId) -> Option<Movement> {
    let quantity = Some(variance(line)).filter(|more| *more > 0)?;
    Some(Movement {
        location_id: count.location_id,
        variant_id: line.variant_id,
        kind: MovementKind::Adjusted,
        from: None,
        to: Some(StockState::Available),
        quantity,
        cause: cause(line),
        event_id,
    })
}

/// Notes on the lines what was posted.
async fn mark(tx: &Tx, count: &stock_count::Model, short: &[(stock_count_line::Model, Shortfall)]) -> Result<()> {
    use stock_count_line::Column;
    let posted = Expr::col(Column::Counted).sub(Expr::col(Column::Expected));
    stock_count_line::Entity::update_many()
        .col_expr(Column::AcceptedVariance, posted)
        .filter(open_lines(count.id))
        .exec(tx)
        .await?;
    if short.is_empty() {
        return Ok(());
    }
    stock_count_line::Entity::update_many()
        .col_expr(Column::AcceptedVariance, Expr::value(None::<i64>))
        .filter(Column::Id.is_in(short.iter().map(|(line, _)| line.id)))
        .exec(tx)
        .await?;
    Ok(())
}

/// What stands in the way of lines, with the open work that holds units there.
async fn problems(
    tx: &Tx,
    count: &stock_count::Model,
    short: Vec<(stock_count_line::Model, Shortfall)>,
) -> Result<Vec<LineProblem>> {
    use {fulfillment_order as work, fulfillment_order_line as work_line};
    if short.is_empty() {
        return Ok(Vec::new());
    }
    let goods: BTreeSet<VariantId> = short.iter().map(|(line, _)| line.variant_id).collect();
    let open: Vec<(VariantId, FulfillmentOrderId)> = work_line::Entity::find()
        .join(JoinType::InnerJoin, work_line::Relation::FulfillmentOrder.def())
        .filter(work_line::Column::VariantId.is_in(goods))
        .filter(work::Column::LocationId.eq(count.location_id))
        .filter(work::Column::Status.is_not_in([FulfillmentOrderStatus::Closed, FulfillmentOrderStatus::Canceled]))
        .order_by_asc(work::Column::Id)
        .select_only()
        .column(work_line::Column::VariantId)
        .column(work_line::Column::FulfillmentOrderId)
        .into_tuple()
        .all(tx)
        .await?;
    let of = |variant: VariantId| {
        let ids = open.iter().filter(|(of, _)| *of == variant).map(|(_, id)| *id);
        ids.collect::<BTreeSet<FulfillmentOrderId>>().into_iter().collect()
    };
    let problem = |(line, short): (stock_count_line::Model, Shortfall)| LineProblem {
        work: of(short.key.1),
        quantity: short.quantity,
        level: short.level,
        line,
    };
    Ok(short.into_iter().map(problem).collect())
}
