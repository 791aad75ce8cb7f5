//! What storefronts may keep: catalogue queries over GET, and how soon they see a change.

use domain::Permission;
use domain::catalog::patch::{ProductPatch, TranslationPatch};
use domain::catalog::{self, UpsertProduct, query};
use domain::channel::{self as channels, UpsertChannel};
use entity::channel;
use reqwest::{Response, StatusCode};
use sea_orm::ConnectionTrait as _;
use serde_json::{Value, json};

use super::server::Server;

const TITLES: &str = "{ products { nodes { slug title } } }";
fn address(document: &str, variables: &Value) -> String {
    let query = [("query", document.to_owned()), ("variables", variables.to_string())];
    let url = reqwest::Url::parse_with_params("http://x/graphql", query).unwrap();
    format!("/graphql?{}", url.query().unwrap())
}

fn header<'a>(answer: &'a Response, name: &str) -> &'a str {
    answer.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

async fn shop(server: &Server) -> channel::Model {
    let store = server.world.store("shibuya").await;
    let online = server.world.channel("online-jp").served_by(&store).create().await;
    server.world.product("tote").price(&online, 1_100).stock(&store, 3).create().await;
    online
}

#[tokio::test(flavor = "multi_thread")]
async fn the_catalogue_is_sent_once() {
    let server = Server::start("the_catalogue_is_sent_once", &[]).await;
    shop(&server).await;
    let path = address(TITLES, &json!({}));
    let first = server.get(&path).send().await.unwrap();
    assert_eq!(first.status(), StatusCode::OK);
    assert_eq!(header(&first, "cache-control"), "public, max-age=30, stale-while-revalidate=60");
    for name in ["Accept-Language", "X-Channel", "Authorization"] {
        assert!(header(&first, "vary").contains(name), "{name}: {}", header(&first, "vary"));
    }
    let tag = header(&first, "etag").to_owned();
    assert!(tag.starts_with("W/\""), "{tag}");
    let body: Value = first.json().await.unwrap();
    assert_eq!(body["data"]["products"]["nodes"][0]["slug"], "tote");

    let again = server.get(&path).header("if-none-match", &tag).send().await.unwrap();
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    assert_eq!(header(&again, "etag"), tag);
    assert!(again.text().await.unwrap().is_empty());

    // What is somebody's own, and what is asked by POST, is never kept.
    let cart = server.get(&address("{ cart { id } }", &json!({}))).send().await.unwrap();
    assert_eq!((header(&cart, "cache-control"), header(&cart, "etag")), ("no-store", ""));
    let post = server.post(json!({ "query": TITLES }).to_string()).header("if-none-match", &tag).send().await.unwrap();
    assert_eq!((post.status(), header(&post, "cache-control")), (StatusCode::OK, "no-store"));
    let failed = server.get(&address("{ products(first: 1000) { totalCount } }", &json!({}))).send().await.unwrap();
    assert_eq!((header(&failed, "cache-control"), header(&failed, "etag")), ("no-store", ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_the_catalogue_changes_the_tag_at_once() {
    let server = Server::start("a_change_changes_the_tag", &[]).await;
    shop(&server).await;
    let path = address(TITLES, &json!({}));
    let tag = header(&server.get(&path).send().await.unwrap(), "etag").to_owned();
    let clerk = server.world.staff(&[Permission::CatalogWrite]).await;
    let english =
        TranslationPatch { locale: "en".to_owned(), title: "Tote bag".to_owned(), description_html: String::new() };
    let patch = ProductPatch { translations: Some(vec![english]), ..ProductPatch::default() };
    let product = query::product_by_slug(server.world.db(), "tote").await.unwrap().unwrap();
    let change = UpsertProduct { id: Some(product.id), expected_version: None, patch };
    catalog::upsert_product(&clerk, change).await.unwrap();

    let changed = server.get(&path).header("if-none-match", &tag).send().await.unwrap();
    assert_eq!(changed.status(), StatusCode::OK);
    let japanese = server.get(&path).header("accept-language", "ja").send().await.unwrap();
    let english = server.get(&path).header("accept-language", "en").send().await.unwrap();
    assert_ne!(header(&japanese, "etag"), header(&english, "etag"), "each language has a tag of its own");
    let english: Value = english.json().await.unwrap();
    assert_eq!(english["data"]["products"]["nodes"][0]["title"], "Tote bag");
}

/// The channel as staff would save it again.
fn unchanged(row: &channel::Model) -> UpsertChannel {
    UpsertChannel {
        id: Some(row.id),
        expected_version: None,
        code: row.code.clone(),
        name: row.name.clone(),
        kind: row.kind,
        currency: row.currency,
        default_locale: row.default_locale.clone(),
        tax_country: row.tax_country.clone(),
        prices_include_tax: row.prices_include_tax,
        tax_rounding: row.tax_rounding,
        seller_name: row.seller_name.clone(),
        seller_address: row.seller_address.clone(),
        invoice_registration_number: None,
        mail_from: row.mail_from.clone(),
        order_prefix: row.order_prefix.clone(),
        hold_minutes: row.hold_minutes,
        active: row.active,
        locations: None,
        metadata: None,
        private_metadata: None,
        capture_mode: None,
        pay_within_hours: None,
        payment_instructions: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_channel_shows_at_once() {
    let server = Server::start("a_changed_channel_shows", &[]).await;
    let online = shop(&server).await;
    let count = |code: &'static str| {
        let path =
            address("query($code: String) { products(channel: $code) { totalCount } }", &json!({ "code": code }));
        let answer = server.get(&path).send();
        async move { answer.await.unwrap().json::<Value>().await.unwrap() }
    };
    assert_eq!(count("online-jp").await["data"]["products"]["totalCount"], 1);
    let manager = server.world.staff(&[Permission::PlacesWrite]).await;
    let renamed = UpsertChannel { code: "web-jp".to_owned(), ..unchanged(&online) };
    let renamed = channels::upsert(&manager, renamed).await.unwrap();
    assert_eq!(count("web-jp").await["data"]["products"]["totalCount"], 1);
    assert_eq!(count("online-jp").await["errors"][0]["extensions"]["code"], "NOT_FOUND");
    let closed = UpsertChannel { active: false, ..unchanged(&renamed) };
    channels::upsert(&manager, closed).await.unwrap();
    assert_eq!(count("web-jp").await["errors"][0]["extensions"]["code"], "NOT_FOUND");
}

/// Adds what an import by another process would: rows and a higher revision, of which nothing in this process knows.
async fn import_elsewhere(server: &Server, online: &channel::Model) {
    let barcode = |variant: &mut entity::variant::Model| variant.barcode = Some("4901234567894".to_owned());
    server.world.product("tea").with(barcode).price(online, 500).create().await;
    let raise = "INSERT INTO sequence (name, value) VALUES ('catalog_revision', 1) \
                 ON CONFLICT (name) DO UPDATE SET value = sequence.value + 1";
    server.world.db().execute_unprepared(raise).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_process_has_imported_is_found_at_once() {
    let server = Server::start("what_another_process_has_imported", &[]).await;
    let online = shop(&server).await;
    let look = [
        ("variant", "{ variant(by: { barcode: \"4901234567894\" }) { sku } }"),
        ("variant", "{ variant(by: { sku: \"tea\" }) { sku } }"),
        ("product", "{ product(by: { slug: \"tea\" }) { slug } }"),
    ];
    let ask = async |document: &str| -> Value {
        server.post(json!({ "query": document }).to_string()).send().await.unwrap().json().await.unwrap()
    };
    // The catalog is in memory, and the revision was asked for just now.
    for (field, document) in look {
        assert_eq!(ask(document).await["data"][field], Value::Null);
    }
    import_elsewhere(&server, &online).await;
    for (field, document) in look {
        assert!(ask(document).await["data"][field].is_object(), "{document}");
    }
}
