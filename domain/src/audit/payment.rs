//! Payments: sums over events stay within each other.

use super::check::{Check, Sql};

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "payment_sums",
        invariant: 5,
        rule: "per payment: captured + voided ≤ authorized where authorized, captured ≤ amount unless staff said that more \
            came, refunded ≤ captured",
        prefix: "pay",
        sql: Sql::Both(
            "SELECT p.id AS id, 'amount ' || CAST(p.amount AS TEXT) || ', authorized ' || CAST(s.authorized AS TEXT)
                || ', captured ' || CAST(s.captured AS TEXT) || ', refunded ' || CAST(s.refunded AS TEXT) AS detail
             FROM payment p JOIN (SELECT payment_id,
                SUM(CASE WHEN kind = 'AUTHORIZE' THEN amount ELSE 0 END) AS authorized,
                SUM(CASE WHEN kind = 'VOID' THEN amount ELSE 0 END) AS voided,
                SUM(CASE WHEN kind = 'CAPTURE' THEN amount ELSE 0 END) AS captured,
                SUM(CASE WHEN kind IN ('REFUND', 'CHARGEBACK') THEN amount ELSE 0 END) AS refunded
                FROM payment_event WHERE outcome = 'SUCCESS' GROUP BY payment_id) AS s ON s.payment_id = p.id
             WHERE (s.authorized > 0 AND s.captured + s.voided > s.authorized) OR s.refunded > s.captured
                OR (s.captured > p.amount AND p.gateway <> 'MANUAL')",
        ),
    },
    Check {
        name: "order_payment_sums",
        invariant: 5,
        rule: "per order: refunded ≤ captured",
        prefix: "order",
        sql: Sql::Both(
            "SELECT o.id AS id, o.number || ': captured ' || CAST(s.captured AS TEXT) || ', refunded '
                || CAST(s.refunded AS TEXT) AS detail
             FROM orders o JOIN (SELECT p.order_id,
                SUM(CASE WHEN e.kind = 'CAPTURE' THEN e.amount ELSE 0 END) AS captured,
                SUM(CASE WHEN e.kind IN ('REFUND', 'CHARGEBACK') THEN e.amount ELSE 0 END) AS refunded
                FROM payment_event e JOIN payment p ON p.id = e.payment_id WHERE e.outcome = 'SUCCESS'
                GROUP BY p.order_id) AS s ON s.order_id = o.id
             WHERE s.refunded > s.captured",
        ),
    },
    Check {
        name: "payment_of_completed_cart",
        invariant: 5,
        rule: "money that was taken for a cart belongs to the order that the cart became",
        prefix: "pay",
        sql: Sql::Both(
            "SELECT p.id AS id, 'the cart is completed, the payment has no order' AS detail
             FROM payment p JOIN cart c ON c.id = p.cart_id
             WHERE c.status = 'COMPLETED' AND p.order_id IS NULL AND EXISTS (SELECT 1 FROM payment_event e
                WHERE e.payment_id = p.id AND e.kind = 'CAPTURE' AND e.outcome = 'SUCCESS')
             UNION ALL
             SELECT p.id, 'payment and cart name different orders'
             FROM payment p JOIN orders o ON o.cart_id = p.cart_id WHERE p.order_id <> o.id",
        ),
    },
    Check {
        name: "payment_event_gateway",
        invariant: 5,
        rule: "an event of a payment comes from the payment's gateway",
        prefix: "pevt",
        sql: Sql::Both(
            "SELECT e.id AS id, e.gateway || ', payment ' || p.gateway AS detail
             FROM payment_event e JOIN payment p ON p.id = e.payment_id WHERE e.gateway <> p.gateway",
        ),
    },
    Check {
        name: "gateway_events",
        invariant: 5,
        rule: "what a gateway told is handled, or a job that is not dead will handle it",
        prefix: "gwev",
        sql: Sql::Both(
            "SELECT g.id AS id, g.gateway || ' ' || g.kind || ' waits without a job' AS detail
             FROM gateway_event g WHERE g.handled_at IS NULL AND (g.payment_id IS NULL OR NOT EXISTS (SELECT 1 FROM job j
                JOIN payment p ON p.id = g.payment_id WHERE j.kind = 'ask_gateway' AND j.state <> 'DEAD'))
             UNION ALL
             SELECT g.id, 'handled without an outcome' FROM gateway_event g
             WHERE g.handled_at IS NOT NULL AND g.outcome IS NULL",
        ),
    },
    Check {
        name: "lost_disputes_settled",
        invariant: 5,
        rule: "what a bank took while as much was on its way back to the buyer is open only as long as that refund is",
        prefix: "pay",
        sql: Sql::Both(
            "SELECT s.payment_id AS id, 'held ' || CAST(s.held AS TEXT) || ', no refund waits' AS detail
             FROM (SELECT payment_id,
                SUM(CASE WHEN kind <> 'CHARGEBACK' THEN 0 WHEN outcome = 'PENDING' THEN amount ELSE -amount END) AS held,
                SUM(CASE WHEN kind <> 'REFUND' THEN 0 WHEN outcome = 'PENDING' THEN amount ELSE -amount END) AS waits,
                SUM(CASE WHEN error_code = 'refund_on_its_way' THEN 1 ELSE 0 END) AS lost
                FROM payment_event GROUP BY payment_id) AS s
             WHERE s.lost > 0 AND s.held > 0 AND s.waits <= 0",
        ),
    },
    Check {
        name: "asked_gateways",
        invariant: 5,
        rule: "nothing is asked of a gateway over the network for a payment that it does not know",
        prefix: "pay",
        sql: Sql::Both(
            "SELECT p.id AS id, e.kind || ' without a name at the gateway' AS detail
             FROM payment_event e JOIN payment p ON p.id = e.payment_id
             WHERE p.gateway = 'STRIPE' AND p.reference IS NULL AND e.kind <> 'AUTHORIZE'",
        ),
    },
    Check {
        name: "refunds_add_up",
        invariant: 5,
        rule: "a refund's decided amount = its parts, each carried out, waiting or failed, and at least its shipping; its \
            lines, shipping and what has no goods, minus fees and discounts that are given back by owing less",
        prefix: "refund",
        sql: Sql::Both(
            "SELECT r.id AS id, 'decided ' || CAST(r.amount AS TEXT) || ', lines and shipping '
                || CAST(r.shipping_amount + COALESCE(l.amount, 0) AS TEXT) || ', fees ' || CAST(r.fee_amount AS TEXT)
                || ', carried out and waiting ' || CAST(COALESCE(e.amount, 0) AS TEXT) AS detail
             FROM refund r
             LEFT JOIN (SELECT refund_id, SUM(amount) AS amount FROM refund_line GROUP BY refund_id) AS l
                ON l.refund_id = r.id
             LEFT JOIN (SELECT refund_id, SUM(part) AS amount,
                    SUM(CASE WHEN smallest <> part OR done > part OR waits NOT IN (0, part) THEN 1 ELSE 0 END) AS odd
                FROM (SELECT refund_id, payment_id, MAX(amount) AS part, MIN(amount) AS smallest,
                        SUM(CASE WHEN outcome = 'SUCCESS' THEN amount ELSE 0 END) AS done,
                        CASE WHEN SUM(CASE WHEN outcome = 'PENDING' THEN 1 ELSE 0 END) = 0 THEN 0
                             ELSE SUM(CASE WHEN outcome = 'PENDING' THEN amount ELSE -amount END) END AS waits
                    FROM payment_event WHERE kind = 'REFUND' AND refund_id IS NOT NULL
                    GROUP BY refund_id, payment_id, destination) AS tenders GROUP BY refund_id) AS e ON e.refund_id = r.id
             WHERE r.amount + r.fee_amount - CASE WHEN r.claw_back_amount < 0 THEN r.claw_back_amount ELSE 0 END
                    < r.shipping_amount + COALESCE(l.amount, 0)
                OR (r.amount + r.fee_amount > r.shipping_amount + COALESCE(l.amount, 0)
                    AND r.reason NOT IN ('GOODWILL', 'OTHER', 'CLAIM', 'OVERPAID') AND r.return_id IS NULL)
                OR r.amount <> COALESCE(e.amount, 0) OR COALESCE(e.odd, 0) > 0",
        ),
    },
    Check {
        name: "claw_backs_within_fees",
        invariant: 5,
        rule: "discounts that a refund keeps are a part of its fee, and no order was given more of them back than were kept",
        prefix: "refund",
        sql: Sql::Both(
            "SELECT id, 'fee ' || CAST(fee_amount AS TEXT) || ', discounts ' || CAST(claw_back_amount AS TEXT) AS detail
             FROM refund WHERE fee_amount < claw_back_amount
             UNION ALL
             SELECT order_id, 'kept of the order ' || CAST(SUM(claw_back_amount) AS TEXT)
             FROM refund GROUP BY order_id HAVING SUM(claw_back_amount) < 0",
        ),
    },
    Check {
        name: "credit_notes_agree",
        invariant: 5,
        rule: "a credit note says what its refund decided",
        prefix: "refund",
        sql: Sql::Each {
            sqlite: "SELECT r.id AS id, n.number || ' and refund of ' || CAST(r.amount AS TEXT) AS detail
                FROM credit_note n JOIN refund r ON r.id = n.refund_id
                WHERE r.amount <> CAST(json_extract(n.document, '$.total') AS INTEGER)",
            postgres: "SELECT r.id AS id, n.number || ' and refund of ' || CAST(r.amount AS TEXT) AS detail
                FROM credit_note n JOIN refund r ON r.id = n.refund_id
                WHERE r.amount <> CAST(n.document ->> 'total' AS BIGINT)",
        },
    },
    Check {
        name: "refunds_have_credit_notes",
        invariant: 5,
        rule: "since a channel issues credit notes, each of its refunds has one, but for what was paid too much",
        prefix: "refund",
        sql: Sql::Both(
            "SELECT r.id AS id, 'no credit note over ' || CAST(r.amount AS TEXT) || ' ' || r.currency AS detail
             FROM refund r JOIN orders o ON o.id = r.order_id
             JOIN (SELECT channel_id, MIN(issued_at) AS first FROM credit_note GROUP BY channel_id) AS c
                ON c.channel_id = o.channel_id
             WHERE r.amount > 0 AND r.reason <> 'OVERPAID' AND r.created_at >= c.first
                AND NOT EXISTS (SELECT 1 FROM credit_note n WHERE n.refund_id = r.id)",
        ),
    },
    Check {
        name: "credit_note_numbers_without_gaps",
        invariant: 5,
        rule: "credit notes of a channel are numbered from 1 without gaps",
        prefix: "chan",
        sql: Sql::Each {
            sqlite: "SELECT channel_id AS id, CAST(COUNT(*) AS TEXT) || ' credit notes, the last is '
                    || CAST(MAX(CAST(SUBSTR(number, INSTR(number, '-CN') + 3) AS INTEGER)) AS TEXT) AS detail
                FROM credit_note GROUP BY channel_id
                HAVING MAX(CAST(SUBSTR(number, INSTR(number, '-CN') + 3) AS INTEGER)) <> COUNT(*)",
            postgres: "SELECT channel_id AS id, CAST(COUNT(*) AS TEXT) || ' credit notes, the last is '
                    || CAST(MAX(CAST(SUBSTRING(number FROM '[0-9]+$') AS BIGINT)) AS TEXT) AS detail
                FROM credit_note GROUP BY channel_id
                HAVING MAX(CAST(SUBSTRING(number FROM '[0-9]+$') AS BIGINT)) <> COUNT(*)",
        },
    },
    Check {
        name: "refunds_within_captures",
        invariant: 5,
        rule: "per order: refunds decided ≤ captured",
        prefix: "order",
        sql: Sql::Both(
            "SELECT o.id AS id, o.number || ': refunds ' || CAST(r.amount AS TEXT) || ', captured '
                || CAST(COALESCE(s.captured, 0) AS TEXT) AS detail
             FROM orders o JOIN (SELECT order_id, SUM(amount) AS amount FROM refund GROUP BY order_id) AS r
                ON r.order_id = o.id
             LEFT JOIN (SELECT p.order_id, SUM(e.amount) AS captured FROM payment_event e
                JOIN payment p ON p.id = e.payment_id WHERE e.kind = 'CAPTURE' AND e.outcome = 'SUCCESS'
                GROUP BY p.order_id) AS s ON s.order_id = o.id
             WHERE r.amount > COALESCE(s.captured, 0)",
        ),
    },
    Check {
        name: "refunds_of_given_up_units",
        invariant: 6,
        rule: "the money of a unit goes back only when it was canceled or came back",
        prefix: "oline",
        sql: Sql::Both(
            "SELECT l.id AS id, 'refunded ' || CAST(r.units AS TEXT) || ', canceled ' || CAST(l.canceled AS TEXT)
                || ', came back ' || CAST(l.received_back AS TEXT) AS detail
             FROM order_line l JOIN (SELECT f.order_line_id, SUM(f.quantity) AS units FROM refund_line f
                JOIN refund r ON r.id = f.refund_id WHERE r.reason NOT IN ('GOODWILL', 'OTHER', 'CLAIM')
                GROUP BY f.order_line_id) AS r ON r.order_line_id = l.id
             WHERE r.units > l.canceled + l.received_back",
        ),
    },
];
