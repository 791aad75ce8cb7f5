//! `POST /webhooks/payments/stripe`: what Stripe tells by itself. Nothing of a message reaches the log.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::web::{self, Bytes, PayloadConfig, ServiceConfig};
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse};
use chrono::{DateTime, TimeDelta, Utc};
use data_encoding::HEXLOWER_PERMISSIVE;
use domain::kernel::ctx::Ctx;
use domain::order::gateway_news::{self, News, Notice};
use entity::money::Currency;
use entity::words::{Gateway, PaymentOutcome};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use serde_json::Value;
use sha2::Sha256;

use super::edge::RequestId;
use super::{State, protected, reply, wrong_method};
use crate::adapters::stripe::{PAYMENT, REFUND, from_stripe, refund_outcome};
use crate::config::StripeConfig;

/// Largest body.
const MAX_BYTES: usize = 256 * 1024;
const SIGNATURE: &str = "stripe-signature";
/// How old or how far ahead a message may be.
const TOLERANCE: TimeDelta = TimeDelta::minutes(5);

pub(crate) fn routes(config: &mut ServiceConfig) {
    let resource = protected("/webhooks/payments/stripe")
        .app_data(PayloadConfig::new(MAX_BYTES))
        .route(web::post().to(receive))
        .default_service(web::to(wrong_method));
    config.service(resource);
}

/// Takes a message: 200 when it is kept, also when it was before; 401 for one that is not Stripe's, 404 when nobody
/// listens, 400 for what cannot be read.
async fn receive(request: HttpRequest, state: web::Data<State>, body: Bytes) -> HttpResponse {
    let listening = state.config.stripe.as_ref().and_then(|stripe| Some((stripe, stripe.webhook_secret.as_ref()?)));
    let Some((stripe, secret)) = listening else {
        return reply::problem(&request, StatusCode::NOT_FOUND, "NOT_FOUND", "Stripe is not listened to here.");
    };
    let signature = request.headers().get(SIGNATURE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !is_signed(secret.expose_secret().as_bytes(), signature, &body, state.services.clock.now()) {
        let text = "The signature is missing, wrong or too old.";
        return reply::problem(&request, StatusCode::UNAUTHORIZED, "UNAUTHENTICATED", text);
    }
    let Some(notice) = read(stripe, &body) else {
        return reply::problem(&request, StatusCode::BAD_REQUEST, "INVALID", "The message cannot be read.");
    };
    let id = request.extensions().get::<RequestId>().map(|id| id.0.to_string()).unwrap_or_default();
    let ctx = Ctx::system(Arc::clone(&state.services), &id);
    match gateway_news::receive(&ctx, Gateway::Stripe, &notice).await {
        Ok(new) => HttpResponse::Ok().json(serde_json::json!({ "received": true, "known": !new })),
        Err(error) => {
            tracing::error!(request_id = %ctx.request_id, code = %error.code(), "a message of Stripe was not taken");
            reply::busy(&request, "The message was not taken; send it again.", 60)
        }
    }
}

/// Whether a header names a moment of now and a signature of `<moment>.<body>` by the secret: `t=…,v1=…`, with more than
/// one `v1` while secrets are being changed.
fn is_signed(secret: &[u8], header: &str, body: &[u8], now: DateTime<Utc>) -> bool {
    let parts = || header.split(',').filter_map(|part| part.trim().split_once('='));
    let Some(stamp) = parts().find(|(name, _)| *name == "t").map(|(_, value)| value) else { return false };
    let sent = stamp.parse::<i64>().ok().and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    if sent.is_none_or(|sent| (now - sent).abs() > TOLERANCE) {
        return false;
    }
    parts().filter(|(name, _)| *name == "v1").any(|(_, given)| {
        let Ok(given) = HEXLOWER_PERMISSIVE.decode(given.as_bytes()) else { return false };
        let Ok(mut mac) = <Hmac<Sha256> as KeyInit>::new_from_slice(secret) else { return false };
        mac.update(stamp.as_bytes());
        mac.update(b".");
        mac.update(body);
        mac.verify_slice(&given).is_ok()
    })
}

#[derive(Deserialize)]
struct Message {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    account: Option<String>,
    livemode: bool,
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    object: Value,
}

/// What a message says, without personal data; `None` for what is no message.
fn read(stripe: &StripeConfig, body: &[u8]) -> Option<Notice> {
    let message: Message = serde_json::from_slice(body).ok()?;
    let object = &message.data.object;
    let text = |name: &str| object.get(name).and_then(Value::as_str).map(str::to_owned);
    let label = |name: &str| object.pointer(&format!("/metadata/{name}")).and_then(Value::as_str)?.parse().ok();
    let currency: Option<Currency> = text("currency").and_then(|code| code.to_uppercase().parse().ok());
    let amount = object.get("amount").and_then(Value::as_i64);
    let money = currency.and_then(|currency| Some((from_stripe(amount?, currency)?, currency)));
    let is_ours = message.account == stripe.account && message.livemode == stripe.is_live();
    let news = match message.kind.as_str() {
        _ if !is_ours => News::Foreign,
        kind if kind.starts_with("payment_intent.") => News::Payment,
        "refund.created" | "refund.updated" | "refund.failed" | "charge.refund.updated" => News::Refund {
            reference: text("id")?,
            refund_id: label(REFUND),
            outcome: refund_outcome(text("status").as_deref()),
            error_code: text("failure_reason"),
        },
        "charge.dispute.created" | "charge.dispute.closed" => News::Dispute {
            reference: text("id")?,
            amount: money?.0,
            outcome: match text("status").as_deref() {
                Some("lost") => PaymentOutcome::Success,
                Some("won" | "warning_closed") => PaymentOutcome::Failure,
                Some(_) | None => PaymentOutcome::Pending,
            },
        },
        _ => News::Other,
    };
    let is_payment = matches!(news, News::Payment);
    let reference = if is_payment { text("id") } else { text("payment_intent") };
    let payment_id = if is_payment { label(PAYMENT) } else { None };
    Some(Notice { external_id: message.id, kind: message.kind, payment_id, reference, money, news })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn sign(secret: &[u8], stamp: i64, body: &[u8]) -> String {
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(secret).unwrap();
        mac.update(format!("{stamp}.").as_bytes());
        mac.update(body);
        HEXLOWER_PERMISSIVE.encode(&mac.finalize().into_bytes())
    }

    #[test]
    fn only_stripe_can_say_so_and_only_now() {
        let now = DateTime::from_timestamp(1_795_219_200, 0).unwrap();
        let (stamp, body) = (now.timestamp(), br#"{"id":"evt_1"}"#.as_slice());
        let header = format!("t={stamp},v1={}", sign(b"whsec", stamp, body));
        assert!(is_signed(b"whsec", &header, body, now));
        let two = format!("t={stamp},v1={},v1={}", sign(b"old", stamp, body), sign(b"whsec", stamp, body));
        assert!(is_signed(b"whsec", &two, body, now), "while secrets are being changed");
        assert!(!is_signed(b"other", &header, body, now));
        assert!(!is_signed(b"whsec", &header, b"{}", now));
        assert!(!is_signed(b"whsec", &header.replace(&format!("t={stamp}"), "t=1795219201"), body, now));
        for minutes in [-6, 6] {
            assert!(!is_signed(b"whsec", &header, body, now + TimeDelta::minutes(minutes)));
        }
        for bad in ["", "t=1795219200", "v1=00", "t=x,v1=00", "t=1795219200,v1=zz", "t=1795219200,v0=00"] {
            assert!(!is_signed(b"whsec", bad, body, now), "{bad}");
        }
    }
}
