//! More buyers than units.

use domain::payment::tender::TenderInput;
use domain::register::sell::{SaleLine, Sell, sell};
use domain::{ErrorCode, Permission};
use entity::id::RegisterId;
use entity::money::{Currency, Money};
use entity::words::{Gateway, TestOutcome};
use entity::{order, payment, register};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, PaginatorTrait};
use serde_json::json;
use support::race;

use super::shop::{self, Buyer, CART_COMPLETE, CART_CREATE, Shop};
use crate::harness::{Answer, TestApp, over_http};

async fn buyers(app: &TestApp, shop: &Shop, count: usize) -> Vec<Buyer> {
    let mut buyers = Vec::with_capacity(count);
    for number in 0..count {
        buyers.push(shop.buyer(&app.shop(), &format!("buyer{number}@example.com")).await);
    }
    buyers
}

async fn complete(buyer: Buyer, key: String) -> Answer {
    let input = buyer.completion(&key);
    buyer.caller.send(CART_COMPLETE, json!({ "input": input })).await
}

/// Bought, or told that the stock is gone, and nothing else. Returns whether it was bought.
fn bought(answer: &Answer) -> bool {
    assert_eq!(answer.status, 200, "{answer:#?}");
    assert!(answer.body["errors"].is_null(), "{answer:#?}");
    let payload = &answer.body["data"]["cartComplete"];
    if payload["order"].is_null() {
        assert_eq!(payload["errors"][0]["__typename"], "InsufficientStockError", "{answer:#?}");
        assert_eq!(answer.codes("cartComplete"), ["INSUFFICIENT_STOCK"]);
    }
    !payload["order"].is_null()
}

over_http! {
    /// Two hundred buyers of fifty units: fifty orders, and a typed refusal for everybody else.
    async fn two_hundred_buyers_of_fifty_units(app: TestApp) {
        let shop = shop::open(app.world(), 50).await;
        let buyers = buyers(&app, &shop, 200).await;
        let answers = race(200, |number| complete(buyers[number].clone(), format!("buy-{number}"))).await;
        assert_eq!(answers.iter().filter(|answer| bought(answer)).count(), 50);
        assert_eq!(order::Entity::find().count(app.world().db()).await.unwrap(), 50);
        app.run_jobs().await;
        assert_eq!(app.smtp().mails().len(), 50, "everybody who bought gets one mail");
    }

    /// The same cart completed fifty times at once: one order, one payment, equal answers.
    async fn one_cart_completed_fifty_times(app: TestApp) {
        let shop = shop::open(app.world(), 10).await;
        let buyer = shop.buyer(&app.shop(), "hanako@example.com").await;
        // Half of them repeat a key, the others bring their own.
        let key = |number: usize| if number.is_multiple_of(2) { "same".to_owned() } else { format!("own-{number}") };
        let answers = race(50, |number| complete(buyer.clone(), key(number))).await;
        assert!(answers.iter().all(bought));
        let orders: Vec<_> = answers.iter().map(|answer| &answer.body["data"]["cartComplete"]["order"]).collect();
        assert!(orders.windows(2).all(|pair| pair[0] == pair[1]), "{orders:#?}");
        let fresh = answers.iter().filter(|answer| answer.body["data"]["cartComplete"]["replayed"] == false).count();
        assert_eq!(fresh, 1);
        assert_eq!(order::Entity::find().count(app.world().db()).await.unwrap(), 1);
        assert_eq!(payment::Entity::find().count(app.world().db()).await.unwrap(), 1);
        app.run_jobs().await;
    }

    /// The call that places an order takes few statements, and no more for five lines than for one.
    async fn final_call_takes_few_statements(app: TestApp) {
        let world = app.world();
        let shop = shop::open(world, 10).await;
        let one = shop.buyer(&app.shop(), "one@example.com").await;
        let mut five = one.clone();
        let mut cart = shop.cart("five@example.com", 1);
        for number in 0..4 {
            let sku = world.product(&format!("more-{number}")).price(&shop.online, 500).stock(&shop.store, 5).create().await;
            let mut line = cart["lines"][0].clone();
            line["variantId"] = json!(sku.id().to_string());
            cart["lines"].as_array_mut().unwrap().push(line);
        }
        let caller = app.shop().header("x-channel", &shop.online.code);
        let created = caller.run("cartCreate", CART_CREATE, cart).await;
        five.caller = caller.header("x-cart-token", created["cartToken"].as_str().unwrap());
        five.cart_id = created["cart"]["id"].as_str().unwrap().to_owned();
        five.total = created["cart"]["total"].clone();
        let mut statements = Vec::new();
        for (buyer, key) in [(one, "one"), (five, "five")] {
            let answer = complete(buyer, key.to_owned()).await;
            assert!(bought(&answer));
            statements.push(answer.statements.expect("development tells the statements"));
        }
        // One to know the buyer, one for the place of the pickup, and ten as everywhere.
        assert_eq!(statements, [12, 12]);
        // The mails are another story.
        app.leaves_jobs();
    }

    /// The five calls of a storefront, as the load program sends them.
    async fn a_whole_purchase_takes_few_statements(app: TestApp) {
        let world = app.world();
        let shop = shop::open(world, 10).await;
        let method = world.shipping_method(&shop.online, "post", 550).await.create().await;
        let more = world.product("more").price(&shop.online, 500).stock(&shop.store, 5).create().await;
        let mut caller = app.shop().header("x-channel", &shop.online.code);
        let mut statements = Vec::new();
        let lines: Vec<_> = [shop.sku.id(), more.id()]
            .map(|id| json!({ "variantId": id.to_string(), "quantity": 1, "delivery": "SHIP" }))
            .into();
        let answer = caller.send(CART_CREATE, json!({ "input": { "lines": lines } })).await;
        statements.push(answer.statements.unwrap());
        let created = &answer.body["data"]["cartCreate"];
        caller = caller.header("x-cart-token", created["cartToken"].as_str().unwrap());
        let cart_id = created["cart"]["id"].as_str().unwrap().to_owned();
        let address = json!({
            "familyName": "山田", "givenName": "花子", "country": "JP", "postalCode": "150-0002", "region": "東京都",
            "city": "渋谷区", "line1": "渋谷2-21-1", "phone": "+81312345678",
        });
        let mut total = json!(null);
        for (field, input) in [
            ("ContactSet", json!({ "cartId": cart_id, "email": "hanako@example.com", "contactName": "山田 花子" })),
            ("AddressSet", json!({ "cartId": cart_id, "shippingAddress": address })),
            ("ShippingMethodSet", json!({ "cartId": cart_id, "shippingMethodId": method.id.to_string() })),
        ] {
            let document = format!(
                "mutation($input: Cart{field}Input!) {{ cart{field}(input: $input) {{
                    cart {{ id total {{ amount currencyCode }} }} errors {{ code path }} }} }}"
            );
            let answer = caller.send(&document, json!({ "input": input })).await;
            statements.push(answer.statements.unwrap());
            total = answer.body["data"][format!("cart{field}")]["cart"]["total"].clone();
            assert!(!total.is_null(), "{answer:#?}");
        }
        let answer = complete(Buyer { caller, cart_id, total }, "whole".to_owned()).await;
        assert!(bought(&answer));
        statements.push(answer.statements.unwrap());
        assert_eq!(statements, [5, 6, 6, 6, 11]);
        app.leaves_jobs();
    }

    /// Web and till sell the same last units: together exactly as many as there were.
    async fn web_and_till_share_the_last_units(app: TestApp) {
        let world = app.world();
        let shop = shop::open(world, 50).await;
        let till = register::Model {
            id: RegisterId(world.new_uuid()),
            code: "shibuya-1".to_owned(),
            name: "1".to_owned(),
            location_id: shop.store.id,
            channel_id: shop.pos.id,
            last_receipt_number: 0,
            active: true,
            created_at: world.now(), last_z_number: 0, requires_session: false, cash_limit: None,
        };
        register::Entity::insert(till.clone().into_active_model().reset_all()).exec_without_returning(world.db()).await.unwrap();
        let clerk = world.staff_at(shop.store.id, &[Permission::PosSell]).await;
        let buyers = buyers(&app, &shop, 60).await;
        let sold = race(120, |number| {
            let (clerk, variant_id, register_id) = (clerk.clone(), shop.sku.id(), till.id);
            let buyer = buyers[number / 2].clone();
            async move {
                if number.is_multiple_of(2) {
                    return bought(&complete(buyer, format!("buy-{number}")).await);
                }
                let sale = Sell { units: Vec::new(),
                    reservation_code: None,
                    register_id: Some(register_id),
                    cart_id: None,
                    lines: vec![SaleLine { variant_id, quantity: 1 }],
                    customer_id: None,
                    email: None,
                    locale: None,
                    discounts: domain::register::sale_discounts::SaleDiscounts::default(),
                    expected_total: None,
                    payments: vec![TenderInput {
                        gateway: Gateway::Cash,
                        amount: None,
                        tendered: Some(Money::new(2_000, Currency::JPY)),
                        reference: None,
                        test_outcome: TestOutcome::Approve, code: None, method: None,
                    }],
                    idempotency_key: format!("sale-{number}"),
                };
                match Box::pin(sell(&clerk, sale)).await {
                    Ok(_) => true,
                    Err(error) if error.code() == ErrorCode::InsufficientStock => false,
                    Err(error) => panic!("{error:?}"),
                }
            }
        })
        .await;
        assert_eq!(sold.iter().filter(|sold| **sold).count(), 50);
        assert_eq!(order::Entity::find().count(world.db()).await.unwrap(), 50);
        app.run_jobs().await;
    }
}
