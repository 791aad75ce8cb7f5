//! Nothing more is expected of a purchase order.

use entity::id::PurchaseOrderId;
use entity::purchase_order;
use entity::status::PurchaseOrderAction;
use serde::Serialize;
use serde_json::json;

use super::lock::{Begun, begin, outstanding};
use super::order::PurchaseStep;
use crate::inventory::incoming;
use crate::kernel::text;
use crate::transfer::command::{Ask, Done};
use crate::{Ctx, Permission, Result};

/// A purchase order of which the rest will not come.
#[derive(Debug, Clone, Serialize)]
pub struct ClosePurchaseOrder {
    /// Which.
    pub purchase_order_id: PurchaseOrderId,
    /// The version that the client knows.
    pub expected_version: Option<i32>,
    /// Why the rest will not come.
    pub reason: String,
    /// The client's key: the same key closes once.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// Closes the rest: what has not come is not expected any more.
///
/// Errors: `FORBIDDEN`, `NOT_FOUND`, `INVALID_TRANSITION`, `STALE_VERSION`, `REQUIRED`, `IDEMPOTENCY_KEY_REUSED`.
pub async fn close_rest(ctx: &Ctx, input: ClosePurchaseOrder) -> Result<Done<purchase_order::Model>> {
    let ask = Ask::new("purchaseOrderClose", &input.idempotency_key, &input)?;
    let reason = text::required_line("reason", &input.reason, text::LINE)?;
    let which = (input.purchase_order_id, input.expected_version);
    end(ctx, &ask, which, PurchaseOrderAction::Receive, Some(&reason)).await
}

/// Cancels a draft, or an order of which nothing has come yet; close the rest of one that came in part.
///
/// Errors: `FORBIDDEN`, `NOT_FOUND`, `INVALID_TRANSITION`, `STALE_VERSION`, `IDEMPOTENCY_KEY_REUSED`.
pub async fn cancel(ctx: &Ctx, input: PurchaseStep) -> Result<Done<purchase_order::Model>> {
    let ask = Ask::new("purchaseOrderCancel", &input.idempotency_key, &input)?;
    let which = (input.purchase_order_id, input.expected_version);
    end(ctx, &ask, which, PurchaseOrderAction::Cancel, None).await
}

async fn end(
    ctx: &Ctx,
    ask: &Ask,
    (id, expected_version): (PurchaseOrderId, Option<i32>),
    action: PurchaseOrderAction,
    reason: Option<&str>,
) -> Result<Done<purchase_order::Model>> {
    let scope = ctx.require(Permission::PurchasingWork)?;
    let scope = &scope;
    ctx.write(|tx| async move {
        let tx = &tx;
        let mut locked = match begin(tx, ask, scope, id, expected_version).await? {
            Begun::Replayed(done) => return Ok(done),
            Begun::Fresh(locked) => locked,
        };
        let status = locked.next(action)?;
        if locked.head.ordered_at.is_some() {
            incoming::give_up(tx, locked.head.location_id, &locked.outstanding()).await?;
        }
        for line in locked.lines.iter_mut().filter(|line| outstanding(line) > 0) {
            line.closed += outstanding(line);
            line.discrepancy_reason = reason.map(str::to_owned).or_else(|| line.discrepancy_reason.take());
        }
        let told =
            if action == PurchaseOrderAction::Cancel { "purchase_order_canceled" } else { "purchase_order_closed" };
        locked.tell(tx, told, &json!({ "reason": reason }));
        locked.save(tx, status).await
    })
    .await
}
