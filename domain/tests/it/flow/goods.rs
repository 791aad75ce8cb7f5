//! Goods that are there again, and how to use them.

use chrono::TimeDelta;
use domain::flow::attend;
use domain::flow::back_in_stock::{Cancel, Subscribe, cancel, subscribe};
use domain::flow::guide::{self, SaveGuide};
use domain::kernel::event::NewEvent;
use domain::messaging::{PageLink, page_links};
use domain::{ErrorCode, Permission};
use entity::words::{MessageClass, ProductStatus};
use entity::{back_in_stock, product, product_translation};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, QueryOrder};
use serde_json::json;
use support::{World, both_databases};

use super::fixture::Desk;

pub(super) fn wish(desk: &Desk, variant: entity::id::VariantId, email: &str, quantity: i64) -> Subscribe {
    Subscribe {
        variant_id: variant,
        channel_id: desk.channel.id,
        email: email.to_owned(),
        locale: None,
        quantity: Some(quantity),
    }
}

pub(super) async fn arrived(desk: &Desk, variant: entity::id::VariantId) {
    let event = NewEvent::new("stock_received", "location", desk.store.id.uuid());
    desk.say(event.payload(json!({ "variant_ids": [variant] }))).await;
}

both_databases! {
    /// Three units came: the first who asked are told, as many as there are units; nobody twice, and nobody needs to have
    /// agreed to anything.
    async fn as_many_are_told_as_there_are_units(world: World) {
        let desk = Desk::open(&world).await;
        let gone = world.product("gone").price(&desk.channel, 500).create().await.id();
        let guest = world.guest();
        for (email, quantity) in [("a@x.example", 1), ("b@x.example", 3), ("c@x.example", 2), ("d@x.example", 1)] {
            subscribe(&guest, wish(&desk, gone, email, quantity)).await.unwrap();
            world.advance(TimeDelta::seconds(1));
        }
        // Asking twice is one wish.
        subscribe(&guest, wish(&desk, gone, " A@X.example ", 1)).await.unwrap();
        arrived(&desk, gone).await;
        assert!(desk.runs().await.is_empty(), "nothing is there");
        world.stock(&desk.store, gone, 3).await;
        arrived(&desk, gone).await;
        arrived(&desk, gone).await;
        desk.work().await;
        let told: Vec<_> = desk.messages().await.into_iter().map(|row| (row.recipient, row.class)).collect();
        let transactional = MessageClass::Transactional;
        assert_eq!(told, [("a@x.example".to_owned(), transactional), ("c@x.example".to_owned(), transactional)]);
        desk.hours(24).await;
        assert_eq!(desk.messages().await.len(), 2, "their units are not promised to others for two days");
        desk.hours(26).await;
        let told: Vec<_> = desk.messages().await.into_iter().map(|row| row.recipient).collect();
        assert_eq!(told, ["a@x.example", "c@x.example", "b@x.example"]);
        desk.done().await;
    }

    /// Goods are called what the shop calls them in the reader's language.
    async fn goods_are_named_in_the_readers_language(world: World) {
        let desk = Desk::open(&world).await;
        let gone = world.product("gone").price(&desk.channel, 500).with_product(|row| row.title = "急須".to_owned());
        let gone = gone.with(|row| row.title = "急須".to_owned()).create().await;
        let english = product_translation::Model {
            product_id: gone.product.id,
            locale: "en".to_owned(),
            title: "Teapot".to_owned(),
            description_html: String::new(),
        };
        let row = english.into_active_model().reset_all();
        product_translation::Entity::insert(row).exec_without_returning(world.db()).await.unwrap();
        for (email, locale) in [("ja@x.example", "ja"), ("en@x.example", "en-GB")] {
            let wish = Subscribe { locale: Some(locale.to_owned()), ..wish(&desk, gone.id(), email, 1) };
            subscribe(&world.guest(), wish).await.unwrap();
        }
        world.stock(&desk.store, gone.id(), 2).await;
        arrived(&desk, gone.id()).await;
        desk.work().await;
        let messages = desk.messages().await;
        for (email, named, other) in [("ja@x.example", "急須", "Teapot"), ("en@x.example", "Teapot", "急須")] {
            let text = &messages.iter().find(|row| row.recipient == email).unwrap().text;
            assert!(text.contains(named) && !text.contains(other), "{email}: {text}");
        }
        desk.done().await;
    }

    /// Units that a transfer kept and gives back are told of as those that arrive.
    async fn whatever_frees_stock_is_heard(world: World) {
        let desk = Desk::open(&world).await;
        for (nth, kind) in ["transfer_released", "transfer_canceled", "fulfillment_order_moved"].into_iter().enumerate() {
            let gone = world.product(&format!("gone{nth}")).price(&desk.channel, 500).create().await.id();
            let email = format!("p{nth}@x.example");
            subscribe(&world.guest(), wish(&desk, gone, &email, 1)).await.unwrap();
            world.stock(&desk.store, gone, 1).await;
            let event = NewEvent::new(kind, "transfer", desk.store.id.uuid());
            desk.say(event).await;
            attend::attend_due(&world.ctx()).await.unwrap();
            let told = desk.messages().await.pop().unwrap();
            assert_eq!(told.recipient, email, "{kind}");
        }
        desk.work().await;
        desk.done().await;
    }

    /// What was taken from sale when its turn came is told of when it is sold again, and keeps nothing from others for ever.
    async fn a_wish_that_could_not_be_told_gets_another_turn(world: World) {
        let desk = Desk::open(&world).await;
        let gone = world.product("gone").price(&desk.channel, 500).create().await;
        let sold = async |status: ProductStatus| {
            let row = product::Entity::find_by_id(gone.product.id).one(world.db()).await.unwrap().unwrap();
            let row = product::Model { status, ..row };
            row.into_active_model().reset_all().update(world.db()).await.unwrap();
        };
        for email in ["a@x.example", "b@x.example"] {
            subscribe(&world.guest(), wish(&desk, gone.id(), email, 1)).await.unwrap();
            world.advance(TimeDelta::seconds(1));
        }
        world.stock(&desk.store, gone.id(), 1).await;
        for _ in 0..2 {
            arrived(&desk, gone.id()).await;
            sold(ProductStatus::Archived).await;
            desk.work().await;
            sold(ProductStatus::Active).await;
            assert!(desk.messages().await.is_empty());
        }
        arrived(&desk, gone.id()).await;
        attend::attend_due(&world.ctx()).await.unwrap();
        let told: Vec<_> = desk.messages().await.into_iter().map(|row| row.recipient).collect();
        assert_eq!(told, ["a@x.example"], "the first who asked, in the third run of that wish");
        assert_eq!(desk.runs().await.len(), 3);
        desk.work().await;
        desk.done().await;
    }

    /// Nobody names addresses without end.
    async fn wishes_are_throttled(world: World) {
        let desk = Desk::open(&world).await;
        let gone = world.product("gone").price(&desk.channel, 500).create().await.id();
        let from = |ip: &str| domain::Ctx { ip: Some(ip.parse().unwrap()), ..world.guest() };
        let stranger = from("192.0.2.7");
        let mut refused = None;
        for number in 0..200 {
            if let Err(error) = subscribe(&stranger, wish(&desk, gone, "a@x.example", 1)).await {
                refused = Some((number, error.code()));
                break;
            }
        }
        assert_eq!(refused, Some((100, ErrorCode::Throttled)));
        subscribe(&from("192.0.2.8"), wish(&desk, gone, "b@x.example", 1)).await.unwrap();
        world.advance(TimeDelta::minutes(16));
        subscribe(&stranger, wish(&desk, gone, "c@x.example", 1)).await.unwrap();
        desk.work().await;
        desk.done().await;
    }

    /// The link in the message gives it up, and nothing else does.
    async fn a_wish_is_given_up_by_its_link(world: World) {
        let desk = Desk::open(&world).await;
        let gone = world.product("gone").price(&desk.channel, 500).create().await.id();
        let row = subscribe(&world.guest(), wish(&desk, gone, "a@x.example", 1)).await.unwrap();
        let services = world.services();
        let secrets = &services.secrets;
        let later = world.now() + TimeDelta::days(1);
        let wrong = page_links::token(secrets, PageLink::Order, row.id.uuid(), later);
        let refused = cancel(&world.guest(), Cancel::Link(wrong)).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::NotFound);
        let stranger = desk.person("stranger").await;
        let refused = cancel(&world.customer(stranger.id), Cancel::Own(row.id)).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::NotFound);
        assert_eq!(cancel(&world.guest(), Cancel::Own(row.id)).await.unwrap_err().code(), ErrorCode::Unauthenticated);
        let token = page_links::token(secrets, PageLink::BackInStock, row.id.uuid(), later);
        for _ in 0..2 {
            let given_up = cancel(&world.guest(), Cancel::Link(token.clone())).await.unwrap();
            assert!(given_up.canceled_at.is_some());
        }
        world.stock(&desk.store, gone, 3).await;
        arrived(&desk, gone).await;
        desk.work().await;
        assert!(desk.messages().await.is_empty());
        desk.done().await;
    }

    /// Nonsense is refused, and a customer who is erased leaves no wish behind.
    async fn wishes_are_checked_and_forgotten(world: World) {
        let desk = Desk::open(&world).await;
        let gone = world.product("gone").price(&desk.channel, 500).create().await.id();
        let hana = desk.person("hana").await;
        let ctx = world.customer(hana.id);
        let code = |wish: Subscribe| {
            let ctx = ctx.clone();
            async move { subscribe(&ctx, wish).await.unwrap_err().code() }
        };
        assert_eq!(code(wish(&desk, gone, "nonsense", 1)).await, ErrorCode::InvalidEmail);
        assert_eq!(code(wish(&desk, gone, "a@x.example", 0)).await, ErrorCode::InvalidQuantity);
        assert_eq!(code(wish(&desk, gone, "a@x.example", 100)).await, ErrorCode::InvalidQuantity);
        let unknown = entity::id::VariantId(world.new_uuid());
        assert_eq!(code(wish(&desk, unknown, "a@x.example", 1)).await, ErrorCode::NotFound);
        subscribe(&ctx, wish(&desk, gone, "other@x.example", 1)).await.unwrap();
        subscribe(&world.guest(), wish(&desk, gone, "hana@example.jp", 1)).await.unwrap();
        subscribe(&world.guest(), wish(&desk, gone, "somebody@x.example", 1)).await.unwrap();
        domain::customer::erase(&ctx, None).await.unwrap();
        let left = back_in_stock::Entity::find().order_by_asc(back_in_stock::Column::Id).all(world.db()).await.unwrap();
        assert_eq!(left.iter().map(|row| row.email.as_str()).collect::<Vec<_>>(), ["somebody@x.example"]);
    }

    /// A guide is written by whoever may change the catalog.
    async fn a_guide_has_versions(world: World) {
        let desk = Desk::open(&world).await;
        let cup = world.product("cup").create().await.product.id;
        let clerk = world.staff(&[Permission::CatalogWrite]).await;
        let input = |url: &str, expected_version| SaveGuide {
            title: vec![("ja".to_owned(), "使い方".to_owned())],
            text: vec![("ja".to_owned(), "洗ってから".to_owned())],
            url: Some(url.to_owned()),
            expected_version,
        };
        let first = guide::save(&clerk, cup, input("https://shop.example/cup", Some(0))).await.unwrap();
        assert_eq!(first.version, 1);
        let stale = guide::save(&clerk, cup, input("", Some(0))).await.unwrap_err();
        assert_eq!(stale.code(), ErrorCode::StaleVersion);
        let second = guide::save(&clerk, cup, input("", Some(1))).await.unwrap();
        assert_eq!((second.version, second.url), (2, None));
        let wrong = guide::save(&clerk, cup, input("javascript:alert(1)", None)).await.unwrap_err();
        assert_eq!((wrong.code(), wrong.path()), (ErrorCode::Invalid, "input.url"));
        let empty = SaveGuide::default();
        assert_eq!(guide::save(&clerk, cup, empty).await.unwrap_err().code(), ErrorCode::Required);
        let nobody = world.staff(&[Permission::CatalogRead]).await;
        assert_eq!(guide::save(&nobody, cup, input("", None)).await.unwrap_err().code(), ErrorCode::Forbidden);
        assert!(desk.messages().await.is_empty());
    }
}
