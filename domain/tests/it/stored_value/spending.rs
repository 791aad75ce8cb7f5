//! Paying by stored value, alone and with others, once.

use domain::fulfillment::complete_cart::{CompleteCart, Completed, complete_cart};
use domain::kernel::Actor;
use domain::payment::tender::TenderInput;
use domain::register::sell::{SaleLine, Sell, sell};
use domain::stored_value::staff::{Adjust, BlockCard, adjust, block};
use domain::{Ctx, ErrorCode, Permission};
use entity::id::{CartId, CustomerId};
use entity::words::*;
use entity::{cart, payment};
use sea_orm::{ActiveValue::Set, EntityTrait, QueryOrder};
use support::{World, both_databases, race};

use super::{balance, card_of, credit_of, gift, give_back, row, tender};
use crate::fulfillment::shop::{Shop, yen};

pub(crate) async fn complete(
    ctx: &Ctx,
    cart_id: CartId,
    total: i64,
    payments: Vec<TenderInput>,
    key: &str,
) -> domain::Result<Completed> {
    let input = CompleteCart { cart_id, expected_total: yen(total), payments, idempotency_key: key.to_owned() };
    complete_cart(ctx, input).await
}

/// The cart is the customer's.
pub(crate) async fn own(world: &World, cart_id: CartId, customer: CustomerId) -> Ctx {
    let change = cart::ActiveModel { id: Set(cart_id), customer_id: Set(Some(customer)), ..Default::default() };
    cart::Entity::update(change).exec(world.db()).await.unwrap();
    world.ctx().with_actor(Actor::Customer { id: customer, cart_id: None })
}

async fn payments(world: &World) -> Vec<payment::Model> {
    payment::Entity::find().order_by_asc(payment::Column::Id).all(world.db()).await.unwrap()
}

both_databases! {
    /// A card of ¥1,000 and thirty carts of ¥1,000, all at once: one order, and twenty-nine that hear that nothing is left.
    async fn a_card_pays_one_of_thirty_checkouts(world: World) {
        let shop = Shop::open(&world).await;
        let (id, code) = card_of(&world, shop.online.id, 1_000).await;
        let digital = world.product("song").price(&shop.online, 1_000).stock(&shop.warehouse, 100);
        let song = digital.with(|variant| variant.requires_shipping = false).create().await;
        let mut carts = Vec::new();
        for _ in 0..30 {
            carts.push(shop.cart_of(song.id(), 1).await);
        }
        let answers = race(30, |number| {
            let ((cart_id, ctx), code) = (carts[number].clone(), code.clone());
            async move {
                let card = vec![tender(Gateway::GiftCard, None, Some(&code))];
                complete(&ctx, cart_id, 1_000, card, "buy").await.map(|done| done.order.payment_status)
            }
        })
        .await;
        let won: Vec<_> = answers.iter().filter_map(|answer| answer.as_ref().ok()).collect();
        assert_eq!(won, [&OrderPaymentStatus::Paid]);
        for error in answers.iter().filter_map(|answer| answer.as_ref().err()) {
            assert_eq!(error.code(), ErrorCode::InsufficientBalance, "{error}");
        }
        assert_eq!(balance(&world, id).await, 0);
        assert_eq!(payments(&world).await.len(), 1);
    }

    /// Card first, then store credit, the rest by the test gateway; refunds go back to where they came from.
    async fn several_accounts_pay_one_order_and_get_their_own_back(world: World) {
        let shop = Shop::open(&world).await;
        let hana = world.new_customer("佐藤", "花").create().await;
        let (card, code) = card_of(&world, shop.online.id, 600).await;
        let credit = credit_of(&world, &shop, hana.id, 300).await;
        let shirt = world.product("shirt").price(&shop.online, 1_000).stock(&shop.warehouse, 5).create().await;
        let (cart_id, _) = shop.cart_of(shirt.id(), 1).await;
        let ctx = own(&world, cart_id, hana.id).await;
        let typed = format!(" {} ", code.to_lowercase().replace('-', " "));
        let tenders = vec![
            tender(Gateway::GiftCard, None, Some(&typed)),
            tender(Gateway::StoreCredit, None, None),
            tender(Gateway::Test, None, None),
        ];
        let order = complete(&ctx, cart_id, 1_550, tenders, "buy").await.unwrap().order;
        assert_eq!(order.payment_status, OrderPaymentStatus::Paid);
        let paid = payments(&world).await;
        assert_eq!(paid.iter().map(|payment| payment.amount).collect::<Vec<_>>(), [600, 300, 650]);
        assert_eq!((balance(&world, card).await, balance(&world, credit).await), (0, 0));
        // What was captured last goes back first: the test gateway, the credit, the card.
        for (amount, after) in [(650, (0, 0)), (300, (0, 300)), (250, (250, 300)), (350, (600, 300))] {
            give_back(&world, order.id, &[], (0, amount)).await.unwrap();
            assert_eq!((balance(&world, card).await, balance(&world, credit).await), after, "{amount}");
        }
        let more = give_back(&world, order.id, &[], (0, 1)).await.unwrap_err();
        assert_eq!(more.code(), ErrorCode::InvalidAmount, "more than was spent");
    }

    /// A card that covers all leaves nothing for the other tender; a card with nothing on it is refused.
    async fn an_open_tender_takes_what_the_card_leaves(world: World) {
        let shop = Shop::open(&world).await;
        let (_, rich) = card_of(&world, shop.online.id, 9_000).await;
        let shirt = world.product("shirt").price(&shop.online, 1_000).stock(&shop.warehouse, 5).create().await;
        let both = |code: &str| vec![tender(Gateway::GiftCard, None, Some(code)), tender(Gateway::Test, None, None)];
        let (cart_id, ctx) = shop.cart_of(shirt.id(), 1).await;
        complete(&ctx, cart_id, 1_550, both(&rich), "one").await.unwrap();
        assert_eq!(payments(&world).await.iter().map(|it| (it.gateway, it.amount)).collect::<Vec<_>>(), [(Gateway::GiftCard, 1_550)]);
        let (poor, code) = card_of(&world, shop.online.id, 100).await;
        let (cart_id, ctx) = shop.cart_of(shirt.id(), 1).await;
        let beyond = vec![tender(Gateway::GiftCard, Some(101), Some(&code)), tender(Gateway::Test, None, None)];
        let refused = complete(&ctx, cart_id, 1_550, beyond, "two").await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::InsufficientBalance);
        assert_eq!(balance(&world, poor).await, 100, "nothing half done");
    }

    /// Blocked, expired, of nobody, of another currency, without a code.
    async fn what_cannot_pay_is_refused(world: World) {
        let shop = Shop::open(&world).await;
        let clerk = world.staff(&[Permission::StoredValueWrite]).await;
        let shirt = world.product("shirt").price(&shop.online, 1_000).stock(&shop.warehouse, 5).create().await;
        let (cart_id, ctx) = shop.cart_of(shirt.id(), 1).await;
        let (id, code) = card_of(&world, shop.online.id, 5_000).await;
        let stop = BlockCard { account_id: id, blocked: true, reason: "lost".into(), idempotency_key: "b".into() };
        block(&clerk, stop.clone()).await.unwrap();
        assert!(block(&clerk, stop.clone()).await.unwrap().replayed);
        let again = BlockCard { idempotency_key: "c".into(), ..stop };
        assert_eq!(block(&clerk, again).await.unwrap_err().code(), ErrorCode::InvalidTransition);
        let end = world.now() + super::days(1);
        let short = domain::stored_value::staff::IssueCard { expires_at: Some(end), ..gift(shop.online.id, 5_000, "short") };
        let short = domain::stored_value::staff::issue_card(&clerk, short).await.unwrap().account;
        let short = domain::stored_value::card::code(&world.services().secrets, short.id);
        world.advance(super::days(1));
        let pay = |tender| complete(&ctx, cart_id, 1_550, vec![tender], "buy");
        for (tender, code) in [
            (tender(Gateway::GiftCard, None, Some(&code)), ErrorCode::GiftCardUnusable),
            (tender(Gateway::GiftCard, None, Some(&short)), ErrorCode::GiftCardUnusable),
            (tender(Gateway::GiftCard, None, Some("ABCD")), ErrorCode::InvalidCode),
            (tender(Gateway::GiftCard, None, None), ErrorCode::Required),
            (tender(Gateway::StoreCredit, None, None), ErrorCode::Required),
            (tender(Gateway::Points, None, None), ErrorCode::Required),
        ] {
            assert_eq!(pay(tender).await.unwrap_err().code(), code);
        }
    }

    /// Strangers get no more than so many guesses; a right code takes its look back.
    async fn guessing_codes_is_slowed_down(world: World) {
        let shop = Shop::open(&world).await;
        let (_, code) = card_of(&world, shop.online.id, 1_000).await;
        let stranger = Ctx { ip: Some("203.0.113.9".parse().unwrap()), ..world.guest() };
        let look = |code: String| {
            let stranger = stranger.clone();
            async move { domain::stored_value::query::card_of(&stranger, &code).await }
        };
        for _ in 0..60 {
            assert_eq!(look(code.clone()).await.unwrap().balance, 1_000);
        }
        let mut refused = Vec::new();
        for _ in 0..60 {
            refused.push(look("ABCD-ABCD-ABCD-ABCD-ABCD".to_owned()).await.unwrap_err().code());
        }
        assert!(refused[..50].iter().all(|code| *code == ErrorCode::InvalidCode), "{refused:?}");
        assert!(refused[50..].contains(&ErrorCode::Throttled), "{refused:?}");
    }

    /// A till takes a card and cash in one sale.
    async fn a_till_takes_cards(world: World) {
        let shop = Shop::open(&world).await;
        let (id, code) = card_of(&world, shop.pos.id, 300).await;
        let tea = world.product("tea").price(&shop.pos, 500).stock(&shop.store, 5).create().await;
        let clerk = world.staff_at(shop.store.id, &[Permission::PosSell]).await;
        let input = Sell {
            reservation_code: None,
            units: Vec::new(),
            discounts: Default::default(),
            register_id: Some(shop.register),
            cart_id: None,
            lines: vec![SaleLine { variant_id: tea.id(), quantity: 1 }],
            customer_id: None,
            email: None,
            locale: None,
            expected_total: None,
            payments: vec![tender(Gateway::GiftCard, None, Some(&code)), tender(Gateway::CardTerminal, None, None)],
            idempotency_key: "sale".to_owned(),
        };
        let sold = sell(&clerk, input.clone()).await.unwrap();
        assert_eq!(sold.order.payment_status, OrderPaymentStatus::Paid);
        assert!(sell(&clerk, input).await.unwrap().replayed);
        assert_eq!(balance(&world, id).await, 0);
        assert_eq!(payments(&world).await.iter().map(|it| it.amount).collect::<Vec<_>>(), [300, 200]);
    }

    /// A key does a thing once; corrections never take more than there is.
    async fn corrections_are_made_once(world: World) {
        let shop = Shop::open(&world).await;
        let clerk = world.staff(&[Permission::StoredValueWrite]).await;
        let (id, _) = card_of(&world, shop.online.id, 500).await;
        let change = |amount, key: &str| Adjust {
            account_id: id,
            kind: StoredValueKind::GiftCard,
            currency: None,
            amount,
            reason: "a slip".to_owned(),
            idempotency_key: key.to_owned(),
        };
        for _ in 0..3 {
            adjust(&clerk, change(-200, "a")).await.unwrap();
        }
        adjust(&clerk, change(50, "b")).await.unwrap();
        assert_eq!(balance(&world, id).await, 350);
        assert_eq!(adjust(&clerk, change(-351, "c")).await.unwrap_err().code(), ErrorCode::InsufficientBalance);
        assert_eq!(adjust(&clerk, change(0, "d")).await.unwrap_err().code(), ErrorCode::InvalidAmount);
        assert_eq!(adjust(&world.staff(&[]).await, change(1, "e")).await.unwrap_err().code(), ErrorCode::Forbidden);
        assert_eq!(row(&world, id).await.version, 4);
    }

    /// Spending, giving back and corrections at once: whatever wins, the audit finds the books in balance.
    async fn everything_at_once_stays_in_balance(world: World) {
        let shop = Shop::open(&world).await;
        let clerk = world.staff(&[Permission::StoredValueWrite]).await;
        let (id, code) = card_of(&world, shop.online.id, 5_000).await;
        let shirt = world.product("shirt").price(&shop.online, 1_000).stock(&shop.warehouse, 50).create().await;
        let mut carts = Vec::new();
        for _ in 0..12 {
            carts.push(shop.cart_of(shirt.id(), 1).await);
        }
        race(12, |number| {
            let ((cart_id, ctx), code, clerk) = (carts[number].clone(), code.clone(), clerk.clone());
            async move {
                if number % 3 == 0 {
                    let amount = if number % 2 == 0 { 700 } else { -700 };
                    let change = Adjust {
                        account_id: id,
                        kind: StoredValueKind::GiftCard,
                        currency: None,
                        amount,
                        reason: "a slip".to_owned(),
                        idempotency_key: format!("a{number}"),
                    };
                    let _ = adjust(&clerk, change).await;
                } else {
                    let card = vec![tender(Gateway::GiftCard, None, Some(&code))];
                    let _ = complete(&ctx, cart_id, 1_550, card, "buy").await;
                }
            }
        })
        .await;
        let spent: i64 = payments(&world).await.iter().map(|payment| payment.amount).sum();
        assert!(spent >= 1_550 && balance(&world, id).await >= 0);
    }
}
