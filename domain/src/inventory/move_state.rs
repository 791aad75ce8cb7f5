//! Stock that changes state where it lies: damaged on the shelf, passed inspection, buffer raised.

use entity::id::{LocationId, VariantId};
use entity::words::{MovementKind, StockState};
use serde::Serialize;
use serde_json::json;

use super::change::{self, Changed};
use super::movement::{Cause, MAX_QUANTITY, Movement};
use super::{post, subject};
use crate::kernel::event::NewEvent;
use crate::kernel::idempotency::{self, Claim};
use crate::{Ctx, Error, ErrorCode, Permission, Result};

/// Stock to move between states.
#[derive(Debug, Clone, Serialize)]
pub struct MoveStock {
    /// Where.
    pub location_id: LocationId,
    /// What, at most 500 lines.
    pub lines: Vec<MoveLine>,
    /// Why.
    pub reason: String,
    /// The client's key: the same key moves once.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// One variant that changes state.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct MoveLine {
    /// What.
    pub variant_id: VariantId,
    /// The state it leaves.
    pub from: StockState,
    /// The state it enters.
    pub to: StockState,
    /// Units.
    pub quantity: i64,
}

/// Moves stock between states; what is on hand stays the same.
///
/// Errors: `FORBIDDEN`, `NOT_FOUND`, `INVALID_QUANTITY`, `INVALID` for the same state twice or a state that only orders
/// and holds give, `INSUFFICIENT_STOCK` when the state has less, `IDEMPOTENCY_KEY_REUSED`.
pub async fn move_state(ctx: &Ctx, input: MoveStock) -> Result<Changed> {
    let request = change::admit(
        ctx,
        Permission::StockAdjust,
        input.location_id,
        &input.idempotency_key,
        input.lines.len(),
        &input,
    )?;
    let reason = change::reason(&input.reason)?;
    for (index, line) in input.lines.iter().enumerate() {
        check_line(index, line)?;
    }
    let (input, request, reason) = (&input, &request, &reason);
    let variants: Vec<VariantId> = input.lines.iter().map(|line| line.variant_id).collect();
    let variants = &variants;
    ctx.write(|tx| async move {
        let tx = &tx;
        let place = input.location_id;
        let claim = idempotency::claim(tx, "stockMove", &request.key, &request.hash, place.uuid()).await?;
        if claim != Claim::Fresh {
            return change::answer(tx, place, variants.iter().copied(), true).await;
        }
        subject::check(tx, &[place], variants).await?;
        let payload = json!({ "variant_ids": variants, "reason": reason });
        let event_id = tx.event(NewEvent::new("stock_moved", "location", place.uuid()).payload(payload));
        let movements: Vec<Movement> = input
            .lines
            .iter()
            .map(|line| Movement {
                location_id: place,
                variant_id: line.variant_id,
                kind: MovementKind::Moved,
                from: Some(line.from),
                to: Some(line.to),
                quantity: line.quantity,
                cause: Cause::manual(reason),
                event_id,
            })
            .collect();
        post(tx, &movements).await?;
        change::answer(tx, place, variants.iter().copied(), false).await
    })
    .await
}

fn check_line(index: usize, line: &MoveLine) -> Result<()> {
    change::check_state(line.from, format!("lines.{index}.from"))?;
    change::check_state(line.to, format!("lines.{index}.to"))?;
    if line.from == line.to {
        return Err(Error::invalid(ErrorCode::Invalid, format!("lines.{index}.to")));
    }
    if !(1..=MAX_QUANTITY).contains(&line.quantity) {
        return Err(Error::invalid(ErrorCode::InvalidQuantity, format!("lines.{index}.quantity")));
    }
    Ok(())
}
