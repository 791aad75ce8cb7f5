//! Whether a message may go, and when: decided when it is asked for, kept on its row, and decided again when it leaves.
//!
//! What belongs to a purchase or an account goes at once, by day and by night; only an address that is dead or was
//! stopped gets nothing. What asks or advertises goes to people who agreed to it, outside of their quiet hours, and no
//! more often than the channel allows. [`weigh`] is pure; [`decide`] reads for it.

use chrono::{DateTime, NaiveTime, TimeDelta, TimeZone as _, Utc};
use chrono_tz::Tz;
use entity::id::{CustomerId, OrderId};
use entity::words::{
    ChannelKind, ConsentChannel, ConsentPurpose, FlowStatus, MessageChannel, MessageClass, MessageStatus,
    SuppressionReason, SuppressionScope,
};
use entity::{channel, customer, customer_consent, flow, message, message_policy, order, suppression};
use sea_orm::sea_query::{Expr, LockType};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};

use super::test_send::is_test;
use super::{suppression as suppressions, template};
use crate::kernel::ctx::Services;
use crate::kernel::{Result, Tx};

/// The flow that asks for it is switched off.
pub const FLOW_OFF: &str = "FLOW_OFF";
/// The address bounced for good, complained, or was stopped.
pub const SUPPRESSED_ADDRESS: &str = "SUPPRESSED_ADDRESS";
/// The channel has no wording to which people could have agreed.
pub const NO_WORDING: &str = "NO_WORDING";
/// The recipient did not agree, or does not any more.
pub const NO_CONSENT: &str = "NO_CONSENT";
/// The recipient got as many as the channel allows.
pub const FREQUENCY_CAP: &str = "FREQUENCY_CAP";
/// It waits for the end of the recipient's quiet hours.
pub const QUIET_HOURS: &str = "QUIET_HOURS";
/// It is about an order of a marketplace: it writes to its customers itself and forbids sellers to.
pub const MARKETPLACE: &str = "MARKETPLACE";
/// The recipient was erased.
pub const ERASED: &str = "ERASED";

/// What becomes of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It goes now.
    Send,
    /// It goes then, and why not now.
    At(DateTime<Utc>, &'static str),
    /// It does not go, and why.
    Never(&'static str),
}

/// When the decision is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// When the message is asked for: what waits already counts, too.
    Asked,
    /// When it leaves: only what left counts.
    Leaving,
}

/// Hours in which nothing that needs consent is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quiet {
    /// From this local time.
    pub from: NaiveTime,
    /// Until this one; the same as `from`: never quiet.
    pub until: NaiveTime,
    /// The recipient's zone.
    pub zone: Tz,
}

/// What is known of the recipient of a message that needs consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// Whether the channel says what people agree to.
    pub has_wording: bool,
    /// Since when the recipient agrees; `None` for one who does not, and for guests.
    pub agreed_at: Option<DateTime<Utc>>,
    /// Messages of this kind that went lately.
    pub recent: u64,
    /// How many may.
    pub cap: u64,
    /// When to be quiet.
    pub quiet: Option<Quiet>,
}

/// What is known of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stop {
    /// Which messages it does not get.
    pub scope: SuppressionScope,
    /// Why.
    pub reason: SuppressionReason,
    /// Since when.
    pub since: DateTime<Utc>,
}

impl Stop {
    fn of(row: &suppression::Model) -> Self {
        Self { scope: row.scope, reason: row.reason, since: row.created_at }
    }

    /// Whether it keeps this message away. Who unsubscribed and agreed again later meant the later.
    fn holds(self, asked: Option<&Asked>) -> bool {
        match (self.scope, asked) {
            (SuppressionScope::All, _) => true,
            (SuppressionScope::Marketing, None) => false,
            (SuppressionScope::Marketing, Some(asked)) => {
                let again = asked.agreed_at.is_some_and(|at| at > self.since);
                !(again && self.reason == SuppressionReason::Unsubscribe)
            }
        }
    }
}

/// Everything that a decision rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Whether its flow is switched off.
    pub flow_off: bool,
    /// What its address does not get.
    pub stops: Vec<Stop>,
    /// For a message that needs consent.
    pub asked: Option<Asked>,
}

/// Decides, from facts alone.
#[must_use]
pub fn weigh(facts: &Facts, now: DateTime<Utc>) -> Decision {
    if facts.flow_off {
        return Decision::Never(FLOW_OFF);
    }
    if facts.stops.iter().any(|stop| stop.holds(facts.asked.as_ref())) {
        return Decision::Never(SUPPRESSED_ADDRESS);
    }
    let Some(asked) = &facts.asked else { return Decision::Send };
    if !asked.has_wording {
        return Decision::Never(NO_WORDING);
    }
    if asked.agreed_at.is_none() {
        return Decision::Never(NO_CONSENT);
    }
    if asked.recent >= asked.cap {
        return Decision::Never(FREQUENCY_CAP);
    }
    match asked.quiet.and_then(|quiet| quiet_until(quiet, now)) {
        Some(end) => Decision::At(end, QUIET_HOURS),
        None => Decision::Send,
    }
}

/// When the quiet hours end into which a moment falls; `None` outside of them. Where the clock is put back over their
/// end, they last until its second time; where it is put forward over it, until the clock shows a time again.
#[must_use]
pub fn quiet_until(quiet: Quiet, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let Quiet { from, until, zone } = quiet;
    let local = at.with_timezone(&zone).naive_local();
    let time = local.time();
    let is_quiet = match from.cmp(&until) {
        std::cmp::Ordering::Equal => false,
        std::cmp::Ordering::Less => from <= time && time < until,
        std::cmp::Ordering::Greater => from <= time || time < until,
    };
    if !is_quiet {
        return None;
    }
    let day = if time < until { local.date() } else { local.date().succ_opt()? };
    let end = day.and_time(until);
    // No zone skips more than a few hours at once (a whole day only where the date line moved).
    let ends = (0..=26 * 60).filter_map(|minutes| {
        zone.from_local_datetime(&(end + TimeDelta::minutes(minutes))).latest().map(|end| end.with_timezone(&Utc))
    });
    ends.take(1).find(|end| *end > at)
}

/// Whether we write to the customers of a kind of channel. Marketplaces write to theirs themselves and forbid sellers to.
#[must_use]
pub const fn writes(kind: ChannelKind) -> bool {
    match kind {
        ChannelKind::Online | ChannelKind::Phone | ChannelKind::Pos => true,
        ChannelKind::Marketplace => false,
    }
}

/// Whether we write to the customer of an order: the one rule for all messages about orders, flows and surveys. One
/// statement.
pub(crate) async fn writes_about(db: &impl ConnectionTrait, id: OrderId) -> Result<bool> {
    let kind = order::Entity::find_by_id(id)
        .select_only()
        .column_as(Expr::col((channel::Entity, channel::Column::Kind)), "kind")
        .inner_join(channel::Entity)
        .into_tuple::<ChannelKind>()
        .one(db)
        .await?;
    Ok(kind.is_none_or(writes))
}

/// Decides about a message that is asked for.
pub(crate) async fn decide(tx: &Tx, message: &message::Model) -> Result<Decision> {
    judge(tx, &tx.ctx().services, message, (Moment::Asked, tx.now())).await
}

/// Decides about a message at a moment.
pub(crate) async fn judge(
    db: &impl ConnectionTrait,
    services: &Services,
    message: &message::Model,
    (moment, now): (Moment, DateTime<Utc>),
) -> Result<Decision> {
    // An order stays in its channel, so it is looked at once. What goes to a system or to staff is no letter to a customer.
    let is_letter = message.channel != MessageChannel::Webhook && !is_test(message);
    if let Some(order) = message.order_id.filter(|_| is_letter && moment == Moment::Asked)
        && !writes_about(db, order).await?
    {
        return Ok(Decision::Never(MARKETPLACE));
    }
    let stops = suppressions::of(db, &services.secrets, message.channel, &message.recipient).await?;
    let stops = stops.iter().map(Stop::of).collect();
    let facts = if is_test(message) {
        Facts { flow_off: false, stops, asked: None }
    } else {
        Facts { flow_off: is_flow_off(db, message).await?, stops, asked: asked(db, message, moment, now).await? }
    };
    Ok(weigh(&facts, now))
}

/// Whether the flow of a message is off: its own, or the built-in one of its template. Codes that open an account
/// cannot be switched off. What asks or advertises outside of any flow, such as an invitation that staff send, rests on
/// consent alone.
async fn is_flow_off(db: &impl ConnectionTrait, message: &message::Model) -> Result<bool> {
    if template::is_of_code(&message.template) {
        return Ok(false);
    }
    let which = match message.flow_id {
        Some(id) => flow::Column::Id.eq(id),
        None if message.class != MessageClass::Transactional => return Ok(false),
        None => flow::Column::Code.eq(message.template.as_str()),
    };
    let query = flow::Entity::find().filter(which).filter(flow::Column::Status.eq(FlowStatus::Off));
    Ok(query.one(db).await?.is_some())
}

/// For what consent is needed; `None` for what needs none.
#[must_use]
pub const fn purpose(class: MessageClass) -> Option<ConsentPurpose> {
    match class {
        MessageClass::Transactional => None,
        MessageClass::Survey => Some(ConsentPurpose::Survey),
        MessageClass::Marketing => Some(ConsentPurpose::Marketing),
    }
}

/// By which channel people agreed; `None` for what goes to a system and not to a person.
#[must_use]
pub const fn consent_channel(channel: MessageChannel) -> Option<ConsentChannel> {
    match channel {
        MessageChannel::Email => Some(ConsentChannel::Email),
        MessageChannel::Line => Some(ConsentChannel::Line),
        MessageChannel::Sms => Some(ConsentChannel::Sms),
        MessageChannel::Webhook => None,
    }
}

async fn asked(
    db: &impl ConnectionTrait,
    message: &message::Model,
    moment: Moment,
    now: DateTime<Utc>,
) -> Result<Option<Asked>> {
    let (Some(purpose), Some(channel)) = (purpose(message.class), consent_channel(message.channel)) else {
        return Ok(None);
    };
    let mut asked = Asked { has_wording: false, agreed_at: None, recent: 0, cap: 0, quiet: None };
    let Some(policy) = policy_of(db, message).await? else { return Ok(Some(asked)) };
    asked.has_wording = has_wording(&policy);
    let Some(customer) = customer_of(db, message, moment).await? else { return Ok(Some(asked)) };
    let latest = customer_consent::Entity::find()
        .filter(customer_consent::Column::CustomerId.eq(customer.id))
        .filter(customer_consent::Column::Channel.eq(channel))
        .filter(customer_consent::Column::Purpose.eq(purpose))
        .order_by_desc(customer_consent::Column::Id)
        .one(db)
        .await?;
    asked.agreed_at = latest.filter(|row| row.granted).map(|row| row.recorded_at);
    asked.recent = recent(db, message, &customer, (moment, now - TimeDelta::days(policy.cap_days.into()))).await?;
    asked.cap = u64::try_from(policy.cap_count).unwrap_or(0);
    asked.quiet = quiet(&policy, customer.time_zone.as_deref());
    Ok(Some(asked))
}

async fn policy_of(db: &impl ConnectionTrait, message: &message::Model) -> Result<Option<message_policy::Model>> {
    match message.channel_id {
        Some(id) => Ok(message_policy::Entity::find_by_id(id).one(db).await?),
        None => Ok(None),
    }
}

/// Whether a policy says what people agree to, in any language.
#[must_use]
pub fn has_wording(policy: &message_policy::Model) -> bool {
    let is_text = |text: &serde_json::Value| text.as_str().is_some_and(|text| !text.trim().is_empty());
    policy.consent_wording.as_object().is_some_and(|texts| texts.values().any(is_text))
}

/// The recipient as one person: the record into which theirs was merged. `None` for guests and those who were erased.
/// Locked while a message is asked for: of two that are asked for at once, by whatever channel and in whatever process,
/// the second waits and then sees the first, so that one more is one more. Rows that point to the person need not wait.
async fn customer_of(
    db: &impl ConnectionTrait,
    message: &message::Model,
    moment: Moment,
) -> Result<Option<customer::Model>> {
    let Some(id) = message.customer_id else { return Ok(None) };
    let of = |id: CustomerId| {
        let query = customer::Entity::find_by_id(id);
        match moment {
            Moment::Asked => query.lock(LockType::NoKeyUpdate),
            Moment::Leaving => query,
        }
    };
    let found = of(id).one(db).await?;
    let whole = match found.as_ref().and_then(|row| row.merged_into_id) {
        Some(id) => of(id).one(db).await?,
        None => found,
    };
    Ok(whole.filter(|row| row.erased_at.is_none()))
}

/// How many other messages that need consent went to a customer since a moment, and, for one that is asked for, how
/// many wait.
async fn recent(
    db: &impl ConnectionTrait,
    message: &message::Model,
    customer: &customer::Model,
    (moment, since): (Moment, DateTime<Utc>),
) -> Result<u64> {
    let people = message.customer_id.into_iter().chain([customer.id]);
    let sent =
        Condition::all().add(message::Column::Status.eq(MessageStatus::Sent)).add(message::Column::SentAt.gt(since));
    let waits = (moment == Moment::Asked).then(|| message::Column::Status.eq(MessageStatus::Queued));
    let query = message::Entity::find()
        .filter(message::Column::CustomerId.is_in(people))
        .filter(message::Column::Class.ne(MessageClass::Transactional))
        .filter(message::Column::Channel.ne(MessageChannel::Webhook))
        .filter(message::Column::Id.ne(message.id))
        .filter(Condition::any().add(sent).add_option(waits));
    Ok(query.count(db).await?)
}

/// The quiet hours of a policy in the recipient's zone, or in the policy's for one of whom none is known.
pub(crate) fn quiet(policy: &message_policy::Model, zone: Option<&str>) -> Option<Quiet> {
    let time = |text: &str| NaiveTime::parse_from_str(text, "%H:%M").ok();
    let zone = zone.and_then(|zone| zone.parse().ok()).or_else(|| policy.time_zone.parse().ok()).unwrap_or(Tz::UTC);
    Some(Quiet { from: time(&policy.quiet_from)?, until: time(&policy.quiet_until)?, zone })
}
