//! What all pages have in common: only the right link opens one, looking changes nothing, and forms come from the page
//! itself.

use chrono::TimeDelta;
use domain::flow::back_in_stock::{Subscribe, subscribe};
use domain::messaging::PageLink;
use domain::pickup::code;
use domain::returns::access;
use domain::survey::{Invite, invite};
use entity::id::{OrderLineId, ReturnId, StoredValueAccountId};
use entity::words::SurveyVia;
use entity::{message, pickup};
use reqwest::StatusCode;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, Statement};
use serde_json::json;
use support::World;
use uuid::Uuid;

use super::links::{
    GUEST, asked_back, bought, large_pot, link, link_for, look, make_ready, order_id, page, policy, pots, send,
};
use crate::harness::{TestApp, over_http, visitor};
use crate::money::desk::Desk;
use crate::must_hold::nonsense::sizes;

/// A page, what it is about, and a form of it that would do something.
pub(super) struct Door {
    pub(super) page: PageLink,
    pub(super) id: Uuid,
    pub(super) form: Option<Vec<(&'static str, String)>>,
}

/// Something of everything that a page is about.
pub(super) async fn doors(app: &TestApp, desk: &Desk) -> Vec<Door> {
    let world = app.world();
    policy(desk).await;
    large_pot(desk, 3).await;
    let order = bought(desk, "ja").await;
    send(desk, &order).await;
    make_ready(desk, &order).await;
    let back: ReturnId = asked_back(&order).await["id"].as_str().unwrap().parse().unwrap();
    let (card, _) = desk.gift_card(3_000).await;
    let card: StoredValueAccountId = card.parse().unwrap();
    let cart = desk.cart(&app.shop(), desk.place.basket(GUEST, "ja", vec![desk.place.sent(&desk.place.cup, 1)])).await;
    let cart: entity::id::CartId = cart.id.parse().unwrap();
    app.run_jobs().await;
    let message =
        message::Entity::find().filter(message::Column::OrderId.is_not_null()).one(world.db()).await.unwrap().unwrap();
    let wish = Subscribe {
        variant_id: desk.place.cup.id(),
        channel_id: desk.place.online.id,
        email: GUEST.to_owned(),
        locale: Some("ja".to_owned()),
        quantity: None,
    };
    let wish = subscribe(&world.guest(), wish).await.unwrap();
    let order_of = order_id(&order);
    let asked = world
        .ctx()
        .write(|tx| async move {
            let asked = Invite {
                survey_code: "nps",
                order_id: Some(order_of),
                customer_id: None,
                via: SurveyVia::Page,
                dedupe_key: "doors".to_owned(),
                flow_run_id: None,
                locale: "ja".to_owned(),
            };
            invite(&tx, asked).await
        })
        .await;
    let asked = asked.unwrap().unwrap();
    let line: OrderLineId = pots(&order).parse().unwrap();
    let id = order_of.uuid();
    let form = |fields: &[(&'static str, &str)]| {
        Some(fields.iter().map(|(name, value)| (*name, (*value).to_owned())).collect::<Vec<_>>())
    };
    vec![
        Door { page: PageLink::Order, id, form: form(&[("action", "cancel"), ("version", "1")]) },
        Door { page: PageLink::ReturnRequest, id, form: form(&[("action", "send"), ("key", "k")]) },
        Door { page: PageLink::ClaimOrder, id, form: None },
        Door { page: PageLink::Receipt, id, form: None },
        Door { page: PageLink::Survey, id: asked.id.uuid(), form: form(&[("q.score", "9")]) },
        Door { page: PageLink::Review, id: line.uuid(), form: form(&[("rating", "5")]) },
        Door { page: PageLink::Preferences, id: message.id.uuid(), form: form(&[("action", "unsubscribe")]) },
        Door { page: PageLink::GiftCard, id: card.uuid(), form: None },
        Door { page: PageLink::Exchange, id: back.uuid(), form: form(&[("action", "send"), ("difference", "0")]) },
        Door { page: PageLink::BackInStock, id: wish.id.uuid(), form: form(&[("action", "cancel")]) },
        Door { page: PageLink::Cart, id: cart.uuid(), form: form(&[("action", "continue")]) },
    ]
}

/// The ways to the two pages whose links hold no moment, of the pickup and of the return among the doors: what stands before
/// the secret, and the secret.
async fn ways(app: &TestApp, doors: &[Door]) -> [(String, String); 2] {
    let world = app.world();
    let pickup = pickup::Entity::find().one(world.db()).await.unwrap().unwrap().id;
    let back = ReturnId(doors.iter().find(|door| door.page == PageLink::Exchange).unwrap().id);
    [
        (format!("/p/{pickup}/"), code::visit_token(&world.services().secrets, pickup)),
        (format!("/r/{back}/"), access::visit_token(&world.ctx(), back)),
    ]
}

/// There is no such page, and it is said in words.
pub(super) async fn closed(url: &str) {
    let (status, text) = look(url).await;
    assert_eq!(status, StatusCode::NOT_FOUND, "{url}");
    assert!(text.contains("<h1>") && !text.contains("<form"), "{text}");
}

/// Rows of every table and the sum of the versions of what changes in place.
pub(super) async fn state(world: &World) -> (Vec<(String, i64)>, Vec<i64>) {
    let db = world.db();
    let mut versions = Vec::new();
    for table in ["orders", "pickup", "returns", "cart", "customer", "shipment"] {
        let sql = format!("SELECT CAST(COALESCE(SUM(version), 0) AS BIGINT) AS sum FROM {table}");
        let row = db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await;
        versions.push(row.unwrap().unwrap().try_get("", "sum").unwrap());
    }
    (sizes(world).await, versions)
}

over_http! {
    /// A link that is wrong, too old, of another purpose or about nothing leads to a page that says so.
    async fn only_the_right_link_opens_a_page(app: TestApp) {
        let desk = Desk::open(&app).await;
        let doors = doors(&app, &desk).await;
        for door in &doors {
            let right = link(&app, door.page, door.id);
            let shown = page(&right).await;
            assert!(shown.contains("<html lang=\"ja\">") && !shown.contains("<script"), "{right}\n{shown}");
            let english = page(&format!("{right}?lang=en")).await;
            assert!(english.contains("<html lang=\"en\">"), "{right}");
            let token = right.rsplit('/').next().unwrap();
            let mut wrong = vec![
                format!("{right}x"),
                right[..right.len() - 1].to_owned(),
                link_for(&app, door.page, door.id, TimeDelta::seconds(-1)),
                link(&app, door.page, app.world().new_uuid()),
                app.url(&format!("/{}/%00", door.page.path())),
                app.url(&format!("/{}/{}", door.page.path(), "A".repeat(5_000))),
            ];
            let others = doors.iter().filter(|other| other.page != door.page);
            wrong.extend(others.map(|other| app.url(&format!("/{}/{token}", other.page.path()))));
            for url in wrong {
                closed(&url).await;
            }
        }
        let ways = ways(&app, &doors).await;
        for (way, secret) in &ways {
            let right = app.url(&format!("{way}{secret}"));
            let shown = page(&right).await;
            assert!(shown.contains("<html lang=\"ja\">") && !shown.contains("<script"), "{right}\n{shown}");
            let english = page(&format!("{right}?lang=en")).await;
            assert!(english.contains("<html lang=\"en\">"), "{right}");
            let kind = way.get(..3).unwrap();
            let mut wrong = vec![
                format!("{right}x"),
                right[..right.len() - 1].to_owned(),
                app.url(&format!("{kind}x/{secret}")),
                app.url(&format!("{way}%00")),
                app.url(&format!("{way}{}", "A".repeat(5_000))),
            ];
            let others = ways.iter().filter(|(other, _)| other != way);
            wrong.extend(others.map(|(_, theirs)| app.url(&format!("{way}{theirs}"))));
            for door in &doors {
                let token = link(&app, door.page, door.id);
                wrong.push(app.url(&format!("{way}{}", token.rsplit('/').next().unwrap())));
                wrong.push(app.url(&format!("/{}/{secret}", door.page.path())));
            }
            for url in wrong {
                closed(&url).await;
            }
        }
        // After a year everything is over, whatever became of it.
        let old: Vec<String> = doors.iter().map(|door| link_for(&app, door.page, door.id, TimeDelta::days(365))).collect();
        app.world().advance(TimeDelta::days(365) + TimeDelta::seconds(1));
        for url in old.into_iter().chain(ways.map(|(way, secret)| app.url(&format!("{way}{secret}")))) {
            closed(&url).await;
        }
        app.leaves_jobs();
    }

    /// Mail scanners follow every link, and follow what they find there.
    async fn looking_changes_nothing(app: TestApp) {
        let desk = Desk::open(&app).await;
        let doors = doors(&app, &desk).await;
        app.run_jobs().await;
        let before = state(app.world()).await;
        for door in &doors {
            let url = link(&app, door.page, door.id);
            for query in ["", "?lang=en", "?score=0&rating=1&done=1&action=cancel&action=unsubscribe"] {
                let shown = page(&format!("{url}{query}")).await;
                for next in shown.split("href=\"/").skip(1).map(|rest| rest.split('"').next().unwrap()) {
                    let (status, _) = look(&app.url(&format!("/{}", next.replace("&amp;", "&").replace("&#38;", "&")))).await;
                    assert!(status.is_success(), "{url} leads to {next}: {status}");
                }
            }
            let headers = visitor().get(&url).send().await.unwrap().headers().clone();
            assert_eq!(headers["cache-control"], "no-store", "{url}");
            assert_eq!(headers["referrer-policy"], "same-origin", "{url}");
            let policy = headers["content-security-policy"].to_str().unwrap();
            assert!(policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
        }
        assert_eq!(state(app.world()).await, before);
    }

    /// A form counts with the origin and the seal of its own page, and not without one of them; nonsense is told.
    async fn forms_come_from_their_own_page(app: TestApp) {
        let desk = Desk::open(&app).await;
        let doors = doors(&app, &desk).await;
        app.run_jobs().await;
        let before = state(app.world()).await;
        let http = visitor();
        let elsewhere = link(&app, PageLink::Survey, app.world().new_uuid());
        for door in doors.iter().filter(|door| door.form.is_some()) {
            let url = link(&app, door.page, door.id);
            let mut fields: Vec<(&str, String)> = door.form.clone().unwrap();
            let refused = http.post(&url).header("origin", app.origin()).form(&fields).send().await.unwrap();
            assert_eq!(refused.status(), StatusCode::FORBIDDEN, "{url} without a seal");
            fields.push(("seal", app.seal(&url)));
            let refused = http.post(&url).form(&fields).send().await.unwrap();
            assert_eq!(refused.status(), StatusCode::FORBIDDEN, "{url} without an origin");
            for origin in ["https://evil.example", "null"] {
                let refused = http.post(&url).header("origin", origin).form(&fields).send().await.unwrap();
                assert_eq!(refused.status(), StatusCode::FORBIDDEN, "{url} from {origin}");
                assert!(refused.text().await.unwrap().contains("<h1>"));
            }
            let other = [("seal", app.seal(&elsewhere)), ("action", "cancel".to_owned())];
            let refused = http.post(&url).header("origin", app.origin()).form(&other).send().await.unwrap();
            assert_eq!(refused.status(), StatusCode::FORBIDDEN, "{url} with the seal of another page");

            let post = |kind: &str, body: String| {
                http.post(&url).header("origin", app.origin()).header("content-type", kind).body(body).send()
            };
            let encoded = "application/x-www-form-urlencoded";
            let multipart = "multipart/form-data; boundary=b";
            let seal = app.seal(&url);
            let largest = if door.page == PageLink::ReturnRequest { 21 * 1024 * 1024 } else { 64 * 1024 };
            let limit = if door.page == PageLink::ReturnRequest { "21 MB" } else { "64 KB" };
            let huge = format!("seal={seal}&note={}", "x".repeat(largest));
            let many = format!("seal={seal}&{}", "a=1&".repeat(2_000));
            for (kind, body, status) in [
                ("application/json", json!({ "seal": seal }).to_string(), 415),
                ("", "x".to_owned(), 415),
                (encoded, huge, 413),
                (encoded, many, 413),
                (multipart, "--b\r\nnonsense".to_owned(), 400),
                ("multipart/form-data", String::new(), 400),
            ] {
                let refused = post(kind, body).await.unwrap();
                assert_eq!(refused.status(), status, "{url} {kind}");
                let text = refused.text().await.unwrap();
                assert_eq!(text.contains(limit), status == 413, "{url} {kind}: how much may be sent\n{text}");
                let path = url.strip_prefix(&app.url("")).unwrap();
                assert!(text.contains(&format!("class=\"act\" href=\"{path}\"")), "{url} {kind}: no way on\n{text}");
                assert_eq!(text.contains("was not saved"), status == 413, "{url} {kind}: what became of it\n{text}");
            }
            for nonsense in [
                format!("seal={seal}"),
                format!("seal={seal}&action=x&rating=9&q.score=99&difference=x"),
                format!("seal={seal}&action=cancel%00&rating=%F0%9F%92%B4&q.score=1.5&key=%0D%0A&version=-1&units.x=1"),
                format!("seal={seal}&action=send&rating=-1&q.score=&units.x=99999999999999999999&variant.x=%3Cscript%3E"),
                format!("seal={seal}&action=preview&q.comment={}&rating=6&method=X&refund_to=X", "あ".repeat(7_000)),
            ] {
                let answer = post(encoded, nonsense.clone()).await.unwrap();
                assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY, "{url} {nonsense:.120}");
                let text = answer.text().await.unwrap();
                assert!(text.contains("role=\"alert\"") && !text.contains("<script>"), "{nonsense:.120}\n{text}");
            }
        }
        assert_eq!(state(app.world()).await, before);
    }
}
