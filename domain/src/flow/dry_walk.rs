//! One subject after the other through the steps of a flow that is tried out, and what comes of it in sum.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use entity::id::{CustomerId, EventId, OrderId};
use entity::words::MessageChannel;
use entity::{event, flow};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::definition::{Definition, EventMatch, Guard, Of, Step};
use super::dry_run::DryRunReport;
use super::facts::Facts;
use super::reach::{self, Cap, Fate, Letter, Reach};
use super::subject::{About, Subject};
use super::{hash, outbox, start, stop, wait};
use crate::kernel::Result;
use crate::kernel::event::first_id_at;
use crate::messaging::policy::FREQUENCY_CAP;

/// Events looked at for what happened in between.
const EVENTS: u64 = 20_000;

/// Events of some kinds after an id, oldest first.
pub(super) async fn events(
    db: &impl ConnectionTrait,
    kinds: &BTreeSet<&str>,
    after: EventId,
    limit: u64,
) -> Result<Vec<event::Model>> {
    Ok(event::Entity::find()
        .filter(event::Column::Kind.is_in(kinds.iter().copied()))
        .filter(event::Column::Id.gt(after))
        .order_by_asc(event::Column::Id)
        .limit(limit)
        .all(db)
        .await?)
}

/// What happened, by order and customer, in its order.
#[derive(Default)]
pub(super) struct Past {
    orders: HashMap<OrderId, Vec<usize>>,
    customers: HashMap<CustomerId, Vec<usize>>,
    events: Vec<event::Model>,
}

impl Past {
    pub(super) async fn read(db: &impl ConnectionTrait, from: DateTime<Utc>) -> Result<Self> {
        let kinds = super::EVENTS.iter().copied().collect();
        let mut past = Self { events: events(db, &kinds, first_id_at(from), EVENTS).await?, ..Self::default() };
        for (index, event) in past.events.iter().enumerate() {
            let about = About::of(event);
            for order in about.orders {
                past.orders.entry(order).or_default().push(index);
            }
            if let Some(customer) = about.customer_id {
                past.customers.entry(customer).or_default().push(index);
            }
        }
        Ok(past)
    }

    /// Whether more happened than was looked at.
    pub(super) fn is_cut(&self) -> bool {
        u64::try_from(self.events.len()).is_ok_and(|seen| seen >= EVENTS)
    }

    /// What concerns a subject after it began and until a moment.
    fn of<'a>(&'a self, subject: &'a Subject, until: DateTime<Utc>) -> impl Iterator<Item = &'a event::Model> {
        let of_order = subject.order_id.and_then(|id| self.orders.get(&id));
        let of_customer = subject.customer_id.and_then(|id| self.customers.get(&id));
        let places: BTreeSet<usize> = of_order.into_iter().chain(of_customer).flatten().copied().collect();
        places
            .into_iter()
            .filter_map(|place| self.events.get(place))
            .filter(move |event| subject.event_id.is_none_or(|began| event.id > began))
            .filter(move |event| event.occurred_at >= subject.at && event.occurred_at <= until)
    }
}

/// A message that would have been asked for.
#[derive(Debug)]
struct Wish {
    asked: DateTime<Utc>,
    left: DateTime<Utc>,
    step: String,
    who: String,
    cap: Option<Cap>,
}

/// What comes of all subjects.
#[derive(Default)]
pub(super) struct Count {
    subjects: u64,
    wishes: Vec<Wish>,
    /// When people got messages of other flows.
    got: HashMap<CustomerId, Vec<DateTime<Utc>>>,
    people: BTreeSet<String>,
    messages: u64,
    steps: BTreeMap<String, u64>,
    reasons: BTreeMap<String, u64>,
}

impl Count {
    fn not(&mut self, reason: impl Into<String>) {
        *self.reasons.entry(reason.into()).or_default() += 1;
    }

    /// Notes when people got messages of other flows.
    pub(super) fn got(&mut self, got: HashMap<CustomerId, Vec<DateTime<Utc>>>) {
        self.got.extend(got);
    }

    /// Lets go what the frequency cap allows, in the order in which it was asked for: what others sent counts, and what
    /// this flow would have.
    fn send(&mut self) {
        let mut wishes = std::mem::take(&mut self.wishes);
        wishes.sort_by_key(|wish| wish.asked);
        let mut own: HashMap<CustomerId, Vec<DateTime<Utc>>> = HashMap::new();
        for wish in wishes {
            if let Some(cap) = wish.cap {
                let since = wish.asked - cap.within;
                let others = self.got.get(&cap.customer_id).into_iter().flatten();
                let others = others.filter(|at| **at > since && **at <= wish.asked).count();
                let mine = own.entry(cap.customer_id).or_default();
                if others + mine.iter().filter(|at| **at > since).count() >= cap.count {
                    self.not(FREQUENCY_CAP);
                    continue;
                }
                mine.push(wish.left);
            }
            self.people.insert(wish.who);
            self.messages += 1;
            *self.steps.entry(wish.step).or_default() += 1;
        }
    }

    /// The report, `from` when.
    pub(super) fn done(mut self, from: DateTime<Utc>, is_cut: bool) -> DryRunReport {
        self.send();
        let mut reasons: Vec<(String, u64)> = self.reasons.into_iter().collect();
        reasons.sort_by(|left, right| right.1.cmp(&left.1).then(left.0.cmp(&right.0)));
        DryRunReport {
            from,
            subjects: self.subjects,
            people: u64::try_from(self.people.len()).unwrap_or(u64::MAX),
            messages: self.messages,
            steps: self.steps.into_iter().collect(),
            reasons,
            is_cut,
        }
    }
}

/// One subject through the steps, by the times at which they would have come.
pub(super) struct Walk<'a> {
    pub(super) flow: Option<&'a flow::Model>,
    pub(super) definition: &'a Definition,
    pub(super) now: DateTime<Utc>,
    pub(super) past: &'a Past,
    pub(super) reach: &'a Reach,
}

impl Walk<'_> {
    pub(super) fn run(&self, subject: &Subject, facts: &Facts, count: &mut Count) {
        count.subjects += 1;
        if let Some(refused) = self.definition.filters.bars(facts) {
            return count.not(format!("FILTER_{refused}"));
        }
        let who = start::who(reach::customer(subject, facts), &subject.key);
        if self.flow.is_some_and(|flow| hash::is_held_out(&flow.code, &who, flow.hold_out_percent)) {
            return count.not("HELD_OUT");
        }
        let (mut at, mut place) = (subject.due_at, 0);
        for _ in 0..=self.definition.steps.len() {
            let Some(step) = self.definition.steps.get(place) else { return };
            let next = match step {
                Step::Wait { .. } | Step::WaitUntil { .. } => {
                    // Nothing is late here: somebody came to each step as soon as it was due.
                    at = wait::until(step, at, at, facts.zone()).unwrap_or(at);
                    None
                }
                Step::WaitFor { on, then, otherwise, .. } => {
                    let until = wait::until(step, at, at, facts.zone()).unwrap_or(at);
                    let comes = |event: &&event::Model| {
                        event.occurred_at >= at && on.matches(event) && reaches(subject, facts, event, on.of)
                    };
                    match self.past.of(subject, until).find(comes) {
                        Some(event) => {
                            at = event.occurred_at;
                            then.as_deref()
                        }
                        None => {
                            at = until;
                            otherwise.as_deref()
                        }
                    }
                }
                Step::Branch { when, then, otherwise, .. } => {
                    if when.refusal(facts).is_none() {
                        then.as_deref()
                    } else {
                        otherwise.as_deref()
                    }
                }
                Step::Send { channel, template, variants, .. } => {
                    let group = self.flow.and_then(|flow| hash::variant(&flow.code, &who, variants));
                    let template = group.map_or(template.as_str(), |group| group.template.as_str());
                    let Some(left) = self.send((subject, facts), step.id(), (template, *channel), at, count) else {
                        return;
                    };
                    at = left;
                    None
                }
                Step::Survey { channel, .. } => {
                    let Some(left) = self.send((subject, facts), step.id(), ("survey", *channel), at, count) else {
                        return;
                    };
                    at = left;
                    None
                }
                Step::Webhook { .. } => None,
                Step::Stop { .. } => return,
            };
            place = next.and_then(|id| self.definition.position(id)).unwrap_or(place + 1);
        }
    }

    /// Counts a message that is due at a moment, or why it would not have gone. From when what follows counts; `None` when
    /// the run would have ended.
    fn send(
        &self,
        (subject, facts): (&Subject, &Facts),
        step: &str,
        (template, channel): (&str, MessageChannel),
        at: DateTime<Utc>,
        count: &mut Count,
    ) -> Option<DateTime<Utc>> {
        let class = outbox::class(template);
        // As for a run: it rests in quiet hours, and what happens in them counts.
        let at = facts.quiet_until((class, channel), at).unwrap_or(at);
        if at > self.now {
            count.not("NOT_YET");
            return None;
        }
        if let Some(reason) = self.ended(subject, facts, at) {
            count.not(reason);
            return None;
        }
        let letter = Letter { subject, facts, class, channel };
        match self.reach.fate(&letter, at) {
            Fate::Leaves(left, cap) => {
                let who = start::who(reach::customer(subject, facts), &subject.key);
                count.wishes.push(Wish { asked: at, left, step: step.to_owned(), who, cap });
                Some(left)
            }
            Fate::Stays(reason) => {
                count.not(reason);
                Some(at)
            }
        }
    }

    /// What had happened by then that ends a run.
    fn ended(&self, subject: &Subject, facts: &Facts, at: DateTime<Utc>) -> Option<String> {
        let guards = &self.definition.guards;
        if guards.contains(&Guard::SameNotBoughtSince) && self.reach.bought_same(subject, facts, at) {
            return Some("BOUGHT_SINCE".to_owned());
        }
        let watches = guards.contains(&Guard::NotBoughtSince) || guards.contains(&Guard::CartWaits);
        for event in self.past.of(subject, at) {
            let own = reaches(subject, facts, event, Some(Of::Order));
            if let Some(reason) = stop::always(event).filter(|_| own) {
                return Some(reason.to_owned());
            }
            if watches && event.kind == "order_placed" && !own {
                return Some("BOUGHT_SINCE".to_owned());
            }
            let exits = |exit: &EventMatch| reaches(subject, facts, event, exit.of) && exit.matches(event);
            if let Some(exit) = self.definition.exits.iter().find(|exit| exits(exit)) {
                return Some(exit.event.to_uppercase());
            }
        }
        None
    }
}

/// Whether an event of the subject's customer or order concerns it in the wanted sense.
fn reaches(subject: &Subject, facts: &Facts, event: &event::Model, of: Option<Of>) -> bool {
    let order_id = facts.order.as_ref().map(|order| order.id).or(subject.order_id);
    let own = order_id.is_some_and(|id| About::of(event).orders.contains(&id));
    match of {
        Some(Of::Customer) => true,
        Some(Of::Order) => own,
        None => own || order_id.is_none(),
    }
}
