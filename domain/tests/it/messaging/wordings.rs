//! Merchants' own wordings: saved, used, given up, and replaced by the built-in when they do not work.

use std::sync::Arc;

use domain::messaging::TemplateName;
use domain::messaging::brand::{self, SaveBrand};
use domain::messaging::own_template::{self, SaveTemplate, Source};
use domain::messaging::preview::{Preview, Wording, preview};
use domain::messaging::test_send::{TestSend, test_send};
use domain::{Error, ErrorCode, Permission};
use entity::id::ChannelId;
use entity::message_template;
use entity::words::{MessageClass, TemplateState};
use sea_orm::EntityTrait;
use support::{World, both_databases};

use super::fixture::{Server, clear, messages, order, placed};

fn wording(subject: &str, body: &str) -> SaveTemplate {
    SaveTemplate {
        name: TemplateName::OrderConfirmation,
        channel_id: None,
        locale: "ja".to_owned(),
        source: Source {
            subject: subject.to_owned(),
            mjml: format!("<mj-section><mj-column><mj-text>{body}</mj-text></mj-column></mj-section>"),
            text: "{{ order.number }}".to_owned(),
        },
    }
}

fn wish(name: TemplateName) -> Preview {
    Preview { name, order_id: None, channel_id: None, locale: None, wording: None }
}

fn brand_of(channel_id: ChannelId) -> SaveBrand {
    SaveBrand {
        channel_id,
        expected_version: None,
        color: "#7A1F3D".to_owned(),
        text_color: "#ffffff".to_owned(),
        logo_url: Some("https://cdn.example.jp/logo.png".to_owned()),
        logo_width: 120,
        sender_name: Some("お茶の店".to_owned()),
        reply_to: Some("Answers@Shop.example".to_owned()),
        footer: vec![("ja".to_owned(), "古物商許可 第1号".to_owned())],
        storefront_url: Some("https://shop.example/".to_owned()),
    }
}

both_databases! {
    /// A wording is a draft, then used, then another one is; the message says by which it was rendered.
    async fn a_wording_is_used_until_another_one_is(world: World) {
        let staff = world.staff(&[Permission::PlacesWrite]).await;
        let first = own_template::save(&staff, wording("One {{ order.number }}", "x")).await.unwrap();
        let second = own_template::save(&staff, wording("Two {{ order.number }}", "y")).await.unwrap();
        assert_eq!((first.number, first.state, second.number), (1, TemplateState::Draft, 2));
        let server = Arc::new(Server::default());
        let mut subjects = Vec::new();
        for (used, given_up) in [(None, None), (Some(first.id), None), (Some(second.id), None), (None, Some(second.id))] {
            if let Some(id) = used {
                own_template::activate(&staff, id).await.unwrap();
            }
            if let Some(id) = given_up {
                own_template::retire(&staff, id).await.unwrap();
            }
            let order = order(&world, |_| {}).await;
            placed(&world, &order).await;
            server.work(&world).await;
            let message = messages(&world).await.pop().unwrap();
            subjects.push((message.subject.replace(&order.number, "N"), message.template_id));
        }
        assert_eq!(subjects[1], ("One N".to_owned(), Some(first.id)));
        assert_eq!(subjects[2], ("Two N".to_owned(), Some(second.id)));
        assert_eq!((&subjects[0], subjects[0].1), (&subjects[3], None));
        let states = message_template::Entity::find().all(world.db()).await.unwrap();
        assert!(states.iter().all(|row| row.state == TemplateState::Retired && row.failed_at.is_none()));
        clear(&world).await;
    }

    /// A wording that works with the sample and not with this order: the built-in goes out, and staff see why.
    async fn a_wording_that_fails_keeps_no_mail(world: World) {
        let staff = world.staff(&[Permission::PlacesWrite]).await;
        let body = "{{ order.receipt.number }}";
        let saved = own_template::save(&staff, wording("x", body)).await.unwrap();
        own_template::activate(&staff, saved.id).await.unwrap();
        let order = order(&world, |_| {}).await;
        placed(&world, &order).await;
        let server = Arc::new(Server::default());
        server.work(&world).await;
        let [message] = messages(&world).await.try_into().unwrap();
        assert!(message.subject.contains("ご注文ありがとうございます") && message.template_id.is_none());
        let row = message_template::Entity::find_by_id(saved.id).one(world.db()).await.unwrap().unwrap();
        assert!(row.failed_at.is_some() && row.failure.unwrap().contains("unknown-variable"));
        assert_eq!(server.mails().len(), 1);
        clear(&world).await;
    }

    /// What is wrong is told by line, all at once, and nothing is kept.
    async fn what_is_wrong_is_not_saved(world: World) {
        let staff = world.staff(&[Permission::PlacesWrite]).await;
        let Err(Error::Several(errors)) =
            own_template::save(&staff, wording("{{ nobody }}", "\n\n{{ order.numbr }}")).await
        else {
            panic!("two problems")
        };
        let told: Vec<_> = errors.iter().map(|error| (error.code(), error.to_string())).collect();
        assert!(told.iter().all(|(code, _)| *code == ErrorCode::TemplateInvalid), "{told:?}");
        assert!(told[1].1.contains("input.mjml"), "{told:?}");
        for large in ["{{ 'x' * 100000000 }}", "{% if 1 in [0] * 100000000 %}x{% endif %}", "{{ 'x' ~ 'y' }}"] {
            let refused = own_template::save(&staff, wording(large, "x")).await.unwrap_err();
            assert_eq!((refused.code(), refused.path()), (ErrorCode::TemplateInvalid, "input.subject"), "{large}");
            let looking = world.staff(&[Permission::MessagesRead]).await;
            let written = Wording::Written(large.into(), "<mj-section />".into(), "x".into());
            let looked = Preview { wording: Some(written), ..wish(TemplateName::OrderConfirmation) };
            assert!(!preview(&looking, &looked).await.unwrap().problems.is_empty(), "{large}");
        }
        assert!(message_template::Entity::find().all(world.db()).await.unwrap().is_empty());
        let reader = world.staff(&[Permission::MessagesRead]).await;
        let refused = own_template::save(&reader, wording("x", "x")).await;
        assert!(matches!(refused, Err(Error::Forbidden { .. })));
    }

    /// A message can be looked at with an order or a sample, with words that are only being written, and tried.
    async fn a_message_can_be_looked_at_and_tried(world: World) {
        let staff = world.staff(&[Permission::MessagesRead, Permission::MessagesSend]).await;
        for name in TemplateName::ALL {
            let seen = preview(&staff, &wish(*name)).await.unwrap();
            assert!(seen.problems.is_empty() && !seen.rendered.html.contains("cid:"), "{}", name.as_str());
            assert!(seen.has_samples, "{}", name.as_str());
        }
        let order = order(&world, |_| {}).await;
        for name in TemplateName::ALL {
            let with = Preview { order_id: Some(order.id), ..wish(*name) };
            let seen = preview(&staff, &with).await.unwrap();
            let shows_number =
                !matches!(name.file(), "code" | "stored_value" | "notice" | "account" | "survey_alert");
            assert!(!shows_number || seen.rendered.text.contains(&order.number), "{}", name.as_str());
            let is_whole = matches!(name.file(), "order_confirmation" | "pos_receipt" | "notice");
            assert_eq!(seen.has_samples, !is_whole, "{}", name.as_str());
        }
        let written = Wording::Written("{{ nobody }}".into(), "<mj-section />".into(), "x".into());
        let seen = preview(&staff, &Preview { wording: Some(written), ..wish(TemplateName::Thanks) }).await.unwrap();
        assert!(!seen.problems.is_empty() && seen.rendered.subject.contains("thank you"));
        let input = TestSend {
            preview: wish(TemplateName::PickupReady),
            recipient: Some("me@example.jp".to_owned()),
            idempotency_key: "try".to_owned(),
        };
        let (first, second) = (test_send(&staff, input.clone()).await.unwrap(), test_send(&staff, input).await.unwrap());
        assert!(!first.replayed && second.replayed);
        assert!(first.message.subject.starts_with("[Test] ") && first.message.order_id.is_none());
        assert_eq!(first.message.class, MessageClass::Transactional);
        let server = Arc::new(Server::default());
        server.work(&world).await;
        let [mail] = server.mails().try_into().unwrap();
        assert_eq!((mail.to.as_str(), mail.inline.len()), ("me@example.jp", 1), "the picture of the code");
        let [kept] = messages(&world).await.try_into().unwrap();
        assert_eq!((kept.html.as_str(), kept.text.as_str()), ("", ""), "a code is wiped");
        clear(&world).await;
    }

    /// The brand of a channel stands in its messages, and bad colors and addresses are refused.
    async fn a_channel_has_its_brand(world: World) {
        let staff = world.staff(&[Permission::PlacesWrite]).await;
        let order = order(&world, |_| {}).await;
        let id = order.channel_id;
        assert_eq!(brand::readable(&staff, id).await.unwrap().unwrap().version, 0);
        for (change, code) in [
            (SaveBrand { text_color: "#8a2f4d".into(), ..brand_of(id) }, ErrorCode::ContrastTooLow),
            (SaveBrand { color: "red".into(), ..brand_of(id) }, ErrorCode::Invalid),
            (SaveBrand { logo_url: Some("http://cdn.example.jp/x.png".into()), ..brand_of(id) }, ErrorCode::Invalid),
            (SaveBrand { logo_width: 5_000, ..brand_of(id) }, ErrorCode::Invalid),
            (SaveBrand { reply_to: Some("nobody".into()), ..brand_of(id) }, ErrorCode::InvalidEmail),
            (SaveBrand { expected_version: Some(3), ..brand_of(id) }, ErrorCode::StaleVersion),
        ] {
            assert_eq!(brand::save(&staff, change).await.unwrap_err().code(), code);
        }
        let saved = brand::save(&staff, brand_of(id)).await.unwrap();
        assert_eq!((saved.version, saved.color.as_str()), (1, "#7a1f3d"));
        assert_eq!(saved.reply_to.as_deref(), Some("answers@shop.example"));
        assert_eq!(brand::save(&staff, brand_of(id)).await.unwrap().version, 1, "nothing changed");
        placed(&world, &order).await;
        let server = Arc::new(Server::default());
        server.work(&world).await;
        let [mail] = server.mails().try_into().unwrap();
        assert_eq!(mail.from_name, "お茶の店");
        for wanted in ["#7a1f3d", "cdn.example.jp", "古物商許可", "mailto:answers@shop.example", "application/ld+json"] {
            assert!(mail.html.contains(wanted), "{wanted}");
        }
        assert!(mail.html.contains("&#x2f;o&#x2f;") && mail.text.contains("/o/"), "the page of the order");
        clear(&world).await;
    }
}
