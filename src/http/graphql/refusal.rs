//! Requests that never reach GraphQL.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};

use crate::http::reply;

/// Why a request is not even looked at as GraphQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) message: &'static str,
}

impl Refusal {
    const fn new(status: StatusCode, code: &'static str, message: &'static str) -> Self {
        Self { status, code, message }
    }

    /// 400: not a request in the form that GraphQL over HTTP has.
    pub(crate) const fn bad_request(message: &'static str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "BAD_REQUEST", message)
    }

    /// 403: a page of another origin.
    pub(crate) const fn origin() -> Self {
        let message = "Pages of this origin may not call the API; add it to HITOTSU_CORS_ORIGINS.";
        Self::new(StatusCode::FORBIDDEN, "ORIGIN_NOT_ALLOWED", message)
    }

    /// 405: changes by GET.
    pub(crate) const fn not_a_query() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", "GET runs queries only; use POST.")
    }

    /// 406: no type of ours is wanted.
    pub(crate) const fn not_acceptable() -> Self {
        let message = "Answers are application/graphql-response+json or application/json.";
        Self::new(StatusCode::NOT_ACCEPTABLE, "NOT_ACCEPTABLE", message)
    }

    /// 408: the body did not come in time.
    pub(crate) const fn too_slow() -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, "REQUEST_TIMEOUT", "The body of the request did not come in time.")
    }

    /// 413: more than 256 KiB.
    pub(crate) const fn too_large() -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "TOO_LARGE", "The body of a request may have 256 KiB.")
    }

    /// 415: not JSON.
    pub(crate) const fn not_json() -> Self {
        let message = "The body must be application/json in UTF-8, not compressed.";
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", message)
    }

    /// 503: too many requests run.
    pub(crate) const fn busy() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "BUSY", "The server is too busy; try again.")
    }

    /// What the client gets.
    pub(crate) fn response(&self, http: &HttpRequest) -> HttpResponse {
        metrics::counter!("hitotsu_graphql_refusals_total", "code" => self.code).increment(1);
        let mut response = match self.status {
            StatusCode::SERVICE_UNAVAILABLE => reply::busy(http, self.message, 1),
            status => reply::problem(http, status, self.code, self.message),
        };
        if self.status == StatusCode::METHOD_NOT_ALLOWED {
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
        }
        response
    }
}
