//! Picking: units come off the shelf, and go back on it when that was a mistake.

use std::collections::BTreeMap;

use entity::id::{FulfillmentOrderId, FulfillmentOrderLineId, PickListId, PickListLineId};
use entity::status::PickListAction;
use entity::words::FulfillmentOrderStatus;
use entity::{fulfillment_order, pick_list_line};
use serde::Serialize;

use super::desk::{self, Reached, WorkRef};
use super::line_ref::{LineRef, Shelf};
use super::pick_list::{self, Listed};
use super::progress::{self, unpicked};
use crate::kernel::event::NewEvent;
use crate::kernel::idempotency::{self, Claim};
use crate::kernel::{Ctx, Error, ErrorCode, Permission, Result, Tx};

/// Most lines of one call.
const MAX_LINES: usize = 500;

/// Which line of a pick list is meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum PickLineRef {
    /// By its id.
    Line(PickListLineId),
    /// By the barcode or SKU that was scanned: the first line with these goods from which something is left.
    Scan(String),
}

/// Units fetched on a walk, or put back on the shelf.
#[derive(Debug, Clone, Serialize)]
pub struct RecordPicks {
    /// The list.
    pub pick_list_id: PickListId,
    /// What was fetched: units, or fewer than zero to undo.
    pub lines: Vec<(PickLineRef, i64)>,
    /// The version that the picker saw.
    #[serde(skip)]
    pub expected_version: Option<i32>,
    /// The client's key: the same key records once.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// Records what was fetched on a walk, or undoes it.
///
/// Errors: `FORBIDDEN`, `NOT_FOUND`, `STALE_VERSION`, `REQUIRED`, `TOO_MANY`, `NOT_IN_WORK`, `INVALID_QUANTITY` for more
/// than is left to fetch, or more undone than was fetched and is not packed, `INVALID_TRANSITION` for a list that ended
/// or work that is not in progress, `IDEMPOTENCY_KEY_REUSED`.
pub async fn record(ctx: &Ctx, input: RecordPicks) -> Result<Listed> {
    ctx.require(Permission::FulfillmentWork)?;
    let key = &idempotency::checked_key(&input.idempotency_key)?;
    let hash = &idempotency::request_hash(&input)?;
    check_count(input.lines.len())?;
    let input = &input;
    ctx.write(|tx| async move {
        let tx = &tx;
        let id = input.pick_list_id;
        if let Claim::Replayed(_) = idempotency::claim(tx, "pickListPick", key, hash, id.uuid()).await? {
            let pick_list = pick_list::by_id(tx, id).await?;
            return Ok(Listed { pick_list, replayed: true });
        }
        let listed = pick_list::lines(tx, &[id]).await?;
        let work = pick_list::work_of(tx, &listed).await?;
        let mut reached = desk::reach(tx, work).await.map_err(as_list)?;
        let list = pick_list::lock(tx, id, input.expected_version).await?;
        pick_list::next_status(&list, PickListAction::Pick)?;
        // Read again: it may have changed while this waited for the locks.
        let mut listed = pick_list::lines(tx, &[id]).await?;
        let picks = apply(tx, &mut listed, &reached, &input.lines).await?;
        take(&mut reached, &picks)?;
        pick_list::save(tx, &listed).await?;
        write(tx, reached, &picks).await?;
        Ok(Listed { pick_list: pick_list::touch(tx, &list).await?, replayed: false })
    })
    .await
}

fn as_list(error: Error) -> Error {
    if matches!(error, Error::NotFound { .. }) { Error::not_found("pickList") } else { error }
}

fn check_count(lines: usize) -> Result<()> {
    match lines {
        0 => Err(Error::invalid(ErrorCode::Required, "input.lines")),
        1..=MAX_LINES => Ok(()),
        _ => Err(Error::invalid_with(ErrorCode::TooMany, "input.lines", vec![("max", MAX_LINES.to_string())])),
    }
}

type Picks = BTreeMap<FulfillmentOrderLineId, i64>;

/// Notes units on the lines of a list; returns them per line of work.
async fn apply(
    tx: &Tx,
    listed: &mut [pick_list_line::Model],
    reached: &[Reached],
    lines: &[(PickLineRef, i64)],
) -> Result<Picks> {
    let work: Vec<_> = reached.iter().flat_map(|reached| reached.lines.iter().cloned()).collect();
    let scans: Vec<LineRef> = lines.iter().filter_map(|(line, _)| scan_of(line)).collect();
    let shelf = Shelf::read(tx, &work, scans.iter()).await?;
    let mut picks = Picks::new();
    for (index, (wanted, quantity)) in lines.iter().enumerate() {
        let path = format!("input.lines.{index}");
        let line = find(listed, &shelf, wanted, *quantity, &path)?;
        line.picked = line.picked.saturating_add(*quantity);
        if *quantity == 0 || line.picked < 0 || line.picked.saturating_add(line.short) > line.quantity {
            return Err(Error::invalid(ErrorCode::InvalidQuantity, format!("{path}.quantity")));
        }
        *picks.entry(line.fulfillment_order_line_id).or_default() += quantity;
    }
    Ok(picks)
}

fn scan_of(line: &PickLineRef) -> Option<LineRef> {
    match line {
        PickLineRef::Scan(code) => Some(LineRef::Scan { work: None, code: code.clone() }),
        PickLineRef::Line(_) => None,
    }
}

/// The line that is meant; of several with the same goods the first with room for the units. Error: `NOT_IN_WORK`.
fn find<'a>(
    listed: &'a mut [pick_list_line::Model],
    shelf: &Shelf<'_>,
    wanted: &PickLineRef,
    quantity: i64,
    path: &str,
) -> Result<&'a mut pick_list_line::Model> {
    let position = match (wanted, scan_of(wanted)) {
        (PickLineRef::Line(id), _) => listed.iter().position(|line| line.id == *id),
        (PickLineRef::Scan(_), None) => None,
        (PickLineRef::Scan(_), Some(scan)) => {
            let variant = shelf.find(&scan, path)?.variant_id;
            let room = |line: &pick_list_line::Model| {
                let picked = line.picked.saturating_add(quantity);
                line.variant_id == variant && picked >= 0 && picked.saturating_add(line.short) <= line.quantity
            };
            listed.iter().position(room).or_else(|| listed.iter().position(|line| line.variant_id == variant))
        }
    };
    position.and_then(|position| listed.get_mut(position)).ok_or_else(|| Error::invalid(ErrorCode::NotInWork, path))
}

/// Raises what is picked. Errors: `INVALID_TRANSITION`, `INVALID_QUANTITY`.
fn take(reached: &mut Vec<Reached>, picks: &Picks) -> Result<()> {
    reached.retain(|reached| reached.lines.iter().any(|line| picks.contains_key(&line.id)));
    for Reached { work, lines, .. } in reached.iter_mut() {
        desk::in_states(work, &[FulfillmentOrderStatus::InProgress], "PICK")?;
        for line in lines.iter_mut() {
            let Some(quantity) = picks.get(&line.id) else { continue };
            if *quantity > unpicked(line) || line.picked + quantity < line.packed {
                return Err(Error::invalid(ErrorCode::InvalidQuantity, "input.lines"));
            }
            line.picked += quantity;
        }
    }
    Ok(())
}

/// Writes picked lines, and tells it per fulfillment order.
async fn write(tx: &Tx, reached: Vec<Reached>, picks: &Picks) -> Result<Vec<fulfillment_order::Model>> {
    let mut done = Vec::with_capacity(reached.len());
    for Reached { work, lines, .. } in reached {
        let mine: Vec<_> = lines.iter().filter_map(|line| Some((line.variant_id, picks.get(&line.id)?))).collect();
        let payload = serde_json::json!({
            "order_id": work.order_id, "location_id": work.location_id, "picked": mine,
        });
        let event = NewEvent::new("fulfillment_order_picked", "fulfillment_order", work.id.uuid());
        tx.event(event.payload(payload));
        done.push(progress::settle(tx, work, &lines).await?);
    }
    Ok(done)
}

/// Units fetched for one fulfillment order without a list.
#[derive(Debug, Clone, Serialize)]
pub struct PickWork {
    /// The work.
    pub fulfillment_order_id: FulfillmentOrderId,
    /// What was fetched: units, or fewer than zero to undo; all that is left when empty.
    pub lines: Vec<(LineRef, i64)>,
    /// The version that the picker saw.
    #[serde(skip)]
    pub expected_version: Option<i32>,
    /// The client's key: the same key records once.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// Records what was fetched for one fulfillment order without a pick list, or undoes it.
///
/// Errors: as [`record`].
pub async fn pick(ctx: &Ctx, input: PickWork) -> Result<(fulfillment_order::Model, bool)> {
    ctx.require(Permission::FulfillmentWork)?;
    let key = &idempotency::checked_key(&input.idempotency_key)?;
    let hash = &idempotency::request_hash(&input)?;
    if !input.lines.is_empty() {
        check_count(input.lines.len())?;
    }
    let input = &input;
    ctx.write(|tx| async move {
        let tx = &tx;
        let id = input.fulfillment_order_id;
        if let Claim::Replayed(_) = idempotency::claim(tx, "fulfillmentOrderPick", key, hash, id.uuid()).await? {
            let reached = desk::reach_one(tx, WorkRef { id, expected_version: None }).await?;
            return Ok((reached.work, true));
        }
        let reached = desk::reach_one(tx, WorkRef { id, expected_version: input.expected_version }).await?;
        desk::in_states(&reached.work, &[FulfillmentOrderStatus::InProgress], "PICK")?;
        let picks = named(tx, &reached, &input.lines).await?;
        if picks.is_empty() {
            return Err(Error::invalid(ErrorCode::NothingToPick, "input.lines"));
        }
        let mut reached = vec![reached];
        take(&mut reached, &picks)?;
        let lines: Vec<_> = reached.iter().flat_map(|reached| reached.lines.iter().cloned()).collect();
        pick_list::trim(tx, &lines).await?;
        let mut done = write(tx, reached, &picks).await?;
        done.pop().map(|work| (work, false)).ok_or(Error::not_found("fulfillmentOrder"))
    })
    .await
}

async fn named(tx: &Tx, reached: &Reached, lines: &[(LineRef, i64)]) -> Result<Picks> {
    if lines.is_empty() {
        let left = reached.lines.iter().filter(|line| unpicked(line) > 0);
        return Ok(left.map(|line| (line.id, unpicked(line))).collect());
    }
    let shelf = Shelf::read(tx, &reached.lines, lines.iter().map(|(line, _)| line)).await?;
    let mut picks = Picks::new();
    for (index, (line, quantity)) in lines.iter().enumerate() {
        let path = format!("input.lines.{index}");
        if *quantity == 0 {
            return Err(Error::invalid(ErrorCode::InvalidQuantity, format!("{path}.quantity")));
        }
        let sum = picks.entry(shelf.find(line, &path)?.id).or_default();
        *sum = sum.saturating_add(*quantity);
    }
    Ok(picks)
}
