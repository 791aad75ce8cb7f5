//! Parcels: what is kept of them agrees with what was said about them.

use super::check::{Check, Sql};

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "shipment_status_is_last_fact",
        invariant: 8,
        rule: "a parcel's tracking status is its fact that happened last, and it arrived when that says so",
        prefix: "ship",
        sql: Sql::Both(
            "SELECT s.id AS id, s.tracking_status || ', last fact ' || t.status AS detail
             FROM shipment s JOIN tracking_event t ON t.shipment_id = s.id
             WHERE NOT EXISTS (SELECT 1 FROM tracking_event n WHERE n.shipment_id = s.id
                    AND (n.occurred_at > t.occurred_at OR (n.occurred_at = t.occurred_at AND n.id > t.id)))
                AND (s.tracking_status <> t.status
                    OR (t.status = 'DELIVERED' AND (s.delivered_at IS NULL OR s.delivered_at <> t.occurred_at))
                    OR (t.status <> 'DELIVERED' AND s.delivered_at IS NOT NULL))",
        ),
    },
    Check {
        name: "shipment_moments",
        invariant: 8,
        rule: "a parcel that left was not unpacked again, and one that came back or counts as there had left",
        prefix: "ship",
        sql: Sql::Both(
            "SELECT s.id AS id, 'shipped, unpacked or returned out of turn' AS detail FROM shipment s
             WHERE (s.shipped_at IS NOT NULL AND s.voided_at IS NOT NULL)
                OR (s.returned_at IS NOT NULL AND s.shipped_at IS NULL)
                OR (s.presumed_at IS NOT NULL AND s.shipped_at IS NULL)",
        ),
    },
];
