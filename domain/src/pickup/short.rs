//! Units that a store cannot give: they leave its promise, and wait for what the customer chooses.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use entity::fulfillment_order_line::{Column, Entity};
use entity::id::{FulfillmentOrderId, FulfillmentOrderLineId, FulfillmentRejectionId, OrderLineId, VariantId};
use entity::status::{FulfillmentOrderAction, PickupAction};
use entity::words::{
    FulfillmentHoldReason, FulfillmentOrderStatus, MovementKind, RejectionEffect, RejectionReason, StockState,
};
use entity::{fulfillment_order, fulfillment_order_line, fulfillment_rejection, pickup};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use serde_json::json;

use super::ready::ShortLine;
use super::step::Locked;
use super::units::{self, WorkUnits};
use crate::fulfillment::{pickup_row, work};
use crate::inventory::{self, Movement};
use crate::kernel::{Error, Result, Tx};

/// For so long the customer may choose.
pub(super) const CHOICE_TIME: TimeDelta = TimeDelta::hours(48);

/// What became of units that are not there.
pub(super) enum Why<'a> {
    /// A clerk said so, line by line; what is not said follows from the reason.
    Told(&'a [ShortLine]),
    /// These goods are gone from the store.
    Gone(&'a BTreeSet<VariantId>, RejectionReason),
}

/// Nothing of it is there: the pickup itself waits for the choice.
pub(super) async fn all(tx: &Tx, locked: &mut Locked, all: &WorkUnits, why: &Why<'_>) -> Result<()> {
    let missing = all.open();
    give_up(tx, locked, all, &missing, why).await?;
    nothing_there(tx, locked, all).await
}

/// Some units are not there: they become work and a pickup of their own, which waits for the choice.
pub(super) async fn some(
    tx: &Tx,
    locked: &mut Locked,
    all: &WorkUnits,
    missing: &BTreeMap<OrderLineId, i64>,
    why: &Why<'_>,
) -> Result<()> {
    if missing.is_empty() {
        return Ok(());
    }
    give_up(tx, locked, all, missing, why).await?;
    let mut apart = split(tx, locked, all, missing).await?;
    ask(tx, &mut apart).await
}

/// Everything that is open is short; the store promises nothing of it any more. The work is open or in progress.
pub(super) async fn nothing_there(tx: &Tx, locked: &mut Locked, all: &WorkUnits) -> Result<()> {
    let rows = rejected_rows(locked, all, &all.open());
    units::set(tx, Column::Rejected, &rows).await?;
    // What is not there is not picked, either.
    let picked: Vec<_> = locked.lines.iter().map(|line| (line.id, line.fulfilled)).collect();
    units::set(tx, Column::Packed, &picked).await?;
    units::set(tx, Column::Picked, &picked).await?;
    if locked.work.status == FulfillmentOrderStatus::InProgress {
        locked.work = work::transition(tx, locked.work.clone(), FulfillmentOrderAction::PutBack).await?;
    }
    ask(tx, locked).await
}

/// Some units did not come, the others are there: those become a pickup of their own, which waits for the choice.
pub(super) async fn part_did_not_come(
    tx: &Tx,
    locked: &mut Locked,
    all: &WorkUnits,
    missing: &BTreeMap<OrderLineId, i64>,
) -> Result<()> {
    let mut apart = split(tx, locked, all, missing).await?;
    ask(tx, &mut apart).await
}

/// Takes the units out of the store's promise, and out of its stock when they are not there or broken.
async fn give_up(
    tx: &Tx,
    locked: &Locked,
    all: &WorkUnits,
    missing: &BTreeMap<OrderLineId, i64>,
    why: &Why<'_>,
) -> Result<()> {
    let location = locked.work.location_id.ok_or_else(|| Error::Bug("work of no store fell short".to_owned()))?;
    let event_id = locked.tell(
        tx,
        "pickup_units_missing",
        json!({ "order_id": locked.order.id, "units": missing.values().sum::<i64>() }),
    );
    let (committed, free) = (Some(StockState::Committed), Some(StockState::Available));
    let mut movements: Vec<Movement> =
        all.movements(missing, location, (MovementKind::Released, committed, free), event_id);
    let gone = missing.iter().filter(|(line, _)| said(why, **line).1 == RejectionEffect::Quantity);
    let gone: BTreeMap<OrderLineId, i64> = gone.map(|(line, count)| (*line, *count)).collect();
    let step = match why {
        // What is damaged still lies there.
        Why::Gone(_, RejectionReason::Damaged) => (MovementKind::Moved, free, Some(StockState::Damaged)),
        Why::Gone(..) | Why::Told(_) => (MovementKind::Adjusted, free, None),
    };
    let lost = all.movements(&gone, location, step, event_id).into_iter();
    movements.extend(lost.filter(|movement| match why {
        // The other parts of a bundle lie where they lay.
        Why::Gone(variants, _) => variants.contains(&movement.variant_id),
        Why::Told(_) => true,
    }));
    inventory::post(tx, &movements).await?;
    let rows: Vec<_> = missing
        .iter()
        .flat_map(|(line, count)| all.parts(&BTreeMap::from([(*line, *count)])).into_iter().map(|part| (*line, part)))
        .map(|(line, (_, variant_id, quantity, _))| {
            let (reason, stock_effect, note) = said(why, line);
            let row = fulfillment_rejection::Model {
                id: FulfillmentRejectionId(tx.new_uuid()),
                order_id: locked.order.id,
                order_line_id: line,
                variant_id,
                fulfillment_order_id: locked.work.id,
                location_id: location,
                quantity,
                reason,
                stock_effect,
                note,
                rejected_at: tx.now(),
            };
            row.into_active_model().reset_all()
        })
        .collect();
    fulfillment_rejection::Entity::insert_many(rows).exec_without_returning(tx).await?;
    Ok(())
}

/// What the clerk said about a line. What cannot be found or sold is written off.
fn said(why: &Why<'_>, line: OrderLineId) -> (RejectionReason, RejectionEffect, Option<String>) {
    let told = match why {
        Why::Told(told) => *told,
        Why::Gone(_, reason) => return (*reason, RejectionEffect::Quantity, None),
    };
    let found = told.iter().find(|short| short.order_line_id == line);
    let reason = found.map_or(RejectionReason::NotFound, |short| short.reason);
    let usual = match reason {
        RejectionReason::NotFound | RejectionReason::Damaged => RejectionEffect::Quantity,
        RejectionReason::TooBusy | RejectionReason::Closed | RejectionReason::Other => RejectionEffect::Nothing,
    };
    let note = found.and_then(|short| short.note.clone()).filter(|note| !note.trim().is_empty());
    (reason, found.and_then(|short| short.stock_effect).unwrap_or(usual), note)
}

fn rejected_rows(
    locked: &Locked,
    all: &WorkUnits,
    missing: &BTreeMap<OrderLineId, i64>,
) -> Vec<(FulfillmentOrderLineId, i64)> {
    let before = |id| locked.lines.iter().find(|line| line.id == id).map_or(0, |line| line.rejected);
    all.parts(missing).into_iter().map(|(row, _, count, _)| (row, before(row) + count)).collect()
}

/// Moves units into open work of their own at the same store, with a pickup; they count as given up there.
pub(super) async fn split(
    tx: &Tx,
    locked: &mut Locked,
    all: &WorkUnits,
    missing: &BTreeMap<OrderLineId, i64>,
) -> Result<Locked> {
    let id = FulfillmentOrderId(tx.new_uuid());
    let head = fulfillment_order::Model {
        id,
        status: FulfillmentOrderStatus::Open,
        version: 1,
        created_at: tx.now(),
        updated_at: tx.now(),
        accepted_at: None,
        packed_at: None,
        hold_reason: None,
        hold_note: None,
        parked_as: None,
        external_reference: None,
        ..locked.work.clone()
    };
    fulfillment_order::Entity::insert(head.clone().into_active_model().reset_all()).exec_without_returning(tx).await?;
    let mut apart = Vec::new();
    let mut left = Vec::new();
    let mut whole = Vec::new();
    for (row, _, count, _) in all.parts(missing) {
        let Some(line) = locked.lines.iter_mut().find(|line| line.id == row) else { continue };
        let is_whole = line.quantity == count;
        let moved = fulfillment_order_line::Model {
            id: if is_whole { line.id } else { FulfillmentOrderLineId(tx.new_uuid()) },
            fulfillment_order_id: id,
            quantity: count,
            picked: 0,
            packed: 0,
            fulfilled: 0,
            rejected: count,
            ..line.clone()
        };
        line.quantity -= count;
        line.rejected = line.rejected.min(line.quantity - line.fulfilled);
        line.picked = line.picked.min(line.quantity - line.rejected);
        line.packed = line.packed.min(line.picked);
        if is_whole {
            whole.push(moved);
        } else {
            left.push(line.clone());
            apart.push(moved);
        }
    }
    locked.lines.retain(|line| line.quantity > 0);
    shrink(tx, &left).await?;
    adopt(tx, id, &whole).await?;
    if !apart.is_empty() {
        let rows = apart.iter().cloned().map(|line| line.into_active_model().reset_all());
        Entity::insert_many(rows).exec_without_returning(tx).await?;
    }
    apart.append(&mut whole);
    let row = pickup_row::of(tx, &head, Some(locked.pickup.location_id));
    let row: pickup::Model = row.ok_or_else(|| Error::Bug("work by pickup has no pickup".to_owned()))?;
    let row = pickup::Model { collector_name: locked.pickup.collector_name.clone(), ..row };
    pickup::Entity::insert(row.clone().into_active_model().reset_all()).exec_without_returning(tx).await?;
    Ok(Locked { order: locked.order.clone(), work: head, lines: apart, pickup: row })
}

/// Whole rows move: a walk through the store may point to them.
async fn adopt(tx: &Tx, work: FulfillmentOrderId, rows: &[fulfillment_order_line::Model]) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    Entity::update_many()
        .col_expr(Column::FulfillmentOrderId, Expr::value(work))
        .col_expr(Column::Picked, Expr::value(0_i64))
        .col_expr(Column::Packed, Expr::value(0_i64))
        .col_expr(Column::Rejected, Expr::col(Column::Quantity))
        .filter(Column::Id.is_in(rows.iter().map(|row| row.id)))
        .exec(tx)
        .await?;
    Ok(())
}

/// What is left of rows of which units went.
async fn shrink(tx: &Tx, left: &[fulfillment_order_line::Model]) -> Result<()> {
    // The smaller counters first: a row never holds more than its quantity.
    let of = |count: fn(&fulfillment_order_line::Model) -> i64| -> Vec<_> {
        left.iter().map(|line| (line.id, count(line))).collect()
    };
    units::set(tx, Column::Packed, &of(|line| line.packed)).await?;
    units::set(tx, Column::Picked, &of(|line| line.picked)).await?;
    units::set(tx, Column::Rejected, &of(|line| line.rejected)).await?;
    units::set(tx, Column::Quantity, &of(|line| line.quantity)).await
}

/// Stops the work and asks the customer.
async fn ask(tx: &Tx, locked: &mut Locked) -> Result<()> {
    locked.work.hold_reason = Some(FulfillmentHoldReason::Customer.to_string());
    locked.work = work::transition(tx, locked.work.clone(), FulfillmentOrderAction::Hold).await?;
    locked.pickup.choice = None;
    locked.pickup.choice_expires_at = Some(tx.now() + CHOICE_TIME);
    locked.go(tx, PickupAction::FallShort).await
}
