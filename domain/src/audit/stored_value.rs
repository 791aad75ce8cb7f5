//! Stored value: balances, lots and entries say the same, and what was spent paid something.

use super::check::{Check, Sql};

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "stored_value_balances",
        invariant: 7,
        rule: "per account: balance = Σ entries ≥ 0, held = Σ entries, held ≤ balance",
        prefix: "svac",
        sql: Sql::Both(
            "SELECT a.id AS id, a.kind || ': balance ' || CAST(a.balance AS TEXT) || ', entries '
                || CAST(COALESCE(e.amount, 0) AS TEXT) || ', held ' || CAST(a.held AS TEXT) || ', entries '
                || CAST(COALESCE(e.held, 0) AS TEXT) AS detail
             FROM stored_value_account a LEFT JOIN (SELECT stored_value_account_id, SUM(amount) AS amount, SUM(held) AS held
                FROM stored_value_entry GROUP BY stored_value_account_id) AS e ON e.stored_value_account_id = a.id
             WHERE a.balance <> COALESCE(e.amount, 0) OR a.held <> COALESCE(e.held, 0) OR a.balance < 0 OR a.held < 0
                OR a.held > a.balance",
        ),
    },
    Check {
        name: "stored_value_lots",
        invariant: 7,
        rule: "per account: what is left of its lots = its balance; per lot: what is left = its entries",
        prefix: "svac",
        sql: Sql::Both(
            "SELECT a.id AS id, a.kind || ': balance ' || CAST(a.balance AS TEXT) || ', lots '
                || CAST(COALESCE(l.remaining, 0) AS TEXT) AS detail
             FROM stored_value_account a LEFT JOIN (SELECT stored_value_account_id, SUM(remaining) AS remaining
                FROM stored_value_lot GROUP BY stored_value_account_id) AS l ON l.stored_value_account_id = a.id
             WHERE a.balance <> COALESCE(l.remaining, 0)
             UNION ALL
             SELECT l.stored_value_account_id, 'lot: left ' || CAST(l.remaining AS TEXT) || ', entries '
                || CAST(COALESCE(e.amount, 0) AS TEXT)
             FROM stored_value_lot l LEFT JOIN (SELECT stored_value_lot_id, SUM(amount) AS amount
                FROM stored_value_entry GROUP BY stored_value_lot_id) AS e ON e.stored_value_lot_id = l.id
             WHERE l.remaining <> COALESCE(e.amount, 0)",
        ),
    },
    Check {
        name: "stored_value_pays",
        invariant: 7,
        rule: "what an account spent and got back is what its payment captured and refunded",
        prefix: "pay",
        sql: Sql::Both(
            "SELECT p.id AS id, p.gateway || ': captured ' || CAST(COALESCE(f.captured, 0) AS TEXT) || ', spent '
                || CAST(COALESCE(e.spent, 0) AS TEXT) || ', refunded ' || CAST(COALESCE(f.refunded, 0) AS TEXT)
                || ', came back ' || CAST(COALESCE(e.back, 0) AS TEXT) AS detail
             FROM payment p
             LEFT JOIN (SELECT payment_id, SUM(CASE WHEN kind = 'CAPTURE' THEN amount ELSE 0 END) AS captured,
                    SUM(CASE WHEN kind = 'REFUND' AND destination = 'ORIGINAL' THEN amount ELSE 0 END) AS refunded
                FROM payment_event WHERE outcome = 'SUCCESS' GROUP BY payment_id) AS f ON f.payment_id = p.id
             LEFT JOIN (SELECT payment_id, SUM(CASE WHEN kind = 'CAPTURE' THEN -amount ELSE 0 END) AS spent,
                    SUM(CASE WHEN kind = 'REFUND' THEN amount ELSE 0 END) AS back
                FROM stored_value_entry WHERE payment_id IS NOT NULL GROUP BY payment_id) AS e ON e.payment_id = p.id
             WHERE (p.gateway IN ('GIFT_CARD', 'STORE_CREDIT')
                    AND (COALESCE(f.captured, 0) <> COALESCE(e.spent, 0) OR COALESCE(f.refunded, 0) <> COALESCE(e.back, 0)))
                OR (p.gateway = 'POINTS' AND ((COALESCE(f.captured, 0) > 0) <> (COALESCE(e.spent, 0) > 0)
                    OR COALESCE(e.back, 0) > COALESCE(e.spent, 0)))
                OR (p.gateway NOT IN ('GIFT_CARD', 'STORE_CREDIT', 'POINTS') AND e.payment_id IS NOT NULL)
             UNION ALL
             SELECT p.id, p.gateway || ': paid by ' || COALESCE(a.kind, 'no account')
             FROM payment p LEFT JOIN stored_value_account a ON a.id = p.stored_value_account_id
             WHERE (p.gateway IN ('GIFT_CARD', 'STORE_CREDIT', 'POINTS') AND COALESCE(a.kind, '') <> p.gateway)
                OR (p.gateway NOT IN ('GIFT_CARD', 'STORE_CREDIT', 'POINTS') AND a.id IS NOT NULL)
             UNION ALL
             SELECT COALESCE(e.payment_id, e.stored_value_account_id), e.kind || ': of another account, or of no payment'
             FROM stored_value_entry e LEFT JOIN payment p ON p.id = e.payment_id
             WHERE e.kind IN ('CAPTURE', 'REFUND')
                AND (p.id IS NULL OR p.stored_value_account_id IS NULL
                    OR p.stored_value_account_id <> e.stored_value_account_id)",
        ),
    },
];
