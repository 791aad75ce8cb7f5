//! The row locks of sessions: after orders, work, pickups and transfers, before stored value and stock.

use entity::id::{RegisterId, RegisterSessionId};
use entity::register_session::{Column, Entity, Model};
use entity::words::RegisterSessionStatus;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect};

use crate::kernel::{Error, Result, Tx};

/// The open session of a till, locked until the end of the transaction; never one that takes up late sales.
pub async fn current(tx: &Tx, register_id: RegisterId) -> Result<Option<Model>> {
    let open = Entity::find()
        .filter(Column::RegisterId.eq(register_id))
        .filter(Column::Status.eq(RegisterSessionStatus::Open))
        .filter(Column::IsRescue.eq(false))
        .lock_exclusive();
    Ok(open.one(tx).await?)
}

/// Locks one session until the end of the transaction. Error: `NOT_FOUND`.
pub(crate) async fn lock(tx: &Tx, id: RegisterSessionId) -> Result<Model> {
    Entity::find_by_id(id).lock_exclusive().one(tx).await?.ok_or(Error::not_found("register_session"))
}

/// Writes a session that is locked, with its next version.
pub(crate) async fn changed(tx: &Tx, row: Model) -> Result<Model> {
    let row = Model { version: row.version + 1, ..row };
    row.clone().into_active_model().reset_all().update(tx).await?;
    Ok(row)
}

/// Opens a session with the till's next number. `None` when another one of its kind is open or was just opened.
pub(super) async fn insert(tx: &Tx, row: Model) -> Result<Option<Model>> {
    let last = Entity::find()
        .select_only()
        .expr(Expr::col(Column::Number).max())
        .filter(Column::RegisterId.eq(row.register_id))
        .into_tuple::<Option<i64>>()
        .one(tx)
        .await?;
    let row = Model { number: last.flatten().unwrap_or(0) + 1, ..row };
    // Neither two open sessions of one kind nor two of one number: whoever comes second inserts nothing.
    let conflict = sea_orm::sea_query::OnConflict::new().do_nothing().to_owned();
    let inserted = Entity::insert(row.clone().into_active_model().reset_all())
        .on_conflict(conflict)
        .exec_without_returning(tx)
        .await?;
    Ok((inserted == 1).then_some(row))
}
