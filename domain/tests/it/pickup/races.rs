//! Two tills, and the job that ends what nobody collects: exactly one wins.

use chrono::TimeDelta;
use domain::pickup::collect::collect;
use domain::pickup::expire::expire;
use entity::words::PickupStatus;
use support::{World, both_databases};

use super::counter::Counter;

/// Rounds of each race.
const ROUNDS: usize = 200;
/// Rounds at the same time.
const TOGETHER: usize = 10;

both_databases! {
    /// Both tills type the code: one hands over, the other is told. 200 rounds.
    async fn two_tills_hand_over_once(world: World) {
        let counter = &stocked(&world).await;
        for _ in 0..ROUNDS / TOGETHER {
            let mut pickups = Vec::new();
            for _ in 0..TOGETHER {
                pickups.push(counter.ready(1).await);
            }
            let rivals: Vec<_> = pickups.iter().flat_map(|(_, id, code)| {
                ["one", "other"].map(|till| (counter.clerk.clone(), counter.with_code(code, &format!("{till}-{id}"))))
            }).collect();
            let rivals = std::sync::Arc::new(rivals);
            let answers = support::race(rivals.len(), |number| {
                let rivals = std::sync::Arc::clone(&rivals);
                async move { collect(&rivals[number].0, rivals[number].1.clone()).await.map_err(|error| error.code()) }
            }).await;
            for (pair, (_, id, _)) in answers.chunks(2).zip(&pickups) {
                assert_eq!(pair.iter().filter(|answer| answer.is_ok()).count(), 1, "{pair:?}");
                assert_eq!(counter.pickup(*id).await.status, PickupStatus::Collected);
            }
        }
        assert_eq!(counter.shelf().await, (10, 0));
    }

    /// The customer comes in the minute in which the job runs: goods or money, never both. 200 rounds.
    async fn goods_or_money_never_both(world: World) {
        let counter = &stocked(&world).await;
        let (mut collected, mut expired) = (0, 0);
        for _ in 0..ROUNDS / TOGETHER {
            let mut pickups = Vec::new();
            for _ in 0..TOGETHER {
                pickups.push(counter.ready(1).await);
            }
            world.advance(TimeDelta::days(8));
            let ctx = world.ctx();
            let rivals: Vec<_> = pickups.iter().map(|(_, id, code)| (*id, counter.with_code(code, &id.to_string()))).collect();
            let rivals = std::sync::Arc::new((counter.clerk.clone(), ctx, rivals));
            let answers = support::race(TOGETHER * 2, |number| {
                let rivals = std::sync::Arc::clone(&rivals);
                async move {
                    let (clerk, ctx, pickups) = &*rivals;
                    let (id, input) = &pickups[number / 2];
                    // Who goes first takes turns.
                    if (number + number / 2) % 2 == 0 {
                        collect(clerk, input.clone()).await.is_ok()
                    } else {
                        expire(ctx, *id).await.unwrap()
                    }
                }
            }).await;
            for (pair, (order, id, _)) in answers.chunks(2).zip(&pickups) {
                assert_eq!(pair.iter().filter(|won| **won).count(), 1, "{pair:?}");
                let refunded: i64 = domain::order::refund::of_orders(world.db(), &[*order]).await.unwrap().iter().map(|refund| refund.amount).sum();
                match counter.pickup(*id).await.status {
                    PickupStatus::Collected => { collected += 1; assert_eq!(refunded, 0); }
                    PickupStatus::Expired => { expired += 1; assert_eq!(refunded, 1_000); }
                    other @ (PickupStatus::AwaitingTransfer
                    | PickupStatus::Arrived
                    | PickupStatus::Assigned
                    | PickupStatus::Picking
                    | PickupStatus::Short
                    | PickupStatus::Ready
                    | PickupStatus::Canceled) => panic!("{other}"),
                }
            }
        }
        assert_eq!(collected + expired, ROUNDS);
        assert_eq!(counter.shelf().await, (210 - i64::try_from(collected).unwrap(), 0));
    }
}

async fn stocked(world: &World) -> Counter {
    let counter = Counter::open(world).await;
    let receive = domain::inventory::ReceiveStock {
        location_id: counter.shop.store.id,
        lines: vec![domain::inventory::ReceiveLine {
            variant_id: counter.shirt.id(),
            quantity: 200,
            state: entity::words::StockState::Available,
        }],
        reason: "delivery".to_owned(),
        idempotency_key: "delivery".to_owned(),
        reason_code: None,
        units: Vec::new(),
    };
    domain::inventory::receive(&world.ctx(), receive).await.unwrap();
    counter
}
