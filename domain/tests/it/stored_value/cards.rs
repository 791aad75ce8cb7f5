//! Gift cards as goods: sold, paid, mailed, taken back.

use domain::order::capture_payment::{CapturePayment, capture_payment};
use domain::stored_value::staff::{ResendCard, resend};
use domain::stored_value::{attend, card, program};
use domain::{ErrorCode, Permission};
use entity::id::{OrderId, TaxClassId, VariantId};
use entity::words::*;
use entity::{cart_line, order, stored_value_account, tax_class, tax_rate};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};
use serde_json::json;
use support::{World, both_databases, race};

use super::spending::complete;
use super::{balance, cancel, days, deliver, give_back, hand_in, line_of, send, tender};
use crate::fulfillment::shop::Shop;

/// A gift card of ¥3,000 in the shop, valid for a year.
async fn sold(world: &World, shop: &Shop) -> VariantId {
    let class = TaxClassId(world.new_uuid());
    let row = tax_class::Model { id: class, code: "none".to_owned(), name: "No tax".to_owned() };
    tax_class::Entity::insert(row.into_active_model().reset_all()).exec_without_returning(world.db()).await.unwrap();
    let known = tax_rate::Entity::find().one(world.db()).await.unwrap();
    let card = world
        .product("card")
        .price(&shop.online, 3_000)
        .with(move |variant| {
            variant.tax_class_id = Some(class);
            variant.requires_shipping = false;
            variant.tracked = false;
        })
        .create()
        .await;
    let known = match known {
        Some(known) => known,
        None => tax_rate::Entity::find().one(world.db()).await.unwrap().unwrap(),
    };
    let free = tax_rate::Model {
        id: entity::id::TaxRateId(world.new_uuid()),
        tax_class_id: class,
        name: "No tax".to_owned(),
        rate_ppm: 0,
        ..known
    };
    tax_rate::Entity::insert(free.into_active_model().reset_all()).exec_without_returning(world.db()).await.unwrap();
    let product = card.variant.product_id;
    let row = entity::gift_card_product::Model { product_id: product, valid_days: Some(365), created_at: world.now() };
    entity::gift_card_product::Entity::insert(row.into_active_model().reset_all())
        .exec_without_returning(world.db())
        .await
        .unwrap();
    card.id()
}

/// An order of cards, paid by staff's word later.
async fn ordered(
    world: &World,
    shop: &Shop,
    quantity: i64,
    gateway: Gateway,
    about: serde_json::Value,
) -> order::Model {
    let variant = sold(world, shop).await;
    let (cart_id, ctx) = shop.cart_of(variant, quantity).await;
    cart_line::Entity::update_many()
        .col_expr(cart_line::Column::Metadata, sea_orm::sea_query::Expr::value(about))
        .filter(sea_orm::ColumnTrait::eq(&cart_line::Column::CartId, cart_id))
        .exec(world.db())
        .await
        .unwrap();
    complete(&ctx, cart_id, 3_000 * quantity, vec![tender(gateway, None, None)], "buy").await.unwrap().order
}

async fn cards(world: &World) -> Vec<stored_value_account::Model> {
    stored_value_account::Entity::find().order_by_asc(stored_value_account::Column::Unit).all(world.db()).await.unwrap()
}

/// What an order was for.
async fn order_variant(world: &World, id: OrderId) -> VariantId {
    domain::order::query::lines(world.db(), &[id]).await.unwrap().remove(0).variant_id
}

/// Somebody buys a shirt with a card: ¥1,550.
async fn spend(world: &World, shop: &Shop, card: &stored_value_account::Model) {
    let shirt = world.product("shirt").price(&shop.online, 1_000).stock(&shop.warehouse, 5).create().await;
    let (cart_id, ctx) = shop.cart_of(shirt.id(), 1).await;
    let code = card::code(&world.services().secrets, card.id);
    let payments = vec![tender(Gateway::GiftCard, None, Some(&code))];
    complete(&ctx, cart_id, 1_550, payments, "spend").await.unwrap();
}

both_databases! {
    /// Without money a card is worth nothing; with it, it is mailed to its recipient, once, with the giver's words.
    async fn a_card_is_worth_something_once_it_is_paid(world: World) {
        let shop = Shop::open(&world).await;
        let about = json!({
            "gift_card.recipient_email": "Taro@Example.jp",
            "gift_card.recipient_name": "太郎",
            "gift_card.sender_name": "花子",
            "gift_card.message": "お誕生日おめでとう",
        });
        let order = ordered(&world, &shop, 1, Gateway::Manual, about).await;
        assert!(deliver(&world).await.is_empty());
        let waiting = cards(&world).await.remove(0);
        assert_eq!((waiting.status, waiting.balance), (StoredValueStatus::Inactive, 0));
        let clerk = world.staff(&[Permission::PaymentsCapture, Permission::OrdersRead]).await;
        let payment_id = domain::payment::query::of_orders(world.db(), &[order.id]).await.unwrap().remove(0).id;
        let paid = CapturePayment { payment_id, amount: None, idempotency_key: "paid".to_owned() };
        capture_payment(&clerk, paid).await.unwrap();
        let mails = deliver(&world).await;
        assert_eq!(deliver(&world).await.len(), 1, "once");
        let active = cards(&world).await.remove(0);
        assert_eq!((active.status, active.balance), (StoredValueStatus::Active, 3_000));
        assert_eq!(active.expires_at, Some(world.now() + days(365)));
        let code = card::code(&world.services().secrets, active.id);
        assert_eq!((mails[0].template.as_str(), mails[0].recipient.as_str()), ("gift_card", "taro@example.jp"));
        for part in [&mails[0].html, &mails[0].text] {
            assert!(part.contains(&code) && part.contains("お誕生日おめでとう") && part.contains("花子"), "{part}");
        }
        assert!(!mails[0].subject.contains(&code));
        let stored = format!("{active:?}");
        assert!(!stored.contains(&code) && !stored.contains(&code.replace('-', "")), "only hash and hint are kept");
    }

    /// A card for a day is mailed on that day, and again when staff are asked to.
    async fn a_card_is_mailed_on_its_day(world: World) {
        let shop = Shop::open(&world).await;
        let day = (world.now() + days(3)).date_naive().to_string();
        let about = json!({ "gift_card.recipient_email": "taro@example.jp", "gift_card.deliver_on": day });
        ordered(&world, &shop, 1, Gateway::Test, about).await;
        assert!(deliver(&world).await.is_empty());
        attend::attend_due(&world.ctx()).await.unwrap();
        assert!(deliver(&world).await.is_empty());
        world.advance(days(3));
        attend::attend_due(&world.ctx()).await.unwrap();
        attend::attend_due(&world.ctx()).await.unwrap();
        assert_eq!(deliver(&world).await.len(), 1);
        let clerk = world.staff(&[Permission::StoredValueWrite]).await;
        let again = ResendCard {
            account_id: cards(&world).await[0].id,
            recipient_email: Some("other@example.jp".to_owned()),
            idempotency_key: "again".to_owned(),
        };
        resend(&clerk, again.clone()).await.unwrap();
        assert!(resend(&clerk, again).await.unwrap().replayed);
        let mails = deliver(&world).await;
        assert_eq!(mails.iter().map(|mail| mail.recipient.as_str()).collect::<Vec<_>>(), ["taro@example.jp", "other@example.jp"]);
    }

    /// A card that nobody used is taken back with its unit; one that was used is not.
    async fn an_unused_card_is_taken_back(world: World) {
        let shop = Shop::open(&world).await;
        let order = ordered(&world, &shop, 2, Gateway::Test, json!({})).await;
        deliver(&world).await;
        let (first, second) = (cards(&world).await.remove(0), cards(&world).await.remove(1));
        spend(&world, &shop, &first).await;
        let line = line_of(&world, order.id).await;
        let refused = hand_in(&world, &shop, order.id, (line, 2)).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::GiftCardUsed);
        assert!(domain::order::refund::of_orders(world.db(), &[order.id]).await.unwrap().is_empty());
        hand_in(&world, &shop, order.id, (line, 1)).await.unwrap();
        assert_eq!((balance(&world, first.id).await, balance(&world, second.id).await), (1_450, 0));
        assert_eq!(cards(&world).await[1].status, StoredValueStatus::Blocked);
        let refunds = domain::order::refund::of_orders(world.db(), &[order.id]).await.unwrap();
        assert_eq!(refunds.iter().map(|refund| refund.amount).collect::<Vec<_>>(), [3_000]);
        let refused = hand_in(&world, &shop, order.id, (line, 1)).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::GiftCardUsed, "the other one was spent");
    }

    /// However the money of a card goes back, the card is worth nothing afterwards: by staff, or before it is paid.
    async fn no_card_outlives_its_money(world: World) {
        let shop = Shop::open(&world).await;
        let order = ordered(&world, &shop, 1, Gateway::Test, json!({})).await;
        deliver(&world).await;
        give_back(&world, order.id, &[(line_of(&world, order.id).await, 1)], (0, 0)).await.unwrap();
        let card = cards(&world).await.remove(0);
        assert_eq!((card.status, card.balance), (StoredValueStatus::Blocked, 0));
        let (cart_id, ctx) = shop.cart_of(order_variant(&world, order.id).await, 1).await;
        let unpaid = complete(&ctx, cart_id, 3_000, vec![tender(Gateway::Manual, None, None)], "later").await;
        let unpaid = unpaid.unwrap().order;
        deliver(&world).await;
        cancel(&world, unpaid.id, Vec::new()).await.unwrap();
        let statuses: Vec<_> = cards(&world).await.iter().map(|card| card.status).collect();
        assert_eq!(statuses, [StoredValueStatus::Blocked, StoredValueStatus::Blocked]);
    }

    /// One card, returned at a counter and spent in twelve checkouts at once: the money or the value, never both.
    async fn returned_or_spent(world: World) {
        let shop = Shop::open(&world).await;
        let order = ordered(&world, &shop, 1, Gateway::Test, json!({})).await;
        deliver(&world).await;
        let card = cards(&world).await.remove(0);
        let code = card::code(&world.services().secrets, card.id);
        let line = line_of(&world, order.id).await;
        let shirt = world.product("shirt").price(&shop.online, 2_450).stock(&shop.warehouse, 50).create().await;
        let mut carts = Vec::new();
        for _ in 0..12 {
            carts.push(shop.cart_of(shirt.id(), 1).await);
        }
        let answers = race(13, |number| {
            let (world, shop, code, id) = (world.clone(), shop.clone(), code.clone(), order.id);
            let cart = carts.get(number).cloned();
            async move {
                let Some((cart_id, ctx)) = cart else { return hand_in(&world, &shop, id, (line, 1)).await };
                let payments = vec![tender(Gateway::GiftCard, None, Some(&code))];
                complete(&ctx, cart_id, 3_000, payments, "spend").await.map(|_| ())
            }
        })
        .await;
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
        assert_eq!(balance(&world, card.id).await, 0);
    }

    /// A card that was paid leaves no work behind; what is packed beside it goes on as ever.
    async fn nobody_packs_a_card(world: World) {
        let shop = Shop::open(&world).await;
        let order = ordered(&world, &shop, 2, Gateway::Test, json!({})).await;
        assert_eq!(order.fulfillment_status, OrderFulfillmentStatus::Unfulfilled);
        deliver(&world).await;
        let done = domain::order::query::by_id(world.db(), order.id).await.unwrap().unwrap();
        assert_eq!((done.status, done.fulfillment_status), (OrderStatus::Closed, OrderFulfillmentStatus::Fulfilled));
        assert_eq!(shop.work(order.id).await, [(Some(shop.warehouse.id), "CLOSED".to_owned(), 2)]);

        let shirt = world.product("shirt").price(&shop.online, 1_000).stock(&shop.warehouse, 5).create().await;
        let card = order_variant(&world, order.id).await;
        let ship = DeliveryMethod::Ship;
        let (cart_id, ctx) = shop.cart(&[(card, 1, ship, None), (shirt.id(), 1, ship, None)]).await;
        let mixed = complete(&ctx, cart_id, 4_550, vec![tender(Gateway::Test, None, None)], "mixed").await.unwrap().order;
        deliver(&world).await;
        let lines = domain::order::query::lines(world.db(), &[mixed.id]).await.unwrap();
        assert_eq!(lines.iter().map(|line| line.fulfilled).collect::<Vec<_>>(), [1, 0]);
        let half = domain::order::query::by_id(world.db(), mixed.id).await.unwrap().unwrap();
        assert_eq!(half.fulfillment_status, OrderFulfillmentStatus::PartiallyFulfilled);
        send(&world, mixed.id).await;
        let whole = domain::order::query::by_id(world.db(), mixed.id).await.unwrap().unwrap();
        assert_eq!((whole.status, shop.level(&shop.warehouse, shirt.id()).await), (OrderStatus::Closed, (4, 0)));
    }

    /// Where money is taken as goods leave, the cards leave as soon as it is reserved.
    async fn cards_leave_when_their_money_is_reserved(world: World) {
        let shop = Shop::open(&world).await;
        entity::channel::Entity::update_many()
            .col_expr(entity::channel::Column::CaptureMode, sea_orm::sea_query::Expr::value(CaptureMode::AtDispatch))
            .exec(world.db())
            .await
            .unwrap();
        let order = ordered(&world, &shop, 1, Gateway::Test, json!({})).await;
        assert_eq!(order.payment_status, OrderPaymentStatus::Authorized);
        deliver(&world).await;
        let done = domain::order::query::by_id(world.db(), order.id).await.unwrap().unwrap();
        assert_eq!((done.status, done.payment_status), (OrderStatus::Closed, OrderPaymentStatus::Paid));
        let card = cards(&world).await.remove(0);
        assert_eq!((card.status, card.balance), (StoredValueStatus::Active, 3_000));
    }

    /// Tax is due when a card pays, not when it is sold; and nobody can count or send it.
    async fn only_goods_without_tax_are_cards(world: World) {
        let shop = Shop::open(&world).await;
        let clerk = world.staff(&[Permission::StoredValueWrite]).await;
        let shirt = world.product("shirt").price(&shop.online, 1_000).create().await;
        let taxed = program::set_product(&clerk, shirt.variant.product_id, true, None).await.unwrap_err();
        assert_eq!(taxed.code(), ErrorCode::Invalid);
        let card = sold(&world, &shop).await;
        let product = entity::variant::Entity::find_by_id(card).one(world.db()).await.unwrap().unwrap().product_id;
        program::set_product(&clerk, product, true, Some(30)).await.unwrap();
    }
}
