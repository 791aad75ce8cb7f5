//! Payments: sums over events stay within each other.

use super::check::{Check, Sql};

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "payment_sums",
        invariant: 5,
        rule: "per payment: captured ≤ authorized where authorized, captured ≤ amount, refunded ≤ captured",
        prefix: "pay",
        sql: Sql::Both(
            "SELECT p.id AS id, 'amount ' || CAST(p.amount AS TEXT) || ', authorized ' || CAST(s.authorized AS TEXT)
                || ', captured ' || CAST(s.captured AS TEXT) || ', refunded ' || CAST(s.refunded AS TEXT) AS detail
             FROM payment p JOIN (SELECT payment_id,
                SUM(CASE WHEN kind = 'AUTHORIZE' THEN amount ELSE 0 END) AS authorized,
                SUM(CASE WHEN kind = 'CAPTURE' THEN amount ELSE 0 END) AS captured,
                SUM(CASE WHEN kind IN ('REFUND', 'CHARGEBACK') THEN amount ELSE 0 END) AS refunded
                FROM payment_event WHERE outcome = 'SUCCESS' GROUP BY payment_id) AS s ON s.payment_id = p.id
             WHERE (s.authorized > 0 AND s.captured > s.authorized) OR s.captured > p.amount OR s.refunded > s.captured",
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
];
