//! What a flow would have done: its trigger over what is stored of the last days, step by step, without sending.
//!
//! Facts about people and orders are those of now; what happened in between (returns, purchases, answers) is taken from
//! the events at their time. Bounded: it looks at so many subjects and says when there were more. Not simulated: the
//! frequency cap, which depends on all other flows, and quiet hours, which only move messages.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use entity::id::{CustomerId, EventId, OrderId};
use entity::words::{ConsentChannel, ConsentPurpose, IdentifierKind, MessageClass};
use entity::{back_in_stock, customer_consent, customer_identifier, event, flow, flow_version};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::Value;
use uuid::Uuid;

use super::definition::{Definition, EventMatch, Guard, Step, Trigger};
use super::due::{self, Window};
use super::facts::{self, Asked, Facts, Need};
use super::outbox;
use super::subject::{About, RunContext, Subject};
use super::{hash, occasion, parse, save, start, stop, time};
use crate::kernel::event::first_id_at;
use crate::kernel::{Ctx, Error, ErrorCode, Permission, Result};

/// Longest look back.
pub const MOST_DAYS: i64 = 90;
/// Subjects looked at.
const MOST: usize = 5_000;
/// Events looked at for what happened in between.
const EVENTS: u64 = 20_000;
/// Rows of one statement.
const PAGE: u64 = 500;

/// What to try.
#[derive(Debug, Clone)]
pub struct DryRun {
    /// A flow, by code; for its hold-out and, without a definition, for what it does.
    pub code: Option<String>,
    /// What to do instead.
    pub definition: Option<Value>,
    /// How many days to look back, 90 at most.
    pub days: i64,
}

/// What would have happened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DryRunReport {
    /// From when.
    pub from: DateTime<Utc>,
    /// Runs that would have begun or been held out, and those the filters refused.
    pub subjects: u64,
    /// Customers who would have got something; guests count one by one.
    pub people: u64,
    /// Messages that would have gone.
    pub messages: u64,
    /// Messages by step.
    pub steps: Vec<(String, u64)>,
    /// Why others would not have gone, most frequent first.
    pub reasons: Vec<(String, u64)>,
    /// Whether there was more than was looked at.
    pub is_cut: bool,
}

/// Tells what a flow would have done. Errors: `UNAUTHENTICATED`, `FORBIDDEN`, `NOT_FOUND`, `REQUIRED` when nothing is named,
/// `INVALID_FLOW`, `INVALID_QUANTITY` for more than 90 days.
pub async fn dry_run(ctx: &Ctx, input: &DryRun) -> Result<DryRunReport> {
    save::everywhere(ctx, Permission::FlowsRead)?;
    if !(1..=MOST_DAYS).contains(&input.days) {
        let values = vec![("max", MOST_DAYS.to_string())];
        return Err(Error::invalid_with(ErrorCode::InvalidQuantity, "days", values));
    }
    let db = ctx.db();
    let (flow, definition) = wanted(&db, input).await?;
    let window = Window { from: ctx.now() - TimeDelta::days(input.days), until: ctx.now() };
    let (mut subjects, is_cut) = subjects(&db, &definition, window).await?;
    let mut seen = HashSet::new();
    subjects.retain(|subject| seen.insert(subject.key.clone()));
    let past = Past::read(&db, window.from).await?;
    let mut count =
        Count { report: DryRunReport { from: window.from, is_cut, ..Default::default() }, ..Count::default() };
    for some in subjects.chunks(200) {
        let asked: Vec<Asked> = some.iter().map(start::asked).collect();
        let facts = facts::load(&db, &asked, Need::of(&definition)).await?;
        let reach = Reach::read(&db, some, &facts).await?;
        for (subject, facts) in some.iter().zip(&facts) {
            let walk =
                Walk { flow: flow.as_ref(), definition: &definition, now: window.until, past: &past, reach: &reach };
            walk.run(subject, facts, &mut count);
        }
    }
    Ok(count.done())
}

async fn wanted(db: &impl ConnectionTrait, input: &DryRun) -> Result<(Option<flow::Model>, Definition)> {
    let found = match &input.code {
        Some(code) => {
            let query = flow_version::Entity::find()
                .find_also_related(flow::Entity)
                .filter(flow::Column::Code.eq(code.as_str()))
                .filter(
                    Expr::col((flow_version::Entity, flow_version::Column::Number))
                        .equals((flow::Entity, flow::Column::CurrentNumber)),
                );
            let row = query.one(db).await?;
            Some(row.and_then(|(version, flow)| Some((version, flow?))).ok_or(Error::not_found("flow"))?)
        }
        None => None,
    };
    match (&input.definition, found) {
        (Some(value), found) => Ok((found.map(|(_, flow)| flow), save::checked("definition", value)?)),
        (None, Some((version, flow))) => Ok((Some(flow), parse::stored(&version.definition)?)),
        (None, None) => Err(Error::invalid(ErrorCode::Required, "code")),
    }
}

/// What would have begun a run, and whether there was more.
async fn subjects(db: &impl ConnectionTrait, definition: &Definition, window: Window) -> Result<(Vec<Subject>, bool)> {
    match &definition.trigger {
        Trigger::Event { on, .. } => {
            let kinds: BTreeSet<&str> = on.iter().map(|one| one.event.as_str()).collect();
            by_events(db, definition, window, &kinds).await
        }
        Trigger::Replenishment { .. } => by_events(db, definition, window, &["order_placed"].into()).await,
        Trigger::BackInStock {} => told(db, window).await,
        Trigger::Message { .. } => Ok((Vec::new(), false)),
        Trigger::Birthday { .. }
        | Trigger::Anniversary { .. }
        | Trigger::WinBack { .. }
        | Trigger::CartLeft { .. }
        | Trigger::Engaged { .. } => by_clock(db, definition, window).await,
    }
}

async fn by_clock(db: &impl ConnectionTrait, definition: &Definition, window: Window) -> Result<(Vec<Subject>, bool)> {
    let (mut all, mut after): (Vec<Subject>, Option<Uuid>) = (Vec::new(), None);
    // Pages may be sparse: rows near the edges of the window do not count.
    for _ in 0..MOST / 100 {
        let (found, next) = due::page(db, &definition.trigger, window, after).await?;
        all.extend(found);
        match next {
            Some(next) if all.len() < MOST => after = Some(next),
            Some(_) => return Ok((all, true)),
            None => return Ok((all, false)),
        }
    }
    Ok((all, true))
}

async fn by_events(
    db: &impl ConnectionTrait,
    definition: &Definition,
    window: Window,
    kinds: &BTreeSet<&str>,
) -> Result<(Vec<Subject>, bool)> {
    let (mut all, mut looked, mut after) = (Vec::new(), 0, first_id_at(window.from));
    loop {
        let rows = events(db, kinds, after, PAGE).await?;
        let whole: Vec<&event::Model> = rows.iter().collect();
        all.extend(occasion::of_events(db, definition, &whole).await?);
        looked += rows.len();
        match rows.last() {
            Some(last) if u64::try_from(rows.len()).is_ok_and(|found| found >= PAGE) => after = last.id,
            Some(_) | None => return Ok((all, false)),
        }
        if all.len() >= MOST || looked >= MOST * 4 {
            return Ok((all, true));
        }
    }
}

async fn events(
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

async fn told(db: &impl ConnectionTrait, window: Window) -> Result<(Vec<Subject>, bool)> {
    let rows = back_in_stock::Entity::find()
        .filter(back_in_stock::Column::NotifiedAt.gt(window.from))
        .order_by_asc(back_in_stock::Column::Id)
        .limit(u64::try_from(MOST).unwrap_or(u64::MAX))
        .all(db)
        .await?;
    let is_cut = rows.len() >= MOST;
    let subject = |row: back_in_stock::Model| {
        let at = row.notified_at?;
        Some(Subject {
            key: row.id.to_string(),
            customer_id: row.customer_id,
            order_id: None,
            channel_id: Some(row.channel_id),
            event_id: None,
            at,
            due_at: at,
            context: RunContext {
                variant_ids: vec![row.variant_id],
                back_in_stock_id: Some(row.id),
                ..RunContext::default()
            },
        })
    };
    Ok((rows.into_iter().filter_map(subject).collect(), is_cut))
}

/// What happened, by order and customer, in its order.
#[derive(Default)]
struct Past {
    orders: HashMap<OrderId, Vec<usize>>,
    customers: HashMap<CustomerId, Vec<usize>>,
    events: Vec<event::Model>,
}

impl Past {
    async fn read(db: &impl ConnectionTrait, from: DateTime<Utc>) -> Result<Self> {
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

/// Who can be reached, and for what.
#[derive(Default)]
struct Reach {
    proved: HashSet<CustomerId>,
    consents: HashMap<(CustomerId, ConsentPurpose), bool>,
}

impl Reach {
    async fn read(db: &impl ConnectionTrait, subjects: &[Subject], facts: &[Facts]) -> Result<Self> {
        let known = facts.iter().filter_map(|facts| facts.customer.as_ref().map(|row| row.id));
        let people: BTreeSet<CustomerId> = known.chain(subjects.iter().filter_map(|one| one.customer_id)).collect();
        if people.is_empty() {
            return Ok(Self::default());
        }
        let proved = customer_identifier::Entity::find()
            .select_only()
            .column(customer_identifier::Column::CustomerId)
            .filter(customer_identifier::Column::CustomerId.is_in(people.iter().copied()))
            .filter(customer_identifier::Column::Kind.eq(IdentifierKind::Email))
            .filter(customer_identifier::Column::VerifiedAt.is_not_null())
            .into_tuple::<CustomerId>()
            .all(db)
            .await?;
        let rows = customer_consent::Entity::find()
            .filter(customer_consent::Column::CustomerId.is_in(people))
            .filter(customer_consent::Column::Channel.eq(ConsentChannel::Email))
            .order_by_asc(customer_consent::Column::Id)
            .all(db)
            .await?;
        // The latest word holds.
        let consents = rows.into_iter().map(|row| ((row.customer_id, row.purpose), row.granted)).collect();
        Ok(Self { proved: proved.into_iter().collect(), consents })
    }

    fn refusal(&self, subject: &Subject, facts: &Facts, class: MessageClass) -> Option<&'static str> {
        let id = facts.customer.as_ref().map(|row| row.id).or(subject.customer_id);
        let said =
            facts.order.as_ref().is_some_and(|order| order.email.as_ref().is_some_and(|it| !it.trim().is_empty()));
        let waits = subject.context.back_in_stock_id.is_some() || subject.context.cart_id.is_some();
        if !said && !waits && id.is_none_or(|id| !self.proved.contains(&id)) {
            return Some("NO_ADDRESS");
        }
        let purpose = match class {
            MessageClass::Transactional => return None,
            MessageClass::Survey => ConsentPurpose::Survey,
            MessageClass::Marketing => ConsentPurpose::Marketing,
        };
        let agreed = id.and_then(|id| self.consents.get(&(id, purpose)).copied()).unwrap_or(false);
        (!agreed).then_some("NO_CONSENT")
    }
}

#[derive(Default)]
struct Count {
    report: DryRunReport,
    people: BTreeSet<String>,
    steps: BTreeMap<String, u64>,
    reasons: BTreeMap<String, u64>,
}

impl Count {
    fn not(&mut self, reason: impl Into<String>) {
        *self.reasons.entry(reason.into()).or_default() += 1;
    }

    fn sent(&mut self, step: &str, who: String) {
        self.people.insert(who);
        self.report.messages += 1;
        *self.steps.entry(step.to_owned()).or_default() += 1;
    }

    fn done(self) -> DryRunReport {
        let mut reasons: Vec<(String, u64)> = self.reasons.into_iter().collect();
        reasons.sort_by(|left, right| right.1.cmp(&left.1).then(left.0.cmp(&right.0)));
        DryRunReport {
            people: u64::try_from(self.people.len()).unwrap_or(u64::MAX),
            steps: self.steps.into_iter().collect(),
            reasons,
            ..self.report
        }
    }
}

/// One subject through the steps, by the times at which they would have come.
struct Walk<'a> {
    flow: Option<&'a flow::Model>,
    definition: &'a Definition,
    now: DateTime<Utc>,
    past: &'a Past,
    reach: &'a Reach,
}

impl Walk<'_> {
    fn run(&self, subject: &Subject, facts: &Facts, count: &mut Count) {
        count.report.subjects += 1;
        if let Some(refused) = self.definition.filters.refusal(facts) {
            return count.not(format!("FILTER_{refused}"));
        }
        let who = start::who(facts.customer.as_ref().map(|row| row.id).or(subject.customer_id), &subject.key);
        if self.flow.is_some_and(|flow| hash::is_held_out(&flow.code, &who, flow.hold_out_percent)) {
            return count.not("HELD_OUT");
        }
        let (mut at, mut place) = (subject.due_at, 0);
        for _ in 0..=self.definition.steps.len() {
            let Some(step) = self.definition.steps.get(place) else { return };
            let next = match step {
                Step::Wait { span, .. } => {
                    at += span.delta();
                    None
                }
                Step::WaitUntil { at: text, .. } => {
                    at = time::time_of_day(text).map_or(at, |time| time::next(facts.zone(), time, at));
                    None
                }
                Step::WaitFor { on, span, then, otherwise, .. } => {
                    let until = at + span.delta();
                    match self.past.of(subject, until).find(|event| event.occurred_at >= at && on.matches(event)) {
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
                Step::Send { .. } | Step::Survey { .. } => {
                    let template = if let Step::Send { template, .. } = step { template } else { "survey" };
                    match self.refusal(subject, facts, template, at) {
                        Some((reason, true)) => return count.not(reason),
                        Some((reason, false)) => count.not(reason),
                        None => count.sent(step.id(), who.clone()),
                    }
                    None
                }
                Step::Webhook { .. } => None,
                Step::Stop { .. } => return,
            };
            place = next.and_then(|id| self.definition.position(id)).unwrap_or(place + 1);
        }
    }

    /// Why a message would not have gone at a moment, and whether that would have ended the run.
    fn refusal(&self, subject: &Subject, facts: &Facts, template: &str, at: DateTime<Utc>) -> Option<(String, bool)> {
        if at > self.now {
            return Some(("NOT_YET".to_owned(), true));
        }
        if let Some(reason) = self.ended(subject, facts, at) {
            return Some((reason, true));
        }
        let class = outbox::class(template);
        self.reach.refusal(subject, facts, class).map(|reason| (reason.to_owned(), false))
    }

    /// What had happened by then that ends a run.
    fn ended(&self, subject: &Subject, facts: &Facts, at: DateTime<Utc>) -> Option<String> {
        let order_id = facts.order.as_ref().map(|order| order.id).or(subject.order_id);
        let guards = &self.definition.guards;
        let bought = [Guard::NotBoughtSince, Guard::SameNotBoughtSince, Guard::CartWaits];
        let watches = bought.iter().any(|guard| guards.contains(guard));
        for event in self.past.of(subject, at) {
            let about = About::of(event);
            let own = order_id.is_some_and(|id| about.orders.contains(&id));
            if let Some(reason) = stop::always(event).filter(|_| own) {
                return Some(reason.to_owned());
            }
            if watches && event.kind == "order_placed" && !own {
                return Some("BOUGHT_SINCE".to_owned());
            }
            let exits = |exit: &EventMatch| {
                let reaches = match exit.of {
                    Some(super::definition::Of::Customer) => true,
                    Some(super::definition::Of::Order) => own,
                    None => own || order_id.is_none(),
                };
                reaches && exit.matches(event)
            };
            if let Some(exit) = self.definition.exits.iter().find(|exit| exits(exit)) {
                return Some(exit.event.to_uppercase());
            }
        }
        None
    }
}
