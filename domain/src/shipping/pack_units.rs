//! Where the numbers that a packer read go.

use entity::shipment;

use super::unit_codes::UnitCodes;
use crate::kernel::event::NewEvent;
use crate::kernel::{Result, Tx};

/// Keeps the numbers of a parcel's units in its history.
pub(super) async fn bind(tx: &Tx, shipment: &shipment::Model, codes: &[UnitCodes]) -> Result<()> {
    if !codes.is_empty() {
        let payload = serde_json::json!({ "shipment_id": shipment.id, "units": codes });
        tx.event(NewEvent::new("shipment_units_read", "shipment", shipment.id.uuid()).payload(payload));
    }
    Ok(())
}
