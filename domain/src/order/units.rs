//! Counting units of order lines up, any number of lines in one statement.

use std::collections::BTreeMap;

use entity::id::OrderLineId;
use entity::order_line;
use sea_orm::sea_query::{CaseStatement, Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::kernel::{Error, ErrorCode, Result, Tx};

/// Units per line, each line once. Error: `INVALID_QUANTITY` below one unit.
pub(crate) fn summed(units: &[(OrderLineId, i64)]) -> Result<BTreeMap<OrderLineId, i64>> {
    let bad = || Error::invalid(ErrorCode::InvalidQuantity, "units");
    let mut sums: BTreeMap<OrderLineId, i64> = BTreeMap::new();
    for (line, count) in units {
        let sum = sums.entry(*line).or_default();
        *sum = sum.checked_add(*count).filter(|_| *count > 0).ok_or_else(bad)?;
    }
    Ok(sums)
}

/// Raises one of the counters of lines. The order is locked.
pub(crate) async fn add(tx: &Tx, counter: order_line::Column, units: &BTreeMap<OrderLineId, i64>) -> Result<()> {
    if units.is_empty() {
        return Ok(());
    }
    let more = units
        .iter()
        .fold(CaseStatement::new(), |case, (line, count)| case.case(order_line::Column::Id.eq(*line), *count))
        .finally(0_i64);
    order_line::Entity::update_many()
        .col_expr(counter, Expr::col(counter).add(more))
        .filter(order_line::Column::Id.is_in(units.keys().copied()))
        .exec(tx)
        .await?;
    Ok(())
}
