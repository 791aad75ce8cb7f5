//! Writing many rows at once: what is there is replaced, what is not is added.

use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveModelTrait, EntityTrait, IdenStatic, IntoActiveModel, Iterable, ModelTrait};

use crate::{Result, Tx};

/// Most values of one statement; SQLite stops at 32,766 and PostgreSQL at 65,535.
const VALUES: usize = 20_000;

/// Inserts rows, or replaces all columns but the key of those whose key is there, in few statements.
pub(crate) async fn upsert<E>(tx: &Tx, key: &[E::Column], rows: Vec<E::Model>) -> Result<()>
where
    E: EntityTrait,
    E::Model: ModelTrait<Entity = E> + IntoActiveModel<E::ActiveModel>,
    E::ActiveModel: ActiveModelTrait<Entity = E> + Send,
{
    let others = E::Column::iter().filter(|column| key.iter().all(|key| key.as_str() != column.as_str()));
    let replace = OnConflict::columns(key.iter().copied()).update_columns(others).to_owned();
    let columns = E::Column::iter().count().max(1);
    let mut rest = rows;
    while !rest.is_empty() {
        let next = rest.split_off(rest.len().min(VALUES / columns));
        let models = rest.into_iter().map(|row| row.into_active_model().reset_all());
        E::insert_many(models).on_conflict(replace.clone()).exec_without_returning(tx).await?;
        rest = next;
    }
    Ok(())
}

/// Inserts rows in few statements.
pub(crate) async fn insert<E>(tx: &Tx, rows: Vec<E::Model>) -> Result<()>
where
    E: EntityTrait,
    E::Model: ModelTrait<Entity = E> + IntoActiveModel<E::ActiveModel>,
    E::ActiveModel: ActiveModelTrait<Entity = E> + Send,
{
    let columns = E::Column::iter().count().max(1);
    let mut rest = rows;
    while !rest.is_empty() {
        let next = rest.split_off(rest.len().min(VALUES / columns));
        let models = rest.into_iter().map(|row| row.into_active_model().reset_all());
        E::insert_many(models).exec_without_returning(tx).await?;
        rest = next;
    }
    Ok(())
}
