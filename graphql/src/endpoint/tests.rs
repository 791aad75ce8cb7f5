#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::net::{IpAddr, Ipv4Addr};

use chrono::{TimeZone, Utc};
use domain::Actor;
use domain::kernel::clock::ManualClock;
use domain::kernel::ctx::{Services, Settings};
use domain::kernel::db::{Db, StatementCount};
use domain::kernel::random::Random;
use domain::kernel::secret::Secrets;
use serde_json::{Value as Json, json};

use super::*;
use crate::budget::Budget;
use crate::{Incoming, StaffSchema, execute_shop, execute_staff, shop_schema, staff_schema, status};

async fn ctx(development: bool) -> Ctx {
    let clock = ManualClock::at(Utc.with_ymd_and_hms(2026, 11, 21, 0, 0, 0).unwrap());
    let services = Services {
        db: Db::open("sqlite::memory:", 1).await.unwrap(),
        clock: Arc::new(clock),
        random: Random::seeded(1),
        secrets: Secrets::new("secret".into()),
        settings: Settings {
            public_url: "http://shop.example".into(),
            development,
            password_memory_kib: 8,
            sends_sms: true,
        },
        gateways: domain::kernel::network_gateway::Gateways::default(),
    };
    Ctx {
        services: Arc::new(services),
        actor: Actor::anonymous(),
        request_id: "req".into(),
        locale: "en".into(),
        channel: None,
        ip: Some(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        statements: StatementCount::default(),
        is_background: false,
    }
}

fn body(body: &Json) -> Incoming {
    Incoming::from_json(body.to_string().as_bytes(), &Limits::default()).unwrap()
}

async fn ask(schema: &StaffSchema, ctx: &Ctx, request: &Json) -> (u16, Json) {
    let response = execute_staff(schema, body(request), ctx.clone()).await;
    (status(&response), serde_json::to_value(&response).unwrap())
}

fn code(answer: &Json) -> &str {
    answer["errors"][0]["extensions"]["code"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn everybody_may_ask_for_the_time() {
    let response =
        execute_shop(&shop_schema(Options::default()), body(&json!({"query": "{serverTime}"})), ctx(false).await).await;
    let answer = serde_json::to_value(&response).unwrap();
    assert_eq!(answer["data"]["serverTime"], "2026-11-21T00:00:00+00:00");
    assert_eq!(answer["extensions"]["cost"]["requestedQueryCost"], 1);
    assert_eq!(answer["extensions"]["cost"]["throttleStatus"]["currentlyAvailable"], 19_999);
}

#[tokio::test]
async fn the_clock_moves_only_in_development() {
    let (schema, advance) =
        (staff_schema(Options::default()), json!({"query": "mutation { clockAdvance(duration: \"PT1H\") }"}));
    let (_, answer) = ask(&schema, &ctx(true).await, &advance).await;
    assert_eq!(answer["data"]["clockAdvance"], "2026-11-21T01:00:00+00:00");
    let (status, answer) = ask(&schema, &ctx(false).await, &advance).await;
    assert_eq!((status, code(&answer)), (400, "INVALID_DOCUMENT"));
    let hidden = json!({"query": "mutation { ...F } fragment F on Mutation { a: clockAdvance(duration: \"PT1H\") }"});
    let (_, answer) = ask(&schema, &ctx(false).await, &hidden).await;
    assert_eq!(code(&answer), "INVALID_DOCUMENT");
}

#[tokio::test]
async fn the_schema_is_told_only_in_development() {
    let (schema, ask_schema) =
        (staff_schema(Options::default()), json!({"query": "{ __schema { queryType { name } } }"}));
    let (_, answer) = ask(&schema, &ctx(true).await, &ask_schema).await;
    assert_eq!(answer["data"]["__schema"]["queryType"]["name"], "Query");
    let (_, answer) = ask(&schema, &ctx(false).await, &ask_schema).await;
    assert_eq!(answer["data"]["__schema"], Json::Null, "{answer}");
}

#[tokio::test]
async fn a_get_does_not_change_anything() {
    let parameters = [("query".to_owned(), "mutation { clockAdvance(duration: \"PT1H\") }".to_owned())];
    let incoming = Incoming::from_parameters(&parameters, &Limits::default()).unwrap();
    let response = execute_staff(&staff_schema(Options::default()), incoming, ctx(true).await).await;
    assert_eq!(status(&response), 400);
}

#[tokio::test]
async fn who_spends_too_much_is_told_when_to_come_back() {
    let budgets = Budgets::new(Budget { maximum: 3, restore_rate: 1 });
    let schema = staff_schema(Options { budgets: Some(Arc::new(budgets)), ..Options::default() });
    let (ctx, time) = (ctx(false).await, json!({"query": "{serverTime}"}));
    for _ in 0..3 {
        assert_eq!(ask(&schema, &ctx, &time).await.0, 200);
    }
    let (status, answer) = ask(&schema, &ctx, &time).await;
    assert_eq!((status, code(&answer)), (429, "THROTTLED"));
    assert_eq!(answer["errors"][0]["extensions"]["retryAfterSeconds"], 1);
}

#[tokio::test]
async fn documents_run_by_their_hash() {
    let (schema, ctx) = (staff_schema(Options::default()), ctx(false).await);
    let persisted = json!({"persistedQuery": {"version": 1, "sha256Hash": crate::persisted::hash("{serverTime}")}});
    let by_hash = json!({"extensions": persisted});
    assert_eq!(code(&ask(&schema, &ctx, &by_hash).await.1), "PERSISTED_QUERY_NOT_FOUND");
    assert_eq!(ask(&schema, &ctx, &json!({"query": "{serverTime}", "extensions": persisted})).await.0, 200);
    assert_eq!(ask(&schema, &ctx, &by_hash).await.0, 200);
}

#[tokio::test]
async fn bombs_and_nonsense_get_a_code() {
    let (schema, ctx) = (staff_schema(Options::default()), ctx(false).await);
    for (text, expected) in [
        (format!("{{ a(b: {}", "[".repeat(1_550)), "TOO_COMPLEX"),
        ("{ nothing }".to_owned(), "INVALID_DOCUMENT"),
        ("{ serverTime".to_owned(), "INVALID_DOCUMENT"),
        ("subscription { a }".to_owned(), "INVALID_DOCUMENT"),
        (String::new(), "REQUIRED"),
        ("query A { serverTime } query B { serverTime }".to_owned(), "INVALID_DOCUMENT"),
    ] {
        let (status, answer) = ask(&schema, &ctx, &json!({"query": text})).await;
        assert_eq!((status, code(&answer)), (400, expected), "{answer}");
    }
}

#[tokio::test]
async fn messages_follow_the_language() {
    let (schema, mut ctx) = (staff_schema(Options::default()), ctx(false).await);
    let english = ask(&schema, &ctx, &json!({"query": ""})).await.1["errors"][0]["message"].clone();
    ctx.locale = "ja".into();
    let japanese = ask(&schema, &ctx, &json!({"query": ""})).await.1["errors"][0]["message"].clone();
    assert_ne!(english, japanese);
}

#[tokio::test]
async fn subscriptions_pass_the_same_doors() {
    let first = |incoming: Incoming, ctx: Ctx| async move {
        let answer = crate::subscribe_shop(&shop_schema(Options::default()), incoming, ctx).next().await.unwrap();
        serde_json::to_value(&answer).unwrap()
    };
    let ctx = ctx(false).await;
    let order = entity::id::OrderId(uuid::Uuid::from_u128(7));
    let subscribe = json!({"query": format!("subscription {{ orderChanged(orderId: \"{order}\") {{ event }} }}")});
    assert_eq!(code(&first(body(&subscribe), ctx.clone()).await), "UNAUTHENTICATED");
    let bomb = json!({"query": format!("subscription {{ a(b: {}", "[".repeat(1_550))});
    assert_eq!(code(&first(body(&bomb), ctx.clone()).await), "TOO_COMPLEX");
    // A query by socket answers once.
    assert_eq!(
        first(body(&json!({"query": "{ serverTime }"})), ctx).await["data"]["serverTime"],
        "2026-11-21T00:00:00+00:00"
    );
}

#[tokio::test]
async fn what_is_not_yours_looks_like_what_does_not_exist() {
    let (schema, ctx) = (staff_schema(Options::default()), ctx(false).await);
    let order = entity::id::OrderId(uuid::Uuid::from_u128(7));
    let (status, answer) = ask(&schema, &ctx, &json!({"query": format!("{{ node(id: \"{order}\") {{ id }} }}")})).await;
    assert_eq!((status, &answer["data"]["node"]), (200, &Json::Null), "{answer}");
    let (status, answer) = ask(&schema, &ctx, &json!({"query": "{ node(id: \"nonsense\") { id } }"})).await;
    assert_eq!(code(&answer), "INVALID_ID", "{status}");
}
