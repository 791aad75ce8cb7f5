//! Pick lists: what one person fetches in one walk, for one order or several.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use entity::id::{FulfillmentOrderId, FulfillmentOrderLineId, LocationId, PickListId, PickListLineId, VariantId};
use entity::status::{FulfillmentOrderAction, PickListAction, StateMachine};
use entity::words::{DeliveryMethod, FulfillmentOrderStatus, PickListKind, PickListStatus};
use entity::{fulfillment_order, fulfillment_order_line, pick_list, pick_list_line, stock_level, storage_area};
use sea_orm::sea_query::{OnConflict, Query};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect,
};
use serde::Serialize;

use super::desk::{self, Reached};
use super::progress::unpicked;
use super::work;
use crate::kernel::event::NewEvent;
use crate::kernel::idempotency::{self, Claim};
use crate::kernel::paging::{self, Cursor, Page, PageRequest};
use crate::kernel::{Ctx, Error, ErrorCode, Permission, Result, Tx, version};

/// Most fulfillment orders of one walk.
pub const MAX_BATCH: usize = 50;

/// A walk to plan.
#[derive(Debug, Clone, Serialize)]
pub struct CreatePickList {
    /// Where.
    pub location_id: LocationId,
    /// For which work; when empty, the next in the queue is taken.
    pub work: Vec<FulfillmentOrderId>,
    /// How many fulfillment orders to take from the queue, 1 to [`MAX_BATCH`]; only when none is named.
    pub up_to: Option<usize>,
    /// The client's key: the same key plans one walk.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// A pick list after a change.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// The list.
    pub pick_list: pick_list::Model,
    /// Whether the same key did it before.
    pub replayed: bool,
}

/// Makes a pick list. Open work to be sent is accepted by it; work in progress gets on it with what is on no other open
/// list. Lines are sorted the way a picker walks: by the position of the storage area, then its code; what lies nobody
/// knows where comes last.
///
/// Errors: `FORBIDDEN`, `NOT_FOUND` for work elsewhere, `TOO_MANY`, `INVALID_TRANSITION` for work that cannot be picked
/// now, `PICKUP_WORK` for a pickup that was not started, `NOTHING_TO_PICK`, `IDEMPOTENCY_KEY_REUSED`.
pub async fn create(ctx: &Ctx, input: CreatePickList) -> Result<Listed> {
    if !ctx.require(Permission::FulfillmentWork)?.allows_location(input.location_id) {
        return Err(Error::not_found("location"));
    }
    let key = &idempotency::checked_key(&input.idempotency_key)?;
    let hash = &idempotency::request_hash(&input)?;
    let most = input.up_to.unwrap_or(MAX_BATCH).max(input.work.len());
    if most > MAX_BATCH || input.up_to == Some(0) {
        let max = vec![("max", MAX_BATCH.to_string())];
        return Err(Error::invalid_with(ErrorCode::TooMany, "input.fulfillmentOrderIds", max));
    }
    let input = &input;
    ctx.write(|tx| async move {
        let tx = &tx;
        let id = PickListId(tx.new_uuid());
        if let Claim::Replayed(before) = idempotency::claim(tx, "pickListCreate", key, hash, id.uuid()).await? {
            return by_id(tx, PickListId(before)).await.map(|pick_list| Listed { pick_list, replayed: true });
        }
        let reached = take(tx, input, most).await?;
        let lines = plan(tx, id, input.location_id, &reached).await?;
        let pick_list = insert(tx, id, input.location_id, reached.len(), lines).await?;
        desk::refresh(tx, reached.iter().map(|reached| reached.order.id)).await?;
        Ok(Listed { pick_list, replayed: false })
    })
    .await
}

/// The work of the walk, accepted where it was open.
async fn take(tx: &Tx, input: &CreatePickList, most: usize) -> Result<Vec<Reached>> {
    let named = !input.work.is_empty();
    let ids = if named { input.work.clone() } else { next(tx, input.location_id, most).await? };
    let mut reached = desk::reach(tx, ids).await?;
    if reached.iter().any(|reached| reached.work.location_id != Some(input.location_id)) {
        return Err(Error::not_found("fulfillmentOrder"));
    }
    if !named {
        // Somebody may have taken some of it meanwhile.
        reached.retain(|reached| reached.work.status == FulfillmentOrderStatus::Open);
    }
    let mut taken = Vec::new();
    for Reached { work, .. } in reached.iter().filter(|found| found.work.status != FulfillmentOrderStatus::InProgress) {
        desk::by_parcel(work)?;
        taken.push((work.clone(), Some(FulfillmentOrderAction::Accept)));
    }
    for changed in work::transition_all(tx, taken).await? {
        if let Some(reached) = reached.iter_mut().find(|reached| reached.work.id == changed.id) {
            reached.work = changed;
        }
    }
    Ok(reached)
}

/// The open parcels that were promised first.
async fn next(tx: &Tx, location_id: LocationId, most: usize) -> Result<Vec<FulfillmentOrderId>> {
    use fulfillment_order::Column;
    let found = fulfillment_order::Entity::find()
        .filter(Column::LocationId.eq(location_id))
        .filter(Column::Status.eq(FulfillmentOrderStatus::Open))
        .filter(Column::Method.is_in([DeliveryMethod::Ship, DeliveryMethod::LocalDelivery]))
        .order_by_asc(Column::FulfillBy)
        .order_by_asc(Column::Id)
        .limit(u64::try_from(most).unwrap_or(0));
    Ok(found.all(tx).await?.into_iter().map(|work| work.id).collect())
}

/// The lines of the walk, in order. Three statements. Error: `NOTHING_TO_PICK`.
async fn plan(
    tx: &Tx,
    id: PickListId,
    location_id: LocationId,
    reached: &[Reached],
) -> Result<Vec<pick_list_line::Model>> {
    let lines: Vec<&fulfillment_order_line::Model> = reached.iter().flat_map(|reached| &reached.lines).collect();
    let ids: Vec<FulfillmentOrderLineId> = lines.iter().map(|line| line.id).collect();
    let mut listed: HashMap<FulfillmentOrderLineId, i64> = HashMap::new();
    for line in open_lines(tx, &ids).await? {
        *listed.entry(line.fulfillment_order_line_id).or_default() += line.quantity - line.picked - line.short;
    }
    let areas = areas(tx, location_id, lines.iter().map(|line| line.variant_id).collect()).await?;
    let mut walk: Vec<_> = lines
        .into_iter()
        .map(|line| (line, unpicked(line) - listed.get(&line.id).copied().unwrap_or(0)))
        .filter(|(_, quantity)| *quantity > 0)
        .map(|(line, quantity)| (areas.get(&line.variant_id), line, quantity))
        .collect();
    if walk.is_empty() {
        return Err(Error::invalid(ErrorCode::NothingToPick, "input.fulfillmentOrderIds"));
    }
    let known = |area: Option<&storage_area::Model>| {
        area.map_or((true, i32::MAX, String::new()), |area| (false, area.position, area.code.clone()))
    };
    walk.sort_by_key(|(area, line, _)| (known(*area), line.variant_id, line.fulfillment_order_id));
    let rows = walk.into_iter().zip(1..).map(|((area, line, quantity), position)| pick_list_line::Model {
        id: PickListLineId(tx.new_uuid()),
        pick_list_id: id,
        fulfillment_order_line_id: line.id,
        variant_id: line.variant_id,
        storage_area_code: area.map(|area| area.code.clone()).unwrap_or_default(),
        position,
        quantity,
        picked: 0,
        short: 0,
    });
    Ok(rows.collect())
}

/// Where variants lie at a location.
async fn areas(
    tx: &Tx,
    location_id: LocationId,
    variants: BTreeSet<VariantId>,
) -> Result<BTreeMap<VariantId, storage_area::Model>> {
    let levels = stock_level::Entity::find()
        .filter(stock_level::Column::LocationId.eq(location_id))
        .filter(stock_level::Column::VariantId.is_in(variants))
        .filter(stock_level::Column::StorageAreaId.is_not_null())
        .all(tx)
        .await?;
    let ids = levels.iter().filter_map(|level| level.storage_area_id);
    let areas = storage_area::Entity::find().filter(storage_area::Column::Id.is_in(ids)).all(tx).await?;
    let area_of =
        |level: &stock_level::Model| areas.iter().find(|area| Some(area.id) == level.storage_area_id).cloned();
    Ok(levels.iter().filter_map(|level| area_of(level).map(|area| (level.variant_id, area))).collect())
}

async fn insert(
    tx: &Tx,
    id: PickListId,
    location_id: LocationId,
    orders: usize,
    lines: Vec<pick_list_line::Model>,
) -> Result<pick_list::Model> {
    let row = pick_list::Model {
        id,
        location_id,
        kind: if orders == 1 { PickListKind::Order } else { PickListKind::Batch },
        status: PickListStatus::Open,
        staff_id: tx.ctx().actor.staff_id(),
        version: 1,
        created_at: tx.now(),
        updated_at: tx.now(),
        closed_at: None,
    };
    pick_list::Entity::insert(row.clone().into_active_model().reset_all()).exec_without_returning(tx).await?;
    for some in lines.chunks(1_000) {
        let rows = some.iter().cloned().map(|line| line.into_active_model().reset_all());
        pick_list_line::Entity::insert_many(rows).exec_without_returning(tx).await?;
    }
    let payload = serde_json::json!({ "location_id": location_id, "kind": row.kind, "lines": lines.len() });
    tx.event(NewEvent::new("pick_list_created", "pick_list", id.uuid()).payload(payload));
    Ok(row)
}

/// Ends a walk on which all was fetched or found short. Errors: `FORBIDDEN`, `NOT_FOUND`, `STALE_VERSION`,
/// `INVALID_TRANSITION`, `PICK_INCOMPLETE` while something is left to fetch.
pub async fn finish(ctx: &Ctx, id: PickListId, expected_version: Option<i32>) -> Result<pick_list::Model> {
    end(ctx, id, expected_version, PickListAction::Finish).await
}

/// Gives a walk up: what was fetched stays picked, the rest can go on another list. Errors: as [`finish`].
pub async fn cancel(ctx: &Ctx, id: PickListId, expected_version: Option<i32>) -> Result<pick_list::Model> {
    end(ctx, id, expected_version, PickListAction::Cancel).await
}

async fn end(
    ctx: &Ctx,
    id: PickListId,
    expected_version: Option<i32>,
    action: PickListAction,
) -> Result<pick_list::Model> {
    ctx.write(|tx| async move {
        let tx = &tx;
        let list = lock(tx, id, expected_version).await?;
        let next = next_status(&list, action)?;
        let lines = lines(tx, &[id]).await?;
        let complete = lines.iter().all(|line| line.picked + line.short >= line.quantity);
        if action == PickListAction::Finish && !complete {
            return Err(Error::invalid(ErrorCode::PickIncomplete, "input.pickListId"));
        }
        let told = if action == PickListAction::Finish { "pick_list_finished" } else { "pick_list_canceled" };
        let payload = serde_json::json!({ "location_id": list.location_id, "from": list.status, "to": next });
        tx.event(NewEvent::new(told, "pick_list", id.uuid()).payload(payload));
        let change = pick_list::ActiveModel {
            id: Set(id),
            status: Set(next),
            closed_at: Set(Some(tx.now())),
            version: Set(list.version + 1),
            updated_at: Set(tx.now()),
            ..Default::default()
        };
        Ok(pick_list::Entity::update(change).exec(tx).await?)
    })
    .await
}

/// Where an action leads a list. Error: `INVALID_TRANSITION`.
pub(super) fn next_status(list: &pick_list::Model, action: PickListAction) -> Result<PickListStatus> {
    list.status.next(action).ok_or_else(|| Error::transition("pickList", list.status, action))
}

/// Locks a list within reach. Its orders and work are locked before, when they are changed too.
/// Errors: `FORBIDDEN`, `NOT_FOUND`, `STALE_VERSION`.
pub(super) async fn lock(tx: &Tx, id: PickListId, expected_version: Option<i32>) -> Result<pick_list::Model> {
    let scope = tx.ctx().require(Permission::FulfillmentWork)?;
    let found = pick_list::Entity::find_by_id(id).lock_exclusive().one(tx).await?;
    let list = found.filter(|list| scope.allows_location(list.location_id)).ok_or(Error::not_found("pickList"))?;
    version::check(expected_version, list.version)?;
    Ok(list)
}

/// Raises the version of a locked list whose lines changed.
pub(super) async fn touch(tx: &Tx, list: &pick_list::Model) -> Result<pick_list::Model> {
    let change = pick_list::ActiveModel {
        id: Set(list.id),
        version: Set(list.version + 1),
        updated_at: Set(tx.now()),
        ..Default::default()
    };
    Ok(pick_list::Entity::update(change).exec(tx).await?)
}

/// Writes changed lines back. One statement per 1,000.
pub(super) async fn save(tx: &Tx, lines: &[pick_list_line::Model]) -> Result<()> {
    use pick_list_line::Column;
    let changed =
        OnConflict::column(Column::Id).update_columns([Column::Quantity, Column::Picked, Column::Short]).to_owned();
    for some in lines.chunks(1_000) {
        let rows = some.iter().cloned().map(|line| line.into_active_model().reset_all());
        pick_list_line::Entity::insert_many(rows).on_conflict(changed.clone()).exec_without_returning(tx).await?;
    }
    Ok(())
}

/// The lines of open lists that are about these lines of work.
async fn open_lines(db: &impl ConnectionTrait, work: &[FulfillmentOrderLineId]) -> Result<Vec<pick_list_line::Model>> {
    let mut open = Query::select();
    open.column(pick_list::Column::Id)
        .from(pick_list::Entity)
        .and_where(pick_list::Column::Status.eq(PickListStatus::Open));
    let found = pick_list_line::Entity::find()
        .filter(pick_list_line::Column::FulfillmentOrderLineId.is_in(work.iter().copied()))
        .filter(pick_list_line::Column::PickListId.in_subquery(open))
        .order_by_asc(pick_list_line::Column::Id);
    Ok(found.all(db).await?)
}

/// Takes from open lists what is no longer to be fetched because it was given up, or packed without a list. The orders
/// of the work are locked. Two statements, one when nothing is listed.
pub(crate) async fn trim(tx: &Tx, work: &[fulfillment_order_line::Model]) -> Result<()> {
    let ids: Vec<FulfillmentOrderLineId> = work.iter().map(|line| line.id).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let mut left: HashMap<FulfillmentOrderLineId, i64> = work.iter().map(|line| (line.id, unpicked(line))).collect();
    let mut changed = Vec::new();
    for mut line in open_lines(tx, &ids).await? {
        let rest = left.entry(line.fulfillment_order_line_id).or_default();
        let listed = line.quantity - line.picked - line.short;
        let excess = listed - listed.min((*rest).max(0));
        *rest -= listed - excess;
        if excess > 0 {
            line.short += excess;
            changed.push(line);
        }
    }
    save(tx, &changed).await
}

/// Takes work that was put back off all open lists.
pub(super) async fn drop_open_lines(tx: &Tx, work: &[FulfillmentOrderLineId]) -> Result<()> {
    let mut lines = open_lines(tx, work).await?;
    for line in &mut lines {
        line.picked = 0;
        line.short = line.quantity;
    }
    save(tx, &lines).await
}

/// A pick list within reach; `None` when it is missing or elsewhere. Errors: `UNAUTHENTICATED`, `FORBIDDEN`.
pub async fn find(ctx: &Ctx, id: PickListId) -> Result<Option<pick_list::Model>> {
    let scope = ctx.require(Permission::FulfillmentWork)?;
    let found = pick_list::Entity::find_by_id(id).one(&ctx.db()).await?;
    Ok(found.filter(|list| scope.allows_location(list.location_id)))
}

fn at(ctx: &Ctx, location_id: LocationId, all: bool) -> Result<sea_orm::Select<pick_list::Entity>> {
    let scope = ctx.require(Permission::FulfillmentWork)?;
    let mut query = pick_list::Entity::find().filter(pick_list::Column::LocationId.eq(location_id));
    if let Some(only) = scope.locations() {
        query = query.filter(pick_list::Column::LocationId.is_in(only));
    }
    if !all {
        query = query.filter(pick_list::Column::Status.eq(PickListStatus::Open));
    }
    Ok(query)
}

/// How many [`page`] has in all.
pub async fn count(ctx: &Ctx, location_id: LocationId, all: bool) -> Result<u64> {
    Ok(at(ctx, location_id, all)?.count(&ctx.db()).await?)
}

/// A page of the pick lists of a location, newest first; open ones only, unless all are asked for.
/// Errors: `UNAUTHENTICATED`, `FORBIDDEN`.
pub async fn page(
    ctx: &Ctx,
    location_id: LocationId,
    all: bool,
    request: &PageRequest,
) -> Result<Page<pick_list::Model>> {
    let query = at(ctx, location_id, all)?;
    let found = paging::newest_first(query, pick_list::Column::Id, request).all(&ctx.db()).await?;
    Ok(Page::from_rows(request, found, |list| Cursor::of(list.id.uuid())))
}

/// The lines of pick lists, the way a picker walks.
pub async fn lines(db: &impl ConnectionTrait, lists: &[PickListId]) -> Result<Vec<pick_list_line::Model>> {
    let found = pick_list_line::Entity::find()
        .filter(pick_list_line::Column::PickListId.is_in(lists.iter().copied()))
        .order_by_asc(pick_list_line::Column::PickListId)
        .order_by_asc(pick_list_line::Column::Position);
    Ok(found.all(db).await?)
}

pub(super) async fn by_id(db: &impl ConnectionTrait, id: PickListId) -> Result<pick_list::Model> {
    pick_list::Entity::find_by_id(id).one(db).await?.ok_or(Error::not_found("pickList"))
}

/// The work that a list is about, without locks.
pub(super) async fn work_of(tx: &Tx, lines: &[pick_list_line::Model]) -> Result<BTreeSet<FulfillmentOrderId>> {
    let ids = lines.iter().map(|line| line.fulfillment_order_line_id);
    let found =
        fulfillment_order_line::Entity::find().filter(fulfillment_order_line::Column::Id.is_in(ids)).all(tx).await?;
    Ok(found.into_iter().map(|line| line.fulfillment_order_id).collect())
}
