//! Reads of staff, roles, tills and keys.

use std::collections::BTreeSet;

use entity::id::{DeviceId, RegisterId, StaffId};
use entity::{api_key, device, register, role, staff, staff_role};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};
use serde_json::Value;

use crate::kernel::paging::{Cursor, Page, PageRequest, newest_first};
use crate::kernel::{Actor, Ctx, Permission, Result};

/// The permissions that a stored list names; names of later versions are passed over.
#[must_use]
pub fn permissions_of(stored: &Value) -> BTreeSet<Permission> {
    let names = stored.as_array().map(Vec::as_slice).unwrap_or_default();
    names.iter().filter_map(Value::as_str).filter_map(Permission::parse).collect()
}

/// A till by its id.
pub async fn register(db: &impl ConnectionTrait, id: RegisterId) -> Result<Option<register::Model>> {
    Ok(register::Entity::find_by_id(id).one(db).await?)
}

/// A till by its code.
pub async fn register_by_code(db: &impl ConnectionTrait, code: &str) -> Result<Option<register::Model>> {
    Ok(register::Entity::find().filter(register::Column::Code.eq(code)).one(db).await?)
}

/// A member of staff.
pub async fn staff_by_id(db: &impl ConnectionTrait, id: StaffId) -> Result<Option<staff::Model>> {
    Ok(staff::Entity::find_by_id(id).one(db).await?)
}

/// Members of staff by id; for loaders.
pub async fn staff_by_ids(db: &impl ConnectionTrait, ids: &[StaffId]) -> Result<Vec<staff::Model>> {
    Ok(staff::Entity::find().filter(staff::Column::Id.is_in(ids.iter().copied())).all(db).await?)
}

/// A member of staff by the normalized sign-in address.
pub async fn staff_by_email(db: &impl ConnectionTrait, email: &str) -> Result<Option<staff::Model>> {
    Ok(staff::Entity::find().filter(staff::Column::Email.eq(email)).one(db).await?)
}

/// Members of staff, newest first. Error: `FORBIDDEN`.
pub async fn staff_page(ctx: &Ctx, page: &PageRequest) -> Result<Page<staff::Model>> {
    ctx.require(Permission::StaffWrite)?;
    let rows = newest_first(staff::Entity::find(), staff::Column::Id, page).all(&ctx.db()).await?;
    Ok(Page::from_rows(page, rows, |row| Cursor::of(row.id.uuid())))
}

/// Roles of people, with where they hold.
pub async fn roles_of(
    db: &impl ConnectionTrait,
    ids: &[StaffId],
) -> Result<Vec<(staff_role::Model, Option<role::Model>)>> {
    Ok(staff_role::Entity::find()
        .filter(staff_role::Column::StaffId.is_in(ids.iter().copied()))
        .order_by_asc(staff_role::Column::Id)
        .find_also_related(role::Entity)
        .all(db)
        .await?)
}

/// All roles, by code. There are few, so they come in one list.
pub async fn roles(db: &impl ConnectionTrait) -> Result<Vec<role::Model>> {
    Ok(role::Entity::find().order_by_asc(role::Column::Code).all(db).await?)
}

/// A paired till.
pub async fn device_by_id(db: &impl ConnectionTrait, id: DeviceId) -> Result<Option<device::Model>> {
    Ok(device::Entity::find_by_id(id).one(db).await?)
}

/// Paired tills, newest first. Error: `FORBIDDEN`.
pub async fn device_page(ctx: &Ctx, page: &PageRequest) -> Result<Page<device::Model>> {
    ctx.require(Permission::StaffWrite)?;
    let rows = newest_first(device::Entity::find(), device::Column::Id, page).all(&ctx.db()).await?;
    Ok(Page::from_rows(page, rows, |row| Cursor::of(row.id.uuid())))
}

/// API keys, newest first. Error: `FORBIDDEN`.
pub async fn api_key_page(ctx: &Ctx, page: &PageRequest) -> Result<Page<api_key::Model>> {
    ctx.require(Permission::StaffWrite)?;
    let rows = newest_first(api_key::Entity::find(), api_key::Column::Id, page).all(&ctx.db()).await?;
    Ok(Page::from_rows(page, rows, |row| Cursor::of(row.id.uuid())))
}

/// How many members of staff, tills and keys there are, in this order. Error: `FORBIDDEN`.
pub async fn counts(ctx: &Ctx) -> Result<(u64, u64, u64)> {
    ctx.require(Permission::StaffWrite)?;
    let db = ctx.db();
    let staff = staff::Entity::find().count(&db).await?;
    let devices = device::Entity::find().count(&db).await?;
    Ok((staff, devices, api_key::Entity::find().count(&db).await?))
}

/// Members of staff whom the actor may read: oneself, or any with `staff.write`; for loaders.
/// Errors: `UNAUTHENTICATED`, `FORBIDDEN`.
pub async fn readable_staff(ctx: &Ctx, ids: &[StaffId]) -> Result<Vec<staff::Model>> {
    let own = matches!(&ctx.actor, Actor::Staff { id, .. } if ids.iter().all(|wanted| wanted == id));
    if !own {
        ctx.require(Permission::StaffWrite)?;
    }
    staff_by_ids(&ctx.db(), ids).await
}

/// Paired tills, for those with `staff.write`; for loaders. Errors: `UNAUTHENTICATED`, `FORBIDDEN`.
pub async fn readable_devices(ctx: &Ctx, ids: &[DeviceId]) -> Result<Vec<device::Model>> {
    ctx.require(Permission::StaffWrite)?;
    Ok(device::Entity::find().filter(device::Column::Id.is_in(ids.iter().copied())).all(&ctx.db()).await?)
}
