//! `POST /webhooks/carriers/{carrier}`: what carriers tell of parcels. Nothing of a message reaches the log.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::web::{self, Bytes, PayloadConfig, ServiceConfig};
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse};
use domain::Error;
use domain::kernel::ctx::Ctx;
use domain::shipping::webhook;
use entity::words::Carrier;
use secrecy::ExposeSecret as _;

use super::edge::RequestId;
use super::{State, protected, reply, wrong_method};

/// Largest body: 500 facts of about half a kilobyte.
const MAX_BYTES: usize = 256 * 1024;
const TIMESTAMP: &str = "x-hitotsu-timestamp";
const SIGNATURE: &str = "x-hitotsu-signature";

pub(crate) fn routes(config: &mut ServiceConfig) {
    let resource = protected("/webhooks/carriers/{carrier}")
        .app_data(PayloadConfig::new(MAX_BYTES))
        .route(web::post().to(receive))
        .default_service(web::to(wrong_method));
    config.service(resource);
}

/// Takes a message: 202 with counts, unknown numbers among them; 401 for a message that is not the carrier's, 404 for a
/// carrier that is not listened to, 400 for what cannot be read.
async fn receive(
    request: HttpRequest,
    state: web::Data<State>,
    carrier: web::Path<String>,
    body: Bytes,
) -> HttpResponse {
    let carrier: Option<Carrier> = carrier.to_ascii_uppercase().parse().ok();
    let secret = carrier.and_then(|carrier| Some((carrier, state.config.carrier_webhook_secrets.get(&carrier)?)));
    let Some((carrier, secret)) = secret else {
        return reply::problem(&request, StatusCode::NOT_FOUND, "NOT_FOUND", "No carrier is listened to here.");
    };
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let secret = secret.expose_secret().as_bytes();
    let now = state.services.clock.now();
    if webhook::verify(secret, header(TIMESTAMP), header(SIGNATURE), &body, now).is_err() {
        let text = "The signature or the time stamp is missing, wrong or too old.";
        return reply::problem(&request, StatusCode::UNAUTHORIZED, "UNAUTHENTICATED", text);
    }
    let id = request.extensions().get::<RequestId>().map(|id| id.0.to_string()).unwrap_or_default();
    let ctx = Ctx::system(Arc::clone(&state.services), &id);
    let done = match webhook::parse(&body) {
        Ok(message) => webhook::receive(&ctx, carrier, &message).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(answer) => HttpResponse::Accepted().json(answer),
        Err(error) => refused(&request, &ctx, &error),
    }
}

fn refused(request: &HttpRequest, ctx: &Ctx, error: &Error) -> HttpResponse {
    if error.is_internal() || error.is_transient() {
        tracing::error!(request_id = %ctx.request_id, code = %error.code(), "a carrier's message was not taken");
        return reply::busy(request, "The message was not taken; send it again.", 60);
    }
    let text = format!("The message cannot be read at \"{}\".", error.path());
    reply::problem(request, StatusCode::BAD_REQUEST, error.code().as_str(), &text)
}
