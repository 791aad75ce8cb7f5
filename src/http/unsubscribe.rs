//! `POST /unsubscribe/{token}`: the button of mail programs that ends messages (RFC 8058). It sends no cookie, shows no
//! page, and is pressed by a server of the recipient's mailbox. Opening the address leads to the page for people, which
//! changes nothing by itself.

use std::sync::Arc;

use actix_web::http::{StatusCode, header};
use actix_web::web::{self, Bytes, PayloadConfig, ServiceConfig};
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse};
use domain::Error;
use domain::kernel::ctx::Ctx;
use domain::messaging::consent;
use domain::messaging::page_links::{self, PageLink};
use entity::id::MessageId;

use super::edge::RequestId;
use super::{State, protected, reply, wrong_method};

/// Largest body: one pair, as a form or as multipart.
const MAX_BYTES: usize = 4 * 1024;
/// What RFC 8058 §3.1 lets the button send.
const FIELD: &str = "List-Unsubscribe";
const VALUE: &str = "One-Click";

pub(crate) fn routes(config: &mut ServiceConfig) {
    let resource = protected("/unsubscribe/{token}")
        .app_data(PayloadConfig::new(MAX_BYTES))
        .route(web::get().to(open))
        .route(web::head().to(open))
        .route(web::post().to(press))
        .default_service(web::to(wrong_method));
    config.service(resource);
}

/// The page with the same secret. A scanner that follows every link ends nothing.
async fn open(token: web::Path<String>) -> HttpResponse {
    let plain: String = token.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).collect();
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, format!("/{}/{plain}", PageLink::Preferences.path())))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .finish()
}

/// Ends the messages: 200 when they are ended, also when they were; 400 without the field, 404 for a wrong secret.
async fn press(request: HttpRequest, state: web::Data<State>, token: web::Path<String>, body: Bytes) -> HttpResponse {
    if !is_pressed(&body) {
        let text = "The body must be List-Unsubscribe=One-Click (RFC 8058).";
        return reply::problem(&request, StatusCode::BAD_REQUEST, "INVALID", text);
    }
    let id = request.extensions().get::<RequestId>().map(|id| id.0.to_string()).unwrap_or_default();
    let ctx = Ctx::system(Arc::clone(&state.services), &id);
    let done = match page_links::open(&ctx, PageLink::Preferences, &token) {
        Ok(message) => consent::unsubscribe(&ctx, MessageId(message), "one-click").await,
        Err(error) => Err(error),
    };
    match done {
        Ok(()) => HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).finish(),
        Err(Error::NotFound { .. }) => {
            reply::problem(&request, StatusCode::NOT_FOUND, "NOT_FOUND", "The address is wrong or too old.")
        }
        Err(error) => {
            tracing::error!(request_id = %ctx.request_id, code = %error.code(), "an unsubscription was not taken");
            reply::busy(&request, "It was not taken; send it again.", 60)
        }
    }
}

/// Whether a body is the button's: a form, or multipart with that part.
fn is_pressed(body: &[u8]) -> bool {
    let text = String::from_utf8_lossy(body);
    let as_form = text.split('&').any(|pair| pair.trim() == format!("{FIELD}={VALUE}"));
    let as_part = text.contains(&format!("name=\"{FIELD}\"")) && text.lines().any(|line| line.trim() == VALUE);
    as_form || as_part
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_button_ends_messages() {
        assert!(is_pressed(b"List-Unsubscribe=One-Click"));
        assert!(is_pressed(
            b"--x\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--x--\r\n"
        ));
        for other in ["", "List-Unsubscribe=", "x=One-Click", "One-Click", "List-Unsubscribe=One-Clickx"] {
            assert!(!is_pressed(other.as_bytes()), "{other}");
        }
    }
}
