//! Carts at tills: shared, taken up, parked, resumed.

use domain::cart::attach::{CartLookup, attach};
use domain::cart::complete::complete;
use domain::cart::create::{CreateCart, create};
use domain::cart::lines::{SetDelivery, add_line, set_delivery};
use domain::cart::merge::take_over;
use domain::cart::park::{park, resume};
use domain::cart::share::share;
use domain::cart::{self, code, lock, query};
use domain::{ErrorCode, Permission};
use entity::id::CustomerId;
use entity::words::{CartStatus, DeliveryMethod};
use support::World;

use super::{Shop, clerk, codes, empty, guest_cart, of, quantities, signed_in, target};

support::both_databases! {
    async fn a_cart_goes_to_the_till_by_its_code_and_back(world: World) {
        let shop = Shop::open(&world).await;
        let pos = world.channel("pos").pos().served_by(&shop.store).create().await;
        let clerk = clerk(&world, &shop, &pos).await;
        let ctx = world.ctx();
        let (channel, variant_id) = (&pos, shop.tea.id());
        ctx.write(|tx| async move {
            let price = entity::money::Money::new(1_000, entity::money::Currency::JPY);
            let new = domain::pricing::price::NewPrice { variant_id, price, compare_at: None };
            domain::pricing::price::set(&tx, channel, &[new]).await
        })
        .await
        .unwrap();
        let (guest, id) = guest_cart(&world, &shop, vec![of(shop.tea.id(), 2)]).await;
        let shared = share(&guest, target(id)).await.unwrap();
        let shown = shared.cart.code.clone().unwrap();
        assert_eq!(shown.len(), code::LENGTH);
        let again = share(&guest, target(id)).await.unwrap();
        assert_eq!(again.cart.code.as_ref(), Some(&shown), "a code that works is kept");

        let scanned = CartLookup::Code(code::payload(&shown).to_lowercase());
        let taken = attach(&clerk, scanned, None).await.unwrap();
        assert_eq!((taken.cart.id, taken.priced.channel.id), (id, pos.id));
        assert_eq!(taken.priced.totals.total, 2_000, "the till's price");
        let all = SetDelivery { lines: [].into(), delivery: DeliveryMethod::CarryOut, pickup_location_id: None };
        let carried = set_delivery(&clerk, target(id), all).await.unwrap();
        assert_eq!(codes(&carried), Vec::<&str>::new(), "nothing is asked of somebody at the counter");

        // Back on the web it shops in its own channel; goods cannot be carried out there.
        let home = cart::look(&guest, cart::authorize(&guest, id).await.unwrap()).await.unwrap();
        assert_eq!((home.priced.channel.id, home.priced.totals.total), (shop.channel.id, 2_160));
        assert!(codes(&home).contains(&"CARRY_OUT_ONLY_AT_TILL"));
    }

    async fn a_code_works_for_a_day(world: World) {
        let shop = Shop::open(&world).await;
        let clerk = clerk(&world, &shop, &shop.channel).await;
        let (guest, id) = guest_cart(&world, &shop, vec![of(shop.tea.id(), 1)]).await;
        let shown = share(&guest, target(id)).await.unwrap().cart.code.unwrap();
        world.advance(chrono::TimeDelta::hours(24));
        for typed in [shown.clone(), "NOPE2345".to_owned(), String::new(), "%".repeat(1_000_000)] {
            let refused = attach(&clerk, CartLookup::Code(typed), None).await.unwrap_err();
            assert_eq!(refused.code(), ErrorCode::InvalidCode);
        }
        let fresh = share(&guest, target(id)).await.unwrap().cart.code.unwrap();
        assert_ne!(fresh, shown);
        assert!(attach(&clerk, CartLookup::Code(fresh), None).await.is_ok());
        let stranger = world.staff(&[Permission::OrdersRead]).await;
        let refused = attach(&stranger, CartLookup::Id(id), None).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::Forbidden);
        assert_eq!(attach(&guest, CartLookup::Id(id), None).await.unwrap_err().code(), ErrorCode::Unauthenticated);
    }

    async fn a_customer_s_cart_is_found_by_the_customer(world: World) {
        let shop = Shop::open(&world).await;
        let clerk = clerk(&world, &shop, &shop.channel).await;
        let owner = world.new_customer("山田", "花子").create().await;
        let other = world.new_customer("佐藤", "一").create().await;
        let input = CreateCart { lines: vec![of(shop.tea.id(), 1)], ..empty(shop.channel.id) };
        let created = create(&signed_in(&world, owner.id, None), input).await.unwrap();
        assert_eq!((created.token, created.view.cart.customer_id), (None, Some(owner.id)));
        let found = attach(&clerk, CartLookup::Customer(owner.id), None).await.unwrap();
        assert_eq!(found.cart.id, created.view.cart.id);
        let none = attach(&clerk, CartLookup::Customer(other.id), None).await.unwrap_err();
        assert_eq!(none.code(), ErrorCode::NotFound);
        let unknown = attach(&clerk, CartLookup::Customer(CustomerId(world.new_uuid())), None).await.unwrap_err();
        assert_eq!(unknown.code(), ErrorCode::NotFound);
        let taken = attach(&clerk, CartLookup::Id(found.cart.id), Some(other.id)).await.unwrap_err();
        assert_eq!(taken.code(), ErrorCode::Invalid, "a cart does not change hands at a till");

        let (guest, id) = guest_cart(&world, &shop, vec![of(shop.cup.id(), 1)]).await;
        let given = attach(&clerk, CartLookup::Id(id), Some(other.id)).await.unwrap();
        assert_eq!(given.cart.customer_id, Some(other.id));
        assert_eq!(cart::authorize(&guest, id).await.unwrap_err().code(), ErrorCode::NotFound, "the secret opens it no more");
    }

    async fn a_parked_cart_is_resumed_by_whoever_goes_on(world: World) {
        let shop = Shop::open(&world).await;
        let clerk = clerk(&world, &shop, &shop.channel).await;
        let (guest, id) = guest_cart(&world, &shop, vec![of(shop.tea.id(), 1)]).await;
        let parked = park(&clerk, target(id)).await.unwrap();
        assert_eq!(parked.cart.status, CartStatus::Parked);
        assert_eq!(park(&clerk, target(id)).await.unwrap_err().code(), ErrorCode::InvalidTransition);
        let resumed = resume(&clerk, target(id)).await.unwrap();
        assert_eq!(resumed.cart.status, CartStatus::Active);
        assert_eq!(resume(&clerk, target(id)).await.unwrap_err().code(), ErrorCode::InvalidTransition);
        park(&clerk, target(id)).await.unwrap();
        let changed = add_line(&guest, target(id), of(shop.tea.id(), 1)).await.unwrap();
        assert_eq!((changed.cart.status, quantities(&changed)), (CartStatus::Active, vec![2]));
        assert_eq!(park(&guest, target(id)).await.unwrap_err().code(), ErrorCode::Unauthenticated);
    }

    async fn a_closed_cart_stays_closed(world: World) {
        let shop = Shop::open(&world).await;
        let clerk = clerk(&world, &shop, &shop.channel).await;
        let customer = world.new_customer("山田", "花子").create().await;
        create(&signed_in(&world, customer.id, None), empty(shop.channel.id)).await.unwrap();
        let (guest, id) = guest_cart(&world, &shop, vec![of(shop.tea.id(), 1)]).await;
        share(&guest, target(id)).await.unwrap();
        park(&clerk, target(id)).await.unwrap();
        take_over(&signed_in(&world, customer.id, Some(id))).await.unwrap();
        let row = query::by_id(world.db(), id).await.unwrap().unwrap();
        assert_eq!((row.status, row.code), (CartStatus::Merged, None));
        for refused in [
            add_line(&clerk, target(id), of(shop.tea.id(), 1)).await.map(|_| ()),
            share(&clerk, target(id)).await.map(|_| ()),
            park(&clerk, target(id)).await.map(|_| ()),
            attach(&clerk, CartLookup::Id(id), None).await.map(|_| ()),
            clerk.write(|tx| async move { complete(&tx, &lock::lock(&tx, id).await?) }).await,
        ] {
            assert_eq!(refused.unwrap_err().code(), ErrorCode::CartClosed);
        }
    }

    async fn a_till_of_another_currency_cannot_take_a_cart(world: World) {
        let shop = Shop::open(&world).await;
        let euro = world.channel("berlin").euro().pos().served_by(&shop.store).create().await;
        let clerk = clerk(&world, &shop, &euro).await;
        let (_, id) = guest_cart(&world, &shop, vec![of(shop.tea.id(), 1)]).await;
        let refused = attach(&clerk, CartLookup::Id(id), None).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::CurrencyMismatch);
    }
}
