//! One change at a time.

use domain::cart::contact::Contact;
use domain::cart::create::{CreateCart, create};
use domain::cart::details::{SetAddress, set_address, set_contact, set_shipping_method};
use domain::cart::lines::{SetDelivery, add_line, remove_line, set_delivery, update_line};
use domain::cart::{Target, authorize, codes as promotion, query};
use domain::{ErrorCode, Permission};
use entity::address::Address;
use entity::id::{CartId, CartLineId, LocationId, ShippingMethodId, VariantId};
use entity::words::DeliveryMethod;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, IntoActiveModel};
use serde_json::json;
use support::World;

use super::{Shop, empty, guest_cart, holder, of, pickup, quantities, signed_in, target};

fn address() -> Address {
    support::build::japanese_address()
}

support::both_databases! {
    async fn a_cart_begins_with_everything_at_once(world: World) {
        let shop = Shop::open(&world).await;
        let method = world.shipping_method(&shop.channel, "post", 550).await.create().await;
        let input = CreateCart {
            lines: vec![of(shop.tea.id(), 2), of(shop.cup.id(), 1), of(shop.tea.id(), 1)],
            contact: Contact {
                email: Some(" Hanako@Example.COM ".into()),
                phone: Some("03-1234-5678".into()),
                name: Some("山田花子".into()),
                note: Some("急ぎ".into()),
            },
            shipping_address: Some(address()),
            shipping_method_id: Some(method.id),
            ..empty(shop.channel.id)
        };
        let view = create(&world.guest(), input).await.unwrap().view;
        assert_eq!(quantities(&view), [3, 1], "the same variant joins its line");
        assert_eq!(view.cart.email.as_deref(), Some("hanako@example.com"));
        assert_eq!(view.cart.phone.as_deref(), Some("+81312345678"));
        assert_eq!(view.priced.totals.total, 3 * 1_080 + 2_200 + 550);
        assert_eq!(view.priced.problems, []);
        assert_eq!(view.cart.version, 1);
    }

    async fn quantities_have_limits(world: World) {
        let shop = Shop::open(&world).await;
        let (guest, cart) = guest_cart(&world, &shop, vec![of(shop.tea.id(), 9_998)]).await;
        for quantity in [i64::MIN, -1, 0, 10_000, i64::MAX, 2] {
            let refused = add_line(&guest, target(cart), of(shop.tea.id(), quantity)).await.unwrap_err();
            assert_eq!(refused.code(), ErrorCode::InvalidQuantity, "{quantity}");
        }
        let lines = query::lines(world.db(), &[cart]).await.unwrap();
        assert_eq!(lines[0].quantity, 9_998);
        let refused = update_line(&guest, target(cart), lines[0].id, 0).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::InvalidQuantity);
        let view = update_line(&guest, target(cart), lines[0].id, 9_999).await.unwrap();
        assert_eq!((quantities(&view), view.cart.version), (vec![9_999], 2));
        let too_many = vec![of(shop.tea.id(), 1); 1_001];
        let refused = create(&world.guest(), CreateCart { lines: too_many, ..empty(shop.channel.id) }).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::TooMany);
    }

    async fn a_sum_that_cannot_be_counted_never_gets_in(world: World) {
        let shop = Shop::open(&world).await;
        let dear = world.product("dear").price(&shop.channel, 999_999_999_999).create().await;
        let (guest, cart) = guest_cart(&world, &shop, vec![of(dear.id(), 1)]).await;
        let refused = add_line(&guest, target(cart), of(dear.id(), 9_998)).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::InvalidAmount);
        let cart = authorize(&guest, cart).await.unwrap();
        assert_eq!(quantities(&domain::cart::look(&guest, cart).await.unwrap()), [1], "still readable, unchanged");
    }

    async fn only_what_is_sold_there_goes_in(world: World) {
        let shop = Shop::open(&world).await;
        let (guest, cart) = guest_cart(&world, &shop, vec![]).await;
        let unpriced = world.product("unpriced").create().await;
        let inactive = world.product("inactive").with(|row| row.active = false).price(&shop.channel, 1).create().await;
        let draft = world
            .product("draft")
            .with_product(|row| row.status = entity::words::ProductStatus::Draft)
            .price(&shop.channel, 1)
            .create()
            .await;
        for sku in [unpriced, inactive, draft] {
            let refused = add_line(&guest, target(cart), of(sku.id(), 1)).await.unwrap_err();
            assert_eq!(refused.code(), ErrorCode::NotForSale, "{}", sku.product.slug);
            assert_eq!(refused.path(), "lines.0.variantId");
        }
        let unknown = add_line(&guest, target(cart), of(VariantId(world.new_uuid()), 1)).await.unwrap_err();
        assert_eq!(unknown.code(), ErrorCode::NotFound);
        let view = domain::cart::look(&guest, authorize(&guest, cart).await.unwrap()).await.unwrap();
        assert_eq!((view.priced.lines.len(), view.cart.version), (0, 1));
    }

    async fn foreign_and_unknown_carts_look_the_same(world: World) {
        let shop = Shop::open(&world).await;
        let (mine, cart) = guest_cart(&world, &shop, vec![of(shop.tea.id(), 1)]).await;
        let (other, _) = guest_cart(&world, &shop, vec![]).await;
        let customer = world.new_customer("佐藤", "一").create().await;
        let clerk_elsewhere = world.staff(&[Permission::OrdersRead]).await;
        let unknown = holder(&world, CartId(world.new_uuid()));
        for stranger in [&other, &world.guest(), &signed_in(&world, customer.id, None), &clerk_elsewhere, &unknown] {
            assert_eq!(authorize(stranger, cart).await.unwrap_err().code(), ErrorCode::NotFound);
            let refused = add_line(stranger, target(cart), of(shop.tea.id(), 1)).await.unwrap_err();
            assert_eq!(refused.code(), ErrorCode::NotFound);
        }
        assert!(authorize(&mine, cart).await.is_ok());
        assert!(authorize(&signed_in(&world, customer.id, Some(cart)), cart).await.is_ok(), "with its secret");
        let line = remove_line(&mine, target(cart), CartLineId(world.new_uuid())).await.unwrap_err();
        assert_eq!(line.code(), ErrorCode::NotFound);
    }

    async fn an_old_version_is_refused_and_no_change_keeps_the_version(world: World) {
        let shop = Shop::open(&world).await;
        let (guest, cart) = guest_cart(&world, &shop, vec![of(shop.tea.id(), 1)]).await;
        let at = |version| Target { cart_id: cart, expected_version: Some(version) };
        let view = add_line(&guest, at(1), of(shop.cup.id(), 1)).await.unwrap();
        let refused = add_line(&guest, at(1), of(shop.cup.id(), 1)).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::StaleVersion);
        let line = view.priced.lines[1].line.clone();
        let same = update_line(&guest, at(2), line.id, 1).await.unwrap();
        assert_eq!((same.cart.version, quantities(&same)), (2, vec![1, 1]));
        let gone = remove_line(&guest, at(2), line.id).await.unwrap();
        assert_eq!((gone.cart.version, quantities(&gone)), (3, vec![1]));
    }

    async fn lines_that_become_alike_are_joined(world: World) {
        let shop = Shop::open(&world).await;
        let lines = vec![of(shop.tea.id(), 2), pickup(&shop, shop.tea.id(), 3), of(shop.cup.id(), 1)];
        let (guest, cart) = guest_cart(&world, &shop, lines).await;
        let all = SetDelivery {
            lines: [].into(),
            delivery: DeliveryMethod::Pickup,
            pickup_location_id: Some(shop.store.id),
        };
        let view = set_delivery(&guest, target(cart), all).await.unwrap();
        assert_eq!(quantities(&view), [5, 1]);
        assert_eq!(query::lines(world.db(), &[cart]).await.unwrap().len(), 2);
        let one = SetDelivery {
            lines: [view.priced.lines[0].line.id].into(),
            delivery: DeliveryMethod::Ship,
            pickup_location_id: None,
        };
        let view = set_delivery(&guest, target(cart), one).await.unwrap();
        let ways: Vec<_> = view.priced.lines.iter().map(|line| line.line.delivery).collect();
        assert_eq!(ways, [DeliveryMethod::Ship, DeliveryMethod::Pickup]);
    }

    async fn goods_are_collected_only_where_the_channel_hands_over(world: World) {
        let shop = Shop::open(&world).await;
        let warehouse = world.warehouse("depot").await;
        let stranger = world.store("elsewhere").await;
        let (guest, cart) = guest_cart(&world, &shop, vec![of(shop.tea.id(), 1)]).await;
        let at = |place: Option<LocationId>, delivery| SetDelivery { lines: [].into(), delivery, pickup_location_id: place };
        let code = async |input| set_delivery(&guest, target(cart), input).await.unwrap_err().code();
        assert_eq!(code(at(Some(warehouse.id), DeliveryMethod::Pickup)).await, ErrorCode::PickupUnavailable);
        assert_eq!(code(at(Some(stranger.id), DeliveryMethod::Pickup)).await, ErrorCode::PickupUnavailable);
        assert_eq!(code(at(Some(LocationId(world.new_uuid())), DeliveryMethod::Pickup)).await, ErrorCode::NotFound);
        assert_eq!(code(at(None, DeliveryMethod::Pickup)).await, ErrorCode::Required);
        assert_eq!(code(at(None, DeliveryMethod::CarryOut)).await, ErrorCode::CarryOutOnlyAtTill);
        // A store that stops handing over leaves a problem, not an error.
        set_delivery(&guest, target(cart), at(Some(shop.store.id), DeliveryMethod::Pickup)).await.unwrap();
        let mut row = shop.store.clone().into_active_model();
        row.pickup_enabled = Set(false);
        row.update(world.db()).await.unwrap();
        let view = domain::cart::look(&guest, authorize(&guest, cart).await.unwrap()).await.unwrap();
        assert!(super::codes(&view).contains(&"PICKUP_UNAVAILABLE"));
    }

    async fn details_are_checked_before_they_are_kept(world: World) {
        let shop = Shop::open(&world).await;
        let (guest, cart) = guest_cart(&world, &shop, vec![of(shop.tea.id(), 1)]).await;
        let contact = |email: Option<&str>, phone: Option<&str>| Contact {
            email: email.map(str::to_owned),
            phone: phone.map(str::to_owned),
            ..Contact::default()
        };
        let code = async |input| set_contact(&guest, target(cart), input).await.unwrap_err().code();
        assert_eq!(code(contact(Some("nobody"), None)).await, ErrorCode::InvalidEmail);
        assert_eq!(code(contact(Some("a@example.com\r\nBcc: b@example.com"), None)).await, ErrorCode::InvalidEmail);
        assert_eq!(code(contact(None, Some("12"))).await, ErrorCode::InvalidPhone);
        set_contact(&guest, target(cart), contact(Some("a@example.com"), None)).await.unwrap();
        let view = set_contact(&guest, target(cart), contact(None, Some("03-1234-5678"))).await.unwrap();
        assert_eq!((view.cart.email.as_deref(), view.cart.phone.as_deref()), (Some("a@example.com"), Some("+81312345678")));
        let view = set_contact(&guest, target(cart), contact(Some(""), None)).await.unwrap();
        assert_eq!(view.cart.email, None, "an empty text removes it");

        let bad = SetAddress { shipping: Some(Address { country: "XXX".into(), ..address() }), billing: None };
        assert_eq!(set_address(&guest, target(cart), bad).await.unwrap_err().code(), ErrorCode::InvalidCountry);
        let bare = SetAddress { shipping: Some(Address { country: "JP".into(), ..Address::default() }), billing: None };
        assert_eq!(set_address(&guest, target(cart), bare).await.unwrap_err().code(), ErrorCode::AddressIncomplete);
        let billing = SetAddress { shipping: Some(address()), billing: Some(address()) };
        let view = set_address(&guest, target(cart), billing).await.unwrap();
        assert_eq!(view.cart.shipping_address, view.cart.billing_address);
    }

    async fn a_method_must_take_the_cart(world: World) {
        let shop = Shop::open(&world).await;
        let (guest, cart) = guest_cart(&world, &shop, vec![of(shop.tea.id(), 1)]).await;
        set_address(&guest, target(cart), SetAddress { shipping: Some(address()), billing: None }).await.unwrap();
        let abroad = world.shipping_method(&shop.channel, "air", 900).await;
        let abroad = abroad.with(|row| row.countries.0 = vec!["US".into()]).create().await;
        let other = world.channel("other").create().await;
        let foreign = world.shipping_method(&other, "post", 100).await.create().await;
        let post = world.shipping_method(&shop.channel, "post", 550).await;
        let post = post.with(|row| row.free_over = Some(2_000)).create().await;
        let code = async |id| set_shipping_method(&guest, target(cart), Some(id)).await.unwrap_err().code();
        assert_eq!(code(abroad.id).await, ErrorCode::ShippingMethodUnavailable);
        assert_eq!(code(foreign.id).await, ErrorCode::NotFound);
        assert_eq!(code(ShippingMethodId(world.new_uuid())).await, ErrorCode::NotFound);
        let view = set_shipping_method(&guest, target(cart), Some(post.id)).await.unwrap();
        assert_eq!(view.priced.totals.total, 1_080 + 550);
        let offers = domain::cart::offers::offers(world.db(), &view).await.unwrap();
        assert_eq!(offers.iter().map(|offer| (offer.method.code.as_str(), offer.amount)).collect::<Vec<_>>(), [("post", 550)]);
        let line = view.priced.lines[0].line.id;
        let view = update_line(&guest, target(cart), line, 2).await.unwrap();
        assert_eq!(view.priced.totals.total, 2 * 1_080, "free from 2,000 on");
        let view = set_shipping_method(&guest, target(cart), None).await.unwrap();
        assert!(super::codes(&view).contains(&"SHIPPING_METHOD_REQUIRED"));
    }

    async fn codes_of_no_promotion_are_refused_and_not_kept(world: World) {
        let shop = Shop::open(&world).await;
        let (guest, cart) = guest_cart(&world, &shop, vec![of(shop.tea.id(), 1)]).await;
        let refused = promotion::apply_code(&guest, target(cart), "WELCOME10").await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::CodeNotAccepted);
        let input = CreateCart { codes: vec!["WELCOME10".into()], ..empty(shop.channel.id) };
        assert_eq!(create(&world.guest(), input).await.unwrap_err().code(), ErrorCode::CodeNotAccepted);
        let view = promotion::remove_code(&guest, target(cart), "WELCOME10").await.unwrap();
        assert_eq!((view.cart.codes.0.len(), view.cart.version), (0, 1));
    }

    async fn lines_with_other_metadata_stay_apart(world: World) {
        let shop = Shop::open(&world).await;
        let mut engraved = of(shop.cup.id(), 1);
        engraved.metadata = json!({ "gift.text": "花子" });
        let (_, cart) = guest_cart(&world, &shop, vec![of(shop.cup.id(), 1), engraved.clone(), engraved]).await;
        let lines = query::lines(world.db(), &[cart]).await.unwrap();
        assert_eq!(lines.iter().map(|line| line.quantity).collect::<Vec<_>>(), [1, 2]);
    }
}
