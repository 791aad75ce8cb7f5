//! How messages do: how many wait, left, arrived, were followed, brought orders or were called spam. What scanners did is
//! not counted.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use entity::id::{FlowId, MessageId};
use entity::words::{MessageEventKind, MessageStatus};
use entity::{message, message_event};
use sea_orm::sea_query::{Alias, Expr, ExprTrait as _};
use sea_orm::{
    ColumnTrait, EntityTrait, FromQueryResult, JoinType, QueryFilter, QuerySelect, RelationTrait as _, Select,
};

use crate::kernel::event::{IDS_AHEAD, first_id_at};
use crate::kernel::{Ctx, Error, ErrorCode, Permission, Result};

/// Longest time that figures are asked of.
const LONGEST: TimeDelta = TimeDelta::days(400);
/// Most groups of an answer.
const MOST: u64 = 1_000;

/// By what figures are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GroupBy {
    /// The flow that asked for them.
    Flow,
    /// The step of the flow.
    Step,
    /// The group of an experiment.
    Variant,
    /// The template.
    Template,
}

/// What is the same of the messages of a group; `None` for what they were not told apart by.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Group {
    /// The flow.
    pub flow_id: Option<FlowId>,
    /// The step.
    pub step: Option<String>,
    /// The group of an experiment.
    pub variant: Option<String>,
    /// The template.
    pub template: Option<String>,
}

/// Figures of a group. The first four are messages by where they stand; the others are messages of which that is known
/// at least once, whatever else is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figures {
    /// What they have in common.
    pub group: Group,
    /// Waiting.
    pub queued: i64,
    /// Taken by the provider.
    pub sent: i64,
    /// Refused for good, or tried too often.
    pub failed: i64,
    /// Kept back by policy.
    pub suppressed: i64,
    /// Arrived.
    pub delivered: i64,
    /// Not deliverable.
    pub bounced: i64,
    /// Called spam.
    pub complained: i64,
    /// With a link that a person followed.
    pub clicked: i64,
    /// Looked at, where that is noticed.
    pub opened: i64,
    /// After which the recipient wanted no more.
    pub unsubscribed: i64,
    /// After which the recipient bought.
    pub converted: i64,
}

#[derive(FromQueryResult)]
struct Row {
    flow_id: Option<FlowId>,
    step: Option<String>,
    variant: Option<String>,
    template: Option<String>,
    what: String,
    number: i64,
}

/// Figures of the messages that were written from a moment until before another, by group, in two statements. Errors:
/// `FORBIDDEN`, `INVALID` for an end before its begin or more than 400 days after it.
pub async fn figures(ctx: &Ctx, from: DateTime<Utc>, until: DateTime<Utc>, by: &[GroupBy]) -> Result<Vec<Figures>> {
    ctx.require_everywhere(Permission::MessagesRead)?;
    if until <= from || until - from > LONGEST {
        return Err(Error::invalid(ErrorCode::Invalid, "until"));
    }
    let db = ctx.db();
    let first = |at: DateTime<Utc>| MessageId(first_id_at(at).uuid());
    let written = message::Entity::find()
        .select_only()
        // Ids begin with their moment: the range of the primary key is all that is read.
        .filter(message::Column::Id.gte(first(from)))
        .filter(message::Column::Id.lt(first(until + IDS_AHEAD)))
        .filter(message::Column::CreatedAt.gte(from))
        .filter(message::Column::CreatedAt.lt(until));
    let stand = grouped(written.clone(), by)
        .column_as(message::Column::Status, "what")
        .column_as(Expr::cust("CAST(COUNT(*) AS BIGINT)"), "number")
        .group_by(message::Column::Status);
    let known = grouped(written, by)
        .join(JoinType::InnerJoin, message_event::Relation::Message.def().rev())
        .filter(message_event::Column::ByMachine.eq(false))
        .column_as(message_event::Column::Kind, "what")
        .column_as(Expr::cust("CAST(COUNT(DISTINCT message_event.message_id) AS BIGINT)"), "number")
        .group_by(message_event::Column::Kind);
    let mut all: BTreeMap<Group, Figures> = BTreeMap::new();
    for query in [stand, known] {
        for row in query.limit(MOST * 20).into_model::<Row>().all(&db).await? {
            let Row { flow_id, step, variant, template, what, number } = row;
            let group = Group { flow_id, step, variant, template };
            let figures = all.entry(group.clone()).or_insert_with(|| Figures { group, ..Figures::default() });
            count(figures, &what, number);
        }
    }
    Ok(all.into_values().collect())
}

fn count(figures: &mut Figures, what: &str, number: i64) {
    if let Ok(status) = what.parse::<MessageStatus>() {
        match status {
            MessageStatus::Queued => figures.queued = number,
            MessageStatus::Sent => figures.sent = number,
            MessageStatus::Failed => figures.failed = number,
            MessageStatus::Suppressed => figures.suppressed = number,
        }
    }
    if let Ok(kind) = what.parse::<MessageEventKind>() {
        match kind {
            MessageEventKind::Delivered => figures.delivered = number,
            MessageEventKind::Bounced => figures.bounced = number,
            MessageEventKind::Deferred => {}
            MessageEventKind::Complained => figures.complained = number,
            MessageEventKind::Clicked => figures.clicked = number,
            MessageEventKind::Opened => figures.opened = number,
            MessageEventKind::Unsubscribed => figures.unsubscribed = number,
            MessageEventKind::Converted => figures.converted = number,
        }
    }
}

/// Selects and groups by what is asked for; the other columns are null.
fn grouped(query: Select<message::Entity>, by: &[GroupBy]) -> Select<message::Entity> {
    let columns = [
        (GroupBy::Flow, message::Column::FlowId, "flow_id", false),
        (GroupBy::Step, message::Column::Step, "step", true),
        (GroupBy::Variant, message::Column::Variant, "variant", true),
        (GroupBy::Template, message::Column::Template, "template", true),
    ];
    columns.into_iter().fold(query, |query, (group, column, name, is_text)| {
        if by.contains(&group) {
            query.column_as(column, name).group_by(column)
        } else {
            query.column_as(nothing(is_text), name)
        }
    })
}

/// A null that PostgreSQL reads as what it stands for.
fn nothing(is_text: bool) -> Expr {
    let null = Expr::cust("NULL");
    if is_text { null.cast_as(Alias::new("TEXT")) } else { null }
}
