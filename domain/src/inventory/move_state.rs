//! Stock that changes state where it lies: damaged on the shelf, passed inspection, buffer raised.

use entity::id::{LocationId, VariantId};
use entity::words::{MovementKind, StockState};
use serde::Serialize;

use super::change::{self, Ask, Changed};
use super::movement::{Cause, Movement};
use super::post;
use crate::{Ctx, Error, ErrorCode, Permission, Result};

/// Stock to move between states.
#[derive(Debug, Clone, Serialize)]
pub struct MoveStock {
    /// Where.
    pub location_id: LocationId,
    /// What, at most 500 lines.
    pub lines: Vec<MoveLine>,
    /// Why; may be empty beside a code.
    pub reason: String,
    /// Code of a stock reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason_code: Option<String>,
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
    let ask = Ask {
        permission: Permission::StockAdjust,
        operation: "stockMove",
        event: "stock_moved",
        location_id: input.location_id,
        variants: input.lines.iter().map(|line| line.variant_id).collect(),
        reason: &input.reason,
        reason_code: input.reason_code.as_deref(),
        key: &input.idempotency_key,
    };
    let request = &change::admit(ctx, ask, &input)?;
    for (index, line) in input.lines.iter().enumerate() {
        check_line(index, line)?;
    }
    let lines = &input.lines;
    ctx.write(|tx| async move {
        let tx = &tx;
        let opened = change::open(tx, request).await?;
        if let Some(opened) = &opened {
            let movements: Vec<Movement> = lines
                .iter()
                .map(|line| Movement {
                    location_id: request.place,
                    variant_id: line.variant_id,
                    kind: MovementKind::Moved,
                    from: Some(line.from),
                    to: Some(line.to),
                    quantity: line.quantity,
                    cause: Cause::manual(&request.reason),
                    event_id: opened.event_id,
                })
                .collect();
            post(tx, &movements).await?;
        }
        change::answer(tx, request, opened.is_none()).await
    })
    .await
}

fn check_line(index: usize, line: &MoveLine) -> Result<()> {
    change::check_state(line.from, format!("lines.{index}.from"))?;
    change::check_state(line.to, format!("lines.{index}.to"))?;
    if line.from == line.to {
        return Err(Error::invalid(ErrorCode::Invalid, format!("lines.{index}.to")));
    }
    change::check_quantity(line.quantity, index)
}
