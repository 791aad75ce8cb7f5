//! Nonsense against every root field: mutations refuse it by name and change nothing, queries do not break.

use async_graphql::parser::types::{FieldDefinition, OperationType};
use domain::ErrorCode;
use futures::StreamExt as _;
use graphql::Options;
use serde_json::{Value, json};

use super::place::{Place, bearer};
use super::schema::{Schema, Spot};
use crate::harness::{Answer, Caller, TestApp, over_http};
use crate::must_hold::nonsense::sizes;

/// Requests at once.
const AT_ONCE: usize = 8;

/// What looks like nonsense but is none: the mutation, the end of the path, and what stands there.
const SENSE: &[(&str, &str, &str)] = &[
    // Ending a session that there is not is what was asked for.
    ("staffSignOut", "refreshToken", "NUL"),
    ("customerSignOut", "refreshToken", "NUL"),
    // Looked at only when the password changes.
    ("customerUpdate", "currentPassword", "NUL"),
    // A channel may sell in any currency; a correction may take away; a cleaned text has no NUL.
    ("channelUpsert", "currencyCode", "another"),
    ("stockAdjust", "delta", "negative"),
    ("productUpsert", "descriptionHtml", "NUL"),
    ("collectionUpsert", "descriptionHtml", "NUL"),
    // The country of an e-mail address says nothing.
    ("customerCreate", "country", "unknown"),
    ("customerIdentifierAdd", "country", "unknown"),
    // Before the first is first.
    ("productUpsert", "position", "negative"),
    ("variantUpsert", "position", "negative"),
    ("returnPolicyUpsert", "priority", "negative"),
    // Kept of returns in that currency alone.
    ("returnPolicyUpsert", "returnShippingFee.currencyCode", "another"),
    // Dropped where nothing is backordered.
    ("productUpsert", "backorderLimit", "negative"),
    ("productUpsert", "backorderLimit", "huge"),
    ("variantUpsert", "backorderLimit", "negative"),
    ("variantUpsert", "backorderLimit", "huge"),
];

/// What must not stand in a place of this kind. The second says what it is.
fn nonsense(place: &Place, spot: &Spot, field: &str) -> Vec<(&'static str, Value)> {
    let name = spot.path.rsplit('.').next().unwrap_or_default().trim_end_matches("[]");
    let megabyte = || json!("あ".repeat(350_000));
    match spot.kind.as_str() {
        "ID" => vec![
            ("unknown", json!(unknown(place, name, field))),
            ("of another kind", json!(other_kind(place, name, field))),
            ("malformed", json!("nonsense")),
            ("empty", json!("")),
            ("NUL", json!("var_\u{0}")),
            ("SQL", json!("' OR 1=1 --")),
            ("a number", json!(-1)),
            ("a megabyte", megabyte()),
        ],
        "String" => vec![("NUL", json!("wa\u{0}lked")), ("a megabyte", megabyte()), ("a number", json!(7))],
        "Int" => vec![
            ("negative", json!(-1)),
            ("huge", json!(i64::MAX)),
            ("beyond 64 bits", json!(18_446_744_073_709_551_615_u64)),
            ("a fraction", json!(1.5)),
            ("a text", json!("1")),
        ],
        "Decimal" => vec![
            ("negative", json!("-1100")),
            ("beyond counting", json!("1e400")),
            ("no number", json!("NaN")),
            ("finer than the currency", json!(if name == "amount" { "0.0001" } else { "0.0000001.1" })),
        ],
        "CurrencyCode" => vec![("another", json!("EUR")), ("unknown", json!("XXX")), ("NUL", json!("JP\u{0}"))],
        "CountryCode" => vec![("unknown", json!("ZZ")), ("NUL", json!("J\u{0}"))],
        "Locale" => vec![("no language", json!("klingon language")), ("NUL", json!("ja\u{0}"))],
        "TimeZone" => vec![("unknown", json!("Moon/Tycho"))],
        "Date" => vec![("no day of February", json!("2026-02-30")), ("words", json!("tomorrow"))],
        "DateTime" => vec![("no day of February", json!("2026-02-30T00:00:00Z")), ("words", json!("now"))],
        "LocalTime" => vec![("after midnight", json!("25:00")), ("words", json!("noon"))],
        "Duration" => vec![("words", json!("a while")), ("backwards", json!("-PT1H"))],
        "FlowDefinition" => vec![
            ("a text", json!("thanks")),
            ("without a trigger", json!({ "steps": [] })),
            ("an unknown field", json!({ "trigger": { "kind": "BIRTHDAY" }, "moon": "full" })),
            ("a megabyte", json!({ "trigger": { "kind": "BIRTHDAY" }, "moon": "あ".repeat(350_000) })),
        ],
        "Boolean" => vec![("a text", json!("yes"))],
        "enum" => vec![("unknown", json!("NO_SUCH_WORD"))],
        "[]" => vec![("null inside", json!([null])), ("too many", json!(["x"].repeat(20_000)))],
        other => panic!("nobody says what nonsense is for {other}"),
    }
}

/// The prefix of the ids that are meant: `id` of `productUpsert` and `productIds` are products'.
fn prefix<'a>(place: &'a Place, name: &str, field: &str) -> &'a str {
    let kind: String = field.chars().take_while(char::is_ascii_lowercase).collect();
    let meant = if name == "id" { format!("{kind}Id") } else { name.trim_end_matches('s').to_owned() };
    let known = place.id(&meant).and_then(|id| id.rsplit_once('_'));
    known.map_or("var", |(prefix, _)| prefix)
}

fn unknown(place: &Place, name: &str, field: &str) -> String {
    format!("{}_01h455vb4pex5vsknk084sn02q", prefix(place, name, field))
}

fn other_kind<'a>(place: &'a Place, name: &str, field: &str) -> &'a str {
    let other = if prefix(place, name, field) == "var" { "orderId" } else { "variantId" };
    place.id(other).unwrap()
}

/// Refused by a code that is known and not internal, or by the transport. `None` when it was refused so.
fn complaint(field: &str, answer: &Answer) -> Option<String> {
    let text = answer.body.to_string();
    let codes = [answer.codes(field), answer.top_codes()].concat();
    let known = |code: &String| ErrorCode::ALL.iter().any(|known| known.as_str() == code) && code != "INTERNAL";
    let status = answer.status.as_u16();
    match status {
        400 | 413 => None,
        200 | 429 if !codes.is_empty() && codes.iter().all(known) => None,
        200 if codes.is_empty() => Some(format!("was accepted: {text:.300}")),
        _ => Some(format!("{status}: {text:.300}")),
    }
}

async fn walk(
    app: &TestApp,
    schema: &Schema,
    kind: OperationType,
    place: &Place,
    caller: &Caller,
    field: &FieldDefinition,
) -> Vec<String> {
    let name = field.name.node.as_str();
    let document = schema.document(kind, field);
    let mut cases = Vec::new();
    for spot in schema.spots(field) {
        for (what, value) in nonsense(place, &spot, name) {
            let end =
                |(of, path, which): &&(&str, &str, &str)| *of == name && spot.path.ends_with(path) && *which == what;
            if SENSE.iter().find(end).is_none() {
                let variables = schema.variables(field, place, Some((&spot.path, &value)));
                cases.push((format!("{name}: {} {what}", spot.path), variables));
            }
        }
    }
    let before = sizes(app.world()).await;
    let complaints = futures::stream::iter(cases).map(|(what, variables)| {
        let document = &document;
        // Only a till may sign in by PIN, and ask after a sale.
        let at_till = matches!(name, "staffPinSignIn" | "surveyAnswerAtTill" | "surveyAfterSale");
        let caller = if at_till { place.device(app) } else { caller.clone() };
        async move {
            let answer = caller.send(document, variables.clone()).await;
            // What a query does not find is null; it must only not break.
            let may_pass = kind == OperationType::Query && answer.status == 200 && answer.top_codes().is_empty();
            let problem = if may_pass { None } else { complaint(name, &answer) };
            problem.map(|problem| format!("{what} {problem} — {variables:.300}"))
        }
    });
    let mut complaints: Vec<String> = complaints.buffered(AT_ONCE).filter_map(|one| async { one }).collect().await;
    let after = sizes(app.world()).await;
    if after != before && complaints.is_empty() {
        let changed: Vec<_> = after.iter().zip(&before).filter(|(after, before)| after != before).collect();
        complaints.push(format!("{name}: rows came or went: {changed:?}"));
    }
    complaints
}

async fn walk_all(app: &TestApp, sdl: &str, place: &Place, caller: &Caller) -> Vec<String> {
    let schema = Schema::of(sdl);
    let mut complaints = Vec::new();
    for kind in [OperationType::Query, OperationType::Mutation] {
        for field in schema.roots(kind) {
            complaints.extend(walk(app, &schema, kind, place, caller, &field).await);
        }
    }
    complaints
}

over_http! {
    /// Every staff operation withstands the nonsense of an administrator. Not counted are the rows of `sign_in_throttle`, which
    /// count attempts on purpose; no other table may grow or shrink, keys of idempotency included.
    async fn staff_operations_withstand_nonsense(app: TestApp) {
        let place = Place::open(&app).await;
        let caller = place.administrator(&app, None).await;
        let complaints = walk_all(&app, &graphql::staff_schema(Options::default()).sdl(), &place, &caller).await;
        assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
        // The people of this story were made without a worker.
        app.leaves_jobs();
    }

    /// Every shop operation withstands the nonsense of a signed-in customer with a guest's cart.
    async fn shop_operations_withstand_nonsense(app: TestApp) {
        let place = Place::open(&app).await;
        let caller = bearer(&app.shop(), &place.customer_token).header("x-cart-token", &place.cart_token);
        let complaints = walk_all(&app, &graphql::shop_schema(Options::default()).sdl(), &place, &caller).await;
        assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
        // The people of this story were made without a worker.
        app.leaves_jobs();
    }
}
