//! `POST /webhooks/mail/{shape}`: what providers tell of messages. Nothing of a body reaches the log.

use std::sync::Arc;

use actix_web::http::{StatusCode, header};
use actix_web::web::{self, Bytes, PayloadConfig, ServiceConfig};
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse};
use data_encoding::BASE64;
use domain::Error;
use domain::kernel::ctx::Ctx;
use domain::messaging::feedback::shapes::{self, Delivery, Shape};
use domain::messaging::feedback::{self, Received};
use domain::shipping::webhook;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::ExposeSecret as _;
use sha2::Sha256;

use super::edge::RequestId;
use super::{State, protected, reply, wrong_method};

/// Largest body: a mail that was returned whole.
const MAX_BYTES: usize = 1024 * 1024;
const TIMESTAMP: &str = "x-hitotsu-timestamp";
const SIGNATURE: &str = "x-hitotsu-signature";

pub(crate) fn routes(config: &mut ServiceConfig) {
    let resource = protected("/webhooks/mail/{shape}")
        .app_data(PayloadConfig::new(MAX_BYTES))
        .route(web::post().to(receive))
        .default_service(web::to(wrong_method));
    config.service(resource);
}

/// Takes news: 202 with counts, unknown messages among them; 401 without a signature or the password, 404 for a shape
/// that is not listened to, 400 for what cannot be read.
async fn receive(request: HttpRequest, state: web::Data<State>, shape: web::Path<String>, body: Bytes) -> HttpResponse {
    let shape = Shape::parse(&shape);
    let secret = shape.and_then(|shape| Some((shape, state.config.messages.webhook_secrets.get(&shape)?)));
    let Some((shape, secret)) = secret else {
        return reply::problem(&request, StatusCode::NOT_FOUND, "NOT_FOUND", "Nobody is listened to here.");
    };
    if !is_allowed(&request, &state, secret.expose_secret().as_bytes(), &body) {
        let text = "The signature, its time stamp or the password is missing, wrong or too old.";
        let mut answer = reply::problem(&request, StatusCode::UNAUTHORIZED, "UNAUTHENTICATED", text);
        // SNS sends the password of its address only when it is asked for it.
        let ask = header::HeaderValue::from_static("Basic realm=\"hitotsu\"");
        answer.headers_mut().insert(header::WWW_AUTHENTICATE, ask);
        return answer;
    }
    let id = request.extensions().get::<RequestId>().map(|id| id.0.to_string()).unwrap_or_default();
    let ctx = Ctx::system(Arc::clone(&state.services), &id);
    let done = match shapes::read(shape, &body) {
        Ok(Delivery::News(news)) => feedback::receive(&ctx, shape.name(), &news).await,
        Ok(Delivery::Confirm(url)) => {
            // Opening it is left to a person: the server calls no address that a request names.
            tracing::warn!(request_id = %ctx.request_id, %url, "SNS asks to confirm a subscription; open the address once");
            Ok(Received::default())
        }
        Err(error) => Err(error),
    };
    match done {
        Ok(answer) => HttpResponse::Accepted().json(answer),
        Err(error) => refused(&request, &ctx, &error),
    }
}

/// Whether the body is signed as our webhooks are, or, for providers that cannot sign so, the password of the address is
/// the secret.
fn is_allowed(request: &HttpRequest, state: &State, secret: &[u8], body: &[u8]) -> bool {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !header(SIGNATURE).is_empty() {
        let now = state.services.clock.now();
        return webhook::verify(secret, header(TIMESTAMP), header(SIGNATURE), body, now).is_ok();
    }
    let given = header("authorization").strip_prefix("Basic ").and_then(|given| BASE64.decode(given.as_bytes()).ok());
    let Some(given) = given else { return false };
    let password = given.iter().position(|byte| *byte == b':').and_then(|colon| given.get(colon + 1..));
    password.is_some_and(|password| is_same(password, secret))
}

/// Compares in a time that tells nothing of what differs: hashes with a key are compared, not the texts.
fn is_same(given: &[u8], secret: &[u8]) -> bool {
    let hash = |text: &[u8]| {
        <Hmac<Sha256> as KeyInit>::new_from_slice(secret).map(|mut mac| {
            mac.update(text);
            mac
        })
    };
    match (hash(given), hash(secret)) {
        (Ok(given), Ok(ours)) => given.verify_slice(&ours.finalize().into_bytes()).is_ok(),
        _ => false,
    }
}

fn refused(request: &HttpRequest, ctx: &Ctx, error: &Error) -> HttpResponse {
    if error.is_internal() || error.is_transient() {
        tracing::error!(request_id = %ctx.request_id, code = %error.code(), "news of messages were not taken");
        return reply::busy(request, "The news were not taken; send them again.", 60);
    }
    let text = format!("The news cannot be read at \"{}\".", error.path());
    reply::problem(request, StatusCode::BAD_REQUEST, error.code().as_str(), &text)
}
