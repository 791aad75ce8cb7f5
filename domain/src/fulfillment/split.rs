//! Making two fulfillment orders of one.

use std::collections::BTreeMap;

use entity::id::{FulfillmentOrderId, FulfillmentOrderLineId, OrderLineId};
use entity::words::FulfillmentOrderStatus;
use entity::{fulfillment_order, fulfillment_order_line};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};
use serde::Serialize;

use super::desk::{self, Reached, WorkRef};
use super::makeup::Makeup;
use super::progress;
use crate::inventory;
use crate::kernel::event::NewEvent;
use crate::kernel::idempotency::{self, Claim};
use crate::kernel::{Ctx, Error, ErrorCode, Permission, Result, Tx};

/// States in which work can be split: nothing of it has begun.
const SPLITTABLE: &[FulfillmentOrderStatus] = &[FulfillmentOrderStatus::Scheduled, FulfillmentOrderStatus::Open];

/// Work to split.
#[derive(Debug, Clone, Serialize)]
pub struct Split {
    /// Which.
    pub fulfillment_order_id: FulfillmentOrderId,
    /// Pieces of its lines that go into a fulfillment order of their own.
    pub lines: Vec<(FulfillmentOrderLineId, i64)>,
    /// The version that the clerk saw.
    #[serde(skip)]
    pub expected_version: Option<i32>,
    /// The client's key: the same key splits once.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// Work that was split.
#[derive(Debug, Clone, PartialEq)]
pub struct SplitWork {
    /// What stayed.
    pub work: fulfillment_order::Model,
    /// What has a fulfillment order of its own now.
    pub split_off: fulfillment_order::Model,
    /// Whether the same key did it before.
    pub replayed: bool,
}

/// Splits units off work that has not begun: same location, same promise. Stock stays as it is.
///
/// Errors: `FORBIDDEN`, `NOT_FOUND`, `REQUIRED`, `PICKUP_WORK`, `STALE_VERSION`, `INVALID_TRANSITION`, `NOT_IN_WORK`,
/// `INVALID_QUANTITY` for more than is left, for all that is left, or for parts of a bundle's unit,
/// `IDEMPOTENCY_KEY_REUSED`.
pub async fn split(ctx: &Ctx, input: Split) -> Result<SplitWork> {
    ctx.require(Permission::FulfillmentWork)?;
    let key = &idempotency::checked_key(&input.idempotency_key)?;
    let hash = &idempotency::request_hash(&input)?;
    if input.lines.is_empty() {
        return Err(Error::invalid(ErrorCode::Required, "input.lines"));
    }
    let input = &input;
    ctx.write(|tx| async move {
        let tx = &tx;
        let (id, new) = (input.fulfillment_order_id, FulfillmentOrderId(tx.new_uuid()));
        let claim = idempotency::claim(tx, "fulfillmentOrderSplit", key, hash, new.uuid()).await?;
        if let Claim::Replayed(before) = claim {
            let both = desk::reach(tx, [id, FulfillmentOrderId(before)]).await?;
            let [first, second] = <[Reached; 2]>::try_from(both).map_err(|_| Error::not_found("fulfillmentOrder"))?;
            let (work, split_off) = if first.work.id == id { (first, second) } else { (second, first) };
            return Ok(SplitWork { work: work.work, split_off: split_off.work, replayed: true });
        }
        let reached = desk::reach_one(tx, WorkRef { id, expected_version: input.expected_version }).await?;
        desk::by_parcel(&reached.work)?;
        desk::in_states(&reached.work, SPLITTABLE, "SPLIT")?;
        let order_id = reached.order.id;
        let (work, split_off) = divide(tx, reached, new, &input.lines).await?;
        desk::refresh(tx, [order_id]).await?;
        Ok(SplitWork { work, split_off, replayed: false })
    })
    .await
}

async fn divide(
    tx: &Tx,
    reached: Reached,
    id: FulfillmentOrderId,
    wanted: &[(FulfillmentOrderLineId, i64)],
) -> Result<(fulfillment_order::Model, fulfillment_order::Model)> {
    let makeup = Makeup::read(tx, &[reached.order.id]).await?;
    let taken = whole_units(&reached, &makeup, wanted)?;
    let (mut stay, mut go) = (Vec::new(), Vec::new());
    for mut line in reached.lines {
        let quantity = taken.get(&line.id).copied().unwrap_or(0);
        if quantity == line.quantity {
            go.push(fulfillment_order_line::Model { fulfillment_order_id: id, ..line });
            continue;
        }
        if quantity > 0 {
            let new = FulfillmentOrderLineId(tx.new_uuid());
            let part = fulfillment_order_line::Model {
                id: new,
                fulfillment_order_id: id,
                quantity,
                rejected: 0,
                ..line.clone()
            };
            go.push(part);
            line.quantity -= quantity;
        }
        stay.push(line);
    }
    if stay.iter().all(|line| line.quantity == line.rejected) {
        return Err(Error::invalid(ErrorCode::InvalidQuantity, "input.lines"));
    }
    let split_off = fulfillment_order::Model {
        id,
        version: 1,
        created_at: tx.now(),
        updated_at: tx.now(),
        external_reference: None,
        ..reached.work.clone()
    };
    let row = split_off.clone().into_active_model().reset_all();
    fulfillment_order::Entity::insert(row).exec_without_returning(tx).await?;
    let lines: Vec<_> = stay.into_iter().chain(go).collect();
    progress::save(tx, &lines).await?;
    if let Some(place) = reached.work.location_id {
        let keep: Vec<_> = lines.iter().map(|line| (line.id, line.quantity - line.rejected)).collect();
        inventory::unit::return_surplus(tx, place, &keep).await?;
    }
    let work = progress::touch(tx, &reached.work).await?;
    let payload = serde_json::json!({
        "order_id": work.order_id, "location_id": work.location_id, "method": work.method, "split_off": id,
    });
    tx.event(NewEvent::new("fulfillment_order_split", "fulfillment_order", work.id.uuid()).payload(payload.clone()));
    tx.event(NewEvent::new("fulfillment_order_opened", "fulfillment_order", id.uuid()).payload(payload));
    Ok((work, split_off))
}

/// Pieces per line of work; those of a bundle must be whole units. Errors: `NOT_IN_WORK`, `INVALID_QUANTITY`.
fn whole_units(
    reached: &Reached,
    makeup: &Makeup,
    wanted: &[(FulfillmentOrderLineId, i64)],
) -> Result<BTreeMap<FulfillmentOrderLineId, i64>> {
    let refused = |index: usize| Error::invalid(ErrorCode::InvalidQuantity, format!("input.lines.{index}.quantity"));
    let mut taken: BTreeMap<FulfillmentOrderLineId, i64> = BTreeMap::new();
    let mut units: BTreeMap<OrderLineId, i64> = BTreeMap::new();
    for (index, (id, quantity)) in wanted.iter().enumerate() {
        let line = reached.lines.iter().find(|line| line.id == *id);
        let line = line.ok_or_else(|| Error::invalid(ErrorCode::NotInWork, format!("input.lines.{index}")))?;
        let per = makeup.per_unit(line.order_line_id)?.get(&line.variant_id).copied().unwrap_or(1);
        let within = *quantity >= 1 && *quantity <= line.quantity - line.rejected;
        if !within || quantity % per != 0 || taken.insert(*id, *quantity).is_some() {
            return Err(refused(index));
        }
        if *units.entry(line.order_line_id).or_insert(quantity / per) != quantity / per {
            return Err(refused(index));
        }
    }
    for (order_line, _) in units {
        let parts = reached.lines.iter().filter(|line| line.order_line_id == order_line);
        if parts.into_iter().any(|line| !taken.contains_key(&line.id)) {
            return Err(Error::invalid(ErrorCode::InvalidQuantity, "input.lines"));
        }
    }
    Ok(taken)
}
