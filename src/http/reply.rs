//! Answers that are not results: the same JSON shape as GraphQL's, so that clients read one form of error.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse};
use serde_json::json;

use super::edge::RequestId;

/// What GraphQL answers are served as when the client asks for the draft's own type.
pub(crate) const GRAPHQL_JSON: &str = "application/graphql-response+json; charset=utf-8";
/// What they are served as otherwise.
pub(crate) const JSON: &str = "application/json; charset=utf-8";

/// An error with a status, a code and a sentence, as `{"errors": […]}`.
pub(crate) fn problem(request: &HttpRequest, status: StatusCode, code: &str, message: &str) -> HttpResponse {
    let request_id = request.extensions().get::<RequestId>().map(|id| id.0.to_string());
    let extensions = json!({ "code": code, "requestId": request_id });
    let body = json!({ "errors": [{ "message": message, "extensions": extensions }] });
    HttpResponse::build(status)
        .insert_header((header::CONTENT_TYPE, JSON))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(body.to_string())
}

/// 503: the client should come back after `seconds`.
pub(crate) fn busy(request: &HttpRequest, message: &str, seconds: u64) -> HttpResponse {
    let mut response = problem(request, StatusCode::SERVICE_UNAVAILABLE, "BUSY", message);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    response
}
