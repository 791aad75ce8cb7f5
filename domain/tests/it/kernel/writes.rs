//! Transactions under contention.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use domain::kernel::db::Db;
use domain::{Error, Result};
use entity::sequence;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use support::{Backend, World, both_databases, race};

async fn counters(world: &World, names: &[&str]) {
    let rows = names.iter().map(|name| sequence::ActiveModel { name: Set((*name).to_owned()), value: Set(0) });
    sequence::Entity::insert_many(rows).exec_without_returning(world.db()).await.unwrap();
}

async fn add_one(tx: &domain::Tx, name: &str) -> Result<()> {
    sequence::Entity::update_many()
        .col_expr(sequence::Column::Value, Expr::col(sequence::Column::Value).add(1))
        .filter(sequence::Column::Name.eq(name))
        .exec(tx)
        .await?;
    Ok(())
}

async fn value(world: &World, name: &str) -> i64 {
    sequence::Entity::find_by_id(name.to_owned()).one(world.db()).await.unwrap().unwrap().value
}

both_databases! {
    /// Forty writers of one row: none is lost, none is told that the database is locked.
    async fn writers_of_one_row_all_succeed(world: World) {
        counters(&world, &["hot"]).await;
        let ctx = world.ctx();
        let answers = race(40, |_| {
            let ctx = ctx.clone();
            async move { ctx.write(|tx| async move { add_one(&tx, "hot").await }).await }
        })
        .await;
        assert!(answers.iter().all(Result::is_ok), "{answers:?}");
        assert_eq!(value(&world, "hot").await, 40);
    }

    /// Two rows locked in opposite orders dead-lock; the loser runs again and nobody notices.
    async fn deadlock_is_retried(world: World) {
        counters(&world, &["a", "b"]).await;
        let ctx = world.ctx();
        let runs = Arc::new(AtomicU32::new(0));
        let answers = race(2, |number| {
            let (ctx, runs) = (ctx.clone(), Arc::clone(&runs));
            let rows = if number == 0 { ["a", "b"] } else { ["b", "a"] };
            async move {
                ctx.write(|tx| {
                    let runs = Arc::clone(&runs);
                    async move {
                        let run = runs.fetch_add(1, Ordering::SeqCst);
                        add_one(&tx, rows[0]).await?;
                        if run < 2 {
                            // Long enough for the other to take its first row.
                            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                        }
                        add_one(&tx, rows[1]).await
                    }
                })
                .await
            }
        })
        .await;
        assert!(answers.iter().all(Result::is_ok), "{answers:?}");
        assert_eq!((value(&world, "a").await, value(&world, "b").await), (2, 2));
        // SQLite has one writer, so there is nothing to dead-lock.
        let expected = if world.backend() == Backend::Postgres { 3 } else { 2 };
        assert_eq!(runs.load(Ordering::SeqCst), expected);
    }

    /// A lost race is tried four times in all, then reported; other errors are reported at once.
    async fn hopeless_work_is_given_up(world: World) {
        let runs = AtomicU32::new(0);
        let lost: Result<()> = world
            .ctx()
            .write(|tx| {
                assert_eq!(tx.attempt(), runs.fetch_add(1, Ordering::SeqCst) + 1);
                async move { Err(Error::Conflict("the test")) }
            })
            .await;
        assert!(matches!(lost, Err(Error::Conflict(_))));
        assert_eq!(runs.load(Ordering::SeqCst), 4);
        runs.store(0, Ordering::SeqCst);
        let refused: Result<()> = world
            .ctx()
            .write(|_| {
                runs.fetch_add(1, Ordering::SeqCst);
                async move { Err(Error::not_found("thing")) }
            })
            .await;
        assert!(refused.is_err());
        assert_eq!(runs.load(Ordering::SeqCst), 1);
    }

    /// A failing command leaves nothing of what it wrote.
    async fn failed_work_is_undone(world: World) {
        counters(&world, &["a"]).await;
        let failed: Result<()> = world
            .ctx()
            .write(|tx| async move {
                add_one(&tx, "a").await?;
                Err(Error::not_found("thing"))
            })
            .await;
        assert!(failed.is_err());
        assert_eq!(value(&world, "a").await, 0);
    }

    /// A future that is dropped half way, as when a client hangs up, leaves nothing and blocks nobody.
    async fn dropped_work_is_undone(world: World) {
        counters(&world, &["a"]).await;
        let ctx = world.ctx();
        let work = ctx.write(|tx| async move {
            add_one(&tx, "a").await?;
            std::future::pending::<()>().await;
            Ok(())
        });
        assert!(tokio::time::timeout(std::time::Duration::from_millis(200), work).await.is_err());
        ctx.write(|tx| async move { add_one(&tx, "a").await }).await.unwrap();
        assert_eq!(value(&world, "a").await, 1);
    }

    /// What one process committed, another reads at once.
    async fn second_process_sees_commits(world: World) {
        counters(&world, &["a"]).await;
        let other = Db::open(world.url(), 2).await.unwrap();
        world.ctx().write(|tx| async move { add_one(&tx, "a").await }).await.unwrap();
        let seen = sequence::Entity::find_by_id("a".to_owned()).one(other.reader()).await.unwrap().unwrap();
        assert_eq!(seen.value, 1);
        other.close().await.unwrap();
    }
}
