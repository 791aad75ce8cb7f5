//! Counts, and units with numbers.

use super::check::{Check, Sql};

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "stock_numbers_match_units",
        invariant: 1,
        rule: "units with a number at a location = what the level says, and never more than lie there",
        prefix: "var",
        sql: Sql::Both(
            "SELECT variant_id AS id, code || ': level ' || CAST(SUM(numbered) AS TEXT) || ', units '
                || CAST(SUM(units) AS TEXT) || ', on hand ' || CAST(SUM(on_hand) AS TEXT) AS detail
             FROM (
                SELECT s.variant_id, location.code, s.numbered, 0 AS units, s.on_hand
                FROM stock_level s JOIN location ON location.id = s.location_id
                UNION ALL
                SELECT u.variant_id, location.code, 0, u.quantity, 0
                FROM stock_unit u JOIN location ON location.id = u.location_id WHERE u.status = 'IN_STOCK'
             ) AS sides GROUP BY variant_id, code
             HAVING SUM(numbered) <> SUM(units) OR SUM(units) > SUM(on_hand)",
        ),
    },
    Check {
        name: "units_under_way_match_transfers",
        invariant: 1,
        rule: "no more numbered units are under way with a transfer than the transfer says, and each is under way with one",
        prefix: "var",
        sql: Sql::Both(
            "SELECT u.variant_id AS id, CAST(SUM(u.quantity) AS TEXT) || ' units, under way '
                || CAST(COALESCE(MAX(l.dispatched - l.received - l.damaged - l.missing - l.written_back), 0) AS TEXT)
                AS detail
             FROM stock_unit u
             LEFT JOIN transfer_line l ON l.transfer_id = u.transfer_id AND l.variant_id = u.variant_id
             WHERE u.status = 'IN_TRANSIT' GROUP BY u.variant_id, u.transfer_id
             HAVING SUM(u.quantity) > COALESCE(MAX(l.dispatched - l.received - l.damaged - l.missing - l.written_back), 0)",
        ),
    },
    Check {
        name: "units_sold_match_work",
        invariant: 1,
        rule: "no more numbered units are gone for a line of work than it has and did not give back",
        prefix: "foline",
        sql: Sql::Both(
            "SELECT l.id AS id, CAST(SUM(u.quantity) AS TEXT) || ' units of ' || CAST(MAX(l.quantity - l.rejected) AS TEXT)
                AS detail
             FROM stock_unit u JOIN fulfillment_order_line l ON l.id = u.fulfillment_order_line_id
             WHERE u.status = 'SOLD' GROUP BY l.id HAVING SUM(u.quantity) > MAX(l.quantity - l.rejected)",
        ),
    },
    Check {
        name: "serial_number_once",
        invariant: 1,
        rule: "a serial number is one unit, and there is one of it",
        prefix: "var",
        sql: Sql::Both(
            "SELECT variant_id AS id, CAST(COUNT(*) AS TEXT) || ' rows of ' || CAST(SUM(quantity) AS TEXT)
                || ' units for one serial number' AS detail
             FROM stock_unit WHERE tracking = 'SERIAL' GROUP BY variant_id, code
             HAVING COUNT(*) <> 1 OR SUM(quantity) <> 1",
        ),
    },
    Check {
        name: "count_lines_match_entries",
        invariant: 1,
        rule: "what a count line says = Σ its entries of the round in which it was counted",
        prefix: "countl",
        sql: Sql::Both(
            "SELECT l.id AS id, c.number || ': counted ' || CAST(l.counted AS TEXT) || ', entries '
                || CAST(COALESCE(e.found, 0) AS TEXT) AS detail
             FROM stock_count_line l JOIN stock_count c ON c.id = l.stock_count_id
             LEFT JOIN (SELECT e.stock_count_line_id, s.round, SUM(e.quantity) AS found
                FROM stock_count_entry e JOIN stock_count_session s ON s.id = e.stock_count_session_id
                GROUP BY e.stock_count_line_id, s.round) AS e ON e.stock_count_line_id = l.id AND e.round = l.round
             WHERE l.counted IS NOT NULL AND l.counted <> COALESCE(e.found, 0)",
        ),
    },
    Check {
        name: "count_variance_posted",
        invariant: 1,
        rule: "variance of a count line = Σ movements that name it, and nothing is left to post in an accepted count",
        prefix: "countl",
        sql: Sql::Both(
            "SELECT l.id AS id, c.number || ': variance ' || CAST(COALESCE(l.accepted_variance, 0) AS TEXT) || ', posted '
                || CAST(COALESCE(m.posted, 0) AS TEXT) AS detail
             FROM stock_count_line l JOIN stock_count c ON c.id = l.stock_count_id
             LEFT JOIN (SELECT cause_id, SUM(CASE WHEN from_state IS NULL THEN quantity ELSE -quantity END) AS posted
                FROM stock_movement WHERE cause_kind = 'COUNT_LINE' GROUP BY cause_id) AS m ON m.cause_id = l.id
             WHERE COALESCE(l.accepted_variance, 0) <> COALESCE(m.posted, 0)
                OR (c.status = 'ACCEPTED' AND l.counted IS NOT NULL AND l.accepted_variance IS NULL)
                OR (l.accepted_variance IS NOT NULL AND l.accepted_variance <> l.counted - l.expected)",
        ),
    },
];
