//! Returns: their units agree with the orders, with what was found, with stock, and with their history.

use super::check::{Check, Sql};

/// Units of return lines: asked for without what is missing, and come without what is missing. A return that was refused
/// or given up counts for nothing, a claim only against what its customer has.
macro_rules! units {
    () => {
        "SELECT l.order_line_id, l.id, r.kind, l.quantity - COALESCE(m.missing, 0) AS asked,
            l.received - COALESCE(m.missing, 0) AS came
         FROM return_line l JOIN returns r ON r.id = l.return_id
         LEFT JOIN (SELECT return_line_id, SUM(quantity) AS missing FROM return_item
            WHERE disposition = 'MISSING' GROUP BY return_line_id) AS m ON m.return_line_id = l.id
         WHERE l.order_line_id IS NOT NULL AND r.status NOT IN ('DECLINED', 'CANCELED')
            AND COALESCE(r.resolution, '') NOT IN ('REPLACE', 'REPLACE_AND_REFUND', 'REFUSED')"
    };
}

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "return_units_match_orders",
        invariant: 6,
        rule: "units that an order's line says are asked back and came back = what its returns say, claims apart",
        prefix: "oline",
        sql: Sql::Both(concat!(
            "SELECT o.id AS id, 'asked back ' || CAST(o.return_requested AS TEXT) || ', returns '
                || CAST(COALESCE(u.asked, 0) AS TEXT) || '; back ' || CAST(o.received_back AS TEXT) || ', returns '
                || CAST(COALESCE(u.came, 0) AS TEXT) AS detail
             FROM order_line o LEFT JOIN (SELECT order_line_id, SUM(asked) AS asked, SUM(came) AS came FROM (",
            units!(),
            ") AS each_line WHERE kind <> 'CLAIM' GROUP BY order_line_id) AS u ON u.order_line_id = o.id
             WHERE o.return_requested <> COALESCE(u.asked, 0) OR o.received_back <> COALESCE(u.came, 0)"
        )),
    },
    Check {
        name: "returns_within_fulfilled",
        invariant: 6,
        rule: "never more units come back or are settled by claims than reached the customer",
        prefix: "oline",
        sql: Sql::Both(concat!(
            "SELECT o.id AS id, 'fulfilled ' || CAST(o.fulfilled AS TEXT) || ', returns ' || CAST(u.asked AS TEXT) AS detail
             FROM order_line o JOIN (SELECT order_line_id, SUM(asked) AS asked FROM (",
            units!(),
            ") AS each_line GROUP BY order_line_id) AS u ON u.order_line_id = o.id WHERE u.asked > o.fulfilled"
        )),
    },
    Check {
        name: "return_items_add_up",
        invariant: 6,
        rule: "units that were looked at = Σ dispositions, and no more than came",
        prefix: "rtl",
        sql: Sql::Both(
            "SELECT l.id AS id, 'inspected ' || CAST(l.inspected AS TEXT) || ', dispositions '
                || CAST(COALESCE(SUM(i.quantity), 0) AS TEXT) || ', received ' || CAST(l.received AS TEXT) AS detail
             FROM return_line l LEFT JOIN return_item i ON i.return_line_id = l.id
             GROUP BY l.id, l.inspected, l.received
             HAVING l.inspected <> COALESCE(SUM(i.quantity), 0) OR l.inspected > l.received",
        ),
    },
    Check {
        name: "returns_match_movements",
        invariant: 1,
        rule: "units that came into stock for a return = what was found, missing units apart",
        prefix: "rtl",
        sql: Sql::Both(
            "SELECT l.id AS id, 'found ' || CAST(COALESCE(i.found, 0) AS TEXT) || ', came in '
                || CAST(COALESCE(m.come, 0) AS TEXT) AS detail
             FROM return_line l JOIN variant v ON v.id = l.variant_id
             LEFT JOIN (SELECT return_line_id, SUM(quantity) AS found FROM return_item
                WHERE disposition <> 'MISSING' GROUP BY return_line_id) AS i ON i.return_line_id = l.id
             LEFT JOIN (SELECT cause_id, SUM(quantity) AS come FROM stock_movement
                WHERE cause_kind = 'RETURN_LINE' AND kind = 'RECEIVED' GROUP BY cause_id) AS m ON m.cause_id = l.id
             WHERE v.tracked AND NOT v.is_bundle AND COALESCE(i.found, 0) <> COALESCE(m.come, 0)",
        ),
    },
    Check {
        name: "return_status_fits_units",
        invariant: 8,
        rule: "a return is received when all its units are, inspected or closed when all were looked at, claims apart",
        prefix: "ret",
        sql: Sql::Both(
            "SELECT r.id AS id, r.number || ' is ' || r.status || ': ' || CAST(SUM(l.quantity) AS TEXT) || ' units, received '
                || CAST(SUM(l.received) AS TEXT) || ', inspected ' || CAST(SUM(l.inspected) AS TEXT) AS detail
             FROM returns r JOIN return_line l ON l.return_id = r.id
             GROUP BY r.id, r.number, r.status, r.kind, r.resolution
             HAVING (r.status = 'RECEIVED' AND SUM(l.received) <> SUM(l.quantity))
                OR (r.status = 'INSPECTED' AND SUM(l.inspected) <> SUM(l.quantity))
                OR (r.status = 'CLOSED' AND r.resolution IS NULL AND SUM(l.inspected) <> SUM(l.quantity))
                OR (r.status IN ('REQUESTED', 'APPROVED', 'DECLINED', 'IN_TRANSIT', 'CANCELED') AND SUM(l.received) <> 0)",
        ),
    },
    Check {
        name: "return_status_is_last_told",
        invariant: 8,
        rule: "the last step that the history of a return tells led to its status",
        prefix: "ret",
        sql: Sql::Each {
            sqlite: "SELECT r.id AS id, r.number || ' is ' || r.status AS detail FROM returns r
                WHERE r.status <> COALESCE((SELECT json_extract(e.payload, '$.to') FROM event e
                    WHERE e.aggregate_kind = 'return' AND e.aggregate_id = r.id
                        AND json_extract(e.payload, '$.to') IS NOT NULL ORDER BY e.id DESC LIMIT 1), '')",
            postgres: "SELECT r.id AS id, r.number || ' is ' || r.status AS detail FROM returns r
                WHERE r.status <> COALESCE((SELECT e.payload ->> 'to' FROM event e
                    WHERE e.aggregate_kind = 'return' AND e.aggregate_id = r.id
                        AND e.payload ->> 'to' IS NOT NULL ORDER BY e.id DESC LIMIT 1), '')",
        },
    },
    Check {
        name: "return_items_have_events",
        invariant: 12,
        rule: "whatever was found belongs to an event",
        prefix: "evt",
        sql: Sql::Both(
            "SELECT i.event_id AS id, 'named by a return, does not exist' AS detail
             FROM return_item i LEFT JOIN event e ON e.id = i.event_id WHERE e.id IS NULL",
        ),
    },
];
