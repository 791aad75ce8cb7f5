//! Everything in one call, at any counter.

use domain::returns::counter::{ReturnAtCounter, return_at_counter};
use domain::{ErrorCode, Permission};
use entity::words::{Disposition, OrderReturnStatus, ReturnStatus};
use support::{World, both_databases, race};

use super::bought;

both_databases! {
    /// A store that never had the shirt takes one good and two bad ones back: they lie there, and the money is right.
    async fn any_store_takes_back_what_was_bought_online(world: World) {
        let bought = bought(&world, 3).await;
        let far = world.store("FAR").await;
        assert!(bought.level(&far).await.is_none());
        let units = [(1, Disposition::Restock), (1, Disposition::Damaged), (1, Disposition::Dispose)];
        let input = bought.handed_in(far.id, &units);
        let done = return_at_counter(&bought.clerk, input.clone()).await.unwrap();
        assert_eq!((done.row.status, done.replayed), (ReturnStatus::Closed, false));
        assert!(return_at_counter(&bought.clerk, input).await.unwrap().replayed);
        let level = bought.level(&far).await.unwrap();
        assert_eq!((level.on_hand, level.damaged, level.quality_control), (2, 1, 0), "one was thrown away");
        let (order, line) = bought.sold().await;
        assert_eq!((line.return_requested, line.received_back), (3, 3));
        assert_eq!(order.return_status, OrderReturnStatus::Returned);
        assert_eq!(bought.refunded().await, [3_000]);
        let again = bought.handed_in(far.id, &[(1, Disposition::Restock)]);
        assert_eq!(return_at_counter(&bought.clerk, again).await.unwrap_err().code(), ErrorCode::NotReturnable);
    }

    /// Units one by one give exactly what was paid, and a transfer is drafted to where they shall lie.
    async fn goods_that_belong_elsewhere_get_a_transfer(world: World) {
        let bought = bought(&world, 3).await;
        let far = world.store("FAR").await;
        for _ in 0..3 {
            let input = ReturnAtCounter {
                destination_location_id: Some(bought.shop.warehouse.id),
                ..bought.handed_in(far.id, &[(1, Disposition::Restock)])
            };
            return_at_counter(&bought.clerk, input).await.unwrap();
        }
        assert_eq!(bought.refunded().await, [1_000, 1_000, 1_000]);
        let drafts = <entity::transfer::Entity as sea_orm::EntityTrait>::find().all(world.db()).await.unwrap();
        assert_eq!(drafts.len(), 3);
        assert!(drafts.iter().all(|row| (row.from_location_id, row.to_location_id) == (far.id, bought.shop.warehouse.id)));
    }

    /// One shirt, eight counters: one of them takes it.
    async fn a_unit_comes_back_at_one_counter(world: World) {
        let bought = std::sync::Arc::new(bought(&world, 1).await);
        let far = world.store("FAR").await;
        let answers = race(8, |number| {
            let bought = std::sync::Arc::clone(&bought);
            let at = if number % 2 == 0 { far.id } else { bought.shop.store.id };
            async move {
                let input = bought.handed_in(at, &[(1, Disposition::Restock)]);
                return_at_counter(&bought.clerk, input).await.map(|done| done.row.id).map_err(|error| error.code())
            }
        })
        .await;
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
        assert_eq!(bought.refunded().await, [1_000]);
        assert_eq!(bought.sold().await.1.received_back, 1);
    }

    /// Only where goods are taken back, and only by those who may there.
    async fn not_everywhere_and_not_by_everybody(world: World) {
        let bought = bought(&world, 1).await;
        let closed = world.location("NO").with(|row| row.accepts_returns = false).create().await;
        let good = [(1, Disposition::Restock)];
        let code = |answer: domain::Result<domain::returns::request::Done>| answer.unwrap_err().code();
        let refused = return_at_counter(&bought.clerk, bought.handed_in(closed.id, &good)).await;
        assert_eq!(code(refused), ErrorCode::ReturnsNotAccepted);
        let elsewhere = world.staff_at(bought.shop.warehouse.id, &[Permission::ReturnsWork]).await;
        let refused = return_at_counter(&elsewhere, bought.handed_in(bought.shop.store.id, &good)).await;
        assert_eq!(code(refused), ErrorCode::NotFound);
        let seller = world.staff(&[Permission::PosSell]).await;
        let refused = return_at_counter(&seller, bought.handed_in(bought.shop.store.id, &good)).await;
        assert_eq!(code(refused), ErrorCode::Forbidden);
        let too_many = return_at_counter(&bought.clerk, bought.handed_in(bought.shop.store.id, &[(2, Disposition::Restock)])).await;
        assert_eq!(code(too_many), ErrorCode::InvalidQuantity);
        assert_eq!(bought.refunded().await, Vec::<i64>::new());
    }
}
