//! What a cart comes to, and with how many statements.

use domain::ErrorCode;
use domain::cart::checkout::start_checkout;
use domain::cart::contact::Contact;
use domain::cart::create::{CreateCart, create};
use domain::cart::{self, query, stock, view};
use domain::pricing::price::{NewPrice, set};
use entity::id::CartId;
use entity::money::{Currency, Money};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, IntoActiveModel, PaginatorTrait};
use support::World;

use super::{Shop, codes, empty, guest_cart, of, pickup, quantities, target};

async fn priced(world: &World, cart: CartId) -> (view::PricedCart, u64) {
    let ctx = world.ctx();
    let db = ctx.db();
    let row = query::by_id(&db, cart).await.unwrap().unwrap();
    let lines = query::lines(&db, &[cart]).await.unwrap();
    let before = ctx.statements.get();
    let priced = view::price(&db, &row, &lines, world.now()).await.unwrap();
    (priced, ctx.statements.get() - before)
}

support::both_databases! {
    async fn pricing_takes_three_statements_and_a_fourth_for_pickups(world: World) {
        let shop = Shop::open(&world).await;
        let method = world.shipping_method(&shop.channel, "post", 550).await.create().await;
        let mut lines = vec![of(shop.tea.id(), 1), of(shop.cup.id(), 2)];
        for number in 0..20 {
            let sku = world.product(&format!("item-{number}")).price(&shop.channel, 100).create().await;
            lines.push(of(sku.id(), 1));
        }
        let input = CreateCart {
            lines: lines.clone(),
            shipping_address: Some(support::build::japanese_address()),
            shipping_method_id: Some(method.id),
            ..empty(shop.channel.id)
        };
        let shipped = create(&world.guest(), input).await.unwrap().view.cart.id;
        let (cart, statements) = priced(&world, shipped).await;
        assert_eq!(statements, 3);
        assert_eq!(cart.totals.total, 1_080 + 4_400 + 2_000 + 550);
        lines.push(pickup(&shop, shop.tea.id(), 1));
        let (_, mixed) = guest_cart(&world, &shop, lines).await;
        assert_eq!(priced(&world, mixed).await.1, 4);
    }

    async fn creating_a_cart_is_one_short_transaction(world: World) {
        let shop = Shop::open(&world).await;
        let guest = world.guest();
        let before = guest.statements.get();
        let input = CreateCart { lines: vec![of(shop.tea.id(), 1), of(shop.cup.id(), 1)], ..empty(shop.channel.id) };
        create(&guest, input).await.unwrap();
        assert_eq!(guest.statements.get() - before, 4, "channel, goods, rates, cart with lines");
    }

    async fn ten_and_eight_percent_stand_side_by_side(world: World) {
        let shop = Shop::open(&world).await;
        let (_, cart) = guest_cart(&world, &shop, vec![of(shop.tea.id(), 2), of(shop.cup.id(), 1)]).await;
        let (cart, _) = priced(&world, cart).await;
        let taxes: Vec<_> = cart.totals.taxes.iter().map(|tax| (tax.rate_ppm, tax.taxable, tax.tax)).collect();
        assert_eq!(taxes, [(100_000, 2_200, 200), (80_000, 2_160, 160)]);
        assert_eq!(cart.tax_names().iter().map(|(rate, _)| *rate).collect::<Vec<_>>(), [100_000, 80_000]);
        assert!(cart.tax_names().iter().all(|(_, name)| !name.is_empty()));
    }

    async fn titles_speak_the_cart_s_language(world: World) {
        let shop = Shop::open(&world).await;
        for (locale, title) in [("en", "Tea"), ("ja", "お茶"), ("ja-JP", "日本茶"), ("de", "Tee")] {
            let row = entity::product_translation::Model {
                product_id: shop.tea.product.id,
                locale: locale.into(),
                title: title.into(),
                description_html: String::new(),
            };
            let row = row.into_active_model().reset_all();
            entity::product_translation::Entity::insert(row).exec_without_returning(world.db()).await.unwrap();
        }
        for (locale, title) in [("ja-jp", "日本茶"), ("ja", "お茶"), ("ja-Kana", "お茶"), ("fr", "tea"), ("EN-gb", "Tea")] {
            let input = CreateCart {
                locale: Some(locale.into()),
                lines: vec![of(shop.tea.id(), 1)],
                ..empty(shop.channel.id)
            };
            let view = create(&world.guest(), input).await.unwrap().view;
            assert_eq!(view.priced.lines[0].title, title, "{locale}");
            let ids = [shop.tea.id()];
            let said = domain::catalog::display::titles(world.db(), locale, &ids).await.unwrap();
            assert_eq!(said[&shop.tea.id()].0, title, "the catalog says the same in {locale}");
        }
    }

    async fn what_is_missing_is_told_as_data(world: World) {
        let shop = Shop::open(&world).await;
        let (_, bare) = guest_cart(&world, &shop, vec![]).await;
        let (cart, _) = priced(&world, bare).await;
        let codes_of = |cart: &view::PricedCart| cart.problems.iter().map(|found| found.code.as_str()).collect::<Vec<_>>();
        assert_eq!(codes_of(&cart), ["CART_EMPTY"]);
        let (_, full) = guest_cart(&world, &shop, vec![of(shop.tea.id(), 1)]).await;
        let (cart, _) = priced(&world, full).await;
        assert_eq!(codes_of(&cart), ["CONTACT_REQUIRED", "SHIPPING_ADDRESS_REQUIRED", "SHIPPING_METHOD_REQUIRED"]);
        let row = query::by_id(world.db(), full).await.unwrap().unwrap();
        let Err(domain::Error::Several(errors)) = view::blocking(&row, &cart) else { panic!("all are told at once") };
        assert_eq!(errors.len(), 3);
    }

    async fn a_changed_price_is_told_and_confirmed_at_checkout(world: World) {
        let shop = Shop::open(&world).await;
        let (guest, id) = guest_cart(&world, &shop, vec![pickup(&shop, shop.tea.id(), 2)]).await;
        let (channel, variant_id) = (&shop.channel, shop.tea.id());
        let ctx = world.ctx();
        let change = ctx.write(|tx| async move {
            let new = NewPrice { variant_id, price: Money::new(1_296, Currency::JPY), compare_at: None };
            set(&tx, channel, &[new]).await
        });
        change.await.unwrap();
        let (cart, _) = priced(&world, id).await;
        let told = cart.problems.iter().find(|problem| problem.code == ErrorCode::PriceChanged).unwrap();
        assert_eq!((told.prices, told.blocks()), (Some((1_080, 1_296)), false));
        assert_eq!(cart.totals.total, 2 * 1_296, "the present price holds");
        let checkout = start_checkout(&guest, target(id)).await.unwrap();
        assert!(!codes(&checkout.view).contains(&"PRICE_CHANGED"));
        assert_eq!(checkout.held_until, world.now() + chrono::TimeDelta::minutes(15));
    }

    async fn goods_that_are_no_longer_sold_stay_readable(world: World) {
        let shop = Shop::open(&world).await;
        let (guest, id) = guest_cart(&world, &shop, vec![of(shop.tea.id(), 3)]).await;
        let mut row = shop.tea.variant.clone().into_active_model();
        row.active = Set(false);
        row.update(world.db()).await.unwrap();
        let (cart, _) = priced(&world, id).await;
        assert!(cart.problems.iter().any(|problem| problem.code == ErrorCode::NotForSale && problem.blocks()));
        let line = cart.lines[0].line.id;
        let fewer = cart::lines::update_line(&guest, target(id), line, 1).await.unwrap();
        assert_eq!(quantities(&fewer), [1]);
        let more = cart::lines::update_line(&guest, target(id), line, 2).await.unwrap_err();
        assert_eq!(more.code(), ErrorCode::NotForSale);
        assert_eq!(start_checkout(&guest, target(id)).await.unwrap_err().code(), ErrorCode::NotForSale);
    }

    async fn stock_is_told_and_held(world: World) {
        let shop = Shop::open(&world).await;
        let (one, first) = guest_cart(&world, &shop, vec![of(shop.tea.id(), 8), pickup(&shop, shop.cup.id(), 11)]).await;
        let row = query::by_id(world.db(), first).await.unwrap().unwrap();
        let seen = cart::look(&one, row).await.unwrap();
        let short: Vec<_> = stock::problems(&one.db(), &seen, world.now())
            .await
            .unwrap()
            .into_iter()
            .filter(|problem| problem.code == ErrorCode::InsufficientStock)
            .map(|problem| (problem.variant_id, problem.stock))
            .collect();
        assert_eq!(short, [(Some(shop.cup.id()), Some((11, 10)))]);
        let refused = start_checkout(&one, target(first)).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::InsufficientStock);
        assert_eq!(entity::stock_hold::Entity::find().count(world.db()).await.unwrap(), 0);

        let (two, second) = guest_cart(&world, &shop, vec![of(shop.tea.id(), 8)]).await;
        start_checkout(&two, target(second)).await.unwrap();
        let row = query::by_id(world.db(), second).await.unwrap().unwrap();
        let own = cart::look(&two, row).await.unwrap();
        let problems = stock::problems(&two.db(), &own, world.now()).await.unwrap();
        assert!(problems.iter().all(|problem| problem.stock.is_none()), "its own hold does not stand in its way");
        let before = two.statements.get();
        stock::problems(&two.db(), &own, world.now()).await.unwrap();
        assert!(two.statements.get() - before <= 11);
    }

    async fn tax_follows_the_address_and_the_first_location_s_day(world: World) {
        use domain::Permission;
        use domain::tax::upsert_rate::{UpsertTaxRate, upsert_rate};
        let shop = Shop::open(&world).await;
        let classes = domain::tax::query::classes(world.db()).await.unwrap();
        let standard = classes.iter().find(|class| class.id == shop.cup.product.tax_class_id).unwrap();
        let staff = world.staff(&[Permission::PlacesWrite]).await;
        let rate = UpsertTaxRate {
            class_code: standard.code.clone(),
            country: "JP".into(),
            region: None,
            name: "消費税".into(),
            rate_ppm: 120_000,
            valid_from: "2026-11-22".parse().unwrap(),
            valid_to: None,
        };
        upsert_rate(&staff, rate).await.unwrap();
        let (_, cart) = guest_cart(&world, &shop, vec![of(shop.cup.id(), 1)]).await;
        assert_eq!(priced(&world, cart).await.0.lines[0].tax_rate_ppm, 100_000);
        // 2026-11-22T00:30 in Tokyo is still the 21st in Greenwich.
        world.advance(chrono::TimeDelta::minutes(15 * 60 + 30));
        assert_eq!(priced(&world, cart).await.0.lines[0].tax_rate_ppm, 120_000);
        let abroad = entity::address::Address { country: "US".into(), region: "US-CA".into(), ..support::build::japanese_address() };
        let input = CreateCart {
            lines: vec![of(shop.cup.id(), 1)],
            contact: Contact { email: Some("a@example.com".into()), ..Contact::default() },
            ..empty(shop.channel.id)
        };
        let id = create(&world.guest(), input).await.unwrap().view.cart.id;
        let mut row = query::by_id(world.db(), id).await.unwrap().unwrap().into_active_model();
        row.shipping_address = Set(Some(abroad));
        row.update(world.db()).await.unwrap();
        let (cart, _) = priced(&world, id).await;
        assert!(cart.problems.iter().any(|problem| problem.code == ErrorCode::TaxRateMissing && problem.blocks()));
    }
}
