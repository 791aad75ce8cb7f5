//! Whatever is done in whatever order, no unit is made and none is lost without being counted as missing.

use domain::kernel::random::Random;
use domain::transfer::{self, CloseTransfer};
use entity::id::TransferId;
use entity::words::TransferCancelOutcome;
use entity::{transfer as transfers, transfer_line};
use sea_orm::EntityTrait;
use support::{World, both_databases, race};

use super::Shop;

/// Units at the start.
const UNITS: i64 = 200;
/// Steps of a run.
const STEPS: usize = 150;

fn pick(random: &Random, below: u64) -> i64 {
    i64::try_from(random.below(below)).unwrap()
}

/// Does one thing at random; that much of it is refused is as it should be.
async fn step(shop: &Shop, random: &Random, known: &[TransferId]) -> Option<TransferId> {
    let worker = &shop.worker;
    let place = usize::try_from(random.below(u64::try_from(known.len().max(1)).unwrap())).unwrap();
    let Some(id) = known.get(place).copied() else { return Some(shop.draft(1 + pick(random, 20)).await) };
    let (some, few) = (pick(random, 12), pick(random, 3));
    let outcome = [None, Some(TransferCancelOutcome::WriteBack), Some(TransferCancelOutcome::WriteOff)];
    let outcome = outcome[usize::try_from(random.below(3)).unwrap()];
    let close = CloseTransfer {
        transfer_id: id,
        expected_version: None,
        reason: "lost".to_owned(),
        idempotency_key: shop.key(),
    };
    let done = match random.below(12) {
        0 | 1 => return Some(shop.draft(1 + pick(random, 20)).await),
        2 | 3 => transfer::make_ready(worker, shop.step(id)).await,
        4 => transfer::reopen(worker, shop.step(id)).await,
        5 => transfer::dispatch(worker, shop.leaving(id, None)).await,
        6 => transfer::dispatch(worker, shop.leaving(id, Some(vec![(shop.tea, some)]))).await,
        7 | 8 => transfer::receive(worker, shop.arriving(id, some, 0, 0)).await,
        9 => transfer::receive(worker, shop.arriving(id, some, few, few)).await,
        10 => transfer::close_rest(worker, close).await,
        _ => transfer::cancel(worker, shop.giving_up(id, outcome)).await,
    };
    let internal = done.err().filter(domain::Error::is_internal);
    assert!(internal.is_none(), "{internal:?}");
    None
}

/// On hand everywhere + under way + missing is what there was; every counter is what its transfers say.
async fn assert_conserved(shop: &Shop, seed: u64) {
    let db = shop.world.db();
    let lines = transfer_line::Entity::find().all(db).await.unwrap();
    let ended: Vec<TransferId> = transfers::Entity::find()
        .all(db)
        .await
        .unwrap()
        .iter()
        .filter(|row| row.closed_at.is_some())
        .map(|row| row.id)
        .collect();
    let gone = |line: &transfer_line::Model| line.received + line.damaged + line.missing + line.written_back;
    let under_way: i64 = lines.iter().map(|line| line.dispatched - gone(line)).sum();
    let missing: i64 = lines.iter().map(|line| line.missing).sum();
    assert!(
        lines.iter().filter(|line| ended.contains(&line.transfer_id)).all(|line| line.dispatched == gone(line)),
        "seed {seed}"
    );
    let here = shop.level(shop.hub.id).await;
    let there = domain::inventory::query::level(db, (shop.store.id, shop.tea)).await.unwrap();
    let (on_hand, incoming) = there.map_or((0, 0), |level| (level.on_hand, level.incoming));
    assert_eq!(here.on_hand + on_hand + under_way + missing, UNITS, "seed {seed}");
    assert_eq!(incoming, under_way, "seed {seed}");
}

both_databases! {
    /// One after the other, at random.
    async fn units_are_conserved(world: World) {
        let shop = Shop::open(&world, UNITS).await;
        let seed = 20_261_122;
        let random = Random::seeded(seed);
        let mut known = Vec::new();
        for number in 0..STEPS {
            known.extend(step(&shop, &random, &known).await);
            if number % 30 == 0 {
                assert_conserved(&shop, seed).await;
            }
        }
        assert_conserved(&shop, seed).await;
    }

    /// Eight at a time on the same few transfers.
    async fn units_are_conserved_among_many(world: World) {
        let shop = std::sync::Arc::new(Shop::open(&world, UNITS).await);
        let mut known = Vec::new();
        for _ in 0..6 {
            known.push(shop.ready(12).await);
        }
        race(8, |number| {
            let (shop, known) = (std::sync::Arc::clone(&shop), known.clone());
            async move {
                let random = Random::seeded(u64::try_from(number).unwrap() + 77);
                for _ in 0..20 {
                    step(&shop, &random, &known).await;
                }
            }
        })
        .await;
        assert_conserved(&shop, 77).await;
    }
}
