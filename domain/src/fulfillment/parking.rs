//! Work that waits without a location: who waits, and serving it when stock arrives, oldest promise first.
//!
//! Whatever may free stock only enqueues a job, and only when somebody waits for those goods. The jobs run one after the
//! other; each order is served in a transaction of its own under the lock of its row, so two workers that meet serve
//! it once. A schedule looks again every few minutes for what no event told: a pre-order's day, an expired hold.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use entity::id::{FulfillmentOrderId, OrderId, VariantId};
use entity::words::{FulfillmentOrderStatus, InventoryPolicy, ParkingReason};
use entity::{event, fulfillment_order, fulfillment_order_line, order, order_line, stock_level, variant};
use sea_orm::sea_query::{Expr, ExprTrait, Order, Query, SelectStatement};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::release::{self, By};
use crate::kernel::idempotency::{self, Claim};
use crate::kernel::job::NewJob;
use crate::kernel::paging::{Cursor, Page, PageRequest};
use crate::kernel::{Ctx, Error, ErrorCode, Permission, Result, Tx};
use crate::messaging::dispatch::{Handled, Handler};
use crate::order::access;

/// The job that serves waiting work.
pub const RELEASE_JOB: &str = "release_parked";
/// Orders that one job looks at; another job goes on after them.
const BATCH: u64 = 50;
/// Goods that one job is about.
const GOODS: u64 = 500;

/// Kinds of events after which stock may be there that was not. One list: whoever waits for stock listens to it.
pub const KINDS: &[&str] = &[
    "stock_received",
    "stock_adjusted",
    "stock_moved",
    "stock_imported",
    "stock_hold_released",
    "stock_hold_expired",
    "transfer_received",
    "transfer_canceled",
    "transfer_released",
    "shipping_notice_received",
    "stock_count_accepted",
    "fulfillment_order_canceled",
    "fulfillment_order_rejected",
    "fulfillment_order_moved",
    "order_work_given_up",
    "order_units_canceled",
];

/// Wakes the waiting work when something may have freed stock.
pub const HANDLER: Handler = Handler { name: "parking", kinds: KINDS, run: |tx, event| Box::pin(arrived(tx, event)) };

/// Input of [`RELEASE_JOB`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Release {
    /// The goods that arrived.
    pub variant_ids: BTreeSet<VariantId>,
    /// Go on after this work.
    pub after: Option<(Option<DateTime<Utc>>, FulfillmentOrderId)>,
}

impl Release {
    /// Jobs of one subject run one at a time: work is served in its turn.
    fn job(&self) -> NewJob {
        NewJob::new(RELEASE_JOB, json!(self)).subject("parking")
    }
}

async fn arrived(tx: &Tx, event: &event::Model) -> Result<Handled> {
    let named: Option<BTreeSet<VariantId>> =
        event.payload.get("variant_ids").and_then(|ids| serde_json::from_value(ids.clone()).ok());
    let variant_ids = servable(tx, tx.now(), named).await?;
    if variant_ids.is_empty() {
        return Ok(Handled::Nothing("nobody waits for it"));
    }
    tx.enqueue(Release { variant_ids, after: None }.job());
    Ok(Handled::Done)
}

/// Looks for goods that somebody waits for and that are there. Run by a schedule.
pub async fn sweep(ctx: &Ctx) -> Result<()> {
    let variant_ids = servable(&ctx.db(), ctx.now(), None).await?;
    if variant_ids.is_empty() {
        return Ok(());
    }
    let release = &Release { variant_ids, after: None };
    ctx.write(|tx| async move {
        tx.enqueue(release.job());
        Ok(())
    })
    .await
}

/// Serves one batch of waiting work, oldest promise first, and enqueues the next batch. Answers how many orders it served.
pub async fn run(ctx: &Ctx, release: &Release) -> Result<usize> {
    // Goods that are gone keep nobody busy.
    let variant_ids = servable(&ctx.db(), ctx.now(), Some(release.variant_ids.clone())).await?;
    let waiting = batch(&ctx.db(), ctx.now(), &variant_ids, release.after).await?;
    let mut served = 0;
    let mut seen: BTreeSet<OrderId> = BTreeSet::new();
    for work in &waiting {
        if !seen.insert(work.order_id) {
            continue;
        }
        let order_id = work.order_id;
        let done = ctx.write(|tx| async move { Box::pin(release::release(&tx, order_id, By::Arrival)).await }).await?;
        served += usize::from(!done.is_empty());
    }
    if let Some(last) = waiting.last().filter(|_| u64::try_from(waiting.len()).is_ok_and(|found| found >= BATCH)) {
        let next = &Release { variant_ids, after: Some((last.fulfill_by, last.id)) };
        ctx.write(|tx| async move {
            tx.enqueue(next.job());
            Ok(())
        })
        .await?;
    }
    Ok(served)
}

/// Which waiting work a person wants served now.
#[derive(Clone, Debug, Serialize)]
pub struct ReleaseByHand {
    /// The work; all waiting work of its order is looked at together.
    pub id: FulfillmentOrderId,
    /// The client's key.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// Serves waiting work out of its turn, whatever carts hold and other orders wait for; the channel's rules still say
/// who serves. Answers all work of the order that has a location through it.
///
/// Errors: `FORBIDDEN` (needs the permission everywhere), `NOT_FOUND`, `INVALID_TRANSITION` for work that does not wait,
/// `INSUFFICIENT_STOCK`, `IDEMPOTENCY_KEY_REUSED`.
pub async fn release_by_hand(ctx: &Ctx, input: ReleaseByHand) -> Result<fulfillment_order::Model> {
    let scope = ctx.require(Permission::FulfillmentWork)?;
    if scope.locations().is_some() {
        return Err(Error::Forbidden { permission: Permission::FulfillmentWork.as_str() });
    }
    let key = &idempotency::checked_key(&input.idempotency_key)?;
    let hash = &idempotency::request_hash(&input)?;
    let (id, scope) = (input.id, &scope);
    ctx.write(|tx| async move {
        let tx = &tx;
        let claim = idempotency::claim(tx, "parkedFulfillmentOrderRelease", key, hash, id.uuid()).await?;
        let found = fulfillment_order::Entity::find_by_id(id).find_also_related(order::Entity).one(tx).await?;
        let (work, _) = found
            .filter(|(_, order)| order.as_ref().is_some_and(|order| scope.covers_channel(Some(order.channel_id))))
            .ok_or(Error::not_found("fulfillmentOrder"))?;
        if claim != Claim::Fresh {
            return Ok(work);
        }
        if work.parked_as.is_none() || work.status != FulfillmentOrderStatus::Scheduled {
            let action = entity::status::FulfillmentOrderAction::Release;
            return Err(Error::transition("fulfillmentOrder", work.status, action));
        }
        if Box::pin(release::release(tx, work.order_id, By::Hand)).await?.is_empty() {
            return Err(release::shortage(tx, id).await?);
        }
        let changed = fulfillment_order::Entity::find_by_id(id).one(tx).await?;
        changed.ok_or(Error::not_found("fulfillmentOrder"))
    })
    .await
}

/// Work that waits.
fn waits() -> Condition {
    Condition::all()
        .add(fulfillment_order::Column::ParkedAs.is_not_null())
        .add(fulfillment_order::Column::LocationId.is_null())
        .add(fulfillment_order::Column::Status.eq(FulfillmentOrderStatus::Scheduled))
}

/// The lines that wait for goods whose day has come.
fn due_lines(now: DateTime<Utc>) -> SelectStatement {
    let early = Condition::all()
        .add(Expr::col((variant::Entity, variant::Column::InventoryPolicy)).eq(InventoryPolicy::Preorder))
        .add(Expr::col((variant::Entity, variant::Column::PreorderShipsOn)).is_not_null())
        .add(Expr::col((variant::Entity, variant::Column::PreorderShipsOn)).gt(now.date_naive()));
    Query::select()
        .from(fulfillment_order_line::Entity)
        .inner_join(
            fulfillment_order::Entity,
            Expr::col((fulfillment_order::Entity, fulfillment_order::Column::Id))
                .equals((fulfillment_order_line::Entity, fulfillment_order_line::Column::FulfillmentOrderId)),
        )
        .inner_join(
            order_line::Entity,
            Expr::col((order_line::Entity, order_line::Column::Id))
                .equals((fulfillment_order_line::Entity, fulfillment_order_line::Column::OrderLineId)),
        )
        .inner_join(
            variant::Entity,
            Expr::col((variant::Entity, variant::Column::Id))
                .equals((order_line::Entity, order_line::Column::VariantId)),
        )
        .cond_where(waits())
        .cond_where(early.not())
        .to_owned()
}

/// The goods among `named` that somebody waits for and that are free somewhere; among all goods without `named`.
async fn servable(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
    named: Option<BTreeSet<VariantId>>,
) -> Result<BTreeSet<VariantId>> {
    use stock_level::Column as Level;
    let wanted =
        due_lines(now).column((fulfillment_order_line::Entity, fulfillment_order_line::Column::VariantId)).to_owned();
    let claimed = Expr::col(Level::Committed)
        .add(Expr::col(Level::Reserved))
        .add(Expr::col(Level::Damaged))
        .add(Expr::col(Level::QualityControl))
        .add(Expr::col(Level::SafetyStock));
    let mut query = stock_level::Entity::find()
        .select_only()
        .column(Level::VariantId)
        .distinct()
        .filter(Level::VariantId.in_subquery(wanted))
        .filter(Expr::col(Level::OnHand).gt(claimed))
        .limit(GOODS);
    if let Some(named) = named {
        query = query.filter(Level::VariantId.is_in(named));
    }
    let found: Vec<VariantId> = query.into_tuple().all(db).await?;
    Ok(found.into_iter().collect())
}

/// The next work that waits for some goods, oldest promise first.
async fn batch(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
    variants: &BTreeSet<VariantId>,
    after: Option<(Option<DateTime<Utc>>, FulfillmentOrderId)>,
) -> Result<Vec<fulfillment_order::Model>> {
    if variants.is_empty() {
        return Ok(Vec::new());
    }
    let mine = due_lines(now)
        .column((fulfillment_order_line::Entity, fulfillment_order_line::Column::FulfillmentOrderId))
        .and_where(
            Expr::col((fulfillment_order_line::Entity, fulfillment_order_line::Column::VariantId))
                .is_in(variants.iter().copied()),
        )
        .to_owned();
    let mut query =
        fulfillment_order::Entity::find().filter(waits()).filter(fulfillment_order::Column::Id.in_subquery(mine));
    if let Some((promise, id)) = after {
        query = query.filter(later_than(promise, id));
    }
    Ok(in_turn(query, Order::Asc).limit(BATCH).all(db).await?)
}

/// Oldest promise first, then oldest; what was promised for no day comes last.
fn in_turn(
    query: sea_orm::Select<fulfillment_order::Entity>,
    order: Order,
) -> sea_orm::Select<fulfillment_order::Entity> {
    use fulfillment_order::Column;
    query
        .order_by(Expr::col((fulfillment_order::Entity, Column::FulfillBy)).is_null(), order.clone())
        .order_by(Column::FulfillBy, order.clone())
        .order_by(Column::Id, order)
}

fn later_than(promise: Option<DateTime<Utc>>, id: FulfillmentOrderId) -> Condition {
    use fulfillment_order::Column;
    match promise {
        Some(promise) => Condition::any()
            .add(Column::FulfillBy.is_null())
            .add(Column::FulfillBy.gt(promise))
            .add(Column::FulfillBy.eq(promise).and(Column::Id.gt(id))),
        None => Condition::any().add(Column::FulfillBy.is_null().and(Column::Id.gt(id))),
    }
}

fn earlier_than(promise: Option<DateTime<Utc>>, id: FulfillmentOrderId) -> Condition {
    use fulfillment_order::Column;
    match promise {
        Some(promise) => Condition::any()
            .add(Column::FulfillBy.lt(promise))
            .add(Column::FulfillBy.eq(promise).and(Column::Id.lt(id))),
        None => Condition::any()
            .add(Column::FulfillBy.is_not_null())
            .add(Column::FulfillBy.is_null().and(Column::Id.lt(id))),
    }
}

/// Which waiting work is listed.
#[derive(Clone, Debug, Default)]
pub struct ParkedFilter {
    /// Only what waits for one of these reasons; empty asks for nothing.
    pub reasons: Vec<ParkingReason>,
}

/// Waiting work of the orders that the actor may read, oldest promise first. Errors: `UNAUTHENTICATED`, `FORBIDDEN`,
/// `INVALID_CURSOR`.
pub async fn page(ctx: &Ctx, filter: &ParkedFilter, request: &PageRequest) -> Result<Page<fulfillment_order::Model>> {
    let mut query = listed(ctx, filter)?.limit(request.size + 1);
    if let Some(cursor) = &request.after {
        query = query.filter(later_than(promise_of(cursor)?, FulfillmentOrderId(cursor.id)));
    }
    if let Some(cursor) = &request.before {
        query = query.filter(earlier_than(promise_of(cursor)?, FulfillmentOrderId(cursor.id)));
    }
    let order = if request.backwards { Order::Desc } else { Order::Asc };
    let rows = in_turn(query, order).all(&ctx.db()).await?;
    Ok(Page::from_rows(request, rows, |row| Cursor {
        key: row.fulfill_by.map(|promise| promise.to_rfc3339()).unwrap_or_default(),
        id: row.id.uuid(),
    }))
}

/// How much work [`page`] walks through. Errors: `UNAUTHENTICATED`, `FORBIDDEN`.
pub async fn count(ctx: &Ctx, filter: &ParkedFilter) -> Result<u64> {
    Ok(listed(ctx, filter)?.count(&ctx.db()).await?)
}

fn listed(ctx: &Ctx, filter: &ParkedFilter) -> Result<sea_orm::Select<fulfillment_order::Entity>> {
    let orders = order::Entity::find().select_only().column(order::Column::Id).filter(access::readable(ctx)?);
    let query = fulfillment_order::Entity::find()
        .filter(waits())
        .filter(fulfillment_order::Column::OrderId.in_subquery(orders.into_query()));
    Ok(if filter.reasons.is_empty() {
        query
    } else {
        query.filter(fulfillment_order::Column::ParkedAs.is_in(filter.reasons.iter().copied()))
    })
}

fn promise_of(cursor: &Cursor) -> Result<Option<DateTime<Utc>>> {
    if cursor.key.is_empty() {
        return Ok(None);
    }
    let wrong = |_| Error::invalid(ErrorCode::InvalidCursor, "after");
    DateTime::parse_from_rfc3339(&cursor.key).map(|promise| Some(promise.to_utc())).map_err(wrong)
}
