//! Many writers at once, on real connections.

use std::collections::BTreeMap;

use domain::Error;
use support::{World, both_databases, race};

use super::{assert_balanced, available, bring, cart, posted, take};

/// How the racers fared, by error code.
fn tally(answers: &[Result<(), Error>]) -> BTreeMap<&'static str, usize> {
    let mut tally = BTreeMap::new();
    for answer in answers {
        *tally.entry(answer.as_ref().map_or_else(|error| error.code().as_str(), |()| "OK")).or_default() += 1;
    }
    tally
}

both_databases! {
    /// The last unit and a hundred takers: exactly one gets it, the others are told why not.
    async fn last_unit_goes_to_one_of_a_hundred(world: World) {
        let store = world.store("shibuya").await;
        let tea = world.product("tea").stock(&store, 1).create().await;
        let answers = race(100, |_| {
            let (ctx, movement) = (world.ctx(), take(store.id, tea.id(), 1));
            async move { posted(&ctx, vec![movement]).await }
        })
        .await;
        assert_eq!(tally(&answers), BTreeMap::from([("OK", 1), ("INSUFFICIENT_STOCK", 99)]));
        assert_eq!(available(&world, store.id, tea.id()).await, 0);
        assert_balanced(&world).await;
    }

    /// One takes A then B, the other B then A: no deadlock reaches a caller, and no unit is lost.
    async fn opposite_orders_do_not_deadlock(world: World) {
        let store = world.store("shibuya").await;
        let a = world.product("a").stock(&store, 60).create().await.id();
        let b = world.product("b").stock(&store, 60).create().await.id();
        let answers = race(60, |number| {
            let (first, second) = if number % 2 == 0 { (a, b) } else { (b, a) };
            let (ctx, place) = (world.ctx(), store.id);
            async move { posted(&ctx, vec![take(place, first, 1), take(place, second, 1)]).await }
        })
        .await;
        assert_eq!(tally(&answers), BTreeMap::from([("OK", 60)]));
        assert_eq!((available(&world, store.id, a).await, available(&world, store.id, b).await), (0, 0));
        assert_balanced(&world).await;
    }

    /// Twenty writers that bring, take and create levels: nobody hears "busy".
    async fn twenty_writers_are_never_busy(world: World) {
        let store = world.location("shibuya").with(|row| row.default_safety_stock = 2).create().await;
        let tea = world.product("tea").create().await.id();
        let answers = race(20, |number| {
            let (ctx, place) = (world.ctx(), store.id);
            async move {
                for _ in 0..5 {
                    posted(&ctx, vec![bring(place, tea, 2)]).await?;
                    if number % 2 == 0 {
                        posted(&ctx, vec![take(place, tea, 1)]).await?;
                    }
                }
                Ok(())
            }
        })
        .await;
        // A racer may find only the buffer on the shelf; it must never find the database busy.
        let tally = tally(&answers);
        assert!(tally.keys().all(|code| ["OK", "INSUFFICIENT_STOCK"].contains(code)), "{tally:?}");
        assert_balanced(&world).await;
    }

    /// Carts that hold the same thing at once hold together no more than there is.
    async fn holds_never_promise_more_than_there_is(world: World) {
        let store = world.store("shibuya").await;
        let online = world.channel("online").served_by(&store).create().await;
        let tea = world.product("tea").stock(&store, 3).create().await.id();
        let mut carts = Vec::new();
        for _ in 0..12 {
            carts.push(cart(&world, &online).await);
        }
        let until = world.now() + chrono::TimeDelta::minutes(15);
        let answers = race(12, |number| {
            let (ctx, cart, channel) = (world.ctx(), carts[number], online.id);
            async move {
                ctx.write(|tx| async move {
                    domain::inventory::hold::place(&tx, cart, channel, &[(tea, 1)], until).await
                })
                .await
            }
        })
        .await;
        assert_eq!(tally(&answers), BTreeMap::from([("OK", 3), ("INSUFFICIENT_STOCK", 9)]));
        assert_balanced(&world).await;
    }
}
