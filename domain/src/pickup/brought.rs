//! Goods that come from another location for a pickup: when all that was sent is accounted for, the store begins, and
//! what did not come is left to the customer to decide.

use std::collections::BTreeMap;

use entity::id::{FulfillmentOrderId, OrderLineId};
use entity::status::{FulfillmentOrderAction, PickupAction};
use entity::words::{MovementKind, StockState};
use entity::{event, pickup};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::short;
use super::step::{Locked, lock};
use super::units::WorkUnits;
use crate::fulfillment::work;
use crate::kernel::{Error, Result, Tx};
use crate::location::{hours, query as locations};
use crate::messaging::dispatch::{Handled, Handler};
use crate::transfer::awaited::{self, Awaited};
use crate::{inventory, order as orders};

/// Takes what transfers brought for pickups.
pub const HANDLER: Handler = Handler {
    name: "pickup_transfer",
    kinds: &["transfer_received", "transfer_canceled"],
    run: |tx, event| Box::pin(accounted_for(tx, event)),
};

async fn accounted_for(tx: &Tx, event: &event::Model) -> Result<Handled> {
    let work = event.payload.get("fulfillment_order_id").cloned().unwrap_or_default();
    let Ok(Some(work)) = serde_json::from_value::<Option<FulfillmentOrderId>>(work) else {
        return Ok(Handled::Nothing("no work waits for it"));
    };
    let found = pickup::Entity::find().filter(pickup::Column::FulfillmentOrderId.eq(work)).one(tx).await?;
    let Some(found) = found else { return Ok(Handled::Nothing("not a pickup")) };
    let mut locked = lock(tx, found.id).await?;
    if !locked.waits() {
        return Ok(Handled::Nothing("nobody waits any more"));
    }
    let awaited = awaited::lock(tx, work).await?;
    if !awaited.is_over() {
        return Ok(Handled::Nothing("more is under way"));
    }
    Box::pin(take(tx, &mut locked, &awaited)).await?;
    orders::refresh(tx, locked.order.id).await?;
    Ok(Handled::Done)
}

/// What came is promised to the work, which opens; what did not come is short.
async fn take(tx: &Tx, locked: &mut Locked, awaited: &Awaited) -> Result<()> {
    let store = locked.work.location_id.ok_or_else(|| Error::Bug("goods came to no store".to_owned()))?;
    let all = WorkUnits::read(tx, &locked.lines).await?;
    let there = all.made_of(awaited.brought());
    let missing = without(all.open(), &there);
    let units: i64 = there.values().sum();
    let event_id = locked.tell(tx, "pickup_goods_taken", json!({ "order_id": locked.order.id, "units": units }));
    let step = (MovementKind::Committed, Some(StockState::Available), Some(StockState::Committed));
    let mut movements = awaited.freed(tx);
    movements.extend(all.movements(&there, store, step, event_id));
    inventory::post(tx, &movements).await?;
    if there.is_empty() {
        locked.work = work::transition(tx, locked.work.clone(), FulfillmentOrderAction::Release).await?;
        return short::nothing_there(tx, locked, &all).await;
    }
    let place = locations::get(tx, store).await?;
    locked.work.fulfill_by =
        hours::ready_at(&place.opening_hours, locations::time_zone(&place), tx.now(), place.pickup_ready_minutes);
    locked.work = work::transition(tx, locked.work.clone(), FulfillmentOrderAction::Release).await?;
    locked.go(tx, PickupAction::Arrive).await?;
    if !missing.is_empty() {
        short::part_did_not_come(tx, locked, &all, &missing).await?;
    }
    Ok(())
}

fn without(mut all: BTreeMap<OrderLineId, i64>, some: &BTreeMap<OrderLineId, i64>) -> BTreeMap<OrderLineId, i64> {
    for (line, count) in some {
        if let Some(left) = all.get_mut(line) {
            *left -= count;
        }
    }
    all.retain(|_, left| *left > 0);
    all
}

/// The store says that the goods will not come: the transfers end, the customer chooses.
pub(super) async fn give_up(tx: &Tx, locked: &mut Locked, all: &WorkUnits) -> Result<()> {
    awaited::lock(tx, locked.work.id).await?.give_up(tx).await?;
    locked.work = work::transition(tx, locked.work.clone(), FulfillmentOrderAction::Release).await?;
    short::nothing_there(tx, locked, all).await
}
