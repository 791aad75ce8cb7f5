//! Ending what nobody collected: goods back to stock, money back to the customer.

use std::collections::BTreeMap;

use entity::id::{OrderLineId, PickupId};
use entity::pickup;
use entity::status::{FulfillmentOrderAction, PickupAction};
use entity::words::{MovementKind, PickupStatus, RefundReason, StockState};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;

use super::numbers;
use super::step::{Locked, lock};
use super::units::WorkUnits;
use crate::fulfillment::work;
use crate::kernel::{Ctx, Result, Tx};
use crate::order::cancel_units::cancel_units;
use crate::transfer::awaited;
use crate::{inventory, order as orders};

/// Pickups looked at in one go.
const AT_ONCE: u64 = 100;

/// Ends every pickup whose time is over, each in a transaction of its own; returns how many.
pub async fn expire_due(ctx: &Ctx) -> Result<u64> {
    let mut ended = 0;
    loop {
        let due = pickup::Entity::find()
            .filter(pickup::Column::Status.eq(PickupStatus::Ready))
            .filter(pickup::Column::ExpiresAt.lte(ctx.now()))
            .order_by_asc(pickup::Column::ExpiresAt)
            .limit(AT_ONCE)
            .all(&ctx.db())
            .await?;
        let mut some = 0;
        for pickup in due {
            some += u64::from(expire(ctx, pickup.id).await?);
        }
        ended += some;
        if some == 0 {
            return Ok(ended);
        }
    }
}

/// Ends one pickup whose time is over: units back to stock, work canceled, money back. `false` when it was collected,
/// extended or ended meanwhile.
pub async fn expire(ctx: &Ctx, id: PickupId) -> Result<bool> {
    ctx.write(|tx| async move {
        let tx = &tx;
        let mut locked = lock(tx, id).await?;
        let over = locked.pickup.expires_at.is_some_and(|until| until <= tx.now());
        if !over || locked.check(PickupAction::Expire).is_err() {
            return Ok(false);
        }
        Box::pin(give_up(tx, &mut locked, PickupAction::Expire, RefundReason::PickupExpired)).await?;
        Ok(true)
    })
    .await
}

/// Ends a pickup before all was collected: what the store still promises goes back to its stock, the work ends, the
/// units are canceled and their money goes back.
pub(super) async fn give_up(tx: &Tx, locked: &mut Locked, action: PickupAction, reason: RefundReason) -> Result<()> {
    let all = WorkUnits::read(tx, &locked.lines).await?;
    end(tx, locked, &all, action).await?;
    let units: Vec<_> = all.left().into_iter().collect();
    cancel_units(tx, &locked.order, &units, reason, None).await?;
    orders::refresh(tx, locked.order.id).await?;
    Ok(())
}

/// Ends a pickup and its work: what the store promises goes back to its stock, and what was sent for from elsewhere is
/// not waited for any more. The units and their money are the caller's.
pub(super) async fn end(tx: &Tx, locked: &mut Locked, all: &WorkUnits, action: PickupAction) -> Result<()> {
    if locked.waits() {
        awaited::lock(tx, locked.work.id).await?.give_up(tx).await?;
    } else {
        release(tx, locked, all, &all.open()).await?;
    }
    locked.work = work::transition(tx, locked.work.clone(), FulfillmentOrderAction::Cancel).await?;
    locked.pickup.code_hash = None;
    locked.go(tx, action).await
}

/// Frees units that the store promises; work that waits for stock has none.
pub(super) async fn release(
    tx: &Tx,
    locked: &Locked,
    all: &WorkUnits,
    units: &BTreeMap<OrderLineId, i64>,
) -> Result<()> {
    let Some(location) = locked.work.location_id.filter(|_| !units.is_empty()) else { return Ok(()) };
    let payload = json!({ "order_id": locked.order.id, "location_id": location });
    let event_id = locked.tell(tx, "pickup_units_given_up", payload);
    let step = (MovementKind::Released, Some(StockState::Committed), Some(StockState::Available));
    numbers::free(tx, locked).await?;
    inventory::post(tx, &all.movements(units, location, step, event_id)).await
}
