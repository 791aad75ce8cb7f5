//! Reads of returns, policies and reasons.

use entity::id::{LocationId, OrderId, ReturnId, ReturnPhotoId, ReturnReasonId};
use entity::words::{ReturnKind, ReturnStatus};
use entity::{return_item, return_line, return_photo, return_policy, return_reason, returns};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};

use super::access;
use super::policy::Rule;
use super::request::OPERATION;
use crate::kernel::idempotency;
use crate::kernel::paging::{Cursor, Page, PageRequest, newest_first};
use crate::kernel::{Ctx, Permission, Result};

/// Which returns are wanted; empty fields ask for nothing.
#[derive(Clone, Debug, Default)]
pub struct ReturnFilter {
    /// In these states.
    pub statuses: Vec<ReturnStatus>,
    /// Of these kinds.
    pub kinds: Vec<ReturnKind>,
    /// Handed in, or meant for, one of these locations.
    pub location_ids: Vec<LocationId>,
    /// Of this order.
    pub order_id: Option<OrderId>,
    /// With this number, as people say it.
    pub number: Option<String>,
}

fn filtered(ctx: &Ctx, filter: &ReturnFilter) -> Result<Select<returns::Entity>> {
    access::work_scope(ctx)?;
    let mut query = returns::Entity::find();
    if !filter.statuses.is_empty() {
        query = query.filter(returns::Column::Status.is_in(filter.statuses.iter().copied()));
    }
    if !filter.kinds.is_empty() {
        query = query.filter(returns::Column::Kind.is_in(filter.kinds.iter().copied()));
    }
    if !filter.location_ids.is_empty() {
        let places = || filter.location_ids.iter().copied();
        query = query.filter(
            Condition::any()
                .add(returns::Column::LodgedLocationId.is_in(places()))
                .add(returns::Column::DestinationLocationId.is_in(places())),
        );
    }
    if let Some(order) = filter.order_id {
        query = query.filter(returns::Column::OrderId.eq(order));
    }
    if let Some(number) = &filter.number {
        query = query.filter(returns::Column::Number.eq(number.trim().to_uppercase()));
    }
    Ok(query)
}

/// Returns, newest first: who takes goods back anywhere may see them all, because they come back everywhere. Errors:
/// `UNAUTHENTICATED`, `FORBIDDEN`.
pub async fn page(ctx: &Ctx, filter: &ReturnFilter, request: &PageRequest) -> Result<Page<returns::Model>> {
    let rows = newest_first(filtered(ctx, filter)?, returns::Column::Id, request).all(&ctx.db()).await?;
    Ok(Page::from_rows(request, rows, |row| Cursor::of(row.id.uuid())))
}

/// How many [`page`] has in all.
pub async fn count(ctx: &Ctx, filter: &ReturnFilter) -> Result<u64> {
    Ok(filtered(ctx, filter)?.count(&ctx.db()).await?)
}

/// One return, whoever asks: for steps and handlers.
pub async fn by_id(db: &impl ConnectionTrait, id: ReturnId) -> Result<Option<returns::Model>> {
    Ok(returns::Entity::find_by_id(id).one(db).await?)
}

/// The return that a key of the actor asked for before.
pub async fn asked_with(ctx: &Ctx, key: &str) -> Result<Option<returns::Model>> {
    match idempotency::resource(ctx, OPERATION, key).await? {
        Some(id) => by_id(&ctx.db(), ReturnId(id)).await,
        None => Ok(None),
    }
}

/// Returns by id.
pub async fn by_ids(db: &impl ConnectionTrait, ids: &[ReturnId]) -> Result<Vec<returns::Model>> {
    Ok(returns::Entity::find().filter(returns::Column::Id.is_in(ids.iter().copied())).all(db).await?)
}

/// The returns of orders, oldest first; who may read the order may read them.
pub async fn of_orders(db: &impl ConnectionTrait, orders: &[OrderId]) -> Result<Vec<returns::Model>> {
    let found = returns::Entity::find().filter(returns::Column::OrderId.is_in(orders.iter().copied()));
    Ok(found.order_by_asc(returns::Column::Id).all(db).await?)
}

/// The first half of the exchange that took the place of a return, among the returns of its order: it was filed in the moment
/// in which the other was given up.
#[must_use]
pub fn replaced_by<'a>(old: &returns::Model, of_order: &'a [returns::Model]) -> Option<&'a returns::Model> {
    let is_given_up = old.kind == ReturnKind::Return && old.status == ReturnStatus::Canceled;
    let took_over = |new: &&returns::Model| {
        new.kind == ReturnKind::Exchange && new.order_id == old.order_id && new.created_at == old.updated_at
    };
    of_order.iter().rfind(took_over).filter(|_| is_given_up)
}

/// The lines of returns.
pub async fn lines(db: &impl ConnectionTrait, ids: &[ReturnId]) -> Result<Vec<return_line::Model>> {
    let found = return_line::Entity::find().filter(return_line::Column::ReturnId.is_in(ids.iter().copied()));
    Ok(found.order_by_asc(return_line::Column::Id).all(db).await?)
}

/// What was found, by return, oldest first.
pub async fn items(db: &impl ConnectionTrait, ids: &[ReturnId]) -> Result<Vec<(ReturnId, return_item::Model)>> {
    let found = return_item::Entity::find()
        .find_also_related(return_line::Entity)
        .filter(return_line::Column::ReturnId.is_in(ids.iter().copied()))
        .order_by_asc(return_item::Column::Id);
    let rows = found.all(db).await?;
    Ok(rows.into_iter().filter_map(|(item, line)| Some((line?.return_id, item))).collect())
}

/// The pictures of a return that the actor may see: id, media type, base64. Errors: as [`access::visible`].
pub async fn photos(ctx: &Ctx, id: ReturnId, token: Option<&str>) -> Result<Vec<(ReturnPhotoId, String, String)>> {
    if access::visible(ctx, id, token).await?.is_none() {
        return Ok(Vec::new());
    }
    let found = return_photo::Entity::find()
        .select_only()
        .columns([return_photo::Column::Id, return_photo::Column::ContentType, return_photo::Column::Data])
        .filter(return_photo::Column::ReturnId.eq(id))
        .order_by_asc(return_photo::Column::Id);
    Ok(found.into_tuple().all(&ctx.db()).await?)
}

/// The policies that hold, ready for use. One statement.
pub(super) async fn rules(db: &impl ConnectionTrait) -> Result<Vec<Rule>> {
    let rows = return_policy::Entity::find()
        .filter(return_policy::Column::Active.eq(true))
        .order_by_asc(return_policy::Column::Priority)
        .all(db)
        .await?;
    rows.into_iter().map(Rule::of).collect()
}

/// All reasons, in their order.
pub async fn reasons(db: &impl ConnectionTrait) -> Result<Vec<return_reason::Model>> {
    let found = return_reason::Entity::find().order_by_asc(return_reason::Column::Position);
    Ok(found.order_by_asc(return_reason::Column::Code).all(db).await?)
}

/// Reasons by id.
pub async fn reasons_by_ids(db: &impl ConnectionTrait, ids: &[ReturnReasonId]) -> Result<Vec<return_reason::Model>> {
    let found = return_reason::Entity::find().filter(return_reason::Column::Id.is_in(ids.iter().copied()));
    Ok(found.all(db).await?)
}

/// All policies, the first that is asked first. Errors: `FORBIDDEN` without `returns.work` or `return-policies.write`.
pub async fn policies(ctx: &Ctx) -> Result<Vec<return_policy::Model>> {
    ctx.require(Permission::ReturnsWork).or_else(|_| ctx.require(Permission::ReturnPoliciesWrite))?;
    let found = return_policy::Entity::find().order_by_asc(return_policy::Column::Priority);
    Ok(found.order_by_asc(return_policy::Column::Id).all(&ctx.db()).await?)
}
