//! Stock that comes in.

use entity::id::{LocationId, VariantId};
use entity::words::{MovementKind, StockState};
use serde::Serialize;

use super::change::{self, Ask, Changed};
use super::movement::{Cause, Movement};
use super::post;
use crate::{Ctx, Permission, Result};

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
    let ask = Ask {
        permission: Permission::StockReceive,
        operation: "stockReceive",
        event: "stock_received",
        location_id: input.location_id,
        variants: input.lines.iter().map(|line| line.variant_id).collect(),
        reason: &input.reason,
        key: &input.idempotency_key,
    };
    let request = &change::admit(ctx, ask, &input)?;
    for (index, line) in input.lines.iter().enumerate() {
        change::check_state(line.state, format!("lines.{index}.state"))?;
        change::check_quantity(line.quantity, index)?;
    }
    let lines = &input.lines;
    ctx.write(|tx| async move {
        let tx = &tx;
        let opened = change::open(tx, request).await?;
        if let Some(event_id) = opened {
            let movements: Vec<Movement> = lines
                .iter()
                .map(|line| Movement {
                    location_id: request.place,
                    variant_id: line.variant_id,
                    kind: MovementKind::Received,
                    from: None,
                    to: Some(line.state),
                    quantity: line.quantity,
                    cause: Cause::manual(&request.reason),
                    event_id,
                })
                .collect();
            post(tx, &movements).await?;
        }
        change::answer(tx, request, opened).await
    })
    .await
}
