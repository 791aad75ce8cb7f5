//! Prices and discounts by hand at a till, and who must allow them.

use domain::access::{Approval, RoleAt, UpsertRole, UpsertStaff, upsert_role, upsert_staff};
use domain::cart::by_hand::{SetByHand, set_by_hand};
use domain::cart::lines::{remove_line, update_line};
use domain::payment::tender::TenderInput;
use domain::promotion::offer::Benefit;
use domain::promotion::{ByHandValue, query};
use domain::register::receipt::parse;
use domain::register::sale_discounts::{SaleDiscount, SaleDiscounts};
use domain::register::sell::{SaleLine, Sell, sell};
use domain::{ErrorCode, Permission};
use entity::words::{DiscountKind, Gateway, PromotionTrigger, TestOutcome};
use support::{World, both_databases};

use super::{coded, plain, target};
use crate::fulfillment::shop::Shop;

fn sale(shop: &Shop, lines: Vec<SaleLine>, discounts: SaleDiscounts, key: &str) -> Sell {
    Sell {
        reservation_code: None,
        units: Vec::new(),
        register_id: Some(shop.register),
        cart_id: None,
        lines,
        customer_id: None,
        email: None,
        locale: None,
        discounts,
        expected_total: None,
        payments: vec![TenderInput {
            gateway: Gateway::CardTerminal,
            amount: None,
            tendered: None,
            reference: None,
            test_outcome: TestOutcome::Approve,
            code: None,
            method: None,
        }],
        idempotency_key: key.to_owned(),
    }
}

fn off(line: Option<usize>, value: ByHandValue) -> SaleDiscount {
    SaleDiscount { line, value, reason: "傷あり".to_owned() }
}

async fn manager(world: &World, email: &str, permissions: &[&str]) {
    let role = UpsertRole {
        code: email.split('@').next().unwrap_or_default().to_owned(),
        name: "Role".to_owned(),
        permissions: permissions.iter().map(|it| (*it).to_owned()).collect(),
        expected_version: None,
    };
    let role = upsert_role(&world.ctx(), role).await.unwrap();
    let input = UpsertStaff {
        id: None,
        email: email.to_owned(),
        name: "Sato".to_owned(),
        locale: "ja".to_owned(),
        password: None,
        pin: Some("2468".to_owned()),
        active: true,
        roles: Some(vec![RoleAt { code: role.code, location_id: None, channel_id: None }]),
        expected_version: None,
    };
    upsert_staff(&world.ctx(), input).await.unwrap();
}

fn proof(email: &str) -> Option<Approval> {
    Some(Approval { email: email.to_owned(), pin: "2468".to_owned() })
}

both_databases! {
    /// Another price, a code and something off the whole: the receipt tells each, and the sums are right per rate.
    async fn a_sale_is_discounted_by_hand(world: World) {
        let shop = Shop::open(&world).await;
        let shirt = world.product("shirt").price(&shop.pos, 5_500).stock(&shop.store, 9).create().await;
        let tea = world.product("tea").reduced_tax().price(&shop.pos, 1_080).stock(&shop.store, 9).create().await;
        coded(&world, "TEN", plain("友の会", PromotionTrigger::Code, Benefit::Percent(100_000))).await;
        let lines =
            vec![SaleLine { variant_id: shirt.id(), quantity: 1 }, SaleLine { variant_id: tea.id(), quantity: 2 }];
        let clerk = world.staff_at(shop.store.id, &[Permission::PosSell, Permission::DiscountsGive]).await;
        let discounts = SaleDiscounts {
            codes: vec!["ten".to_owned()],
            given: vec![off(Some(0), ByHandValue::Price(5_000)), off(None, ByHandValue::Amount(100))],
            ..SaleDiscounts::default()
        };
        let sold = sell(&clerk, sale(&shop, lines.clone(), discounts.clone(), "one")).await.unwrap();
        // 500 off the shirt; 10 % of 7,160 are 716; then 100.
        assert_eq!((sold.order.discount_total, sold.order.total), (1_316, 6_344));
        let receipt = parse(&sold.receipt).unwrap();
        let told: Vec<_> = receipt.discounts.iter().map(|it| (it.label(), it.amount)).collect();
        assert_eq!(told, [("店頭価格".to_owned(), 500), ("友の会の特典 (TEN)".to_owned(), 716), ("値引".to_owned(), 100)]);
        assert_eq!(receipt.lines.iter().map(|line| line.amount - line.discount).sum::<i64>(), receipt.total);
        assert_eq!(receipt.taxes.iter().map(|tax| tax.gross).sum::<i64>(), receipt.total);
        assert!(receipt.text().contains("友の会の特典 (TEN)") && receipt.html().contains("友の会の特典"));
        let given = query::of_orders(world.db(), &[sold.order.id]).await.unwrap();
        assert_eq!(given[0].kind, DiscountKind::PriceOverride);
        assert_eq!((given[0].reason.as_deref(), given[0].staff_id), (Some("傷あり"), clerk.actor.staff_id()));

        let seller = world.staff_at(shop.store.id, &[Permission::PosSell]).await;
        let refused = sell(&seller, sale(&shop, lines.clone(), discounts.clone(), "two")).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::Forbidden);
        let unknown = SaleDiscounts { codes: vec!["NO".to_owned()], ..SaleDiscounts::default() };
        let refused = sell(&clerk, sale(&shop, lines.clone(), unknown, "three")).await.unwrap_err();
        assert_eq!((refused.code(), refused.path()), (ErrorCode::CodeNotAccepted, "input.discounts.codes.0"));
        let dearer = SaleDiscounts { given: vec![off(Some(1), ByHandValue::Price(2_000))], ..SaleDiscounts::default() };
        let refused = sell(&clerk, sale(&shop, lines.clone(), dearer, "four")).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::InvalidAmount);
        let nowhere = SaleDiscounts { given: vec![off(Some(2), ByHandValue::Amount(1))], ..SaleDiscounts::default() };
        let refused = sell(&clerk, sale(&shop, lines, nowhere, "five")).await.unwrap_err();
        assert_eq!(refused.path(), "input.discounts.given.0.line");
    }

    /// Beyond the channel's limit another person who may allow it must prove who they are.
    async fn beyond_the_limit_somebody_else_must_allow_it(world: World) {
        let shop = Shop::open(&world).await;
        let shirt = world.product("shirt").price(&shop.pos, 1_000).stock(&shop.store, 9).create().await;
        manager(&world, "boss@example.com", &["exceptions.approve"]).await;
        manager(&world, "peer@example.com", &["pos.sell"]).await;
        let clerk = world.staff_at(shop.store.id, &[Permission::PosSell, Permission::DiscountsGive]).await;
        let lines = || vec![SaleLine { variant_id: shirt.id(), quantity: 1 }];
        let half = |approval| SaleDiscounts {
            given: vec![off(Some(0), ByHandValue::Percent(500_000))],
            approval,
            ..SaleDiscounts::default()
        };
        for (number, (approval, code)) in [
            (None, ErrorCode::ApprovalRequired),
            (proof("peer@example.com"), ErrorCode::ApprovalRequired),
            (proof("nobody@example.com"), ErrorCode::InvalidCredentials),
        ]
        .into_iter()
        .enumerate()
        {
            let refused = sell(&clerk, sale(&shop, lines(), half(approval), &format!("no-{number}"))).await.unwrap_err();
            assert_eq!(refused.code(), code);
        }
        let sold = sell(&clerk, sale(&shop, lines(), half(proof("boss@example.com")), "yes")).await.unwrap();
        assert_eq!(sold.order.total, 500);
        let given = query::of_orders(world.db(), &[sold.order.id]).await.unwrap();
        assert!(given[0].approved_by.is_some() && given[0].approved_by != given[0].staff_id);
    }

    /// In a stored cart: set, replaced, taken back, gone with its line; a limit that is passed later blocks the order.
    async fn a_cart_keeps_what_staff_gave(world: World) {
        let shop = Shop::open(&world).await;
        let shirt = world.product("shirt").price(&shop.online, 1_000).stock(&shop.warehouse, 9).create().await;
        let mug = world.product("mug").price(&shop.online, 1_000).stock(&shop.warehouse, 9).create().await;
        let ship = entity::words::DeliveryMethod::Ship;
        let (cart_id, guest) = shop.cart(&[(shirt.id(), 1, ship, None), (mug.id(), 1, ship, None)]).await;
        let clerk = world.staff(&[Permission::PosSell, Permission::DiscountsGive]).await;
        let lines = domain::cart::query::lines(world.db(), &[cart_id]).await.unwrap();
        let set = async |line_id, kind, value: Option<ByHandValue>| {
            let input = SetByHand { line_id, kind, currency: None, value, reason: "常連".to_owned(), approval: None };
            set_by_hand(&clerk, target(cart_id), input).await
        };
        let price = DiscountKind::PriceOverride;
        let first = Some(lines[0].id);
        let seen = set(first, price, Some(ByHandValue::Price(950))).await.unwrap();
        assert_eq!(seen.priced.totals.discount_total, 50);
        let seen = set(first, price, Some(ByHandValue::Price(920))).await.unwrap();
        assert_eq!(seen.priced.totals.discount_total, 80);
        assert_eq!(set(first, price, Some(ByHandValue::Price(1_001))).await.unwrap_err().code(), ErrorCode::InvalidAmount);
        assert_eq!(set(first, price, Some(ByHandValue::Price(500))).await.unwrap_err().code(), ErrorCode::ApprovalRequired);
        let seen = set(None, DiscountKind::Manual, Some(ByHandValue::Amount(110))).await.unwrap();
        assert_eq!(seen.priced.totals.discount_total, 190);
        let seen = update_line(&guest, target(cart_id), lines[0].id, 2).await.unwrap();
        assert_eq!(seen.priced.totals.discount_total, 2 * 80 + 110, "the price holds for every unit");
        let seen = remove_line(&guest, target(cart_id), lines[0].id).await.unwrap();
        assert_eq!(seen.priced.totals.discount_total, 110);
        let codes: Vec<ErrorCode> = seen.priced.problems.iter().map(|problem| problem.code).collect();
        assert_eq!(codes, [ErrorCode::ApprovalRequired], "110 of 1,000 are above a tenth now");
        let refused = crate::fulfillment::shop::buy(&guest, cart_id, 1_440, "key").await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::ApprovalRequired);
        let seen = set(None, DiscountKind::Manual, None).await.unwrap();
        assert_eq!((seen.priced.totals.discount_total, seen.priced.problems.len()), (0, 0));
        crate::fulfillment::shop::buy(&guest, cart_id, 1_550, "key").await.unwrap();
    }
}
