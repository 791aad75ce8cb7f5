//! Stripe, by its public API: intents that reserve money, captures, cancels and refunds. The buyer's card goes from the
//! browser to Stripe; no number of it ever comes here.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use chrono::DateTime;
use domain::kernel::network_gateway::{GatewayError, Intent, IntentRequest, IntentStatus, NetworkGateway, SentBack};
use entity::money::{Currency, Money};
use entity::words::PaymentOutcome;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::Value;

/// The version of the API whose answers are read here.
const VERSION: &str = "2024-06-20";
/// Where Stripe listens.
pub const BASE_URL: &str = "https://api.stripe.com";
/// An answer takes seconds at most; after that the same key asks again.
const TIMEOUT: Duration = Duration::from_secs(20);
/// Our payment in an intent's metadata.
pub const PAYMENT: &str = "hitotsu_payment_id";
/// Our refund in a refund's metadata.
pub const REFUND: &str = "hitotsu_refund_id";

/// A client of Stripe.
#[derive(Debug)]
pub struct Stripe {
    client: reqwest::Client,
    base: String,
    key: SecretString,
}

/// An intent as Stripe writes it, as far as it is read.
#[derive(Debug, Deserialize)]
struct IntentBody {
    id: String,
    status: String,
    amount: i64,
    currency: String,
    #[serde(default)]
    amount_capturable: i64,
    #[serde(default)]
    amount_received: i64,
    client_secret: Option<String>,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
    latest_charge: Option<Value>,
}

#[derive(Debug, Deserialize)]
struct RefundBody {
    id: String,
    status: Option<String>,
    failure_reason: Option<String>,
}

impl Stripe {
    /// A client with a secret key; `base` is [`BASE_URL`], or a stand-in. Error: the client cannot be built.
    pub fn new(base: &str, key: SecretString) -> Result<Self, reqwest::Error> {
        Ok(Self { client: super::web::client(TIMEOUT)?, base: base.trim_end_matches('/').to_owned(), key })
    }

    async fn get(&self, path: &str) -> Result<Value, GatewayError> {
        self.answer(self.client.get(format!("{}{path}", self.base))).await
    }

    async fn post(&self, path: &str, form: &[(&str, String)], key: &str) -> Result<Value, GatewayError> {
        let request = self.client.post(format!("{}{path}", self.base)).header("Idempotency-Key", key).form(form);
        self.answer(request).await
    }

    async fn answer(&self, request: reqwest::RequestBuilder) -> Result<Value, GatewayError> {
        let request = request.bearer_auth(self.key.expose_secret()).header("Stripe-Version", VERSION);
        // What failed may name the address; the kind of failure says enough.
        let silent = |error: reqwest::Error| {
            let what = if error.is_timeout() { "no answer in time" } else { "no connection" };
            GatewayError::Temporary(what.to_owned())
        };
        let response = request.send().await.map_err(silent)?;
        let status = response.status().as_u16();
        let body: Value = response.json().await.map_err(silent)?;
        if (200..300).contains(&status) {
            return Ok(body);
        }
        let word = |name: &str| body.pointer(&format!("/error/{name}")).and_then(Value::as_str);
        let reason = word("decline_code").or_else(|| word("code")).or_else(|| word("type")).unwrap_or("unknown");
        let reason: String = reason.chars().take(100).collect();
        Err(match status {
            402 => GatewayError::Declined(reason),
            // In progress with the same key, too many requests, or their fault.
            409 | 429 | 500.. => GatewayError::Temporary(reason),
            _ => GatewayError::Permanent(reason),
        })
    }
}

#[async_trait]
impl NetworkGateway for Stripe {
    async fn start(&self, request: &IntentRequest) -> Result<Intent, GatewayError> {
        let form = [
            ("amount", to_stripe(request.amount)?.to_string()),
            ("currency", request.amount.currency.code().to_lowercase()),
            ("capture_method", "manual".to_owned()),
            ("automatic_payment_methods[enabled]", "true".to_owned()),
            ("metadata[hitotsu_payment_id]", request.payment_id.to_string()),
        ];
        intent(self.post("/v1/payment_intents", &form, &request.key).await?)
    }

    async fn retrieve(&self, reference: &str) -> Result<Intent, GatewayError> {
        intent(self.get(&format!("/v1/payment_intents/{}?expand[]=latest_charge", safe(reference)?)).await?)
    }

    async fn capture(&self, reference: &str, amount: Money, is_last: bool, key: &str) -> Result<Intent, GatewayError> {
        let mut form =
            vec![("amount_to_capture", to_stripe(amount)?.to_string()), ("expand[]", "latest_charge".to_owned())];
        if !is_last {
            form.push(("final_capture", "false".to_owned()));
        }
        intent(self.post(&format!("/v1/payment_intents/{}/capture", safe(reference)?), &form, key).await?)
    }

    async fn void(&self, reference: &str, key: &str) -> Result<Intent, GatewayError> {
        intent(self.post(&format!("/v1/payment_intents/{}/cancel", safe(reference)?), &[], key).await?)
    }

    async fn refund(&self, reference: &str, amount: Money, label: &str, key: &str) -> Result<SentBack, GatewayError> {
        let form = [
            ("payment_intent", safe(reference)?.to_owned()),
            ("amount", to_stripe(amount)?.to_string()),
            ("metadata[hitotsu_refund_id]", label.to_owned()),
        ];
        let body = self.post("/v1/refunds", &form, key).await?;
        let body: RefundBody = serde_json::from_value(body).map_err(|_| unreadable())?;
        let outcome = refund_outcome(body.status.as_deref());
        let error_code = body.failure_reason.filter(|_| outcome == PaymentOutcome::Failure);
        Ok(SentBack { reference: body.id, outcome, error_code })
    }
}

/// How a refund stands. What is canceled went back to us.
#[must_use]
pub fn refund_outcome(status: Option<&str>) -> PaymentOutcome {
    match status {
        Some("succeeded") => PaymentOutcome::Success,
        Some("failed" | "canceled") => PaymentOutcome::Failure,
        Some(_) | None => PaymentOutcome::Pending,
    }
}

fn unreadable() -> GatewayError {
    // It may have been done: only asking again tells.
    GatewayError::Temporary("an answer that cannot be read".to_owned())
}

/// Ids go into paths, so nothing else may stand in them.
fn safe(reference: &str) -> Result<&str, GatewayError> {
    let plain = !reference.is_empty() && reference.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if plain { Ok(reference) } else { Err(GatewayError::Permanent("not an id".to_owned())) }
}

fn intent(body: Value) -> Result<Intent, GatewayError> {
    let body: IntentBody = serde_json::from_value(body).map_err(|_| unreadable())?;
    let currency: Currency = body.currency.to_uppercase().parse().map_err(|_| unreadable())?;
    let minor = |amount: i64| from_stripe(amount, currency).ok_or_else(unreadable);
    let until = body.latest_charge.as_ref().and_then(|it| it.pointer("/payment_method_details/card/capture_before"));
    Ok(Intent {
        status: match body.status.as_str() {
            "requires_capture" => IntentStatus::Authorized,
            "succeeded" => IntentStatus::Captured,
            "canceled" => IntentStatus::Canceled,
            _ => IntentStatus::Waiting,
        },
        payment_id: body.metadata.get(PAYMENT).and_then(|id| id.parse().ok()),
        amount: minor(body.amount)?,
        capturable: minor(body.amount_capturable)?,
        captured: minor(body.amount_received)?,
        currency,
        reference: body.id,
        client_secret: body.client_secret,
        authorized_until: until.and_then(Value::as_i64).and_then(|at| DateTime::from_timestamp(at, 0)),
    })
}

/// Decimals that Stripe counts in: most currencies as ISO 4217 does. Iceland's and Uganda's have none but are written with
/// two, and the ariary is written without (Stripe's documentation of currencies).
fn decimals(currency: Currency) -> u32 {
    match currency.code() {
        "ISK" | "UGX" => 2,
        "MGA" => 0,
        _ => currency.decimals(),
    }
}

/// Our minor units as Stripe counts. Error: three-decimal amounts must end in 0.
fn to_stripe(amount: Money) -> Result<i64, GatewayError> {
    let (ours, theirs) = (amount.currency.decimals(), decimals(amount.currency));
    let impossible = || GatewayError::Permanent("amount_not_possible".to_owned());
    let minor = amount.minor;
    if theirs >= ours {
        let minor = minor.checked_mul(10_i64.pow(theirs - ours)).ok_or_else(impossible)?;
        return if theirs == 3 && minor % 10 != 0 { Err(impossible()) } else { Ok(minor) };
    }
    let unit = 10_i64.pow(ours - theirs);
    if minor % unit == 0 { Ok(minor / unit) } else { Err(impossible()) }
}

/// Stripe's count as our minor units; `None` for what cannot be.
#[must_use]
pub fn from_stripe(amount: i64, currency: Currency) -> Option<i64> {
    let (ours, theirs) = (currency.decimals(), decimals(currency));
    if ours >= theirs {
        return amount.checked_mul(10_i64.pow(ours - theirs));
    }
    let unit = 10_i64.pow(theirs - ours);
    (amount % unit == 0).then(|| amount / unit)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn amounts_are_counted_as_stripe_does() {
        let sent = |minor, code: &str| to_stripe(Money::new(minor, code.parse().unwrap()));
        assert_eq!(sent(1_550, "JPY"), Ok(1_550), "no decimals");
        assert_eq!(sent(1_999, "EUR"), Ok(1_999));
        assert_eq!(sent(100, "ISK"), Ok(10_000), "none, written with two");
        assert_eq!(sent(5_120, "KWD"), Ok(5_120));
        assert!(sent(5_124, "KWD").is_err(), "the last of three must be 0");
        for (minor, code) in [(1_550, "JPY"), (1_999, "EUR"), (100, "ISK"), (5_120, "KWD")] {
            let currency: Currency = code.parse().unwrap();
            assert_eq!(from_stripe(sent(minor, code).unwrap(), currency), Some(minor), "{code}");
        }
    }

    #[test]
    fn an_intent_is_read() {
        let read = intent(serde_json::json!({
            "id": "pi_1", "status": "requires_capture", "amount": 1550, "currency": "jpy", "amount_capturable": 1550,
            "amount_received": 0, "client_secret": "pi_1_secret", "metadata": {},
            "latest_charge": { "payment_method_details": { "card": { "capture_before": 1_795_219_200 } } },
        }))
        .unwrap();
        assert_eq!((read.status, read.amount, read.capturable), (IntentStatus::Authorized, 1_550, 1_550));
        assert!(read.authorized_until.is_some());
        assert!(intent(serde_json::json!({})).is_err());
        assert!(safe("pi_1/../x").is_err());
    }
}
