//! Numbers of returns for people, such as `R-000123`: unique and rising; gaps are allowed.

use sea_orm::{ConnectionTrait, DatabaseBackend, Statement};

use crate::{Error, Result, Tx};

/// The next number. One statement.
pub(super) async fn next(tx: &Tx) -> Result<String> {
    let backend = tx.get_database_backend();
    let sql = if backend == DatabaseBackend::Postgres {
        "SELECT nextval('return_numbers') AS value"
    } else {
        "UPDATE sequence SET value = value + 1 WHERE name = 'return_numbers' RETURNING value"
    };
    let row = tx
        .query_one_raw(Statement::from_string(backend, sql))
        .await?
        .ok_or_else(|| Error::Bug("the sequence of returns is missing".to_owned()))?;
    let value: i64 = row.try_get("", "value")?;
    Ok(format!("R-{value:06}"))
}
