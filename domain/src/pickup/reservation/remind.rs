//! Reminding of what is kept without payment: once, on its last day, at an hour at which people are awake.

use chrono::TimeDelta;
use entity::id::StoreReservationId;
use entity::store_reservation::{self, Column, Entity};
use entity::words::StoreReservationStatus;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;

use super::end::lock;
use crate::kernel::event::NewEvent;
use crate::kernel::{Ctx, Result};
use crate::location as locations;
use crate::pickup::keep;

/// How long before its end.
const BEFORE: TimeDelta = TimeDelta::hours(24);
/// Reservations looked at in one go.
const AT_ONCE: u64 = 100;

/// Reminds of every reservation that ends within a day; returns of how many. Those in their quiet hours come later.
pub async fn remind_due(ctx: &Ctx) -> Result<u64> {
    let mut reminded = 0;
    let mut after: Option<StoreReservationId> = None;
    loop {
        let mut due = Entity::find()
            .filter(Column::Status.eq(StoreReservationStatus::Open))
            .filter(Column::RemindedAt.is_null())
            .filter(Column::ExpiresAt.lte(ctx.now() + BEFORE))
            .filter(Column::ExpiresAt.gt(ctx.now()));
        if let Some(after) = after {
            due = due.filter(Column::Id.gt(after));
        }
        let due = due.order_by_asc(Column::Id).limit(AT_ONCE).all(&ctx.db()).await?;
        let Some(last) = due.last() else { return Ok(reminded) };
        after = Some(last.id);
        for row in due {
            reminded += u64::from(remind(ctx, row.id).await?);
        }
    }
}

async fn remind(ctx: &Ctx, id: StoreReservationId) -> Result<bool> {
    ctx.write(|tx| async move {
        let tx = &tx;
        let waits = |row: &store_reservation::Model| {
            row.status == StoreReservationStatus::Open && row.reminded_at.is_none() && row.expires_at > tx.now()
        };
        let Some(row) = lock(tx, id).await?.filter(waits) else { return Ok(false) };
        let store = locations::query::get(tx, row.location_id).await?;
        if keep::is_quiet(&store, tx.now()) {
            return Ok(false);
        }
        let event = NewEvent::new("store_reservation_reminded", "store_reservation", id.uuid());
        let payload = json!({ "location_id": row.location_id, "expires_at": row.expires_at });
        tx.event(event.customer(row.customer_id).payload(payload));
        let (version, now) = (row.version + 1, tx.now());
        let row = store_reservation::Model { reminded_at: Some(now), version, updated_at: now, ..row };
        row.into_active_model().reset_all().update(tx).await?;
        Ok(true)
    })
    .await
}
