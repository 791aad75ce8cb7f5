//! Many rows in few statements.

use domain::{Result, Tx};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, Iterable, ModelTrait};

/// SQLite takes at most 32,766 values in one statement, PostgreSQL 65,535.
const VALUES: usize = 30_000;

/// Inserts rows, as many per statement as both databases take.
pub(super) async fn all<M, A>(tx: &Tx, rows: &[M]) -> Result<()>
where
    M: ModelTrait + IntoActiveModel<A>,
    A: ActiveModelTrait<Entity = M::Entity> + Send,
{
    let columns = <M::Entity as EntityTrait>::Column::iter().count().max(1);
    for some in rows.chunks(VALUES / columns) {
        let some = some.iter().map(|row| row.clone().into_active_model().reset_all());
        M::Entity::insert_many(some).exec_without_returning(tx).await?;
    }
    Ok(())
}
