//! Reads of sessions and their cash.

use std::collections::BTreeSet;

use entity::id::{LocationId, RegisterId, RegisterSessionId};
use entity::register_session::{Column, Entity, Model};
use entity::words::RegisterSessionStatus;
use entity::{cash_movement, register};
use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};

use crate::kernel::paging::{Cursor, Page, PageRequest, newest_first};
use crate::kernel::{Ctx, Permission, Result, Scope};

/// One session, whoever asks.
pub async fn by_id(db: &impl ConnectionTrait, id: RegisterSessionId) -> Result<Option<Model>> {
    Ok(Entity::find_by_id(id).one(db).await?)
}

/// Several sessions.
pub async fn by_ids(db: &impl ConnectionTrait, ids: &[RegisterSessionId]) -> Result<Vec<Model>> {
    Ok(Entity::find().filter(Column::Id.is_in(ids.iter().copied())).all(db).await?)
}

/// The open sessions of tills, without those that take up late sales.
pub async fn open_of(db: &impl ConnectionTrait, registers: &[RegisterId]) -> Result<Vec<Model>> {
    let open = Entity::find()
        .filter(Column::RegisterId.is_in(registers.iter().copied()))
        .filter(Column::Status.eq(RegisterSessionStatus::Open))
        .filter(Column::IsRescue.eq(false));
    Ok(open.all(db).await?)
}

/// The cash of sessions, oldest first.
pub async fn movements(db: &impl ConnectionTrait, sessions: &[RegisterSessionId]) -> Result<Vec<cash_movement::Model>> {
    let found = cash_movement::Entity::find()
        .filter(cash_movement::Column::RegisterSessionId.is_in(sessions.iter().copied()))
        .order_by_asc(cash_movement::Column::Id);
    Ok(found.all(db).await?)
}

/// Where the actor may read sessions: with `drawer.work` or `drawer.manage`. Errors: `UNAUTHENTICATED`, `FORBIDDEN`.
pub fn readable(ctx: &Ctx) -> Result<Scope> {
    ctx.require(Permission::DrawerManage).or_else(|_| ctx.require(Permission::DrawerWork))
}

/// A session that the actor may read. Error: `FORBIDDEN`.
pub async fn find(ctx: &Ctx, id: RegisterSessionId) -> Result<Option<Model>> {
    let scope = readable(ctx)?;
    Ok(within(scope.locations().as_ref(), None).filter(Column::Id.eq(id)).one(&ctx.db()).await?)
}

/// Sessions that the actor may read, newest first; of one till when it is named. Error: `FORBIDDEN`.
pub async fn page(ctx: &Ctx, register: Option<RegisterId>, request: &PageRequest) -> Result<Page<Model>> {
    let locations = readable(ctx)?.locations();
    let rows = newest_first(within(locations.as_ref(), register), Column::Id, request).all(&ctx.db()).await?;
    Ok(Page::from_rows(request, rows, |row| Cursor::of(row.id.uuid())))
}

/// How many sessions [`page`] walks through. Error: `FORBIDDEN`.
pub async fn count(ctx: &Ctx, register: Option<RegisterId>) -> Result<u64> {
    let locations = readable(ctx)?.locations();
    Ok(within(locations.as_ref(), register).count(&ctx.db()).await?)
}

/// Whether the actor may see what should be in a drawer before it was counted.
pub async fn sees_expected(ctx: &Ctx, session: &Model) -> Result<bool> {
    if session.status == RegisterSessionStatus::Closed {
        return Ok(true);
    }
    let Ok(scope) = ctx.require(Permission::DrawerManage) else { return Ok(false) };
    let at = register::Entity::find_by_id(session.register_id).one(&ctx.db()).await?;
    Ok(at.is_some_and(|register| scope.allows_location(register.location_id)))
}

fn within(locations: Option<&BTreeSet<LocationId>>, register: Option<RegisterId>) -> sea_orm::Select<Entity> {
    let mut found = Entity::find();
    if let Some(register) = register {
        found = found.filter(Column::RegisterId.eq(register));
    }
    if let Some(locations) = locations {
        let mut there = Query::select();
        there
            .column(register::Column::Id)
            .from(register::Entity)
            .and_where(register::Column::LocationId.is_in(locations.iter().copied()));
        found = found.filter(Column::RegisterId.in_subquery(there));
    }
    found
}
