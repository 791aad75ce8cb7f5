//! Sales at a till.

use domain::payment::tender::TenderInput;
use domain::register::lookup;
use domain::register::receipt::parse;
use domain::register::scan::{Scanned, scan};
use domain::register::sell::{SaleLine, Sell, sell};
use domain::{Error, ErrorCode, Permission};
use entity::receipt;
use entity::words::{Gateway, IdentifierKind, OrderFulfillmentStatus, OrderPaymentStatus, OrderStatus, TestOutcome};
use sea_orm::{EntityTrait, PaginatorTrait, QueryOrder};
use support::{World, both_databases, race};

use crate::fulfillment::shop::{Shop, yen};

fn tender(gateway: Gateway, amount: Option<i64>, tendered: Option<i64>) -> TenderInput {
    TenderInput {
        gateway,
        amount: amount.map(yen),
        tendered: tendered.map(yen),
        reference: None,
        test_outcome: TestOutcome::Approve,
        code: None,
        method: None,
    }
}

fn sale(shop: &Shop, lines: Vec<SaleLine>, payments: Vec<TenderInput>, key: &str) -> Sell {
    Sell {
        units: Vec::new(),
        reservation_code: None,
        register_id: Some(shop.register),
        cart_id: None,
        lines,
        customer_id: None,
        email: None,
        locale: None,
        discounts: domain::register::sale_discounts::SaleDiscounts::default(),
        expected_total: None,
        payments,
        idempotency_key: key.to_owned(),
    }
}

both_databases! {
    /// A sale takes few statements, and as many for twenty lines as for one: till, key, goods, rates, locations, stock,
    /// order number, levels, receipt number, and everything that is written.
    async fn a_sale_takes_few_statements(world: World) {
        let shop = Shop::open(&world).await;
        let mut lines = Vec::new();
        for number in 0..20 {
            let sku = world.product(&format!("p{number}")).price(&shop.pos, 500).stock(&shop.store, 5).create().await;
            lines.push(SaleLine { variant_id: sku.id(), quantity: 1 });
        }
        for (count, key) in [(1, "one"), (20, "twenty")] {
            let clerk = world.staff_at(shop.store.id, &[Permission::PosSell]).await;
            let cash = vec![tender(Gateway::Cash, None, Some(10_000))];
            sell(&clerk, sale(&shop, lines[..count].to_vec(), cash, key)).await.unwrap();
            assert_eq!(clerk.statements.get(), 10, "{count} lines");
        }
    }

    /// The longest sale is more than one call to the database takes; it is written whole all the same.
    async fn a_thousand_lines_are_sold_at_once(world: World) {
        let shop = Shop::open(&world).await;
        let gum = world.product("gum").price(&shop.pos, 100).stock(&shop.store, 1_000).create().await;
        let clerk = world.staff_at(shop.store.id, &[Permission::PosSell]).await;
        let lines = vec![SaleLine { variant_id: gum.id(), quantity: 1 }; 1_000];
        let cash = vec![tender(Gateway::Cash, None, Some(100_000))];
        let sold = sell(&clerk, sale(&shop, lines, cash, "long")).await.unwrap();
        assert_eq!(sold.order.total, 100_000);
        assert_eq!(entity::order_line::Entity::find().count(world.db()).await.unwrap(), 1_000);
        assert_eq!(shop.level(&shop.store, gum.id()).await, (0, 0));
        assert!(clerk.statements.get() <= 13, "{} statements", clerk.statements.get());
    }

    /// Split tender with change, two tax rates, a receipt as law asks; the goods are gone.
    async fn a_sale_is_paid_handed_over_and_receipted(world: World) {
        let shop = Shop::open(&world).await;
        let shirt = world.product("shirt").price(&shop.pos, 5_500).stock(&shop.store, 3).create().await;
        let tea = world.product("tea").reduced_tax().price(&shop.pos, 1_080).stock(&shop.store, 3).create().await;
        let clerk = world.staff_at(shop.store.id, &[Permission::PosSell, Permission::OrdersRead]).await;
        let lines =
            vec![SaleLine { variant_id: shirt.id(), quantity: 1 }, SaleLine { variant_id: tea.id(), quantity: 2 }];
        let payments = vec![tender(Gateway::CardTerminal, Some(5_000), None), tender(Gateway::Cash, None, Some(3_000))];
        let input = Sell { expected_total: Some(yen(7_660)), ..sale(&shop, lines, payments, "sale-1") };

        let sold = sell(&clerk, input.clone()).await.unwrap();

        assert_eq!(sold.order.status, OrderStatus::Closed);
        assert_eq!(sold.order.payment_status, OrderPaymentStatus::Paid);
        assert_eq!(sold.order.fulfillment_status, OrderFulfillmentStatus::Fulfilled);
        assert_eq!(shop.level(&shop.store, shirt.id()).await, (2, 0));
        assert_eq!(shop.level(&shop.store, tea.id()).await, (1, 0));
        let receipt = parse(&sold.receipt).unwrap();
        assert_eq!((receipt.number, receipt.total), (1, 7_660));
        assert_eq!(receipt.taxes.iter().map(|tax| (tax.rate_ppm, tax.tax)).collect::<Vec<_>>(), [(100_000, 500), (80_000, 160)]);
        assert_eq!(receipt.tenders[1].change, Some(340));
        assert_eq!(receipt.lines.iter().map(|line| line.reduced).collect::<Vec<_>>(), [false, true]);
        let again = sell(&clerk, input).await.unwrap();
        assert!(again.replayed);
        assert_eq!((again.order.id, again.receipt.number), (sold.order.id, 1));
        let found = lookup::orders(&clerk, "SBY-1-000001").await.unwrap();
        assert_eq!(found.iter().map(|order| order.id).collect::<Vec<_>>(), [sold.order.id]);
    }

    /// Receipt numbers have no gaps, though sales are refused and race.
    async fn receipt_numbers_have_no_gaps(world: World) {
        let shop = Shop::open(&world).await;
        let shirt = world.product("shirt").price(&shop.pos, 1_000).stock(&shop.store, 8).create().await;
        let clerk = world.staff_at(shop.store.id, &[Permission::PosSell]).await;
        let answers = race(20, |number| {
            let (clerk, shop, variant_id) = (clerk.clone(), shop.clone(), shirt.id());
            async move {
                let lines = vec![SaleLine { variant_id, quantity: 1 }];
                sell(&clerk, sale(&shop, lines, vec![tender(Gateway::Cash, None, None)], &format!("sale-{number}"))).await
            }
        })
        .await;
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 8);
        let receipts = receipt::Entity::find().order_by_asc(receipt::Column::Number).all(world.db()).await.unwrap();
        assert_eq!(receipts.iter().map(|receipt| receipt.number).collect::<Vec<_>>(), (1..=8).collect::<Vec<_>>());
    }

    /// A clerk of another store, a sum that does not fit, a quantity of nothing: refused, and nothing changed.
    async fn nonsense_is_refused(world: World) {
        let shop = Shop::open(&world).await;
        let shirt = world.product("shirt").price(&shop.pos, 1_000).stock(&shop.store, 8).create().await;
        let unpriced = world.product("unpriced").stock(&shop.store, 8).create().await;
        let clerk = world.staff_at(shop.store.id, &[Permission::PosSell]).await;
        let elsewhere = world.staff_at(shop.warehouse.id, &[Permission::PosSell]).await;
        let one = |variant_id, quantity| vec![SaleLine { variant_id, quantity }];
        let cash = |amount| vec![tender(Gateway::Cash, amount, None)];
        let refused = [
            (sell(&elsewhere, sale(&shop, one(shirt.id(), 1), cash(None), "a")).await, ErrorCode::NotFound),
            (sell(&world.guest(), sale(&shop, one(shirt.id(), 1), cash(None), "b")).await, ErrorCode::Unauthenticated),
            (sell(&clerk, sale(&shop, one(shirt.id(), 1), cash(Some(999)), "c")).await, ErrorCode::PaymentMismatch),
            (sell(&clerk, sale(&shop, one(shirt.id(), 0), cash(None), "d")).await, ErrorCode::InvalidQuantity),
            (sell(&clerk, sale(&shop, one(shirt.id(), i64::MAX), cash(None), "e")).await, ErrorCode::InvalidQuantity),
            (sell(&clerk, sale(&shop, vec![], cash(None), "f")).await, ErrorCode::CartEmpty),
            (sell(&clerk, sale(&shop, one(unpriced.id(), 1), cash(None), "g")).await, ErrorCode::NotForSale),
            (sell(&clerk, sale(&shop, one(shirt.id(), 9), cash(None), "h")).await, ErrorCode::InsufficientStock),
            (sell(&clerk, sale(&shop, one(shirt.id(), 1), cash(None), "")).await, ErrorCode::Required),
        ];
        for (number, (answer, code)) in refused.into_iter().enumerate() {
            assert_eq!(answer.as_ref().err().map(Error::code), Some(code), "case {number}: {answer:?}");
        }
        assert_eq!(shop.level(&shop.store, shirt.id()).await, (8, 0));
        assert_eq!(receipt::Entity::find().count(world.db()).await.unwrap(), 0);
    }

    /// A scanner reads goods and cards.
    async fn a_scanner_reads_goods_and_cards(world: World) {
        let shop = Shop::open(&world).await;
        let shirt = world.product("SHIRT-1").price(&shop.pos, 1_000).with(|variant| {
            variant.barcode = Some("4901234567894".to_owned());
        });
        let shirt = shirt.create().await;
        let card = domain::customer::identifier::card_number("290000000001").unwrap();
        let customer = world.new_customer("Sato", "Hanako").verified(IdentifierKind::LoyaltyCard, &card).create().await;
        let clerk = world.staff(&[Permission::PosSell]).await;
        for code in ["4901234567894", "SHIRT-1"] {
            assert!(matches!(scan(&clerk, code).await.unwrap(), Some(Scanned::Variant(found)) if found.id == shirt.id()));
        }
        assert!(matches!(scan(&clerk, &card).await.unwrap(), Some(Scanned::Customer(found)) if found.id == customer.id));
        assert!(scan(&clerk, "nothing").await.unwrap().is_none());
        assert!(scan(&clerk, "a\u{0}b").await.is_err());
        assert!(scan(&world.guest(), "SHIRT-1").await.is_err());
    }
}
