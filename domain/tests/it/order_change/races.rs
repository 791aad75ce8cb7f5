//! Several at once about the same order: exactly one legal outcome.

use std::sync::Arc;

use domain::ErrorCode;
use domain::order_change::confirm::confirm;
use domain::pickup::cancel_order::{CancelOrder, cancel_order};
use domain::pickup::collect::{Collect, Proof, collect};
use domain::pickup::prepare::start;
use domain::pickup::ready::{MakeReady, make_ready};
use domain::pickup::{code, query};
use entity::words::*;
use support::{World, both_databases, race};

use super::{Desk, confirmation, remove};

/// Rounds of each race.
const ROUNDS: usize = 12;

both_databases! {
    /// Many confirm the same change by keys of their own: one does it.
    async fn confirmed_by_many(world: World) {
        let desk = Desk::open(&world).await;
        let id = desk.shipped().await;
        let line = desk.line(id).await;
        let change = desk.prepare(id, &[remove(line, 1)]).await.unwrap();
        let clerk = desk.clerk.clone();
        let answers = race(12, |number| {
            let (clerk, id) = (clerk.clone(), change.id);
            async move {
                let input = confirmation(id, Vec::new(), &format!("by-{number}"));
                confirm(&clerk, input).await.map(|done| done.change.revision).map_err(|error| error.code())
            }
        })
        .await;
        assert_eq!(answers.iter().filter(|answer| **answer == Ok(2)).count(), 1);
        assert_eq!(answers.iter().filter(|answer| **answer == Err(ErrorCode::InvalidTransition)).count(), 11);
        assert_eq!((desk.committed().await, desk.lines(id).await[0].canceled), (2, 1));
    }

    /// A change against a cancellation of the whole order: the change comes first and the rest is canceled, or it is
    /// refused; in the end nothing is promised and everything went back once.
    async fn confirmed_or_canceled(world: World) {
        let desk = Desk::open(&world).await;
        for round in 0..ROUNDS {
            let id = desk.shipped().await;
            let line = desk.line(id).await;
            let change = desk.prepare(id, &[remove(line, 1)]).await.unwrap();
            let clerk = desk.clerk.clone();
            let answers = race(2, |number| {
                let (clerk, change) = (clerk.clone(), change.id);
                async move {
                    if (number + round) % 2 == 0 {
                        let input = confirmation(change, Vec::new(), "race");
                        confirm(&clerk, input).await.map(|_| ()).map_err(|error| error.code())
                    } else {
                        let input = CancelOrder {
                            order_id: id,
                            lines: Vec::new(),
                            note: None,
                            expected_version: None,
                            idempotency_key: format!("race-{id}"),
                            reason: CancelReason::Customer,
                            notify: false,
                        };
                        cancel_order(&clerk, input).await.map(|_| ()).map_err(|error| error.code())
                    }
                }
            })
            .await;
            let (changed, canceled) = (&answers[round % 2], &answers[(round + 1) % 2]);
            assert_eq!(*canceled, Ok(()));
            assert!(matches!(changed, Ok(()) | Err(ErrorCode::StaleVersion | ErrorCode::InvalidTransition)), "{changed:?}");
            let order = desk.seen(id).await;
            assert_eq!((order.status, desk.committed().await), (OrderStatus::Canceled, 0));
            let refunds = domain::order::refund::of_orders(world.db(), &[id]).await.unwrap();
            assert_eq!(refunds.iter().map(|refund| refund.amount).sum::<i64>(), 3_550);
        }
    }

    /// A change that takes everything away against the hand-over: the goods or the money, never both.
    async fn confirmed_or_handed_over(world: World) {
        let desk = Desk::open(&world).await;
        let (mut taken, mut changed) = (0, 0);
        for round in 0..ROUNDS {
            let store = Some(desk.shop.store.id);
            let id = desk.order(&[(desk.shirt.id(), 1, DeliveryMethod::Pickup, store)], 1_000).await;
            let pickup = query::of_orders(world.db(), &[id]).await.unwrap().remove(0);
            start(&desk.clerk, pickup.id, None).await.unwrap();
            let input = MakeReady {
                pickup_id: pickup.id,
                short: Vec::new(),
                units: Vec::new(),
                missing_units: Vec::new(),
                expected_version: None,
                idempotency_key: format!("ready-{id}"),
            };
            let ready = make_ready(&desk.clerk, input).await.unwrap();
            let line = desk.line(id).await;
            let change = desk.prepare(id, &[remove(line, 1)]).await.unwrap();
            let collection = Collect {
                pickup_id: None,
                location_id: store,
                proof: Proof::Code(code::of(&world.services().secrets, &ready).unwrap()),
                lines: Vec::new(),
                units: Vec::new(),
                idempotency_key: format!("collect-{id}"),
            };
            let shared = Arc::new((desk.clerk.clone(), collection, change.id));
            let answers = race(2, |number| {
                let shared = Arc::clone(&shared);
                async move {
                    let (clerk, collection, change) = &*shared;
                    if (number + round) % 2 == 0 {
                        confirm(clerk, confirmation(*change, Vec::new(), "race")).await.map(|_| ()).is_ok()
                    } else {
                        collect(clerk, collection.clone()).await.is_ok()
                    }
                }
            })
            .await;
            assert_eq!(answers.iter().filter(|answer| **answer).count(), 1, "{answers:?}");
            let line = desk.lines(id).await.remove(0);
            assert_eq!(line.fulfilled + line.canceled, 1);
            taken += line.fulfilled;
            changed += line.canceled;
        }
        assert_eq!(taken + changed, i64::try_from(ROUNDS).unwrap());
        assert_eq!(desk.committed().await, 0);
    }
}
