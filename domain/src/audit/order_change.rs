//! Changes of orders: what was confirmed is what the order has, and the difference is settled.

use super::check::{Check, Sql};

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "draft_given_up_holds_nothing",
        invariant: 8,
        rule: "a draft that was given up became no order and holds no stock",
        prefix: "cart",
        sql: Sql::Both(
            "SELECT d.cart_id AS id, d.number AS detail FROM draft_order d
             WHERE d.discarded_at IS NOT NULL AND (EXISTS (SELECT 1 FROM orders o WHERE o.cart_id = d.cart_id)
                OR EXISTS (SELECT 1 FROM stock_hold h WHERE h.cart_id = d.cart_id))",
        ),
    },
    Check {
        name: "order_change_revisions",
        invariant: 4,
        rule: "a confirmed change is one revision of its order; lines of a later revision came by such a change",
        prefix: "och",
        sql: Sql::Both(
            "SELECT c.id AS id, c.status || ', revision ' || CAST(c.revision AS TEXT) AS detail FROM order_change c
             WHERE (c.status = 'CONFIRMED') <> (c.confirmed_at IS NOT NULL)
                OR (c.status = 'CONFIRMED') <> (c.revision > 1)
                OR (c.status = 'CONFIRMED' AND EXISTS (SELECT 1 FROM order_change o WHERE o.order_id = c.order_id
                    AND o.id <> c.id AND o.status = 'CONFIRMED' AND o.revision = c.revision))
             UNION ALL
             SELECT l.id, 'a line of revision ' || CAST(l.revision AS TEXT) FROM order_line l
             WHERE l.revision <> 1 AND NOT EXISTS (SELECT 1 FROM order_change c WHERE c.order_id = l.order_id
                AND c.status = 'CONFIRMED' AND c.revision = l.revision)",
        ),
    },
    Check {
        name: "order_change_settled",
        invariant: 5,
        rule: "the difference of a confirmed change is settled the way its sign says, by a link or refund of its order",
        prefix: "och",
        sql: Sql::Both(
            "SELECT c.id AS id, c.settlement || ', difference ' || CAST(c.difference AS TEXT) AS detail
             FROM order_change c
             LEFT JOIN payment_link p ON p.id = c.payment_link_id
             LEFT JOIN refund r ON r.id = c.refund_id
             WHERE (c.difference = 0) <> (c.settlement = 'NONE')
                OR (c.difference < 0) <> (c.settlement = 'REFUND')
                OR (c.status = 'CONFIRMED' AND (c.settlement = 'BALANCE_DUE') <> (p.id IS NOT NULL))
                OR (p.id IS NOT NULL AND (p.amount <> c.difference OR p.order_id <> c.order_id))
                OR (r.id IS NOT NULL AND r.order_id <> c.order_id)",
        ),
    },
];
