//! Stock: counters, ledger, open work and holds agree.

use super::check::{Check, Sql};

/// A location stands beside its variant by its code: no personal data, and easier to find than an id.
pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "stock_counters_match_movements",
        invariant: 1,
        rule: "counters = Σ movements per location, variant and state",
        prefix: "var",
        sql: Sql::Both(
            "WITH moved AS (SELECT location_id, variant_id, state, SUM(quantity) AS quantity FROM (
                SELECT location_id, variant_id, to_state AS state, quantity FROM stock_movement WHERE to_state IS NOT NULL
                UNION ALL
                SELECT location_id, variant_id, from_state AS state, -quantity FROM stock_movement WHERE from_state IS NOT NULL
             ) AS steps GROUP BY location_id, variant_id, state),
             kept AS (
                SELECT location_id, variant_id, 'AVAILABLE' AS state,
                    on_hand - committed - reserved - damaged - quality_control - safety_stock AS quantity FROM stock_level
                UNION ALL SELECT location_id, variant_id, 'COMMITTED', committed FROM stock_level
                UNION ALL SELECT location_id, variant_id, 'RESERVED', reserved FROM stock_level
                UNION ALL SELECT location_id, variant_id, 'DAMAGED', damaged FROM stock_level
                UNION ALL SELECT location_id, variant_id, 'QUALITY_CONTROL', quality_control FROM stock_level
                UNION ALL SELECT location_id, variant_id, 'SAFETY_STOCK', safety_stock FROM stock_level
             ),
             compared AS (SELECT location_id, variant_id, state, SUM(counter) AS counter, SUM(ledger) AS ledger FROM (
                SELECT location_id, variant_id, state, quantity AS counter, 0 AS ledger FROM kept
                UNION ALL SELECT location_id, variant_id, state, 0, quantity FROM moved
             ) AS sides GROUP BY location_id, variant_id, state)
             SELECT compared.variant_id AS id, location.code || ' ' || compared.state || ': counter '
                || CAST(compared.counter AS TEXT) || ', movements ' || CAST(compared.ledger AS TEXT) AS detail
             FROM compared JOIN location ON location.id = compared.location_id WHERE compared.counter <> compared.ledger",
        ),
    },
    Check {
        name: "stock_counters_not_negative",
        invariant: 1,
        rule: "every counter is zero or more, and what is on hand covers all states",
        prefix: "var",
        sql: Sql::Both(
            "SELECT s.variant_id AS id, location.code || ': on hand ' || CAST(s.on_hand AS TEXT) || ', in states '
                || CAST(s.committed + s.reserved + s.damaged + s.quality_control + s.safety_stock AS TEXT) AS detail
             FROM stock_level s JOIN location ON location.id = s.location_id
             WHERE s.on_hand < 0 OR s.committed < 0 OR s.reserved < 0 OR s.damaged < 0 OR s.quality_control < 0
                OR s.safety_stock < 0 OR s.incoming < 0
                OR s.on_hand < s.committed + s.reserved + s.damaged + s.quality_control + s.safety_stock",
        ),
    },
    Check {
        name: "stock_reserved_matches_holds",
        invariant: 1,
        rule: "reserved units = Σ units put aside by holds, for ready transfers and for work that waits for a transfer",
        prefix: "var",
        sql: Sql::Both(
            "SELECT variant_id AS id, code || ': reserved ' || CAST(SUM(reserved) AS TEXT) || ', put aside '
                || CAST(SUM(held) AS TEXT) AS detail
             FROM (
                SELECT s.variant_id, location.code, s.reserved, 0 AS held
                FROM stock_level s JOIN location ON location.id = s.location_id
                UNION ALL
                SELECT h.variant_id, location.code, 0, h.quantity
                FROM stock_hold h JOIN location ON location.id = h.location_id
                UNION ALL
                SELECT l.variant_id, location.code, 0, l.quantity
                FROM transfer t JOIN transfer_line l ON l.transfer_id = t.id
                JOIN location ON location.id = t.from_location_id WHERE t.status = 'READY'
                UNION ALL
                SELECT l.variant_id, location.code, 0, l.received
                FROM transfer t JOIN transfer_line l ON l.transfer_id = t.id
                JOIN fulfillment_order f ON f.id = t.fulfillment_order_id AND f.location_id = t.to_location_id
                JOIN location ON location.id = t.to_location_id WHERE f.status = 'SCHEDULED'
             ) AS sides GROUP BY variant_id, code HAVING SUM(reserved) <> SUM(held)",
        ),
    },
    Check {
        name: "stock_committed_matches_work",
        invariant: 2,
        rule: "committed units = units of begun or open fulfillment orders that have not left, per location and tracked variant",
        prefix: "var",
        sql: Sql::Both(
            "SELECT variant_id AS id, code || ': committed ' || CAST(SUM(committed) AS TEXT) || ', open work '
                || CAST(SUM(work) AS TEXT) AS detail
             FROM (
                SELECT s.variant_id, location.code, s.committed, 0 AS work
                FROM stock_level s JOIN location ON location.id = s.location_id
                JOIN variant v ON v.id = s.variant_id WHERE v.tracked
                UNION ALL
                SELECT l.variant_id, location.code, 0, l.quantity - l.fulfilled - l.rejected
                FROM fulfillment_order f JOIN fulfillment_order_line l ON l.fulfillment_order_id = f.id
                JOIN location ON location.id = f.location_id JOIN variant v ON v.id = l.variant_id
                WHERE v.tracked AND f.status NOT IN ('SCHEDULED', 'CLOSED', 'CANCELED')
             ) AS sides GROUP BY variant_id, code HAVING SUM(committed) <> SUM(work)",
        ),
    },
    Check {
        name: "stock_dispatched_matches_work",
        invariant: 3,
        rule: "units that left for fulfillment work and did not come back = units that the work says left, per location and tracked variant",
        prefix: "var",
        sql: Sql::Both(
            "SELECT variant_id AS id, code || ': dispatched ' || CAST(SUM(dispatched) AS TEXT) || ', fulfilled '
                || CAST(SUM(fulfilled) AS TEXT) AS detail
             FROM (
                SELECT m.variant_id, location.code,
                    CASE WHEN m.kind = 'DISPATCHED' THEN m.quantity ELSE -m.quantity END AS dispatched, 0 AS fulfilled
                FROM stock_movement m JOIN location ON location.id = m.location_id
                WHERE m.kind IN ('DISPATCHED', 'RECEIVED') AND m.cause_kind = 'FULFILLMENT_ORDER_LINE'
                UNION ALL
                SELECT l.variant_id, location.code, 0, l.fulfilled
                FROM fulfillment_order f JOIN fulfillment_order_line l ON l.fulfillment_order_id = f.id
                JOIN location ON location.id = f.location_id JOIN variant v ON v.id = l.variant_id WHERE v.tracked
             ) AS sides GROUP BY variant_id, code HAVING SUM(dispatched) <> SUM(fulfilled)",
        ),
    },
    Check {
        name: "stock_deny_never_oversold",
        invariant: 3,
        rule: "of a variant that is not sold beyond stock, orders wait only as unfillable, and no more left or is promised than came in",
        prefix: "var",
        sql: Sql::Both(
            "SELECT v.id AS id, 'waiting for a location ' || CAST(COALESCE(w.waiting, 0) AS TEXT) || ', sold '
                || CAST(COALESCE(w.sold, 0) AS TEXT) || ', came in ' || CAST(COALESCE(m.entered, 0) AS TEXT) AS detail
             FROM variant v
             LEFT JOIN (SELECT l.variant_id,
                    SUM(CASE WHEN f.location_id IS NULL AND f.status NOT IN ('CLOSED', 'CANCELED')
                        AND COALESCE(f.parked_as, '') <> 'UNFILLABLE' THEN l.quantity - l.fulfilled - l.rejected ELSE 0 END) AS waiting,
                    SUM(CASE WHEN f.status IN ('SCHEDULED', 'CLOSED', 'CANCELED') OR f.location_id IS NULL THEN l.fulfilled
                        ELSE l.quantity - l.rejected END) AS sold
                FROM fulfillment_order f JOIN fulfillment_order_line l ON l.fulfillment_order_id = f.id
                GROUP BY l.variant_id) AS w ON w.variant_id = v.id
             LEFT JOIN (SELECT variant_id,
                    SUM(CASE WHEN from_state IS NULL THEN quantity ELSE -quantity END) AS entered
                FROM stock_movement WHERE kind <> 'DISPATCHED' AND (from_state IS NULL OR to_state IS NULL)
                    AND NOT (kind = 'RECEIVED' AND cause_kind = 'FULFILLMENT_ORDER_LINE')
                GROUP BY variant_id) AS m ON m.variant_id = v.id
             WHERE v.inventory_policy = 'DENY' AND v.tracked AND NOT v.is_bundle
                AND (COALESCE(w.waiting, 0) > 0 OR COALESCE(w.sold, 0) > COALESCE(m.entered, 0))",
        ),
    },
    Check {
        name: "stock_only_of_counted_goods",
        invariant: 1,
        rule: "bundles have no stock of their own",
        prefix: "var",
        sql: Sql::Both(
            "SELECT s.variant_id AS id, location.code || ': a bundle with ' || CAST(s.on_hand AS TEXT) || ' on hand' AS detail
             FROM stock_level s JOIN variant v ON v.id = s.variant_id JOIN location ON location.id = s.location_id
             WHERE v.is_bundle AND s.on_hand <> 0",
        ),
    },
    Check {
        name: "stock_sync_matches_movements",
        invariant: 1,
        rule: "what words of other systems changed on hand = Σ movements of their events, per location and variant",
        prefix: "var",
        sql: Sql::Both(
            "SELECT e.variant_id AS id, location.code || ': changed ' || CAST(e.applied AS TEXT) || ', movements '
                || CAST(COALESCE(m.moved, 0) AS TEXT) AS detail
             FROM (SELECT event_id, location_id, variant_id, SUM(applied) AS applied FROM stock_sync_entry
                GROUP BY event_id, location_id, variant_id) AS e
             JOIN location ON location.id = e.location_id
             LEFT JOIN (SELECT event_id, location_id, variant_id,
                    SUM(CASE WHEN from_state IS NULL THEN quantity WHEN to_state IS NULL THEN -quantity ELSE 0 END) AS moved
                FROM stock_movement WHERE event_id IN (SELECT event_id FROM stock_sync_entry)
                GROUP BY event_id, location_id, variant_id) AS m
                ON m.event_id = e.event_id AND m.location_id = e.location_id AND m.variant_id = e.variant_id
             WHERE e.applied <> COALESCE(m.moved, 0)",
        ),
    },
];
