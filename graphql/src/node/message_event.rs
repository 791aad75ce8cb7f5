//! What became of messages, addresses that get none, and how messages do.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use async_graphql::{ID, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::messaging::feedback;
use domain::messaging::figures::Figures;
use domain::{Error, Result};
use entity::id::MessageId;
use entity::words::{MessageChannel, MessageEventKind, SuppressionReason, SuppressionScope};
use entity::{message_event, message_policy, suppression};

use crate::connection;
use crate::loader::Rows;
use crate::scalar::{LocalTime, Locale, id};
use crate::word::Word;

/// The news of a message; who may read the message may read them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EventsOf(pub MessageId);

impl Loader<EventsOf> for Rows {
    type Value = Vec<message_event::Model>;
    type Error = Error;

    async fn load(&self, keys: &[EventsOf]) -> Result<HashMap<EventsOf, Self::Value>> {
        let ids: Vec<MessageId> = keys.iter().map(|key| key.0).collect();
        let found = feedback::of_messages(&self.ctx.db(), &ids).await?;
        Ok(found.into_iter().map(|(id, rows)| (EventsOf(id), rows)).collect())
    }
}

/// Something that was learned of a message after it left.
#[derive(Clone, Debug)]
pub struct MessageEvent(pub message_event::Model);

/// Something that was learned of a message after it left.
#[Object]
impl MessageEvent {
    /// Id.
    async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// What.
    async fn kind(&self) -> Word<MessageEventKind> {
        Word(self.0.kind)
    }

    /// A status code, a link without its secrets, or an order; null when there is nothing to say.
    async fn detail(&self) -> Option<&str> {
        self.0.detail.as_deref()
    }

    /// Whether a scanner did it, not a person.
    async fn by_machine(&self) -> bool {
        self.0.by_machine
    }

    /// When.
    async fn occurred_at(&self) -> DateTime<Utc> {
        self.0.occurred_at
    }
}

/// An address that gets no messages, or none that need consent. The address itself is not kept.
#[derive(Clone, Debug)]
pub struct Suppression(pub suppression::Model);

impl From<suppression::Model> for Suppression {
    fn from(row: suppression::Model) -> Self {
        Self(row)
    }
}

connection!(SuppressionConnection, SuppressionEdge, Suppression, "suppressions");

/// An address that gets no messages, or none that need consent. The address itself is not kept.
#[Object]
impl Suppression {
    /// Id.
    async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// By which channel.
    async fn channel(&self) -> Word<MessageChannel> {
        Word(self.0.channel)
    }

    /// Which messages it does not get.
    async fn scope(&self) -> Word<SuppressionScope> {
        Word(self.0.scope)
    }

    /// Why.
    async fn reason(&self) -> Word<SuppressionReason> {
        Word(self.0.reason)
    }

    /// The message that showed it; null when none did.
    async fn message_id(&self) -> Option<ID> {
        self.0.message_id.map(id)
    }

    /// Why, in words; null when nobody wrote any.
    async fn note(&self) -> Option<&str> {
        self.0.note.as_deref()
    }

    /// Since when.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }
}

/// What people agree to, in a language.
#[derive(Clone, Debug, SimpleObject)]
pub struct ConsentWording {
    /// Language.
    pub locale: Locale,
    /// The wording.
    pub text: String,
}

/// When and how often a channel may write what needs consent.
#[derive(Clone, Debug)]
pub struct MessagePolicy(pub message_policy::Model);

impl From<message_policy::Model> for MessagePolicy {
    fn from(row: message_policy::Model) -> Self {
        Self(row)
    }
}

/// When and how often a channel may write what needs consent.
#[Object]
impl MessagePolicy {
    /// The channel.
    async fn channel_id(&self) -> ID {
        id(self.0.channel_id)
    }

    /// Local time of the recipient from which nothing that needs consent is sent.
    async fn quiet_from(&self) -> Option<LocalTime> {
        time(&self.0.quiet_from)
    }

    /// Until when; the same as `quietFrom`: no quiet hours.
    async fn quiet_until(&self) -> Option<LocalTime> {
        time(&self.0.quiet_until)
    }

    /// Zone of those of whom none is known (IANA).
    async fn time_zone(&self) -> &str {
        &self.0.time_zone
    }

    /// So many messages that need consent
    async fn cap_count(&self) -> i32 {
        self.0.cap_count
    }

    /// in so many days, at most.
    async fn cap_days(&self) -> i32 {
        self.0.cap_days
    }

    /// What people agree to, by language; without any nothing that needs consent is sent.
    async fn consent_wording(&self) -> Vec<ConsentWording> {
        let texts = self.0.consent_wording.as_object().into_iter().flatten();
        let wording = |(locale, text): (&String, &serde_json::Value)| {
            Some(ConsentWording { locale: Locale(locale.clone()), text: text.as_str()?.to_owned() })
        };
        texts.filter_map(wording).collect()
    }

    /// Which wording that is; consents name it.
    async fn wording_version(&self) -> &str {
        &self.0.wording_version
    }

    /// Whether looking at a message is noticed.
    async fn track_opens(&self) -> bool {
        self.0.track_opens
    }

    /// Grows with each change.
    async fn version(&self) -> i32 {
        self.0.version
    }
}

fn time(text: &str) -> Option<LocalTime> {
    chrono::NaiveTime::parse_from_str(text, "%H:%M").ok().map(LocalTime)
}

/// How the messages of a group do. What scanners did is not counted.
#[derive(Clone, Debug)]
pub struct MessageFigures(pub Figures);

/// How the messages of a group do. What scanners did is not counted.
#[Object]
impl MessageFigures {
    /// The flow; null without one, or when figures were not told apart by it.
    async fn flow_id(&self) -> Option<ID> {
        self.0.group.flow_id.map(id)
    }

    /// The step of the flow; null as with the flow.
    async fn step(&self) -> Option<&str> {
        self.0.group.step.as_deref()
    }

    /// The group of the experiment; null as with the flow.
    async fn variant(&self) -> Option<&str> {
        self.0.group.variant.as_deref()
    }

    /// The template; null when figures were not told apart by it.
    async fn template(&self) -> Option<&str> {
        self.0.group.template.as_deref()
    }

    /// Messages that wait.
    async fn queued(&self) -> i64 {
        self.0.queued
    }

    /// Messages that the provider took.
    async fn sent(&self) -> i64 {
        self.0.sent
    }

    /// Messages that were refused for good, or tried too often.
    async fn failed(&self) -> i64 {
        self.0.failed
    }

    /// Messages that policy kept back.
    async fn suppressed(&self) -> i64 {
        self.0.suppressed
    }

    /// Messages that arrived, as far as providers tell.
    async fn delivered(&self) -> i64 {
        self.0.delivered
    }

    /// Messages that could not be delivered.
    async fn bounced(&self) -> i64 {
        self.0.bounced
    }

    /// Messages that were called spam.
    async fn complained(&self) -> i64 {
        self.0.complained
    }

    /// Messages of which a person followed a link.
    async fn clicked(&self) -> i64 {
        self.0.clicked
    }

    /// Messages that were looked at, where that is noticed.
    async fn opened(&self) -> i64 {
        self.0.opened
    }

    /// Messages after which the recipient wanted no more.
    async fn unsubscribed(&self) -> i64 {
        self.0.unsubscribed
    }

    /// Messages within seven days after which the recipient bought.
    async fn converted(&self) -> i64 {
        self.0.converted
    }
}
