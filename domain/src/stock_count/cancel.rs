//! A count is given up.

use entity::id::StockCountId;
use entity::status::StockCountAction;
use entity::stock_count::Model;

use super::lock;
use crate::kernel::version;
use crate::{Ctx, Permission, Result};

/// A count to give up.
#[derive(Debug, Clone, Copy)]
pub struct CancelCount {
    /// Which.
    pub count_id: StockCountId,
    /// The version that was read; another one is refused.
    pub expected_version: Option<i32>,
}

/// Gives a count up. What was counted is kept for a look; variance that was posted already stays posted.
/// Errors: `FORBIDDEN`, `NOT_FOUND`, `STALE_VERSION`, `INVALID_TRANSITION`.
pub async fn cancel(ctx: &Ctx, input: CancelCount) -> Result<Model> {
    let scope = &ctx.require(Permission::CountsWork)?;
    ctx.write(|tx| async move {
        let tx = &tx;
        let count = lock::lock(tx, scope, input.count_id).await?;
        version::check(input.expected_version, count.version)?;
        lock::check(&count, StockCountAction::Cancel)?;
        lock::close_sessions(tx, count.id).await?;
        lock::transition(tx, count, StockCountAction::Cancel).await
    })
    .await
}
