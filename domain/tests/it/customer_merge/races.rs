//! Merges that cross each other and the sales that go on.

use domain::ErrorCode;
use entity::words::*;
use entity::{customer, order};
use sea_orm::EntityTrait;
use support::{World, both_databases, race};

use super::{desk, join, work};
use crate::fulfillment::shop::Shop;
use crate::stored_value::spending::{complete, own};
use crate::stored_value::{credit_of, tender};

both_databases! {
    /// A into B and B into A at once, by eight people: one is done, and nobody hears of a deadlock.
    async fn merges_that_cross(world: World) {
        let shop = Shop::open(&world).await;
        let staff = desk(&world).await;
        for round in 0..4 {
            let (one, two) = (
                world.new_customer("佐藤", "花").create().await.id,
                world.new_customer("佐藤", "はな").create().await.id,
            );
            for id in [one, two] {
                credit_of(&world, &shop, id, 100).await;
            }
            let answers = race(8, |number| {
                let staff = staff.clone();
                let (from, into) = if number % 2 == 0 { (one, two) } else { (two, one) };
                let key = format!("{round}-{number}");
                async move { join(&staff, from, into, &key).await.map(|done| done.customer.id).map_err(|error| error.code()) }
            })
            .await;
            assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
            let refused = Err(ErrorCode::InvalidTransition);
            assert_eq!(answers.iter().filter(|answer| **answer == refused).count(), 7, "{answers:?}");
        }
        let rows = customer::Entity::find().all(world.db()).await.unwrap();
        assert_eq!(rows.iter().filter(|row| row.merged_into_id.is_some()).count(), 4);
    }

    /// A merge while carts of the old record are completed: every order is with the one who stays in the end.
    async fn merged_while_they_buy(world: World) {
        let shop = Shop::open(&world).await;
        let staff = desk(&world).await;
        let shirt = world.product("shirt").price(&shop.online, 1_000).stock(&shop.warehouse, 50).create().await;
        let (lost, kept) =
            (world.new_customer("佐藤", "花").create().await.id, world.new_customer("佐藤", "はな").create().await.id);
        let mut carts = Vec::new();
        for _ in 0..6 {
            let (id, _) = shop.cart_of(shirt.id(), 1).await;
            carts.push((id, own(&world, id, lost).await));
        }
        let answers = race(7, |number| {
            let (staff, cart) = (staff.clone(), carts.get(number).cloned());
            async move {
                match cart {
                    Some((id, buyer)) => {
                        let paid = vec![tender(Gateway::Test, None, None)];
                        complete(&buyer, id, 1_550, paid, "buy").await.map(|_| ()).map_err(|error| error.code())
                    }
                    None => join(&staff, lost, kept, "merge").await.map(|_| ()).map_err(|error| error.code()),
                }
            }
        })
        .await;
        assert_eq!(answers[6], Ok(()), "the merge is done");
        // A cart that went over is not the old record's any more, and may have been poured into another.
        let known = [ErrorCode::NotFound, ErrorCode::CartClosed, ErrorCode::PriceChanged];
        assert!(answers.iter().all(|answer| answer.is_ok() || known.iter().any(|code| *answer == Err(*code))), "{answers:?}");
        world.advance(chrono::TimeDelta::hours(1));
        work(&world).await;
        let orders = order::Entity::find().all(world.db()).await.unwrap();
        assert_eq!(orders.len(), answers.iter().filter(|answer| answer.is_ok()).count() - 1);
        assert!(orders.iter().all(|order| order.customer_id == Some(kept)));
    }
}
