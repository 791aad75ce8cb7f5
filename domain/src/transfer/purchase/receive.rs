//! A purchase order arrives, at once or in parts, whole or not, or with more than was ordered.

use std::collections::BTreeMap;

use entity::id::{EventId, PurchaseOrderId, ShippingNoticeId, VariantId};
use entity::status::PurchaseOrderAction;
use entity::words::{CauseKind, MovementKind, StockState};
use entity::{purchase_order, purchase_order_line, shipping_notice};
use sea_orm::{ActiveModelTrait, IntoActiveModel};
use serde::Serialize;
use serde_json::json;

use super::lock::{Begun, Locked, acceptable, begin, outstanding};
use super::notice;
use crate::catalog;
use crate::inventory::unit::{self, NumberedUnits};
use crate::inventory::{Cause, Movement, incoming, post};
use crate::kernel::event::NewEvent;
use crate::transfer::command::{self, Ask, Done, check_variants};
use crate::{Ctx, Error, ErrorCode, Permission, Result, Tx};

/// What arrived of a purchase order.
#[derive(Debug, Clone, Serialize)]
pub struct ReceivePurchaseOrder {
    /// Which.
    pub purchase_order_id: PurchaseOrderId,
    /// The version that the client knows.
    pub expected_version: Option<i32>,
    /// The notice that it was announced by; it has arrived then, whatever was in it.
    pub shipping_notice_id: Option<ShippingNoticeId>,
    /// What arrived. `None` receives in order what the notice announced, or without one all that is expected.
    pub lines: Option<Vec<DeliveredUnits>>,
    /// Serial and lot numbers of what arrived, damaged or not; needed for goods whose units have numbers.
    pub units: Vec<NumberedUnits>,
    /// The client's key: the same key receives once.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// Units of one variant that arrived.
#[derive(Debug, Clone, Serialize)]
pub struct DeliveredUnits {
    /// Of what.
    pub variant_id: VariantId,
    /// Units that arrived in order.
    pub received: i64,
    /// Units that arrived damaged; they lie here, but are not sold.
    pub damaged: i64,
    /// Why units were damaged; needed when some were.
    pub reason: Option<String>,
}

/// Receives units at the location. The purchase order is done when nothing more is expected. More than was ordered may
/// arrive up to the percentage that it states, and is recorded as received.
///
/// Errors: `FORBIDDEN`, `NOT_FOUND`, `INVALID_TRANSITION`, `STALE_VERSION`, `INVALID_QUANTITY` beyond what may arrive or
/// for nothing at all, `REQUIRED` for a missing reason, `INVALID` for a variant that was not ordered or a notice that
/// arrived before, what numbers must be (see [`unit::check_complete`] and [`unit::put`]), `IDEMPOTENCY_KEY_REUSED`.
pub async fn receive(ctx: &Ctx, input: ReceivePurchaseOrder) -> Result<Done<purchase_order::Model>> {
    let scope = ctx.require(Permission::PurchasingWork)?;
    let ask = Ask::new("purchaseOrderReceive", &input.idempotency_key, &input)?;
    let lines = input.lines.clone().map(checked).transpose()?;
    let units = &unit::checked(&input.units)?;
    let (scope, ask, lines, input) = (&scope, &ask, &lines, &input);
    ctx.write(|tx| async move {
        let tx = &tx;
        let mut locked = match begin(tx, ask, scope, input.purchase_order_id, input.expected_version).await? {
            Begun::Replayed(done) => return Ok(done),
            Begun::Fresh(locked) => locked,
        };
        locked.next(PurchaseOrderAction::Receive)?;
        let announced = match input.shipping_notice_id {
            Some(id) => Some(tick_off(tx, locked.head.id, id).await?),
            None => None,
        };
        let arrived = match lines {
            Some(lines) => lines.clone(),
            None => as_expected(&locked, announced.as_ref()),
        };
        check_numbers(tx, &arrived, units).await?;
        let before = locked.lines.clone();
        account(&mut locked, &arrived)?;
        let done = locked.lines.iter().all(|line| outstanding(line) == 0);
        let action = if done { PurchaseOrderAction::Receive } else { PurchaseOrderAction::ReceivePart };
        let status = locked.next(action)?;
        bring_in(tx, &locked, &before, input.shipping_notice_id).await?;
        unit::put(tx, locked.head.location_id, units).await?;
        locked.save(tx, status).await
    })
    .await
}

/// What a notice announces, by line of the purchase order.
type Announced = BTreeMap<entity::id::PurchaseOrderLineId, i64>;

fn checked(lines: Vec<DeliveredUnits>) -> Result<Vec<DeliveredUnits>> {
    check_variants(&lines.iter().map(|line| line.variant_id).collect::<Vec<_>>())?;
    let check = |(index, line): (usize, DeliveredUnits)| {
        if line.received < 0 || line.damaged < 0 || (line.received, line.damaged) == (0, 0) {
            return Err(Error::invalid(ErrorCode::InvalidQuantity, format!("lines.{index}.received")));
        }
        let path = format!("lines.{index}.reason");
        let reason = command::reason(&path, line.reason.as_deref())?;
        if reason.is_none() && line.damaged > 0 {
            return Err(Error::invalid(ErrorCode::Required, path));
        }
        Ok(DeliveredUnits { reason, ..line })
    };
    lines.into_iter().enumerate().map(check).collect()
}

/// Errors: what [`unit::check_complete`] says.
async fn check_numbers(tx: &Tx, arrived: &[DeliveredUnits], units: &[NumberedUnits]) -> Result<()> {
    let ids: Vec<VariantId> = arrived.iter().map(|line| line.variant_id).collect();
    let goods = catalog::query::variants_by_ids(tx, &ids).await?;
    let tracking = goods.into_iter().map(|variant| (variant.id, variant.unit_tracking)).collect();
    unit::check_complete(&tracking, arrived.iter().map(|line| (line.variant_id, line.received + line.damaged)), units)
}

/// Marks a notice as arrived; returns what it announced.
async fn tick_off(tx: &Tx, order: PurchaseOrderId, id: ShippingNoticeId) -> Result<Announced> {
    let (notice, lines) = notice::open(tx, order, id).await?;
    let row = shipping_notice::Model { received_at: Some(tx.now()), ..notice };
    row.into_active_model().reset_all().update(tx).await?;
    Ok(lines)
}

/// All in order: what was announced, else what is expected.
fn as_expected(locked: &Locked, announced: Option<&Announced>) -> Vec<DeliveredUnits> {
    let units = |line: &purchase_order_line::Model| match announced {
        Some(lines) => lines.get(&line.id).copied().unwrap_or_default(),
        None => outstanding(line),
    };
    let line = |line: &purchase_order_line::Model| DeliveredUnits {
        variant_id: line.variant_id,
        received: units(line),
        damaged: 0,
        reason: None,
    };
    locked.lines.iter().map(line).filter(|line| line.received > 0).collect()
}

/// Writes on the lines what arrived.
fn account(locked: &mut Locked, arrived: &[DeliveredUnits]) -> Result<()> {
    let places: BTreeMap<VariantId, usize> =
        locked.lines.iter().enumerate().map(|(place, line)| (line.variant_id, place)).collect();
    for (index, units) in arrived.iter().enumerate() {
        let line = places.get(&units.variant_id).and_then(|place| locked.lines.get_mut(*place));
        let line = line.ok_or_else(|| Error::invalid(ErrorCode::Invalid, format!("lines.{index}.variantId")))?;
        if units.received.saturating_add(units.damaged) > acceptable(&locked.head, line) {
            return Err(Error::invalid(ErrorCode::InvalidQuantity, format!("lines.{index}.received")));
        }
        line.received += units.received;
        line.damaged += units.damaged;
        if units.reason.is_some() {
            line.discrepancy_reason.clone_from(&units.reason);
        }
    }
    Ok(())
}

/// Brings what arrived into stock and stops expecting it. At most nine statements for 500 lines.
async fn bring_in(
    tx: &Tx,
    locked: &Locked,
    before: &[purchase_order_line::Model],
    notice: Option<ShippingNoticeId>,
) -> Result<()> {
    let place = locked.head.location_id;
    let steps: Vec<(&purchase_order_line::Model, &purchase_order_line::Model)> =
        before.iter().zip(&locked.lines).filter(|(old, new)| old != new).collect();
    let variants: Vec<VariantId> = steps.iter().map(|(_, new)| new.variant_id).collect();
    // Told like any other receipt: whoever waits for stock need not know where it comes from.
    let payload = json!({
        "variant_ids": variants,
        "reason": locked.head.number,
        "purchase_order_id": locked.head.id,
    });
    let event_id = tx.event(NewEvent::new("stock_received", "location", place.uuid()).payload(payload));
    locked.tell(tx, "purchase_order_received", &json!({ "variant_ids": variants, "shipping_notice_id": notice }));
    let mut movements: Vec<Movement> = steps
        .iter()
        .flat_map(|(old, new)| {
            let into = |state, quantity| movement(locked, new, (state, quantity), event_id);
            let good = into(StockState::Available, new.received - old.received);
            good.into_iter().chain(into(StockState::Damaged, new.damaged - old.damaged))
        })
        .collect();
    incoming::keep_back_from_first(tx, &mut movements).await?;
    post(tx, &movements).await?;
    let come: Vec<(VariantId, i64)> =
        steps.iter().map(|(old, new)| (new.variant_id, outstanding(old) - outstanding(new))).collect();
    incoming::arrive(tx, place, &come).await
}

fn movement(
    locked: &Locked,
    line: &purchase_order_line::Model,
    (state, quantity): (StockState, i64),
    event_id: EventId,
) -> Option<Movement> {
    (quantity > 0).then(|| Movement {
        location_id: locked.head.location_id,
        variant_id: line.variant_id,
        kind: MovementKind::Received,
        from: None,
        to: Some(state),
        quantity,
        cause: Cause::of(CauseKind::PurchaseOrderLine, line.id.uuid()),
        event_id,
    })
}
