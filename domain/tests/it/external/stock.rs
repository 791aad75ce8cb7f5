//! Stock as another system knows it: snapshots, changes, what is refused, and what it costs.

use chrono::TimeDelta;
use domain::inventory::sync::{StockSync, SyncItem, sync};
use domain::inventory::{AdjustLine, AdjustStock, Adjustment, adjust};
use domain::inventory::{MoveLine, MoveStock, move_state};
use domain::{ErrorCode, Permission};
use entity::id::LocationId;
use entity::words::StockState::{Available, Damaged};
use entity::words::StockSyncStatus::{Applied, Failed, PartlyApplied, Stale};
use entity::words::{StockSyncMode, SyncErrorPolicy};
use support::{World, both_databases};

use super::{Depot, absolute, ago, call, change, delta, snapshot, tea};

/// A correction by our own people.
async fn own(depot: &Depot, by: i64, key: &str) {
    let input = AdjustStock {
        location_id: depot.place.id,
        lines: vec![AdjustLine { variant_id: depot.tea.id(), state: Available, change: Adjustment::By(by) }],
        reason: "ours".to_owned(),
        reason_code: None,
        units: Vec::new(),
        idempotency_key: key.to_owned(),
    };
    adjust(&depot.world.ctx(), input).await.unwrap();
}

both_databases! {
    /// On hand is the snapshot and what happened here since; what was wrong before is corrected once.
    async fn a_snapshot_is_the_truth_about_its_moment(world: World) {
        let depot = Depot::open(&world, 10).await;
        let wms = world.staff(&[Permission::StockSync]).await;
        world.advance(TimeDelta::minutes(10));
        own(&depot, -2, "after").await;
        world.advance(TimeDelta::minutes(10));
        // 15 minutes ago there were 13; two left since.
        let done = absolute(&wms, snapshot(13, ago(&world, 15)), "s1").await.unwrap();
        assert_eq!((done.status, done.change, done.on_hand), (Applied, 3, Some(11)));
        // A younger word: 5 minutes ago there were 11. The correction of just now is not counted again.
        let done = absolute(&wms, snapshot(11, ago(&world, 5)), "s2").await.unwrap();
        assert_eq!((done.status, done.change, done.on_hand), (Applied, 0, Some(11)));
        // An older word comes late.
        let done = absolute(&wms, snapshot(99, ago(&world, 8)), "s3").await.unwrap();
        assert_eq!((done.status, done.change, done.newest_at), (Stale, 0, Some(ago(&world, 5))));
        assert_eq!(depot.on_hand().await, 11);
    }

    /// A change from before a known snapshot is in it already; one from after it counts against an older snapshot.
    async fn changes_and_snapshots_meet_in_any_order(world: World) {
        let depot = Depot::open(&world, 10).await;
        let wms = world.staff(&[Permission::StockSync]).await;
        world.advance(TimeDelta::minutes(30));
        let done = change(&wms, delta(-3, Some(ago(&world, 2))), "d1").await.unwrap();
        assert_eq!((done.status, done.change, done.on_hand), (Applied, -3, Some(7)));
        // 10 minutes ago there were 20: three went since.
        let done = absolute(&wms, snapshot(20, ago(&world, 10)), "s1").await.unwrap();
        assert_eq!((done.change, done.on_hand), (10, Some(17)));
        let done = change(&wms, delta(-5, Some(ago(&world, 11))), "d2").await.unwrap();
        assert_eq!((done.status, done.change, depot.on_hand().await), (Stale, 0, 17));
        // A minute ago there were 17: both changes are in it.
        assert_eq!(absolute(&wms, snapshot(17, ago(&world, 1)), "s2").await.unwrap().change, 0);
    }

    /// Another system's count takes only what is free; the rest is reported, and taken when it became free.
    async fn promised_units_stay(world: World) {
        let depot = Depot::open(&world, 10).await;
        let wms = world.staff(&[Permission::StockSync]).await;
        let aside = |from, to, key: &str| MoveStock {
            location_id: depot.place.id,
            lines: vec![MoveLine { variant_id: depot.tea.id(), from, to, quantity: 8 }],
            reason: "wet".to_owned(),
            reason_code: None,
            idempotency_key: key.to_owned(),
        };
        move_state(&world.ctx(), aside(Available, Damaged, "out")).await.unwrap();
        let said = snapshot(3, world.now());
        let done = absolute(&wms, said.clone(), "s1").await.unwrap();
        assert_eq!((done.status, done.change, done.remainder, done.on_hand), (PartlyApplied, -2, 5, Some(8)));
        let all = StockSync { policy: SyncErrorPolicy::RejectAll, ..call(StockSyncMode::Absolute, vec![said.clone()], "s2") };
        assert_eq!(sync(&wms, all).await.unwrap_err().code(), ErrorCode::InsufficientStock);
        world.advance(TimeDelta::minutes(1));
        let done = change(&wms, delta(-1, None), "d1").await.unwrap();
        assert_eq!((done.status, done.change, done.remainder), (PartlyApplied, 0, 1));
        move_state(&world.ctx(), aside(Damaged, Available, "back")).await.unwrap();
        // The same word again, and the change since that could not be made: 3 − 1.
        let done = absolute(&wms, said, "s3").await.unwrap();
        assert_eq!((done.status, done.on_hand), (Applied, Some(2)));
    }

    /// One bad item refuses all of them, or only itself; every problem is named.
    async fn failed_items_refuse_all_or_only_themselves(world: World) {
        let depot = Depot::open(&world, 5).await;
        let other = world.store("other").await;
        world.product("set").component(&depot.tea, 1).with(|row| row.sku = Some("SET".to_owned())).create().await;
        let wms = world.staff_at(depot.place.id, &[Permission::StockSync]).await;
        let now = world.now();
        let with = |change: fn(&mut SyncItem)| {
            let mut item = snapshot(9, now);
            change(&mut item);
            item
        };
        let sku = |item: &mut SyncItem, sku: &str| {
            item.variant_reference = None;
            item.sku = Some(sku.to_owned());
        };
        let mut set = snapshot(1, now);
        sku(&mut set, "SET");
        let mut elsewhere = snapshot(1, now);
        elsewhere.location_reference = None;
        elsewhere.location_id = Some(other.id);
        let items = vec![
            snapshot(7, now),
            with(|item| item.variant_reference = Some("ITEM-none".to_owned())),
            with(|item| item.location_reference = Some("DC-none".to_owned())),
            elsewhere,
            with(|item| item.location_id = Some(LocationId(uuid::Uuid::nil()))),
            with(|item| item.at = None),
            with(|item| item.quantity = -1),
            with(|item| item.quantity = 1_000_000_001),
            with(|item| item.variant_reference = Some("a\0b".to_owned())),
            with(|item| item.variant_reference = None),
            set,
            snapshot(8, now),
            snapshot(8, now + TimeDelta::minutes(6)),
            snapshot(8, now - TimeDelta::days(31)),
        ];
        let all = StockSync { policy: SyncErrorPolicy::RejectAll, ..call(StockSyncMode::Absolute, items.clone(), "k") };
        let refused = sync(&wms, all.clone()).await.unwrap_err();
        assert!(matches!(&refused, domain::Error::Several(errors) if errors.len() == 13), "{refused:?}");
        assert_eq!(depot.on_hand().await, 5, "nothing was done");
        let done = sync(&wms, StockSync { policy: SyncErrorPolicy::SkipFailed, ..all }).await.unwrap();
        assert_eq!(done.results[0].status, Applied);
        let errors: Vec<_> =
            done.results.iter().skip(1).map(|result| (result.status, result.error().unwrap(), result.field.clone().unwrap())).collect();
        let expected = [
            (ErrorCode::NotFound, "variantExternalReference"),
            (ErrorCode::NotFound, "locationExternalReference"),
            (ErrorCode::NotFound, "locationId"),
            (ErrorCode::Invalid, "locationId"),
            (ErrorCode::Required, "snapshotAt"),
            (ErrorCode::InvalidQuantity, "quantity"),
            (ErrorCode::InvalidQuantity, "quantity"),
            (ErrorCode::InvalidText, "variantExternalReference"),
            (ErrorCode::Required, "variantExternalReference"),
            (ErrorCode::Invalid, "sku"),
            (ErrorCode::AlreadyExists, "variantExternalReference"),
            (ErrorCode::InvalidDate, "snapshotAt"),
            (ErrorCode::InvalidDate, "snapshotAt"),
        ];
        assert_eq!(errors, expected.map(|(code, field)| (Failed, code, field.to_owned())));
        assert_eq!(depot.on_hand().await, 7);
        assert_eq!(change(&wms, tea(0), "zero").await.unwrap().error(), Some(ErrorCode::InvalidQuantity));
        assert_eq!(change(&wms, tea(1), "why").await.unwrap().error(), Some(ErrorCode::Required));
    }

    /// The same key does it once and answers the same; another input under it is refused.
    async fn a_key_syncs_once(world: World) {
        let depot = Depot::open(&world, 5).await;
        let wms = world.staff(&[Permission::StockSync]).await;
        let input = call(StockSyncMode::Delta, vec![delta(2, None), SyncItem::default()], "k");
        let first = sync(&wms, input.clone()).await.unwrap();
        let again = sync(&wms, input.clone()).await.unwrap();
        assert!(!first.replayed && again.replayed);
        assert_eq!(first.results, again.results);
        assert_eq!(again.results[1].error(), Some(ErrorCode::Required));
        assert_eq!(depot.on_hand().await, 7);
        let other = StockSync { items: vec![delta(3, None)], ..input };
        assert_eq!(sync(&wms, other).await.unwrap_err().code(), ErrorCode::IdempotencyKeyReused);
    }

    /// 500 items take as many statements as one.
    async fn statements_do_not_grow_with_items(world: World) {
        let depot = Depot::open(&world, 5).await;
        let mut items = Vec::new();
        for number in 0..60 {
            let sku = format!("S-{number}");
            world.product(&sku).stock(&depot.place, number % 3 * 5 + 1).create().await;
            items.push(SyncItem {
                sku: Some(sku),
                location_id: Some(depot.place.id),
                quantity: number % 7,
                at: Some(world.now()),
                ..SyncItem::default()
            });
        }
        let cost = async |items: Vec<SyncItem>, key: &str| {
            let wms = world.staff(&[Permission::StockSync]).await;
            let before = wms.statements.get();
            sync(&wms, call(StockSyncMode::Absolute, items, key)).await.unwrap();
            wms.statements.get() - before
        };
        let many = cost(items, "many").await;
        let one = cost(vec![snapshot(9, world.now())], "one").await;
        assert!(many <= 11 && one <= 11, "{many} statements for 60 items, {one} for one");
        let wms = world.staff(&[Permission::StockSync]).await;
        let refused = sync(&wms, call(StockSyncMode::Delta, vec![SyncItem::default(); 501], "k")).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::TooMany);
        let refused = sync(&wms, call(StockSyncMode::Delta, Vec::new(), "k")).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::Required);
    }
}
