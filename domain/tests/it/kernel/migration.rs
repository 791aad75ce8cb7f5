//! Migrating: again, and after a kill half way.

use domain::kernel::db::Db;
use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, DatabaseBackend, DbErr, Statement};
use support::{Backend, World, both_databases};

/// Names of all tables.
async fn tables(db: &impl ConnectionTrait) -> Vec<String> {
    let sql = if db.get_database_backend() == DatabaseBackend::Postgres {
        "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
    } else {
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY 1"
    };
    let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await.unwrap();
    rows.iter().map(|row| row.try_get("", "name").unwrap()).collect()
}

/// Takes everything away but the database itself.
async fn empty(world: &World) {
    let db = world.db();
    match world.backend() {
        Backend::Postgres => {
            db.execute_unprepared("DROP SCHEMA public CASCADE; CREATE SCHEMA public").await.map(|_| ())
        }
        Backend::Sqlite => drop_sqlite_tables(db).await,
    }
    .unwrap();
    assert!(tables(db).await.is_empty());
}

async fn drop_sqlite_tables(db: &impl ConnectionTrait) -> Result<(), DbErr> {
    db.execute_unprepared("PRAGMA foreign_keys = OFF; DROP TABLE product_search").await?;
    for table in tables(db).await {
        db.execute_unprepared(&format!("DROP TABLE \"{table}\"")).await?;
    }
    db.execute_unprepared("PRAGMA foreign_keys = ON").await.map(|_| ())
}

/// How often to step up from nothing to stand before a migration.
fn steps_before(number: &str) -> u32 {
    let at = Migrator::migrations().iter().position(|migration| migration.name().contains(number));
    u32::try_from(at.unwrap()).unwrap()
}

/// A refund as it was written before discounts that are kept had a column: `(number, amount, fee, credit note)`.
type OldRefund = (u32, i64, i64, Option<&'static str>);

/// Writes rows of the old tables; what they point to is left out.
async fn insert_old(world: &World, refunds: &[OldRefund]) {
    let is_postgres = world.backend() == Backend::Postgres;
    let id = |number: u32| match is_postgres {
        true => format!("'00000000-0000-0000-0000-{number:012}'"),
        false => format!("X'{number:032}'"),
    };
    let mut sql = match is_postgres {
        true => "BEGIN; SET LOCAL session_replication_role = replica;".to_owned(),
        false => "PRAGMA foreign_keys = OFF; BEGIN;".to_owned(),
    };
    let at = "'2026-11-20T01:00:00+00:00'";
    for (number, amount, fee, document) in refunds {
        let (refund, order) = (id(*number), id(900));
        sql += &format!(
            "INSERT INTO refund (id, order_id, currency, amount, shipping_amount, reason, event_id, created_at, fee_amount)
             VALUES ({refund}, {order}, 'JPY', {amount}, 0, 'RETURNED', {order}, {at}, {fee});"
        );
        if let Some(document) = document {
            sql += &format!(
                "INSERT INTO credit_note (id, number, channel_id, order_id, refund_id, document, issued_at)
                 VALUES ({refund}, 'WEB-CN{number:06}', {order}, {order}, {refund}, '{document}', {at});"
            );
        }
    }
    sql += if is_postgres { "COMMIT;" } else { "COMMIT; PRAGMA foreign_keys = ON;" };
    world.db().execute_unprepared(&sql).await.unwrap();
}

both_databases! {
    /// What refunds of before had kept of discounts stood in their credit notes alone: it gets a column of its own.
    async fn kept_discounts_are_read_from_old_credit_notes(world: World) {
        empty(&world).await;
        let db = world.db();
        Migrator::up(db, Some(steps_before("000020"))).await.unwrap();
        let column = "SELECT claw_back_amount FROM refund";
        assert!(db.execute_unprepared(column).await.is_err(), "before it was there");
        let refunds: [OldRefund; 5] = [
            (1, 700, 200, Some(r#"{"total": 700, "fee": 0, "claw_back": 200}"#)),
            (2, 600, 300, Some(r#"{"total": 600, "fee": 100, "claw_back": 200}"#)),
            (3, 900, 0, Some(r#"{"total": 900, "fee": 0, "claw_back": 0}"#)),
            // Credit notes of the first days did not say it, and nothing that goes back has none.
            (4, 800, 100, Some(r#"{"total": 800, "fee": 100}"#)),
            (5, 0, 500, None),
        ];
        insert_old(&world, &refunds).await;
        Migrator::up(db, None).await.unwrap();
        let sql = "SELECT amount, fee_amount, claw_back_amount FROM refund ORDER BY id";
        let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await.unwrap();
        let read = |name: &str| rows.iter().map(|row| row.try_get("", name).unwrap()).collect::<Vec<i64>>();
        assert_eq!(read("claw_back_amount"), [200, 200, 0, 0, 0]);
        assert_eq!((read("amount"), read("fee_amount")), (vec![700, 600, 900, 800, 0], vec![200, 300, 0, 100, 500]));
        // Their orders are left out: nothing may stay that points to them.
        db.execute_unprepared("DELETE FROM credit_note; DELETE FROM refund;").await.unwrap();
    }

    /// Which built-in roles nobody had edited before that was kept, is known by their first version.
    async fn unedited_roles_of_before_follow_the_product(world: World) {
        empty(&world).await;
        let db = world.db();
        Migrator::up(db, Some(steps_before("000027"))).await.unwrap();
        for (number, code, version) in [(1, "support", 1), (2, "manager", 2), (3, "own", 1)] {
            let id = match world.backend() {
                Backend::Postgres => format!("'00000000-0000-0000-0000-{number:012}'"),
                Backend::Sqlite => format!("X'{number:032}'"),
            };
            let at = "'2026-11-20T01:00:00+00:00'";
            let sql = format!(
                "INSERT INTO role (id, code, name, permissions, version, created_at, updated_at)
                 VALUES ({id}, '{code}', 'x', '[\"orders.read\"]', {version}, {at}, {at})"
            );
            db.execute_unprepared(&sql).await.unwrap();
        }
        Migrator::up(db, None).await.unwrap();
        let sql = "SELECT code FROM role WHERE given = permissions ORDER BY code";
        let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await.unwrap();
        let codes: Vec<String> = rows.iter().map(|row| row.try_get("", "code").unwrap()).collect();
        assert_eq!(codes, ["support"]);
    }

    /// Migrating a migrated database changes nothing.
    async fn migrating_again_changes_nothing(world: World) {
        let before = tables(world.db()).await;
        assert!(before.iter().any(|table| table == "orders"));
        Migrator::up(world.db(), None).await.unwrap();
        assert_eq!(tables(world.db()).await, before);
        assert!(Migrator::get_pending_migrations(world.db()).await.unwrap().is_empty());
    }

    /// A migration that dies half way leaves nothing of itself; the next try completes.
    async fn interrupted_migration_can_be_run_again(world: World) {
        let complete = tables(world.db()).await;
        empty(&world).await;
        // In the way of a table near the end: the migration fails after most of its work.
        world.db().execute_unprepared("CREATE TABLE message (id INTEGER)").await.unwrap();
        assert!(Migrator::up(world.db(), None).await.is_err());
        let left: Vec<String> = tables(world.db()).await.into_iter().filter(|table| table != "seaql_migrations").collect();
        assert_eq!(left, ["message"]);
        world.db().execute_unprepared("DROP TABLE message").await.unwrap();
        Migrator::up(world.db(), None).await.unwrap();
        assert_eq!(tables(world.db()).await, complete);
    }

    /// Two processes that start at once both come up.
    async fn two_processes_may_migrate_at_once(world: World) {
        empty(&world).await;
        let (first, second) = (Db::open(world.url(), 1).await.unwrap(), Db::open(world.url(), 1).await.unwrap());
        let (one, two) = tokio::join!(Migrator::up(first.writer(), None), Migrator::up(second.writer(), None));
        // The slower one may be refused, but never leaves a half-made database behind.
        assert!(one.is_ok() || two.is_ok(), "{one:?} {two:?}");
        Migrator::up(first.writer(), None).await.unwrap();
        assert!(Migrator::get_pending_migrations(first.writer()).await.unwrap().is_empty());
        assert!(tables(first.writer()).await.iter().any(|table| table == "orders"));
        first.close().await.unwrap();
        second.close().await.unwrap();
    }
}
