//! Goods on their way: what is expected, what moved and what transfers and purchase orders say agree.

use super::check::{Check, Sql};

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "stock_incoming_matches_orders",
        invariant: 1,
        rule: "incoming units = Σ units under way of open transfers + Σ expected units of open purchase orders",
        prefix: "var",
        sql: Sql::Both(
            "SELECT variant_id AS id, code || ': incoming ' || CAST(SUM(incoming) AS TEXT) || ', expected '
                || CAST(SUM(expected) AS TEXT) AS detail
             FROM (
                SELECT s.variant_id, location.code, s.incoming, 0 AS expected
                FROM stock_level s JOIN location ON location.id = s.location_id
                UNION ALL
                SELECT l.variant_id, location.code, 0, l.dispatched - l.received - l.damaged - l.missing - l.written_back
                FROM transfer t JOIN transfer_line l ON l.transfer_id = t.id
                JOIN location ON location.id = t.to_location_id
                WHERE t.status IN ('IN_TRANSIT', 'PARTLY_RECEIVED')
                UNION ALL
                SELECT l.variant_id, location.code, 0, l.quantity - l.received - l.damaged - l.closed
                FROM purchase_order p JOIN purchase_order_line l ON l.purchase_order_id = p.id
                JOIN location ON location.id = p.location_id
                WHERE p.status IN ('ORDERED', 'PARTLY_RECEIVED') AND l.quantity > l.received + l.damaged + l.closed
             ) AS sides GROUP BY variant_id, code HAVING SUM(incoming) <> SUM(expected)",
        ),
    },
    Check {
        name: "transfer_lines_match_movements",
        invariant: 1,
        rule: "units that left = what a transfer says it sent, units that came in = what it says arrived or went back",
        prefix: "trf",
        sql: Sql::Both(
            "SELECT l.transfer_id AS id, 'sent ' || CAST(l.dispatched AS TEXT) || ', left ' || CAST(COALESCE(m.gone, 0) AS TEXT)
                || '; arrived or back ' || CAST(l.received + l.damaged + l.written_back AS TEXT) || ', came in '
                || CAST(COALESCE(m.come, 0) AS TEXT) AS detail
             FROM transfer_line l LEFT JOIN (
                SELECT cause_id, SUM(CASE WHEN kind = 'TRANSFER_OUT' THEN quantity ELSE 0 END) AS gone,
                    SUM(CASE WHEN kind = 'TRANSFER_IN' THEN quantity ELSE 0 END) AS come
                FROM stock_movement WHERE cause_kind = 'TRANSFER_LINE' GROUP BY cause_id
             ) AS m ON m.cause_id = l.id
             WHERE l.dispatched <> COALESCE(m.gone, 0)
                OR l.received + l.damaged + l.written_back <> COALESCE(m.come, 0)",
        ),
    },
    Check {
        name: "transfer_ended_accounted",
        invariant: 8,
        rule: "of an ended transfer every unit that left is accounted for, and before one leaves none has",
        prefix: "trf",
        sql: Sql::Both(
            "SELECT t.id AS id, t.number || ' is ' || t.status || ': sent ' || CAST(l.dispatched AS TEXT) || ', accounted for '
                || CAST(l.received + l.damaged + l.missing + l.written_back AS TEXT) AS detail
             FROM transfer t JOIN transfer_line l ON l.transfer_id = t.id
             WHERE (t.status IN ('RECEIVED', 'CANCELED')
                    AND l.dispatched <> l.received + l.damaged + l.missing + l.written_back)
                OR (t.status IN ('DRAFT', 'READY') AND l.dispatched <> 0)",
        ),
    },
    Check {
        name: "purchase_lines_match_movements",
        invariant: 1,
        rule: "units received for purchase orders = what their lines say came, in order and damaged",
        prefix: "po",
        sql: Sql::Both(
            "SELECT l.purchase_order_id AS id, 'came ' || CAST(l.received + l.damaged AS TEXT) || ', moved '
                || CAST(COALESCE(m.come, 0) AS TEXT) AS detail
             FROM purchase_order_line l LEFT JOIN (
                SELECT cause_id, SUM(quantity) AS come FROM stock_movement
                WHERE cause_kind = 'PURCHASE_ORDER_LINE' AND kind = 'RECEIVED' GROUP BY cause_id
             ) AS m ON m.cause_id = l.id
             WHERE l.received + l.damaged <> COALESCE(m.come, 0)",
        ),
    },
    Check {
        name: "purchase_ended_accounted",
        invariant: 8,
        rule: "of an ended purchase order nothing is expected, and no more came than it accepts",
        prefix: "po",
        sql: Sql::Both(
            "SELECT p.id AS id, p.number || ' is ' || p.status || ': ordered ' || CAST(l.quantity AS TEXT) || ', came '
                || CAST(l.received + l.damaged AS TEXT) || ', closed ' || CAST(l.closed AS TEXT) AS detail
             FROM purchase_order p JOIN purchase_order_line l ON l.purchase_order_id = p.id
             WHERE (p.status = 'RECEIVED' AND l.received + l.damaged + l.closed < l.quantity)
                OR (p.status IN ('DRAFT', 'ORDERED', 'CANCELED') AND l.received + l.damaged <> 0)
                OR l.received + l.damaged + l.closed > l.quantity + l.quantity * p.over_delivery_percent / 100",
        ),
    },
];
