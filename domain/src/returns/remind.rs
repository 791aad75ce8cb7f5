//! Reminding of goods that should come back: once, three days before they are expected.

use chrono::TimeDelta;
use entity::id::ReturnId;
use entity::returns;
use entity::words::ReturnStatus;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;

use super::step;
use crate::kernel::{Ctx, Result};

/// How long before.
const BEFORE: TimeDelta = TimeDelta::days(3);
/// Returns looked at in one go.
const AT_ONCE: u64 = 100;

/// Reminds of every return whose goods are expected within three days; returns of how many.
pub async fn remind_due(ctx: &Ctx) -> Result<u64> {
    let mut reminded = 0;
    loop {
        let due = returns::Entity::find()
            .filter(returns::Column::Status.eq(ReturnStatus::Approved))
            .filter(returns::Column::RemindedAt.is_null())
            .filter(returns::Column::ExpectedBy.lte(ctx.now() + BEFORE))
            .order_by_asc(returns::Column::Id)
            .limit(AT_ONCE)
            .all(&ctx.db())
            .await?;
        if due.is_empty() {
            return Ok(reminded);
        }
        for row in due {
            reminded += u64::from(remind(ctx, row.id).await?);
        }
    }
}

async fn remind(ctx: &Ctx, id: ReturnId) -> Result<bool> {
    ctx.write(|tx| async move {
        let tx = &tx;
        let (mut locked, _) = step::lock(tx, id, None, None).await?;
        if locked.row.status != ReturnStatus::Approved || locked.row.reminded_at.is_some() {
            return Ok(false);
        }
        locked.row.reminded_at = Some(tx.now());
        locked.tell(tx, "return_reminded", &json!({ "expected_by": locked.row.expected_by }));
        locked.save(tx).await?;
        Ok(true)
    })
    .await
}
