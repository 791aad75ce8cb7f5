//! Customers: one owner per identifier, aliases of one hop, nothing that points to an alias.

use super::check::{Check, Sql};

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "identifier_one_owner",
        invariant: 9,
        rule: "no identifier belongs to two customers",
        prefix: "identifier",
        sql: Sql::Both(
            "SELECT CAST(NULL AS uuid) AS id, kind || ': one value of ' || CAST(COUNT(*) AS TEXT) || ' rows' AS detail
             FROM customer_identifier
             GROUP BY kind, CASE WHEN kind = 'EMAIL' THEN lower(value) ELSE value END HAVING COUNT(*) > 1",
        ),
    },
    Check {
        name: "alias_one_hop",
        invariant: 9,
        rule: "an alias names a customer that is no alias itself",
        prefix: "cus",
        sql: Sql::Both(
            "SELECT a.id AS id, 'an alias of an alias' AS detail FROM customer a JOIN customer b ON b.id = a.merged_into_id
             WHERE b.merged_into_id IS NOT NULL OR a.id = b.id",
        ),
    },
    Check {
        name: "nothing_points_to_an_alias",
        invariant: 9,
        rule: "orders, carts, returns, reservations, drafts, identifiers, addresses, tags, store credit and points belong to \
               customers, not to aliases, and nobody is signed in as an alias",
        prefix: "cus",
        sql: Sql::Both(
            "SELECT c.id AS id, 'order ' || o.number || ' points to the alias' AS detail
             FROM customer c JOIN orders o ON o.customer_id = c.id WHERE c.merged_into_id IS NOT NULL
             UNION ALL
             SELECT c.id, 'an identifier points to the alias'
             FROM customer c JOIN customer_identifier i ON i.customer_id = c.id WHERE c.merged_into_id IS NOT NULL
             UNION ALL
             SELECT c.id, 'a cart points to the alias' FROM customer c JOIN cart k ON k.customer_id = c.id
             WHERE c.merged_into_id IS NOT NULL
             UNION ALL
             SELECT c.id, 'return ' || r.number || ' points to the alias'
             FROM customer c JOIN returns r ON r.customer_id = c.id WHERE c.merged_into_id IS NOT NULL
             UNION ALL
             SELECT c.id, 'a reservation points to the alias'
             FROM customer c JOIN store_reservation r ON r.customer_id = c.id WHERE c.merged_into_id IS NOT NULL
             UNION ALL
             SELECT c.id, 'draft ' || d.number || ' points to the alias'
             FROM customer c JOIN draft_order d ON d.customer_id = c.id WHERE c.merged_into_id IS NOT NULL
             UNION ALL
             SELECT c.id, 'an address points to the alias'
             FROM customer c JOIN customer_address a ON a.customer_id = c.id WHERE c.merged_into_id IS NOT NULL
             UNION ALL
             SELECT c.id, 'a tag points to the alias'
             FROM customer c JOIN customer_tag t ON t.customer_id = c.id WHERE c.merged_into_id IS NOT NULL
             UNION ALL
             SELECT c.id, 'somebody is signed in as the alias' FROM customer c JOIN refresh_token t ON t.customer_id = c.id
             WHERE c.merged_into_id IS NOT NULL AND t.revoked_at IS NULL
             UNION ALL
             SELECT c.id, a.kind || ': the alias holds ' || CAST(a.balance AS TEXT) FROM customer c
             JOIN stored_value_account a ON a.customer_id = c.id
             WHERE c.merged_into_id IS NOT NULL AND a.kind <> 'GIFT_CARD' AND a.balance <> 0",
        ),
    },
];
