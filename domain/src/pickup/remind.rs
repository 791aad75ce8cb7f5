//! Reminding of what waits: once, a day before its time is over, at an hour at which people are awake.

use chrono::TimeDelta;
use entity::id::PickupId;
use entity::pickup;
use entity::words::PickupStatus;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;

use super::keep;
use super::step::lock;
use crate::kernel::{Ctx, Result};
use crate::location as locations;

/// How long before its end.
const BEFORE: TimeDelta = TimeDelta::hours(24);
/// Pickups looked at in one go.
const AT_ONCE: u64 = 100;

/// Reminds of every pickup that ends within a day; returns of how many. Those in their quiet hours come later.
pub async fn remind_due(ctx: &Ctx) -> Result<u64> {
    let mut reminded = 0;
    let mut after: Option<PickupId> = None;
    loop {
        let mut due = pickup::Entity::find()
            .filter(pickup::Column::Status.eq(PickupStatus::Ready))
            .filter(pickup::Column::RemindedAt.is_null())
            .filter(pickup::Column::ExpiresAt.lte(ctx.now() + BEFORE))
            .filter(pickup::Column::ExpiresAt.gt(ctx.now()));
        if let Some(after) = after {
            due = due.filter(pickup::Column::Id.gt(after));
        }
        let due = due.order_by_asc(pickup::Column::Id).limit(AT_ONCE).all(&ctx.db()).await?;
        let Some(last) = due.last() else { return Ok(reminded) };
        after = Some(last.id);
        for pickup in due {
            reminded += u64::from(remind(ctx, pickup.id).await?);
        }
    }
}

async fn remind(ctx: &Ctx, id: PickupId) -> Result<bool> {
    ctx.write(|tx| async move {
        let tx = &tx;
        let mut locked = lock(tx, id).await?;
        let store = locations::query::get(tx, locked.pickup.location_id).await?;
        let waits = locked.pickup.status == PickupStatus::Ready && locked.pickup.reminded_at.is_none();
        if !waits || keep::is_quiet(&store, tx.now()) {
            return Ok(false);
        }
        locked.pickup.reminded_at = Some(tx.now());
        let payload = json!({ "order_id": locked.order.id, "expires_at": locked.pickup.expires_at });
        locked.tell(tx, "pickup_reminded", payload);
        locked.write(tx).await?;
        Ok(true)
    })
    .await
}
