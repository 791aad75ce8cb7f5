//! Nonsense gets a typed error and changes nothing.

use sea_orm::{ConnectionTrait, DatabaseBackend, Statement};
use serde_json::{Value, json};
use support::World;

use super::shop::{self, CART_COMPLETE, CART_CREATE};
use crate::harness::{Answer, over_http};

/// Rows of every table, but for what only counts attempts.
pub(crate) async fn sizes(world: &World) -> Vec<(String, i64)> {
    let db = world.db();
    let backend = db.get_database_backend();
    let names = if backend == DatabaseBackend::Postgres {
        "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
    } else {
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY 1"
    };
    let rows = db.query_all_raw(Statement::from_string(backend, names)).await.unwrap();
    let mut sizes = Vec::new();
    for row in rows {
        let name: String = row.try_get("", "name").unwrap();
        if name == "sign_in_throttle" {
            continue;
        }
        let sql = format!("SELECT COUNT(*) AS size FROM \"{name}\"");
        let size = db.query_one_raw(Statement::from_string(backend, sql)).await.unwrap().unwrap();
        sizes.push((name, size.try_get("", "size").unwrap()));
    }
    sizes
}

/// Refused by name: by a code of the payload or of the request, never as an internal error, never by a crash.
fn assert_refused(what: &str, answer: &Answer) {
    assert!(answer.status.as_u16() < 500, "{what}: {answer:#?}");
    let text = answer.body.to_string();
    assert!(!text.contains("INTERNAL") && !text.contains("panicked"), "{what}: {text:.500}");
    let in_payload = ["cartCreate", "cartComplete"].iter().any(|field| !answer.codes(field).is_empty());
    let on_top = !answer.top_codes().is_empty() || answer.status.is_client_error();
    assert!(in_payload || on_top, "{what}: not refused: {text:.500}");
}

over_http! {
    /// Carts of nonsense.
    async fn nonsense_carts_change_nothing(app: TestApp) {
        let shop = shop::open(app.world(), 10).await;
        let caller = app.shop().header("x-channel", "online-jp");
        let good = shop.cart("hanako@example.com", 1);
        let id_of_another_kind = shop.store.id.to_string();
        let unknown = "var_01h455vb4pex5vsknk084sn02q";
        let long = "あ".repeat(1_000_000 / 3);
        let with = |path: &str, value: Value| {
            let mut cart = good.clone();
            *cart.pointer_mut(path).unwrap() = value;
            cart
        };
        let cases: Vec<(&str, Value)> = vec![
            ("no input", Value::Null),
            ("a list", json!([])),
            ("a number", json!(1)),
            ("unknown field", json!({ "lines": [], "isAdmin": true })),
            ("quantity 0", with("/lines/0/quantity", json!(0))),
            ("quantity -1", with("/lines/0/quantity", json!(-1))),
            ("quantity 1.5", with("/lines/0/quantity", json!(1.5))),
            ("quantity 2^31", with("/lines/0/quantity", json!(2_147_483_648_u64))),
            ("quantity i64", with("/lines/0/quantity", json!(i64::MAX))),
            ("quantity 1e400", with("/lines/0/quantity", json!("1e400"))),
            ("quantity text", with("/lines/0/quantity", json!("many"))),
            ("variant unknown", with("/lines/0/variantId", json!(unknown))),
            ("variant of another kind", with("/lines/0/variantId", json!(id_of_another_kind))),
            ("variant empty", with("/lines/0/variantId", json!(""))),
            ("variant NUL", with("/lines/0/variantId", json!("var_\u{0}"))),
            ("variant null", with("/lines/0/variantId", Value::Null)),
            ("variant SQL", with("/lines/0/variantId", json!("' OR 1=1 --"))),
            ("variant a megabyte", with("/lines/0/variantId", json!(long))),
            ("delivery unknown", with("/lines/0/delivery", json!("TELEPORT"))),
            ("pickup without place", with("/lines/0/pickupLocationId", Value::Null)),
            ("pickup at a variant", with("/lines/0/pickupLocationId", json!(shop.sku.id().to_string()))),
            ("e-mail CRLF", with("/email", json!("a@example.com\r\nBcc: b@example.com"))),
            ("e-mail nonsense", with("/email", json!("not an address"))),
            ("e-mail NUL", with("/email", json!("a\u{0}@example.com"))),
            ("name NUL", with("/contactName", json!("a\u{0}b"))),
            ("name bidi", with("/contactName", json!("\u{202e}ba"))),
            ("name a megabyte", with("/contactName", json!(long))),
            ("lines a thousand and one", with("/lines", json!(vec![good["lines"][0].clone(); 1_001]))),
            ("foreign channel", json!({ "channel": "no-such-channel", "lines": [] })),
            ("foreign shipping method", json!({ "shippingMethodId": unknown })),
        ];
        let before = sizes(app.world()).await;
        for (what, input) in cases {
            let answer = caller.send(CART_CREATE, json!({ "input": input })).await;
            assert_refused(what, &answer);
        }
        assert_eq!(sizes(app.world()).await, before);
    }

    /// Completions of nonsense: of carts that are not yours, at other totals, in other currencies.
    async fn nonsense_completions_change_nothing(app: TestApp) {
        let shop = shop::open(app.world(), 10).await;
        let mine = shop.buyer(&app.shop(), "mine@example.com").await;
        let other = shop.buyer(&app.shop(), "other@example.com").await;
        let good = mine.completion("key");
        let with = |path: &str, value: Value| {
            let mut input = good.clone();
            *input.pointer_mut(path).unwrap() = value;
            input
        };
        let cases: Vec<(&str, Value)> = vec![
            ("somebody else's cart", with("/cartId", json!(other.cart_id))),
            ("an unknown cart", with("/cartId", json!("cart_01h455vb4pex5vsknk084sn02q"))),
            ("a variant as cart", with("/cartId", json!(shop.sku.id().to_string()))),
            ("another total", with("/expectedTotal/amount", json!("1099"))),
            ("a negative total", with("/expectedTotal/amount", json!("-1100"))),
            ("a total of fractions of a yen", with("/expectedTotal/amount", json!("1100.001"))),
            ("a total that is no number", with("/expectedTotal/amount", json!("NaN"))),
            ("a total beyond counting", with("/expectedTotal/amount", json!("1e400"))),
            ("another currency", with("/expectedTotal/currencyCode", json!("EUR"))),
            ("an unknown currency", with("/expectedTotal/currencyCode", json!("XXX"))),
            ("no payment", with("/payments", json!([]))),
            ("too small a payment", with("/payments", json!([{ "gateway": "TEST", "amount": { "amount": "1", "currencyCode": "JPY" } }]))),
            ("cash on the web", with("/payments", json!([{ "gateway": "CASH" }]))),
            ("an unknown gateway", with("/payments", json!([{ "gateway": "SEASHELLS" }]))),
            ("a declined card", with("/payments", json!([{ "gateway": "TEST", "testOutcome": "DECLINE" }]))),
            ("an empty key", with("/idempotencyKey", json!(""))),
            ("a key with NUL", with("/idempotencyKey", json!("a\u{0}b"))),
            ("a key of a megabyte", with("/idempotencyKey", json!("k".repeat(1_000_000)))),
        ];
        let before = sizes(app.world()).await;
        for (what, input) in cases {
            let answer = mine.caller.send(CART_COMPLETE, json!({ "input": input })).await;
            assert_refused(what, &answer);
        }
        assert_eq!(sizes(app.world()).await, before);
    }

    /// Bodies and documents that aim at the parser.
    async fn bombs_are_refused_at_once(app: TestApp) {
        let caller = app.shop();
        let nested = |open: &str, close: &str, depth: usize| format!("{}{}", open.repeat(depth), close.repeat(depth));
        let document = |document: String| json!({ "query": document }).to_string();
        let bodies: Vec<(&str, String)> = vec![
            ("not JSON", "{".to_owned()),
            ("an array", "[]".to_owned()),
            ("a batch", json!([{ "query": "{ __typename }" }]).to_string()),
            ("no query", "{}".to_owned()),
            ("an empty query", document(String::new())),
            ("nested lists", document(format!("{{ a(b: {}) }}", nested("[", "]", 5_000)))),
            ("nested selections", document(nested("{ a ", "}", 5_000))),
            ("nested objects", document(format!("{{ a(b: {}) }}", nested("{c:", "}", 5_000)))),
            ("nested JSON", format!("{{\"query\":\"{{ __typename }}\",\"variables\":{{\"a\":{}}}}}", nested("[", "]", 50_000))),
            ("a fragment bomb", document(fragment_bomb(20))),
            ("a fragment circle", document("{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }".to_owned())),
            ("many aliases", document(format!("{{ {} }}", (0..5_000).map(|n| format!("a{n}: __typename ")).collect::<String>()))),
            ("many directives", document(format!("{{ __typename {} }}", "@skip(if: false) ".repeat(5_000)))),
            ("a megabyte", document(" ".repeat(1_000_000))),
            ("NUL", document("{ __typename\u{0} }".to_owned())),
            ("a lone surrogate", "{\"query\":\"{ __typename } # \\ud800\"}".to_owned()),
        ];
        for (what, body) in bodies {
            let started = std::time::Instant::now();
            let answer = caller.send_text(&body).await;
            assert!(answer.status.as_u16() < 500, "{what}: {answer:#?}");
            assert!(answer.status.is_client_error() || !answer.body["errors"].is_null(), "{what}: {answer:#?}");
            assert!(started.elapsed().as_secs() < 5, "{what} took {:?}", started.elapsed());
        }
        // Still there.
        assert_eq!(caller.ask("{ __typename }", json!({})).await["__typename"], "Query");
    }
}

/// Each fragment spreads the next one twice.
fn fragment_bomb(length: usize) -> String {
    let spread = (0..length).map(|n| format!("fragment f{n} on Query {{ ...f{} ...f{} }} ", n + 1, n + 1));
    format!("{{ ...f0 }} {} fragment f{length} on Query {{ __typename }}", spread.collect::<String>())
}
