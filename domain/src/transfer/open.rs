//! Transfers that something else needs: they begin ready, with their goods put aside.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use entity::id::{FulfillmentOrderId, LocationId, TransferId, VariantId};
use entity::words::TransferStatus;

use super::draft::{TransferContent, rows};
use super::ready::aside;
use crate::inventory::Movement;
use crate::{Result, Tx};

/// Goods that work waits for.
#[derive(Debug)]
pub(crate) struct Opening<'a> {
    /// Who sends.
    pub(crate) from: LocationId,
    /// Where the work is.
    pub(crate) to: LocationId,
    /// Units of each variant.
    pub(crate) units: &'a BTreeMap<VariantId, i64>,
    /// The work; its row is written before, or waits to be.
    pub(crate) work: FulfillmentOrderId,
    /// When they should be there.
    pub(crate) expected_at: DateTime<Utc>,
}

/// Opens a transfer for work that waits for goods: `READY`. What is received of it stays put aside at the receiver until
/// the work takes it. Its rows are written last, after those of the work; the movements that put its units aside at the
/// sender are the caller's to post, with all others of the transaction. One statement.
pub(crate) async fn for_work(tx: &Tx, opening: &Opening<'_>) -> Result<Vec<Movement>> {
    let content = TransferContent {
        lines: opening.units.iter().map(|(variant, units)| (*variant, *units)).collect(),
        expected_at: Some(opening.expected_at),
        external_reference: None,
        note: String::new(),
    };
    let mut made = rows(tx, TransferId(tx.new_uuid()), (opening.from, opening.to), &content).await?;
    made.transfer.fulfillment_order_id = Some(opening.work);
    made.transfer.status = TransferStatus::Ready;
    tx.insert_last(std::slice::from_ref(&made.transfer));
    tx.insert_last(&made.lines);
    Ok(aside(tx, &made))
}

/// Writes a draft of a transfer that brings what came back at `from` to where it shall lie. It is a draft, because people
/// gather such goods before they go. Each variant once; its rows are written last. One statement.
pub(crate) async fn for_returned_goods(
    tx: &Tx,
    from: LocationId,
    to: LocationId,
    units: &BTreeMap<VariantId, i64>,
    note: &str,
) -> Result<TransferId> {
    let content = TransferContent {
        lines: units.iter().map(|(variant, units)| (*variant, *units)).collect(),
        expected_at: None,
        external_reference: None,
        note: note.to_owned(),
    };
    let made = rows(tx, TransferId(tx.new_uuid()), (from, to), &content).await?;
    made.tell(tx, "transfer_created", &serde_json::json!({}));
    tx.insert_last(std::slice::from_ref(&made.transfer));
    tx.insert_last(&made.lines);
    Ok(made.transfer.id)
}
