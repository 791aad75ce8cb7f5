//! A transfer leaves its sender.

use std::collections::BTreeMap;

use entity::id::{TransferId, VariantId};
use entity::status::TransferAction;
use entity::transfer;
use entity::words::Carrier;
use serde::Serialize;
use serde_json::json;

use super::command::{Ask, Done, check_variants, optional_line};
use super::lock::{Begun, Locked, Side, Way, begin};
use crate::inventory::unit::{self, Fate, NumberedUnits};
use crate::inventory::{Movement, incoming, post};
use crate::{Ctx, Error, ErrorCode, Permission, Result, Tx};

/// A transfer that leaves.
#[derive(Debug, Clone, Serialize)]
pub struct DispatchTransfer {
    /// Which.
    pub transfer_id: TransferId,
    /// The version that the client knows.
    pub expected_version: Option<i32>,
    /// What leaves; a variant that is not named stays. `None` sends all that was asked for.
    pub lines: Option<Vec<(VariantId, i64)>>,
    /// Serial and lot numbers of what leaves.
    pub units: Vec<NumberedUnits>,
    /// Who carries it.
    pub carrier: Option<Carrier>,
    /// The carrier's number.
    pub tracking_number: Option<String>,
    /// The client's key: the same key dispatches once.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// The goods leave the sender and are expected at the receiver; units that stay are free again.
///
/// Errors: `FORBIDDEN`, `NOT_FOUND`, `INVALID_TRANSITION`, `STALE_VERSION`, `INVALID_QUANTITY` for more than was asked
/// for or nothing at all, `INVALID` for a variant that is not on it, `UNIT_NUMBERS_REQUIRED` for goods whose units have
/// numbers that nobody named, what numbers must be (see [`unit::checked`] and [`unit::take`]), `IDEMPOTENCY_KEY_REUSED`.
pub async fn dispatch(ctx: &Ctx, input: DispatchTransfer) -> Result<Done<transfer::Model>> {
    let scope = ctx.require(Permission::TransfersWork)?;
    let ask = Ask::new("transferDispatch", &input.idempotency_key, &input)?;
    let tracking = optional_line("trackingNumber", input.tracking_number.as_deref())?;
    if let Some(lines) = &input.lines {
        check_variants(&lines.iter().map(|(variant, _)| *variant).collect::<Vec<_>>())?;
    }
    let units = &unit::checked(&input.units)?;
    let (scope, ask, tracking, input) = (&scope, &ask, &tracking, &input);
    ctx.write(|tx| async move {
        let tx = &tx;
        let mut locked = match begin(tx, ask, scope, input.transfer_id, input.expected_version).await? {
            Begun::Replayed(done) => return Ok(done),
            Begun::Fresh(locked) => locked,
        };
        locked.require(scope, Side::Sender)?;
        let status = locked.next(TransferAction::Dispatch)?;
        load(&mut locked, input.lines.as_deref())?;
        leave(tx, &locked, units).await?;
        locked.transfer.carrier = input.carrier;
        locked.transfer.tracking_number.clone_from(tracking);
        locked.transfer.dispatched_at = Some(tx.now());
        locked.save(tx, status).await
    })
    .await
}

/// Writes on the lines what leaves.
fn load(locked: &mut Locked, wanted: Option<&[(VariantId, i64)]>) -> Result<()> {
    let Some(wanted) = wanted else {
        locked.lines.iter_mut().for_each(|line| line.dispatched = line.quantity);
        return Ok(());
    };
    let places: BTreeMap<VariantId, usize> =
        locked.lines.iter().enumerate().map(|(place, line)| (line.variant_id, place)).collect();
    for (index, (variant, quantity)) in wanted.iter().enumerate() {
        let line = places.get(variant).and_then(|place| locked.lines.get_mut(*place));
        let line = line.ok_or_else(|| Error::invalid(ErrorCode::Invalid, format!("lines.{index}.variantId")))?;
        if !(0..=line.quantity).contains(quantity) {
            return Err(Error::invalid(ErrorCode::InvalidQuantity, format!("lines.{index}.quantity")));
        }
        line.dispatched = *quantity;
    }
    if locked.lines.iter().all(|line| line.dispatched == 0) {
        return Err(Error::invalid(ErrorCode::InvalidQuantity, "lines"));
    }
    Ok(())
}

/// Error: `INVALID_QUANTITY` for more numbers than units that leave.
fn check_numbers(locked: &Locked, units: &[NumberedUnits]) -> Result<()> {
    for (variant, numbers) in unit::sums(units) {
        let line = locked.lines.iter().find(|line| line.variant_id == variant);
        if line.is_none_or(|line| line.dispatched < numbers) {
            return Err(Error::invalid(ErrorCode::InvalidQuantity, "units"));
        }
    }
    Ok(())
}

/// Takes the units out at the sender and expects them at the receiver. At most twelve statements for 500 lines, and
/// seven more for numbers.
async fn leave(tx: &Tx, locked: &Locked, units: &[NumberedUnits]) -> Result<()> {
    let (from, to) = (locked.transfer.from_location_id, locked.transfer.to_location_id);
    let short = locked.lines.iter().any(|line| line.dispatched < line.quantity);
    let event_id = locked.tell(tx, "transfer_dispatched", &json!({ "short": short }));
    incoming::lock_all(tx, &[from, to], &locked.variants()).await?;
    check_numbers(locked, units)?;
    unit::take(tx, from, units, Fate::InTransit(locked.transfer.id)).await?;
    let movements: Vec<Movement> = locked
        .lines
        .iter()
        .flat_map(|line| {
            let left = Way::out(from).of(line, line.dispatched, event_id);
            let stayed = Way::free(from).of(line, line.quantity - line.dispatched, event_id);
            left.into_iter().chain(stayed)
        })
        .collect();
    post(tx, &movements).await?;
    let expected: Vec<(VariantId, i64)> = locked.lines.iter().map(|line| (line.variant_id, line.dispatched)).collect();
    incoming::expect(tx, to, &expected).await
}
