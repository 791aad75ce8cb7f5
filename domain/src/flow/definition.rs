//! What a flow does, as data: what starts it, for whom, its steps, what ends it and what must hold when it sends.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use entity::words::{MessageChannel, MessageEventKind};
use serde::{Deserialize, Serialize};

use super::condition::Conditions;

/// What a flow does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// What starts it.
    pub trigger: Trigger,
    /// For whom it starts; everybody when nothing is asked.
    #[serde(default)]
    pub filters: Conditions,
    /// What happens, in order.
    #[serde(default)]
    pub steps: Vec<Step>,
    /// Events that end a run early, beside those that end every run about an order.
    #[serde(default)]
    pub exits: Vec<EventMatch>,
    /// What must hold at the moment something is sent, beside what always must.
    #[serde(default)]
    pub guards: Vec<Guard>,
}

/// What starts a flow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "SCREAMING_SNAKE_CASE", deny_unknown_fields)]
pub enum Trigger {
    /// Not started here: the switch of a message that belongs to a purchase or an account.
    Message {
        /// Name of the template.
        template: String,
    },
    /// Something happened.
    Event {
        /// One of these.
        on: Vec<EventMatch>,
        /// How many runs there may be.
        #[serde(default)]
        per: Per,
    },
    /// The customer's birthday, by the customer's own calendar.
    Birthday {
        /// So many days before.
        #[serde(default)]
        days_before: u16,
    },
    /// The day of the first purchase, each year.
    Anniversary {
        /// So many days before.
        #[serde(default)]
        days_before: u16,
    },
    /// Nothing was bought for so long.
    WinBack {
        /// Days since the last purchase.
        days: u16,
    },
    /// A product is used up, by the customer's own pace.
    Replenishment {
        /// So many intervals between purchases of it must be known.
        #[serde(default = "two")]
        intervals: u16,
        /// So many days before the median interval is over.
        #[serde(default)]
        days_before: u16,
    },
    /// A cart with goods was left.
    CartLeft {
        /// For so many hours.
        hours: u16,
    },
    /// Something that people wait for is there again; as many are told as there are units.
    BackInStock {},
    /// Somebody looks at messages again and again.
    Engaged {
        /// `OPENED` or `CLICKED`.
        of: MessageEventKind,
        /// So many times
        times: u16,
        /// in so many days.
        within_days: u16,
    },
}

const fn two() -> u16 {
    2
}

impl Trigger {
    /// Its name in definitions.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Message { .. } => "MESSAGE",
            Self::Event { .. } => "EVENT",
            Self::Birthday { .. } => "BIRTHDAY",
            Self::Anniversary { .. } => "ANNIVERSARY",
            Self::WinBack { .. } => "WIN_BACK",
            Self::Replenishment { .. } => "REPLENISHMENT",
            Self::CartLeft { .. } => "CART_LEFT",
            Self::BackInStock {} => "BACK_IN_STOCK",
            Self::Engaged { .. } => "ENGAGED",
        }
    }

    /// Whether the clock starts it, not an event.
    #[must_use]
    pub const fn is_by_clock(&self) -> bool {
        matches!(
            self,
            Self::Birthday { .. }
                | Self::Anniversary { .. }
                | Self::WinBack { .. }
                | Self::CartLeft { .. }
                | Self::Engaged { .. }
        )
    }
}

/// How many runs of a flow there may be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Per {
    /// One per order; one per customer for events that concern no order.
    #[default]
    Order,
    /// One per customer, ever.
    Customer,
    /// One per event.
    Event,
}

/// An event by its kind and, if wanted, by what it says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventMatch {
    /// Kind, such as `order_placed`.
    pub event: String,
    /// What fields of its payload must be, such as `{"to": "DELIVERED"}`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub when: BTreeMap<String, String>,
    /// About what it must be to concern a run: its order, or anything of its customer. The order, when there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<Of>,
}

/// What an event must be about to concern a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Of {
    /// The order of the run.
    Order,
    /// The customer of the run.
    Customer,
}

/// A length of time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Span {
    /// Days of 24 hours.
    pub days: u16,
    /// Hours.
    pub hours: u16,
    /// Minutes.
    pub minutes: u16,
}

impl Span {
    /// How long.
    #[must_use]
    pub fn delta(self) -> TimeDelta {
        TimeDelta::days(self.days.into())
            + TimeDelta::hours(self.hours.into())
            + TimeDelta::minutes(self.minutes.into())
    }
}

/// What happens next in a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "SCREAMING_SNAKE_CASE", deny_unknown_fields)]
#[expect(clippy::large_enum_variant, reason = "a flow has some twenty steps, and they are read far more than moved")]
pub enum Step {
    /// Waits.
    Wait {
        /// Name, unique in the flow.
        id: String,
        /// So long.
        span: Span,
    },
    /// Waits until the next time it is so late where the customer lives.
    WaitUntil {
        /// Name, unique in the flow.
        id: String,
        /// `HH:MM`.
        at: String,
    },
    /// Waits until something happens, for a limited time.
    WaitFor {
        /// Name, unique in the flow.
        id: String,
        /// What.
        on: EventMatch,
        /// For so long.
        span: Span,
        /// Where to go on when it happened; the next step when empty.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        then: Option<String>,
        /// Where to go on when it did not; the next step when empty.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        otherwise: Option<String>,
    },
    /// Goes one of two ways.
    Branch {
        /// Name, unique in the flow.
        id: String,
        /// When all of this holds,
        when: Conditions,
        /// there; the next step when empty.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        then: Option<String>,
        /// Else there; the next step when empty.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        otherwise: Option<String>,
    },
    /// Sends a message.
    Send {
        /// Name, unique in the flow.
        id: String,
        /// Which one.
        template: String,
        /// By which channel: `EMAIL`, `LINE` or `SMS`.
        #[serde(default = "email")]
        channel: MessageChannel,
        /// Other ones for groups of an experiment; the groups share people by weight.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        variants: Vec<Variant>,
        /// Code of the survey to which `engaged` leads; to the shop when left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        survey: Option<String>,
    },
    /// Asks questions: makes an invitation and sends it.
    Survey {
        /// Name, unique in the flow.
        id: String,
        /// Code of the survey.
        survey: String,
        /// By which channel: `EMAIL`, `LINE` or `SMS`.
        #[serde(default = "email")]
        channel: MessageChannel,
    },
    /// Tells another system: a signed call by a job.
    Webhook {
        /// Name, unique in the flow.
        id: String,
        /// Where, `https`.
        url: String,
    },
    /// Ends the run.
    Stop {
        /// Name, unique in the flow.
        id: String,
    },
}

const fn email() -> MessageChannel {
    MessageChannel::Email
}

impl Step {
    /// Its name.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Wait { id, .. }
            | Self::WaitUntil { id, .. }
            | Self::WaitFor { id, .. }
            | Self::Branch { id, .. }
            | Self::Send { id, .. }
            | Self::Survey { id, .. }
            | Self::Webhook { id, .. }
            | Self::Stop { id } => id,
        }
    }

    /// The steps it names to go on with.
    pub fn targets(&self) -> impl Iterator<Item = &str> {
        let named = match self {
            Self::WaitFor { then, otherwise, .. } | Self::Branch { then, otherwise, .. } => {
                [then.as_deref(), otherwise.as_deref()]
            }
            Self::Wait { .. }
            | Self::WaitUntil { .. }
            | Self::Send { .. }
            | Self::Survey { .. }
            | Self::Webhook { .. }
            | Self::Stop { .. } => [None, None],
        };
        named.into_iter().flatten()
    }
}

/// A group of an experiment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variant {
    /// Name of the group, such as `A`.
    pub name: String,
    /// Its share, relative to the others.
    pub weight: u16,
    /// Which message it gets.
    pub template: String,
}

/// What must hold at the moment something is sent. Runs about an order always need that the order stands, that nothing
/// of it comes back and that no parcel of it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Guard {
    /// What the message is about is still sold.
    Sold,
    /// What the message is about is there.
    InStock,
    /// The customer has bought nothing since the run began.
    NotBoughtSince,
    /// The customer has not bought this again since the run began.
    SameNotBoughtSince,
    /// The cart still waits with goods in it, and nothing was bought since.
    CartWaits,
    /// Everything of the order reached the customer.
    Received,
}

impl Definition {
    /// The place of a step.
    #[must_use]
    pub fn position(&self, id: &str) -> Option<usize> {
        self.steps.iter().position(|step| step.id() == id)
    }

    /// The step after one; `None` after the last.
    #[must_use]
    pub fn after(&self, id: &str) -> Option<&Step> {
        self.steps.get(self.position(id)?.checked_add(1)?)
    }

    /// The templates it sends.
    pub fn templates(&self) -> impl Iterator<Item = &str> {
        self.steps.iter().flat_map(|step| -> Vec<&str> {
            match step {
                Step::Send { template, variants, .. } => {
                    std::iter::once(template.as_str()).chain(variants.iter().map(|it| it.template.as_str())).collect()
                }
                Step::Survey { .. } => vec!["survey"],
                Step::Wait { .. }
                | Step::WaitUntil { .. }
                | Step::WaitFor { .. }
                | Step::Branch { .. }
                | Step::Webhook { .. }
                | Step::Stop { .. } => Vec::new(),
            }
        })
    }
}
