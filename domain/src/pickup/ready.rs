//! The goods lie ready: the customer gets a code. What is not there is left to the customer to decide.

use chrono::{DateTime, Utc};
use entity::fulfillment_order_line::Column;
use entity::id::{OrderLineId, PickupId};
use entity::pickup;
use entity::status::{FulfillmentOrderAction, PickupAction};
use entity::words::{RejectionEffect, RejectionReason};

use super::short::Why;
use super::step::{Locked, lock};
use super::units::{self, WorkUnits};
use super::{access, brought, code, keep, numbers, short};
use crate::fulfillment::work;
use crate::inventory::unit::{self, NumberedUnits};
use crate::kernel::idempotency::{self, Claim};
use crate::kernel::{Ctx, Error, ErrorCode, Result, Tx, text};
use crate::{location as locations, order as orders};

/// Units that are not there.
#[derive(Clone, Debug, serde::Serialize)]
pub struct ShortLine {
    /// The line of the order.
    pub order_line_id: OrderLineId,
    /// Units; bundles whole.
    pub quantity: i64,
    /// Why.
    pub reason: RejectionReason,
    /// What it does to stock; what fits the reason when `None`.
    pub stock_effect: Option<RejectionEffect>,
    /// In the clerk's words.
    pub note: Option<String>,
}

/// A pickup that is ready, all of it or without what is short.
#[derive(Clone, Debug, serde::Serialize)]
pub struct MakeReady {
    /// Which.
    pub pickup_id: PickupId,
    /// What is not there.
    pub short: Vec<ShortLine>,
    /// Serial and lot numbers of what lies ready; they may also be read when it is handed over.
    pub units: Vec<NumberedUnits>,
    /// Serial and lot numbers of short units that are written off.
    pub missing_units: Vec<NumberedUnits>,
    /// The version that the client read.
    pub expected_version: Option<i32>,
    /// The client's key.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// Makes a pickup ready: it gets a code and a day until which it waits. Short units become a pickup of their own, about
/// which the customer chooses; when everything is short, this one. Errors: `FORBIDDEN` without `fulfillment.work`,
/// `NOT_FOUND`, `INVALID_TRANSITION`, `INVALID_QUANTITY`, `STALE_VERSION`, `UNIT_NUMBERS_REQUIRED` when numbered units are
/// written off, what numbers must be (see [`unit::checked`] and [`unit::take`]), `IDEMPOTENCY_KEY_REUSED`.
pub async fn make_ready(ctx: &Ctx, input: MakeReady) -> Result<pickup::Model> {
    run(ctx, input, "pickupReady", PickupAction::MakeReady).await
}

/// Tells that units of a pickup are not there, before it is ready; all of them when none is named. The rest stays as it is.
/// Of a pickup that waits for goods from elsewhere only all units can be given up; its transfers end.
/// Errors: like [`make_ready`].
pub async fn fall_short(ctx: &Ctx, input: MakeReady) -> Result<pickup::Model> {
    run(ctx, input, "pickupShort", PickupAction::FallShort).await
}

async fn run(ctx: &Ctx, input: MakeReady, operation: &'static str, action: PickupAction) -> Result<pickup::Model> {
    let scope = &access::work_scope(ctx)?;
    let key = &idempotency::checked_key(&input.idempotency_key)?;
    let hash = &idempotency::request_hash(&input)?;
    check(&input.short)?;
    let (there, gone) = (&unit::checked(&input.units)?, &unit::checked(&input.missing_units)?);
    let input = &input;
    ctx.write(|tx| async move {
        let tx = &tx;
        let mut locked = lock(tx, input.pickup_id).await?;
        access::check_store(scope, &locked.pickup)?;
        if let Claim::Replayed(_) = idempotency::claim(tx, operation, key, hash, input.pickup_id.uuid()).await? {
            return Ok(locked.pickup);
        }
        locked.check_version(input.expected_version)?;
        locked.check(action)?;
        let all = WorkUnits::read(tx, &locked.lines).await?;
        let wanted: Vec<_> = input.short.iter().map(|line| (line.order_line_id, line.quantity)).collect();
        let nothing_named = wanted.is_empty() && action == PickupAction::MakeReady;
        let missing = if nothing_named { Default::default() } else { all.chosen(&wanted)? };
        numbers::write_off(tx, &locked, gone).await?;
        let why = Why::Told(&input.short);
        if locked.waits() {
            // Nothing lies there yet that could be counted: all of it is given up, or nothing.
            if missing != all.open() {
                return Err(Error::invalid(ErrorCode::InvalidQuantity, "short"));
            }
            brought::give_up(tx, &mut locked, &all).await?;
        } else if missing == all.open() {
            short::all(tx, &mut locked, &all, &why).await?;
        } else {
            short::some(tx, &mut locked, &all, &missing, &why).await?;
            if action == PickupAction::MakeReady {
                numbers::set_aside(tx, &locked, there).await?;
                finish(tx, &mut locked).await?;
            }
        }
        orders::refresh(tx, locked.order.id).await?;
        Ok(locked.pickup)
    })
    .await
}

fn check(lines: &[ShortLine]) -> Result<()> {
    for (index, line) in lines.iter().enumerate() {
        if let Some(note) = &line.note {
            text::note(&format!("short.{index}.note"), note, text::NOTE)?;
        }
        // Writing off everything of an item is a matter of the shelf, not of one pickup.
        if line.stock_effect == Some(RejectionEffect::Zero) {
            return Err(Error::invalid(ErrorCode::Invalid, format!("short.{index}.stockEffect")));
        }
    }
    Ok(())
}

/// Everything left in the work is there.
async fn finish(tx: &Tx, locked: &mut Locked) -> Result<()> {
    locked.work = work::transition(tx, locked.work.clone(), FulfillmentOrderAction::Pack).await?;
    let there: Vec<_> = locked.lines.iter().map(|line| (line.id, line.quantity - line.rejected)).collect();
    units::set(tx, Column::Picked, &there).await?;
    units::set(tx, Column::Packed, &there).await?;
    let until = keep_until(tx, locked, tx.now()).await?;
    locked.pickup.ready_at = Some(tx.now());
    locked.pickup.expires_at = Some(until);
    locked.pickup.reminded_at = None;
    locked.pickup.extensions = 0;
    locked.new_code(tx);
    locked.go(tx, PickupAction::MakeReady).await
}

/// The store's days to keep, from an instant.
async fn keep_until(tx: &Tx, locked: &Locked, from: DateTime<Utc>) -> Result<DateTime<Utc>> {
    let store = locations::query::get(tx, locked.pickup.location_id).await?;
    Ok(keep::until(&store, from, u64::try_from(store.pickup_keep_days).unwrap_or(0)))
}

impl Locked {
    /// Gives the pickup its next code; the one before works no more.
    pub(super) fn new_code(&mut self, tx: &Tx) {
        let secrets = &tx.ctx().services.secrets;
        self.pickup.code_number += 1;
        let code = code::make(secrets, self.pickup.id, self.pickup.code_number);
        self.pickup.code_hash = Some(code::hash(secrets, self.pickup.location_id, &code));
    }
}
