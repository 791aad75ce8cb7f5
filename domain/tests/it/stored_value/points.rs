//! Points: earned, pending, spent, taken back, run out.

use domain::Permission;
use domain::stored_value::program::{UpsertProgram, upsert_program};
use domain::stored_value::staff::{GiveCustomer, adjust_points};
use domain::stored_value::{account, attend};
use entity::id::{CustomerId, StoredValueAccountId};
use entity::words::*;
use entity::{order, stored_value_lot};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, QueryOrder};
use support::{World, both_databases};

use super::spending::{complete, own};
use super::{balance, cancel, days, deliver, give_back, hand_in, line_of, row, send, tender};
use crate::fulfillment::shop::{Shop, yen};

/// One point for ¥100, worth ¥1, usable 14 days after the goods left, for a year.
pub(super) async fn program(world: &World, shop: &Shop, pending_days: i32) {
    let clerk = world.staff(&[Permission::StoredValueWrite]).await;
    let rules = UpsertProgram {
        channel_id: shop.online.id,
        earn_amount: yen(100),
        earn_points: 1,
        redeem_points: 2,
        redeem_amount: yen(1),
        minimum_points: 10,
        pending_days,
        expire_days: Some(365),
        active: true,
        expected_version: None,
    };
    upsert_program(&clerk, rules).await.unwrap();
}

pub(super) async fn points(world: &World, customer: CustomerId) -> StoredValueAccountId {
    let found = account::of_customer(world.db(), customer, StoredValueKind::Points, entity::money::Currency::JPY).await;
    found.unwrap().unwrap().id
}

pub(super) async fn usable(world: &World, id: StoredValueAccountId) -> i64 {
    account::usable(world.db(), &row(world, id).await, world.now()).await.unwrap()
}

pub(super) async fn give(world: &World, shop: &Shop, customer_id: CustomerId, amount: i64) {
    let clerk = world.staff(&[Permission::StoredValueWrite]).await;
    let input = GiveCustomer {
        customer_id,
        channel_id: shop.online.id,
        currency: None,
        amount,
        reason: "welcome".to_owned(),
        idempotency_key: format!("give-{}", world.new_uuid()),
    };
    adjust_points(&clerk, input).await.unwrap();
}

/// An order of ¥2,000 of goods and shipping by a customer, paid.
async fn bought(world: &World, shop: &Shop, customer: CustomerId) -> order::Model {
    let shirt = world.product("shirt").price(&shop.online, 1_000).stock(&shop.warehouse, 5).create().await;
    let (cart_id, _) = shop.cart_of(shirt.id(), 2).await;
    let ctx = own(world, cart_id, customer).await;
    complete(&ctx, cart_id, 2_550, vec![tender(Gateway::Test, None, None)], "buy").await.unwrap().order
}

both_databases! {
    /// Paid: pending without a day. The goods left: pending for the window. Then usable, for a year.
    async fn points_wait_for_the_window_of_returns(world: World) {
        let shop = Shop::open(&world).await;
        program(&world, &shop, 14).await;
        let hana = world.new_customer("佐藤", "花").create().await;
        let order = bought(&world, &shop, hana.id).await;
        deliver(&world).await;
        let id = points(&world, hana.id).await;
        assert_eq!((balance(&world, id).await, usable(&world, id).await), (20, 0), "shipping earns none");
        world.advance(days(100));
        assert_eq!(usable(&world, id).await, 0);
        send(&world, order.id).await;
        deliver(&world).await;
        world.advance(days(13));
        assert_eq!(usable(&world, id).await, 0);
        world.advance(days(1));
        assert_eq!((balance(&world, id).await, usable(&world, id).await), (20, 20));
        world.advance(days(365));
        assert_eq!(usable(&world, id).await, 0);
        attend::attend_due(&world.ctx()).await.unwrap();
        assert_eq!(balance(&world, id).await, 0);
    }

    /// What comes back while the window is open takes its points along; what is left can be used when it closes.
    async fn pending_points_go_with_the_goods(world: World) {
        let shop = Shop::open(&world).await;
        program(&world, &shop, 14).await;
        let hana = world.new_customer("佐藤", "花").create().await;
        let order = bought(&world, &shop, hana.id).await;
        send(&world, order.id).await;
        deliver(&world).await;
        let id = points(&world, hana.id).await;
        world.advance(days(7));
        hand_in(&world, &shop, order.id, (line_of(&world, order.id).await, 1)).await.unwrap();
        deliver(&world).await;
        assert_eq!((balance(&world, id).await, usable(&world, id).await), (10, 0));
        world.advance(days(7));
        assert_eq!(usable(&world, id).await, 10, "fourteen days after the goods left");
        // After the window, too, by whatever way: a claim that is paid although the goods stay.
        give_back(&world, order.id, &[(line_of(&world, order.id).await, 1)], (0, 0)).await.unwrap();
        deliver(&world).await;
        assert_eq!(balance(&world, id).await, 0);
    }

    /// What comes back earns nothing.
    async fn points_go_with_what_comes_back(world: World) {
        let shop = Shop::open(&world).await;
        program(&world, &shop, 0).await;
        let hana = world.new_customer("佐藤", "花").create().await;
        let order = bought(&world, &shop, hana.id).await;
        deliver(&world).await;
        let id = points(&world, hana.id).await;
        assert_eq!(balance(&world, id).await, 20);
        let line = line_of(&world, order.id).await;
        cancel(&world, order.id, vec![(line, 1)]).await.unwrap();
        deliver(&world).await;
        assert_eq!(balance(&world, id).await, 10);
        send(&world, order.id).await;
        hand_in(&world, &shop, order.id, (line, 1)).await.unwrap();
        deliver(&world).await;
        assert_eq!(balance(&world, id).await, 0);
    }

    /// Two points pay one yen; parts of a refund bring them back in proportion, all of it brings all.
    async fn points_pay_and_come_back_whole(world: World) {
        let shop = Shop::open(&world).await;
        program(&world, &shop, 0).await;
        let hana = world.new_customer("佐藤", "花").create().await;
        give(&world, &shop, hana.id, 201).await;
        let id = points(&world, hana.id).await;
        let shirt = world.product("shirt").price(&shop.online, 1_000).stock(&shop.warehouse, 5).create().await;
        let (cart_id, _) = shop.cart_of(shirt.id(), 1).await;
        let ctx = own(&world, cart_id, hana.id).await;
        let few = vec![tender(Gateway::Points, Some(4), None), tender(Gateway::Test, None, None)];
        assert_eq!(
            complete(&ctx, cart_id, 1_550, few, "few").await.unwrap_err().code(),
            domain::ErrorCode::InvalidAmount,
            "below the least"
        );
        let tenders = vec![tender(Gateway::Points, None, None), tender(Gateway::Test, None, None)];
        let order = complete(&ctx, cart_id, 1_550, tenders, "buy").await.unwrap().order;
        let paid = domain::payment::query::of_orders(world.db(), &[order.id]).await.unwrap();
        let by_points = paid.iter().find(|payment| payment.gateway == Gateway::Points).unwrap();
        assert_eq!((by_points.amount, balance(&world, id).await), (100, 1));
        // What the test gateway captured last goes back first.
        for (part, after) in [(1_450, 1), (33, 67), (33, 133), (34, 201)] {
            give_back(&world, order.id, &[], (0, part)).await.unwrap();
            assert_eq!(balance(&world, id).await, after);
        }
    }

    /// What ends first is spent first; before the end its holder is warned once.
    async fn lots_end_oldest_first_and_are_told_before(world: World) {
        let shop = Shop::open(&world).await;
        program(&world, &shop, 0).await;
        let hana = world.new_customer("佐藤", "花").verified(IdentifierKind::Email, "hana@example.com").create().await;
        for (amount, end) in [(100, None), (60, Some(40)), (40, Some(20))] {
            give(&world, &shop, hana.id, amount).await;
            let lot = stored_value_lot::Entity::find().order_by_desc(stored_value_lot::Column::Id);
            let lot = lot.one(world.db()).await.unwrap().unwrap();
            let lot = stored_value_lot::Model { expires_at: end.map(|end| world.now() + days(end)), ..lot };
            stored_value_lot::Entity::update(lot.into_active_model().reset_all()).exec(world.db()).await.unwrap();
        }
        let id = points(&world, hana.id).await;
        let shirt = world.product("shirt").price(&shop.online, 1_000).stock(&shop.warehouse, 5).create().await;
        let (cart_id, _) = shop.cart_of(shirt.id(), 1).await;
        let ctx = own(&world, cart_id, hana.id).await;
        let tenders = vec![tender(Gateway::Points, Some(15), None), tender(Gateway::Test, None, None)];
        complete(&ctx, cart_id, 1_550, tenders, "buy").await.unwrap();
        // One point for each ¥100 of goods that money paid for, not points, and none for shipping: ¥1,000 − ¥15. They
        // wait for the goods to leave, so they neither pay nor run out meanwhile.
        let earned = (1_000 - 15) / 100;
        let left = stored_value_lot::Entity::find().order_by_asc(stored_value_lot::Column::Id).all(world.db()).await.unwrap();
        assert_eq!(left.iter().map(|lot| lot.remaining).collect::<Vec<_>>(), [100, 60, 10]);
        for _ in 0..2 {
            attend::attend_due(&world.ctx()).await.unwrap();
        }
        let mails = deliver(&world).await;
        assert_eq!(mails.iter().map(|mail| mail.template.as_str()).collect::<Vec<_>>(), ["points_expiring"]);
        assert!(mails[0].text.contains("10"), "{}", mails[0].text);
        world.advance(days(20));
        attend::attend_due(&world.ctx()).await.unwrap();
        assert_eq!(balance(&world, id).await, 100 + 60 + earned, "of 40, 30 paid ¥15 and 10 ran out");
        world.advance(days(20));
        assert_eq!(usable(&world, id).await, 100, "reads do not wait for the sweep");
        attend::attend_due(&world.ctx()).await.unwrap();
        assert_eq!(balance(&world, id).await, 100 + earned, "what ran out is gone from the books, too");
    }
}
