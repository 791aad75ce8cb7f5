//! Discounts that the goods which stay do not earn any more: kept with what goes back, and given back with the rest.

use domain::order::refund::{self, CreateRefund, RefundWish, SuggestedRefund, create_refund, suggested};
use domain::pickup::cancel_order::{CancelOrder, cancel_order};
use domain::promotion::conditions::Conditions;
use domain::promotion::offer::Benefit;
use domain::promotion::upsert::UpsertPromotion;
use domain::{Ctx, Permission};
use entity::id::{OrderId, OrderLineId};
use entity::words::*;
use support::{World, both_databases};

use super::{plain, running};
use crate::fulfillment::shop::{Line, Shop, buy, yen};
use crate::stored_value::{hand_in, send};

/// Three shirts of ¥1,000 with 10 % off from ¥2,500 on: ¥2,700, and ¥550 for shipping.
pub(super) async fn three(world: &World) -> (Shop, OrderId, OrderLineId) {
    let shop = Shop::open(world).await;
    let conditions = Conditions { minimum_amount: Some(2_500), ..Conditions::default() };
    let ten = UpsertPromotion { conditions, ..plain("秋", PromotionTrigger::Automatic, Benefit::Percent(100_000)) };
    running(world, ten).await;
    let shirt = world.product("shirt").price(&shop.online, 1_000).stock(&shop.warehouse, 50).create().await;
    let (cart_id, buyer) = shop.cart_of(shirt.id(), 3).await;
    let id = buy(&buyer, cart_id, 3_250, "buy").await.unwrap().order.id;
    let line = domain::order::query::lines(world.db(), &[id]).await.unwrap()[0].id;
    (shop, id, line)
}

pub(super) async fn clerk(world: &World) -> Ctx {
    let may = [
        Permission::RefundsIssue,
        Permission::OrdersRead,
        Permission::OrdersCancel,
        Permission::OrdersEdit,
        Permission::ReturnsWork,
        Permission::FulfillmentWork,
    ];
    world.staff(&may).await
}

fn wish(order_id: OrderId, units: &[(OrderLineId, i64)], claw_back: bool) -> RefundWish {
    RefundWish {
        order_id,
        units: units.to_vec(),
        shipping: None,
        amount: None,
        fee: None,
        claw_back,
        reason: RefundReason::Other,
    }
}

/// Gives back what was previewed; returns the preview.
async fn give(clerk: &Ctx, wish: RefundWish) -> SuggestedRefund {
    let seen = suggested(clerk, &wish).await.unwrap();
    let input = CreateRefund {
        wish,
        note: None,
        destination: RefundDestination::Original,
        register_id: None,
        expected_amount: Some(yen(seen.amount)),
        refund_amount_available: Some(yen(seen.refund_amount_available)),
        idempotency_key: format!("refund-{}", seen.refund_amount_available),
    };
    create_refund(clerk, input).await.unwrap();
    seen
}

pub(super) async fn refunded(world: &World, id: OrderId) -> Vec<(i64, i64)> {
    let refunds = refund::of_orders(world.db(), &[id]).await.unwrap();
    refunds.iter().map(|refund| (refund.amount, refund.claw_back_amount)).collect()
}

both_databases! {
    /// One of three goes back and two do not reach ¥2,500: their ¥200 are kept, and go back with them.
    async fn what_the_rest_does_not_earn_is_kept(world: World) {
        let (_, id, line) = three(&world).await;
        let clerk = clerk(&world).await;
        let seen = suggested(&clerk, &wish(id, &[(line, 1)], false)).await.unwrap();
        assert_eq!((seen.claw_back, seen.amount, seen.fee), (200, 900, 0), "only when it is wished");
        let first = give(&clerk, wish(id, &[(line, 1)], true)).await;
        assert_eq!((first.claw_back, first.amount, first.fee), (200, 700, 200));
        // Two at ¥1,000 stay, as if they had been bought without the promotion.
        let order = domain::order::query::by_id(world.db(), id).await.unwrap().unwrap();
        let balance = refund::balance(world.db(), &order).await.unwrap();
        assert_eq!((balance.due, balance.available, balance.overpaid), (2_550, 2_550, 0));
        let second = give(&clerk, wish(id, &[(line, 1)], false)).await;
        assert_eq!((second.claw_back, second.amount), (-100, 1_000), "wished or not");
        let third = give(&clerk, RefundWish { shipping: Some(yen(550)), ..wish(id, &[(line, 1)], true) }).await;
        assert_eq!((third.claw_back, third.amount), (-100, 1_550));
        assert_eq!(refunded(&world, id).await, [(700, 200), (1_000, -100), (1_550, -100)]);
        let notes = domain::order::credit_note::of_orders(world.db(), &[id]).await.unwrap();
        let papers: Vec<_> = notes.iter().map(|note| domain::order::credit_note::parse(note).unwrap()).collect();
        assert_eq!(papers.iter().map(|paper| (paper.claw_back, paper.fee)).collect::<Vec<_>>(), [(200, 0), (-100, 0), (-100, 0)]);
    }

    /// Without the wish nothing is kept, and what was not kept is not given back.
    async fn what_was_not_kept_does_not_come_back(world: World) {
        let (_, id, line) = three(&world).await;
        let clerk = clerk(&world).await;
        for claw_back in [false, true, true] {
            assert_eq!(give(&clerk, wish(id, &[(line, 1)], claw_back)).await.amount, 900);
        }
    }

    /// What stays above the minimum keeps its discount; all at once gives all.
    async fn enough_stays_or_nothing_does(world: World) {
        let shop = Shop::open(&world).await;
        let conditions = Conditions { minimum_amount: Some(2_000), ..Conditions::default() };
        let off = UpsertPromotion { conditions, ..plain("秋", PromotionTrigger::Automatic, Benefit::Fixed(300)) };
        running(&world, off).await;
        let shirt = world.product("shirt").price(&shop.online, 1_000).stock(&shop.warehouse, 50).create().await;
        let (cart_id, buyer) = shop.cart_of(shirt.id(), 3).await;
        let id = buy(&buyer, cart_id, 3_250, "buy").await.unwrap().order.id;
        let line = domain::order::query::lines(world.db(), &[id]).await.unwrap()[0].id;
        let clerk = clerk(&world).await;
        let one = give(&clerk, wish(id, &[(line, 1)], true)).await;
        assert_eq!((one.claw_back, one.amount), (0, 900));
        let rest = give(&clerk, wish(id, &[(line, 2)], true)).await;
        assert_eq!((rest.claw_back, rest.amount), (0, 1_800), "nothing stays that would have to earn it");
    }

    /// A return keeps it by itself; whose fault it is tells the waiving of fees.
    async fn returns_keep_it(world: World) {
        let (shop, id, line) = three(&world).await;
        send(&world, id).await;
        for _ in 0..3 {
            hand_in(&world, &shop, id, (line, 1)).await.unwrap();
        }
        assert_eq!(refunded(&world, id).await, [(700, 200), (1_000, -100), (1_000, -100)]);
    }

    /// More than a unit is worth cannot be kept of it: what is kept stays until no goods are left that do not earn it.
    async fn no_more_is_kept_than_a_unit_is_worth(world: World) {
        let shop = Shop::open(&world).await;
        let conditions = Conditions { minimum_amount: Some(2_500), ..Conditions::default() };
        let half = UpsertPromotion { conditions, ..plain("半額", PromotionTrigger::Automatic, Benefit::Percent(500_000)) };
        running(&world, half).await;
        let shirt = world.product("shirt").price(&shop.online, 1_000).stock(&shop.warehouse, 50).create().await;
        let (cart_id, buyer) = shop.cart_of(shirt.id(), 3).await;
        let id = buy(&buyer, cart_id, 2_050, "buy").await.unwrap().order.id;
        let line = domain::order::query::lines(world.db(), &[id]).await.unwrap()[0].id;
        send(&world, id).await;
        for _ in 0..3 {
            hand_in(&world, &shop, id, (line, 1)).await.unwrap();
        }
        assert_eq!(refunded(&world, id).await, [(0, 500), (500, 0), (1_000, -500)]);
        let order = domain::order::query::by_id(world.db(), id).await.unwrap().unwrap();
        let balance = refund::balance(world.db(), &order).await.unwrap();
        assert_eq!((balance.due, balance.available), (550, 550), "shipping");
    }

    /// What was kept for units that never left goes back when these are canceled.
    async fn canceling_the_rest_gives_it_back(world: World) {
        let (_, id, line) = three(&world).await;
        let clerk = clerk(&world).await;
        give(&clerk, wish(id, &[(line, 1)], true)).await;
        let input = CancelOrder {
            order_id: id,
            lines: Vec::new(),
            reason: CancelReason::Customer,
            notify: false,
            note: None,
            expected_version: None,
            idempotency_key: "cancel".to_owned(),
        };
        cancel_order(&clerk, input).await.unwrap();
        assert_eq!(refunded(&world, id).await, [(700, 200), (1_800 + 200 + 550, -200)]);
    }

    /// A gift that came with a shirt is asked for when the shirt goes back; gone with it, nothing is left to ask for.
    async fn gifts_are_asked_for(world: World) {
        let shop = Shop::open(&world).await;
        let shirt = world.product("shirt").price(&shop.online, 1_000).stock(&shop.warehouse, 50).create().await;
        let pouch = world.product("pouch").price(&shop.online, 300).stock(&shop.warehouse, 50).create().await;
        let conditions = Conditions { products: [pouch.product.id].into(), ..Conditions::default() };
        let free = UpsertPromotion {
            target: PromotionTarget::Lines,
            conditions,
            ..plain("贈り物", PromotionTrigger::Automatic, Benefit::Free)
        };
        running(&world, free).await;
        let ship = DeliveryMethod::Ship;
        let lines: Vec<Line> = vec![(shirt.id(), 1, ship, None), (pouch.id(), 1, ship, None)];
        let (cart_id, buyer) = shop.cart(&lines).await;
        let id = buy(&buyer, cart_id, 1_550, "buy").await.unwrap().order.id;
        let rows = domain::order::query::lines(world.db(), &[id]).await.unwrap();
        let [paid, gift] = [shirt.id(), pouch.id()].map(|variant| rows.iter().find(|line| line.variant_id == variant).unwrap());
        assert_eq!((paid.total, gift.total), (1_000, 0));
        let clerk = clerk(&world).await;
        let alone = suggested(&clerk, &wish(id, &[(paid.id, 1)], false)).await.unwrap();
        assert_eq!((alone.gifts, alone.amount), (vec![gift.id], 1_000));
        let both = suggested(&clerk, &wish(id, &[(paid.id, 1), (gift.id, 1)], false)).await.unwrap();
        assert_eq!((both.gifts, both.amount), (vec![], 1_000));
        give(&clerk, wish(id, &[(paid.id, 1)], false)).await;
        send(&world, id).await;
        hand_in(&world, &shop, id, (gift.id, 1)).await.unwrap();
        assert_eq!(refunded(&world, id).await, [(1_000, 0), (0, 0)]);
    }
}
