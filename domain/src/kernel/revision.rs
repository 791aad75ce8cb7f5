//! The catalog's revision: a counter that every change of the catalog raises in its own transaction, so that each
//! process can ask cheaply whether its snapshot is still right. A counter and not the newest event: events may become
//! visible in another order than their ids, a locked row cannot. It stands in the kernel because channels, which the
//! snapshot shows too, lie below the catalog.

use std::sync::atomic::{AtomicU64, Ordering};

use entity::sequence;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait, ExprTrait};

use crate::{Result, Tx};

/// Counts the changes that this process committed, so that it sees its own at once.
static HERE: AtomicU64 = AtomicU64::new(0);

const NAME: &str = "catalog_revision";

/// Raises the revision. The last thing a command does before it commits: the row stays locked until then.
pub(crate) async fn bump(tx: &Tx) -> Result<()> {
    let raised = Expr::col((sequence::Entity, sequence::Column::Value)).add(1);
    let conflict = OnConflict::column(sequence::Column::Name).value(sequence::Column::Value, raised).to_owned();
    let first = sequence::ActiveModel { name: Set(NAME.to_owned()), value: Set(1) };
    sequence::Entity::insert(first).on_conflict(conflict).exec_without_returning(tx).await?;
    Ok(())
}

/// The revision; 0 for a catalog that never changed.
pub async fn current(db: &impl ConnectionTrait) -> Result<i64> {
    let row = sequence::Entity::find_by_id(NAME.to_owned()).one(db).await?;
    Ok(row.map_or(0, |row| row.value))
}

/// Notes that a command of this process has committed a change of the catalog.
pub(crate) fn committed_here() {
    HERE.fetch_add(1, Ordering::Release);
}

/// How many changes this process has committed.
#[must_use]
pub(crate) fn here() -> u64 {
    HERE.load(Ordering::Acquire)
}
