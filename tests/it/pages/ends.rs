//! The pages of pickups and returns end some time after what they are about, and so do the links that they lead on to.

use chrono::TimeDelta;
use domain::messaging::PageLink;
use domain::pickup::code;
use domain::returns::access;
use entity::id::{PickupId, ReturnId};
use serde_json::json;
use uuid::Uuid;

use super::doors::closed;
use super::links::{bought, link, order_id, page, policy, pots, send};
use crate::harness::{TestApp, over_http};
use crate::money::desk::{Desk, Ordered};
use crate::stores::place::{act, refused};

/// An order with something to collect and something that comes back.
struct Both {
    order: Uuid,
    pickup: PickupId,
    back: ReturnId,
}

impl Both {
    async fn of(desk: &Desk, order: &Ordered) -> Self {
        send(desk, order).await;
        let input = json!({
            "orderId": order.id, "lines": [{ "orderLineId": pots(order), "quantity": 1 }],
            "method": "CARRIER", "idempotencyKey": order.id,
        });
        let asked = act(&order.holder, "returnRequest", "ReturnRequestInput", "return { id }", input).await;
        Self {
            order: order_id(order).uuid(),
            pickup: order.seen["pickups"][0]["id"].as_str().unwrap().parse().unwrap(),
            back: asked["return"]["id"].as_str().unwrap().parse().unwrap(),
        }
    }

    fn pickup_url(&self, app: &TestApp) -> String {
        let secret = code::visit_token(&app.world().services().secrets, self.pickup);
        app.url(&format!("/p/{}/{secret}", self.pickup))
    }

    fn return_url(&self, app: &TestApp) -> String {
        app.url(&format!("/r/{}/{}", self.back, access::visit_token(&app.world().ctx(), self.back)))
    }

    async fn opens(&self, app: &TestApp) {
        page(&self.pickup_url(app)).await;
        page(&self.return_url(app)).await;
        let order = page(&link(app, PageLink::Order, self.order)).await;
        assert!(order.contains("href=\"/r/"), "{order}");
    }

    /// Neither the pages nor the API take the links, and no page leads to one.
    async fn is_over(&self, app: &TestApp) {
        let (pickup, back) = (self.pickup_url(app), self.return_url(app));
        for url in [pickup.clone(), back.clone(), format!("{back}/slip.pdf")] {
            closed(&url).await;
        }
        let late = app.form(&pickup, &[("action", "arrive")]).send().await.unwrap();
        assert_eq!(late.status(), reqwest::StatusCode::NOT_FOUND);
        for leading in [link(app, PageLink::Order, self.order), link(app, PageLink::Exchange, self.back.uuid())] {
            let shown = page(&leading).await;
            assert!(!shown.contains("href=\"/r/") && !shown.contains("href=\"/p/"), "{shown}");
        }
        let secret = |url: &str| url.rsplit('/').next().unwrap().to_owned();
        let document = "query($p: ID!, $ps: String, $r: ID!, $rs: String) {
            pickup(id: $p, token: $ps) { id } return(id: $r, token: $rs) { id } }";
        let variables = json!({
            "p": self.pickup.to_string(), "ps": secret(&pickup), "r": self.back.to_string(), "rs": secret(&back),
        });
        let seen = app.shop().ask(document, variables).await;
        assert!(seen["pickup"].is_null() && seen["return"].is_null(), "{seen}");
        let input = json!({ "pickupId": self.pickup.to_string(), "token": secret(&pickup) });
        assert_eq!(refused(&app.shop(), "pickupExtend", "PickupVisitInput", input).await, ["INVALID_CODE"]);
    }
}

over_http! {
    /// What ended can be looked at for 90 days, what did not for a year; no link outlives the page that led to it.
    async fn pages_of_pickups_and_returns_end(app: TestApp) {
        let desk = Desk::open(&app).await;
        policy(&desk).await;
        let ended = Both::of(&desk, &bought(&desk, "ja").await).await;
        let boss = &desk.place.boss;
        let input = json!({ "pickupId": ended.pickup.to_string() });
        act(boss, "pickupCancel", "PickupInput", "pickup { status }", input).await;
        let input = json!({ "returnId": ended.back.to_string() });
        act(boss, "returnCancel", "ReturnStepInput", "return { status }", input).await;
        let lasting = Both::of(&desk, &bought(&desk, "en").await).await;
        app.run_jobs().await;

        app.world().advance(TimeDelta::days(90));
        ended.opens(&app).await;
        lasting.opens(&app).await;
        app.world().advance(TimeDelta::seconds(1));
        ended.is_over(&app).await;
        lasting.opens(&app).await;

        app.world().advance(TimeDelta::days(275) - TimeDelta::seconds(1));
        lasting.opens(&app).await;
        let slip = page(&lasting.return_url(&app)).await;
        let onward = slip.split("href=\"/exchange/").nth(1).unwrap().split('"').next().unwrap();
        let onward = app.url(&format!("/exchange/{onward}"));
        page(&onward).await;
        app.world().advance(TimeDelta::seconds(1));
        lasting.is_over(&app).await;
        closed(&onward).await;
        app.leaves_jobs();
    }
}
