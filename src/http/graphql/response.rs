//! From an answer of GraphQL to one of HTTP: status, headers, body.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap};
use async_graphql::{Response, ServerError, Value};
use data_encoding::HEXLOWER;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::Accept;

/// What answers differ by.
const VARY: &str = "Accept, Accept-Language, Authorization, X-Channel, X-Cart-Token, X-Order-Token, X-Device-Token";
/// How long the catalogue may be kept, in seconds: prices and stock in it may be that old.
const CATALOGUE_CACHE: &str = "public, max-age=30, stale-while-revalidate=60";

#[derive(Serialize)]
struct Body<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a Value>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [ServerError],
    #[serde(skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    extensions: &'a std::collections::BTreeMap<String, Value>,
}

/// The answer. `cacheable` answers carry an `ETag` and are 304 when the client has them.
pub(super) fn shape(headers: &HeaderMap, accept: Accept, response: &Response, cacheable: bool) -> HttpResponse {
    // GraphQL §7.1: an answer has no `data` when the request failed before it was executed; such errors have no path.
    let was_executed = response.data != Value::Null || !response.errors.iter().all(|error| error.path.is_empty());
    let data = (was_executed || response.errors.is_empty()).then_some(&response.data);
    let body = Body { data, errors: &response.errors, extensions: &response.extensions };
    let Ok(bytes) = serde_json::to_vec(&body) else { return HttpResponse::InternalServerError().finish() };

    let status = status(accept, response);
    let mut answer = HttpResponse::build(status);
    answer.insert_header((header::CONTENT_TYPE, accept.content_type())).insert_header((header::VARY, VARY));
    if status == StatusCode::UNAUTHORIZED {
        answer.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
    }
    if matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
        answer.insert_header((header::RETRY_AFTER, retry_after(&response.errors)));
    }
    if !cacheable || !response.errors.is_empty() {
        return answer.insert_header((header::CACHE_CONTROL, "no-store")).body(bytes);
    }
    let tag = entity_tag(&response.data);
    answer.insert_header((header::CACHE_CONTROL, CATALOGUE_CACHE)).insert_header((header::ETAG, tag.as_str()));
    if is_known(headers, &tag) {
        return answer.status(StatusCode::NOT_MODIFIED).finish();
    }
    answer.body(bytes)
}

/// The status of the draft for its own type; for `application/json` 200, except where clients must see a status: 401,
/// 403, 413, 429, 500 and 503.
fn status(accept: Accept, response: &Response) -> StatusCode {
    let draft = StatusCode::from_u16(graphql::status(response)).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    // A field that failed leaves a null; the request as a whole was executed.
    let was_executed = response.data != Value::Null || response.errors.iter().any(|error| !error.path.is_empty());
    match accept {
        Accept::GraphqlResponse | Accept::Json if response.data != Value::Null => StatusCode::OK,
        Accept::GraphqlResponse if !(was_executed && draft == StatusCode::BAD_REQUEST) => draft,
        Accept::Json if draft != StatusCode::BAD_REQUEST => draft,
        Accept::GraphqlResponse | Accept::Json => StatusCode::OK,
    }
}

fn retry_after(errors: &[ServerError]) -> u64 {
    let seconds = |error: &ServerError| match error.extensions.as_ref()?.get("retryAfterSeconds")? {
        Value::Number(seconds) => seconds.as_u64(),
        Value::Null
        | Value::String(_)
        | Value::Boolean(_)
        | Value::Binary(_)
        | Value::Enum(_)
        | Value::List(_)
        | Value::Object(_) => None,
    };
    errors.iter().find_map(seconds).unwrap_or(1).max(1)
}

/// Weak (RFC 9110 §8.8.1), because compression changes bytes but not meaning, and of the data alone, because extensions
/// tell about this one execution.
fn entity_tag(data: &Value) -> String {
    let bytes = serde_json::to_vec(data).unwrap_or_default();
    let digest = HEXLOWER.encode(&Sha256::digest(&bytes));
    format!("W/\"{}\"", digest.get(..32).unwrap_or_default())
}

fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let opaque = tag.trim_start_matches("W/");
    headers
        .get_all(header::IF_NONE_MATCH)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|known| known.trim() == "*" || known.trim().trim_start_matches("W/") == opaque)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use async_graphql::{ErrorExtensionValues, PathSegment};
    use rstest::rstest;

    use super::*;

    fn failed(code: &str, path: bool) -> Response {
        let mut error = ServerError::new("no", None);
        let mut values = ErrorExtensionValues::default();
        values.set("code", code);
        error.extensions = Some(values);
        if path {
            error.path = vec![PathSegment::Field("order".to_owned())];
        }
        Response::from_errors(vec![error])
    }

    #[rstest]
    #[case("UNAUTHENTICATED", 401, 401)]
    #[case("FORBIDDEN", 403, 403)]
    #[case("THROTTLED", 429, 429)]
    #[case("BUSY", 503, 503)]
    #[case("INTERNAL", 500, 500)]
    #[case("INVALID_DOCUMENT", 400, 200)]
    #[case("TOO_COMPLEX", 400, 200)]
    fn statuses_follow_the_draft(#[case] code: &str, #[case] draft: u16, #[case] json: u16) {
        assert_eq!(status(Accept::GraphqlResponse, &failed(code, false)).as_u16(), draft);
        assert_eq!(status(Accept::Json, &failed(code, false)).as_u16(), json);
    }

    #[test]
    fn an_executed_request_is_200_whatever_is_null_in_it() {
        assert_eq!(status(Accept::GraphqlResponse, &failed("NOT_FOUND", true)).as_u16(), 200);
        let mut partial = failed("FORBIDDEN", true);
        partial.data = Value::from_json(serde_json::json!({ "order": null })).unwrap();
        assert_eq!(status(Accept::Json, &partial).as_u16(), 200);
    }

    #[test]
    fn waiting_clients_are_told_how_long() {
        let mut response = failed("THROTTLED", false);
        response.errors.first_mut().unwrap().extensions.as_mut().unwrap().set("retryAfterSeconds", 17);
        let answer = shape(&HeaderMap::new(), Accept::Json, &response, false);
        assert_eq!(answer.headers().get(header::RETRY_AFTER).unwrap(), "17");
        assert_eq!(answer.headers().get(header::CACHE_CONTROL).unwrap(), "no-store");
    }

    #[test]
    fn what_the_client_has_is_not_sent_again() {
        let response = Response::new(Value::from_json(serde_json::json!({ "products": [1] })).unwrap());
        let first = shape(&HeaderMap::new(), Accept::Json, &response, true);
        let tag = first.headers().get(header::ETAG).unwrap().clone();
        let mut headers = HeaderMap::new();
        headers.insert(header::IF_NONE_MATCH, tag);
        assert_eq!(shape(&headers, Accept::Json, &response, true).status(), StatusCode::NOT_MODIFIED);
        let other = Response::new(Value::from_json(serde_json::json!({ "products": [2] })).unwrap());
        assert_eq!(shape(&headers, Accept::Json, &other, true).status(), StatusCode::OK);
        assert!(shape(&headers, Accept::Json, &response, false).headers().get(header::ETAG).is_none());
    }
}
