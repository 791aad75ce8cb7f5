//! Messages that were sent to people.

use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};
use domain::Result;
use domain::messaging::resend::is_whole;
use domain::messaging::template::is_secret;
use entity::message;
use entity::words::{MessageChannel, MessageClass, MessageStatus};

use crate::connection;
use crate::loader::load;
use crate::node::message_event::{EventsOf, MessageEvent};
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

    /// Whether it may be sent again: not while it waits, never when it holds a code, and not when its words or its address
    /// are not kept any more.
    async fn can_resend(&self) -> bool {
        self.0.status != MessageStatus::Queued && is_whole(&self.0)
    }

    /// Why it may be sent.
    async fn class(&self) -> Word<MessageClass> {
        Word(self.0.class)
    }

    /// In the name of which channel it goes; null when there was none yet.
    async fn channel_id(&self) -> Option<ID> {
        self.0.channel_id.map(id)
    }

    /// Why it is not sent, or not yet, such as `NO_CONSENT` or `QUIET_HOURS`; null when nothing keeps it back.
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }

    /// Not before; null when it goes at once.
    async fn send_after(&self) -> Option<DateTime<Utc>> {
        self.0.send_after
    }

    /// How often sending was tried.
    async fn attempts(&self) -> i32 {
        self.0.attempts
    }

    /// Its name at the provider; null when the provider told none.
    async fn provider_id(&self) -> Option<&str> {
        self.0.provider_id.as_deref()
    }

    /// The flow that asked for it; null without one.
    async fn flow_id(&self) -> Option<ID> {
        self.0.flow_id.map(id)
    }

    /// The step of the flow; null without one.
    async fn step(&self) -> Option<&str> {
        self.0.step.as_deref()
    }

    /// The group of the experiment it went to; null without one.
    async fn variant(&self) -> Option<&str> {
        self.0.variant.as_deref()
    }

    /// What was learned of it after it left, oldest first.
    async fn events(&self, ctx: &Context<'_>) -> Result<Vec<MessageEvent>> {
        let rows = load(ctx, EventsOf(self.0.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(MessageEvent).collect())
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
