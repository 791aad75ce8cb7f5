//! A transfer arrives, at once or in parts, whole or not.

use std::collections::BTreeMap;

use entity::id::{TransferId, VariantId};
use entity::status::TransferAction;
use entity::words::{FulfillmentOrderStatus, StockState};
use entity::{fulfillment_order, transfer, transfer_line};
use sea_orm::EntityTrait;
use serde::Serialize;
use serde_json::json;

use super::command::{self, Ask, Done, check_variants};
use super::lock::{Begun, Locked, Side, Way, begin, under_way};
use super::numbers::{self, Numbers};
use crate::inventory::{Movement, incoming, post};
use crate::kernel::text;
use crate::{Ctx, Error, ErrorCode, Permission, Result, Tx};

/// What arrived of a transfer.
#[derive(Debug, Clone, Serialize)]
pub struct ReceiveTransfer {
    /// Which.
    pub transfer_id: TransferId,
    /// The version that the client knows.
    pub expected_version: Option<i32>,
    /// What became of the goods; a variant that is not named is still under way. `None` receives all in order.
    pub lines: Option<Vec<ReceivedUnits>>,
    /// Which numbered units arrived, needed when only some did, and which are damaged or missing.
    pub numbers: Numbers,
    /// The client's key: the same key receives once.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// What became of units of one variant.
#[derive(Debug, Clone, Serialize)]
pub struct ReceivedUnits {
    /// Of what.
    pub variant_id: VariantId,
    /// Units that arrived in order.
    pub received: i64,
    /// Units that arrived damaged; they lie here, but are not sold.
    pub damaged: i64,
    /// Units that did not arrive and are not expected any more.
    pub missing: i64,
    /// Why units were damaged or missing; needed when some were.
    pub reason: Option<String>,
}

/// A transfer of which nothing more is expected.
#[derive(Debug, Clone, Serialize)]
pub struct CloseTransfer {
    /// Which.
    pub transfer_id: TransferId,
    /// The version that the client knows.
    pub expected_version: Option<i32>,
    /// Why the rest is missing.
    pub reason: String,
    /// The client's key: the same key closes once.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// Receives units at the destination. The transfer is done when all that left is accounted for.
///
/// Errors: `FORBIDDEN`, `NOT_FOUND`, `INVALID_TRANSITION`, `STALE_VERSION`, `INVALID_QUANTITY` for more than is under
/// way or nothing at all, `REQUIRED` for a missing reason, `INVALID` for a variant that is not on it, what numbers must be
/// (see [`Numbers`]), `IDEMPOTENCY_KEY_REUSED`.
pub async fn receive(ctx: &Ctx, input: ReceiveTransfer) -> Result<Done<transfer::Model>> {
    let ask = Ask::new("transferReceive", &input.idempotency_key, &input)?;
    let lines = input.lines.map(checked).transpose()?;
    let numbers = input.numbers.checked()?;
    settle(ctx, &ask, (input.transfer_id, input.expected_version), &Arrival::Units(lines, numbers)).await
}

/// Everything that is still under way is missing; the transfer is done.
///
/// Errors: `FORBIDDEN`, `NOT_FOUND`, `INVALID_TRANSITION`, `STALE_VERSION`, `REQUIRED`, `IDEMPOTENCY_KEY_REUSED`.
pub async fn close_rest(ctx: &Ctx, input: CloseTransfer) -> Result<Done<transfer::Model>> {
    let ask = Ask::new("transferClose", &input.idempotency_key, &input)?;
    let reason = text::required_line("reason", &input.reason, text::LINE)?;
    settle(ctx, &ask, (input.transfer_id, input.expected_version), &Arrival::Nothing(reason)).await
}

/// What is said of the goods under way.
enum Arrival {
    /// These arrived, or all of them.
    Units(Option<Vec<ReceivedUnits>>, Numbers),
    /// The rest never will, because of this.
    Nothing(String),
}

fn checked(lines: Vec<ReceivedUnits>) -> Result<Vec<ReceivedUnits>> {
    check_variants(&lines.iter().map(|line| line.variant_id).collect::<Vec<_>>())?;
    let check = |(index, line): (usize, ReceivedUnits)| {
        let units = [line.received, line.damaged, line.missing];
        if units.iter().any(|units| *units < 0) || units.iter().all(|units| *units == 0) {
            return Err(Error::invalid(ErrorCode::InvalidQuantity, format!("lines.{index}.received")));
        }
        let path = format!("lines.{index}.reason");
        let reason = command::reason(&path, line.reason.as_deref())?;
        if reason.is_none() && (line.damaged > 0 || line.missing > 0) {
            return Err(Error::invalid(ErrorCode::Required, path));
        }
        Ok(ReceivedUnits { reason, ..line })
    };
    lines.into_iter().enumerate().map(check).collect()
}

async fn settle(
    ctx: &Ctx,
    ask: &Ask,
    (id, expected_version): (TransferId, Option<i32>),
    arrival: &Arrival,
) -> Result<Done<transfer::Model>> {
    let scope = ctx.require(Permission::TransfersWork)?;
    let scope = &scope;
    ctx.write(|tx| async move {
        let tx = &tx;
        let mut locked = match begin(tx, ask, scope, id, expected_version).await? {
            Begun::Replayed(done) => return Ok(done),
            Begun::Fresh(locked) => locked,
        };
        locked.require(scope, Side::Receiver)?;
        locked.next(TransferAction::Receive)?;
        let before = locked.lines.clone();
        match arrival {
            Arrival::Units(Some(lines), _) => account(&mut locked.lines, lines)?,
            Arrival::Units(None, _) => locked.lines.iter_mut().for_each(|line| line.received += under_way(line)),
            Arrival::Nothing(reason) => lose(&mut locked.lines, reason),
        }
        let done = locked.lines.iter().all(|line| under_way(line) == 0);
        let status = locked.next(if done { TransferAction::Receive } else { TransferAction::ReceivePart })?;
        arrive(tx, &locked, &before, done).await?;
        let none = Numbers::default();
        let named = if let Arrival::Units(_, named) = arrival { named } else { &none };
        numbers::settle(tx, &locked, &before, named).await?;
        locked.save(tx, status).await
    })
    .await
}

/// Writes on the lines what became of their units.
fn account(lines: &mut [transfer_line::Model], arrived: &[ReceivedUnits]) -> Result<()> {
    let places: BTreeMap<VariantId, usize> =
        lines.iter().enumerate().map(|(place, line)| (line.variant_id, place)).collect();
    for (index, units) in arrived.iter().enumerate() {
        let line = places.get(&units.variant_id).and_then(|place| lines.get_mut(*place));
        let line = line.ok_or_else(|| Error::invalid(ErrorCode::Invalid, format!("lines.{index}.variantId")))?;
        let told = units.received.saturating_add(units.damaged).saturating_add(units.missing);
        if told > under_way(line) {
            return Err(Error::invalid(ErrorCode::InvalidQuantity, format!("lines.{index}.received")));
        }
        line.received += units.received;
        line.damaged += units.damaged;
        line.missing += units.missing;
        if units.reason.is_some() {
            line.discrepancy_reason.clone_from(&units.reason);
        }
    }
    Ok(())
}

/// Everything under way is missing.
pub(super) fn lose(lines: &mut [transfer_line::Model], reason: &str) {
    for line in lines.iter_mut().filter(|line| under_way(line) > 0) {
        line.missing += under_way(line);
        line.discrepancy_reason = Some(reason.to_owned());
    }
}

/// Brings what arrived into the destination's stock and stops expecting what is accounted for. At most twelve
/// statements for 500 lines.
async fn arrive(tx: &Tx, locked: &Locked, before: &[transfer_line::Model], done: bool) -> Result<()> {
    let place = locked.transfer.to_location_id;
    let state = state_of_arrivals(tx, locked).await?;
    let steps: Vec<(&transfer_line::Model, &transfer_line::Model)> = before.iter().zip(&locked.lines).collect();
    let in_order = |(old, new): &(&transfer_line::Model, &transfer_line::Model)| new.received - old.received;
    let received: i64 = steps.iter().map(in_order).sum();
    let event_id = locked.tell(
        tx,
        "transfer_received",
        &json!({ "location_id": place, "complete": done, "received": received, "short": is_short(&locked.lines) }),
    );
    let mut movements: Vec<Movement> = steps
        .iter()
        .flat_map(|(old, new)| {
            let good = Way::into(place, state).of(new, new.received - old.received, event_id);
            let bad = Way::into(place, StockState::Damaged).of(new, new.damaged - old.damaged, event_id);
            good.into_iter().chain(bad)
        })
        .collect();
    if state == StockState::Available {
        incoming::keep_back_from_first(tx, &mut movements).await?;
    }
    let settled = |(old, new): &(&transfer_line::Model, &transfer_line::Model)| under_way(old) - under_way(new);
    let accounted: Vec<(VariantId, i64)> = steps.iter().map(|step| (step.1.variant_id, settled(step))).collect();
    post(tx, &movements).await?;
    incoming::arrive(tx, place, &accounted).await
}

/// Whether fewer units came, or will come, in order than were asked for.
fn is_short(lines: &[transfer_line::Model]) -> bool {
    lines.iter().any(|line| line.received + under_way(line) < line.quantity)
}

/// Where arrivals go: to the free stock, or aside for the work that waits for them. Whoever ends that work's waiting
/// locks its transfers first and takes what they brought, so what is read here stays true until the commit.
async fn state_of_arrivals(tx: &Tx, locked: &Locked) -> Result<StockState> {
    let Some(work) = locked.transfer.fulfillment_order_id else { return Ok(StockState::Available) };
    let work = fulfillment_order::Entity::find_by_id(work).one(tx).await?;
    let waits = work.is_some_and(|work| {
        work.status == FulfillmentOrderStatus::Scheduled && work.location_id == Some(locked.transfer.to_location_id)
    });
    Ok(if waits { StockState::Reserved } else { StockState::Available })
}
