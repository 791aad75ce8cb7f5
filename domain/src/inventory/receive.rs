//! Stock that comes in.

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

/// Stock to receive.
#[derive(Debug, Clone, Serialize)]
pub struct ReceiveStock {
    /// Where.
    pub location_id: LocationId,
    /// What, at most 500 lines.
    pub lines: Vec<ReceiveLine>,
    /// Why, such as the number of a delivery note.
    pub reason: String,
    /// The client's key: the same key receives once.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// One variant that came in.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct ReceiveLine {
    /// What.
    pub variant_id: VariantId,
    /// Units.
    pub quantity: i64,
    /// The state it comes in: free, damaged, waiting for inspection, or kept back.
    pub state: StockState,
}

/// Receives stock at a location. A new level keeps the location's default safety stock back.
///
/// Errors: `FORBIDDEN`, `NOT_FOUND`, `INVALID_QUANTITY`, `INVALID` for a bundle, an uncounted variant or a state that
/// only orders and holds give, `IDEMPOTENCY_KEY_REUSED`.
pub async fn receive(ctx: &Ctx, input: ReceiveStock) -> Result<Changed> {
    let request = change::admit(
        ctx,
        Permission::StockReceive,
        input.location_id,
        &input.idempotency_key,
        input.lines.len(),
        &input,
    )?;
    let reason = change::reason(&input.reason)?;
    for (index, line) in input.lines.iter().enumerate() {
        change::check_state(line.state, format!("lines.{index}.state"))?;
        if !(1..=MAX_QUANTITY).contains(&line.quantity) {
            return Err(Error::invalid(ErrorCode::InvalidQuantity, format!("lines.{index}.quantity")));
        }
    }
    let (input, request, reason) = (&input, &request, &reason);
    let variants: Vec<VariantId> = input.lines.iter().map(|line| line.variant_id).collect();
    let variants = &variants;
    ctx.write(|tx| async move {
        let tx = &tx;
        let place = input.location_id;
        let claim = idempotency::claim(tx, "stockReceive", &request.key, &request.hash, place.uuid()).await?;
        if claim != Claim::Fresh {
            return change::answer(tx, place, variants.iter().copied(), true).await;
        }
        subject::check(tx, &[place], variants).await?;
        let payload = json!({ "variant_ids": variants, "reason": reason });
        let event_id = tx.event(NewEvent::new("stock_received", "location", place.uuid()).payload(payload));
        let movements: Vec<Movement> = input
            .lines
            .iter()
            .map(|line| Movement {
                location_id: place,
                variant_id: line.variant_id,
                kind: MovementKind::Received,
                from: None,
                to: Some(line.state),
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
