//! Wishes for a day and a time, from the cart to the order.

use chrono::{NaiveDate, TimeDelta};
use domain::ErrorCode;
use domain::cart::Target;
use domain::cart::details::{DeliveryTime, set_delivery_time, set_shipping_method};
use domain::order::query;
use entity::shipping_method;
use entity::text_list::TextList;
use sea_orm::{ActiveModelTrait, ActiveValue::Set};
use support::{World, both_databases};

use crate::fulfillment::shop::{Shop, buy};

fn wish(day: u32, slot: &str) -> DeliveryTime {
    DeliveryTime { on: NaiveDate::from_ymd_opt(2026, 11, day), slot: Some(slot.to_owned()) }
}

async fn offer(world: &World, shop: &Shop, slots: &[&str], lead_days: i32) {
    let slots = slots.iter().map(|slot| (*slot).to_owned()).collect();
    let change = shipping_method::ActiveModel {
        id: Set(shop.shipping),
        delivery_slots: Set(TextList(slots)),
        lead_days: Set(lead_days),
        ..Default::default()
    };
    change.update(world.db()).await.unwrap();
}

both_databases! {
    /// A wish goes along to the order; one that cannot be met any more is a problem of the cart, not a surprise.
    async fn a_wish_is_kept_while_it_can_be_met(world: World) {
        let shop = Shop::open(&world).await;
        offer(&world, &shop, &["AM", "14-16"], 2).await;
        let shirt = world.product("shirt").price(&shop.online, 1_000).stock(&shop.warehouse, 9).create().await;
        let (cart, ctx) = shop.cart_of(shirt.id(), 1).await;
        let target = Target { cart_id: cart, expected_version: None };
        for (bad, path) in [(wish(22, "AM"), "deliveryOn"), (wish(23, "20-21"), "deliverySlot")] {
            let refused = set_delivery_time(&ctx, target, bad).await.unwrap_err();
            assert_eq!((refused.code(), refused.path()), (ErrorCode::DeliveryTimeUnavailable, path));
        }
        let view = set_delivery_time(&ctx, target, wish(23, "14-16")).await.unwrap();
        assert!(view.priced.problems.is_empty(), "{:?}", view.priced.problems);

        world.advance(TimeDelta::days(1));
        let late = buy(&ctx, cart, 1_550, "late").await.unwrap_err();
        assert_eq!(late.code(), ErrorCode::DeliveryTimeUnavailable, "the 23rd is too near now");
        set_delivery_time(&ctx, target, wish(24, "14-16")).await.unwrap();
        offer(&world, &shop, &["AM"], 2).await;
        let gone = buy(&ctx, cart, 1_550, "gone").await.unwrap_err();
        assert_eq!(gone.code(), ErrorCode::DeliveryTimeUnavailable, "the time is not offered any more");
        set_delivery_time(&ctx, target, wish(24, "AM")).await.unwrap();
        let order = buy(&ctx, cart, 1_550, "key").await.unwrap().order;
        let shipping = query::shipping(world.db(), &[order.id]).await.unwrap();
        assert_eq!((shipping[0].delivery_on, shipping[0].delivery_slot.as_deref()), (wish(24, "").on, Some("AM")));
    }

    /// A method that takes no wishes refuses them; without a method there is nothing to ask of.
    async fn wishes_need_a_method_that_takes_them(world: World) {
        let shop = Shop::open(&world).await;
        let shirt = world.product("shirt").price(&shop.online, 1_000).stock(&shop.warehouse, 9).create().await;
        let (cart, ctx) = shop.cart_of(shirt.id(), 1).await;
        let target = Target { cart_id: cart, expected_version: None };
        let refused = set_delivery_time(&ctx, target, wish(25, "AM")).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::DeliveryTimeUnavailable);
        set_shipping_method(&ctx, target, None).await.unwrap();
        let refused = set_delivery_time(&ctx, target, wish(25, "AM")).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::ShippingMethodRequired);
        set_delivery_time(&ctx, target, DeliveryTime::default()).await.unwrap();
    }
}
