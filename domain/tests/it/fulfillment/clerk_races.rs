//! Two clerks at the same work at the same moment: one wins, the other learns it.

use domain::fulfillment::accept::accept;
use domain::fulfillment::reject::{Reject, reject};
use domain::pickup::cancel_order::{CancelOrder, cancel_order};
use domain::shipping::ship::{Ship, ship};
use domain::{Error, ErrorCode};
use entity::words::RejectionReason;
use support::{World, both_databases, race};

use super::clerk::{CLERK, label, numbers, order, pack_lines, take, work_ref};
use super::shop::Shop;

const ROUNDS: usize = 50;

/// Exactly one wins; the other is told why.
fn one_wins<T: std::fmt::Debug>(answers: &[Result<T, Error>], told: &[ErrorCode]) -> usize {
    let won: Vec<usize> = (0..answers.len()).filter(|number| answers[*number].is_ok()).collect();
    assert_eq!(won.len(), 1, "{answers:?}");
    for error in answers.iter().filter_map(|answer| answer.as_ref().err()) {
        assert!(told.contains(&error.code()), "{error}");
    }
    won[0]
}

both_databases! {
    async fn two_clerks_accept_the_same(world: World) {
        let shop = Shop::open(&world).await;
        let mug = world.product("mug").price(&shop.online, 1_000).stock(&shop.warehouse, 500).create().await;
        let clerks = [world.staff(CLERK).await, world.staff(CLERK).await];
        for _ in 0..ROUNDS {
            let (_, work) = shop.ordered_one(mug.id(), 1).await;
            let answers = race(2, |number| {
                let clerk = clerks[number].clone();
                async move { accept(&clerk, &[work_ref(work)]).await }
            })
            .await;
            one_wins(&answers, &[ErrorCode::InvalidTransition]);
        }
    }

    async fn two_packers_pack_the_same(world: World) {
        let shop = Shop::open(&world).await;
        let mug = world.product("mug").price(&shop.online, 1_000).stock(&shop.warehouse, 500).create().await;
        let clerk = world.staff(CLERK).await;
        for round in 0..ROUNDS {
            let (_, work) = shop.ordered_one(mug.id(), 2).await;
            take(&clerk, work).await;
            let answers = race(2, |number| {
                let (clerk, key) = (clerk.clone(), format!("{round}-{number}"));
                async move { pack_lines(&clerk, &[work], &[], &key).await }
            })
            .await;
            one_wins(&answers, &[ErrorCode::InvalidTransition]);
            assert_eq!(numbers(&world, work).await, (2, 2, 2, 0, 0));
        }
    }

    async fn reject_against_pack(world: World) {
        let shop = Shop::open(&world).await;
        let mug = world.product("mug").price(&shop.online, 1_000).stock(&shop.warehouse, 500).create().await;
        let clerk = world.staff(CLERK).await;
        for round in 0..ROUNDS {
            let (_, work) = shop.ordered_one(mug.id(), 2).await;
            take(&clerk, work).await;
            let answers = race(2, |number| {
                let (clerk, key) = (clerk.clone(), format!("{round}-{number}"));
                async move {
                    if number == 0 {
                        return pack_lines(&clerk, &[work], &[], &key).await.map(|_| ());
                    }
                    let input = Reject { units: Vec::new(),
                        fulfillment_order_id: work,
                        lines: Vec::new(),
                        reason: RejectionReason::TooBusy,
                        effect: None,
                        note: None,
                        expected_version: None,
                        idempotency_key: key,
                    };
                    reject(&clerk, input).await.map(|_| ())
                }
            })
            .await;
            let won = one_wins(&answers, &[ErrorCode::InvalidTransition]);
            let wanted = if won == 0 { (2, 2, 2, 0, 0) } else { (2, 0, 0, 0, 2) };
            assert_eq!(numbers(&world, work).await, wanted);
        }
    }

    async fn cancel_against_dispatch(world: World) {
        let shop = Shop::open(&world).await;
        let mug = world.product("mug").price(&shop.online, 1_000).stock(&shop.warehouse, 500).create().await;
        let clerk = world.staff(CLERK).await;
        for round in 0..ROUNDS {
            let (order_id, work) = shop.ordered_one(mug.id(), 2).await;
            let answers = race(2, |number| {
                let (clerk, key) = (clerk.clone(), format!("{round}-{number}"));
                async move {
                    if number == 0 {
                        let input = Ship { units: Vec::new(),
                            work: work_ref(work),
                            label: label(),
                            tracking_number: None,
                            idempotency_key: key,
                        };
                        return ship(&clerk, input).await.map(|_| ());
                    }
                    let input = CancelOrder {
                        order_id,
                        lines: Vec::new(),
                        reason: entity::words::CancelReason::Customer, notify: false, note: None,
                        expected_version: None,
                        idempotency_key: key,
                    };
                    cancel_order(&clerk, input).await.map(|_| ())
                }
            })
            .await;
            let won = one_wins(&answers, &[ErrorCode::InvalidTransition]);
            let wanted = if won == 0 { "CLOSED" } else { "CANCELED" };
            assert_eq!(order(&world, order_id).await.status.as_str(), wanted);
        }
    }

    /// Everybody misses the same goods at once while new orders for them come in: nothing is promised that is gone.
    async fn many_miss_the_same(world: World) {
        let shop = Shop::open(&world).await;
        let mug = world.product("mug").price(&shop.online, 1_000).stock(&shop.warehouse, 40).create().await;
        let clerk = world.staff(CLERK).await;
        let mut work = Vec::new();
        for _ in 0..6 {
            work.push(shop.ordered_one(mug.id(), 1).await.1);
        }
        let mut carts = Vec::new();
        for _ in 0..6 {
            carts.push(shop.cart_of(mug.id(), 1).await);
        }
        let answers = race(12, |number| {
            let (clerk, work, cart) = (clerk.clone(), work[number / 2], carts[number / 2].clone());
            async move {
                if number % 2 == 0 {
                    return super::shop::buy(&cart.1, cart.0, 1_550, "key").await.map(|_| ());
                }
                let input = Reject { units: Vec::new(),
                    fulfillment_order_id: work,
                    lines: Vec::new(),
                    reason: RejectionReason::NotFound,
                    effect: None,
                    note: None,
                    expected_version: None,
                    idempotency_key: number.to_string(),
                };
                reject(&clerk, input).await.map(|_| ())
            }
        })
        .await;
        // Busy: work for the goods kept coming in, four times in a row.
        let told = [ErrorCode::InvalidTransition, ErrorCode::InsufficientStock, ErrorCode::Busy];
        for error in answers.iter().filter_map(|answer| answer.as_ref().err()) {
            assert!(told.contains(&error.code()), "{error}");
        }
        assert_eq!(shop.level(&shop.warehouse, mug.id()).await, (0, 0));
    }
}
