//! How messages leave and how news of them come back. Keys come by configuration only and are never shown.

use std::collections::BTreeMap;

use domain::messaging::feedback::shapes::Shape;
use secrecy::SecretString;

use super::read::{Reader, SECRET_LENGTH};
use crate::adapters::dkim::{self, DkimKey};
use crate::adapters::line;

/// Channels beside e-mail, signatures of mails, and who may tell what became of them.
#[derive(Clone, Debug, Default)]
pub struct MessagesConfig {
    /// Keys that sign mails, one per domain of a sender.
    pub dkim: Vec<DkimKey>,
    /// Secrets of those who tell what became of messages; a shape without one is not listened to.
    pub webhook_secrets: BTreeMap<Shape, SecretString>,
    /// LINE; `None` when nothing goes by it.
    pub line: Option<LineConfig>,
    /// Short messages; `None` when none are sent.
    pub sms: Option<SmsConfig>,
    /// A system of the merchant; `None` when there is none.
    pub webhook: Option<WebhookConfig>,
}

/// A LINE official account.
#[derive(Clone, Debug)]
pub struct LineConfig {
    /// Channel access token.
    pub token: SecretString,
    /// Where the API is; another address than LINE's is a stand-in.
    pub base_url: String,
}

/// A provider of short messages that takes forms as Twilio does.
#[derive(Clone, Debug)]
pub struct SmsConfig {
    /// Where forms go, whole.
    pub url: String,
    /// Name of the account.
    pub user: String,
    /// Its secret.
    pub password: SecretString,
    /// The number or name that messages come from.
    pub from: String,
}

/// Where messages by webhook go.
#[derive(Clone, Debug)]
pub struct WebhookConfig {
    /// Where those go that name no address of their own.
    pub url: Option<String>,
    /// Signs each message.
    pub secret: SecretString,
    /// Whether private networks may be called: in development alone.
    pub allows_private: bool,
}

/// Reads all of it.
pub(super) fn messages(reader: &mut Reader, is_production: bool) -> MessagesConfig {
    MessagesConfig {
        dkim: dkim_keys(reader),
        webhook_secrets: webhook_secrets(reader, is_production),
        line: line(reader, is_production),
        sms: sms(reader, is_production),
        webhook: webhook(reader, is_production),
    }
}

/// `shop.example:selector:/path/key.pem`, separated by commas.
fn dkim_keys(reader: &mut Reader) -> Vec<DkimKey> {
    const NAME: &str = "dkim_keys";
    let fix =
        "write domain:selector:/path/to/key.pem, separated by commas; the file holds an RSA or Ed25519 private key";
    let text = reader.text(NAME).unwrap_or_default();
    let mut keys = Vec::new();
    for entry in text.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
        let mut parts = entry.splitn(3, ':');
        let (Some(domain), Some(selector), Some(path)) = (parts.next(), parts.next(), parts.next()) else {
            reader.mistake(NAME, format!("\"{entry}\" does not name a domain, a selector and a file"), fix);
            continue;
        };
        let pem = match std::fs::read_to_string(path.trim()) {
            Ok(pem) => pem,
            Err(error) => {
                reader.mistake(NAME, format!("{path} cannot be read ({})", error.kind()), fix);
                continue;
            }
        };
        match dkim::key(domain.trim(), selector.trim(), &pem) {
            Ok(key) => keys.push(key),
            Err(problem) => reader.mistake(NAME, format!("{path}: {problem}"), fix),
        }
    }
    keys
}

/// `neutral=secret,ses=secret,postmark=secret,raw=secret`. What is wrong is told without the values.
fn webhook_secrets(reader: &mut Reader, is_production: bool) -> BTreeMap<Shape, SecretString> {
    const NAME: &str = "mail_webhook_secrets";
    let fix = "write pairs such as neutral=secret,ses=secret,postmark=secret,raw=secret, each secret of at least 32 \
        random characters";
    let text = reader.text(NAME).unwrap_or_default();
    let mut secrets = BTreeMap::new();
    for (place, pair) in text.split(',').map(str::trim).filter(|pair| !pair.is_empty()).enumerate() {
        let (name, secret) = pair.split_once('=').unwrap_or((pair, ""));
        let Some(shape) = Shape::parse(name.trim()) else {
            reader.mistake(NAME, format!("entry {} names no shape", place + 1), fix);
            continue;
        };
        let secret = secret.trim();
        if secret.is_empty() || (is_production && secret.chars().count() < SECRET_LENGTH) {
            reader.mistake(NAME, format!("the secret of {} is too short and could be guessed", shape.name()), fix);
        }
        secrets.insert(shape, secret.to_owned().into());
    }
    secrets
}

fn line(reader: &mut Reader, is_production: bool) -> Option<LineConfig> {
    let base_url = reader.text("line_base_url").unwrap_or_else(|| line::BASE_URL.to_owned());
    let token = reader.text("line_token")?;
    web_address(reader, "line_base_url", &base_url, is_production);
    Some(LineConfig { token: token.into(), base_url })
}

fn sms(reader: &mut Reader, is_production: bool) -> Option<SmsConfig> {
    let url = reader.text("sms_url")?;
    web_address(reader, "sms_url", &url, is_production);
    let mut needed = |name: &str| {
        let value = reader.text(name);
        if value.is_none() {
            reader.mistake(name, "it is not set, but HITOTSU_SMS_URL is", "set it as your provider says");
        }
        value.unwrap_or_default()
    };
    let (user, password, from) = (needed("sms_user"), needed("sms_password"), needed("sms_from"));
    Some(SmsConfig { url, user, password: password.into(), from })
}

fn webhook(reader: &mut Reader, is_production: bool) -> Option<WebhookConfig> {
    let (url, secret) = (reader.text("message_webhook_url"), reader.text("message_webhook_secret"));
    if let Some(url) = &url {
        web_address(reader, "message_webhook_url", url, is_production);
    }
    if url.is_none() && secret.is_none() {
        return None;
    }
    let secret = secret.unwrap_or_default();
    if secret.is_empty() || (is_production && secret.chars().count() < SECRET_LENGTH) {
        let fix = "set it to at least 32 random characters; the receiver checks signatures with it";
        reader.mistake("message_webhook_secret", "it is too short and could be guessed", fix);
    }
    Some(WebhookConfig { url, secret: secret.into(), allows_private: !is_production })
}

/// Keys and people's numbers go to this address.
fn web_address(reader: &mut Reader, name: &str, url: &str, is_production: bool) {
    let is_web = url.starts_with("https://") || (!is_production && url.starts_with("http://"));
    if !is_web {
        let fix = "write an address that begins with https://, or of a stand-in with http:// in development";
        reader.mistake(name, "keys and numbers would go to an address that is not https", fix);
    }
}
