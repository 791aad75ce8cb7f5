//! Orders: lines, sums, quantities, work and life cycle agree.

use super::check::{Check, Sql};

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "order_line_amounts",
        invariant: 4,
        rule: "line subtotal = price × quantity; line total = subtotal − discount, plus tax when prices exclude it",
        prefix: "oline",
        sql: Sql::Both(
            "SELECT l.id AS id, o.number || ': subtotal ' || CAST(l.subtotal AS TEXT) || ', total '
                || CAST(l.total AS TEXT) AS detail
             FROM order_line l JOIN orders o ON o.id = l.order_id
             WHERE l.subtotal <> l.unit_price * l.quantity
                OR l.total <> l.subtotal - l.discount + CASE WHEN o.prices_include_tax THEN 0 ELSE l.tax END",
        ),
    },
    Check {
        name: "order_sums",
        invariant: 4,
        rule: "order subtotal, discount, shipping, tax and total = Σ of lines and shipping",
        prefix: "order",
        sql: Sql::Both(
            "SELECT o.id AS id, o.number || ': total ' || CAST(o.total AS TEXT) || ', parts '
                || CAST(COALESCE(l.total, 0) + COALESCE(s.total, 0) AS TEXT) || '; tax ' || CAST(o.tax_total AS TEXT)
                || ', parts ' || CAST(COALESCE(l.tax, 0) + COALESCE(s.tax, 0) AS TEXT) AS detail
             FROM orders o
             LEFT JOIN (SELECT order_id, SUM(subtotal) AS subtotal, SUM(discount) AS discount, SUM(tax) AS tax,
                SUM(total) AS total FROM order_line GROUP BY order_id) AS l ON l.order_id = o.id
             LEFT JOIN (SELECT order_id, SUM(amount) AS amount, SUM(discount) AS discount, SUM(tax) AS tax,
                SUM(total) AS total FROM order_shipping GROUP BY order_id) AS s ON s.order_id = o.id
             WHERE o.subtotal <> COALESCE(l.subtotal, 0) OR o.discount_total <> COALESCE(l.discount, 0) + COALESCE(s.discount, 0)
                OR o.shipping_total <> COALESCE(s.amount, 0) OR o.tax_total <> COALESCE(l.tax, 0) + COALESCE(s.tax, 0)
                OR o.total <> COALESCE(l.total, 0) + COALESCE(s.total, 0)",
        ),
    },
    Check {
        name: "order_tax_per_rate",
        invariant: 4,
        rule: "the tax of each rate = Σ of its lines and shipping",
        prefix: "order",
        sql: Sql::Both(
            "SELECT order_id AS id, 'rate ' || CAST(rate_ppm AS TEXT) || ' ppm: tax ' || CAST(SUM(stated) AS TEXT)
                || ', parts ' || CAST(SUM(parts) AS TEXT) AS detail
             FROM (
                SELECT order_id, rate_ppm, tax AS stated, 0 AS parts FROM order_tax
                UNION ALL SELECT order_id, tax_rate_ppm, 0, tax FROM order_line
                UNION ALL SELECT order_id, tax_rate_ppm, 0, tax FROM order_shipping
             ) AS sides GROUP BY order_id, rate_ppm HAVING SUM(stated) <> SUM(parts)",
        ),
    },
    Check {
        name: "order_one_currency",
        invariant: 4,
        rule: "an order and its payments are in the currency of its channel",
        prefix: "order",
        sql: Sql::Both(
            "SELECT o.id AS id, o.number || ': ' || o.currency || ', channel ' || c.currency AS detail
             FROM orders o JOIN channel c ON c.id = o.channel_id WHERE o.currency <> c.currency
             UNION ALL
             SELECT o.id, o.number || ': ' || o.currency || ', payment ' || p.currency
             FROM payment p JOIN orders o ON o.id = p.order_id WHERE p.currency <> o.currency",
        ),
    },
    Check {
        name: "order_line_quantities",
        invariant: 6,
        rule: "0 ≤ received back ≤ return requested ≤ fulfilled; fulfilled + canceled ≤ quantity",
        prefix: "oline",
        sql: Sql::Both(
            "SELECT id, 'quantity ' || CAST(quantity AS TEXT) || ', fulfilled ' || CAST(fulfilled AS TEXT)
                || ', canceled ' || CAST(canceled AS TEXT) || ', return requested ' || CAST(return_requested AS TEXT)
                || ', received back ' || CAST(received_back AS TEXT) AS detail
             FROM order_line
             WHERE quantity <= 0 OR fulfilled < 0 OR canceled < 0 OR fulfilled + canceled > quantity
                OR received_back < 0 OR received_back > return_requested OR return_requested > fulfilled",
        ),
    },
    Check {
        name: "order_line_fulfilled_matches_work",
        invariant: 6,
        rule: "fulfilled units of a line = Σ of its fulfillment work, unless it is a bundle",
        prefix: "oline",
        sql: Sql::Both(
            "SELECT l.id AS id, 'fulfilled ' || CAST(l.fulfilled AS TEXT) || ', work '
                || CAST(COALESCE(SUM(w.fulfilled), 0) AS TEXT) AS detail
             FROM order_line l LEFT JOIN fulfillment_order_line w ON w.order_line_id = l.id
             JOIN variant v ON v.id = l.variant_id WHERE NOT v.is_bundle
             GROUP BY l.id, l.fulfilled HAVING l.fulfilled <> COALESCE(SUM(w.fulfilled), 0)",
        ),
    },
    Check {
        name: "work_line_quantities",
        invariant: 6,
        rule: "fulfilled + rejected ≤ quantity of fulfillment work; nothing is left in closed work",
        prefix: "foline",
        sql: Sql::Both(
            "SELECT l.id AS id, f.status || ': quantity ' || CAST(l.quantity AS TEXT) || ', fulfilled '
                || CAST(l.fulfilled AS TEXT) || ', rejected ' || CAST(l.rejected AS TEXT) AS detail
             FROM fulfillment_order_line l JOIN fulfillment_order f ON f.id = l.fulfillment_order_id
             WHERE l.fulfilled < 0 OR l.rejected < 0 OR l.fulfilled + l.rejected > l.quantity
                OR (f.status = 'CLOSED' AND l.fulfilled + l.rejected < l.quantity)",
        ),
    },
    Check {
        name: "parked_work_waits",
        invariant: 8,
        rule: "work waits with a reason and without a location, or has a location and no such reason",
        prefix: "fo",
        sql: Sql::Both(
            "SELECT f.id AS id, f.status || ' ' || COALESCE(f.parked_as, 'not parked') AS detail FROM fulfillment_order f
             WHERE f.status NOT IN ('CLOSED', 'CANCELED')
                AND ((f.location_id IS NULL) <> (f.parked_as IS NOT NULL)
                    OR (f.parked_as IS NOT NULL AND f.status <> 'SCHEDULED'))",
        ),
    },
    Check {
        name: "order_life_cycle",
        invariant: 8,
        rule: "the moments of an order fit its status, and a canceled order has no open work",
        prefix: "order",
        sql: Sql::Both(
            "SELECT o.id AS id, o.number || ': ' || o.status AS detail FROM orders o
             WHERE (o.status <> 'DRAFT' AND o.placed_at IS NULL AND o.canceled_at IS NULL)
                OR (o.status = 'DRAFT' AND o.placed_at IS NOT NULL)
                OR ((o.status = 'CANCELED') <> (o.canceled_at IS NOT NULL))
                OR (o.status = 'CLOSED' AND o.closed_at IS NULL)
                OR (o.status IN ('CANCELED', 'CLOSED') AND EXISTS (SELECT 1 FROM fulfillment_order f
                    WHERE f.order_id = o.id AND f.status NOT IN ('CLOSED', 'CANCELED')))",
        ),
    },
    Check {
        name: "order_placed_once",
        invariant: 8,
        rule: "the history of every placed order tells once that it was placed",
        prefix: "order",
        sql: Sql::Both(
            "SELECT o.id AS id, o.number || ': placed ' || CAST(COUNT(e.id) AS TEXT) || ' times' AS detail
             FROM orders o LEFT JOIN event e ON e.aggregate_kind = 'order' AND e.aggregate_id = o.id
                AND e.kind = 'order_placed'
             WHERE o.placed_at IS NOT NULL GROUP BY o.id, o.number HAVING COUNT(e.id) <> 1",
        ),
    },
    Check {
        name: "cart_became_one_order",
        invariant: 8,
        rule: "a completed cart has its order, and an order's cart is completed",
        prefix: "cart",
        sql: Sql::Both(
            "SELECT c.id AS id, c.status || ', orders ' || CAST(COUNT(o.id) AS TEXT) AS detail
             FROM cart c LEFT JOIN orders o ON o.cart_id = c.id GROUP BY c.id, c.status
             HAVING (c.status = 'COMPLETED' AND COUNT(o.id) <> 1) OR (c.status <> 'COMPLETED' AND COUNT(o.id) > 0)",
        ),
    },
];
