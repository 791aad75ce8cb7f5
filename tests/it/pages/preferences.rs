//! What one hears of, and by which channel: for customers, and for guests.

use domain::messaging::PageLink;
use entity::id::{CustomerId, CustomerIdentifierId};
use entity::words::{
    ConsentChannel, ConsentPurpose, IdentifierKind, MessageEventKind, SuppressionReason, SuppressionScope,
};
use entity::{
    channel_brand, customer_consent, customer_identifier, message, message_event, message_policy, suppression,
};
use reqwest::StatusCode;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter};
use serde_json::json;

use super::links::{bought, link, page};
use crate::harness::{TestApp, over_http};
use crate::money::desk::{Desk, HANAKO};
use crate::stores::place::act;

/// Hanako agrees to both purposes by mail and to offers by text message and push notice, and buys something; what was
/// written to her, and her id.
async fn written_to(app: &TestApp, desk: &Desk) -> (message::Model, CustomerId) {
    let consent = |channel: &str, purpose: &str| json!({ "channel": channel, "purpose": purpose, "granted": true, "source": "account", "textVersion": "1" });
    let consents = [("EMAIL", "MARKETING"), ("EMAIL", "SURVEY"), ("SMS", "MARKETING"), ("PUSH", "MARKETING")];
    let consents: Vec<_> = consents.iter().map(|(channel, purpose)| consent(channel, purpose)).collect();
    let input = json!({ "consents": consents });
    act(&desk.hanako, "customerConsentSet", "CustomerConsentSetInput", "consents { purpose granted }", input).await;
    let basket = desk.place.basket(HANAKO, "ja", vec![desk.place.sent(&desk.place.cup, 1)]);
    desk.cart(&desk.hanako, basket).await.buy(json!([{ "gateway": "TEST" }])).await;
    app.run_jobs().await;
    let mine = message::Entity::find().filter(message::Column::CustomerId.is_not_null());
    let message = mine.one(app.world().db()).await.unwrap().unwrap();
    let id = message.customer_id.unwrap();
    (message, id)
}

async fn known_by(app: &TestApp, customer_id: CustomerId, kind: IdentifierKind, value: &str) {
    let row = customer_identifier::Model {
        id: CustomerIdentifierId(app.world().new_uuid()),
        customer_id,
        kind,
        value: value.to_owned(),
        verified_at: None,
        created_at: app.world().now(),
    };
    row.into_active_model().reset_all().insert(app.world().db()).await.unwrap();
}

/// What she agrees to now.
async fn holds(app: &TestApp, customer_id: CustomerId) -> Vec<String> {
    let rows = domain::customer::query::consents(app.world().db(), customer_id).await.unwrap();
    let mut held: Vec<_> =
        rows.iter().filter(|row| row.granted).map(|row| format!("{}.{}", row.channel, row.purpose)).collect();
    held.sort();
    held
}

async fn unsubscribed(app: &TestApp) -> u64 {
    let ended = message_event::Entity::find().filter(message_event::Column::Kind.eq(MessageEventKind::Unsubscribed));
    ended.count(app.world().db()).await.unwrap()
}

/// The boxes of a page that are ticked.
fn ticked(shown: &str) -> Vec<&str> {
    let boxes = shown.split("name=\"choice\" value=\"").skip(1).filter_map(|rest| rest.split_once('"'));
    boxes.filter(|(_, rest)| rest.starts_with(" checked")).map(|(word, _)| word).collect()
}

over_http! {
    /// Her mail is on the page, and what she agreed to elsewhere, which can only be ended there; what is saved is kept with
    /// where and on what wording, and one button ends it all.
    async fn what_she_hears_of_is_on_the_page(app: TestApp) {
        let desk = Desk::open(&app).await;
        let (message, customer) = written_to(&app, &desk).await;
        let url = link(&app, PageLink::Preferences, message.id.uuid());
        let shown = page(&url).await;
        assert_eq!(shown.matches("name=\"choice\"").count(), 4, "mail, and what she agreed to elsewhere: {shown}");
        for (kind, value) in [
            (IdentifierKind::Phone, "+819012345678"),
            (IdentifierKind::Line, "U4af4980629"),
            (IdentifierKind::LoyaltyCard, "2000000000015"),
        ] {
            known_by(&app, customer, kind, value).await;
        }
        let all = ["EMAIL.MARKETING", "EMAIL.SURVEY", "PUSH.MARKETING", "SMS.MARKETING"];
        let shown = page(&url).await;
        assert_eq!(shown.matches("name=\"choice\"").count(), 4, "who has the link may read no other address: {shown}");
        let mut boxes = ticked(&shown);
        boxes.sort_unstable();
        assert_eq!(boxes, all);
        assert!(shown.contains("ショップのアカウントから"), "where to say yes to others: {shown}");
        for secret in ["+819012345678", "09012345678", "U4af4980629", HANAKO] {
            assert!(!shown.contains(secret), "{secret} is on\n{shown}");
        }
        assert_eq!(holds(&app, customer).await, all, "looking ended nothing");

        for nonsense in ["x", "EMAIL", "EMAIL.", "EMAIL.marketing", "FAX.MARKETING", "EMAIL.MARKETING.SURVEY"] {
            let form = [("action", "save"), ("choice", "EMAIL.SURVEY"), ("choice", nonsense)];
            let refused = app.form(&url, &form).send().await.unwrap();
            assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY, "{nonsense}");
            let text = refused.text().await.unwrap();
            assert!(text.contains("role=\"alert\"") && text.contains("aria-describedby=\"failure\""), "{text}");
            assert_eq!(ticked(&text), ["EMAIL.SURVEY"], "what was ticked stays");
        }
        assert_eq!(holds(&app, customer).await, all);

        let keep = [("action", "save"), ("choice", "EMAIL.MARKETING"), ("choice", "EMAIL.SURVEY"), ("choice", "LINE.SURVEY")];
        assert_eq!(app.form(&url, &keep).send().await.unwrap().status(), StatusCode::SEE_OTHER);
        assert_eq!(holds(&app, customer).await, ["EMAIL.MARKETING", "EMAIL.SURVEY"]);
        assert_eq!(unsubscribed(&app).await, 0, "the mail was not what she ended");
        for form in [&keep[..2], &keep[..]] {
            assert_eq!(app.form(&url, form).send().await.unwrap().status(), StatusCode::SEE_OTHER);
            assert_eq!(holds(&app, customer).await, ["EMAIL.MARKETING"], "no yes without a wording");
        }
        let shown = page(&url).await;
        assert!(shown.contains("value=\"EMAIL.SURVEY\" disabled") && !shown.contains("SMS."), "{shown}");

        let now = app.world().now();
        let policy = message_policy::Model {
            channel_id: message.channel_id.unwrap(),
            quiet_from: "21:00".into(),
            quiet_until: "09:00".into(),
            time_zone: "Asia/Tokyo".into(),
            cap_count: 2,
            cap_days: 7,
            consent_wording: json!({ "ja": "お知らせの配信に同意します <b>" }),
            wording_version: "2026-11".into(),
            track_opens: false,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        policy.into_active_model().reset_all().insert(app.world().db()).await.unwrap();
        assert!(page(&url).await.contains("お知らせの配信に同意します &#60;b&#62;"));
        let before = customer_consent::Entity::find().count(app.world().db()).await.unwrap();
        for _ in 0..2 {
            assert_eq!(app.form(&url, &keep).send().await.unwrap().status(), StatusCode::SEE_OTHER);
        }
        assert_eq!(holds(&app, customer).await, ["EMAIL.MARKETING", "EMAIL.SURVEY"], "no yes elsewhere");
        let rows = customer_consent::Entity::find().all(app.world().db()).await.unwrap();
        assert_eq!(u64::try_from(rows.len()).unwrap(), before + 1, "once, and only what changed");
        let yes = rows.iter().find(|row| row.granted && row.source == "preferences-page").unwrap();
        assert_eq!((yes.channel, yes.purpose, yes.text_version.as_str()), (ConsentChannel::Email, ConsentPurpose::Survey, "2026-11"));

        for _ in 0..2 {
            let ended = app.form(&url, &[("action", "unsubscribe")]).send().await.unwrap();
            assert_eq!(ended.status(), StatusCode::SEE_OTHER);
            let done = ended.headers()["location"].to_str().unwrap().to_owned();
            assert!(page(&app.url(&done)).await.contains("設定を保存しました"));
        }
        assert!(holds(&app, customer).await.is_empty());
        assert_eq!(unsubscribed(&app).await, 1);
        app.run_jobs().await;
    }

    /// The page looks like the shop in whose name the message went, not like the first one.
    async fn the_page_is_that_of_the_sender(app: TestApp) {
        let desk = Desk::open(&app).await;
        let (message, _) = written_to(&app, &desk).await;
        let second = app.world().channel("second-shop").create().await;
        let now = app.world().now();
        let look = channel_brand::Model {
            channel_id: second.id,
            color: "#123456".to_owned(),
            text_color: "#ffffff".to_owned(),
            logo_url: None,
            logo_width: 160,
            sender_name: None,
            reply_to: Some("second@example.jp".to_owned()),
            footer: json!({}),
            storefront_url: None,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        look.into_active_model().reset_all().insert(app.world().db()).await.unwrap();
        let url = link(&app, PageLink::Preferences, message.id.uuid());
        assert!(!page(&url).await.contains("#123456"));
        let moved = message::Entity::update_many().col_expr(message::Column::ChannelId, Expr::value(second.id));
        moved.filter(message::Column::Id.eq(message.id)).exec(app.world().db()).await.unwrap();
        let shown = page(&url).await;
        assert!(shown.contains("--brand: #123456") && shown.contains("second@example.jp"), "{shown}");
    }

    /// A guest has nothing to choose: the button stops the address.
    async fn a_guest_is_left_alone(app: TestApp) {
        let desk = Desk::open(&app).await;
        bought(&desk, "en").await;
        app.run_jobs().await;
        let message = message::Entity::find().filter(message::Column::CustomerId.is_null());
        let message = message.one(app.world().db()).await.unwrap().unwrap();
        let url = link(&app, PageLink::Preferences, message.id.uuid());
        let shown = page(&url).await;
        assert!(!shown.contains("name=\"choice\"") && shown.contains("Unsubscribe from all"), "{shown}");
        for _ in 0..2 {
            let ended = app.form(&url, &[("action", "unsubscribe")]).send().await.unwrap();
            assert_eq!(ended.status(), StatusCode::SEE_OTHER);
        }
        let stops = suppression::Entity::find().all(app.world().db()).await.unwrap();
        let stops: Vec<_> = stops.iter().map(|row| (row.scope, row.reason)).collect();
        assert_eq!(stops, [(SuppressionScope::Marketing, SuppressionReason::Unsubscribe)]);
        assert_eq!(customer_consent::Entity::find().count(app.world().db()).await.unwrap(), 0);
        app.run_jobs().await;
    }
}
