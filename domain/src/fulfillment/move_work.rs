//! Giving work to another location by name.

use std::collections::BTreeSet;

use entity::id::{FulfillmentOrderId, LocationId};
use entity::status::FulfillmentOrderAction;
use entity::words::{CauseKind, FulfillmentOrderStatus, MovementKind, StockState};
use entity::{fulfillment_order, fulfillment_rejection, location};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter};
use serde::Serialize;

use super::desk::{self, Reached, WorkRef};
use super::makeup::Makeup;
use super::work;
use crate::inventory::{self, Cause, Movement};
use crate::kernel::event::NewEvent;
use crate::kernel::idempotency::{self, Claim};
use crate::kernel::{Ctx, Error, ErrorCode, Permission, Result, Tx};

/// States in which work can move: nothing of it has begun.
const MOVABLE: &[FulfillmentOrderStatus] =
    &[FulfillmentOrderStatus::Scheduled, FulfillmentOrderStatus::Open, FulfillmentOrderStatus::OnHold];

/// Work to give to another location.
#[derive(Debug, Clone, Serialize)]
pub struct MoveWork {
    /// Which.
    pub fulfillment_order_id: FulfillmentOrderId,
    /// Where to.
    pub location_id: LocationId,
    /// The version that the clerk saw.
    #[serde(skip)]
    pub expected_version: Option<i32>,
    /// The client's key: the same key moves once.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// Gives work that has not begun, or waits for stock, to a location: released here, committed there.
///
/// Errors: `FORBIDDEN`, `NOT_FOUND` when the work, or the location, is missing or out of reach, `PICKUP_WORK`,
/// `STALE_VERSION`, `INVALID_TRANSITION`, `INVALID` for the place where it is, `REJECTED_THERE` for one that gave it
/// back, `INSUFFICIENT_STOCK`, `IDEMPOTENCY_KEY_REUSED`.
pub async fn move_work(ctx: &Ctx, input: MoveWork) -> Result<(fulfillment_order::Model, bool)> {
    if !ctx.require(Permission::FulfillmentWork)?.allows_location(input.location_id) {
        return Err(Error::not_found("location"));
    }
    let key = &idempotency::checked_key(&input.idempotency_key)?;
    let hash = &idempotency::request_hash(&input)?;
    let input = &input;
    ctx.write(|tx| async move {
        let tx = &tx;
        let id = input.fulfillment_order_id;
        if let Claim::Replayed(_) = idempotency::claim(tx, "fulfillmentOrderMove", key, hash, id.uuid()).await? {
            return Ok((desk::reach_one(tx, WorkRef { id, expected_version: None }).await?.work, true));
        }
        let reached = desk::reach_one(tx, WorkRef { id, expected_version: input.expected_version }).await?;
        desk::by_parcel(&reached.work)?;
        desk::in_states(&reached.work, MOVABLE, "MOVE")?;
        check_target(tx, &reached, input.location_id).await?;
        let order_id = reached.order.id;
        let work = relocate(tx, reached, input.location_id).await?;
        desk::refresh(tx, [order_id]).await?;
        Ok((work, false))
    })
    .await
}

/// Errors: `NOT_FOUND`, `INVALID`, `REJECTED_THERE`.
async fn check_target(tx: &Tx, reached: &Reached, target: LocationId) -> Result<()> {
    let found = location::Entity::find_by_id(target).filter(location::Column::Active.eq(true)).one(tx).await?;
    found.ok_or(Error::not_found("location"))?;
    if reached.work.location_id == Some(target) {
        return Err(Error::invalid(ErrorCode::Invalid, "input.locationId"));
    }
    let lines: BTreeSet<_> = reached.lines.iter().map(|line| line.order_line_id).collect();
    let refused = fulfillment_rejection::Entity::find()
        .filter(fulfillment_rejection::Column::LocationId.eq(target))
        .filter(fulfillment_rejection::Column::OrderLineId.is_in(lines))
        .count(tx)
        .await?;
    if refused > 0 { Err(Error::invalid(ErrorCode::RejectedThere, "input.locationId")) } else { Ok(()) }
}

async fn relocate(tx: &Tx, reached: Reached, target: LocationId) -> Result<fulfillment_order::Model> {
    let Reached { order, work: mut row, lines } = reached;
    let makeup = Makeup::read(tx, &[order.id]).await?;
    let payload = serde_json::json!({
        "order_id": order.id, "from_location_id": row.location_id, "location_id": target, "method": row.method,
    });
    let event = NewEvent::new("fulfillment_order_moved", "fulfillment_order", row.id.uuid());
    let event_id = tx.event(event.payload(payload));
    let (from, mut movements) = (row.location_id, Vec::new());
    for line in lines.iter().filter(|line| makeup.is_tracked(line.variant_id)) {
        let quantity = line.quantity - line.rejected - line.fulfilled;
        if quantity == 0 {
            continue;
        }
        let movement = |location_id, kind, from, to| Movement {
            location_id,
            variant_id: line.variant_id,
            kind,
            from: Some(from),
            to: Some(to),
            quantity,
            cause: Cause::of(CauseKind::FulfillmentOrderLine, line.id.uuid()),
            event_id,
        };
        let (free, promised) = (StockState::Available, StockState::Committed);
        movements.extend(from.map(|from| movement(from, MovementKind::Released, promised, free)));
        movements.push(movement(target, MovementKind::Committed, free, promised));
    }
    if let Some(place) = from {
        let keep: Vec<_> = lines.iter().map(|line| (line.id, 0)).collect();
        inventory::unit::return_surplus(tx, place, &keep).await?;
    }
    inventory::post(tx, &movements).await?;
    (row.location_id, row.parked_as, row.routed_at) = (Some(target), None, Some(tx.now()));
    if row.status == FulfillmentOrderStatus::Scheduled {
        return work::transition(tx, row, FulfillmentOrderAction::Release).await;
    }
    row.version += 1;
    row.updated_at = tx.now();
    Ok(row.into_active_model().reset_all().update(tx).await?)
}
