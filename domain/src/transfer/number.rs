//! Numbers for people, such as `T-000123`: unique and rising; gaps are allowed.

use sea_orm::{ConnectionTrait, DatabaseBackend, Statement};

use crate::{Error, Result, Tx};

/// What is numbered.
#[derive(Debug, Clone, Copy)]
pub(super) enum Series {
    /// `T-000123`.
    Transfer,
    /// `PO-000123`.
    PurchaseOrder,
}

/// The next number of a series. One statement.
pub(super) async fn next(tx: &Tx, series: Series) -> Result<String> {
    let (prefix, postgres, sqlite) = match series {
        Series::Transfer => (
            "T",
            "SELECT nextval('transfer_numbers') AS value",
            "UPDATE sequence SET value = value + 1 WHERE name = 'transfer_numbers' RETURNING value",
        ),
        Series::PurchaseOrder => (
            "PO",
            "SELECT nextval('purchase_order_numbers') AS value",
            "UPDATE sequence SET value = value + 1 WHERE name = 'purchase_order_numbers' RETURNING value",
        ),
    };
    let backend = tx.get_database_backend();
    let sql = if backend == DatabaseBackend::Postgres { postgres } else { sqlite };
    let row = tx
        .query_one_raw(Statement::from_string(backend, sql))
        .await?
        .ok_or_else(|| Error::Bug("a sequence is missing".to_owned()))?;
    let value: i64 = row.try_get("", "value")?;
    Ok(format!("{prefix}-{value:06}"))
}
