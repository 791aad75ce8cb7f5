//! Parts of a location where goods lie, in the order in which a picker walks, and what lies in them.

use std::collections::BTreeSet;

use entity::id::{LocationId, StorageAreaId, VariantId};
use entity::storage_area::{Column, Entity, Model};
use entity::{location, stock_count_session, stock_level};
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect,
};
use serde_json::json;

use super::level::Key;
use super::{post, query, subject};
use crate::kernel::event::NewEvent;
use crate::kernel::paging::{Cursor, Page, PageRequest};
use crate::kernel::upsert::{self, Wanted};
use crate::kernel::{code, text, version};
use crate::{Ctx, Error, ErrorCode, Permission, Result, Tx};

/// Most variants of one assignment.
const MAX_VARIANTS: usize = 500;

/// A storage area as it should be.
#[derive(Debug, Clone)]
pub struct UpsertStorageArea {
    /// Which one to change; without it the one of this code at the location, else a new one.
    pub id: Option<StorageAreaId>,
    /// The version that was read; another one is refused.
    pub expected_version: Option<i32>,
    /// The location; that of an area never changes.
    pub location_id: LocationId,
    /// Code on the shelf, such as `A-01`; unique at the location.
    pub code: String,
    /// Name for staff.
    pub name: String,
    /// Place in the way a picker walks, from 0.
    pub position: i32,
}

/// Creates or changes a storage area. Errors: `FORBIDDEN`, `NOT_FOUND` for the location or the area, `STALE_VERSION`,
/// `ALREADY_EXISTS` for a code of another one, `INVALID` for a position below 0, what codes and names must be.
pub async fn upsert(ctx: &Ctx, input: UpsertStorageArea) -> Result<Model> {
    if !ctx.require(Permission::StockAdjust)?.allows_location(input.location_id) {
        return Err(Error::not_found("location"));
    }
    if input.position < 0 {
        return Err(Error::invalid(ErrorCode::Invalid, "position"));
    }
    let input = UpsertStorageArea {
        code: code::checked("code", &input.code)?,
        name: text::required_line("name", &input.name, text::LINE)?,
        ..input
    };
    let input = &input;
    ctx.write(|tx| async move {
        let tx = &tx;
        location::Entity::find_by_id(input.location_id).one(tx).await?.ok_or(Error::not_found("location"))?;
        let here = Column::LocationId.eq(input.location_id);
        let wanted = match input.id {
            Some(id) => Wanted::Id(Column::Id.eq(id).and(here)),
            None => Wanted::Code(Column::Code.eq(input.code.as_str()).and(here)),
        };
        match upsert::find::<Entity>(tx, "storageArea", wanted, |_| true).await? {
            Some(old) => change(tx, old, input).await,
            None => create(tx, input).await,
        }
    })
    .await
}

async fn create(tx: &Tx, input: &UpsertStorageArea) -> Result<Model> {
    version::check(input.expected_version, 0)?;
    let row = Model {
        id: StorageAreaId(tx.new_uuid()),
        location_id: input.location_id,
        code: input.code.clone(),
        name: input.name.clone(),
        position: input.position,
        version: 1,
        created_at: tx.now(),
        updated_at: tx.now(),
    };
    Entity::insert(row.clone().into_active_model().reset_all()).exec_without_returning(tx).await?;
    told(tx, "storage_area_created", &row);
    Ok(row)
}

async fn change(tx: &Tx, old: Model, input: &UpsertStorageArea) -> Result<Model> {
    version::check(input.expected_version, old.version)?;
    let mut row = Model { code: input.code.clone(), name: input.name.clone(), position: input.position, ..old.clone() };
    if row == old {
        return Ok(old);
    }
    row.version += 1;
    row.updated_at = tx.now();
    row.clone().into_active_model().reset_all().update(tx).await?;
    told(tx, "storage_area_updated", &row);
    Ok(row)
}

fn told(tx: &Tx, kind: &'static str, row: &Model) {
    let payload = json!({ "location_id": row.location_id, "code": row.code });
    tx.event(NewEvent::new(kind, "storage_area", row.id.uuid()).payload(payload));
}

/// Deletes a storage area that nothing lies in and nobody counted. Errors: `FORBIDDEN`, `NOT_FOUND`, `IN_USE`.
pub async fn delete(ctx: &Ctx, id: StorageAreaId) -> Result<Model> {
    let scope = &ctx.require(Permission::StockAdjust)?;
    ctx.write(|tx| async move {
        let tx = &tx;
        let reaches = |area: &Model| scope.allows_location(area.location_id);
        let area = upsert::find::<Entity>(tx, "storageArea", Wanted::Id(Column::Id.eq(id)), reaches)
            .await?
            .ok_or(Error::not_found("storageArea"))?;
        let lies = stock_level::Entity::find()
            .filter(stock_level::Column::LocationId.eq(area.location_id))
            .filter(stock_level::Column::StorageAreaId.eq(id))
            .limit(1);
        let counted =
            stock_count_session::Entity::find().filter(stock_count_session::Column::StorageAreaId.eq(id)).limit(1);
        if lies.one(tx).await?.is_some() || counted.one(tx).await?.is_some() {
            return Err(Error::invalid(ErrorCode::InUse, "id"));
        }
        Entity::delete_by_id(id).exec(tx).await?;
        told(tx, "storage_area_deleted", &area);
        Ok(area)
    })
    .await
}

/// Goods to put into a storage area.
#[derive(Debug, Clone)]
pub struct AssignStorageArea {
    /// Where.
    pub location_id: LocationId,
    /// Which area of the location; `None` takes them out of theirs.
    pub storage_area_id: Option<StorageAreaId>,
    /// What lies there, 1 to 500 variants.
    pub variant_ids: Vec<VariantId>,
}

/// Says in which area variants lie at a location; what never lay there gets an empty level. Six statements.
/// Errors: `FORBIDDEN`, `NOT_FOUND`, `REQUIRED`, `TOO_MANY`, `INVALID` for a bundle or an uncounted variant.
pub async fn assign(ctx: &Ctx, input: AssignStorageArea) -> Result<Vec<stock_level::Model>> {
    if !ctx.require(Permission::StockAdjust)?.allows_location(input.location_id) {
        return Err(Error::not_found("location"));
    }
    let goods: BTreeSet<VariantId> = input.variant_ids.iter().copied().collect();
    if goods.is_empty() {
        return Err(Error::invalid(ErrorCode::Required, "variantIds"));
    }
    if goods.len() > MAX_VARIANTS {
        return Err(Error::invalid_with(ErrorCode::TooMany, "variantIds", vec![("max", MAX_VARIANTS.to_string())]));
    }
    let (place, area) = (input.location_id, input.storage_area_id);
    let goods = &goods.into_iter().collect::<Vec<VariantId>>();
    ctx.write(|tx| async move {
        let tx = &tx;
        if let Some(area) = area {
            let here = Entity::find_by_id(area).filter(Column::LocationId.eq(place)).one(tx).await?;
            here.ok_or(Error::not_found("storageArea"))?;
        }
        subject::check(tx, &[place], goods).await?;
        let keys: Vec<Key> = goods.iter().map(|variant| (place, *variant)).collect();
        post::ensure(tx, &keys).await?;
        post::lock(tx, &keys).await?;
        stock_level::Entity::update_many()
            .col_expr(stock_level::Column::StorageAreaId, Expr::value(area))
            .filter(stock_level::Column::LocationId.eq(place))
            .filter(stock_level::Column::VariantId.is_in(goods.iter().copied()))
            .exec(tx)
            .await?;
        let payload = json!({ "storage_area_id": area, "variant_ids": goods });
        tx.event(NewEvent::new("storage_area_assigned", "location", place.uuid()).payload(payload));
        let mut levels = query::levels(tx, &[place], goods).await?;
        levels.sort_by_key(|level| level.variant_id);
        Ok(levels)
    })
    .await
}

/// The storage areas of some ids, in no order.
pub async fn by_ids(db: &impl ConnectionTrait, ids: &[StorageAreaId]) -> Result<Vec<Model>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(Entity::find().filter(Column::Id.is_in(ids.iter().copied())).all(db).await?)
}

/// The storage areas of some locations, in the order in which a picker walks; all locations for `None`.
/// Error: `INVALID_CURSOR`.
pub async fn page(
    db: &impl ConnectionTrait,
    locations: Option<&BTreeSet<LocationId>>,
    request: &PageRequest,
) -> Result<Page<Model>> {
    let mut query = within(locations).limit(request.size + 1);
    if let Some((position, id)) = request.after.as_ref().map(place_of).transpose()? {
        let later = Column::Position.eq(position).and(Column::Id.gt(id));
        query = query.filter(Condition::any().add(Column::Position.gt(position)).add(later));
    }
    if let Some((position, id)) = request.before.as_ref().map(place_of).transpose()? {
        let earlier = Column::Position.eq(position).and(Column::Id.lt(id));
        query = query.filter(Condition::any().add(Column::Position.lt(position)).add(earlier));
    }
    let query = if request.backwards {
        query.order_by_desc(Column::Position).order_by_desc(Column::Id)
    } else {
        query.order_by_asc(Column::Position).order_by_asc(Column::Id)
    };
    let rows = query.all(db).await?;
    Ok(Page::from_rows(request, rows, |row| Cursor { key: row.position.to_string(), id: row.id.uuid() }))
}

fn place_of(cursor: &Cursor) -> Result<(i32, StorageAreaId)> {
    let position = cursor.key.parse().map_err(|_| Error::invalid(ErrorCode::InvalidCursor, "after"))?;
    Ok((position, StorageAreaId(cursor.id)))
}

/// How many [`page`] walks through.
pub async fn count(db: &impl ConnectionTrait, locations: Option<&BTreeSet<LocationId>>) -> Result<u64> {
    Ok(within(locations).count(db).await?)
}

fn within(locations: Option<&BTreeSet<LocationId>>) -> sea_orm::Select<Entity> {
    match locations {
        Some(ids) => Entity::find().filter(Column::LocationId.is_in(ids.iter().copied())),
        None => Entity::find(),
    }
}
