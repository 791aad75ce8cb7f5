//! What a flow would have done: its trigger over what is stored of the last days, step by step, without sending.
//!
//! Facts about people and orders are those of now; what happened in between (returns, purchases, answers) is taken from
//! the events at their time. The policy of messages decides as it would have: addresses that get nothing, consent, and the
//! frequency cap over what was really sent and what this flow would have; quiet hours only move messages, and what comes
//! after them. Bounded: it looks at so many subjects and says when there were more. Not simulated: whether a message would
//! have had something to say (guides, suggestions), and stock.

use std::collections::{BTreeSet, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use entity::{back_in_stock, event, flow, flow_version};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::Value;
use uuid::Uuid;

use super::definition::{Definition, Guard, Trigger};
use super::dry_walk::{Count, Past, Walk, events};
use super::due::{self, Window};
use super::facts::{self, Asked, Need};
use super::reach::{self, Reach};
use super::subject::{RunContext, Subject};
use super::{occasion, parse, save, start};
use crate::kernel::event::first_id_at;
use crate::kernel::{Ctx, Error, ErrorCode, Permission, Result};

/// Longest look back.
pub const MOST_DAYS: i64 = 90;
/// Subjects looked at.
const MOST: usize = 5_000;
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
    ctx.require_everywhere(Permission::FlowsRead)?;
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
    let own = flow.as_ref().map(|flow| flow.id);
    let mut count = Count::default();
    for some in subjects.chunks(200) {
        let asked: Vec<Asked> = some.iter().map(start::asked).collect();
        let facts = facts::load(&db, &asked, Need::of(&definition), window.until).await?;
        let mut reach = Reach::read(&db, &ctx.services.secrets, some, &facts).await?;
        if definition.guards.contains(&Guard::SameNotBoughtSince) {
            reach = reach.with_purchases(&db, some, &facts).await?;
        }
        count.got(reach::got(&db, (some, facts.as_slice()), own, window.from).await?);
        for (subject, facts) in some.iter().zip(&facts) {
            let walk =
                Walk { flow: flow.as_ref(), definition: &definition, now: window.until, past: &past, reach: &reach };
            walk.run(subject, facts, &mut count);
        }
    }
    Ok(count.done(window.from, is_cut || past.is_cut()))
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
