//! The work queue of locations: what is to be done, in the order in which it was promised.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use entity::id::{EventId, FulfillmentOrderId, LocationId, ShippingMethodId};
use entity::words::{Carrier, DeliveryMethod, FulfillmentOrderStatus, ParkingReason};
use entity::{event, fulfillment_order, order, order_shipping, shipping_method};
use sea_orm::sea_query::{Expr, ExprTrait, NullOrdering, Order, Query, SelectStatement};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, FromQueryResult, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};

use super::desk;
use crate::kernel::paging::{Cursor, Page, PageRequest};
use crate::kernel::{Ctx, Error, ErrorCode, Permission, Result, text};

use fulfillment_order::Column;

/// How long before its promise work counts as at risk, unless the client says otherwise.
pub const AT_RISK_WITHIN: TimeDelta = TimeDelta::hours(4);

/// Farthest look ahead.
const MAX_WITHIN: TimeDelta = TimeDelta::days(366);

/// States in which work waits for somebody.
pub const UNFINISHED: [FulfillmentOrderStatus; 5] = [
    FulfillmentOrderStatus::Scheduled,
    FulfillmentOrderStatus::Open,
    FulfillmentOrderStatus::InProgress,
    FulfillmentOrderStatus::Packed,
    FulfillmentOrderStatus::OnHold,
];

/// Which work is wanted; empty fields ask for nothing.
#[derive(Clone, Debug, Default)]
pub struct QueueFilter {
    /// At these locations; all within reach when empty.
    pub locations: Vec<LocationId>,
    /// In these states; the [`UNFINISHED`] ones when empty.
    pub statuses: Vec<FulfillmentOrderStatus>,
    /// By these methods.
    pub methods: Vec<DeliveryMethod>,
    /// Parked for these reasons.
    pub parked_as: Vec<ParkingReason>,
    /// Whether its promise is broken already.
    pub late: Option<bool>,
    /// Unfinished work whose promise ends within this time, or is broken already.
    pub due_within: Option<TimeDelta>,
    /// Whose shipping method is usually carried by one of these.
    pub carriers: Vec<Carrier>,
    /// Of these shipping methods.
    pub shipping_methods: Vec<ShippingMethodId>,
    /// Of the order with this number, whole.
    pub order_number: Option<String>,
}

fn is_late(now: DateTime<Utc>) -> Condition {
    Condition::all().add(Column::FulfillBy.lt(now)).add(Column::Status.is_in(UNFINISHED))
}

fn orders_shipped_by(filter: &QueueFilter) -> Option<SelectStatement> {
    if filter.carriers.is_empty() && filter.shipping_methods.is_empty() {
        return None;
    }
    let mut orders = Query::select();
    orders.column((order_shipping::Entity, order_shipping::Column::OrderId)).from(order_shipping::Entity);
    if !filter.shipping_methods.is_empty() {
        let methods = filter.shipping_methods.iter().copied();
        orders.and_where(order_shipping::Column::MethodId.is_in(methods));
    }
    if !filter.carriers.is_empty() {
        let mut methods = Query::select();
        methods
            .column(shipping_method::Column::Id)
            .from(shipping_method::Entity)
            .and_where(shipping_method::Column::Carrier.is_in(filter.carriers.iter().copied()));
        orders.and_where(order_shipping::Column::MethodId.in_subquery(methods));
    }
    Some(orders)
}

fn wanted(ctx: &Ctx, filter: &QueueFilter) -> Result<Select<fulfillment_order::Entity>> {
    let scope = ctx.require(Permission::FulfillmentWork)?;
    let mut query = fulfillment_order::Entity::find().filter(desk::within(&scope));
    if !filter.locations.is_empty() {
        query = query.filter(Column::LocationId.is_in(filter.locations.iter().copied()));
    }
    query = if filter.statuses.is_empty() {
        query.filter(Column::Status.is_in(UNFINISHED))
    } else {
        query.filter(Column::Status.is_in(filter.statuses.iter().copied()))
    };
    if !filter.methods.is_empty() {
        query = query.filter(Column::Method.is_in(filter.methods.iter().copied()));
    }
    if !filter.parked_as.is_empty() {
        query = query.filter(Column::ParkedAs.is_in(filter.parked_as.iter().copied()));
    }
    query = match filter.late {
        Some(true) => query.filter(is_late(ctx.now())),
        Some(false) => query.filter(Column::FulfillBy.is_null().or(Column::FulfillBy.gte(ctx.now()))),
        None => query,
    };
    if let Some(within) = filter.due_within {
        if within < TimeDelta::zero() || within > MAX_WITHIN {
            return Err(Error::invalid(ErrorCode::Invalid, "filter.dueWithin"));
        }
        query = query.filter(is_late(ctx.now() + within));
    }
    if let Some(orders) = orders_shipped_by(filter) {
        query = query.filter(Column::OrderId.in_subquery(orders));
    }
    let number = filter.order_number.as_deref().map(|number| text::line("filter.orderNumber", number, text::LINE));
    if let Some(number) = number.transpose()?.filter(|number| !number.is_empty()) {
        let mut orders = Query::select();
        orders.column(order::Column::Id).from(order::Entity).and_where(order::Column::Number.eq(number.to_uppercase()));
        query = query.filter(Column::OrderId.in_subquery(orders));
    }
    Ok(query)
}

/// A page of work within reach: what was promised first stands first, what was promised for no time stands last.
/// Errors: `UNAUTHENTICATED`, `FORBIDDEN`, `INVALID_CURSOR`, `INVALID` for a look ahead of more than a year.
pub async fn page(ctx: &Ctx, filter: &QueueFilter, request: &PageRequest) -> Result<Page<fulfillment_order::Model>> {
    let mut query = wanted(ctx, filter)?.limit(request.size + 1);
    if let Some(after) = &request.after {
        query = query.filter(beyond(after, true)?);
    }
    if let Some(before) = &request.before {
        query = query.filter(beyond(before, false)?);
    }
    let query = if request.backwards {
        query.order_by_with_nulls(Column::FulfillBy, Order::Desc, NullOrdering::First).order_by_desc(Column::Id)
    } else {
        query.order_by_with_nulls(Column::FulfillBy, Order::Asc, NullOrdering::Last).order_by_asc(Column::Id)
    };
    Ok(Page::from_rows(request, query.all(&ctx.db()).await?, cursor))
}

/// How much work [`page`] has in all.
pub async fn count(ctx: &Ctx, filter: &QueueFilter) -> Result<u64> {
    Ok(wanted(ctx, filter)?.count(&ctx.db()).await?)
}

fn cursor(work: &fulfillment_order::Model) -> Cursor {
    let key = work.fulfill_by.map(|by| by.to_rfc3339_opts(SecondsFormat::Nanos, true)).unwrap_or_default();
    Cursor { key, id: work.id.uuid() }
}

/// What stands behind (or before) a cursor.
fn beyond(cursor: &Cursor, behind: bool) -> Result<Condition> {
    let past_id = if behind { Column::Id.gt(cursor.id) } else { Column::Id.lt(cursor.id) };
    if cursor.key.is_empty() {
        let same = Condition::all().add(Column::FulfillBy.is_null()).add(past_id);
        return Ok(if behind { same } else { Condition::any().add(same).add(Column::FulfillBy.is_not_null()) });
    }
    let by = DateTime::parse_from_rfc3339(&cursor.key)
        .map_err(|_| Error::invalid(ErrorCode::InvalidCursor, "after"))?
        .with_timezone(&Utc);
    let same = Condition::all().add(Column::FulfillBy.eq(by)).add(past_id);
    Ok(if behind {
        Condition::any().add(Column::FulfillBy.gt(by)).add(same).add(Column::FulfillBy.is_null())
    } else {
        Condition::any().add(Column::FulfillBy.lt(by)).add(same)
    })
}

/// One piece of work within reach; `None` when it is missing or elsewhere. Errors: `UNAUTHENTICATED`, `FORBIDDEN`.
pub async fn find(ctx: &Ctx, id: FulfillmentOrderId) -> Result<Option<fulfillment_order::Model>> {
    let scope = ctx.require(Permission::FulfillmentWork)?;
    Ok(fulfillment_order::Entity::find_by_id(id).filter(desk::within(&scope)).one(&ctx.db()).await?)
}

/// Whether an event tells that work was moved away from a location where the actor works.
pub async fn moved_from(ctx: &Ctx, event_id: EventId, location: LocationId) -> Result<bool> {
    if !ctx.require(Permission::FulfillmentWork)?.allows_location(location) {
        return Ok(false);
    }
    let found = event::Entity::find_by_id(event_id).one(&ctx.db()).await?;
    Ok(found.is_some_and(|event| {
        event.kind == "fulfillment_order_moved"
            && event.payload.get("from_location_id").and_then(|id| id.as_str()) == Some(&location.to_string())
    }))
}

/// How much unfinished work there is in one state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromQueryResult)]
pub struct StatusCount {
    /// The state.
    pub status: FulfillmentOrderStatus,
    /// Fulfillment orders in it.
    pub total: i64,
    /// Of these, the ones whose promise is broken.
    pub late: i64,
    /// Of these, the ones whose promise ends within [`AT_RISK_WITHIN`].
    pub at_risk: i64,
}

/// Unfinished work per state, for a dashboard; every state is told, also those with nothing. One statement.
/// Errors: `UNAUTHENTICATED`, `FORBIDDEN`.
pub async fn counts(ctx: &Ctx, locations: &[LocationId]) -> Result<Vec<StatusCount>> {
    let filter = QueueFilter { locations: locations.to_vec(), ..QueueFilter::default() };
    let (now, soon) = (ctx.now(), ctx.now() + AT_RISK_WITHIN);
    let sum = |which: Condition| {
        let one = Expr::case(which, Expr::cust("1")).finally(Expr::cust("0"));
        // A sum of integers is NUMERIC on PostgreSQL.
        Expr::expr(one).sum().cast_as("bigint")
    };
    let at_risk = Condition::all().add(Column::FulfillBy.gte(now)).add(Column::FulfillBy.lt(soon));
    let found: Vec<StatusCount> = wanted(ctx, &filter)?
        .select_only()
        .column(Column::Status)
        .column_as(Column::Id.count(), "total")
        .column_as(sum(Condition::all().add(Column::FulfillBy.lt(now))), "late")
        .column_as(sum(at_risk), "at_risk")
        .group_by(Column::Status)
        .into_model()
        .all(&ctx.db())
        .await?;
    let of = |status: FulfillmentOrderStatus| {
        let counted = found.iter().find(|count| count.status == status).copied();
        counted.unwrap_or(StatusCount { status, total: 0, late: 0, at_risk: 0 })
    };
    Ok(UNFINISHED.into_iter().map(of).collect())
}
