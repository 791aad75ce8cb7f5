//! Transfers that work in a store waits for.

use domain::transfer::{self, ReceiveTransfer, open};
use entity::fulfillment_order;
use entity::id::FulfillmentOrderId;
use entity::words::{DeliveryMethod, FulfillmentOrderStatus, TransferStatus};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, IntoActiveModel};
use support::{World, both_databases};

use super::Shop;
use crate::fulfillment::shop::{Shop as Market, buy};

/// Work by pickup at a store that waits for its goods, and no more of it than stock needs to know.
async fn waiting(shop: &Shop) -> FulfillmentOrderId {
    let market = Market::open(&shop.world).await;
    let sku = shop.world.product("shirt").price(&market.online, 1_000).stock(&market.warehouse, 1).create().await;
    let (cart, ctx) = market.cart_of(sku.id(), 1).await;
    let order = buy(&ctx, cart, 1_550, "k").await.unwrap().order;
    let known = domain::fulfillment::query::of_orders(shop.world.db(), &[order.id]).await.unwrap().remove(0);
    let row = fulfillment_order::Model {
        id: FulfillmentOrderId(shop.world.new_uuid()),
        location_id: Some(shop.store.id),
        method: DeliveryMethod::Pickup,
        status: FulfillmentOrderStatus::Scheduled,
        ..known
    };
    let id = row.id;
    fulfillment_order::Entity::insert(row.into_active_model().reset_all())
        .exec_without_returning(shop.world.db())
        .await
        .unwrap();
    id
}

async fn assert_stock_is_sound(world: &World) {
    let report = domain::audit::run_at(world.db(), world.now()).await.unwrap();
    let broken: Vec<_> = report.broken().filter(|result| result.name.starts_with("stock_")).collect();
    assert!(broken.is_empty(), "{broken:?}");
}

both_databases! {
    /// It begins with its goods put aside at the sender; what arrives is kept for the work, and damaged units are not.
    async fn what_arrives_is_kept_for_the_work(world: World) {
        // The work stands alone, without lines of an order.
        world.without_audit();
        let shop = Shop::open(&world, 10).await;
        let work = waiting(&shop).await;
        let (from, to, lines) = (shop.hub.id, shop.store.id, [(shop.tea, 5)]);
        let opened =
            world.ctx().write(|tx| async move { open::for_pickup(&tx, from, to, &lines, work).await }).await.unwrap();
        assert_eq!((opened.status, opened.fulfillment_order_id), (TransferStatus::Ready, Some(work)));
        assert_eq!(shop.units(from).await, (10, 5, 0, 0));
        assert_stock_is_sound(&world).await;
        transfer::dispatch(&shop.worker, shop.leaving(opened.id, None)).await.unwrap();
        transfer::receive(&shop.worker, shop.arriving(opened.id, 3, 1, 0)).await.unwrap();
        assert_eq!(shop.units(to).await, (4, 3, 1, 1));
        assert_stock_is_sound(&world).await;
    }

    /// When nobody waits any more, what arrives is free.
    async fn what_nobody_waits_for_is_free(world: World) {
        world.without_audit();
        let shop = Shop::open(&world, 10).await;
        let work = waiting(&shop).await;
        let (from, to, lines) = (shop.hub.id, shop.store.id, [(shop.tea, 5)]);
        let opened =
            world.ctx().write(|tx| async move { open::for_pickup(&tx, from, to, &lines, work).await }).await.unwrap();
        let short =
            world.ctx().write(|tx| async move { open::for_pickup(&tx, from, to, &[(lines[0].0, 6)], work).await }).await;
        assert_eq!(short.unwrap_err().code(), domain::ErrorCode::InsufficientStock);
        transfer::dispatch(&shop.worker, shop.leaving(opened.id, None)).await.unwrap();
        let over = fulfillment_order::ActiveModel {
            id: Set(work),
            status: Set(FulfillmentOrderStatus::Canceled),
            ..Default::default()
        };
        fulfillment_order::Entity::update(over).exec(world.db()).await.unwrap();
        let all = ReceiveTransfer { lines: None, ..shop.arriving(opened.id, 0, 0, 0) };
        transfer::receive(&shop.worker, all).await.unwrap();
        assert_eq!(shop.units(to).await, (5, 0, 0, 0));
        assert_stock_is_sound(&world).await;
    }
}
