//! LINE, by its Messaging API: <https://developers.line.biz/en/reference/messaging-api/#send-push-message>.

use std::time::Duration;

use async_trait::async_trait;
use domain::messaging::{MessageTransport, OutgoingMail, SendError};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;

use super::web;
use crate::config::LineConfig;

/// Where LINE listens.
pub const BASE_URL: &str = "https://api.line.me";
const TIMEOUT: Duration = Duration::from_secs(20);
/// Most characters of one text, and most texts of one push. LINE counts UTF-16 units up to 5,000: half as many characters
/// fit in any script.
const TEXT: usize = 2_500;
const TEXTS: usize = 5;

/// Pushes texts to people who follow the account.
#[derive(Debug)]
pub struct Line {
    client: reqwest::Client,
    base: String,
    token: SecretString,
}

impl Line {
    /// A client of an account. Error: the client cannot be built.
    pub fn new(config: &LineConfig) -> Result<Self, reqwest::Error> {
        let base = config.base_url.trim_end_matches('/').to_owned();
        Ok(Self { client: web::client(TIMEOUT)?, base, token: config.token.clone() })
    }
}

#[async_trait]
impl MessageTransport for Line {
    async fn send(&self, message: &OutgoingMail) -> Result<(), SendError> {
        self.send_named(message).await.map(|_| ())
    }

    async fn send_named(&self, message: &OutgoingMail) -> Result<Option<String>, SendError> {
        let body = json!({ "to": message.to, "messages": texts(&message.text)? });
        let request = self
            .client
            .post(format!("{}/v2/bot/message/push", self.base))
            .bearer_auth(self.token.expose_secret())
            // The same on every try: LINE sends once per key, for a day.
            .header("X-Line-Retry-Key", message.id.uuid().to_string())
            .header("Content-Type", "application/json")
            .body(body.to_string());
        let answer = request.send().await.map_err(|error| web::silent(&error))?;
        let status = answer.status().as_u16();
        let header = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        match status {
            200..=299 => Ok(header("x-line-request-id")),
            // It was accepted by an earlier try.
            409 => Ok(header("x-line-accepted-request-id")),
            _ => Err(web::refused(status, format!("LINE {status}"))),
        }
    }
}

/// The words in as many texts as they need. Error: permanent, for none and for too many.
fn texts(words: &str) -> Result<Vec<serde_json::Value>, SendError> {
    let all: Vec<char> = words.trim().chars().collect();
    let texts: Vec<_> =
        all.chunks(TEXT).map(|part| json!({ "type": "text", "text": part.iter().collect::<String>() })).collect();
    match texts.len() {
        1..=TEXTS => Ok(texts),
        0 => Err(SendError::Permanent("the message is empty".to_owned())),
        _ => Err(SendError::Permanent("the message is too long for LINE".to_owned())),
    }
}
