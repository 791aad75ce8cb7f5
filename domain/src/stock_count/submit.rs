//! Counting is over.

use entity::id::StockCountId;
use entity::status::StockCountAction;
use entity::stock_count::Model;
use entity::words::StockCountKind;
use sea_orm::ConnectionTrait;

use super::{lock, select};
use crate::inventory::sql::Sql;
use crate::kernel::version;
use crate::{Ctx, Error, ErrorCode, Permission, Result, Tx};

/// A count that was counted.
#[derive(Debug, Clone, Copy)]
pub struct SubmitCount {
    /// Which.
    pub count_id: StockCountId,
    /// What was not counted is not there.
    pub uncounted_as_zero: bool,
    /// The version that was read; another one is refused.
    pub expected_version: Option<i32>,
}

/// Ends counting; its sessions are closed. Lines that nobody counted are left out of a directed count, unless the caller
/// says that they are not there; a full count needs that word when goods lie there by the ledger that nobody counted.
/// At most six statements.
///
/// Errors: `FORBIDDEN`, `NOT_FOUND`, `STALE_VERSION`, `INVALID_TRANSITION`, `COUNT_INCOMPLETE` with the number of goods.
pub async fn submit(ctx: &Ctx, input: SubmitCount) -> Result<Model> {
    let scope = &ctx.require(Permission::CountsWork)?;
    ctx.write(|tx| async move {
        let tx = &tx;
        let count = lock::lock(tx, scope, input.count_id).await?;
        version::check(input.expected_version, count.version)?;
        lock::check(&count, StockCountAction::Submit)?;
        if input.uncounted_as_zero {
            if count.kind == StockCountKind::Full {
                select::rest(tx, &count).await?;
            }
            count_as_zero(tx, &count).await?;
        } else if count.kind == StockCountKind::Full {
            let left = uncounted(tx, &count).await?;
            if left > 0 {
                let values = vec![("count", left.to_string())];
                return Err(Error::invalid_with(ErrorCode::CountIncomplete, "uncountedAsZero", values));
            }
        }
        lock::close_sessions(tx, count.id).await?;
        lock::transition(tx, count, StockCountAction::Submit).await
    })
    .await
}

/// Goods that lie there by the ledger and were not counted.
async fn uncounted(tx: &Tx, count: &Model) -> Result<i64> {
    let statement = Sql::new(tx.get_database_backend())
        .push(
            "SELECT COUNT(*) AS missing FROM stock_level s JOIN variant v ON v.id = s.variant_id AND v.tracked \
               AND NOT v.is_bundle WHERE s.location_id = ",
        )
        .bind(count.location_id.uuid())
        .push(
            " AND s.on_hand <> 0 AND NOT EXISTS (SELECT 1 FROM stock_count_line l WHERE l.variant_id = s.variant_id \
               AND l.counted IS NOT NULL AND l.stock_count_id = ",
        )
        .bind(count.id.uuid())
        .push(")")
        .build();
    let row = tx.query_one_raw(statement).await?;
    Ok(row.map(|row| row.try_get("", "missing")).transpose()?.unwrap_or(0))
}

/// What nobody counted counts as zero, against what the ledger says now.
async fn count_as_zero(tx: &Tx, count: &Model) -> Result<()> {
    let place = count.location_id.uuid();
    let now = |sql: Sql, column: &str| {
        sql.push("COALESCE((SELECT s.")
            .push(column)
            .push(" FROM stock_level s WHERE s.variant_id = stock_count_line.variant_id AND s.location_id = ")
            .bind(place)
            .push("), 0)")
    };
    let sql = Sql::new(tx.get_database_backend()).push("UPDATE stock_count_line SET counted = 0, expected = ");
    let sql = now(sql, "on_hand").push(", turnover = ");
    let statement =
        now(sql, "turnover").push(" WHERE counted IS NULL AND stock_count_id = ").bind(count.id.uuid()).build();
    tx.execute_raw(statement).await?;
    Ok(())
}
