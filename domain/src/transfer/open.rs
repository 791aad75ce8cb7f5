//! Transfers that something else needs: they begin ready, with their goods put aside.

use entity::id::{FulfillmentOrderId, LocationId, TransferId, VariantId};
use entity::status::TransferAction;
use entity::transfer;

use super::draft::{TransferContent, insert};
use super::ready::put_aside;
use crate::{Result, Tx};

/// Opens a transfer for work that waits for goods at `to`: `READY`, its units put aside at `from`. What is received of
/// it stays put aside there until the work takes it. Each variant once. Eight statements for up to 500 lines.
/// Error: `INSUFFICIENT_STOCK`.
pub async fn for_pickup(
    tx: &Tx,
    from: LocationId,
    to: LocationId,
    lines: &[(VariantId, i64)],
    fulfillment_order_id: FulfillmentOrderId,
) -> Result<transfer::Model> {
    let content =
        TransferContent { lines: lines.to_vec(), expected_at: None, external_reference: None, note: String::new() };
    let mut locked = insert(tx, TransferId(tx.new_uuid()), (from, to), &content).await?;
    locked.transfer.fulfillment_order_id = Some(fulfillment_order_id);
    let status = locked.next(TransferAction::MakeReady)?;
    put_aside(tx, &locked).await?;
    Ok(locked.save(tx, status).await?.row)
}
