//! Short messages through a provider that takes forms as Twilio does:
//! <https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource>.

use std::time::Duration;

use async_trait::async_trait;
use domain::messaging::{MessageTransport, OutgoingMail, SendError};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use super::web;
use crate::config::SmsConfig;

const TIMEOUT: Duration = Duration::from_secs(20);
/// Longest text, in characters, as the API says.
const LONGEST: usize = 1_600;
/// Codes that speak of the number: it is none, it takes no messages.
const OF_THE_NUMBER: [i64; 3] = [21_211, 21_614, 21_617];
/// Its owner replied STOP, and may reply START again.
const STOPPED: i64 = 21_610;

/// Sends short messages.
#[derive(Debug)]
pub struct Sms {
    client: reqwest::Client,
    url: String,
    user: String,
    password: SecretString,
    from: String,
}

impl Sms {
    /// A client of an account. Error: the client cannot be built.
    pub fn new(config: &SmsConfig) -> Result<Self, reqwest::Error> {
        let SmsConfig { url, user, password, from } = config.clone();
        Ok(Self { client: web::client(TIMEOUT)?, url, user, password, from })
    }
}

#[async_trait]
impl MessageTransport for Sms {
    async fn send(&self, message: &OutgoingMail) -> Result<(), SendError> {
        self.send_named(message).await.map(|_| ())
    }

    async fn send_named(&self, message: &OutgoingMail) -> Result<Option<String>, SendError> {
        let words = message.text.trim();
        if words.is_empty() || words.chars().count() > LONGEST {
            return Err(SendError::Permanent("the message is empty or too long for SMS".to_owned()));
        }
        let request = self
            .client
            .post(&self.url)
            .basic_auth(&self.user, Some(self.password.expose_secret()))
            // Providers that know it send once per key; at the others a lost answer may cost a second message.
            .header("Idempotency-Key", message.id.uuid().to_string())
            .form(&[("To", message.to.as_str()), ("From", self.from.as_str()), ("Body", words)]);
        let answer = request.send().await.map_err(|error| web::silent(&error))?;
        let status = answer.status().as_u16();
        let body: Value = answer.json().await.unwrap_or_default();
        if (200..300).contains(&status) {
            return Ok(body.get("sid").and_then(Value::as_str).map(str::to_owned));
        }
        let code = body.get("code").and_then(Value::as_i64);
        let reason = code.map_or_else(|| format!("SMS {status}"), |code| format!("SMS {status} {code}"));
        match code {
            Some(STOPPED) => Err(SendError::Unsubscribed(reason)),
            Some(code) if OF_THE_NUMBER.contains(&code) => Err(SendError::DeadAddress(reason)),
            Some(_) | None => Err(web::refused(status, reason)),
        }
    }
}
