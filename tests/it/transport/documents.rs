//! Trusted documents: what is not in the manifest does not run.

use graphql::persisted::hash;
use serde_json::{Value, json};

use super::server::{Server, code};

const TRUSTED: &str = "{ serverTime }";

fn manifest(name: &str) -> String {
    let file = std::env::temp_dir().join(format!("hitotsu-{name}-{}.json", std::process::id()));
    std::fs::write(&file, json!({ hash(TRUSTED): TRUSTED }).to_string()).unwrap();
    file.display().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn only_documents_of_the_manifest_run() {
    let manifest = manifest("only");
    let settings = [("HITOTSU_TRUSTED_DOCUMENTS", manifest.as_str()), ("HITOTSU_TRUSTED_DOCUMENTS_ONLY", "true")];
    let server = Server::start("only_documents_of_the_manifest", &settings).await;
    let persisted = |text: &str| json!({ "persistedQuery": { "version": 1, "sha256Hash": hash(text) } });
    for path in ["/graphql", "/graphql/staff"] {
        let ask = |body: Value| {
            let request = server.client.post(server.url(path)).header("content-type", "application/json");
            request.body(body.to_string()).send()
        };
        for trusted in [
            json!({ "documentId": hash(TRUSTED) }),
            json!({ "query": TRUSTED }),
            json!({ "extensions": persisted(TRUSTED) }),
        ] {
            let body: Value = ask(trusted.clone()).await.unwrap().json().await.unwrap();
            assert!(body["data"]["serverTime"].is_string(), "{path} {trusted}: {body}");
        }
        let other = "{ serverTime  }";
        for refused in [
            json!({ "documentId": hash(other) }),
            json!({ "query": other }),
            json!({ "query": "{ __schema { queryType { name } } }" }),
            json!({ "query": other, "extensions": persisted(other) }),
        ] {
            assert_eq!(code(ask(refused.clone()).await.unwrap()).await, "UNTRUSTED_DOCUMENT", "{path} {refused}");
        }
        let unknown = ask(json!({ "extensions": persisted(other) })).await.unwrap();
        assert_eq!(code(unknown).await, "PERSISTED_QUERY_NOT_FOUND", "{path}: nothing untrusted was remembered");
    }
    let get = server.get("/graphql?query=%7BserverTime%20%7D").send().await.unwrap();
    assert_eq!(code(get).await, "UNTRUSTED_DOCUMENT");
    let get = server.get(&format!("/graphql?documentId={}", hash(TRUSTED))).send().await.unwrap();
    assert_eq!(get.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manifest_alone_forbids_nothing() {
    let manifest = manifest("alone");
    let server = Server::start("a_manifest_alone", &[("HITOTSU_TRUSTED_DOCUMENTS", manifest.as_str())]).await;
    for body in [json!({ "documentId": hash(TRUSTED) }), json!({ "query": "{ now: serverTime }" })] {
        assert_eq!(server.post(body.to_string()).send().await.unwrap().status(), 200, "{body}");
    }
}
