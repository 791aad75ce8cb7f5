//! Stock that comes in.

use entity::id::{LocationId, VariantId};
use entity::words::{MovementKind, StockState};
use serde::Serialize;

use super::change::{self, Ask, Changed};
use super::movement::{Cause, Movement};
use super::post;
use super::unit::{self, NumberedUnits};
use crate::{Ctx, Permission, Result};

/// Stock to receive.
#[derive(Debug, Clone, Serialize)]
pub struct ReceiveStock {
    /// Where.
    pub location_id: LocationId,
    /// What, at most 500 lines.
    pub lines: Vec<ReceiveLine>,
    /// Why, such as the number of a delivery note; may be empty beside a code.
    pub reason: String,
    /// Code of a stock reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason_code: Option<String>,
    /// Serial and lot numbers of what came in: all of them, for the variants that have numbers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub units: Vec<NumberedUnits>,
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
/// only orders and holds give, `UNIT_NUMBERS_REQUIRED` without the numbers of goods that have them, what numbers must be
/// (see [`unit::checked`] and [`unit::put`]), `NOT_FOUND` at `reasonCode`, `IDEMPOTENCY_KEY_REUSED`.
pub async fn receive(ctx: &Ctx, input: ReceiveStock) -> Result<Changed> {
    let ask = Ask {
        permission: Permission::StockReceive,
        operation: "stockReceive",
        event: "stock_received",
        location_id: input.location_id,
        variants: input.lines.iter().map(|line| line.variant_id).collect(),
        reason: &input.reason,
        reason_code: input.reason_code.as_deref(),
        key: &input.idempotency_key,
    };
    let request = &change::admit(ctx, ask, &input)?;
    for (index, line) in input.lines.iter().enumerate() {
        change::check_state(line.state, format!("lines.{index}.state"))?;
        change::check_quantity(line.quantity, index)?;
    }
    let units = &unit::checked(&input.units)?;
    let lines = &input.lines;
    ctx.write(|tx| async move {
        let tx = &tx;
        let opened = change::open(tx, request).await?;
        if let Some(opened) = &opened {
            let wanted = lines.iter().map(|line| (line.variant_id, line.quantity));
            unit::check_complete(&opened.tracking, wanted, units)?;
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
                    event_id: opened.event_id,
                })
                .collect();
            post(tx, &movements).await?;
            unit::put(tx, request.place, units).await?;
        }
        change::answer(tx, request, opened.is_none()).await
    })
    .await
}
