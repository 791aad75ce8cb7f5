//! One way to break each check, by hand, with the database's own constraints out of the way.

use std::collections::BTreeSet;

use domain::audit::{Report, run_at};
use sea_orm::{ConnectionTrait, DatabaseTransaction, TransactionTrait};
use support::{Backend, World, both_databases};

use super::books;

/// What must be loosened, and what breaks the check.
struct Case {
    check: &'static str,
    loosen: &'static [&'static str],
    sql: &'static [&'static str],
}

const fn case(check: &'static str, loosen: &'static [&'static str], sql: &'static [&'static str]) -> Case {
    Case { check, loosen, sql }
}

const CASES: &[Case] = &[
    case("stock_counters_match_movements", &[], &["UPDATE stock_level SET on_hand = on_hand + 1"]),
    case("stock_counters_not_negative", &["stock_level"], &["UPDATE stock_level SET damaged = -1"]),
    case("stock_reserved_matches_holds", &[], &["DELETE FROM stock_hold"]),
    case("stock_only_of_counted_goods", &[], &["UPDATE variant SET is_bundle = TRUE"]),
    case("stock_numbers_match_units", &[], &["UPDATE stock_level SET numbered = 0"]),
    case("units_under_way_match_transfers", &[], &["UPDATE stock_unit SET status = 'IN_TRANSIT'"]),
    case(
        "units_sold_match_work",
        &[],
        &["UPDATE stock_unit SET status = 'SOLD', quantity = 1000, \
          fulfillment_order_line_id = (SELECT id FROM fulfillment_order_line LIMIT 1)"],
    ),
    case("serial_number_once", &["stock_unit"], &["INSERT INTO stock_unit SELECT * FROM stock_unit"]),
    case("count_lines_match_entries", &[], &["UPDATE stock_count_line SET counted = counted + 1"]),
    case("count_variance_posted", &[], &["UPDATE stock_count_line SET accepted_variance = NULL"]),
    case("stock_sync_matches_movements", &["stock_sync_entry"], &["UPDATE stock_sync_entry SET applied = applied + 1"]),
    case(
        "stock_committed_matches_work",
        &[],
        &["UPDATE fulfillment_order SET status = 'CANCELED' WHERE status = 'OPEN'"],
    ),
    case(
        "stock_dispatched_matches_work",
        &["stock_movement"],
        &["UPDATE stock_movement SET quantity = quantity + 1 WHERE kind = 'DISPATCHED'"],
    ),
    case("stock_deny_never_oversold", &[], &["UPDATE fulfillment_order SET location_id = NULL WHERE status = 'OPEN'"]),
    case("stock_incoming_matches_orders", &[], &["UPDATE stock_level SET incoming = incoming + 1"]),
    case(
        "transfer_lines_match_movements",
        &[],
        &["UPDATE transfer_line SET received = received + 1 WHERE received < dispatched"],
    ),
    case(
        "transfer_ended_accounted",
        &[],
        &["UPDATE transfer SET status = 'RECEIVED' WHERE status = 'PARTLY_RECEIVED'"],
    ),
    case("purchase_lines_match_movements", &[], &["UPDATE purchase_order_line SET damaged = damaged + 1"]),
    case(
        "purchase_ended_accounted",
        &[],
        &["UPDATE purchase_order SET status = 'RECEIVED' WHERE status = 'PARTLY_RECEIVED'"],
    ),
    case("order_line_amounts", &[], &["UPDATE order_line SET unit_price = unit_price + 1"]),
    case("order_sums", &[], &["UPDATE orders SET total = total + 1"]),
    case("line_discount_is_its_shares", &[], &["UPDATE order_line SET discount = discount + 1"]),
    case(
        "discount_is_its_shares",
        &[],
        &["INSERT INTO order_discount (id, order_id, position, kind, target, title, amount, reason)
           SELECT id, id, 99, 'MANUAL', 'ORDER', 'Off', 10, 'why' FROM orders LIMIT 1"],
    ),
    case(
        "redemption_has_its_order",
        &[],
        &["INSERT INTO order_discount (id, order_id, position, kind, target, title, amount)
           SELECT id, id, 99, 'PROMOTION', 'ORDER', 'Off', 0 FROM orders LIMIT 1"],
    ),
    case(
        "promotion_uses",
        &[],
        &["INSERT INTO promotion (id, name, titles, triggered_by, target, value, stacking, priority, conditions, used,
             active, version, created_at, updated_at)
           SELECT id, 'Off', metadata, 'CODE', 'ORDER', 'FREE', 'COMBINE', 1, metadata, 1, TRUE, 1, created_at, created_at
           FROM orders LIMIT 1"],
    ),
    case("order_tax_per_rate", &[], &["UPDATE order_tax SET tax = tax + 1"]),
    case("order_totals_recomputed", &[], &["UPDATE order_tax SET taxable = taxable + 1"]),
    case("order_change_revisions", &[], &["UPDATE order_line SET revision = 3"]),
    case("order_change_settled", &[], &["UPDATE order_change SET difference = difference + 1"]),
    case(
        "draft_given_up_holds_nothing",
        &[],
        &["INSERT INTO draft_order (cart_id, number, version, created_at, updated_at, discarded_at)
           SELECT cart_id, 'D1', 1, created_at, created_at, created_at FROM orders WHERE cart_id IS NOT NULL LIMIT 1"],
    ),
    case("order_one_currency", &[], &["UPDATE payment SET currency = 'EUR'"]),
    case("payment_sums", &[], &["UPDATE payment SET amount = amount - 1"]),
    case(
        "gateway_events",
        &[],
        &["INSERT INTO gateway_event (id, gateway, external_id, kind, payment_id, payload, outcome, received_at, handled_at)
            SELECT id, 'STRIPE', 'evt_1', 'x', NULL, metadata, NULL, created_at, NULL FROM payment LIMIT 1"],
    ),
    case("asked_gateways", &[], &["UPDATE payment SET gateway = 'STRIPE', reference = NULL"]),
    case(
        "lost_disputes_settled",
        &["payment_event"],
        &["UPDATE payment_event SET kind = 'CHARGEBACK', outcome = 'PENDING', error_code = 'refund_on_its_way'"],
    ),
    case("order_payment_sums", &["payment_event"], &["UPDATE payment_event SET kind = 'REFUND'"]),
    case("payment_of_completed_cart", &[], &["UPDATE payment SET order_id = NULL"]),
    case("payment_event_gateway", &["payment_event"], &["UPDATE payment_event SET gateway = 'TEST'"]),
    case("stored_value_balances", &[], &["UPDATE stored_value_account SET balance = balance + 1"]),
    case("stored_value_lots", &[], &["UPDATE stored_value_lot SET remaining = remaining - 1"]),
    case("stored_value_pays", &["payment"], &["UPDATE payment SET gateway = 'GIFT_CARD'"]),
    case("pickup_of_work", &[], &["DELETE FROM job", "UPDATE fulfillment_order SET method = 'PICKUP'"]),
    case("pickup_agrees_with_work", &[], &["UPDATE pickup SET status = 'READY'"]),
    case("pickup_moments", &[], &["UPDATE pickup SET code_hash = 'x' WHERE status = 'CANCELED'"]),
    case("pickup_awaits_transfer", &[], &["UPDATE pickup SET status = 'AWAITING_TRANSFER'"]),
    case(
        "transfer_for_work_that_waits",
        &[],
        &["UPDATE transfer SET fulfillment_order_id = (SELECT id FROM fulfillment_order WHERE status = 'CANCELED' LIMIT 1)
            WHERE status = 'READY'"],
    ),
    case("reservation_has_its_holds", &[], &["UPDATE store_reservation SET status = 'CANCELED'"]),
    case("refunds_add_up", &[], &["UPDATE refund SET amount = amount - 1"]),
    case("claw_backs_within_fees", &[], &["UPDATE refund SET claw_back_amount = fee_amount + 1"]),
    case("claw_backs_within_fees", &[], &["UPDATE refund SET claw_back_amount = -1, fee_amount = 0"]),
    case("credit_notes_agree", &[], &["UPDATE refund SET amount = amount - 1"]),
    case(
        "refunds_have_credit_notes",
        &[],
        &["DELETE FROM credit_note WHERE number = (SELECT MAX(number) FROM credit_note)"],
    ),
    case("credit_note_numbers_without_gaps", &[], &["UPDATE credit_note SET number = number || '0'"]),
    case("refunds_within_captures", &[], &["UPDATE refund SET amount = amount + 1000"]),
    case("refunds_of_given_up_units", &[], &["UPDATE order_line SET canceled = 0 WHERE canceled > 0"]),
    case("order_line_quantities", &["order_line"], &["UPDATE order_line SET received_back = 1"]),
    case("order_line_fulfilled_matches_work", &["order_line"], &["UPDATE order_line SET fulfilled = 0"]),
    case("work_line_quantities", &[], &["UPDATE fulfillment_order SET status = 'CLOSED'"]),
    case("parked_work_waits", &[], &["UPDATE fulfillment_order SET parked_as = 'BACKORDER' WHERE status = 'OPEN'"]),
    case("work_progress", &[], &["UPDATE fulfillment_order_line SET packed = 1, picked = 0 WHERE fulfilled = 0"]),
    case(
        "parcels_match_work",
        &[],
        &[
            "INSERT INTO shipment (id, location_id, carrier, tracking_status, recipient, packed_at, version, created_at,
                updated_at) SELECT id, id, 'OTHER', 'PRE_TRANSIT', address, created_at, 1, created_at, created_at
             FROM location",
            "INSERT INTO shipment_line (id, shipment_id, fulfillment_order_line_id, quantity)
             SELECT l.id, s.id, l.id, 1 FROM fulfillment_order_line l
             JOIN fulfillment_order f ON f.id = l.fulfillment_order_id
             JOIN shipment s ON s.id = f.location_id WHERE l.packed = 0",
        ],
    ),
    case("order_life_cycle", &[], &["UPDATE orders SET status = 'CANCELED'"]),
    case("order_placed_once", &["event"], &["UPDATE event SET kind = 'order_seen' WHERE kind = 'order_placed'"]),
    case("order_statuses_recomputed", &[], &["UPDATE orders SET payment_status = 'UNPAID'"]),
    case("cart_became_one_order", &[], &["UPDATE orders SET cart_id = NULL"]),
    case(
        "identifier_one_owner",
        &["customer_identifier"],
        &["INSERT INTO customer_identifier SELECT * FROM customer_identifier"],
    ),
    case("alias_one_hop", &[], &["UPDATE customer SET merged_into_id = id"]),
    case(
        "nothing_points_to_an_alias",
        &[],
        &["UPDATE orders SET customer_id = (SELECT id FROM customer WHERE merged_into_id IS NOT NULL)"],
    ),
    case(
        "nothing_points_to_an_alias",
        &[],
        &["UPDATE stored_value_account SET kind = 'STORE_CREDIT',
            customer_id = (SELECT id FROM customer WHERE merged_into_id IS NOT NULL)"],
    ),
    case(
        "nothing_points_to_an_alias",
        &[],
        &["UPDATE returns SET customer_id = (SELECT id FROM customer WHERE merged_into_id IS NOT NULL)"],
    ),
    case(
        "nothing_points_to_an_alias",
        &[],
        &["UPDATE customer_identifier SET customer_id = (SELECT id FROM customer WHERE merged_into_id IS NOT NULL)"],
    ),
    case("message_once", &[], &["UPDATE message SET sent_at = NULL"]),
    case(
        "message_within_consent",
        &[],
        &[
            "UPDATE customer SET merged_into_id = NULL",
            "UPDATE message SET class = 'MARKETING', customer_id = (SELECT id FROM customer ORDER BY id LIMIT 1)",
            "INSERT INTO customer_consent (id, customer_id, channel, purpose, granted, source, text_version, recorded_at)
             VALUES ((SELECT id FROM customer ORDER BY id LIMIT 1), (SELECT id FROM customer ORDER BY id LIMIT 1), 'EMAIL', 'MARKETING', FALSE,
                'page', '1', '2020-01-01T00:00:00+00:00')",
        ],
    ),
    case(
        "message_not_to_stopped_address",
        &[],
        &[
            "INSERT INTO message (id, dedupe_key, template, channel, locale, status, sender, recipient, message_id, subject,
                html, text, error, created_at)
             SELECT order_id, 'before', template, channel, locale, 'FAILED', sender, recipient, '<0@example.com>', subject,
                html, text, 'SMTP 550', created_at FROM message WHERE status = 'SENT' AND order_id IS NOT NULL LIMIT 1",
            "INSERT INTO suppression (id, channel, address_hash, scope, reason, message_id, created_at)
             VALUES ((SELECT id FROM message WHERE dedupe_key = 'before'), 'EMAIL', 'x', 'ALL', 'BOUNCE',
                (SELECT id FROM message WHERE dedupe_key = 'before'), '2020-01-01T00:00:00+00:00')",
        ],
    ),
    case("message_kept_back_says_why", &[], &["UPDATE message SET status = 'SUPPRESSED', sent_at = NULL, reason = NULL"]),
    case("message_secret_wiped", &[], &["UPDATE message SET template = 'gift_card', html = 'x' WHERE status = 'SENT'"]),
    case("message_secret_wiped", &[], &["UPDATE message SET template = 'account_deleted' WHERE status = 'SENT'"]),
    case(
        "message_has_its_job",
        &[],
        &[
            "UPDATE message SET status = 'QUEUED', sent_at = NULL, created_at = (SELECT MIN(created_at) FROM channel)",
            "DELETE FROM job",
        ],
    ),
    case("order_placed_delivered", &[], &["DELETE FROM event_delivery", "DELETE FROM job"]),
    case("shipment_status_is_last_fact", &[], &["UPDATE shipment SET tracking_status = 'FAILED'"]),
    case("shipment_moments", &[], &["UPDATE shipment SET voided_at = packed_at, shipped_at = packed_at"]),
    case("drawer_adds_up", &[], &["UPDATE register_session SET cash = cash + 1"]),
    case("drawer_closed_whole", &[], &["UPDATE register_session SET z_report = NULL"]),
    case(
        "drawer_cash_sales",
        &[],
        &["UPDATE payment SET register_session_id = (SELECT id FROM register_session LIMIT 1) WHERE gateway = 'CASH'"],
    ),
    case("drawer_cash_refunds", &["cash_movement"], &["UPDATE cash_movement SET kind = 'REFUND' WHERE kind = 'OUT'"]),
    case("drawer_signs", &["cash_movement"], &["UPDATE cash_movement SET reason = NULL WHERE kind = 'OUT'"]),
    case("z_numbers_without_gaps", &[], &["UPDATE register SET last_z_number = last_z_number + 1"]),
    case("receipt_numbers_without_gaps", &[], &["UPDATE receipt SET number = 9 WHERE number = 2"]),
    case("receipts_in_order", &["receipt"], &["UPDATE receipt SET number = 3 - number"]),
    case("event_has_actor_and_request", &["event"], &["UPDATE event SET request_id = ''"]),
    case("ledger_rows_have_events", &["event"], &["DELETE FROM event WHERE kind = 'order_placed'"]),
    case("idempotency_key_once", &["idempotency_key"], &["INSERT INTO idempotency_key SELECT * FROM idempotency_key"]),
    case(
        "return_units_match_orders",
        &[],
        &["UPDATE order_line SET return_requested = 0, received_back = 0 WHERE received_back > 0"],
    ),
    case("returns_within_fulfilled", &[], &["UPDATE return_line SET quantity = quantity + 1"]),
    case("return_items_add_up", &[], &["UPDATE return_line SET inspected = 0"]),
    case(
        "returns_match_movements",
        &["stock_movement"],
        &["UPDATE stock_movement SET quantity = quantity + 1 WHERE cause_kind = 'RETURN_LINE'"],
    ),
    case("return_status_fits_units", &[], &["UPDATE returns SET status = 'REQUESTED'"]),
    case("return_status_is_last_told", &[], &["UPDATE returns SET status = 'INSPECTED'"]),
    case("return_items_have_events", &["event"], &["DELETE FROM event WHERE kind = 'return_units_inspected'"]),
    case("exchange_credit_agrees", &[], &["UPDATE exchange SET credit = credit + 1"]),
    case("exchange_money_has_exchange", &[], &["DELETE FROM exchange"]),
    case("exchange_has_both_sides", &[], &["UPDATE exchange SET status = 'AWAITING_RETURN'"]),
    case("survey_answered_once", &[], &["UPDATE survey_invitation SET answered_at = NULL"]),
    case("survey_score_on_scale", &[], &["UPDATE survey_answer SET score = 11"]),
    case(
        "review_of_what_was_bought",
        &[],
        &["UPDATE product_review SET product_id = (SELECT id FROM product WHERE slug = 'set')"],
    ),
    case("review_of_what_was_bought", &[], &["UPDATE product_review SET order_line_id = NULL"]),
    case("review_decided", &[], &["UPDATE product_review SET moderated_at = NULL"]),
    case("review_decided", &[], &["UPDATE product_review SET status = 'REJECTED'"]),
    case(
        "exchange_guarantee_settled",
        &[],
        &["UPDATE exchange SET guarantee_payment_id = (SELECT id FROM payment WHERE gateway = 'EXCHANGE' LIMIT 1)"],
    ),
    case("exchange_status_is_last_told", &[], &["UPDATE exchange SET status = 'DEFAULTED'"]),
    case("flow_message_has_its_step", &["flow_step"], &["UPDATE flow_step SET message_id = NULL"]),
    case("flow_step_sends_once", &["flow_step"], &["INSERT INTO flow_step SELECT * FROM flow_step"]),
    case(
        "flow_stopped_sends_nothing",
        &[],
        &["UPDATE message SET status = 'QUEUED', sent_at = NULL, class = 'MARKETING'"],
    ),
    case("flow_stopped_sends_nothing", &[], &["UPDATE flow_run SET status = 'HELD_OUT', reason = NULL"]),
    case("flow_version_exists", &[], &["UPDATE flow SET current_number = 7"]),
    case("flow_run_waits_for_a_time", &[], &["UPDATE flow_run SET reason = NULL"]),
    case("ledgers_append_only", &["payment_event"], &[]),
    case("ledgers_append_only", &["stored_value_entry"], &[]),
    case("ledgers_append_only", &["cash_movement"], &[]),
];

/// Replaces a table by a copy without constraints and triggers. SQLite cannot drop a constraint, so both go this way.
async fn loosen(db: &DatabaseTransaction, backend: Backend, table: &str) {
    let cascade = if backend == Backend::Postgres { "CASCADE" } else { "" };
    for sql in [
        format!("CREATE TABLE loose AS SELECT * FROM {table}"),
        format!("DROP TABLE {table} {cascade}"),
        format!("ALTER TABLE loose RENAME TO {table}"),
    ] {
        db.execute_unprepared(&sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }
}

async fn broken(world: &World, case: &Case) -> Report {
    let transaction = world.db().begin().await.unwrap();
    for table in case.loosen {
        loosen(&transaction, world.backend(), table).await;
    }
    for sql in case.sql {
        let done = transaction.execute_unprepared(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
        assert!(done.rows_affected() > 0, "{sql} changed nothing");
    }
    let report = run_at(&transaction, world.now()).await.unwrap();
    transaction.rollback().await.unwrap();
    report
}

both_databases! {
    /// Sound books pass, and each check finds the one thing that was made wrong.
    async fn every_check_can_fail(world: World) {
        books::keep(&world).await;
        world.audit().await;
        if world.backend() == Backend::Sqlite {
            world.db().execute_unprepared("PRAGMA foreign_keys = OFF; PRAGMA legacy_alter_table = ON").await.unwrap();
        }
        let sound = run_at(world.db(), world.now()).await.unwrap();
        let known: BTreeSet<&str> = sound.results.iter().map(|result| result.name).collect();
        let tried: BTreeSet<&str> = CASES.iter().map(|case| case.check).collect();
        assert_eq!(tried, known, "every check has a case, and every case a check");
        for case in CASES {
            let report = broken(&world, case).await;
            let result = report.results.iter().find(|result| result.name == case.check).unwrap();
            assert!(!result.holds(), "{} did not notice", case.check);
            assert_eq!(result.error, None, "{}", case.check);
            assert!(!result.findings.is_empty(), "{} names nothing", case.check);
            assert!(!report.to_text().contains("hana@example.com"), "{} tells personal data", case.check);
        }
        world.audit().await;
    }

    /// The patient run says the same.
    async fn the_patient_run_agrees(world: World) {
        books::keep(&world).await;
        let report = domain::audit::run_patiently(&world.services().db, world.now()).await.unwrap();
        assert!(report.holds(), "{}", report.to_text());
    }
}
