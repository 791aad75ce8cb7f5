//! Many hands on one transfer, and on the last unit.

use std::collections::BTreeMap;

use domain::inventory::{AdjustLine, AdjustStock, Adjustment, adjust};
use domain::transfer::{self, CreateTransfer, TransferStep};
use domain::{Error, Permission};
use entity::words::{StockState, TransferCancelOutcome, TransferStatus};
use support::{World, both_databases, race};

use super::{Shop, content};

/// How the racers fared, by error code.
fn tally<T>(answers: &[Result<T, Error>]) -> BTreeMap<&'static str, usize> {
    let mut tally = BTreeMap::new();
    for answer in answers {
        *tally.entry(answer.as_ref().map_or_else(|error| error.code().as_str(), |_| "OK")).or_default() += 1;
    }
    tally
}

both_databases! {
    /// One arrival sent twenty times under one key is one arrival; under twenty keys only what is under way arrives.
    async fn an_arrival_counts_once(world: World) {
        let shop = Shop::open(&world, 10).await;
        let id = shop.under_way(10).await;
        let input = shop.arriving(id, 3, 0, 0);
        let answers = race(20, |_| {
            let (worker, input) = (shop.worker.clone(), input.clone());
            async move { transfer::receive(&worker, input).await.map(|done| done.replayed) }
        })
        .await;
        let fresh = answers.iter().filter(|answer| matches!(answer, Ok(false))).count();
        assert_eq!((fresh, tally(&answers)), (1, BTreeMap::from([("OK", 20)])));
        assert_eq!(shop.units(shop.store.id).await, (3, 0, 0, 7));
        let answers = race(20, |_| {
            let (worker, input) = (shop.worker.clone(), shop.arriving(id, 3, 0, 0));
            async move { transfer::receive(&worker, input).await }
        })
        .await;
        assert_eq!(tally(&answers), BTreeMap::from([("OK", 2), ("INVALID_QUANTITY", 18)]));
        assert_eq!(shop.units(shop.store.id).await, (9, 0, 0, 1));
    }

    /// Received at one end while given up at the other: one wins, and no unit is in both places.
    async fn arrival_and_cancellation_exclude_each_other(world: World) {
        let shop = Shop::open(&world, 60).await;
        for _ in 0..15 {
            let id = shop.under_way(4).await;
            let answers = race(4, |number| {
                let worker = shop.worker.clone();
                let (arrive, give_up) =
                    (shop.arriving(id, 4, 0, 0), shop.giving_up(id, Some(TransferCancelOutcome::WriteBack)));
                async move {
                    if number % 2 == 0 {
                        transfer::receive(&worker, arrive).await
                    } else {
                        transfer::cancel(&worker, give_up).await
                    }
                }
            })
            .await;
            assert_eq!(tally(&answers), BTreeMap::from([("OK", 1), ("INVALID_TRANSITION", 3)]));
        }
        let (here, there) = (shop.units(shop.hub.id).await, shop.units(shop.store.id).await);
        assert_eq!((here.0 + there.0, there.3), (60, 0));
    }

    /// The last unit is either put aside for a transfer or taken by somebody else; ten rounds of both at once.
    async fn the_last_unit_is_promised_once(world: World) {
        let shop = Shop::open(&world, 10).await;
        let clerk = world.staff(&[Permission::StockAdjust]).await;
        for round in 0..10 {
            let id = shop.draft(1).await;
            let other = shop.draft(1).await;
            let left = shop.level(shop.hub.id).await;
            let take = AdjustStock {
                location_id: shop.hub.id,
                lines: vec![AdjustLine {
                    variant_id: shop.tea,
                    state: StockState::Available,
                    change: Adjustment::By(-(left.on_hand - left.reserved)),
                }],
                reason: "sold".to_owned(),
                idempotency_key: format!("sale-{round}"),reason_code: None,units: Vec::new(),};
            let answers = race(3, |number| {
                let (worker, clerk, take) = (shop.worker.clone(), clerk.clone(), take.clone());
                let step = shop.step(if number == 1 { id } else { other });
                async move {
                    if number == 0 {
                        adjust(&clerk, take).await.map(|_| ())
                    } else {
                        transfer::make_ready(&worker, step).await.map(|_| ())
                    }
                }
            })
            .await;
            // Either the whole shelf was sold, or units went aside and the sale of all came short.
            let [sold, first, second] = [&answers[0], &answers[1], &answers[2]];
            assert_eq!(sold.is_ok(), first.is_err() && second.is_err(), "{answers:?}");
            for (ready, id) in [(first, id), (second, other)] {
                if ready.is_ok() {
                    transfer::dispatch(&shop.worker, shop.leaving(id, None)).await.unwrap();
                    shop.arrive(id, 1).await.unwrap();
                }
            }
            world.audit().await;
            world.stock_up(&shop).await;
        }
    }

    /// A transfer there and one back at the same time do not wait for each other.
    async fn opposite_transfers_do_not_deadlock(world: World) {
        let shop = Shop::open(&world, 100).await;
        world.stock(&shop.store, shop.tea, 100).await;
        let mut ready = Vec::new();
        for number in 0..30 {
            let (from, to) = if number % 2 == 0 { (shop.hub.id, shop.store.id) } else { (shop.store.id, shop.hub.id) };
            let input = CreateTransfer {
                from_location_id: from,
                to_location_id: to,
                content: content(vec![(shop.tea, 2)]),
                idempotency_key: shop.key(),
            };
            let id = transfer::create(&shop.worker, input).await.unwrap().row.id;
            let step = TransferStep { transfer_id: id, expected_version: None, idempotency_key: shop.key() };
            transfer::make_ready(&shop.worker, step).await.unwrap();
            ready.push(id);
        }
        let answers = race(30, |number| {
            let (worker, leave) = (shop.worker.clone(), shop.leaving(ready[number], None));
            let arrive = shop.arriving(ready[number], 2, 0, 0);
            async move {
                transfer::dispatch(&worker, leave).await?;
                transfer::receive(&worker, arrive).await.map(|done| done.row.status)
            }
        })
        .await;
        assert!(answers.iter().all(|answer| matches!(answer, Ok(TransferStatus::Received))), "{answers:?}");
        assert_eq!((shop.units(shop.hub.id).await, shop.units(shop.store.id).await), ((100, 0, 0, 0), (100, 0, 0, 0)));
    }

    /// What is dispatched twice at once leaves once.
    async fn a_dispatch_happens_once(world: World) {
        let shop = Shop::open(&world, 5).await;
        let id = shop.ready(5).await;
        let answers = race(8, |_| {
            let (worker, leave) = (shop.worker.clone(), shop.leaving(id, None));
            async move { transfer::dispatch(&worker, leave).await }
        })
        .await;
        assert_eq!(tally(&answers), BTreeMap::from([("OK", 1), ("INVALID_TRANSITION", 7)]));
        assert_eq!(shop.units(shop.store.id).await, (0, 0, 0, 5));
    }
}

trait StockUp {
    async fn stock_up(&self, shop: &Shop);
}

impl StockUp for World {
    /// Two units for the next round.
    async fn stock_up(&self, shop: &Shop) {
        let clerk = self.staff(&[Permission::StockAdjust]).await;
        let input = AdjustStock {
            location_id: shop.hub.id,
            lines: vec![AdjustLine { variant_id: shop.tea, state: StockState::Available, change: Adjustment::By(2) }],
            reason: "found".to_owned(),
            idempotency_key: shop.key(),
            reason_code: None,
            units: Vec::new(),
        };
        adjust(&clerk, input).await.unwrap();
    }
}
