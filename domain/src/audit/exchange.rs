//! Exchanges: what old goods give is what new goods take, and both halves are there.

use super::check::{Check, Sql};

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "exchange_credit_agrees",
        invariant: 5,
        rule: "the credit of a completed exchange = what the old order gave for it = what it paid of the new order; others \
            gave and paid nothing",
        prefix: "exch",
        sql: Sql::Both(
            "SELECT x.id AS id, x.status || ': credit ' || CAST(x.credit AS TEXT) || ', given ' || CAST(COALESCE(g.amount, 0)
                AS TEXT) || ', paid ' || CAST(COALESCE(p.amount, 0) AS TEXT) AS detail
             FROM exchange x
             LEFT JOIN (SELECT r.return_id, SUM(e.amount) AS amount FROM payment_event e JOIN refund r ON r.id = e.refund_id
                WHERE e.kind = 'REFUND' AND e.outcome = 'SUCCESS' AND e.destination = 'EXCHANGE'
                GROUP BY r.return_id) AS g ON g.return_id = x.return_id
             LEFT JOIN (SELECT p.order_id, SUM(e.amount) AS amount FROM payment_event e JOIN payment p ON p.id = e.payment_id
                WHERE e.kind = 'CAPTURE' AND e.outcome = 'SUCCESS' AND p.gateway = 'EXCHANGE'
                GROUP BY p.order_id) AS p ON p.order_id = x.order_id
             WHERE COALESCE(g.amount, 0) <> COALESCE(p.amount, 0)
                OR COALESCE(g.amount, 0) <> CASE WHEN x.status = 'COMPLETED' THEN x.credit ELSE 0 END",
        ),
    },
    Check {
        name: "exchange_money_has_exchange",
        invariant: 5,
        rule: "money goes into an exchange, and comes out of it, only where there is one; it is never on its way",
        prefix: "pevt",
        sql: Sql::Both(
            "SELECT e.id AS id, e.outcome || ' into no exchange' AS detail
             FROM payment_event e LEFT JOIN refund r ON r.id = e.refund_id
             LEFT JOIN exchange x ON x.return_id = r.return_id
             WHERE e.destination = 'EXCHANGE' AND (x.id IS NULL OR e.outcome <> 'SUCCESS')
             UNION ALL
             SELECT p.id, 'paid by no exchange' FROM payment p LEFT JOIN exchange x ON x.order_id = p.order_id
             WHERE p.gateway = 'EXCHANGE' AND x.id IS NULL",
        ),
    },
    Check {
        name: "exchange_has_both_sides",
        invariant: 8,
        rule: "a return for other goods has its exchange; new goods that were placed have their order, others have none; a \
            completed exchange has goods that came, claims apart",
        prefix: "exch",
        sql: Sql::Both(
            "SELECT x.id AS id, x.status || ', return ' || r.status || ', order '
                || CASE WHEN x.order_id IS NULL THEN 'none' ELSE 'placed' END AS detail
             FROM exchange x JOIN returns r ON r.id = x.return_id
             WHERE (x.status IN ('PLACED', 'COMPLETED', 'DEFAULTED')) <> (x.order_id IS NOT NULL)
                OR (x.status = 'COMPLETED' AND r.kind = 'EXCHANGE' AND r.status NOT IN ('INSPECTED', 'CLOSED'))
                OR r.kind = 'RETURN' OR NOT EXISTS (SELECT 1 FROM exchange_line l WHERE l.exchange_id = x.id)
             UNION ALL
             SELECT r.id, r.number || ' is for other goods, and there is no exchange'
             FROM returns r LEFT JOIN exchange x ON x.return_id = r.id WHERE r.kind = 'EXCHANGE' AND x.id IS NULL",
        ),
    },
    Check {
        name: "exchange_guarantee_settled",
        invariant: 5,
        rule: "what was reserved until old goods come is taken or given up when the exchange is over, or its gateway was asked \
            to",
        prefix: "pay",
        sql: Sql::Both(
            "SELECT p.id AS id, x.status || ': reserved ' || CAST(s.open AS TEXT) AS detail
             FROM exchange x JOIN payment p ON p.id = x.guarantee_payment_id
             JOIN (SELECT payment_id, SUM(CASE WHEN outcome <> 'SUCCESS' THEN 0 WHEN kind = 'AUTHORIZE' THEN amount
                    WHEN kind IN ('CAPTURE', 'VOID') THEN -amount ELSE 0 END) AS open,
                SUM(CASE WHEN kind NOT IN ('CAPTURE', 'VOID') THEN 0 WHEN outcome = 'PENDING' THEN amount
                    ELSE -amount END) AS asked
                FROM payment_event GROUP BY payment_id) AS s ON s.payment_id = p.id
             WHERE x.status IN ('COMPLETED', 'DEFAULTED') AND s.open <> 0 AND (s.open < 0 OR s.open > s.asked)",
        ),
    },
    Check {
        name: "exchange_status_is_last_told",
        invariant: 8,
        rule: "the last step that the history of an exchange tells led to its status",
        prefix: "exch",
        sql: Sql::Each {
            sqlite: "SELECT x.id AS id, 'is ' || x.status AS detail FROM exchange x
                WHERE x.status <> COALESCE((SELECT json_extract(e.payload, '$.to') FROM event e
                    WHERE e.aggregate_kind = 'exchange' AND e.aggregate_id = x.id
                        AND json_extract(e.payload, '$.to') IS NOT NULL ORDER BY e.id DESC LIMIT 1), '')",
            postgres: "SELECT x.id AS id, 'is ' || x.status AS detail FROM exchange x
                WHERE x.status <> COALESCE((SELECT e.payload ->> 'to' FROM event e
                    WHERE e.aggregate_kind = 'exchange' AND e.aggregate_id = x.id
                        AND e.payload ->> 'to' IS NOT NULL ORDER BY e.id DESC LIMIT 1), '')",
        },
    },
];
