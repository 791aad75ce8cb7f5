//! Keeping pickups true to work that others move: the queue's accept, put back, hold and move know nothing of pickups.

use entity::id::FulfillmentOrderId;
use entity::status::PickupAction;
use entity::words::{DeliveryMethod, FulfillmentOrderStatus, PickupStatus};
use entity::{event, fulfillment_order, order_line, pickup};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};

use super::step::lock;
use crate::fulfillment::{pickup_row, query};
use crate::kernel::{Result, Tx};
use crate::messaging::dispatch::{Handled, Handler};
use crate::order as orders;

/// Follows work by pickup.
pub const HANDLER: Handler = Handler {
    name: "pickup_follow",
    kinds: &[
        "fulfillment_order_opened",
        "fulfillment_order_released",
        "fulfillment_order_accepted",
        "fulfillment_order_put_back",
        "fulfillment_order_canceled",
    ],
    run: |tx, event| Box::pin(follow(tx, event)),
};

async fn follow(tx: &Tx, event: &event::Model) -> Result<Handled> {
    let id = FulfillmentOrderId(event.aggregate_id);
    let work = fulfillment_order::Entity::find_by_id(id).one(tx).await?;
    let Some(work) = work.filter(|work| work.method == DeliveryMethod::Pickup) else {
        return Ok(Handled::Nothing("not a pickup"));
    };
    orders::lock_one(tx, work.order_id).await?;
    let found = pickup::Entity::find().filter(pickup::Column::FulfillmentOrderId.eq(id)).one(tx).await?;
    match found {
        Some(pickup) => Box::pin(bring_up(tx, &pickup)).await,
        None => Box::pin(bear(tx, &work)).await,
    }
}

/// Work that was split off or opened again has no pickup yet.
async fn bear(tx: &Tx, work: &fulfillment_order::Model) -> Result<Handled> {
    let lines = query::lines(tx, &[work.id]).await?;
    let store = match lines.first() {
        Some(line) => order_line::Entity::find_by_id(line.order_line_id).one(tx).await?,
        None => None,
    };
    let Some(row) = pickup_row::of(tx, work, store.and_then(|line| line.pickup_location_id)) else {
        return Ok(Handled::Nothing("no store to collect in"));
    };
    pickup::Entity::insert(row.clone().into_active_model().reset_all()).exec_without_returning(tx).await?;
    Box::pin(bring_up(tx, &row)).await
}

/// Moves the pickup to where its work is.
async fn bring_up(tx: &Tx, pickup: &pickup::Model) -> Result<Handled> {
    use {FulfillmentOrderStatus as W, PickupStatus as P};
    let mut locked = lock(tx, pickup.id).await?;
    if let Some(store) = locked.work.location_id.filter(|store| *store != locked.pickup.location_id) {
        // Moved to another store before it was begun.
        locked.pickup.location_id = store;
        locked.write(tx).await?;
    }
    let action = match (locked.work.status, locked.pickup.status) {
        (W::InProgress, P::Assigned | P::Arrived) => Some(PickupAction::Start),
        (W::Open | W::OnHold | W::Scheduled, P::Picking) => Some(PickupAction::PutBack),
        (W::Canceled, P::AwaitingTransfer | P::Arrived | P::Assigned | P::Picking | P::Short | P::Ready) => {
            Some(PickupAction::Cancel)
        }
        _ => None,
    };
    let Some(action) = action else { return Ok(Handled::Nothing("the pickup agrees with its work")) };
    if action == PickupAction::Cancel {
        locked.pickup.code_hash = None;
    }
    locked.go(tx, action).await?;
    orders::refresh(tx, locked.order.id).await?;
    Ok(Handled::Done)
}
