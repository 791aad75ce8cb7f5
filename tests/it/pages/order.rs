//! Where an order stands, for whoever has its link.

use domain::messaging::PageLink;
use entity::id::{CreditNoteId, OrderId};
use entity::{channel_brand, credit_note};
use reqwest::StatusCode;
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};
use serde_json::json;

use super::links::{GUEST, asked_back, bought, counted, link, make_ready, order_id, page, policy, send};
use crate::harness::{TestApp, over_http, visitor};
use crate::money::desk::{Desk, Ordered, printed};
use crate::stores::place::act;

/// Most statements of the page, whatever the order holds.
const STATEMENTS: u64 = 27;

fn url(app: &TestApp, order: &Ordered) -> String {
    link(app, PageLink::Order, order_id(order).uuid())
}

over_http! {
    /// From the order to the parcel, the store and the way back: the page tells each, in both languages.
    async fn a_page_follows_its_order(app: TestApp) {
        let desk = Desk::open(&app).await;
        policy(&desk).await;
        let order = bought(&desk, "ja").await;
        let url = url(&app, &order);
        let placed = page(&url).await;
        for wanted in [order.number.as_str(), "pot × 2", "cup × 1", "準備を待っています", "キャンセルを確定する", "会員アカウントに追加"] {
            assert!(placed.contains(wanted), "{wanted} is not on\n{placed}");
        }
        assert!(!placed.contains("返品を申し込む"), "nothing is there to return");

        send(&desk, &order).await;
        make_ready(&desk, &order).await;
        app.run_jobs().await;
        let code = order.read("pickups { code }").await["pickups"][0]["code"].as_str().unwrap().to_owned();
        let under_way = page(&url).await;
        for wanted in [code.as_str(), "role=\"img\"", "お受け取りいただけます", "ヤマト運輸", "返品を申し込む", "/p/pickup_", "営業時間"] {
            assert!(under_way.contains(wanted), "{wanted} is not on\n{under_way}");
        }
        assert!(under_way.contains("https://www.google.com/maps/"), "a map\n{under_way}");
        assert!(!under_way.contains("キャンセルを確定する"), "something has left");
        let english = page(&format!("{url}?lang=en")).await;
        for wanted in ["Ready to collect", "Return something", "Yamato", "Sent", "Opening hours", "Receipt and details"] {
            assert!(english.contains(wanted), "{wanted} is not on\n{english}");
        }

        let back = asked_back(&order).await;
        let number = back["number"].as_str().unwrap();
        let (returned, statements) = counted(&url).await;
        assert!(returned.contains(number) && returned.contains("返金の代わりに交換する"), "{returned}");
        assert!(statements <= STATEMENTS, "{statements} statements");
        app.run_jobs().await;
        desk.audit().await;
    }

    /// The pages that an order leads to lead back to it, for who came from there; who was handed one of their links gets none.
    async fn who_came_from_an_order_finds_back(app: TestApp) {
        let desk = Desk::open(&app).await;
        policy(&desk).await;
        let order = bought(&desk, "en").await;
        let other = url(&app, &bought(&desk, "en").await);
        send(&desk, &order).await;
        make_ready(&desk, &order).await;
        asked_back(&order).await;
        app.run_jobs().await;
        let url = url(&app, &order);
        let shown = page(&url).await;
        for start in ["/p/", "/r/", "/receipt/", "/claim/", "/return/"] {
            let next = shown.split(&format!("href=\"{start}")).nth(1).unwrap_or_else(|| panic!("no {start} on\n{shown}"));
            let next = app.url(&format!("{start}{}", next.split('"').next().unwrap()));
            assert!(!page(&next).await.contains("Back to the order"), "{next} was handed on");
            for (from, leads_back) in [(&url, true), (&other, false)] {
                let answer = visitor().get(&next).header("referer", from.as_str()).send().await.unwrap();
                let text = answer.text().await.unwrap();
                assert_eq!(text.contains("Back to the order"), leads_back, "{next} from {from}\n{text}");
                assert!(!text.contains(other.rsplit('/').next().unwrap()), "another order is not told of");
            }
        }
    }

    /// The order is canceled on its page once, as it was shown; then the page says so.
    async fn an_order_is_canceled_on_its_page(app: TestApp) {
        let desk = Desk::open(&app).await;
        let order = bought(&desk, "en").await;
        let url = url(&app, &order);
        let version = order.read("version").await["version"].to_string();
        let stale = app.form(&url, &[("action", "cancel"), ("version", "0")]).send().await.unwrap();
        assert_eq!(stale.status(), StatusCode::UNPROCESSABLE_ENTITY);
        assert!(stale.text().await.unwrap().contains("id=\"failure\" role=\"alert\""));
        let cancel = [("action", "cancel"), ("version", version.as_str())];
        for _ in 0..2 {
            let done = app.form(&format!("{url}?lang=ja"), &cancel).send().await.unwrap();
            assert_eq!(done.status(), StatusCode::SEE_OTHER);
            let to = done.headers()["location"].to_str().unwrap().to_owned();
            assert!(url.ends_with(to.strip_suffix("?lang=ja").unwrap()), "{to}");
        }
        app.run_jobs().await;
        let seen = order.read("status refunds { amount { amount } } creditNotes { number }").await;
        assert_eq!((&seen["status"], seen["refunds"].as_array().unwrap().len()), (&json!("CANCELED"), 1), "{seen}");
        let shown = page(&url).await;
        assert!(shown.contains("Your order was canceled") && !shown.contains("Yes, cancel it"), "{shown}");

        let note = credit_note::Entity::find().one(app.world().db()).await.unwrap().unwrap();
        let receipt = link(&app, PageLink::Receipt, order_id(&order).uuid());
        let paper = page(&format!("{receipt}?note={}", note.id)).await;
        assert!(paper.contains(&note.number) && paper.contains(&order.number), "{paper}");
        let other = CreditNoteId(app.world().new_uuid());
        for wrong in [other.to_string(), OrderId(note.id.uuid()).to_string(), "x".to_owned()] {
            let (status, _) = super::links::look(&format!("{receipt}?note={wrong}")).await;
            assert_eq!(status, StatusCode::NOT_FOUND, "{wrong}");
        }
        desk.audit().await;
    }

    /// What law asks of a receipt, the shop's own look, and how a guest's order joins an account.
    async fn papers_and_looks(app: TestApp) {
        let desk = Desk::open(&app).await;
        let now = app.world().now();
        let look = channel_brand::Model {
            channel_id: desk.place.online.id,
            color: "#ffd400".to_owned(),
            text_color: "#ffffff".to_owned(),
            logo_url: Some("https://cdn.example.jp/logo.png".to_owned()),
            logo_width: 120,
            sender_name: None,
            reply_to: Some("help@example.jp".to_owned()),
            footer: json!({ "ja": "特定商取引法に基づく表記 <b>", "en": "Legal notice" }),
            storefront_url: Some("https://shop.example.jp".to_owned()),
            version: 1,
            created_at: now,
            updated_at: now,
        };
        look.into_active_model().reset_all().insert(app.world().db()).await.unwrap();
        let order = bought(&desk, "ja").await;
        let id = order_id(&order).uuid();
        let receipt = page(&link(&app, PageLink::Receipt, id)).await;
        let total = order.seen["total"]["amount"].as_str().unwrap().parse().unwrap();
        for wanted in [order.number.as_str(), &printed(total), "10%対象（税込）", "うち消費税", "お支払い済み", "登録番号"] {
            assert!(receipt.contains(wanted), "{wanted} is not on\n{receipt}");
        }
        let url = url(&app, &order);
        let answer = reqwest::get(&url).await.unwrap();
        let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(policy.contains("img-src 'self' data: https://cdn.example.jp;"), "{policy}");
        let shown = answer.text().await.unwrap();
        for wanted in ["--brand: #ffd400", "--on-brand: #000000", "logo.png", "help@example.jp", "表記 &#60;b&#62;"] {
            assert!(shown.contains(wanted), "{wanted} is not on\n{shown}");
        }
        let claim = page(&link(&app, PageLink::ClaimOrder, id)).await;
        assert!(claim.contains("h•••@example.jp") && !claim.contains(GUEST), "{claim}");
        assert!(claim.contains("https://shop.example.jp"), "{claim}");
        let input = json!({ "number": order.number, "token": order.holder.header_value("x-order-token") });
        act(&desk.hanako, "orderClaim", "OrderClaimInput", "order { id }", input).await;
        let claimed = page(&link(&app, PageLink::ClaimOrder, id)).await;
        assert!(claimed.contains("追加されています"), "{claimed}");
        app.run_jobs().await;
    }
}
