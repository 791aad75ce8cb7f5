//! A purchase order goes to its supplier.

use entity::id::PurchaseOrderId;
use entity::purchase_order;
use entity::status::PurchaseOrderAction;
use serde::Serialize;
use serde_json::json;

use super::lock::{Begun, begin};
use crate::inventory::incoming;
use crate::transfer::command::{Ask, Done};
use crate::{Ctx, Permission, Result};

/// One step of a purchase order that needs no more to be said.
#[derive(Debug, Clone, Serialize)]
pub struct PurchaseStep {
    /// Which.
    pub purchase_order_id: PurchaseOrderId,
    /// The version that the client knows.
    pub expected_version: Option<i32>,
    /// The client's key: the same key does it once.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// It was sent to the supplier: its units are expected at the location.
///
/// Errors: `FORBIDDEN`, `NOT_FOUND`, `INVALID_TRANSITION`, `STALE_VERSION`, `IDEMPOTENCY_KEY_REUSED`.
pub async fn order(ctx: &Ctx, input: PurchaseStep) -> Result<Done<purchase_order::Model>> {
    let scope = ctx.require(Permission::PurchasingWork)?;
    let ask = Ask::new("purchaseOrderPlace", &input.idempotency_key, &input)?;
    let (scope, ask, input) = (&scope, &ask, &input);
    ctx.write(|tx| async move {
        let tx = &tx;
        let mut locked = match begin(tx, ask, scope, input.purchase_order_id, input.expected_version).await? {
            Begun::Replayed(done) => return Ok(done),
            Begun::Fresh(locked) => locked,
        };
        let status = locked.next(PurchaseOrderAction::Order)?;
        incoming::expect(tx, locked.head.location_id, &locked.outstanding()).await?;
        locked.head.ordered_at = Some(tx.now());
        locked.tell(tx, "purchase_order_ordered", &json!({ "supplier_id": locked.head.supplier_id }));
        locked.save(tx, status).await
    })
    .await
}
