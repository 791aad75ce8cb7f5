//! A started server answers.

use serde_json::json;

use crate::harness::over_http;

over_http! {
    /// Operations and clients both get an answer.
    async fn server_answers(app: TestApp) {
        let http = reqwest::Client::new();
        for path in ["/healthz", "/readyz", "/version"] {
            let answer = http.get(app.url(path)).send().await.unwrap();
            assert!(answer.status().is_success(), "{path}: {}", answer.status());
        }
        assert_eq!(app.shop().ask("{ __typename }", json!({})).await, json!({ "__typename": "Query" }));
        assert_eq!(app.staff().ask("{ __typename }", json!({})).await, json!({ "__typename": "Query" }));
    }
}
