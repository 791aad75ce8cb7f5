//! Which adapter a message leaves by.

use std::sync::Arc;

use async_trait::async_trait;
use domain::messaging::{MessageTransport, OutgoingMail, SendError};
use entity::words::MessageChannel;

/// The adapters of a process. What is not set up is refused for good, or goes into the mailbox in development.
#[derive(Debug)]
pub struct Channels {
    /// For mails.
    pub mail: Arc<dyn MessageTransport>,
    /// For LINE.
    pub line: Option<Arc<dyn MessageTransport>>,
    /// For short messages.
    pub sms: Option<Arc<dyn MessageTransport>>,
    /// For a system of the merchant.
    pub webhook: Option<Arc<dyn MessageTransport>>,
    /// Whether mails go into the mailbox, so that other messages may, too.
    pub is_mailbox: bool,
}

#[async_trait]
impl MessageTransport for Channels {
    async fn send(&self, message: &OutgoingMail) -> Result<(), SendError> {
        self.send_named(message).await.map(|_| ())
    }

    async fn send_named(&self, message: &OutgoingMail) -> Result<Option<String>, SendError> {
        let adapter = match message.channel {
            MessageChannel::Email => return self.mail.send_named(message).await,
            MessageChannel::Line => &self.line,
            MessageChannel::Sms => &self.sms,
            MessageChannel::Webhook => &self.webhook,
        };
        match adapter {
            Some(adapter) => adapter.send_named(message).await,
            None if self.is_mailbox => self.mail.send_named(&as_mail(message)).await,
            None => Err(SendError::Permanent(format!("{} is not set up", message.channel))),
        }
    }
}

/// A message as a mail that cannot leave (RFC 2606), for the mailbox of development.
fn as_mail(message: &OutgoingMail) -> OutgoingMail {
    let plain = |character: &char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_');
    let name: String = message.to.chars().filter(plain).take(60).collect();
    let name = if name.is_empty() { "nobody" } else { name.as_str() };
    let to = format!("{name}@{}.invalid", message.channel.as_str().to_lowercase());
    OutgoingMail { to, ..message.clone() }
}
