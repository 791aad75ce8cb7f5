//! Goods arrive: all, some, or fewer than were announced.

use entity::id::{EventId, LocationId, ReturnId, ReturnItemId, ReturnLineId};
use entity::return_item;
use entity::status::ReturnAction;
use entity::words::{Disposition, ReturnStatus};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};
use serde_json::json;

use super::access::{self, Hands};
use super::request::{Done, MAX_LINES, replayed};
use super::step::{self, Locked};
use super::{exchange, units};
use crate::kernel::idempotency::{self, Claim};
use crate::kernel::{Ctx, Error, ErrorCode, Result, Tx, text};

/// What arrived.
#[derive(Debug, Clone, serde::Serialize)]
pub struct ReceiveReturn {
    /// Of which return.
    pub return_id: ReturnId,
    /// The version that was read.
    pub expected_version: Option<i32>,
    /// Where it was handed in; any location that takes goods back.
    pub location_id: LocationId,
    /// Units of each line.
    pub lines: Vec<(ReturnLineId, i64)>,
    /// Whether nothing more will come: the rest was not in the parcel, or was lost.
    pub nothing_more: bool,
    /// What was seen.
    pub note: String,
    /// The client's key: the same key receives once.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// Receives goods, in as many parts as they come. Where they lie counts for stock only when they were inspected.
///
/// Errors: `FORBIDDEN`, `NOT_FOUND`, `RETURNS_NOT_ACCEPTED`, `STALE_VERSION`, `INVALID_TRANSITION`, `INVALID_QUANTITY`,
/// `REQUIRED` when nothing is said, `IDEMPOTENCY_KEY_REUSED`.
pub async fn receive(ctx: &Ctx, input: ReceiveReturn) -> Result<Done> {
    access::work_scope(ctx)?;
    let key = &idempotency::checked_key(&input.idempotency_key)?;
    let hash = &idempotency::request_hash(&input)?;
    let note = &text::note("input.note", &input.note, text::NOTE)?;
    if input.lines.len() > MAX_LINES {
        return Err(Error::invalid_with(ErrorCode::TooMany, "input.lines", vec![("max", MAX_LINES.to_string())]));
    }
    if input.lines.is_empty() && !input.nothing_more {
        return Err(Error::invalid(ErrorCode::Required, "input.lines"));
    }
    let input = &input;
    ctx.write(|tx| async move {
        let tx = &tx;
        let id = input.return_id;
        if let Claim::Replayed(_) = idempotency::claim(tx, "returnReceive", key, hash, id.uuid()).await? {
            return replayed(tx, id).await;
        }
        let (mut locked, hands) = step::lock(tx, id, None, input.expected_version).await?;
        let Hands::Staff(scope) = hands else { return Err(Error::not_found("return")) };
        let place = access::place(tx, &scope, input.location_id).await?;
        arrive(tx, &mut locked, place.id, &input.lines).await?;
        if input.nothing_more {
            end(tx, &mut locked, place.id, note).await?;
            exchange::goods_came(tx, &locked).await?;
        }
        Ok(Done { row: locked.save(tx).await?, replayed: false })
    })
    .await
}

/// Counts units as come, and takes the step. Errors: `INVALID_QUANTITY`, `INVALID_TRANSITION`, `NOT_FOUND`.
pub(super) async fn arrive(
    tx: &Tx,
    locked: &mut Locked,
    place: LocationId,
    came: &[(ReturnLineId, i64)],
) -> Result<()> {
    // The machine speaks first: what is over takes nothing, whatever the units.
    locked.check(ReturnAction::ReceivePart)?;
    let before = locked.lines.clone();
    for (index, (id, count)) in came.iter().enumerate() {
        let line = locked.lines.iter_mut().find(|line| line.id == *id).ok_or(Error::not_found("returnLine"))?;
        let open = line.quantity - line.received;
        if *count < 1 || *count > open {
            let max = vec![("max", open.to_string())];
            return Err(Error::invalid_with(ErrorCode::InvalidQuantity, format!("input.lines.{index}.quantity"), max));
        }
        line.received += count;
    }
    let came_in = |line: &entity::return_line::Model| {
        line.received - before.iter().find(|old| old.id == line.id).map_or(0, |old| old.received)
    };
    units::received(tx, &locked.row, &units::sum(&locked.lines, came_in)).await?;
    if !came.is_empty() {
        locked.row.lodged_location_id = locked.row.lodged_location_id.or(Some(place));
        let complete = locked.lines.iter().all(|line| line.received == line.quantity);
        locked.go(tx, if complete { ReturnAction::Receive } else { ReturnAction::ReceivePart })?;
    }
    Ok(())
}

/// What did not come yet will not: it counts as missing and is with the customer as before.
async fn end(tx: &Tx, locked: &mut Locked, place: LocationId, note: &str) -> Result<()> {
    let rest = units::sum(&locked.lines, |line| line.received - line.quantity);
    let event_id = locked.tell(tx, "return_units_missing", &json!({ "units": -rest.values().sum::<i64>() }));
    let items: Vec<return_item::Model> = locked
        .lines
        .iter()
        .filter(|line| line.received < line.quantity)
        .map(|line| missing(tx, line.id, line.quantity - line.received, place, note, event_id))
        .collect();
    if items.is_empty() {
        return Ok(());
    }
    let rows = items.into_iter().map(|item| item.into_active_model().reset_all());
    return_item::Entity::insert_many(rows).exec_without_returning(tx).await?;
    units::requested(tx, &locked.row, &rest).await?;
    for line in &mut locked.lines {
        line.inspected += line.quantity - line.received;
        line.received = line.quantity;
    }
    locked.row.lodged_location_id = locked.row.lodged_location_id.or(Some(place));
    locked.go(tx, ReturnAction::Receive)?;
    inspected(tx, locked)
}

fn missing(
    tx: &Tx,
    line: ReturnLineId,
    quantity: i64,
    place: LocationId,
    note: &str,
    event_id: EventId,
) -> return_item::Model {
    return_item::Model {
        id: ReturnItemId(tx.new_uuid()),
        return_line_id: line,
        quantity,
        disposition: Disposition::Missing,
        location_id: place,
        note: note.to_owned(),
        return_photo_id: None,
        staff_id: tx.ctx().actor.staff_id(),
        event_id,
        occurred_at: tx.now(),
        pays: false,
    }
}

/// When everything came and was looked at, the return is inspected.
pub(super) fn inspected(tx: &Tx, locked: &mut Locked) -> Result<()> {
    let all = locked.lines.iter().all(|line| line.inspected == line.quantity);
    if all && locked.row.status == ReturnStatus::Received {
        locked.go(tx, ReturnAction::Inspect)?;
    }
    Ok(())
}
