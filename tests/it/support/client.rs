//! GraphQL over HTTP, as storefronts and tills speak it.

use std::collections::BTreeMap;

use reqwest::StatusCode;
use serde_json::{Value, json};

/// Somebody who calls one endpoint, with what they send along each time.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    url: String,
    http: reqwest::Client,
    headers: BTreeMap<String, String>,
}

/// What came back.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
    /// SQL statements that it took, as the server says in development.
    pub(crate) statements: Option<u64>,
}

impl Caller {
    pub(crate) fn new(url: String) -> Self {
        hitotsu::adapters::use_ring();
        Self { url, http: reqwest::Client::new(), headers: BTreeMap::new() }
    }

    /// The same caller who also sends this header.
    pub(crate) fn header(&self, name: &str, value: &str) -> Self {
        let mut caller = self.clone();
        caller.headers.insert(name.to_owned(), value.to_owned());
        caller
    }

    /// The same caller at another endpoint.
    pub(crate) fn at(&self, url: String) -> Self {
        Self { url, ..self.clone() }
    }

    /// What this caller sends under a name, if anything.
    pub(crate) fn sends(&self, name: &str) -> Option<&String> {
        self.headers.get(name)
    }

    /// What this caller sends under a name. Panics when it sends none.
    pub(crate) fn header_value(&self, name: &str) -> String {
        self.headers[name].clone()
    }

    /// Sends a document with variables.
    pub(crate) async fn send(&self, document: &str, variables: Value) -> Answer {
        let body = json!({ "query": document, "variables": variables });
        self.send_text(&body.to_string()).await
    }

    /// Sends a body as it is.
    pub(crate) async fn send_text(&self, body: &str) -> Answer {
        let mut request = self.http.post(&self.url).header("content-type", "application/json").body(body.to_owned());
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let answer = request.send().await.unwrap();
        let statements = answer.headers().get("x-sql-statements").and_then(|value| value.to_str().ok()?.parse().ok());
        let status = answer.status();
        let text = answer.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Answer { status, body, statements }
    }

    /// Sends a document that must work; returns its data.
    pub(crate) async fn ask(&self, document: &str, variables: Value) -> Value {
        let answer = self.send(document, variables).await;
        assert!(answer.status.is_success() && answer.body["errors"].is_null(), "{answer:#?}\n{document}");
        answer.body["data"].clone()
    }

    /// Sends a mutation that must work and returns its payload, whose `errors` must be empty.
    pub(crate) async fn run(&self, field: &str, document: &str, input: Value) -> Value {
        let payload = self.ask(document, json!({ "input": input })).await[field].clone();
        let errors = payload["errors"].as_array().expect("the document selects `errors`");
        assert!(errors.is_empty(), "{field}: {errors:#?}");
        payload
    }
}

impl Answer {
    /// The codes of a payload's errors.
    pub(crate) fn codes(&self, field: &str) -> Vec<String> {
        let errors = self.body["data"][field]["errors"].as_array().cloned().unwrap_or_default();
        errors.iter().filter_map(|error| error["code"].as_str().map(str::to_owned)).collect()
    }

    /// The codes of errors of the request as a whole.
    pub(crate) fn top_codes(&self) -> Vec<String> {
        let errors = self.body["errors"].as_array().cloned().unwrap_or_default();
        errors.iter().filter_map(|error| error["extensions"]["code"].as_str().map(str::to_owned)).collect()
    }
}
