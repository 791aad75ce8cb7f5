//! Places, tills and channels.

use std::collections::BTreeMap;

use chrono::NaiveTime;
use domain::channel::nearby::{NearbyFilter, nearby};
use domain::channel::{self, UpsertChannel};
use domain::kernel::paging::PageRequest;
use domain::location::register::{self, UpsertRegister};
use domain::location::{self, GeoPoint, UpsertLocation};
use domain::{ErrorCode, Permission};
use entity::address::Address;
use entity::event;
use entity::money::Currency;
use entity::opening_hours::{OpenPeriod, OpeningHours};
use entity::words::{ChannelKind, LocationKind, PickupStockPolicy, TaxRounding};
use sea_orm::{EntityTrait, PaginatorTrait};
use support::{World, both_databases};

fn store(code: &str) -> UpsertLocation {
    let open = OpenPeriod {
        opens: NaiveTime::from_hms_opt(10, 0, 0).unwrap(),
        closes: NaiveTime::from_hms_opt(20, 0, 0).unwrap(),
    };
    UpsertLocation {
        id: None,
        expected_version: None,
        code: code.to_owned(),
        name: "渋谷店".to_owned(),
        translations: BTreeMap::from([("en".to_owned(), "Shibuya".to_owned())]),
        kind: LocationKind::Store,
        address: Address { country: "JP".to_owned(), postal_code: "150-0002".to_owned(), ..Address::default() },
        point: Some(GeoPoint { latitude_e6: 35_658_034, longitude_e6: 139_701_636 }),
        time_zone: "Asia/Tokyo".to_owned(),
        opening_hours: OpeningHours { week: vec![vec![open]; 7], exceptions: Vec::new() },
        fulfills_online: true,
        pickup_enabled: true,
        pickup_stock_policy: PickupStockPolicy::Local,
        pickup_ready_minutes: 60,
        accepts_returns: true,
        daily_order_limit: None,
        default_safety_stock: 0,
        active: true,
        external_reference: None,
        metadata: None,
        private_metadata: None,
    }
}

fn online(code: &str) -> UpsertChannel {
    UpsertChannel {
        id: None,
        expected_version: None,
        code: code.to_owned(),
        name: "Web shop".to_owned(),
        kind: ChannelKind::Online,
        currency: Currency::JPY,
        default_locale: "ja".to_owned(),
        tax_country: "JP".to_owned(),
        prices_include_tax: true,
        tax_rounding: TaxRounding::Down,
        seller_name: "株式会社ひとつ".to_owned(),
        seller_address: "東京都渋谷区".to_owned(),
        invoice_registration_number: Some("Ｔ7000012050002".to_owned()),
        mail_from: "shop@example.com".to_owned(),
        order_prefix: "W".to_owned(),
        hold_minutes: 15,
        active: true,
        locations: None,
        metadata: None,
        private_metadata: None,
        capture_mode: None,
        pay_within_hours: None,
        payment_instructions: None,
    }
}

both_databases! {
    /// Created once, changed as a whole, left alone when nothing changes, refused when somebody was faster.
    async fn a_location_is_created_and_changed(world: World) {
        let admin = world.staff(&[Permission::PlacesWrite]).await;
        let first = location::upsert(&admin, store("shibuya")).await.unwrap();
        assert_eq!(location::upsert(&admin, store("shibuya")).await.unwrap(), first, "nothing changed");
        let renamed = UpsertLocation { name: "渋谷本店".to_owned(), expected_version: Some(1), ..store("shibuya") };
        let second = location::upsert(&admin, renamed.clone()).await.unwrap();
        assert_eq!((second.id, second.version, second.name.as_str()), (first.id, 2, "渋谷本店"));
        let late = UpsertLocation { name: "別".to_owned(), ..renamed };
        assert_eq!(location::upsert(&admin, late).await.unwrap_err().code(), ErrorCode::StaleVersion);
        assert_eq!(event::Entity::find().count(world.db()).await.unwrap(), 2);
        assert_eq!(location::query::name_in(&second, "en-GB"), "Shibuya");
        assert_eq!(location::query::name_in(&second, "ja"), "渋谷本店");
        let other = location::upsert(&admin, store("other")).await.unwrap();
        let taken = UpsertLocation { id: Some(other.id), ..store("shibuya") };
        let error = location::upsert(&admin, taken).await.unwrap_err();
        assert_eq!((error.code(), error.path()), (ErrorCode::AlreadyExists, "code"));
    }

    /// Each mistake is named where it is.
    async fn a_location_is_checked(world: World) {
        let admin = world.staff(&[Permission::PlacesWrite]).await;
        type Mistake = (fn(&mut UpsertLocation), ErrorCode, &'static str);
        let mistakes: &[Mistake] = &[
            (|l| l.code = "a b".to_owned(), ErrorCode::InvalidText, "code"),
            (|l| l.name = " ".to_owned(), ErrorCode::Required, "name"),
            (|l| l.address.country = "XX".to_owned(), ErrorCode::InvalidCountry, "address.country"),
            (|l| l.address.line1 = "a\0".to_owned(), ErrorCode::InvalidText, "address.line1"),
            (|l| l.time_zone = "Asia/Edo".to_owned(), ErrorCode::Invalid, "timeZone"),
            (|l| l.point = Some(GeoPoint { latitude_e6: 91_000_000, longitude_e6: 0 }), ErrorCode::Invalid, "point"),
            (|l| l.opening_hours = OpeningHours::default(), ErrorCode::Required, "openingHours"),
            (|l| l.pickup_ready_minutes = -1, ErrorCode::Invalid, "pickupReadyMinutes"),
            (|l| l.default_safety_stock = -1, ErrorCode::Invalid, "defaultSafetyStock"),
            (|l| l.daily_order_limit = Some(-1), ErrorCode::Invalid, "dailyOrderLimit"),
            (|l| { l.translations.insert("../x".to_owned(), "x".to_owned()); }, ErrorCode::InvalidLocale, "translations"),
            (|l| l.metadata = Some(BTreeMap::from([("plain".to_owned(), "x".to_owned())])), ErrorCode::InvalidMetadata, "metadata"),
        ];
        for (spoil, code, path) in mistakes {
            let mut input = store("shibuya");
            spoil(&mut input);
            let error = location::upsert(&admin, input).await.unwrap_err();
            assert_eq!((error.code(), error.path()), (*code, *path));
        }
        assert!(location::query::list(world.db(), false).await.unwrap().is_empty());
    }

    /// Who keeps one store changes that store and makes no other.
    async fn a_manager_keeps_the_own_store(world: World) {
        let admin = world.staff(&[Permission::PlacesWrite]).await;
        let (mine, yours) = (location::upsert(&admin, store("mine")).await.unwrap(), location::upsert(&admin, store("yours")).await.unwrap());
        let manager = world.staff_at(mine.id, &[Permission::PlacesWrite]).await;
        let renamed = |id| UpsertLocation { id: Some(id), name: "x".to_owned(), code: format!("c-{id}"), ..store("x") };
        assert!(location::upsert(&manager, renamed(mine.id)).await.is_ok());
        assert_eq!(location::upsert(&manager, renamed(yours.id)).await.unwrap_err().code(), ErrorCode::NotFound);
        assert_eq!(location::upsert(&manager, store("new")).await.unwrap_err().code(), ErrorCode::Forbidden);
        assert_eq!(location::upsert(&world.guest(), store("new")).await.unwrap_err().code(), ErrorCode::Unauthenticated);
    }

    /// A channel is that of all its stores: who keeps one of them changes none and makes none.
    async fn a_manager_of_a_store_changes_no_channel(world: World) {
        let admin = world.staff(&[Permission::PlacesWrite]).await;
        let channel = channel::upsert(&admin, online("web")).await.unwrap();
        let manager = world.staff_at(world.store("mine").await.id, &[Permission::PlacesWrite]).await;
        let renamed = UpsertChannel { id: Some(channel.id), name: "x".to_owned(), ..online("web") };
        assert_eq!(channel::upsert(&manager, renamed).await.unwrap_err().code(), ErrorCode::NotFound);
        assert_eq!(channel::upsert(&manager, online("new")).await.unwrap_err().code(), ErrorCode::Forbidden);
    }

    /// A channel keeps its currency once there are prices, and knows its locations in order.
    async fn a_channel_keeps_its_currency(world: World) {
        let admin = world.staff(&[Permission::PlacesWrite]).await;
        let (a, b) = (world.store("a").await, world.store("b").await);
        let input = UpsertChannel { locations: Some(vec![b.id, a.id]), ..online("web") };
        let channel = channel::upsert(&admin, input.clone()).await.unwrap();
        assert_eq!(channel.invoice_registration_number.as_deref(), Some("T7000012050002"));
        let serving = channel::query::locations(world.db(), channel.id).await.unwrap();
        assert_eq!(serving.iter().map(|(location, _)| location.id).collect::<Vec<_>>(), [b.id, a.id]);
        assert_eq!(channel::upsert(&admin, input).await.unwrap(), channel, "nothing changed");
        assert_eq!(channel::query::default_online(world.db()).await.unwrap().map(|c| c.id), Some(channel.id));
        let euro = UpsertChannel { currency: Currency::EUR, ..online("web") };
        assert_eq!(channel::upsert(&admin, euro.clone()).await.unwrap().version, 2, "nobody used it yet");
        let channel = channel::upsert(&admin, online("web")).await.unwrap();
        world.product("tea").price(&channel, 100).create().await;
        let error = channel::upsert(&admin, euro).await.unwrap_err();
        assert_eq!((error.code(), error.path()), (ErrorCode::InUse, "currency"));
        let net = UpsertChannel { prices_include_tax: false, ..online("web") };
        assert_eq!(channel::upsert(&admin, net).await.unwrap_err().path(), "pricesIncludeTax");
    }

    /// Each mistake is named where it is.
    async fn a_channel_is_checked(world: World) {
        let admin = world.staff(&[Permission::PlacesWrite]).await;
        type Mistake = (fn(&mut UpsertChannel), ErrorCode, &'static str);
        let mistakes: &[Mistake] = &[
            (|c| c.default_locale = "x".to_owned(), ErrorCode::InvalidLocale, "defaultLocale"),
            (|c| c.tax_country = "UK".to_owned(), ErrorCode::InvalidCountry, "taxCountry"),
            (|c| c.invoice_registration_number = Some("T7000012050003".to_owned()), ErrorCode::Invalid, "invoiceRegistrationNumber"),
            (|c| c.mail_from = "a@b\r\nBcc: x@y.z".to_owned(), ErrorCode::InvalidText, "mailFrom"),
            (|c| c.order_prefix = "#".to_owned(), ErrorCode::InvalidText, "orderPrefix"),
            (|c| c.hold_minutes = 0, ErrorCode::Invalid, "holdMinutes"),
            (|c| c.seller_name = String::new(), ErrorCode::Required, "sellerName"),
        ];
        for (spoil, code, path) in mistakes {
            let mut input = online("web");
            spoil(&mut input);
            let error = channel::upsert(&admin, input).await.unwrap_err();
            assert_eq!((error.code(), error.path()), (*code, *path));
        }
        let nowhere = UpsertChannel { locations: Some(vec![entity::id::LocationId(world.new_uuid())]), ..online("web") };
        assert_eq!(channel::upsert(&admin, nowhere).await.unwrap_err().code(), ErrorCode::NotFound);
        assert!(channel::query::list(world.db()).await.unwrap().is_empty(), "a refused channel leaves nothing");
    }

    /// A till stands at a location and sells for a till's channel.
    async fn a_till_is_kept(world: World) {
        let shop = world.store("shibuya").await;
        let (pos, web) = (world.channel("pos").pos().create().await, world.channel("web").create().await);
        let admin = world.staff(&[Permission::PlacesWrite]).await;
        let input = |channel_id| UpsertRegister {
            id: None,
            code: "till-1".to_owned(),
            name: "Till 1".to_owned(),
            location_id: shop.id,
            channel_id,
            active: true,
            requires_session: None,
            cash_limit: None,
        };
        let error = register::upsert(&admin, input(web.id)).await.unwrap_err();
        assert_eq!((error.code(), error.path()), (ErrorCode::Invalid, "channelId"));
        let till = register::upsert(&admin, input(pos.id)).await.unwrap();
        let closed = register::upsert(&admin, UpsertRegister { active: false, ..input(pos.id) }).await.unwrap();
        assert_eq!((closed.id, closed.active), (till.id, false));
    }

    /// Nearest first, page by page; closed and pickup-less ones are left out on request.
    async fn places_are_found_nearby(world: World) {
        let tokyo = world.location("tokyo").at(35_681_236, 139_767_125).create().await;
        let osaka = world.location("osaka").at(34_702_485, 135_495_951).with(|row| row.pickup_enabled = false).create().await;
        let shibuya = world.location("shibuya").at(35_658_034, 139_701_636).create().await;
        let web = world.channel("web").served_by(&osaka).served_by(&tokyo).served_by(&shibuya).create().await;
        let codes = |filter: NearbyFilter, request: PageRequest| {
            let (world, id) = (world.clone(), web.id);
            async move {
                let (page, total) = nearby(world.db(), id, &filter, &request).await.unwrap();
                let cursors: Vec<String> = page.rows.iter().map(|(cursor, _)| cursor.encode()).collect();
                (page.rows.into_iter().map(|(_, row)| row.code).collect::<Vec<_>>(), cursors, total)
            }
        };
        let here = NearbyFilter { near: location::GeoPoint::of(&shibuya), ..NearbyFilter::default() };
        let (first, cursors, total) = codes(here.clone(), PageRequest::new(Some(2), None, None, None).unwrap()).await;
        assert_eq!((first, total), (vec!["shibuya".to_owned(), "tokyo".to_owned()], 3));
        let (rest, ..) = codes(here, PageRequest::new(Some(2), Some(&cursors[1]), None, None).unwrap()).await;
        assert_eq!(rest, ["osaka"]);
        let pickup = NearbyFilter { pickup_only: true, ..NearbyFilter::default() };
        assert_eq!(codes(pickup, PageRequest::default()).await.0, ["tokyo", "shibuya"]);
        // The world begins at 09:00, before the stores open.
        let open = NearbyFilter { open_at: Some(world.now()), ..NearbyFilter::default() };
        assert!(codes(open, PageRequest::default()).await.0.is_empty());
    }
}
