//! Some goods are counted again.

use entity::id::{StockCountId, StockCountLineId};
use entity::status::StockCountAction;
use entity::stock_count::Model;
use entity::stock_count_line::{Column, Entity};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter};

use super::lock;
use crate::kernel::version;
use crate::{Ctx, Error, ErrorCode, Permission, Result};

/// Most lines that are named.
const MAX_LINES: usize = 1_000;

/// Lines to count again.
#[derive(Debug, Clone)]
pub struct Recount {
    /// The count.
    pub count_id: StockCountId,
    /// Its lines, at most 1,000; all that are unsettled when empty.
    pub lines: Vec<StockCountLineId>,
    /// The version that was read; another one is refused.
    pub expected_version: Option<i32>,
}

/// Begins the next round, in which only the chosen lines are counted, from nothing; others keep what was counted.
///
/// Errors: `FORBIDDEN`, `NOT_FOUND` for the count or a line that is not its own or whose variance is posted,
/// `STALE_VERSION`, `INVALID_TRANSITION`, `REQUIRED` when no line is named and none is unsettled, `TOO_MANY`.
pub async fn recount(ctx: &Ctx, input: Recount) -> Result<Model> {
    let scope = &ctx.require(Permission::CountsWork)?;
    if input.lines.len() > MAX_LINES {
        return Err(Error::invalid_with(ErrorCode::TooMany, "lineIds", vec![("max", MAX_LINES.to_string())]));
    }
    let mut lines = input.lines.clone();
    lines.sort_unstable();
    lines.dedup();
    let (lines, input) = (&lines, &input);
    ctx.write(|tx| async move {
        let tx = &tx;
        let mut count = lock::lock(tx, scope, input.count_id).await?;
        version::check(input.expected_version, count.version)?;
        lock::check(&count, StockCountAction::Recount)?;
        count.round += 1;
        let which = if lines.is_empty() {
            Condition::all().add(Column::Unsettled.eq(true))
        } else {
            Condition::all().add(Column::Id.is_in(lines.iter().copied()))
        };
        let changed = Entity::update_many()
            .col_expr(Column::Round, Expr::value(count.round))
            .col_expr(Column::Expected, Expr::value(None::<i64>))
            .col_expr(Column::Counted, Expr::value(None::<i64>))
            .col_expr(Column::Turnover, Expr::value(None::<i64>))
            .col_expr(Column::Unsettled, Expr::value(false))
            .filter(Column::StockCountId.eq(count.id))
            .filter(Column::AcceptedVariance.is_null())
            .filter(which)
            .exec(tx)
            .await?
            .rows_affected;
        if lines.is_empty() && changed == 0 {
            return Err(Error::invalid(ErrorCode::Required, "lineIds"));
        }
        if !lines.is_empty() && usize::try_from(changed) != Ok(lines.len()) {
            return Err(Error::not_found("stockCountLine"));
        }
        lock::transition(tx, count, StockCountAction::Recount).await
    })
    .await
}
