//! Pickups: each agrees with its work, and reservations with what is put aside.

use super::check::{Check, Sql};

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "pickup_of_work",
        invariant: 8,
        rule: "work by pickup has a pickup at its store",
        prefix: "fo",
        sql: Sql::Both(
            "SELECT f.id AS id, f.status || ', pickup ' || COALESCE(p.status, 'missing') AS detail
             FROM fulfillment_order f LEFT JOIN pickup p ON p.fulfillment_order_id = f.id
             WHERE f.method = 'PICKUP' AND (p.id IS NULL OR (f.location_id IS NOT NULL AND f.location_id <> p.location_id))",
        ),
    },
    Check {
        name: "pickup_awaits_transfer",
        invariant: 8,
        rule: "a pickup waits for goods when its work waits at its store, and then a transfer there is open, unless the event that ends the waiting still waits",
        prefix: "pickup",
        sql: Sql::Both(
            "SELECT p.id AS id, p.status || ', work ' || f.status || ', open transfers '
                || CAST(COALESCE(t.open, 0) AS TEXT) AS detail
             FROM pickup p JOIN fulfillment_order f ON f.id = p.fulfillment_order_id
             LEFT JOIN (SELECT fulfillment_order_id, to_location_id,
                    SUM(CASE WHEN status IN ('RECEIVED', 'CANCELED') THEN 0 ELSE 1 END) AS open
                FROM transfer GROUP BY fulfillment_order_id, to_location_id) AS t
                ON t.fulfillment_order_id = f.id AND t.to_location_id = p.location_id
             WHERE (p.status = 'AWAITING_TRANSFER') <> (f.status = 'SCHEDULED' AND f.location_id IS NOT NULL)
                OR (p.status = 'AWAITING_TRANSFER' AND COALESCE(t.open, 0) = 0
                    AND NOT EXISTS (SELECT 1 FROM job WHERE job.kind = 'dispatch_events'))",
        ),
    },
    Check {
        name: "transfer_for_work_that_waits",
        invariant: 8,
        rule: "no transfer is kept ready for work that does not wait for it",
        prefix: "trf",
        sql: Sql::Both(
            "SELECT t.id AS id, t.number || ' is ' || t.status || ', work ' || f.status AS detail
             FROM transfer t JOIN fulfillment_order f ON f.id = t.fulfillment_order_id
             WHERE t.status IN ('DRAFT', 'READY') AND (f.status <> 'SCHEDULED' OR f.location_id IS NULL)",
        ),
    },
    Check {
        name: "pickup_agrees_with_work",
        invariant: 8,
        rule: "a pickup is ready when its work is packed, collected when it is closed, over when it is canceled",
        prefix: "pickup",
        sql: Sql::Both(
            "SELECT p.id AS id, p.status || ', work ' || f.status AS detail
             FROM pickup p JOIN fulfillment_order f ON f.id = p.fulfillment_order_id
             WHERE (p.status = 'READY') <> (f.status = 'PACKED') OR (p.status = 'COLLECTED') <> (f.status = 'CLOSED')
                OR (p.status IN ('EXPIRED', 'CANCELED') AND f.status <> 'CANCELED')
                OR (p.status = 'SHORT' AND f.status <> 'ON_HOLD')
                OR (f.status = 'CANCELED' AND p.status NOT IN ('EXPIRED', 'CANCELED')
                    AND NOT EXISTS (SELECT 1 FROM job WHERE job.kind = 'dispatch_events'))",
        ),
    },
    Check {
        name: "pickup_moments",
        invariant: 8,
        rule: "what waits has a code and an end, what was collected a moment and a proof, what is short a time to choose",
        prefix: "pickup",
        sql: Sql::Both(
            "SELECT p.id AS id, p.status AS detail FROM pickup p
             WHERE (p.status = 'READY' AND (p.code_hash IS NULL OR p.ready_at IS NULL OR p.expires_at IS NULL))
                OR (p.status = 'COLLECTED' AND (p.collected_at IS NULL OR p.proof IS NULL))
                OR (p.status = 'SHORT' AND p.choice_expires_at IS NULL)
                OR (p.status IN ('EXPIRED', 'CANCELED') AND p.code_hash IS NOT NULL)",
        ),
    },
    Check {
        name: "reservation_has_its_holds",
        invariant: 1,
        rule: "an open reservation that is not over has its units put aside, one that ended has none",
        prefix: "rsv",
        sql: Sql::Both(
            "SELECT r.id AS id, r.status || ': ' || CAST(l.quantity AS TEXT) || ' units, put aside '
                || CAST(COALESCE(h.quantity, 0) AS TEXT) AS detail
             FROM store_reservation r JOIN store_reservation_line l ON l.store_reservation_id = r.id
             LEFT JOIN stock_hold h ON h.id = l.stock_hold_id
             WHERE (r.status <> 'OPEN' AND h.id IS NOT NULL)
                OR (h.id IS NOT NULL AND (h.quantity <> l.quantity OR h.location_id <> r.location_id))",
        ),
    },
];
