//! Work that a location gave back.

use domain::routing::rule::Filter;
use domain::routing::upsert_rule::UpsertRule;
use entity::words::{OrderStatus, ParkingReason, RefundReason, RoutingFallback, RoutingOccasion, RoutingSort};
use entity::{order, refund};
use sea_orm::EntityTrait;
use support::{World, both_databases};

use super::{add, arrive, heads, order, places, reject, rule, work};
use crate::fulfillment::shop::Shop;

both_databases! {
    /// Rejected work goes to the next location with its old promise, and never back; when nobody is left it waits.
    async fn rejected_work_goes_on_and_never_back(world: World) {
        let shop = Shop::open(&world).await;
        add(&world, rule(&shop, "order", Vec::new(), &[RoutingSort::Priority])).await;
        let cap =
            world.product("cap").price(&shop.online, 1_000).stock(&shop.warehouse, 5).stock(&shop.store, 5).create().await;
        let placed = order(&shop, cap.id(), 2).await.unwrap();
        let first = heads(&world, placed).await.remove(0);
        let (here, there) = if first.location_id == Some(shop.warehouse.id) {
            (shop.warehouse.clone(), shop.store.clone())
        } else {
            (shop.store.clone(), shop.warehouse.clone())
        };
        world.advance(chrono::TimeDelta::hours(2));
        let rerouted = reject(&world, &here, placed).await;
        assert_eq!((rerouted.len(), rerouted[0].location_id), (1, Some(there.id)));
        assert_eq!(rerouted[0].fulfill_by, first.fulfill_by, "what was promised stays promised");
        assert_eq!(shop.level(&here, cap.id()).await, (5, 0));
        assert_eq!(shop.level(&there, cap.id()).await, (5, 2));
        let parked = reject(&world, &there, placed).await;
        assert_eq!((parked.len(), parked[0].parked_as), (1, Some(ParkingReason::Unfillable)));
        let decisions = domain::routing::query::of_order(world.db(), placed).await.unwrap();
        let told: Vec<_> = decisions.iter().map(|decision| (decision.occasion, decision.fulfillment_order_id)).collect();
        let again = (RoutingOccasion::Rejection, Some(rerouted[0].id));
        assert_eq!(told, [(RoutingOccasion::Placement, None), (RoutingOccasion::Rejection, Some(first.id)), again]);
        let reasons: Vec<_> =
            domain::routing::decision::verdicts(&decisions[2]).into_iter().map(|verdict| verdict.reason).collect();
        assert_eq!(reasons, ["rejected_before", "rejected_before"]);
        arrive(&world, &here, cap.id(), 9).await;
        work(&world).await;
        let waiting = places(&shop, placed).await.into_iter().filter(|(place, _)| place.is_none()).count();
        assert_eq!(waiting, 1, "both gave it back");
    }

    /// A rule that cancels pays back what nobody can serve any more.
    async fn what_a_rule_cancels_is_paid_back(world: World) {
        let shop = Shop::open(&world).await;
        let cancel = rule(&shop, "keep two", vec![Filter::StockLeft { units: 2 }], &[]);
        add(&world, UpsertRule { fallback: RoutingFallback::Cancel, ..cancel }).await;
        let cap =
            world.product("cap").price(&shop.online, 1_000).stock(&shop.warehouse, 3).stock(&shop.store, 2).create().await;
        let placed = order(&shop, cap.id(), 1).await.unwrap();
        assert_eq!(places(&shop, placed).await, [(Some(shop.warehouse.id), 1)]);
        assert!(reject(&world, &shop.warehouse, placed).await.is_empty());
        let order = order::Entity::find_by_id(placed).one(world.db()).await.unwrap().expect("the order");
        assert_eq!(order.status, OrderStatus::Canceled);
        let refunds = refund::Entity::find().all(world.db()).await.unwrap();
        assert_eq!(refunds.iter().map(|refund| (refund.reason, refund.amount)).collect::<Vec<_>>(), [(RefundReason::Unfillable, 1_550)]);
    }
}
