//! What comes back over HTTP: news of providers, the button that ends messages, links and pictures.

use chrono::TimeDelta;
use data_encoding::HEXLOWER;
use domain::messaging::{PageLink, page_links, tracking};
use entity::id::{ChannelId, CustomerConsentId, CustomerId, MessageId};
use entity::words::{ConsentChannel, ConsentPurpose, IdentifierKind, MessageClass, MessageEventKind, MessageStatus};
use entity::{customer_consent, message, message_event};
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::redirect::Policy;
use reqwest::{RequestBuilder, StatusCode};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, QueryOrder};
use serde_json::{Value, json};
use sha2::Sha256;
use support::{World, message_row};

use crate::harness::{TestApp, over_http};

/// The secret of the harness.
const SECRET: &[u8] = b"a secret of mails in tests";
const PHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1";

/// An offer that was sent an hour ago.
async fn offer(world: &World, customer_id: Option<CustomerId>, channel_id: ChannelId) -> message::Model {
    let then = world.now() - TimeDelta::hours(1);
    let row = message::Model {
        template: "cross_sell".into(),
        status: MessageStatus::Sent,
        customer_id,
        subject: "お茶のお供".into(),
        text: "お茶".into(),
        sent_at: Some(then),
        class: MessageClass::Marketing,
        channel_id: Some(channel_id),
        attempts: 1,
        provider_id: Some("ses-1".into()),
        ..message_row(MessageId(world.new_uuid()), then)
    };
    message::Entity::insert(row.clone().into_active_model().reset_all())
        .exec_without_returning(world.db())
        .await
        .unwrap();
    row
}

/// Hanako, who wants offers, and one that she got.
pub(super) async fn hanako(world: &World) -> (CustomerId, message::Model) {
    let shop = world.channel("shop").create().await;
    let hanako = world.new_customer("髙﨑", "花子").verified(IdentifierKind::Email, "hanako@example.jp").create().await;
    let yes = customer_consent::Model {
        id: CustomerConsentId(world.new_uuid()),
        customer_id: hanako.id,
        channel: ConsentChannel::Email,
        purpose: ConsentPurpose::Marketing,
        granted: true,
        source: "test".into(),
        text_version: "1".into(),
        recorded_at: world.now(),
    };
    customer_consent::Entity::insert(yes.into_active_model().reset_all())
        .exec_without_returning(world.db())
        .await
        .unwrap();
    let offer = offer(world, Some(hanako.id), shop.id).await;
    // The latest word counts: words of one millisecond have no order.
    world.advance(TimeDelta::seconds(1));
    (hanako.id, offer)
}

async fn events(world: &World) -> Vec<message_event::Model> {
    message_event::Entity::find().order_by_asc(message_event::Column::Id).all(world.db()).await.unwrap()
}

pub(super) async fn wants_offers(world: &World, id: CustomerId) -> bool {
    let now = domain::customer::query::consents(world.db(), id).await.unwrap();
    now.iter().any(|row| row.purpose == ConsentPurpose::Marketing && row.granted)
}

pub(super) fn signed(app: &TestApp, shape: &str, body: &str) -> RequestBuilder {
    let now = app.world().now().timestamp();
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET).unwrap();
    mac.update(format!("{now}.{body}").as_bytes());
    reqwest::Client::new()
        .post(app.url(&format!("/webhooks/mail/{shape}")))
        .header("x-hitotsu-timestamp", now)
        .header("x-hitotsu-signature", format!("v1={}", HEXLOWER.encode(&mac.finalize().into_bytes())))
        .body(body.to_owned())
}

pub(super) async fn told(request: RequestBuilder) -> (StatusCode, Value) {
    let answer = request.send().await.unwrap();
    let status = answer.status();
    (status, serde_json::from_str(&answer.text().await.unwrap()).unwrap_or(Value::Null))
}

fn browser() -> reqwest::Client {
    reqwest::Client::builder().redirect(Policy::none()).user_agent(PHONE).build().unwrap()
}

over_http! {
    /// News are taken when they are signed and fresh, or with the password of the address, each once.
    async fn providers_tell_of_messages(app: TestApp) {
        let world = app.world().clone();
        let (hanako, offer) = hanako(&world).await;
        let body = json!({ "events": [{ "kind": "DELIVERED", "messageId": offer.message_id, "id": "1" }] }).to_string();
        let http = reqwest::Client::new();
        let plain = |shape: &str| http.post(app.url(&format!("/webhooks/mail/{shape}"))).body(body.clone());
        let unsigned = plain("neutral").send().await.unwrap();
        assert_eq!(unsigned.status(), StatusCode::UNAUTHORIZED);
        assert!(unsigned.headers().contains_key("www-authenticate"));
        assert_eq!(plain("postmark").send().await.unwrap().status(), StatusCode::NOT_FOUND, "no secret, no ear");
        assert_eq!(plain("pigeon").send().await.unwrap().status(), StatusCode::NOT_FOUND);
        let tampered = signed(&app, "neutral", &body).body(body.replace("DELIVERED", "COMPLAINED"));
        assert_eq!(told(tampered).await.0, StatusCode::UNAUTHORIZED);
        for expected in ["recorded", "known"] {
            let (status, answer) = told(signed(&app, "neutral", &body)).await;
            assert_eq!((status, answer[expected].as_i64()), (StatusCode::ACCEPTED, Some(1)), "{answer}");
        }
        for bad in ["", "{}", "[1]"] {
            assert_eq!(told(signed(&app, "neutral", bad)).await.0, StatusCode::BAD_REQUEST, "{bad}");
        }
        // SES cannot sign as we do; SNS sends the password of its address. It renamed the mail.
        let complaint = json!({
            "notificationType": "Complaint",
            "complaint": { "feedbackId": "fb", "complainedRecipients": [{ "emailAddress": "hanako@example.jp" }] },
            "mail": { "messageId": "ses-1" },
        });
        let envelope = json!({ "Type": "Notification", "Message": complaint.to_string() }).to_string();
        let by = |password: &str| {
            http.post(app.url("/webhooks/mail/ses")).basic_auth("sns", Some(password)).body(envelope.clone())
        };
        assert_eq!(told(by("a wrong secret")).await.0, StatusCode::UNAUTHORIZED);
        assert!(wants_offers(&world, hanako).await);
        let (status, answer) = told(by("a secret of SES in tests")).await;
        assert_eq!((status, answer["recorded"].as_i64()), (StatusCode::ACCEPTED, Some(1)), "{answer}");
        assert!(!wants_offers(&world, hanako).await);
        let kinds: Vec<_> = events(&world).await.into_iter().map(|event| event.kind).collect();
        assert_eq!(kinds, [MessageEventKind::Delivered, MessageEventKind::Complained]);
        app.run_jobs().await;
    }

    /// A delivery status mail, handed on as it came, stops the address.
    async fn a_returned_mail_is_read(app: TestApp) {
        let world = app.world().clone();
        let (_, offer) = hanako(&world).await;
        let mail = format!(
            "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\
            Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\n\
            Final-Recipient: rfc822; hanako@example.jp\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b\r\n\
            Content-Type: text/rfc822-headers\r\n\r\nMessage-ID: {}\r\n\r\n--b--\r\n",
            offer.message_id
        );
        let (status, answer) = told(signed(&app, "raw", &mail)).await;
        assert_eq!((status, answer["recorded"].as_i64()), (StatusCode::ACCEPTED, Some(1)), "{answer}");
        let [event] = events(&world).await.try_into().unwrap();
        assert_eq!((event.kind, event.detail.as_deref()), (MessageEventKind::Bounced, Some("5.1.1")));
        assert_eq!(entity::suppression::Entity::find().all(world.db()).await.unwrap().len(), 1);
        let (status, answer) = told(signed(&app, "raw", "Subject: Out of office\r\n\r\nI am away")).await;
        assert_eq!((status, answer["received"].as_i64()), (StatusCode::ACCEPTED, Some(0)));
        app.run_jobs().await;
    }

    /// The button of a mail program ends messages; opening its address ends nothing.
    async fn one_click_unsubscribes(app: TestApp) {
        let world = app.world().clone();
        let (hanako, offer) = hanako(&world).await;
        let url = tracking::unsubscribe_url(&world.services(), offer.id, world.now());
        let path = url.strip_prefix("https://shop.example").unwrap().to_owned();
        let opened = browser().get(app.url(&path)).send().await.unwrap();
        assert_eq!(opened.status(), StatusCode::SEE_OTHER);
        let page = path.replace("/unsubscribe/", "/u/");
        assert_eq!(opened.headers()["location"].to_str().unwrap(), page);
        assert_eq!(browser().head(app.url(&path)).send().await.unwrap().status(), StatusCode::SEE_OTHER);
        let press = |path: &str, body: &'static str| browser().post(app.url(path)).body(body).send();
        assert_eq!(press(&path, "").await.unwrap().status(), StatusCode::BAD_REQUEST);
        assert!(wants_offers(&world, hanako).await && events(&world).await.is_empty());
        for _ in 0..2 {
            assert_eq!(press(&path, "List-Unsubscribe=One-Click").await.unwrap().status(), StatusCode::OK);
        }
        assert!(!wants_offers(&world, hanako).await);
        let kinds: Vec<_> = events(&world).await.into_iter().map(|event| event.kind).collect();
        assert_eq!(kinds, [MessageEventKind::Unsubscribed]);
        let later = world.now() + chrono::TimeDelta::days(1);
        let order = page_links::token(&world.services().secrets, PageLink::Order, offer.id.uuid(), later);
        let foreign = press(&format!("/unsubscribe/{order}"), "List-Unsubscribe=One-Click").await.unwrap();
        assert_eq!(foreign.status(), StatusCode::NOT_FOUND, "a link for something else opens nothing here");
        app.run_jobs().await;
    }

    /// A link leads where it was signed to, for people and for scanners, who are told apart; a picture is always one.
    async fn links_lead_on_and_scanners_are_told_apart(app: TestApp) {
        let world = app.world().clone();
        let (_, offer) = hanako(&world).await;
        let target = "https://shop.example/p/tea?utm=mail";
        let link = tracking::link(&world.services(), offer.id, target);
        let path = link.strip_prefix("https://shop.example").unwrap().to_owned();
        let followed = browser().get(app.url(&path)).send().await.unwrap();
        assert_eq!((followed.status(), followed.headers()["location"].to_str().unwrap()), (StatusCode::FOUND, target));
        let looked = browser().head(app.url(&path)).send().await.unwrap();
        assert_eq!(looked.status(), StatusCode::FOUND);
        let scanner = reqwest::Client::builder().redirect(Policy::none()).user_agent("Barracuda Sentinel").build().unwrap();
        assert_eq!(scanner.get(app.url(&path)).send().await.unwrap().status(), StatusCode::FOUND);
        let seen: Vec<_> = events(&world).await.into_iter().map(|event| (event.kind, event.by_machine)).collect();
        assert_eq!(seen, [(MessageEventKind::Clicked, false), (MessageEventKind::Clicked, true)]);
        assert_eq!(events(&world).await[0].detail.as_deref(), Some("https://shop.example/p/tea"));
        for bad in ["/c/nonsense", "/c/aHR0cHM6Ly9ldmlsLmV4YW1wbGU"] {
            assert_eq!(browser().get(app.url(bad)).send().await.unwrap().status(), StatusCode::NOT_FOUND);
        }
        let picture = tracking::pixel(&world.services(), offer.id);
        let path = picture.strip_prefix("https://shop.example").unwrap().to_owned();
        for path in [path.as_str(), "/pixel/nonsense"] {
            let shown = browser().get(app.url(path)).send().await.unwrap();
            assert_eq!(shown.headers()["content-type"].to_str().unwrap(), "image/gif");
            assert!(shown.bytes().await.unwrap().starts_with(b"GIF89a"));
        }
        assert_eq!(events(&world).await.len(), 3);
    }
}
