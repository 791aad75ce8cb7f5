//! What a flow achieved: counted over the people who came into a group, whether a message reached them or not, in the
//! same way for those who got nothing.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use entity::flow;
use entity::id::{FlowId, FlowRunId};
use entity::words::{FlowRunStatus, MessageStatus};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseBackend, EntityTrait, FromQueryResult, QueryFilter, Statement, Value,
};

use crate::kernel::event::{IDS_AHEAD, first_id_at};
use crate::kernel::{Ctx, Error, ErrorCode, Permission, Result};

/// Days after the begin of a run in which a purchase counts.
pub const WINDOW_DAYS: i64 = 30;
/// Longest stretch of one question.
const MOST_DAYS: i64 = 366;

/// Which figures.
#[derive(Debug, Clone)]
pub struct FiguresOf {
    /// The flow.
    pub code: String,
    /// Runs that began at or after; 90 days ago when `None`.
    pub from: Option<DateTime<Utc>>,
    /// Runs that began before; now when `None`.
    pub until: Option<DateTime<Utc>>,
}

/// What became of one group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Group {
    /// Name of the variant; empty for everybody when there is no experiment.
    pub variant: String,
    /// Whether it is the group that gets nothing.
    pub is_hold_out: bool,
    /// People in it.
    pub runs: i64,
    /// Runs that ended early.
    pub stopped: i64,
    /// Messages that were sent.
    pub sent: i64,
    /// Messages that wait to be sent.
    pub queued: i64,
    /// Messages that policy or a stop kept back, and those that could not be sent (`FAILED`).
    pub suppressed: i64,
    /// Messages of which a person followed a link.
    pub clicked: i64,
    /// Runs whose customer bought within [`WINDOW_DAYS`] after it began, in any channel.
    pub converted: i64,
}

/// Why runs ended early or messages did not go, and how often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    /// The reason.
    pub reason: String,
    /// How often.
    pub count: i64,
}

/// What a flow achieved.
#[derive(Debug, Clone)]
pub struct Figures {
    /// The flow.
    pub flow: flow::Model,
    /// From when.
    pub from: DateTime<Utc>,
    /// Until when.
    pub until: DateTime<Utc>,
    /// Its groups by name, those who get nothing last.
    pub groups: Vec<Group>,
    /// Why runs ended early, most frequent first.
    pub stops: Vec<Why>,
    /// Why messages did not go, most frequent first.
    pub suppressions: Vec<Why>,
}

#[derive(Debug, FromQueryResult)]
struct RunRow {
    status: String,
    variant: String,
    reason: String,
    runs: i64,
    converted: i64,
}

#[derive(Debug, FromQueryResult)]
struct MessageRow {
    variant: String,
    status: String,
    reason: String,
    messages: i64,
    clicked: i64,
}

/// The figures of a flow: two statements and one for the flow. Errors: `UNAUTHENTICATED`, `FORBIDDEN`, `NOT_FOUND`,
/// `INVALID_DATE` for a stretch that is empty or longer than a year.
pub async fn figures(ctx: &Ctx, of: &FiguresOf) -> Result<Figures> {
    ctx.require_everywhere(Permission::FlowsRead)?;
    let until = of.until.unwrap_or_else(|| ctx.now());
    let from = of.from.unwrap_or(until - TimeDelta::days(90));
    if from >= until || until - from > TimeDelta::days(MOST_DAYS) {
        return Err(Error::invalid(ErrorCode::InvalidDate, "from"));
    }
    let db = ctx.db();
    let flow = flow::Entity::find().filter(flow::Column::Code.eq(of.code.as_str())).one(&db).await?;
    let flow = flow.ok_or(Error::not_found("flow"))?;
    let mut groups: BTreeMap<(bool, String), Group> = BTreeMap::new();
    let (mut stops, mut kept) = (BTreeMap::new(), BTreeMap::new());
    for row in runs(&db, flow.id, from, until).await? {
        let is_hold_out = row.status == FlowRunStatus::HeldOut.as_str();
        let group = of_group(&mut groups, is_hold_out, &row.variant);
        group.runs += row.runs;
        group.converted += row.converted;
        if row.status == FlowRunStatus::Stopped.as_str() {
            group.stopped += row.runs;
            *stops.entry(row.reason).or_default() += row.runs;
        }
    }
    for row in messages(&db, flow.id, from, until).await? {
        let group = of_group(&mut groups, false, &row.variant);
        group.clicked += row.clicked;
        if row.status == MessageStatus::Sent.as_str() {
            group.sent += row.messages;
        } else if row.status == MessageStatus::Queued.as_str() {
            group.queued += row.messages;
        } else {
            group.suppressed += row.messages;
            // What no server took has no reason of policy.
            let is_failed = row.status == MessageStatus::Failed.as_str();
            let reason = if is_failed { MessageStatus::Failed.as_str().to_owned() } else { row.reason };
            *kept.entry(reason).or_default() += row.messages;
        }
    }
    let groups = groups.into_values().collect();
    Ok(Figures { flow, from, until, groups, stops: ranked(stops), suppressions: ranked(kept) })
}

fn of_group<'a>(groups: &'a mut BTreeMap<(bool, String), Group>, is_hold_out: bool, variant: &str) -> &'a mut Group {
    let fresh = || Group { variant: variant.to_owned(), is_hold_out, ..Group::default() };
    groups.entry((is_hold_out, variant.to_owned())).or_insert_with(fresh)
}

fn ranked(counts: BTreeMap<String, i64>) -> Vec<Why> {
    let mut all: Vec<Why> = counts.into_iter().map(|(reason, count)| Why { reason, count }).collect();
    all.sort_by(|left, right| right.count.cmp(&left.count).then(left.reason.cmp(&right.reason)));
    all
}

async fn runs(
    db: &impl ConnectionTrait,
    flow: FlowId,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<Vec<RunRow>> {
    let backend = db.get_database_backend();
    let in_time = if backend == DatabaseBackend::Postgres {
        format!("o.placed_at <= r.created_at + INTERVAL '{WINDOW_DAYS} days'")
    } else {
        format!("julianday(o.placed_at) <= julianday(r.created_at) + {WINDOW_DAYS}")
    };
    let sql = format!(
        "SELECT r.status AS status, COALESCE(r.variant, '') AS variant, COALESCE(r.reason, '') AS reason,
            CAST(COUNT(*) AS BIGINT) AS runs,
            CAST(SUM(CASE WHEN EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = r.customer_id
                AND o.status <> 'CANCELED' AND o.placed_at > r.created_at AND {in_time}
                AND (r.order_id IS NULL OR o.id <> r.order_id)) THEN 1 ELSE 0 END) AS BIGINT) AS converted
         FROM flow_run r WHERE r.flow_id = $1 AND r.created_at >= $2 AND r.created_at < $3 AND r.id >= $4 AND r.id < $5
         GROUP BY r.status, COALESCE(r.variant, ''), COALESCE(r.reason, '')"
    );
    let statement = Statement::from_sql_and_values(backend, sql, values(flow, from, until));
    Ok(RunRow::find_by_statement(statement).all(db).await?)
}

/// The flow, the stretch, and the ids of the runs that began in it: they begin with their moment, so an index of few rows
/// is all that is read.
fn values(flow: FlowId, from: DateTime<Utc>, until: DateTime<Utc>) -> [Value; 5] {
    let first = |at: DateTime<Utc>| FlowRunId(first_id_at(at).uuid());
    [flow.into(), from.into(), until.into(), first(from).into(), first(until + IDS_AHEAD).into()]
}

async fn messages(
    db: &impl ConnectionTrait,
    flow: FlowId,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<Vec<MessageRow>> {
    let sql = "SELECT COALESCE(m.variant, '') AS variant, m.status AS status, COALESCE(m.reason, '') AS reason,
            CAST(COUNT(*) AS BIGINT) AS messages,
            CAST(SUM(CASE WHEN EXISTS (SELECT 1 FROM message_event e WHERE e.message_id = m.id
                AND e.kind = 'CLICKED' AND NOT e.by_machine) THEN 1 ELSE 0 END) AS BIGINT) AS clicked
         FROM message m JOIN flow_run r ON r.id = m.flow_run_id
         WHERE r.flow_id = $1 AND r.created_at >= $2 AND r.created_at < $3 AND r.id >= $4 AND r.id < $5
         GROUP BY COALESCE(m.variant, ''), m.status, COALESCE(m.reason, '')";
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values(flow, from, until));
    Ok(MessageRow::find_by_statement(statement).all(db).await?)
}
