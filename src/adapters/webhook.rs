//! Messages to a system of the merchant: JSON, signed as <https://www.standardwebhooks.com> says, so that libraries of
//! every language can check it.
//!
//! A message names an address of its own, as flows do, or goes to the configured one. An address that staff wrote down
//! leads to the open internet only: its name is resolved once, checked, and called at just those addresses; redirects are
//! not followed.

use std::net::SocketAddr;
use std::time::Duration;

use async_trait::async_trait;
use chrono::Utc;
use data_encoding::BASE64;
use domain::messaging::{MessageTransport, OutgoingMail, SendError};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use sha2::Sha256;

use super::web;
use crate::config::WebhookConfig;

const TIMEOUT: Duration = Duration::from_secs(20);

/// Posts messages.
#[derive(Debug)]
pub struct Webhook {
    client: reqwest::Client,
    url: Option<String>,
    secret: SecretString,
    allows_private: bool,
}

impl Webhook {
    /// A client of an address. Error: the client cannot be built.
    pub fn new(config: &WebhookConfig) -> Result<Self, reqwest::Error> {
        let WebhookConfig { url, secret, allows_private } = config.clone();
        Ok(Self { client: web::client(TIMEOUT)?, url, secret, allows_private })
    }

    /// Where a message goes, and the client that may go there.
    async fn target(&self, to: &str) -> Result<(reqwest::Client, String), SendError> {
        let permanent = |reason: &str| SendError::Permanent(reason.to_owned());
        if !to.contains("://") {
            let url = self.url.clone().ok_or_else(|| permanent("no address for webhooks is set up"))?;
            return Ok((self.client.clone(), url));
        }
        let url = reqwest::Url::parse(to).map_err(|_| permanent("the address of the webhook is none"))?;
        let is_plain = url.username().is_empty() && url.password().is_none();
        if !is_plain || (url.scheme() != "https" && !(self.allows_private && url.scheme() == "http")) {
            return Err(permanent("the address of the webhook is not plain https"));
        }
        let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else {
            return Err(permanent("the address of the webhook names no host"));
        };
        let found = tokio::net::lookup_host((host.trim_matches(['[', ']']), port)).await;
        let at: Vec<SocketAddr> =
            found.map_err(|_| SendError::Unreachable("the webhook's host is not found".to_owned()))?.collect();
        if at.is_empty() || !(self.allows_private || at.iter().all(|address| web::is_public(address.ip()))) {
            return Err(permanent("the webhook's host is not on the open internet"));
        }
        let client = web::pinned(TIMEOUT, host, &at)
            .map_err(|_| SendError::Temporary("the client cannot be built".to_owned()))?;
        Ok((client, to.to_owned()))
    }
}

#[async_trait]
impl MessageTransport for Webhook {
    async fn send(&self, message: &OutgoingMail) -> Result<(), SendError> {
        let (id, now) = (message.id.to_string(), Utc::now().timestamp());
        let data = serde_json::from_str(&message.text).unwrap_or_else(|_| Value::String(message.text.clone()));
        let body = json!({
            "id": id,
            "to": message.to,
            "subject": message.subject,
            "data": data,
            "requestId": message.request_id,
            "createdAt": message.date,
        });
        let body = body.to_string();
        let signature = sign(self.secret.expose_secret().as_bytes(), &id, now, &body)
            .ok_or_else(|| SendError::Permanent("the message cannot be signed".to_owned()))?;
        let (client, url) = self.target(&message.to).await?;
        let request = client
            .post(&url)
            .header("webhook-id", &id)
            .header("webhook-timestamp", now.to_string())
            .header("webhook-signature", signature)
            .header("Content-Type", "application/json")
            .body(body);
        let answer = request.send().await.map_err(|error| web::silent(&error))?;
        let status = answer.status().as_u16();
        if answer.status().is_success() { Ok(()) } else { Err(web::refused(status, format!("webhook {status}"))) }
    }
}

/// `v1,` and the signature of id, moment and body in base64.
fn sign(secret: &[u8], id: &str, moment: i64, body: &str) -> Option<String> {
    // Secrets in the standard's own form are base64 after a prefix.
    let decoded = std::str::from_utf8(secret).ok().and_then(|text| text.strip_prefix("whsec_"));
    let decoded = decoded.and_then(|text| BASE64.decode(text.as_bytes()).ok());
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(decoded.as_deref().unwrap_or(secret)).ok()?;
    mac.update(format!("{id}.{moment}.{body}").as_bytes());
    Some(format!("v1,{}", BASE64.encode(&mac.finalize().into_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standard_s_own_example() {
        // https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
        let signed = sign(
            b"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            "{\"test\": 2432232314}",
        );
        assert_eq!(signed.as_deref(), Some("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="));
    }
}
