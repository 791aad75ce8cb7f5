//! Messages that were sent to people.

use async_graphql::{ID, Object};
use chrono::{DateTime, Utc};
use domain::messaging::template::is_secret;
use entity::message;
use entity::words::{MessageChannel, MessageStatus};

use crate::connection;
use crate::scalar::{Locale, id};
use crate::word::Word;

/// A message to one recipient, kept with what was sent.
#[derive(Clone, Debug)]
pub struct Message(pub message::Model);

impl From<message::Model> for Message {
    fn from(row: message::Model) -> Self {
        Self(row)
    }
}

connection!(MessageConnection, MessageEdge, Message, "messages");

/// A message to one recipient, kept with what was sent.
#[Object]
impl Message {
    /// Id.
    async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// Name of its template, such as `order_confirmation`.
    async fn template(&self) -> &str {
        &self.0.template
    }

    /// By which channel it goes.
    async fn channel(&self) -> Word<MessageChannel> {
        Word(self.0.channel)
    }

    /// Its language.
    async fn locale(&self) -> Locale {
        Locale(self.0.locale.clone())
    }

    /// Where it stands.
    async fn status(&self) -> Word<MessageStatus> {
        Word(self.0.status)
    }

    /// The order it tells of; null when it tells of none.
    async fn order_id(&self) -> Option<ID> {
        self.0.order_id.map(id)
    }

    /// The customer it went to; null for a guest.
    async fn customer_id(&self) -> Option<ID> {
        self.0.customer_id.map(id)
    }

    /// From whom, as `Name <address>`.
    async fn sender(&self) -> &str {
        &self.0.sender
    }

    /// To which address.
    async fn recipient(&self) -> &str {
        &self.0.recipient
    }

    /// Message-ID in its headers (RFC 5322), by which it is found in the logs of mail servers.
    async fn message_id(&self) -> &str {
        &self.0.message_id
    }

    /// Its subject.
    async fn subject(&self) -> &str {
        &self.0.subject
    }

    /// Its HTML part; null when it holds a code, which is the recipient's alone.
    async fn html(&self) -> Option<&str> {
        (!is_secret(&self.0.template)).then_some(self.0.html.as_str())
    }

    /// Its text part; null when it holds a code, which is the recipient's alone.
    async fn text(&self) -> Option<&str> {
        (!is_secret(&self.0.template)).then_some(self.0.text.as_str())
    }

    /// What went wrong last, such as `SMTP 451`; null when nothing did.
    async fn error(&self) -> Option<&str> {
        self.0.error.as_deref()
    }

    /// Whether it may be sent again: not while it waits, and never when it holds a code.
    async fn can_resend(&self) -> bool {
        self.0.status != MessageStatus::Queued && !is_secret(&self.0.template)
    }

    /// When it was written.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When the mail server took it; null while it did not.
    async fn sent_at(&self) -> Option<DateTime<Utc>> {
        self.0.sent_at
    }
}
