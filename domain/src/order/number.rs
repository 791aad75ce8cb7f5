//! Order numbers: unique and rising; gaps are allowed, so that placing orders never waits for a counter.

use sea_orm::{ConnectionTrait, DatabaseBackend, Statement};

use crate::kernel::{Error, Result, Tx};

/// The next order number of a channel, such as `W100042`.
pub(crate) async fn next(tx: &Tx, prefix: &str) -> Result<String> {
    let backend = tx.get_database_backend();
    let sql = if backend == DatabaseBackend::Postgres {
        "SELECT nextval('order_number') AS value"
    } else {
        "UPDATE sequence SET value = value + 1 WHERE name = 'order_number' RETURNING value"
    };
    let row = tx
        .query_one_raw(Statement::from_string(backend, sql))
        .await?
        .ok_or_else(|| Error::Bug("the order number sequence is missing".to_owned()))?;
    let value: i64 = row.try_get("", "value")?;
    Ok(format!("{prefix}{}", 100_000 + value))
}
