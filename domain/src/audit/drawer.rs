//! Drawers: what should be in them is what moved, and what moved is what customers paid and got back.

use super::check::{Check, Sql};

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "drawer_adds_up",
        invariant: 11,
        rule: "per register session: cash = Σ movements ≥ 0, change money = its opening, and expected = cash at closing",
        prefix: "rses",
        sql: Sql::Both(
            "SELECT s.id AS id, 'cash ' || CAST(s.cash AS TEXT) || ', movements ' || CAST(COALESCE(m.amount, 0) AS TEXT)
                || ', opening ' || CAST(s.opening_float AS TEXT) || ', change money '
                || CAST(COALESCE(m.change_money, 0) AS TEXT) || ', expected '
                || COALESCE(CAST(s.expected AS TEXT), 'nothing') AS detail
             FROM register_session s LEFT JOIN (SELECT register_session_id, SUM(amount) AS amount,
                    SUM(CASE WHEN kind = 'FLOAT' THEN amount ELSE 0 END) AS change_money
                FROM cash_movement GROUP BY register_session_id) AS m ON m.register_session_id = s.id
             WHERE s.cash <> COALESCE(m.amount, 0) OR s.opening_float <> COALESCE(m.change_money, 0)
                OR (s.status = 'CLOSED' AND s.expected <> s.cash)",
        ),
    },
    Check {
        name: "drawer_closed_whole",
        invariant: 11,
        rule: "a closed register session has its difference, with a reason where there is one, and its Z report",
        prefix: "rses",
        sql: Sql::Both(
            "SELECT id, 'difference ' || COALESCE(CAST(difference AS TEXT), 'nothing') || ', reason '
                || CASE WHEN difference_reason IS NULL THEN 'none' ELSE 'given' END || ', Z '
                || COALESCE(CAST(z_number AS TEXT), 'none') AS detail
             FROM register_session WHERE status = 'CLOSED' AND (difference IS NULL OR difference <> counted - expected
                OR (difference <> 0 AND COALESCE(difference_reason, '') = '') OR z_number IS NULL OR z_report IS NULL)",
        ),
    },
    Check {
        name: "drawer_cash_sales",
        invariant: 11,
        rule: "cash that was paid in a register session is in its drawer, and only that",
        prefix: "pay",
        sql: Sql::Both(
            "SELECT p.id AS id, 'captured ' || CAST(COALESCE(e.amount, 0) AS TEXT) || ', booked '
                || CAST(COALESCE(m.amount, 0) AS TEXT) AS detail
             FROM payment p
             LEFT JOIN (SELECT payment_id, SUM(amount) AS amount FROM payment_event
                WHERE kind = 'CAPTURE' AND outcome = 'SUCCESS' GROUP BY payment_id) AS e ON e.payment_id = p.id
             LEFT JOIN (SELECT payment_id, register_session_id, SUM(amount) AS amount FROM cash_movement
                WHERE kind = 'SALE' GROUP BY payment_id, register_session_id) AS m
                ON m.payment_id = p.id AND m.register_session_id = p.register_session_id
             WHERE p.gateway = 'CASH' AND p.register_session_id IS NOT NULL
                AND COALESCE(e.amount, 0) <> COALESCE(m.amount, 0)
             UNION ALL
             SELECT m.payment_id, 'booked as a cash sale of another session or tender' FROM cash_movement m
             LEFT JOIN payment p ON p.id = m.payment_id
             WHERE m.kind = 'SALE' AND (p.id IS NULL OR p.gateway <> 'CASH'
                OR COALESCE(CAST(p.register_session_id AS TEXT), '') <> CAST(m.register_session_id AS TEXT))",
        ),
    },
    Check {
        name: "drawer_cash_refunds",
        invariant: 11,
        rule: "cash that a drawer gave back to a customer is a refund that was carried out, of the same amount",
        prefix: "pay",
        sql: Sql::Both(
            "SELECT m.payment_id AS id, 'given back ' || CAST(-SUM(m.amount) AS TEXT) || ', refunded '
                || CAST(COALESCE(MAX(e.amount), 0) AS TEXT) AS detail
             FROM cash_movement m LEFT JOIN (SELECT payment_id, SUM(amount) AS amount FROM payment_event
                WHERE kind = 'REFUND' AND outcome = 'SUCCESS' AND gateway = 'CASH' GROUP BY payment_id) AS e
                ON e.payment_id = m.payment_id
             WHERE m.kind = 'REFUND' GROUP BY m.payment_id
             HAVING -SUM(m.amount) > COALESCE(MAX(e.amount), 0) OR MAX(m.amount) >= 0",
        ),
    },
    Check {
        name: "drawer_signs",
        invariant: 11,
        rule: "cash comes in by change money, sales and staff, and leaves by refunds, staff and to the safe, with a reason",
        prefix: "cash",
        sql: Sql::Both(
            "SELECT id, kind || ' of ' || CAST(amount AS TEXT) AS detail FROM cash_movement
             WHERE (kind IN ('FLOAT', 'IN', 'SALE') AND amount <= 0) OR (kind IN ('OUT', 'DROP', 'REFUND') AND amount >= 0)
                OR (kind IN ('IN', 'OUT', 'DROP') AND COALESCE(reason, '') = '')
                OR approved_by = staff_id",
        ),
    },
    Check {
        name: "z_numbers_without_gaps",
        invariant: 11,
        rule: "the Z reports of a register are numbered from 1 to its last number, and its sessions from 1, without gaps",
        prefix: "reg",
        sql: Sql::Both(
            "SELECT r.id AS id, r.code || ': last Z ' || CAST(r.last_z_number AS TEXT) || ', reports '
                || CAST(COUNT(s.z_number) AS TEXT) || ', sessions ' || CAST(COUNT(s.id) AS TEXT) AS detail
             FROM register r LEFT JOIN register_session s ON s.register_id = r.id
             GROUP BY r.id, r.code, r.last_z_number
             HAVING r.last_z_number <> COUNT(s.z_number) OR r.last_z_number <> COALESCE(MAX(s.z_number), 0)
                OR COALESCE(MIN(s.z_number), 1) <> 1 OR COUNT(s.id) <> COALESCE(MAX(s.number), 0)
                OR COALESCE(MIN(s.number), 1) <> 1",
        ),
    },
];
