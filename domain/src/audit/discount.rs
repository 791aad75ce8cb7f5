//! Discounts: what lines were given is what their shares say, and promotions count the orders that use them.

use super::check::{Check, Sql};

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "line_discount_is_its_shares",
        invariant: 4,
        rule: "discount of an order line = Σ of its shares; of shipping = Σ of the discounts on shipping",
        prefix: "order",
        sql: Sql::Both(
            "SELECT o.id AS id, o.number || ': line ' || CAST(l.position AS TEXT) || ' discount '
                || CAST(l.discount AS TEXT) || ', shares ' || CAST(COALESCE(s.amount, 0) AS TEXT) AS detail
             FROM order_line l JOIN orders o ON o.id = l.order_id
             LEFT JOIN (SELECT order_line_id, SUM(amount) AS amount FROM order_discount_share GROUP BY order_line_id) AS s
                ON s.order_line_id = l.id
             WHERE l.discount <> COALESCE(s.amount, 0)
             UNION ALL
             SELECT o.id, o.number || ': shipping discount ' || CAST(COALESCE(p.amount, 0) AS TEXT) || ', promised '
                || CAST(COALESCE(d.amount, 0) AS TEXT)
             FROM orders o
             LEFT JOIN (SELECT order_id, SUM(discount) AS amount FROM order_shipping GROUP BY order_id) AS p
                ON p.order_id = o.id
             LEFT JOIN (SELECT order_id, SUM(amount) AS amount FROM order_discount WHERE target = 'SHIPPING'
                GROUP BY order_id) AS d ON d.order_id = o.id
             WHERE COALESCE(p.amount, 0) <> COALESCE(d.amount, 0)",
        ),
    },
    Check {
        name: "discount_is_its_shares",
        invariant: 4,
        rule: "a discount on goods = Σ of its shares, all of lines of its order; one by hand has a reason",
        prefix: "order",
        sql: Sql::Both(
            "SELECT d.order_id AS id, d.title || ': ' || CAST(d.amount AS TEXT) || ', shares '
                || CAST(COALESCE(SUM(s.amount), 0) AS TEXT) AS detail
             FROM order_discount d LEFT JOIN order_discount_share s ON s.order_discount_id = d.id
             GROUP BY d.id, d.order_id, d.title, d.amount, d.target
             HAVING (d.target <> 'SHIPPING' AND d.amount <> COALESCE(SUM(s.amount), 0))
                OR (d.target = 'SHIPPING' AND COUNT(s.order_line_id) > 0)
             UNION ALL
             SELECT d.order_id, d.title || ': a share of a line of another order'
             FROM order_discount d JOIN order_discount_share s ON s.order_discount_id = d.id
             JOIN order_line l ON l.id = s.order_line_id WHERE l.order_id <> d.order_id
             UNION ALL
             SELECT order_id, title || ': by hand without a reason' FROM order_discount
             WHERE kind <> 'PROMOTION' AND COALESCE(reason, '') = ''",
        ),
    },
    Check {
        name: "promotion_uses",
        invariant: 4,
        rule: "uses of promotions, codes and customers = redemptions that were not given back, within the limits",
        prefix: "promo",
        sql: Sql::Both(
            "SELECT p.id AS id, p.name || ': used ' || CAST(p.used AS TEXT) || ', redemptions '
                || CAST(COUNT(r.id) AS TEXT) AS detail
             FROM promotion p LEFT JOIN promotion_redemption r ON r.promotion_id = p.id AND r.released_at IS NULL
             GROUP BY p.id, p.name, p.used, p.usage_limit
             HAVING p.used <> COUNT(r.id) OR p.used > COALESCE(p.usage_limit, p.used)
             UNION ALL
             SELECT c.promotion_id, c.code || ': used ' || CAST(c.used AS TEXT) || ', redemptions '
                || CAST(COUNT(r.id) AS TEXT)
             FROM promotion_code c LEFT JOIN promotion_redemption r ON r.promotion_code_id = c.id AND r.released_at IS NULL
             GROUP BY c.id, c.promotion_id, c.code, c.used, c.usage_limit
             HAVING c.used <> COUNT(r.id) OR c.used > COALESCE(c.usage_limit, c.used)
             UNION ALL
             SELECT u.promotion_id, 'one customer: used ' || CAST(u.used AS TEXT) || ', redemptions '
                || CAST(COUNT(r.id) AS TEXT)
             FROM promotion_customer u LEFT JOIN promotion_redemption r ON r.promotion_id = u.promotion_id
                AND r.customer_key = u.customer_key AND r.released_at IS NULL
             GROUP BY u.promotion_id, u.customer_key, u.used HAVING u.used <> COUNT(r.id)",
        ),
    },
    Check {
        name: "redemption_has_its_order",
        invariant: 4,
        rule: "a promotion was used by exactly the orders that were given it, and a canceled order gave its use back",
        prefix: "order",
        sql: Sql::Both(
            "SELECT d.order_id AS id, d.title || ': given, not counted' AS detail FROM order_discount d
             WHERE d.kind = 'PROMOTION' AND NOT EXISTS (SELECT 1 FROM promotion_redemption r
                WHERE r.order_id = d.order_id AND r.promotion_id = d.promotion_id AND r.amount = d.amount)
             UNION ALL
             SELECT r.order_id, o.number || ': counted, not given' FROM promotion_redemption r
             JOIN orders o ON o.id = r.order_id
             WHERE NOT EXISTS (SELECT 1 FROM order_discount d
                WHERE d.order_id = r.order_id AND d.promotion_id = r.promotion_id)
             UNION ALL
             SELECT o.id, o.number || ': ' || o.status || ', a use is not as it says' FROM promotion_redemption r
             JOIN orders o ON o.id = r.order_id
             WHERE (o.status = 'CANCELED') <> (r.released_at IS NOT NULL)",
        ),
    },
];
