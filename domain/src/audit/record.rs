//! The records themselves: events, ledgers, messages, idempotency keys, receipts.

use super::check::{Check, Sql};

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "message_once",
        invariant: 10,
        rule: "at most one message per dedupe key, and a sent one has its time",
        prefix: "msg",
        sql: Sql::Both(
            "SELECT a.id AS id, a.template || ': written twice' AS detail
             FROM message a JOIN message b ON b.dedupe_key = a.dedupe_key AND b.id > a.id
             UNION ALL
             SELECT id, template || ': sent without a time' FROM message WHERE status = 'SENT' AND sent_at IS NULL",
        ),
    },
    Check {
        name: "receipt_numbers_without_gaps",
        invariant: 11,
        rule: "the receipts of a register are numbered from 1 to its last number, without gaps",
        prefix: "reg",
        sql: Sql::Both(
            "SELECT r.id AS id, r.code || ': last ' || CAST(r.last_receipt_number AS TEXT) || ', receipts '
                || CAST(COUNT(t.id) AS TEXT) || ', highest ' || CAST(COALESCE(MAX(t.number), 0) AS TEXT) AS detail
             FROM register r LEFT JOIN receipt t ON t.register_id = r.id
             GROUP BY r.id, r.code, r.last_receipt_number
             HAVING r.last_receipt_number <> COUNT(t.id) OR r.last_receipt_number <> COALESCE(MAX(t.number), 0)
                OR COALESCE(MIN(t.number), 1) <> 1",
        ),
    },
    Check {
        name: "receipts_in_order",
        invariant: 11,
        rule: "a later receipt of a register has a higher number",
        prefix: "rcpt",
        sql: Sql::Both(
            "SELECT b.id AS id, 'number ' || CAST(b.number AS TEXT) || ' was issued before its forerunner' AS detail
             FROM receipt a JOIN receipt b ON b.register_id = a.register_id AND b.number = a.number + 1
             WHERE b.issued_at < a.issued_at",
        ),
    },
    Check {
        name: "event_has_actor_and_request",
        invariant: 12,
        rule: "every event has an actor and a request id; staff, customers, apps and tills are named",
        prefix: "evt",
        sql: Sql::Both(
            "SELECT id, kind || ': by ' || COALESCE(actor_kind, 'nobody') AS detail FROM event
             WHERE COALESCE(actor_kind, '') = '' OR COALESCE(request_id, '') = ''
                OR (actor_kind IN ('STAFF', 'CUSTOMER', 'APP', 'DEVICE') AND actor_id IS NULL)",
        ),
    },
    Check {
        name: "ledger_rows_have_events",
        invariant: 12,
        rule: "every stock movement, payment event, entry of stored value and price belongs to an event",
        prefix: "evt",
        sql: Sql::Both(
            "SELECT m.event_id AS id, 'named by a stock movement, does not exist' AS detail
             FROM stock_movement m LEFT JOIN event e ON e.id = m.event_id WHERE e.id IS NULL
             UNION ALL
             SELECT p.event_id, 'named by a payment event, does not exist'
             FROM payment_event p LEFT JOIN event e ON e.id = p.event_id WHERE e.id IS NULL
             UNION ALL
             SELECT s.event_id, 'named by an entry of stored value, does not exist'
             FROM stored_value_entry s LEFT JOIN event e ON e.id = s.event_id WHERE e.id IS NULL
             UNION ALL
             SELECT p.event_id, 'named by a price, does not exist'
             FROM price p LEFT JOIN event e ON e.id = p.event_id WHERE e.id IS NULL",
        ),
    },
    Check {
        name: "idempotency_key_once",
        invariant: 12,
        rule: "one result per actor, operation and key",
        prefix: "idempotency_key",
        sql: Sql::Both(
            "SELECT CAST(NULL AS uuid) AS id, operation || ': one key with ' || CAST(COUNT(*) AS TEXT) || ' results' AS detail
             FROM idempotency_key GROUP BY actor_key, operation, key HAVING COUNT(*) > 1",
        ),
    },
    Check {
        name: "ledgers_append_only",
        invariant: 12,
        rule: "the database refuses to change events, stock movements, payment events, entries of stored value, cash \
            movements, and what was told of parcels, counts, returns and synchronized stock",
        prefix: "table",
        sql: Sql::Each {
            sqlite: "SELECT NULL AS id, ledger.column1 || verb.column1 || ' is missing' AS detail FROM (VALUES
                ('event'), ('stock_movement'), ('payment_event'), ('stored_value_entry'), ('cash_movement'),
                ('tracking_event'), ('stock_count_entry'), ('return_item'), ('stock_sync_entry')) AS ledger,
                (VALUES ('_refuse_update'), ('_refuse_delete')) AS verb
                WHERE NOT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'trigger'
                    AND name = ledger.column1 || verb.column1)",
            postgres: "SELECT CAST(NULL AS uuid) AS id, ledger.column1 || '_append_only is missing' AS detail FROM (VALUES
                ('event'), ('stock_movement'), ('payment_event'), ('stored_value_entry'), ('cash_movement'),
                ('tracking_event'), ('stock_count_entry'), ('return_item'), ('stock_sync_entry')) AS ledger
                WHERE NOT EXISTS (SELECT 1 FROM pg_trigger WHERE tgname = ledger.column1 || '_append_only'
                    AND tgenabled <> 'D')",
        },
    },
];
