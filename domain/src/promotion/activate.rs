//! Letting a promotion hold, and stopping it.

use entity::id::PromotionId;
use entity::promotion::Model;

use super::upsert::{lock, require, save};
use crate::kernel::version;
use crate::{Ctx, Result};

/// Lets a promotion hold from now on, or stops it; one that does already stays as it is. Carts show it at once; orders
/// that were placed keep what they were given. Errors: `FORBIDDEN`, `NOT_FOUND`, `STALE_VERSION`, `TOO_MANY` automatic
/// ones at once.
pub async fn set_active(ctx: &Ctx, id: PromotionId, expected_version: Option<i32>, active: bool) -> Result<Model> {
    require(ctx)?;
    ctx.write(|tx| async move {
        let tx = &tx;
        let old = lock(tx, id).await?;
        version::check(expected_version, old.version)?;
        if old.active == active {
            return Ok(old);
        }
        let kind = if active { "promotion_activated" } else { "promotion_deactivated" };
        save(tx, Model { active, ..old }, kind).await
    })
    .await
}
