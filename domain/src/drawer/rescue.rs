//! Where sales go whose session is over: a session of their own, which a manager closes.

use chrono::{DateTime, Utc};
use entity::id::RegisterSessionId;
use entity::register;
use entity::register_session::{Column, Entity, Model};
use entity::words::RegisterSessionStatus;
use sea_orm::{ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect};

use super::open::{empty, put_in};
use super::session;
use crate::kernel::{Error, Result, Tx};

/// The session that a sale of an earlier moment belongs to, locked: the open one when it was open then, else the till's
/// rescue session, which is opened when there is none. `None` when the till had no session then and needs none.
pub(crate) async fn at(tx: &Tx, register: &register::Model, moment: DateTime<Utc>) -> Result<Option<Model>> {
    let current = session::current(tx, register.id).await?;
    if let Some(current) = current.filter(|current| current.opened_at <= moment) {
        return Ok(Some(current));
    }
    if !register.requires_session && !was_open(tx, register, moment).await? {
        return Ok(None);
    }
    if let Some(open) = find(tx, register).await? {
        return Ok(Some(open));
    }
    let id = RegisterSessionId(tx.new_uuid());
    let row = Model { is_rescue: true, ..empty(tx, id, register.id) };
    match session::insert(tx, row).await? {
        Some(opened) => Ok(Some(put_in(tx, opened).await?)),
        None => find(tx, register).await?.map(Some).ok_or(Error::Conflict("drawer")),
    }
}

async fn was_open(tx: &Tx, register: &register::Model, moment: DateTime<Utc>) -> Result<bool> {
    let then = Entity::find()
        .filter(Column::RegisterId.eq(register.id))
        .filter(Column::IsRescue.eq(false))
        .filter(Column::OpenedAt.lte(moment))
        .filter(Condition::any().add(Column::ClosedAt.is_null()).add(Column::ClosedAt.gt(moment)));
    Ok(then.count(tx).await? > 0)
}

async fn find(tx: &Tx, register: &register::Model) -> Result<Option<Model>> {
    let open = Entity::find()
        .filter(Column::RegisterId.eq(register.id))
        .filter(Column::Status.eq(RegisterSessionStatus::Open))
        .filter(Column::IsRescue.eq(true))
        .lock_exclusive();
    Ok(open.one(tx).await?)
}
