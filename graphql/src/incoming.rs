//! A request as it comes from outside, and the HTTP status that an answer deserves.

use async_graphql::{Request, Response, Variables};
use domain::{Error, ErrorCode, Result};
use serde::Deserialize;

use crate::guard::{self, Limits};

/// A request before anything was looked at.
#[derive(Debug)]
pub struct Incoming {
    /// Text, variables, operation name, extensions, and data for resolvers such as [`crate::context::Hints`].
    pub request: Request,
    /// Hash of a trusted document, instead of its text.
    pub document_id: Option<String>,
    /// Whether only queries may run, as by GET (GraphQL over HTTP).
    pub read_only: bool,
}

impl From<Request> for Incoming {
    fn from(request: Request) -> Self {
        Self { request, document_id: None, read_only: false }
    }
}

/// The JSON of a request (GraphQL over HTTP, §6.1).
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Body {
    /// The document.
    pub query: Option<String>,
    /// Hash of a trusted document.
    pub document_id: Option<String>,
    /// Which of several operations.
    pub operation_name: Option<String>,
    /// Values of the variables.
    pub variables: Option<serde_json::Map<String, serde_json::Value>>,
    /// Extensions such as `persistedQuery`.
    pub extensions: Option<serde_json::Map<String, serde_json::Value>>,
}

impl Incoming {
    /// Reads the body of a POST. Errors: `TOO_COMPLEX` for a body too large or too deep, `INVALID_DOCUMENT` for what is
    /// not a JSON object of the right form (so also for arrays of requests).
    pub fn from_json(body: &[u8], limits: &Limits) -> Result<Self> {
        guard::check_json(body, limits)?;
        let body = serde_json::from_slice(body).map_err(|_| Error::invalid(ErrorCode::InvalidDocument, ""))?;
        Ok(Self::from_body(body, false))
    }

    /// Reads the parameters of a GET: `query`, `documentId`, `operationName`, and `variables` and `extensions` as JSON.
    /// Errors as [`Incoming::from_json`].
    pub fn from_parameters(parameters: &[(String, String)], limits: &Limits) -> Result<Self> {
        let text = |name: &str| parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        let object = |name: &str| -> Result<_> {
            let Some(text) = text(name).filter(|text| !text.is_empty()) else { return Ok(None) };
            guard::check_json(text.as_bytes(), limits)?;
            serde_json::from_str(&text).map_err(|_| Error::invalid(ErrorCode::InvalidDocument, name))
        };
        let body = Body {
            query: text("query"),
            document_id: text("documentId"),
            operation_name: text("operationName"),
            variables: object("variables")?,
            extensions: object("extensions")?,
        };
        Ok(Self::from_body(body, true))
    }

    /// From a body that was read elsewhere, such as the payload of a `subscribe` message.
    #[must_use]
    pub fn from_body(body: Body, read_only: bool) -> Self {
        let mut request = Request::new(body.query.unwrap_or_default());
        request.operation_name = body.operation_name.filter(|name| !name.is_empty());
        request.variables = Variables::from_json(serde_json::Value::Object(body.variables.unwrap_or_default()));
        let extensions = body.extensions.unwrap_or_default();
        for (name, value) in extensions {
            if let Ok(value) = async_graphql::Value::from_json(value) {
                request.extensions.insert(name, value);
            }
        }
        Self { request, document_id: body.document_id, read_only }
    }

    /// `extensions.persistedQuery.sha256Hash`.
    pub(crate) fn persisted_hash(&self) -> Option<String> {
        let Some(async_graphql::Value::Object(persisted)) = self.request.extensions.get("persistedQuery") else {
            return None;
        };
        match persisted.get("sha256Hash") {
            Some(async_graphql::Value::String(hash)) => Some(hash.clone()),
            _ => None,
        }
    }
}

/// The HTTP status of an answer for clients that accept `application/graphql-response+json` (GraphQL over HTTP, §6.4).
/// 401, 403, 413, 429 and 503 hold for all clients.
#[must_use]
pub fn status(response: &Response) -> u16 {
    let partial = response.data != async_graphql::Value::Null;
    response.errors.iter().map(status_of).filter(|status| !partial || *status != 400).max().unwrap_or(200)
}

fn status_of(error: &async_graphql::ServerError) -> u16 {
    let text = |name: &str| match error.extensions.as_ref().and_then(|extensions| extensions.get(name)) {
        Some(async_graphql::Value::String(text)) => text.as_str(),
        _ => "",
    };
    match text("code") {
        "UNAUTHENTICATED" | "SESSION_EXPIRED" => 401,
        "FORBIDDEN" => 403,
        "TOO_COMPLEX" if text("what") == "bytes" => 413,
        "THROTTLED" => 429,
        "INTERNAL" => 500,
        "BUSY" => 503,
        _ => 400,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn code(body: &str) -> ErrorCode {
        Incoming::from_json(body.as_bytes(), &Limits::default()).unwrap_err().code()
    }

    #[test]
    fn a_body_is_read() {
        let body = br#"{"query":"{a}","operationName":null,"variables":{"n":1},"extensions":{"persistedQuery":{"version":1,"sha256Hash":"ab"}}}"#;
        let incoming = Incoming::from_json(body, &Limits::default()).unwrap();
        assert_eq!(incoming.request.query, "{a}");
        assert_eq!(incoming.persisted_hash().as_deref(), Some("ab"));
        assert!(!incoming.read_only);
    }

    #[test]
    fn other_bodies_are_refused() {
        for body in [
            "",
            "[{\"query\":\"{a}\"}]",
            "{\"query\":1}",
            "{\"variables\":[]}",
            "{\"query\":\"{a}\",\"query\":\"{b}\"}",
        ] {
            assert_eq!(code(body), ErrorCode::InvalidDocument, "{body}");
        }
        assert_eq!(code(&"[".repeat(100_000)), ErrorCode::TooComplex);
    }

    #[test]
    fn parameters_are_read_for_queries_only() {
        let parameters = [("query".to_owned(), "{a}".to_owned()), ("variables".to_owned(), "{\"n\":1}".to_owned())];
        let incoming = Incoming::from_parameters(&parameters, &Limits::default()).unwrap();
        assert!(incoming.read_only);
        assert_eq!(incoming.request.variables.len(), 1);
        let broken = [("variables".to_owned(), "{".to_owned())];
        assert!(Incoming::from_parameters(&broken, &Limits::default()).is_err());
    }
}
