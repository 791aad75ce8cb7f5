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

both_databases! {
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
