//! What a process must offer so that messages leave it.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::inline::InlineImage;

/// One mail, ready to leave. Texts hold no line breaks where a header takes one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutgoingMail {
    /// RFC 5322 Message-ID with its angle brackets; the same on every try.
    pub message_id: String,
    /// Name of the sender; may be empty.
    pub from_name: String,
    /// Address of the sender.
    pub from_address: String,
    /// Address of the recipient.
    pub to: String,
    /// Subject.
    pub subject: String,
    /// HTML part.
    pub html: String,
    /// Text part.
    pub text: String,
    /// When it was written; the same on every try.
    pub date: DateTime<Utc>,
    /// The request that caused it.
    pub request_id: String,
    /// Message-IDs of the thread it belongs to, oldest first (RFC 5322 §3.6.4).
    pub references: Vec<String>,
    /// Pictures that the HTML part names by Content-ID.
    pub inline: Vec<InlineImage>,
}

/// Why a mail did not leave. Reasons hold no personal data: servers like to repeat addresses in their answers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// Trying again may help: no connection, time-out, 4xx.
    #[error("{0}")]
    Temporary(String),
    /// Trying again is no use: 5xx, an address that cannot be written.
    #[error("{0}")]
    Permanent(String),
}

/// Sends mails. Called outside of transactions, at least once per message.
#[async_trait]
pub trait MessageTransport: Send + Sync + std::fmt::Debug {
    /// Hands one mail over. Success means that the next server took responsibility for it.
    async fn send(&self, mail: &OutgoingMail) -> Result<(), SendError>;
}
