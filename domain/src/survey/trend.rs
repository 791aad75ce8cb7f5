//! How a survey goes: one statement whatever the number of answers, and a few for names and the calendar.
//!
//! People are told apart by when and about what they were asked, so that response rate and scores speak of the same ones.

use std::collections::HashMap;

use chrono::{Days, NaiveDate};
use chrono_tz::Tz;
use entity::id::{CategoryId, ChannelId, LocationId, SurveyId};
use entity::survey_invitation::{self, Column, Entity};
use entity::words::{MessageStatus, SurveyKind, SurveyTrendBy};
use entity::{message, survey, survey_answer};
use sea_orm::sea_query::{CaseStatement, Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, JoinType, QueryFilter, QueryOrder, QueryResult,
    QuerySelect, QueryTrait, RelationTrait, Select,
};
use uuid::Uuid;

use super::question::{self, measured};
use super::stats::{self, Estimate, Sums};
use super::trend_filter::Asked;
pub use super::trend_filter::TrendFilter;
use super::{query, week};
use crate::kernel::{Ctx, Error, ErrorCode, Permission, Result};
use crate::{catalog, channel, location};

/// Longest time that is looked at, in days: three years.
const MAX_DAYS: i64 = 1_100;
/// Most groups; there are no more channels, places or weeks, and of categories the most asked about.
const MAX_GROUPS: u64 = 1_000;

/// What figures are wanted.
#[derive(Debug, Clone)]
pub struct TrendRequest {
    /// Of which survey.
    pub survey_id: SurveyId,
    /// Asked on this day or later.
    pub from: NaiveDate,
    /// Asked on this day or earlier; at most 1,100 days later.
    pub to: NaiveDate,
    /// Told apart by what.
    pub by: SurveyTrendBy,
    /// Whose days and weeks; those of the shop when `None`, see [`calendar`](crate::messaging::calendar).
    pub zone: Option<Tz>,
    /// Which invitations count.
    pub filter: TrendFilter,
}

/// What a group is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Group {
    /// The week that begins on this Monday.
    Week(NaiveDate),
    /// A channel, location or category, and its name.
    Thing(Uuid, String),
    /// A carrier.
    Carrier(String),
    /// Those of whom it is not known.
    Unknown,
}

/// The figures of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figures {
    /// Who.
    pub group: Group,
    /// How many were asked, answered, scored.
    pub sums: Sums,
    /// How many of those who were asked answered.
    pub response_rate: Option<Estimate>,
    /// Mean score.
    pub mean: Option<Estimate>,
    /// Net Promoter Score, −100 to 100; only of an NPS.
    pub nps: Option<Estimate>,
    /// Share of good scores: 4 and 5 of CSAT, 5 to 7 of CES; of no other kind.
    pub favorable: Option<Estimate>,
}

/// Figures by group: weeks in their order, all of them; others by how many were asked. Six statements at most.
/// Errors: `UNAUTHENTICATED`, `FORBIDDEN`, `NOT_FOUND`, `INVALID` for days that are backwards or too many, `TOO_MANY`, and
/// those of texts.
pub async fn trend(ctx: &Ctx, request: TrendRequest) -> Result<Vec<Figures>> {
    let scope = ctx.require(Permission::SurveysRead)?;
    let days = (request.to - request.from).num_days();
    if !(0..=MAX_DAYS).contains(&days) {
        return Err(Error::invalid(ErrorCode::Invalid, "to"));
    }
    request.filter.check()?;
    let db = ctx.db();
    let survey = query::by_id(&db, request.survey_id).await?.ok_or(Error::not_found("survey"))?;
    let zone = match request.zone {
        Some(zone) => zone,
        None => request.filter.zone(&db).await?,
    };
    let select = select(&request, &survey, zone)?.filter(query::within(&scope));
    let backend = db.get_database_backend();
    let rows = db.query_all_raw(select.limit(MAX_GROUPS).build(backend)).await?;
    let rows = rows.iter().map(|row| read(row, request.by)).collect::<Result<Vec<_>, DbErr>>()?;
    let questions = question::read(&survey.questions)?;
    let scale = measured(&questions).map_or((0, 10), |question| (question.min, question.max));
    let groups = match request.by {
        SurveyTrendBy::Week => weeks(&request, rows),
        SurveyTrendBy::Carrier => rows.into_iter().map(|(key, sums)| (key.carrier(), sums)).collect(),
        SurveyTrendBy::Channel | SurveyTrendBy::Location | SurveyTrendBy::Category => {
            named(ctx, request.by, rows).await?
        }
    };
    Ok(groups.into_iter().map(|(group, sums)| figures(group, sums, survey.kind, scale)).collect())
}

fn figures(group: Group, sums: Sums, kind: SurveyKind, scale: (i32, i32)) -> Figures {
    // Five of five stars is no detractor.
    let sums = if kind == SurveyKind::Nps { sums } else { Sums { promoters: 0, detractors: 0, ..sums } };
    let good = good_from(kind).and_then(|_| stats::share(sums.favorable, sums.scored));
    Figures {
        group,
        response_rate: stats::share(sums.answered, sums.invited),
        mean: stats::mean(&sums, scale),
        nps: if kind == SurveyKind::Nps { stats::nps(&sums) } else { None },
        favorable: good,
        sums,
    }
}

/// From which score on somebody is content.
const fn good_from(kind: SurveyKind) -> Option<i32> {
    match kind {
        SurveyKind::Csat => Some(4),
        SurveyKind::Ces => Some(5),
        SurveyKind::Nps | SurveyKind::Custom => None,
    }
}

/// Invitations of the days, grouped. Names of columns are ours; nothing that anybody sent stands in the text.
fn select(request: &TrendRequest, survey: &survey::Model, zone: Tz) -> Result<Select<Entity>> {
    let after = request.to.checked_add_days(Days::new(1));
    let range = week::begin(zone, request.from).zip(after.and_then(|day| week::begin(zone, day)));
    let (begin, end) = range.ok_or(Error::invalid(ErrorCode::Invalid, "from"))?;
    let asked = Asked { survey: survey.id, begin, end };
    let key = match request.by {
        SurveyTrendBy::Week => week_number(request, zone),
        SurveyTrendBy::Channel => Column::ChannelId.into_expr(),
        SurveyTrendBy::Location => Column::LocationId.into_expr(),
        SurveyTrendBy::Carrier => Column::Carrier.into_expr(),
        SurveyTrendBy::Category => Expr::cust("filed.category_id"),
    };
    let sum = |what: &str| Expr::cust(format!("CAST(COALESCE(SUM({what}), 0) AS BIGINT)"));
    let score = "survey_answer.score";
    let many = |condition: &str| sum(&format!("CASE WHEN {score} {condition} THEN 1 ELSE 0 END"));
    let good = good_from(survey.kind).unwrap_or(i32::MAX);
    let mut select = Entity::find()
        .select_only()
        .expr_as(key, "bucket")
        .expr_as(Expr::cust("COUNT(*)"), "invited")
        .expr_as(Expr::cust("COUNT(survey_answer.survey_invitation_id)"), "answered")
        .expr_as(Expr::cust(format!("COUNT({score})")), "scored")
        .expr_as(sum(score), "total")
        .expr_as(sum(&format!("{score} * {score}")), "squares")
        .expr_as(many(">= 9"), "promoters")
        .expr_as(many("<= 6"), "detractors")
        .expr_as(many(&format!(">= {good}")), "favorable")
        .join(JoinType::LeftJoin, survey_answer::Relation::SurveyInvitation.def().rev())
        .join(JoinType::LeftJoin, survey_invitation::Relation::Message.def())
        .filter(reached())
        .filter(Column::SurveyId.eq(survey.id))
        .filter(Column::CreatedAt.gte(begin))
        .filter(Column::CreatedAt.lt(end))
        .filter(request.filter.condition(asked))
        .group_by(Expr::cust("bucket"))
        .order_by(Expr::cust("COUNT(*)"), sea_orm::Order::Desc);
    if request.by == SurveyTrendBy::Category {
        let same = Expr::cust("filed.order_id").eq(Column::OrderId.into_expr());
        let filed = request.filter.filed(asked);
        QueryTrait::query(&mut select).join_subquery(sea_orm::sea_query::JoinType::LeftJoin, filed, "filed", same);
    }
    Ok(select)
}

/// Whoever never got the mail was not asked: it was kept back, or the address is dead.
fn reached() -> Condition {
    Condition::any()
        .add(Column::MessageId.is_null())
        .add(Column::AnsweredAt.is_not_null())
        .add(message::Column::Status.is_not_in([MessageStatus::Suppressed, MessageStatus::Failed]))
}

/// Which week of the range it is, from 0.
fn week_number(request: &TrendRequest, zone: Tz) -> Expr {
    let mondays = week::mondays(request.from, request.to);
    let ends = mondays.iter().skip(1).filter_map(|monday| week::begin(zone, *monday));
    // Numbers of ours, written out: a bound one would have no type of its own in a CASE.
    let number = |number: usize| Expr::cust(number.to_string());
    let last = number(mondays.len().saturating_sub(1));
    if mondays.len() < 2 {
        return last;
    }
    let weeks = ends
        .enumerate()
        .fold(CaseStatement::new(), |case, (index, end)| case.case(Column::CreatedAt.lt(end), number(index)));
    weeks.finally(last).into()
}

/// The key of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Key {
    Week(usize),
    Thing(Option<Uuid>),
    Carrier(Option<String>),
}

impl Key {
    fn carrier(self) -> Group {
        match self {
            Self::Carrier(Some(name)) => Group::Carrier(name),
            Self::Carrier(None) | Self::Week(_) | Self::Thing(_) => Group::Unknown,
        }
    }
}

fn read(row: &QueryResult, by: SurveyTrendBy) -> Result<(Key, Sums), DbErr> {
    let count = |name: &str| row.try_get::<i64>("", name);
    let key = match by {
        SurveyTrendBy::Week => Key::Week(usize::try_from(row.try_get::<i32>("", "bucket")?).unwrap_or_default()),
        SurveyTrendBy::Carrier => Key::Carrier(row.try_get("", "bucket")?),
        SurveyTrendBy::Channel | SurveyTrendBy::Location | SurveyTrendBy::Category => {
            Key::Thing(row.try_get("", "bucket")?)
        }
    };
    let sums = Sums {
        invited: count("invited")?,
        answered: count("answered")?,
        scored: count("scored")?,
        sum: count("total")?,
        squares: count("squares")?,
        promoters: count("promoters")?,
        detractors: count("detractors")?,
        favorable: count("favorable")?,
    };
    Ok((key, sums))
}

/// Every week of the range, also those in which nobody was asked.
fn weeks(request: &TrendRequest, rows: Vec<(Key, Sums)>) -> Vec<(Group, Sums)> {
    let one = |(number, monday): (usize, NaiveDate)| {
        let found = rows.iter().find(|(key, _)| *key == Key::Week(number));
        (Group::Week(monday), found.map(|(_, sums)| *sums).unwrap_or_default())
    };
    week::mondays(request.from, request.to).into_iter().enumerate().map(one).collect()
}

async fn named(ctx: &Ctx, by: SurveyTrendBy, rows: Vec<(Key, Sums)>) -> Result<Vec<(Group, Sums)>> {
    let id_of = |key: &Key| match key {
        Key::Thing(id) => *id,
        Key::Week(_) | Key::Carrier(_) => None,
    };
    let ids: Vec<Uuid> = rows.iter().filter_map(|(key, _)| id_of(key)).collect();
    let names = names(ctx, by, &ids).await?;
    let group = |key: &Key| match id_of(key) {
        Some(id) => Group::Thing(id, names.get(&id).cloned().unwrap_or_default()),
        None => Group::Unknown,
    };
    Ok(rows.into_iter().map(|(key, sums)| (group(&key), sums)).collect())
}

async fn names(ctx: &Ctx, by: SurveyTrendBy, ids: &[Uuid]) -> Result<HashMap<Uuid, String>> {
    let db = ctx.db();
    Ok(match by {
        SurveyTrendBy::Channel => {
            let ids: Vec<_> = ids.iter().copied().map(ChannelId).collect();
            channel::query::by_ids(&db, &ids).await?.into_iter().map(|row| (row.id.uuid(), row.name)).collect()
        }
        SurveyTrendBy::Location => {
            let ids: Vec<_> = ids.iter().copied().map(LocationId).collect();
            let rows = location::query::by_ids(&db, &ids).await?;
            let name = |row: &entity::location::Model| location::query::name_in(row, &ctx.locale).to_owned();
            rows.iter().map(|row| (row.id.uuid(), name(row))).collect()
        }
        SurveyTrendBy::Category => {
            let ids: Vec<_> = ids.iter().copied().map(CategoryId).collect();
            let rows = catalog::query::categories_by_ids(&db, &ids).await?;
            rows.into_iter().map(|row| (row.id.uuid(), row.name)).collect()
        }
        SurveyTrendBy::Week | SurveyTrendBy::Carrier => HashMap::new(),
    })
}
