//! Words that arrive in any order, and at once.

use chrono::TimeDelta;
use domain::Permission;
use domain::inventory::{AdjustLine, AdjustStock, Adjustment, adjust};
use entity::words::StockState;
use entity::words::StockSyncStatus;
use support::{World, both_databases, race};

use super::{Depot, absolute, ago, change, delta, snapshot};

/// A small generator of our own: the seed is printed, and the same seed plays the same story.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }

    fn shuffle<T>(&mut self, list: &mut [T]) {
        for last in (1..list.len()).rev() {
            let other = self.roll(u64::try_from(last + 1).unwrap());
            list.swap(last, usize::try_from(other).unwrap());
        }
    }
}

both_databases! {
    /// Snapshots and changes of an hour arrive in any order: the same number comes out, on a real ledger.
    async fn any_order_of_arrival_ends_in_the_same_number(world: World) {
        let seed = u64::try_from(world.new_uuid().as_u128() & 0xffff_ffff).unwrap() ^ 0x5eed;
        eprintln!("seed {seed}");
        let mut dice = Dice(seed);
        let wms = world.staff(&[Permission::StockSync]).await;
        let place = world.location("DC1").with(|row| row.external_reference = Some("DC-1".to_owned())).create().await;
        for round in 0..6_i64 {
            let name = format!("ITEM-{round}");
            let known = name.clone();
            let goods = world.product(&name).with(move |row| row.external_reference = Some(known)).stock(&place, 200).create().await;
            let start = world.now();
            // What is true there, by minute: snapshots and changes.
            let mut words: Vec<(bool, i64, i64)> = (0..12)
                .map(|minute| (dice.roll(2) == 0, 5 * minute + 1, i64::try_from(dice.roll(90)).unwrap()))
                .collect();
            let newest = words.iter().filter(|word| word.0).map(|word| (word.1, word.2)).max();
            let mut own = Vec::new();
            for minute in [7, 23, 41] {
                world.advance(start + TimeDelta::minutes(minute) - world.now());
                let by = i64::try_from(dice.roll(9)).unwrap() + 1;
                own.push((minute, by));
                let input = AdjustStock {
                    location_id: place.id,
                    lines: vec![AdjustLine { variant_id: goods.id(), state: StockState::Available, change: Adjustment::By(by) }],
                    reason: "ours".to_owned(),
                    reason_code: None,
                    units: Vec::new(),
                    idempotency_key: format!("own-{round}-{minute}"),
                };
                adjust(&world.ctx(), input).await.unwrap();
            }
            world.advance(TimeDelta::minutes(60));
            dice.shuffle(&mut words);
            for (number, (is_snapshot, minute, quantity)) in words.iter().enumerate() {
                let (at, key) = (start + TimeDelta::minutes(*minute), format!("{round}-{number}"));
                let named = |mut item: domain::inventory::sync::SyncItem| {
                    item.variant_reference = Some(name.clone());
                    item
                };
                if *is_snapshot {
                    absolute(&wms, named(snapshot(*quantity, at)), &key).await.unwrap();
                } else {
                    change(&wms, named(delta(quantity + 1, Some(at))), &key).await.unwrap();
                }
                world.advance(TimeDelta::seconds(7));
            }
            let (since, base) = newest.unwrap_or((-1, 200));
            let told = words.iter().filter(|word| !word.0 && word.1 > since).map(|word| word.2 + 1).sum::<i64>();
            let ours = own.iter().filter(|(minute, _)| *minute > since).map(|(_, by)| by).sum::<i64>();
            assert_eq!(super::on_hand(&world, place.id, goods.id()).await, base + told + ours, "round {round}: {words:?} {own:?}");
        }
    }

    /// Several syncs of one level and sales from it at once: nobody is lost, and the newest word stands.
    async fn syncs_of_one_level_race_with_sales(world: World) {
        let depot = Depot::open(&world, 50).await;
        let wms = world.staff(&[Permission::StockSync]).await;
        world.advance(TimeDelta::minutes(30));
        let (place, item) = (depot.place.id, depot.tea.id());
        let answers = race(24, |number| {
            let (wms, ctx) = (wms.clone(), world.ctx());
            let said = snapshot(40, ago(&world, 20 - i64::try_from(number).unwrap() / 3));
            async move {
                if number % 3 == 0 {
                    return absolute(&wms, said, &format!("s{number}")).await.map(|done| done.status);
                }
                let input = AdjustStock {
                    location_id: place,
                    lines: vec![AdjustLine { variant_id: item, state: StockState::Available, change: Adjustment::By(-1) }],
                    reason: "sold".to_owned(),
                    reason_code: None,
                    units: Vec::new(),
                    idempotency_key: format!("sale{number}"),
                };
                adjust(&ctx, input).await.map(|_| StockSyncStatus::Applied)
            }
        })
        .await;
        let statuses: Vec<StockSyncStatus> = answers.into_iter().map(|answer| answer.unwrap()).collect();
        assert!(statuses.iter().all(|status| [StockSyncStatus::Applied, StockSyncStatus::Stale].contains(status)));
        assert_eq!(depot.on_hand().await, 40 - 16, "the snapshot of the past and sixteen sales since");
    }
}
