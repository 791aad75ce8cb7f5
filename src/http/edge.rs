//! Around every request: its id, its span, its line in the log, its metrics, and headers that every answer has.

use std::sync::Arc;
use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{HttpMessage as _, web};
use tracing::Instrument as _;

use super::State;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Longest id that is taken over from a client.
const LONGEST_ID: usize = 64;

/// The id of a request, from the edge to the log, the event and the mail header.
#[derive(Clone, Debug)]
pub struct RequestId(pub Arc<str>);

/// Headers of every answer that has none of the name yet (OWASP secure headers).
const SECURITY: [(&str, &str); 4] = [
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
];

/// The middleware; outermost, so that every answer passes it.
pub(crate) async fn edge<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let started = Instant::now();
    let state = request.app_data::<web::Data<State>>().map(|state| Arc::clone(state));
    let _active = state.as_ref().map(State::enter);
    let id = request_id(request.headers(), state.as_deref());
    request.extensions_mut().insert(RequestId(Arc::clone(&id)));
    let method = request.method().clone();
    let span = tracing::info_span!("request", request_id = %id);
    let mut response = next.call(request).instrument(span.clone()).await?;

    // The pattern, not the path: links in mails carry secrets in it.
    let path = response.request().match_pattern().unwrap_or_else(|| "unmatched".to_owned());
    let status = response.status().as_u16();
    let elapsed = started.elapsed();
    record(&path, method.as_str(), status, elapsed);
    let _entered = span.enter();
    let milliseconds = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
    if status >= 500 {
        tracing::warn!(%method, path, status, milliseconds, "answered");
    } else {
        tracing::debug!(%method, path, status, milliseconds, "answered");
    }
    finish(&mut response, &id, state.as_deref());
    Ok(response)
}

fn finish<B>(response: &mut ServiceResponse<B>, id: &str, state: Option<&State>) {
    if state.is_some_and(|state| state.stop.is_cancelled()) && response.status().as_u16() != 101 {
        // A connection that is kept alive would keep the process alive.
        response.response_mut().head_mut().set_connection_type(actix_web::http::ConnectionType::Close);
    }
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_ID, value);
    }
    for (name, value) in SECURITY {
        let name = HeaderName::from_static(name);
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
}

fn record(path: &str, method: &str, status: u16, elapsed: std::time::Duration) {
    // Methods are the client's words: only known ones become labels.
    let method = if matches!(method, "GET" | "POST" | "HEAD" | "OPTIONS") { method } else { "other" };
    let labels = [("path", path.to_owned()), ("method", method.to_owned()), ("status", status.to_string())];
    metrics::counter!("hitotsu_http_requests_total", &labels).increment(1);
    metrics::histogram!("hitotsu_http_request_seconds", "path" => path.to_owned()).record(elapsed.as_secs_f64());
}

/// The client's id when it is harmless in logs and headers, else a fresh one.
fn request_id(headers: &HeaderMap, state: Option<&State>) -> Arc<str> {
    let given = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok()).filter(|id| is_harmless(id));
    match (given, state) {
        (Some(id), _) => id.into(),
        (None, Some(state)) => state.services.random.uuid(state.services.clock.now()).simple().to_string().into(),
        (None, None) => uuid::Uuid::now_v7().simple().to_string().into(),
    }
}

fn is_harmless(id: &str) -> bool {
    (8..=LONGEST_ID).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_harmless_ids_are_taken_over() {
        assert!(is_harmless("3f2a-checkout_7.1"));
        for id in ["", "short", "with space in it", "line\nbreak-12345", "<script>alert</script>", "é-12345678"] {
            assert!(!is_harmless(id), "{id}");
        }
        assert!(!is_harmless(&"x".repeat(65)));
    }
}
