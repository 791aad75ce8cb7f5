//! What many orders at once cost: statements, whatever their number.

use domain::fulfillment::accept::{accept, put_back};
use domain::fulfillment::desk::WorkRef;
use domain::fulfillment::reject::{Reject, reject};
use domain::{Ctx, Permission};
use entity::fulfillment_order;
use entity::id::VariantId;
use entity::words::{FulfillmentOrderStatus, RejectionEffect, RejectionReason};
use support::{World, both_databases};

use super::shop::{Shop, buy};

/// So many orders of one unit; their work.
async fn orders(shop: &Shop, variant: VariantId, count: usize) -> Vec<fulfillment_order::Model> {
    let mut placed = Vec::with_capacity(count);
    for _ in 0..count {
        let (cart, ctx) = shop.cart_of(variant, 1).await;
        placed.push(buy(&ctx, cart, 1_550, "key").await.unwrap().order.id);
    }
    domain::fulfillment::query::of_orders(shop.world.db(), &placed).await.unwrap()
}

async fn clerk(shop: &Shop) -> Ctx {
    shop.world.staff(&[Permission::FulfillmentWork, Permission::OrdersRead]).await
}

fn refs(work: &[fulfillment_order::Model]) -> Vec<WorkRef> {
    work.iter().map(|work| WorkRef { id: work.id, expected_version: None }).collect()
}

both_databases! {
    /// Twenty orders are accepted, and put back, with as many statements as two.
    async fn many_orders_are_accepted_in_few_statements(world: World) {
        let shop = Shop::open(&world).await;
        let cap = world.product("cap").price(&shop.online, 1_000).stock(&shop.warehouse, 30).create().await;
        let mut counted = Vec::new();
        for count in [2, 20] {
            let work = orders(&shop, cap.id(), count).await;
            let clerk = clerk(&shop).await;
            let before = clerk.statements.get();
            let taken = accept(&clerk, &refs(&work)).await.unwrap();
            let between = clerk.statements.get();
            assert!(taken.iter().all(|work| work.status == FulfillmentOrderStatus::InProgress && work.version == 2));
            let back = put_back(&clerk, &refs(&work)).await.unwrap();
            assert!(back.iter().all(|work| work.status == FulfillmentOrderStatus::Open && work.version == 3));
            let ids: Vec<_> = work.iter().map(|work| work.order_id).collect();
            let now = domain::fulfillment::query::of_orders(world.db(), &ids).await.unwrap();
            assert!(now.iter().all(|work| work.status == FulfillmentOrderStatus::Open && work.accepted_at.is_none()));
            counted.push((between - before, clerk.statements.get() - between));
        }
        assert_eq!(counted, [(13, 15), (13, 15)], "two orders, and twenty");
    }

    /// Goods that are gone: nineteen other orders are routed again with the one whose clerk found it out.
    async fn a_cascade_over_twenty_orders_is_bounded(world: World) {
        let shop = Shop::open(&world).await;
        let mut counted = Vec::new();
        for (name, count) in [("two", 2), ("twenty", 20)] {
            let sku = world.product(name).price(&shop.online, 1_000).stock(&shop.warehouse, 30).create().await;
            let work = orders(&shop, sku.id(), count).await;
            assert!(work.iter().all(|work| work.location_id == Some(shop.warehouse.id)));
            world.stock(&shop.store, sku.id(), 30).await;
            let clerk = clerk(&shop).await;
            let before = clerk.statements.get();
            let input = Reject {
                units: Vec::new(),
                fulfillment_order_id: work[0].id,
                lines: Vec::new(),
                reason: RejectionReason::NotFound,
                effect: Some(RejectionEffect::Zero),
                note: None,
                expected_version: None,
                idempotency_key: name.to_owned(),
            };
            let rejected = reject(&clerk, input).await.unwrap();
            counted.push(clerk.statements.get() - before);
            assert_eq!(rejected.rerouted.len(), count);
            assert!(rejected.rerouted.iter().all(|work| work.location_id == Some(shop.store.id)));
            assert_eq!(shop.level(&shop.warehouse, sku.id()).await, (0, 0));
            assert_eq!(shop.level(&shop.store, sku.id()).await, (30, i64::try_from(count).unwrap()));
        }
        let each = (counted[1] - counted[0]) / 18;
        assert!(each <= 7 && counted[1] <= 170, "{counted:?}: {each} per order");
    }
}
