//! Addresses that begin as those of pages do and are none: people get a page that says so, programs what they get for
//! every address that is none.

use actix_web::http::{Method, header};
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};

use super::visit::Visit;
use crate::http::{State, nothing_here, protected};

/// The routes; after those of all pages.
pub(crate) fn routes(config: &mut ServiceConfig) {
    let alone = protected("/{page:o|p|r|s|u|pay|return|exchange|receipt|claim|gift-card|review|back-in-stock|cart}");
    let below =
        protected("/{page:o|p|r|s|u|pay|return|exchange|receipt|claim|gift-card|review|back-in-stock|cart}/{rest:.*}");
    config.service(alone.default_service(web::to(unknown))).service(below.default_service(web::to(unknown)));
}

async fn unknown(request: HttpRequest, state: web::Data<State>) -> HttpResponse {
    if is_person(&request) {
        return Visit::of(&request, &state).nothing().await;
    }
    nothing_here(request).await
}

/// Whether a browser shows the answer to somebody.
fn is_person(request: &HttpRequest) -> bool {
    let accepts = |value: &header::HeaderValue| value.to_str().is_ok_and(|value| value.contains("text/html"));
    [Method::GET, Method::HEAD].contains(request.method()) && request.headers().get_all(header::ACCEPT).any(accepts)
}
