//! Reads of flows and their runs.

use std::collections::{BTreeMap, BTreeSet};

use entity::id::{CustomerId, FlowId, FlowRunId, FlowVersionId, LocationId, OrderId};
use entity::words::FlowRunStatus;
use entity::{flow, flow_run, flow_step, flow_version, order};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, Select};

use crate::kernel::paging::{self, Cursor, Page, PageRequest};
use crate::kernel::{Ctx, Permission, Result, Scope};

/// A flow by its code. Errors: `UNAUTHENTICATED`, `FORBIDDEN`.
pub async fn by_code(ctx: &Ctx, code: &str) -> Result<Option<flow::Model>> {
    ctx.require(Permission::FlowsRead)?;
    Ok(flow::Entity::find().filter(flow::Column::Code.eq(code)).one(&ctx.db()).await?)
}

/// Flows by id; for loaders behind a check.
pub async fn by_ids(db: &impl ConnectionTrait, ids: &[FlowId]) -> Result<Vec<flow::Model>> {
    Ok(flow::Entity::find().filter(flow::Column::Id.is_in(ids.iter().copied())).all(db).await?)
}

/// Whether flows with steps are wanted, or the switches of messages.
#[derive(Debug, Clone, Copy, Default)]
pub struct FlowFilter {
    /// With steps, or without.
    pub has_steps: Option<bool>,
}

/// Flows, newest first. Errors: `UNAUTHENTICATED`, `FORBIDDEN`.
pub async fn page(ctx: &Ctx, filter: FlowFilter, request: &PageRequest) -> Result<Page<flow::Model>> {
    ctx.require(Permission::FlowsRead)?;
    let rows = paging::newest_first(filtered(filter), flow::Column::Id, request).all(&ctx.db()).await?;
    Ok(Page::from_rows(request, rows, |row| Cursor::of(row.id.uuid())))
}

/// How many [`page`] has in all.
pub async fn count(ctx: &Ctx, filter: FlowFilter) -> Result<u64> {
    ctx.require(Permission::FlowsRead)?;
    Ok(filtered(filter).count(&ctx.db()).await?)
}

fn filtered(filter: FlowFilter) -> Select<flow::Entity> {
    match filter.has_steps {
        Some(true) => flow::Entity::find().filter(flow::Column::TriggerKind.ne("MESSAGE")),
        Some(false) => flow::Entity::find().filter(flow::Column::TriggerKind.eq("MESSAGE")),
        None => flow::Entity::find(),
    }
}

/// What flows do now, for loaders behind a check.
pub async fn current_versions(
    db: &impl ConnectionTrait,
    ids: &[FlowId],
) -> Result<BTreeMap<FlowId, flow_version::Model>> {
    let rows = flow_version::Entity::find()
        .inner_join(flow::Entity)
        .filter(flow::Column::Id.is_in(ids.iter().copied()))
        .filter(
            Expr::col((flow_version::Entity, flow_version::Column::Number))
                .equals((flow::Entity, flow::Column::CurrentNumber)),
        )
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|row| (row.flow_id, row)).collect())
}

/// Every version of a flow, newest first; the last 100. For callers that have checked who may see it.
pub async fn versions(db: &impl ConnectionTrait, id: FlowId) -> Result<Vec<flow_version::Model>> {
    use sea_orm::QuerySelect;
    let query = flow_version::Entity::find().filter(flow_version::Column::FlowId.eq(id));
    Ok(query.order_by_desc(flow_version::Column::Number).limit(100).all(db).await?)
}

/// Versions by id, for loaders behind a check.
pub async fn versions_by_ids(db: &impl ConnectionTrait, ids: &[FlowVersionId]) -> Result<Vec<flow_version::Model>> {
    let query = flow_version::Entity::find().filter(flow_version::Column::Id.is_in(ids.iter().copied()));
    Ok(query.all(db).await?)
}

/// Which runs are wanted; what is `None` does not matter.
#[derive(Debug, Clone, Default)]
pub struct RunFilter {
    /// Of this flow, by code.
    pub flow: Option<String>,
    /// For this customer.
    pub customer_id: Option<CustomerId>,
    /// About this order.
    pub order_id: Option<OrderId>,
    /// In one of these states; all when empty.
    pub statuses: Vec<FlowRunStatus>,
}

/// Runs that the actor may see, newest first. Errors: `UNAUTHENTICATED`, `FORBIDDEN`.
pub async fn runs(ctx: &Ctx, filter: &RunFilter, request: &PageRequest) -> Result<Page<flow_run::Model>> {
    let query = runs_of(filter, &ctx.require(Permission::FlowsRead)?);
    let rows = paging::newest_first(query, flow_run::Column::Id, request).all(&ctx.db()).await?;
    Ok(Page::from_rows(request, rows, |row| Cursor::of(row.id.uuid())))
}

/// How many [`runs`] has in all.
pub async fn run_count(ctx: &Ctx, filter: &RunFilter) -> Result<u64> {
    Ok(runs_of(filter, &ctx.require(Permission::FlowsRead)?).count(&ctx.db()).await?)
}

/// Runs by id that the actor may see. Errors: `UNAUTHENTICATED`, `FORBIDDEN`.
pub async fn runs_by_ids(ctx: &Ctx, ids: &[FlowRunId]) -> Result<Vec<flow_run::Model>> {
    let query = runs_of(&RunFilter::default(), &ctx.require(Permission::FlowsRead)?);
    Ok(query.filter(flow_run::Column::Id.is_in(ids.iter().copied())).all(&ctx.db()).await?)
}

fn runs_of(filter: &RunFilter, scope: &Scope) -> Select<flow_run::Entity> {
    let of_flow = filter.flow.as_ref().map(|code| {
        let flows = Query::select()
            .column(flow::Column::Id)
            .from(flow::Entity)
            .and_where(Expr::col(flow::Column::Code).eq(code.as_str()))
            .to_owned();
        flow_run::Column::FlowId.in_subquery(flows)
    });
    let mut condition = Condition::all()
        .add_option(of_flow)
        .add_option(filter.customer_id.map(|id| flow_run::Column::CustomerId.eq(id)))
        .add_option(filter.order_id.map(|id| flow_run::Column::OrderId.eq(id)))
        .add(within(scope));
    if !filter.statuses.is_empty() {
        condition = condition.add(flow_run::Column::Status.is_in(filter.statuses.iter().copied()));
    }
    flow_run::Entity::find().filter(condition)
}

/// Staff of places see the runs about orders of those places, and no others.
fn within(scope: &Scope) -> Condition {
    let about = |places: BTreeSet<LocationId>| {
        let orders = Query::select()
            .column(order::Column::Id)
            .from(order::Entity)
            .and_where(order::Column::LocationId.is_in(places))
            .to_owned();
        flow_run::Column::OrderId.in_subquery(orders)
    };
    scope.rows(|ids| flow_run::Column::ChannelId.is_in(ids), about)
}

/// The steps that runs came through, oldest first, for loaders behind a check.
pub async fn steps_of(db: &impl ConnectionTrait, ids: &[FlowRunId]) -> Result<Vec<flow_step::Model>> {
    let query = flow_step::Entity::find().filter(flow_step::Column::FlowRunId.is_in(ids.iter().copied()));
    Ok(query.order_by_asc(flow_step::Column::Id).all(db).await?)
}
