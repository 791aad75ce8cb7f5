//! The work on fulfillment orders: how far its lines are, and the parcels made of them.

use super::check::{Check, Sql};

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "work_progress",
        invariant: 6,
        rule: "packed ≤ picked, picked + rejected ≤ quantity; what left in a parcel was packed",
        prefix: "foline",
        sql: Sql::Both(
            "SELECT l.id AS id, f.method || ' ' || f.status || ': quantity ' || CAST(l.quantity AS TEXT) || ', picked '
                || CAST(l.picked AS TEXT) || ', packed ' || CAST(l.packed AS TEXT) || ', fulfilled '
                || CAST(l.fulfilled AS TEXT) || ', rejected ' || CAST(l.rejected AS TEXT) AS detail
             FROM fulfillment_order_line l JOIN fulfillment_order f ON f.id = l.fulfillment_order_id
             WHERE l.packed < 0 OR l.packed > l.picked OR l.picked + l.rejected > l.quantity
                OR (f.method IN ('SHIP', 'LOCAL_DELIVERY') AND l.fulfilled > l.packed)",
        ),
    },
    Check {
        name: "parcels_match_work",
        invariant: 6,
        rule: "units in parcels that did not come back are packed, units in parcels that left are fulfilled, and a parcel holds work of its location",
        prefix: "foline",
        sql: Sql::Both(
            "SELECT l.id AS id, 'in parcels ' || CAST(SUM(p.quantity) AS TEXT) || ', packed ' || CAST(l.packed AS TEXT)
                || ', in parcels that left ' || CAST(SUM(CASE WHEN s.shipped_at IS NULL THEN 0 ELSE p.quantity END) AS TEXT)
                || ', fulfilled ' || CAST(l.fulfilled AS TEXT) AS detail
             FROM shipment s JOIN shipment_line p ON p.shipment_id = s.id
             JOIN fulfillment_order_line l ON l.id = p.fulfillment_order_line_id
             JOIN fulfillment_order f ON f.id = l.fulfillment_order_id
             WHERE s.voided_at IS NULL AND s.returned_at IS NULL
             GROUP BY l.id, l.packed, l.fulfilled
             HAVING SUM(p.quantity) > l.packed
                OR SUM(CASE WHEN s.shipped_at IS NULL THEN 0 ELSE p.quantity END) > l.fulfilled
                OR SUM(CASE WHEN s.location_id = f.location_id THEN 0 ELSE 1 END) > 0
             UNION ALL
             SELECT l.id, 'in a parcel that was opened again and left' FROM shipment s
             JOIN shipment_line p ON p.shipment_id = s.id
             JOIN fulfillment_order_line l ON l.id = p.fulfillment_order_line_id
             WHERE s.voided_at IS NOT NULL AND s.shipped_at IS NOT NULL",
        ),
    },
];
