//! Reading a GraphQL request: the body of a POST, the query string of a GET.

use std::time::Duration;

use actix_web::http::header::{self, HeaderMap};
use actix_web::web::{self, Bytes, BytesMut};
use async_graphql::parser::types::{ExecutableDocument, OperationType, Selection};
use async_graphql::{Request, Value};
use domain::ErrorCode;
use futures::StreamExt as _;
use graphql::Incoming;
use graphql::context::Hints;
use graphql::guard::{self, Limits};
use graphql::persisted::{Documents, Naming};

use super::Refusal;

/// Most bytes of a body: 256 KiB.
pub(crate) const LARGEST_BODY: usize = 256 * 1024;
/// Longest that a body may take to come, within the time of its request.
const BODY_PATIENCE: Duration = Duration::from_secs(5);

/// Root fields whose answer is the same for everybody for a while.
const CATALOGUE: [&str; 11] = [
    "products",
    "product",
    "variant",
    "collections",
    "collection",
    "categories",
    "category",
    "channels",
    "channel",
    "locations",
    "location",
];

/// Refuses everything but `application/json` in UTF-8: browsers send the other types across origins without asking.
pub(super) fn check_content_type(headers: &HeaderMap) -> Result<(), Refusal> {
    let value =
        headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).ok_or_else(Refusal::not_json)?;
    let mut pieces = value.split(';').map(|piece| piece.trim().to_ascii_lowercase());
    let is_json = pieces.next().as_deref() == Some("application/json");
    let is_utf8 = pieces
        .filter_map(|piece| piece.strip_prefix("charset=").map(|charset| charset.trim_matches('"').to_owned()))
        .all(|charset| charset == "utf-8" || charset == "utf8");
    let is_plain = headers
        .get(header::CONTENT_ENCODING)
        .is_none_or(|encoding| encoding.as_bytes().eq_ignore_ascii_case(b"identity"));
    if is_json && is_utf8 && is_plain { Ok(()) } else { Err(Refusal::not_json()) }
}

/// The whole body. Errors: 413 as soon as it is known to be too large, 408 when it comes too slowly, 400 when it breaks
/// off.
pub(super) async fn read_body(headers: &HeaderMap, body: web::Payload, patience: Duration) -> Result<Bytes, Refusal> {
    let announced = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok())
        .and_then(|length| length.parse::<usize>().ok());
    if announced.is_some_and(|length| length > LARGEST_BODY) {
        return Err(Refusal::too_large());
    }
    let patience = patience.min(BODY_PATIENCE);
    tokio::time::timeout(patience, collect(body)).await.unwrap_or_else(|_| Err(Refusal::too_slow()))
}

async fn collect(mut body: web::Payload) -> Result<Bytes, Refusal> {
    let mut bytes = BytesMut::new();
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|_| Refusal::bad_request("The body of the request broke off."))?;
        if bytes.len() + chunk.len() > LARGEST_BODY {
            return Err(Refusal::too_large());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.freeze())
}

/// A request that was read but not run.
#[derive(Debug)]
pub(crate) struct Call {
    incoming: Incoming,
}

impl Call {
    /// From the body of a POST. Errors: 400, 413.
    pub(crate) fn from_json(body: &[u8]) -> Result<Self, Refusal> {
        if body.trim_ascii_start().first() == Some(&b'[') {
            return Err(Refusal::bad_request("Batches are not accepted; send one request at a time."));
        }
        Self::checked(Incoming::from_json(body, &Limits::default()))
    }

    /// From the query string of a GET. Error: 400.
    pub(crate) fn from_query(query: &str) -> Result<Self, Refusal> {
        let parameters = web::Query::<Vec<(String, String)>>::from_query(query).map_err(|_| malformed())?;
        Self::checked(Incoming::from_parameters(&parameters, &Limits::default()))
    }

    fn checked(incoming: domain::Result<Incoming>) -> Result<Self, Refusal> {
        let incoming = incoming.map_err(|error| {
            if error.code() == ErrorCode::TooComplex {
                Refusal::bad_request("The JSON of the request is nested too deeply.")
            } else {
                malformed()
            }
        })?;
        let is_persisted = incoming.document_id.is_some() || incoming.request.extensions.contains_key("persistedQuery");
        if incoming.request.query.trim().is_empty() && !is_persisted {
            return Err(Refusal::bad_request("The request names no `query`."));
        }
        Ok(Self { incoming })
    }

    /// Whether it asks for nothing but the catalogue. Error: 405 when it changes something. What cannot be read is let
    /// through: executing it says what is wrong with it.
    pub(crate) fn check_is_query(&self, documents: &Documents) -> Result<bool, Refusal> {
        let persisted_hash = self.persisted_hash();
        let naming = Naming {
            query: Some(self.incoming.request.query.as_str()),
            document_id: self.incoming.document_id.as_deref(),
            persisted_hash: persisted_hash.as_deref(),
        };
        let Ok(text) = documents.find(naming) else { return Ok(false) };
        if guard::check_document(&text, &Limits::default()).is_err() {
            return Ok(false);
        }
        let mut request = Request::new(text.as_ref());
        let Ok(document) = request.parsed_query() else { return Ok(false) };
        check_operations(document, self.incoming.request.operation_name.as_deref())
    }

    fn persisted_hash(&self) -> Option<String> {
        let Some(Value::Object(persisted)) = self.incoming.request.extensions.get("persistedQuery") else {
            return None;
        };
        let Some(Value::String(hash)) = persisted.get("sha256Hash") else { return None };
        Some(hash.clone())
    }

    /// Ready to run, with what the headers say beside it.
    pub(crate) fn into_incoming(mut self, headers: &HeaderMap) -> Incoming {
        let text = |name: &str| {
            let value = headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
            value.filter(|value| !value.is_empty()).map(str::to_owned)
        };
        let hints = Hints { channel: text("x-channel"), idempotency_key: text("idempotency-key") };
        self.incoming.request = self.incoming.request.data(hints);
        self.incoming
    }
}

fn check_operations(document: &ExecutableDocument, wanted: Option<&str>) -> Result<bool, Refusal> {
    let mut only_catalogue = true;
    for (name, operation) in document.operations.iter() {
        if wanted.is_some_and(|wanted| name.is_some_and(|name| name.as_str() != wanted)) {
            continue;
        }
        if operation.node.ty != OperationType::Query {
            return Err(Refusal::not_a_query());
        }
        only_catalogue &= operation.node.selection_set.node.items.iter().all(|item| match &item.node {
            Selection::Field(field) => CATALOGUE.contains(&field.node.name.node.as_str()),
            Selection::FragmentSpread(_) | Selection::InlineFragment(_) => false,
        });
    }
    Ok(only_catalogue)
}

const fn malformed() -> Refusal {
    Refusal::bad_request(
        "The request is not a JSON object with `query`, `operationName`, `variables` and `extensions`.",
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
    use actix_web::http::StatusCode;
    use graphql::persisted::hash;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("application/json", true)]
    #[case("application/json; charset=UTF-8", true)]
    #[case("Application/JSON;charset=\"utf-8\"", true)]
    #[case("application/json; charset=shift_jis", false)]
    #[case("application/jsonp", false)]
    #[case("text/plain", false)]
    #[case("application/graphql", false)]
    #[case("multipart/form-data; boundary=x", false)]
    #[case("application/x-www-form-urlencoded", false)]
    #[case("", false)]
    fn only_json_is_read(#[case] content_type: &str, #[case] accepted: bool) {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_str(content_type).unwrap());
        assert_eq!(check_content_type(&headers).is_ok(), accepted);
        headers.insert(header::CONTENT_ENCODING, header::HeaderValue::from_static("gzip"));
        assert!(check_content_type(&headers).is_err());
    }

    #[rstest]
    #[case("")]
    #[case("{")]
    #[case("null")]
    #[case("\"{ serverTime }\"")]
    #[case("{}")]
    #[case("{\"query\": 1}")]
    #[case("{\"query\": \"  \"}")]
    #[case("{\"query\": \"{a}\", \"variables\": []}")]
    #[case("{\"query\": \"{a}\", \"variables\": \"{}\"}")]
    #[case("{\"query\": \"{a}\", \"query\": \"{b}\"}")]
    #[case("{\"query\": \"\\ud800\"}")]
    #[case(" [{\"query\": \"{a}\"}]")]
    fn nonsense_is_a_bad_request(#[case] body: &str) {
        assert_eq!(Call::from_json(body.as_bytes()).unwrap_err().status, StatusCode::BAD_REQUEST);
    }

    #[test]
    fn deep_json_is_refused_before_it_is_read() {
        let deep =
            format!("{{\"query\":\"{{a}}\",\"variables\":{{\"x\":{}1{}}}}}", "[".repeat(50_000), "]".repeat(50_000));
        assert_eq!(Call::from_json(deep.as_bytes()).unwrap_err().status, StatusCode::BAD_REQUEST);
    }

    #[rstest]
    #[case("query={serverTime}", Ok(false))]
    #[case("query={products{nodes{id}}}", Ok(true))]
    #[case("query=query A{products{nodes{id}}} mutation B{x}&operationName=A", Ok(true))]
    #[case("query=query A{products{nodes{id}}} mutation B{x}&operationName=B", Err(405))]
    #[case("query=query A{products{nodes{id}}} mutation B{x}", Err(405))]
    #[case("query=mutation{cartCreate{cart{id}}}", Err(405))]
    #[case("query=subscription{orderChanged{id}}", Err(405))]
    #[case("documentId=unknown", Ok(false))]
    #[case("query=query{...F} fragment F on Query{products{nodes{id}}}", Ok(false))]
    fn get_runs_queries_only(#[case] query: &str, #[case] expected: Result<bool, u16>) {
        let call = Call::from_query(&query.replace(' ', "%20")).unwrap();
        let documents = Documents::default();
        assert_eq!(call.check_is_query(&documents).map_err(|refusal| refusal.status.as_u16()), expected);
    }

    #[test]
    fn documents_known_by_their_hash_are_looked_at_too() {
        let texts = ["{ products { nodes { id } } }", "mutation { cartCreate { cart { id } } }"];
        let documents = Documents::trusting(texts.map(str::to_owned), false);
        let by_id = |text: &str| Call::from_query(&format!("documentId={}", hash(text))).unwrap();
        assert_eq!(by_id(texts[0]).check_is_query(&documents), Ok(true));
        assert_eq!(by_id(texts[1]).check_is_query(&documents), Err(Refusal::not_a_query()));
    }
}
