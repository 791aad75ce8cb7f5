//! Where a dry run would have written to, and what the policy of messages would have said: the same decision as for a real
//! message, over facts that are read for many subjects at once. Addresses and consents are those of today.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use entity::id::{BackInStockId, CustomerId, FlowId, VariantId};
use entity::words::{
    ConsentChannel, ConsentPurpose, IdentifierKind, MessageChannel, MessageClass, MessageStatus, OrderStatus,
};
use entity::{back_in_stock, customer_consent, customer_identifier, message, order, order_line, suppression};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::facts::Facts;
use super::send::{self, Known};
use super::subject::Subject;
use crate::kernel::Result;
use crate::kernel::secret::Secrets;
use crate::messaging::policy::{self, Asked, Decision, Stop};
use crate::messaging::suppression::address_hash;

/// Messages to the same people that are looked at for the frequency cap.
const MESSAGES: u64 = 20_000;

/// A message that might have gone.
#[derive(Debug, Clone, Copy)]
pub(super) struct Letter<'a> {
    pub(super) subject: &'a Subject,
    pub(super) facts: &'a Facts,
    pub(super) class: MessageClass,
    pub(super) channel: MessageChannel,
}

impl Letter<'_> {
    fn customer(&self) -> Option<CustomerId> {
        customer(self.subject, self.facts)
    }
}

/// Whom a run is for: the one it names, else the one of its order.
pub(super) fn customer(subject: &Subject, facts: &Facts) -> Option<CustomerId> {
    subject.customer_id.or(facts.customer.as_ref().map(|row| row.id))
}

/// What would have become of a message, the frequency cap apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It would have left then: at once, or after quiet hours.
    Leaves(DateTime<Utc>, Option<Cap>),
    /// It would not, and why.
    Stays(&'static str),
}

/// How many messages that need consent somebody may get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cap {
    pub(super) customer_id: CustomerId,
    pub(super) count: usize,
    pub(super) within: TimeDelta,
}

type Consents = HashMap<(CustomerId, ConsentChannel, ConsentPurpose), Option<DateTime<Utc>>>;

/// Who can be reached, and for what.
#[derive(Debug, Default)]
pub(super) struct Reach {
    proved: HashMap<(CustomerId, IdentifierKind), String>,
    consents: Consents,
    wishes: HashMap<BackInStockId, String>,
    stops: HashMap<(MessageChannel, String), Vec<Stop>>,
    bought: HashMap<(CustomerId, VariantId), Vec<DateTime<Utc>>>,
}

impl Reach {
    /// Reads for subjects with their facts. Four statements at most.
    pub(super) async fn read(
        db: &impl ConnectionTrait,
        secrets: &Secrets,
        subjects: &[Subject],
        facts: &[Facts],
    ) -> Result<Self> {
        let people = people(subjects, facts);
        let mut reach = Self::default();
        if !people.is_empty() {
            reach.proved = proved(db, &people).await?;
            reach.consents = consents(db, &people).await?;
        }
        let wishes: Vec<BackInStockId> = subjects.iter().filter_map(|one| one.context.back_in_stock_id).collect();
        if !wishes.is_empty() {
            let rows = back_in_stock::Entity::find().filter(back_in_stock::Column::Id.is_in(wishes)).all(db).await?;
            reach.wishes = rows.into_iter().map(|row| (row.id, row.email)).collect();
        }
        reach.stops = stops(db, secrets, reach.addresses(facts)).await?;
        Ok(reach)
    }

    /// The same with when people bought what their runs are about. One statement more.
    pub(super) async fn with_purchases(
        mut self,
        db: &impl ConnectionTrait,
        subjects: &[Subject],
        facts: &[Facts],
    ) -> Result<Self> {
        let about: BTreeSet<VariantId> =
            subjects.iter().flat_map(|subject| subject.context.variant_ids.iter().copied()).collect();
        let rows: Vec<(CustomerId, VariantId, Option<DateTime<Utc>>)> = order_line::Entity::find()
            .select_only()
            .column_as(Expr::col((order::Entity, order::Column::CustomerId)), "customer_id")
            .column(order_line::Column::VariantId)
            .column_as(Expr::col((order::Entity, order::Column::PlacedAt)), "placed_at")
            .inner_join(order::Entity)
            .filter(order::Column::CustomerId.is_in(people(subjects, facts)))
            .filter(order::Column::Status.ne(OrderStatus::Canceled))
            .filter(order_line::Column::VariantId.is_in(about))
            .into_tuple()
            .all(db)
            .await?;
        for (customer, variant, at) in rows {
            self.bought.entry((customer, variant)).or_default().extend(at);
        }
        Ok(self)
    }

    /// Whether somebody bought again what the run is about, by a moment.
    pub(super) fn bought_same(&self, subject: &Subject, facts: &Facts, by: DateTime<Utc>) -> bool {
        let Some(id) = customer(subject, facts) else { return false };
        let since = subject.context.since.unwrap_or(subject.at);
        let times = subject.context.variant_ids.iter().filter_map(|variant| self.bought.get(&(id, *variant)));
        times.flatten().any(|at| *at > since && *at <= by)
    }

    /// Every address that one of the messages could go to.
    fn addresses(&self, facts: &[Facts]) -> BTreeSet<(MessageChannel, String)> {
        let by = |kind: IdentifierKind| match kind {
            IdentifierKind::Email => Some(MessageChannel::Email),
            IdentifierKind::Phone => Some(MessageChannel::Sms),
            IdentifierKind::Line => Some(MessageChannel::Line),
            IdentifierKind::LoyaltyCard | IdentifierKind::External => None,
        };
        let own = self.proved.iter().filter_map(|((_, kind), value)| Some((by(*kind)?, value.clone())));
        let said = facts.iter().filter_map(|facts| facts.order.as_ref()?.email.clone());
        let wished = self.wishes.values().cloned();
        own.chain(said.chain(wished).map(|email| (MessageChannel::Email, email))).collect()
    }

    fn address(&self, letter: &Letter<'_>) -> Option<String> {
        let by_mail = letter.channel == MessageChannel::Email;
        if let Some(id) = letter.subject.context.back_in_stock_id {
            return self.wishes.get(&id).filter(|_| by_mail).cloned();
        }
        let kind = send::identifier(letter.channel).map(|(kind, _)| kind);
        let proved = letter.customer().zip(kind).and_then(|key| self.proved.get(&key)).cloned();
        let said = letter.facts.order.as_ref().and_then(|order| order.email.clone()).filter(|_| by_mail);
        Known { proved, said }.address(letter.class)
    }

    /// What would have become of a message at a moment.
    pub(super) fn fate(&self, letter: &Letter<'_>, at: DateTime<Utc>) -> Fate {
        let Some(address) = self.address(letter) else { return Fate::Stays("NO_ADDRESS") };
        if letter.facts.channel.is_none() {
            return Fate::Stays("NO_CHANNEL");
        }
        let asked = policy::purpose(letter.class).zip(policy::consent_channel(letter.channel));
        let facts = policy::Facts {
            flow_off: false,
            stops: self.stops.get(&(letter.channel, address)).cloned().unwrap_or_default(),
            asked: asked.map(|(purpose, channel)| self.asked(letter, purpose, channel)),
        };
        let cap = asked.and_then(|_| cap(letter));
        match policy::weigh(&facts, at) {
            Decision::Send => Fate::Leaves(at, cap),
            Decision::At(later, _) => Fate::Leaves(later, cap),
            Decision::Never(reason) => Fate::Stays(reason),
        }
    }

    /// The cap is left to whoever knows what else would have gone.
    fn asked(&self, letter: &Letter<'_>, purpose: ConsentPurpose, channel: ConsentChannel) -> Asked {
        let policy = letter.facts.policy.as_ref();
        let agreed = letter.customer().and_then(|id| self.consents.get(&(id, channel, purpose)).copied());
        let zone = letter.facts.customer.as_ref().and_then(|customer| customer.time_zone.as_deref());
        Asked {
            has_wording: policy.is_some_and(policy::has_wording),
            agreed_at: agreed.flatten(),
            recent: 0,
            cap: u64::MAX,
            quiet: policy.and_then(|policy| policy::quiet(policy, zone)),
        }
    }
}

fn cap(letter: &Letter<'_>) -> Option<Cap> {
    let policy = letter.facts.policy.as_ref()?;
    Some(Cap {
        customer_id: letter.customer()?,
        count: usize::try_from(policy.cap_count).unwrap_or(0),
        within: TimeDelta::days(policy.cap_days.into()),
    })
}

fn people(subjects: &[Subject], facts: &[Facts]) -> BTreeSet<CustomerId> {
    subjects.iter().zip(facts).filter_map(|(subject, facts)| customer(subject, facts)).collect()
}

async fn proved(
    db: &impl ConnectionTrait,
    people: &BTreeSet<CustomerId>,
) -> Result<HashMap<(CustomerId, IdentifierKind), String>> {
    let kinds: Vec<(IdentifierKind, bool)> =
        MessageChannel::ALL.iter().filter_map(|it| send::identifier(*it)).collect();
    let mut rows = customer_identifier::Entity::find()
        .filter(customer_identifier::Column::CustomerId.is_in(people.iter().copied()))
        .filter(customer_identifier::Column::Kind.is_in(kinds.iter().map(|(kind, _)| *kind)))
        .order_by_asc(customer_identifier::Column::Id)
        .all(db)
        .await?;
    // As for a real message: the first that was proved.
    rows.sort_by_key(|row| row.verified_at.is_none());
    let mut proved = HashMap::new();
    for row in rows {
        let must_be_proved = kinds.iter().any(|(kind, must)| *kind == row.kind && *must);
        if row.verified_at.is_some() || !must_be_proved {
            proved.entry((row.customer_id, row.kind)).or_insert(row.value);
        }
    }
    Ok(proved)
}

async fn consents(db: &impl ConnectionTrait, people: &BTreeSet<CustomerId>) -> Result<Consents> {
    let rows = customer_consent::Entity::find()
        .filter(customer_consent::Column::CustomerId.is_in(people.iter().copied()))
        .order_by_asc(customer_consent::Column::Id)
        .all(db)
        .await?;
    // The latest word holds.
    let said = |row: customer_consent::Model| {
        ((row.customer_id, row.channel, row.purpose), row.granted.then_some(row.recorded_at))
    };
    Ok(rows.into_iter().map(said).collect())
}

async fn stops(
    db: &impl ConnectionTrait,
    secrets: &Secrets,
    addresses: BTreeSet<(MessageChannel, String)>,
) -> Result<HashMap<(MessageChannel, String), Vec<Stop>>> {
    if addresses.is_empty() {
        return Ok(HashMap::new());
    }
    // Two ways of writing an address have one hash.
    let hashes: Vec<(String, (MessageChannel, String))> =
        addresses.into_iter().map(|key| (address_hash(secrets, key.0, &key.1), key)).collect();
    let rows = suppression::Entity::find()
        .filter(suppression::Column::AddressHash.is_in(hashes.iter().map(|(hash, _)| hash.as_str())))
        .all(db)
        .await?;
    let mut by_hash: HashMap<String, Vec<Stop>> = HashMap::new();
    for row in rows {
        let stop = Stop { scope: row.scope, reason: row.reason, since: row.created_at };
        by_hash.entry(row.address_hash).or_default().push(stop);
    }
    let of = |(hash, key): (String, (MessageChannel, String))| Some((key, by_hash.get(&hash)?.clone()));
    Ok(hashes.into_iter().filter_map(of).collect())
}

/// When people got messages that need consent, of other flows than this one, since a moment; for one that waits, when it
/// was asked for.
pub(super) async fn got(
    db: &impl ConnectionTrait,
    (subjects, facts): (&[Subject], &[Facts]),
    but: Option<FlowId>,
    from: DateTime<Utc>,
) -> Result<HashMap<CustomerId, Vec<DateTime<Utc>>>> {
    let people = people(subjects, facts);
    let Some(days) = facts.iter().filter_map(|facts| facts.policy.as_ref()).map(|policy| policy.cap_days).max() else {
        return Ok(HashMap::new());
    };
    let since = from - TimeDelta::days(days.into());
    let sent =
        Condition::all().add(message::Column::Status.eq(MessageStatus::Sent)).add(message::Column::SentAt.gt(since));
    let others =
        but.map(|id| Condition::any().add(message::Column::FlowId.is_null()).add(message::Column::FlowId.ne(id)));
    let rows: Vec<(CustomerId, Option<DateTime<Utc>>, DateTime<Utc>)> = message::Entity::find()
        .select_only()
        .column(message::Column::CustomerId)
        .column(message::Column::SentAt)
        .column(message::Column::CreatedAt)
        .filter(message::Column::CustomerId.is_in(people))
        .filter(message::Column::Class.ne(MessageClass::Transactional))
        .filter(message::Column::Channel.ne(MessageChannel::Webhook))
        .filter(Condition::any().add(sent).add(message::Column::Status.eq(MessageStatus::Queued)))
        .filter(Condition::all().add_option(others))
        .order_by_desc(message::Column::Id)
        .limit(MESSAGES)
        .into_tuple()
        .all(db)
        .await?;
    let mut got: HashMap<CustomerId, Vec<DateTime<Utc>>> = HashMap::new();
    for (customer, sent, asked) in rows {
        got.entry(customer).or_default().push(sent.unwrap_or(asked));
    }
    Ok(got)
}
