//! Counts beside sales, and people who decide at once.

use std::sync::Arc;

use domain::Error;
use domain::stock_count::{Recount, Selection, StartSession, recount, start};
use entity::words::StockCountStatus;
use support::{World, both_databases, race};
use tokio::sync::Mutex;

use super::{ACCEPTOR, COUNTER, accept_it, begun, counted, found, line_of, on_hand, scan, submitted};
use crate::inventory::{posted, take};

both_databases! {
    /// One person scans a shelf unit by unit while others sell from it. Whatever the order, what is accepted leaves the
    /// number of units that are really there.
    async fn sales_during_a_count_do_not_corrupt_it(world: World) {
        let store = world.store("shibuya").await;
        let tea = world.product("tea").stock(&store, 40).create().await.id();
        // The ledger says 40; three units were stolen.
        let shelf = Arc::new(Mutex::new(37_i64));
        let (clerk, manager) = (world.staff(COUNTER).await, world.staff(ACCEPTOR).await);
        let (count, _) = begun(&clerk, store.id, Some(Selection::Variants(vec![tea])), "k").await;
        let unsettled = race(4, |racer| {
            let (world, shelf, clerk, place, id) = (world.clone(), Arc::clone(&shelf), clerk.clone(), store.id, count.id);
            async move {
                if racer > 0 {
                    for _ in 0..3 {
                        // Taking a unit from the shelf and ringing it up is one moment, as scanning it is another.
                        let mut units = shelf.lock().await;
                        posted(&world.ctx(), vec![take(place, tea, 1)]).await.unwrap();
                        *units -= 1;
                        drop(units);
                        tokio::task::yield_now().await;
                    }
                    return 0;
                }
                let mut rounds = 0;
                loop {
                    let session = start(&clerk, StartSession { count_id: id, storage_area_id: None }).await.unwrap().id;
                    let mut scanned = 0;
                    loop {
                        let units = shelf.lock().await;
                        if scanned >= *units {
                            break;
                        }
                        scanned += 1;
                        found(&clerk, session, vec![scan(tea, 1)], &format!("{rounds}-{scanned}")).await.unwrap();
                        drop(units);
                        tokio::task::yield_now().await;
                    }
                    submitted(&clerk, id, false).await.unwrap();
                    if !line_of(&world, id, tea).await.unsettled {
                        return rounds;
                    }
                    recount(&clerk, Recount { count_id: id, lines: Vec::new(), expected_version: None }).await.unwrap();
                    rounds += 1;
                }
            }
        })
        .await;
        assert!(unsettled[0] > 0, "no sale fell into the first round: the race tells little");
        // More are sold while it is accepted.
        race(4, |racer| {
            let (world, manager, place, id) = (world.clone(), manager.clone(), store.id, count.id);
            async move {
                if racer == 0 {
                    assert!(accept_it(&manager, id, "a").await.unwrap().problems.is_empty());
                } else {
                    posted(&world.ctx(), vec![take(place, tea, 1)]).await.unwrap();
                }
            }
        })
        .await;
        assert_eq!(*shelf.lock().await, 37 - 9);
        assert_eq!(line_of(&world, count.id, tea).await.accepted_variance, Some(-3));
        assert_eq!(on_hand(&world, store.id, tea).await, 37 - 9 - 3);
    }

    /// Two managers accept at once: one does, the other hears that it is done.
    async fn one_of_two_accepts(world: World) {
        let store = world.store("shibuya").await;
        let clerk = world.staff(COUNTER).await;
        for round in 0..5 {
            let tea = world.product(&format!("tea-{round}")).stock(&store, 5).create().await.id();
            let count = counted(&clerk, store.id, &[(tea, 3)]).await;
            let managers = [world.staff(ACCEPTOR).await, world.staff(ACCEPTOR).await];
            let answers = race(2, |who| {
                let (manager, id) = (managers[who].clone(), count.id);
                async move { accept_it(&manager, id, "a").await.map(|done| done.count.status) }
            })
            .await;
            assert_eq!(answers.iter().filter(|answer| matches!(answer, Ok(StockCountStatus::Accepted))).count(), 1);
            assert_eq!(answers.iter().filter(|answer| matches!(answer, Err(Error::InvalidTransition { .. }))).count(), 1);
            assert_eq!(on_hand(&world, store.id, tea).await, 3, "posted once");
        }
    }

    /// Many counters scan into one count: every scan counts.
    async fn many_counters_scan_at_once(world: World) {
        let store = world.store("shibuya").await;
        let goods = [world.product("a").stock(&store, 9).create().await.id(), world.product("b").stock(&store, 9).create().await.id()];
        let clerk = world.staff(COUNTER).await;
        let (count, _) = begun(&clerk, store.id, Some(Selection::Variants(goods.to_vec())), "k").await;
        let mut clerks = Vec::new();
        for _ in 0..8 {
            clerks.push(world.staff(COUNTER).await);
        }
        race(8, |who| {
            let (clerk, id) = (clerks[who].clone(), count.id);
            async move {
                let session = start(&clerk, StartSession { count_id: id, storage_area_id: None }).await.unwrap().id;
                for scanned in 0..3 {
                    let entries = vec![scan(goods[who % 2], 1), scan(goods[(who + 1) % 2], 2)];
                    found(&clerk, session, entries, &format!("k{scanned}")).await.unwrap();
                }
            }
        })
        .await;
        for variant in goods {
            let line = line_of(&world, count.id, variant).await;
            assert_eq!((line.counted, line.unsettled), (Some(8 * 3 / 2 * 3), false));
        }
    }
}
