//! What a process must offer so that messages leave it.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use entity::id::MessageId;
use entity::words::MessageChannel;

use super::inline::InlineImage;

/// One message, ready to leave; a mail unless its channel says otherwise. Texts hold no line breaks where a header takes
/// one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutgoingMail {
    /// Id; the same on every try, so that providers can tell a repetition.
    pub id: MessageId,
    /// By which channel it leaves.
    pub channel: MessageChannel,
    /// RFC 5322 Message-ID with its angle brackets; the same on every try.
    pub message_id: String,
    /// Name of the sender; may be empty.
    pub from_name: String,
    /// Address of the sender.
    pub from_address: String,
    /// Where answers go, when not to the sender.
    pub reply_to: Option<String>,
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
    /// Where one click ends such messages (RFC 8058).
    pub unsubscribe_url: Option<String>,
}

/// Why a mail did not leave. Reasons hold no personal data: servers like to repeat addresses in their answers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// Trying again may help: 4xx, a sender that is refused.
    #[error("{0}")]
    Temporary(String),
    /// Nobody answers: no connection, no answer in time, no sign-in. Whoever comes next would wait as long for as little.
    #[error("{0}")]
    Unreachable(String),
    /// Trying again is no use: 5xx, an address that cannot be written.
    #[error("{0}")]
    Permanent(String),
    /// Nobody is at this address, or not any more: it gets no messages at all from now on.
    #[error("{0}")]
    DeadAddress(String),
    /// The recipient told the provider to stop. The address is alive; what they agreed to has ended.
    #[error("{0}")]
    Unsubscribed(String),
    /// The process stops: nobody was asked.
    #[error("the process stops")]
    Stopping,
}

/// Sends messages. Called outside of transactions, at least once per message.
#[async_trait]
pub trait MessageTransport: Send + Sync + std::fmt::Debug {
    /// Hands one message over. Success means that the next server took responsibility for it.
    async fn send(&self, mail: &OutgoingMail) -> Result<(), SendError>;

    /// The same, and under which name the provider keeps it, so that its news can be told apart; most tell none.
    async fn send_named(&self, mail: &OutgoingMail) -> Result<Option<String>, SendError> {
        self.send(mail).await.map(|()| None)
    }
}
