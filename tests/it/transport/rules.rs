//! The rules of GraphQL over HTTP, and of browsers.

use std::time::Duration;

use super::server::{Server, code};

#[tokio::test(flavor = "multi_thread")]
async fn get_runs_queries_only() {
    let server = Server::start("get_runs_queries_only", &[]).await;
    let query = server.get("/graphql?query=%7BserverTime%7D").send().await.unwrap();
    assert_eq!(query.status(), 200);
    assert_eq!(query.headers()["cache-control"], "no-store");
    assert!(query.headers()["vary"].to_str().unwrap().contains("X-Channel"));
    let body: serde_json::Value = query.json().await.unwrap();
    assert!(body["data"]["serverTime"].is_string(), "{body}");

    for path in ["/graphql", "/graphql/staff"] {
        let mutation =
            server.get(&format!("{path}?query=mutation%7BcartCreate%7Berrors%7Bcode%7D%7D%7D")).send().await.unwrap();
        assert_eq!(mutation.status(), 405);
        assert_eq!(mutation.headers()["allow"], "POST");
    }
    let nothing = server.get("/graphql").header("accept", "application/json").send().await.unwrap();
    assert_eq!(nothing.status(), 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn post_takes_json_alone() {
    let server = Server::start("post_takes_json_alone", &[]).await;
    let body = r#"{"query":"{ serverTime }"}"#;
    for kind in
        ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/graphql"]
    {
        let answer =
            server.client.post(server.url("/graphql")).header("content-type", kind).body(body).send().await.unwrap();
        assert_eq!(answer.status(), 415, "{kind}");
        assert_eq!(code(answer).await, "UNSUPPORTED_MEDIA_TYPE");
    }
    assert_eq!(server.client.post(server.url("/graphql")).body(body).send().await.unwrap().status(), 415);
    assert_eq!(server.post(body).header("content-encoding", "gzip").send().await.unwrap().status(), 415);
    assert_eq!(server.post(body).send().await.unwrap().status(), 200);
    assert_eq!(server.client.delete(server.url("/graphql")).send().await.unwrap().status(), 405);
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_and_broken_json_are_bad_requests() {
    let server = Server::start("batches_and_broken_json", &[]).await;
    let bodies = [
        r#"[{"query":"{ serverTime }"},{"query":"{ serverTime }"}]"#,
        r#"{"query":"{ serverTime }""#,
        r#"{"query":1}"#,
        r#"{"query":"{ serverTime }","query":"{ serverTime }"}"#,
        r#"{"variables":{}}"#,
        "",
    ];
    for body in bodies {
        let answer = server.post(body).send().await.unwrap();
        assert_eq!(answer.status(), 400, "{body}");
        assert_eq!(code(answer).await, "BAD_REQUEST", "{body}");
    }
    let deep = format!(r#"{{"query":"{{ serverTime }}","variables":{{"x":{}}}}}"#, "[".repeat(100_000));
    assert_eq!(server.post(deep).send().await.unwrap().status(), 400);
    let not_utf8 = server.post(b"{\"query\":\"\xff\"}".to_vec()).send().await.unwrap();
    assert_eq!(not_utf8.status(), 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn large_bodies_are_refused_announced_or_not() {
    let server = Server::start("large_bodies", &[]).await;
    let fits = format!(r#"{{"query":"{{ serverTime }}","variables":{{"x":"{}"}}}}"#, "a".repeat(200 * 1024));
    assert_eq!(server.post(fits).send().await.unwrap().status(), 200);
    let large = format!(r#"{{"query":"{{ serverTime }}","variables":{{"x":"{}"}}}}"#, "a".repeat(300 * 1024));
    let answer = server.post(large.clone()).send().await.unwrap();
    assert_eq!(answer.status(), 413);
    assert_eq!(code(answer).await, "TOO_LARGE");
    let head =
        "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
    let chunked = format!("{head}{:x}\r\n{large}\r\n0\r\n\r\n", large.len());
    let answer = server.raw(chunked.as_bytes(), Duration::from_millis(700)).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    assert_eq!(server.get("/healthz").send().await.unwrap().status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_type_that_is_asked_for_decides_the_status() {
    let server = Server::start("the_type_that_is_asked_for", &[]).await;
    let draft = "application/graphql-response+json";
    for (accept, query, status, kind) in [
        (draft, "{ serverTime }", 200, draft),
        (draft, "{ nope }", 400, draft),
        (draft, "{", 400, draft),
        ("application/json", "{ nope }", 200, "application/json"),
        ("application/json", "{", 200, "application/json"),
        ("*/*", "{ serverTime }", 200, "application/json"),
    ] {
        let body = serde_json::json!({ "query": query }).to_string();
        let answer = server.post(body).header("accept", accept).send().await.unwrap();
        assert_eq!(answer.status(), status, "{accept} {query}");
        assert!(answer.headers()["content-type"].to_str().unwrap().starts_with(kind), "{accept} {query}");
        let body: serde_json::Value = answer.json().await.unwrap();
        assert_eq!(body.get("data").is_some(), query == "{ serverTime }", "data only when it was executed: {body}");
    }
    let other = server.post(r#"{"query":"{ serverTime }"}"#).header("accept", "text/html").send().await.unwrap();
    assert_eq!(other.status(), 406);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_keeps_its_harmless_id() {
    let server = Server::start("a_request_keeps_its_id", &[]).await;
    let id_of = async |given: Option<&str>| {
        let mut request = server.get("/graphql?query=%7Bnope");
        if let Some(given) = given {
            request = request.header("x-request-id", given);
        }
        request.send().await.unwrap().headers()["x-request-id"].to_str().unwrap().to_owned()
    };
    assert_eq!(id_of(Some("checkout-7.1_a")).await, "checkout-7.1_a");
    let fresh = id_of(None).await;
    assert_eq!(fresh.len(), 32);
    assert_ne!(id_of(None).await, fresh);
    assert_eq!(id_of(Some("evil <script>")).await.len(), 32);
    let missing = server.get("/nowhere").header("x-request-id", "edge-to-log-1").send().await.unwrap();
    let body: serde_json::Value = missing.json().await.unwrap();
    assert_eq!(body["errors"][0]["extensions"]["requestId"], "edge-to-log-1");
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_that_are_no_good_are_401() {
    let server = Server::start("tokens_that_are_no_good", &[]).await;
    for path in ["/graphql", "/graphql/staff"] {
        for authorization in ["Bearer nonsense", "Bearer a.b.c", "Basic YTpi", "Bearer"] {
            let request = server.client.post(server.url(path)).header("content-type", "application/json");
            let request = request.header("authorization", authorization).body(r#"{"query":"{ serverTime }"}"#);
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), 401, "{path} {authorization}");
            assert_eq!(answer.headers()["www-authenticate"], "Bearer");
            assert_eq!(code(answer).await, "UNAUTHENTICATED");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_other_origins_may_not_call() {
    let allowed = "https://admin.shop.example";
    let server = Server::start("pages_of_other_origins", &[("HITOTSU_CORS_ORIGINS", allowed)]).await;
    let from = |origin: &str| server.post(r#"{"query":"{ serverTime }"}"#).header("origin", origin.to_owned()).send();
    let good = from(allowed).await.unwrap();
    assert_eq!(good.status(), 200);
    assert_eq!(good.headers()["access-control-allow-origin"], allowed);
    for origin in ["https://evil.example", "null", "https://admin.shop.example.evil.example"] {
        let bad = from(origin).await.unwrap();
        assert_eq!(bad.status(), 403, "{origin}");
        assert!(!bad.headers().contains_key("access-control-allow-origin"));
    }
    let preflight = |origin: &'static str| {
        server
            .client
            .request(reqwest::Method::OPTIONS, server.url("/graphql"))
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "authorization,content-type,x-channel")
            .send()
    };
    assert_eq!(preflight("https://admin.shop.example").await.unwrap().status(), 200);
    let refused = preflight("https://evil.example").await.unwrap();
    assert!(!refused.headers().contains_key("access-control-allow-origin"));
}

#[tokio::test(flavor = "multi_thread")]
async fn graphiql_is_whole_in_development_and_absent_in_production() {
    let server = Server::start("graphiql_in_development", &[]).await;
    for path in ["/graphql", "/graphql/staff"] {
        let page = server.get(path).header("accept", "text/html,*/*;q=0.8").send().await.unwrap();
        assert_eq!(page.status(), 200);
        assert!(page.headers()["content-security-policy"].to_str().unwrap().contains("script-src 'self'"));
        let html = page.text().await.unwrap();
        // Examples may name addresses; nothing of the page is loaded from one.
        for loads in ["src=\"http", "href=\"http", "src=\"//", "href=\"//"] {
            assert!(!html.contains(loads), "nothing comes from elsewhere");
        }
        let files: Vec<&str> = html.split("\"/graphiql/").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert_eq!(files.len(), 6);
        for file in files {
            let asset = server.get(&format!("/graphiql/{file}")).send().await.unwrap();
            assert_eq!(asset.status(), 200, "{file}");
            assert!(!asset.text().await.unwrap().is_empty(), "{file}");
        }
    }
    let production = [
        ("HITOTSU_ENV", "production"),
        ("HITOTSU_SECRET", "0123456789abcdef0123456789abcdef"),
        ("HITOTSU_SMTP_URL", "smtp://127.0.0.1:1"),
    ];
    let server = Server::start("graphiql_in_production", &production).await;
    assert_eq!(server.get("/graphql").header("accept", "text/html").send().await.unwrap().status(), 406);
    assert_eq!(server.get("/graphiql/page.js").send().await.unwrap().status(), 404);
    let answer = server.get("/graphql?query=%7BserverTime%7D").send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(!answer.headers().contains_key("x-sql-statements"));
}

#[tokio::test(flavor = "multi_thread")]
async fn operations_can_see_how_the_process_is() {
    let server = Server::start("operations_can_see", &[]).await;
    let ready = server.get("/readyz").send().await.unwrap();
    assert_eq!(ready.status(), 200);
    let ready: serde_json::Value = ready.json().await.unwrap();
    assert_eq!(ready["database"], "ok");
    assert_eq!(ready["pendingMigrations"], serde_json::json!([]));
    assert_eq!(ready["queueLagSeconds"], 0);
    assert_eq!(ready["warm"], true);
    let version: serde_json::Value = server.get("/version").send().await.unwrap().json().await.unwrap();
    assert_eq!(version["version"], env!("CARGO_PKG_VERSION"));
    let metrics = server.client.get(format!("http://{}/metrics", server.metrics)).send().await.unwrap();
    let metrics = metrics.text().await.unwrap();
    assert!(metrics.contains("hitotsu_http_requests_total{path=\"/readyz\""), "{metrics}");
    assert!(metrics.contains("hitotsu_database_up 1"), "{metrics}");
    assert_eq!(server.get("/metrics").send().await.unwrap().status(), 404, "customers see no metrics");
}
