//! What the clock gives reason to: birthdays, anniversaries, long absences, carts that were left, people who look again
//! and again. Read page by page over indexes, each moment in the half-open window `(from, until]`.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use entity::id::{ChannelId, CustomerId, OrderId};
use entity::words::{CartStatus, MessageEventKind, OrderStatus};
use entity::{cart, cart_line, channel, customer, draft_order, message, message_event, order};
use sea_orm::sea_query::{Alias, Condition, Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::definition::Trigger;
use super::subject::{RunContext, Subject};
use super::time::{day_in, instant, zone};
use crate::channel as channels;
use crate::kernel::Result;
use crate::kernel::event::first_id_at;
use crate::messaging::policy;

/// Rows of one page.
pub(super) const PAGE: u64 = 500;
/// Nobody is older.
const OLDEST: i32 = 125;
/// Anniversaries are kept for so many years.
const YEARS: i32 = 30;

/// A stretch of time, its begin not included.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    pub(super) from: DateTime<Utc>,
    pub(super) until: DateTime<Utc>,
}

impl Window {
    fn holds(self, at: DateTime<Utc>) -> bool {
        at > self.from && at <= self.until
    }

    fn back(self, by: TimeDelta) -> Self {
        Self { from: self.from - by, until: self.until - by }
    }
}

/// One page of what is due, and where the next page begins; `None` after the last.
pub(super) async fn page(
    db: &impl ConnectionTrait,
    trigger: &Trigger,
    window: Window,
    after: Option<Uuid>,
) -> Result<(Vec<Subject>, Option<Uuid>)> {
    match trigger {
        Trigger::Birthday { days_before } => birthdays(db, window, i64::from(*days_before), after).await,
        Trigger::Anniversary { days_before } => anniversaries(db, window, i64::from(*days_before), after).await,
        Trigger::WinBack { days } => absent(db, window, TimeDelta::days((*days).into()), after).await,
        Trigger::CartLeft { hours } => carts(db, window, TimeDelta::hours((*hours).into()), after).await,
        Trigger::Engaged { of, times, within_days } => {
            let within = TimeDelta::days((*within_days).into());
            engaged(db, window, (*of, i64::from(*times), within), after).await
        }
        Trigger::Message { .. } | Trigger::Event { .. } | Trigger::Replenishment { .. } | Trigger::BackInStock {} => {
            Ok((Vec::new(), None))
        }
    }
}

fn next_page(last: Option<Uuid>, found: usize) -> Option<Uuid> {
    last.filter(|_| u64::try_from(found).is_ok_and(|found| found >= PAGE))
}

/// Whose day it is where they live.
async fn birthdays(
    db: &impl ConnectionTrait,
    window: Window,
    days_before: i64,
    after: Option<Uuid>,
) -> Result<(Vec<Subject>, Option<Uuid>)> {
    let mut query = customer::Entity::find()
        .filter(customer::Column::BirthOn.is_in(born_on(window, days_before)))
        .filter(customer::Column::MergedIntoId.is_null())
        .filter(customer::Column::ErasedAt.is_null());
    if let Some(after) = after {
        query = query.filter(customer::Column::Id.gt(CustomerId(after)));
    }
    let rows = query.order_by_asc(customer::Column::Id).limit(PAGE).all(db).await?;
    let next = next_page(rows.last().map(|row| row.id.uuid()), rows.len());
    let shops = shops(db, rows.iter().map(|row| row.id)).await?;
    let day_of = |row: &customer::Model| {
        let born = row.birth_on?;
        let shop = shops.of(row.id);
        let moments = years(window).filter_map(|year| {
            let day = day_in(year, born)? - Days::new(u64::try_from(days_before).unwrap_or(0));
            Some((year, instant(zone(Some(row), None, shop), day, NaiveTime::MIN)))
        });
        let (year, at) = moments.into_iter().find(|(_, at)| window.holds(*at))?;
        Some(of_customer(row.id, shop.map(|shop| shop.id), format!("{}:{year}", row.id), at))
    };
    Ok((rows.iter().filter_map(day_of).collect(), next))
}

fn years(window: Window) -> impl Iterator<Item = i32> {
    window.from.year() - 1..=window.until.year() + 1
}

/// Every date of birth whose day falls into the window somewhere on earth: an index finds them, whatever the year.
fn born_on(window: Window, days_before: i64) -> Vec<NaiveDate> {
    let first = (window.from + TimeDelta::days(days_before - 1)).date_naive();
    let last = (window.until + TimeDelta::days(days_before + 1)).date_naive();
    let mut dates = Vec::new();
    for day in first.iter_days().take_while(|day| *day <= last) {
        for year in day.year() - OLDEST..=day.year() {
            dates.extend(day.with_year(year));
            // Who was born on a leap day has the 28th in other years.
            if day.month() == 2 && day.day() == 28 && !day.leap_year() {
                dates.extend(NaiveDate::from_ymd_opt(year, 2, 29));
            }
        }
    }
    dates
}

fn of_customer(id: CustomerId, channel_id: Option<ChannelId>, key: String, at: DateTime<Utc>) -> Subject {
    Subject {
        key,
        customer_id: Some(id),
        order_id: None,
        channel_id,
        event_id: None,
        at,
        due_at: at,
        context: RunContext { since: Some(at), ..RunContext::default() },
    }
}

/// In whose name people are written to who are not written to about an order: where they bought last, else the first
/// web shop.
struct Shops {
    last: HashMap<CustomerId, ChannelId>,
    channels: HashMap<ChannelId, channel::Model>,
    first: Option<channel::Model>,
}

impl Shops {
    fn of(&self, id: CustomerId) -> Option<&channel::Model> {
        let last = self.last.get(&id).and_then(|id| self.channels.get(id));
        last.filter(|channel| channel.active && policy::writes(channel.kind)).or(self.first.as_ref())
    }
}

async fn shops(db: &impl ConnectionTrait, people: impl Iterator<Item = CustomerId>) -> Result<Shops> {
    let rows: Vec<(CustomerId, ChannelId)> = order::Entity::find()
        .select_only()
        .column(order::Column::CustomerId)
        .column(order::Column::ChannelId)
        .filter(order::Column::CustomerId.is_in(people.collect::<Vec<_>>()))
        .filter(Expr::exists(beside(true)).not())
        .into_tuple()
        .all(db)
        .await?;
    let channels = channels::query::list(db).await?;
    Ok(Shops {
        last: rows.into_iter().collect(),
        first: channels::query::default_online(db).await?,
        channels: channels.into_iter().map(|channel| (channel.id, channel)).collect(),
    })
}

/// Another order of the same customer that was not canceled, later or earlier than the one of the outer query.
fn beside(later: bool) -> SelectStatement {
    let other = Alias::new("other");
    let id = Expr::col((other.clone(), order::Column::Id));
    let this = Expr::col((order::Entity, order::Column::Id));
    Query::select()
        .expr(Expr::val(1))
        .from_as(order::Entity, other.clone())
        .and_where(
            Expr::col((other.clone(), order::Column::CustomerId)).equals((order::Entity, order::Column::CustomerId)),
        )
        .and_where(Expr::col((other, order::Column::Status)).ne(OrderStatus::Canceled))
        .and_where(if later { id.gt(this) } else { id.lt(this) })
        .to_owned()
}

/// Orders placed in a stretch of time: their ids begin with the moment.
fn placed_in(window: Window) -> Condition {
    let id = |at| OrderId(first_id_at(at).uuid());
    Condition::all()
        .add(order::Column::Id.gte(id(window.from)))
        .add(order::Column::Id.lt(id(window.until + TimeDelta::milliseconds(1))))
}

/// Orders of known customers that stand, the only, first or last of their customers.
async fn turning_points(
    db: &impl ConnectionTrait,
    placed: Condition,
    last: bool,
    after: Option<Uuid>,
) -> Result<Vec<order::Model>> {
    let mut query = order::Entity::find()
        .filter(placed)
        .filter(order::Column::CustomerId.is_not_null())
        .filter(order::Column::PlacedAt.is_not_null())
        .filter(order::Column::Status.ne(OrderStatus::Canceled))
        .filter(Expr::exists(beside(last)).not());
    if let Some(after) = after {
        query = query.filter(order::Column::Id.gt(OrderId(after)));
    }
    Ok(query.order_by_asc(order::Column::Id).limit(PAGE).all(db).await?)
}

/// Who bought for the first time on this day of an earlier year.
async fn anniversaries(
    db: &impl ConnectionTrait,
    window: Window,
    days_before: i64,
    after: Option<Uuid>,
) -> Result<(Vec<Subject>, Option<Uuid>)> {
    // A day more on both sides: days begin at other times elsewhere, and years have different lengths.
    let (first, last) =
        (window.from + TimeDelta::days(days_before - 2), window.until + TimeDelta::days(days_before + 2));
    let mut placed = Condition::any();
    for back in 1..=YEARS {
        let moved = |at: DateTime<Utc>| {
            let day = at.date_naive();
            day_in(day.year() - back, day).map(|day| day.and_time(at.time()).and_utc())
        };
        if let (Some(from), Some(until)) = (moved(first), moved(last)) {
            placed = placed.add(placed_in(Window { from, until }));
        }
    }
    let rows = turning_points(db, placed, false, after).await?;
    let next = next_page(rows.last().map(|row| row.id.uuid()), rows.len());
    let people: Vec<CustomerId> = rows.iter().filter_map(|row| row.customer_id).collect();
    let known: HashMap<CustomerId, customer::Model> =
        crate::customer::query::by_ids(db, &people).await?.into_iter().map(|row| (row.id, row)).collect();
    let shops = shops(db, people.iter().copied()).await?;
    let day_of = |row: &order::Model| {
        let (id, placed) = (row.customer_id?, row.placed_at?);
        let person = known.get(&id)?;
        let shop = shops.of(id);
        let zone = zone(Some(person), None, shop);
        let bought = placed.with_timezone(&zone).date_naive();
        let moments = years(window).filter(|year| *year > bought.year()).filter_map(|year| {
            let day = day_in(year, bought)? - Days::new(u64::try_from(days_before).unwrap_or(0));
            Some((year, instant(zone, day, NaiveTime::MIN)))
        });
        let (year, at) = moments.into_iter().find(|(_, at)| window.holds(*at))?;
        Some(of_customer(id, shop.map(|shop| shop.id), format!("{id}:{year}"), at))
    };
    Ok((rows.iter().filter_map(day_of).collect(), next))
}

/// Who bought last so long ago.
async fn absent(
    db: &impl ConnectionTrait,
    window: Window,
    days: TimeDelta,
    after: Option<Uuid>,
) -> Result<(Vec<Subject>, Option<Uuid>)> {
    let placed = window.back(days);
    let rows = turning_points(db, placed_in(placed), true, after).await?;
    let next = next_page(rows.last().map(|row| row.id.uuid()), rows.len());
    let subject = |row: &order::Model| {
        let at = row.placed_at.filter(|at| placed.holds(*at))? + days;
        Some(Subject {
            key: row.id.to_string(),
            customer_id: row.customer_id,
            order_id: Some(row.id),
            channel_id: Some(row.channel_id),
            event_id: None,
            at,
            due_at: at,
            context: RunContext { since: row.placed_at, ..RunContext::default() },
        })
    };
    Ok((rows.iter().filter_map(subject).collect(), next))
}

/// Carts with goods and an owner that nobody touched for so long. Those that staff prepare are none of them.
async fn carts(
    db: &impl ConnectionTrait,
    window: Window,
    hours: TimeDelta,
    after: Option<Uuid>,
) -> Result<(Vec<Subject>, Option<Uuid>)> {
    let left = window.back(hours);
    let of_cart = |entity_column: (Alias, Alias)| Expr::col(entity_column).equals((cart::Entity, cart::Column::Id));
    let with_goods = Query::select()
        .expr(Expr::val(1))
        .from(cart_line::Entity)
        .and_where(of_cart((Alias::new("cart_line"), Alias::new("cart_id"))))
        .to_owned();
    let of_staff = Query::select()
        .expr(Expr::val(1))
        .from(draft_order::Entity)
        .and_where(of_cart((Alias::new("draft_order"), Alias::new("cart_id"))))
        .to_owned();
    let mut query = cart::Entity::find()
        .filter(cart::Column::Status.eq(CartStatus::Active))
        .filter(cart::Column::UpdatedAt.gt(left.from))
        .filter(cart::Column::UpdatedAt.lte(left.until))
        .filter(cart::Column::CustomerId.is_not_null().or(cart::Column::Email.is_not_null()))
        .filter(Expr::exists(with_goods))
        .filter(Expr::exists(of_staff).not());
    if let Some(after) = after {
        query = query.filter(cart::Column::Id.gt(entity::id::CartId(after)));
    }
    let rows = query.order_by_asc(cart::Column::Id).limit(PAGE).all(db).await?;
    let next = next_page(rows.last().map(|row| row.id.uuid()), rows.len());
    let goods = crate::cart::query::lines(db, &rows.iter().map(|row| row.id).collect::<Vec<_>>()).await?;
    let mut inside: BTreeMap<entity::id::CartId, Vec<entity::id::VariantId>> = BTreeMap::new();
    for line in goods {
        inside.entry(line.cart_id).or_default().push(line.variant_id);
    }
    let subjects = rows.into_iter().map(|row| Subject {
        key: row.id.to_string(),
        customer_id: row.customer_id,
        order_id: None,
        channel_id: Some(row.channel_id),
        event_id: None,
        at: row.updated_at + hours,
        due_at: row.updated_at + hours,
        context: RunContext {
            variant_ids: inside.remove(&row.id).unwrap_or_default(),
            cart_id: Some(row.id),
            since: Some(row.updated_at),
            ..RunContext::default()
        },
    });
    Ok((subjects.collect(), next))
}

/// Who looked or followed so many times.
async fn engaged(
    db: &impl ConnectionTrait,
    window: Window,
    (kind, times, within): (MessageEventKind, i64, TimeDelta),
    after: Option<Uuid>,
) -> Result<(Vec<Subject>, Option<Uuid>)> {
    let mut query = message_event::Entity::find()
        .select_only()
        .column_as(Expr::col((message::Entity, message::Column::CustomerId)), "customer_id")
        .column_as(message_event::Column::OccurredAt.max(), "last")
        .inner_join(message::Entity)
        .filter(message_event::Column::Kind.eq(kind))
        .filter(message_event::Column::ByMachine.eq(false))
        .filter(message_event::Column::OccurredAt.gt(window.until - within))
        .filter(message_event::Column::OccurredAt.lte(window.until))
        .filter(message::Column::CustomerId.is_not_null());
    if let Some(after) = after {
        query = query.filter(message::Column::CustomerId.gt(CustomerId(after)));
    }
    let rows: Vec<(CustomerId, Option<DateTime<Utc>>)> = query
        .group_by(Expr::col((message::Entity, message::Column::CustomerId)))
        .having(message_event::Column::Id.count().gte(times))
        .order_by_asc(message::Column::CustomerId)
        .limit(PAGE)
        .into_tuple()
        .all(db)
        .await?;
    let next = next_page(rows.last().map(|(id, _)| id.uuid()), rows.len());
    let shops = shops(db, rows.iter().map(|(id, _)| *id)).await?;
    let subject = |(id, last): &(CustomerId, Option<DateTime<Utc>>)| {
        let at = last.unwrap_or(window.until);
        of_customer(*id, shops.of(*id).map(|shop| shop.id), id.to_string(), at)
    };
    Ok((rows.iter().map(subject).collect(), next))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn birthdays_are_looked_up_by_whole_dates() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().expect("a moment");
        let window = Window { from: at("2027-02-27T12:00:00Z"), until: at("2027-02-28T12:00:00Z") };
        let dates = born_on(window, 0);
        let has = |year, month, day| dates.contains(&NaiveDate::from_ymd_opt(year, month, day).expect("a day"));
        assert!(has(1980, 2, 28) && has(1980, 2, 29) && has(1981, 3, 1) && !has(1980, 3, 3) && has(2027, 2, 28));
        assert!(dates.len() < 1_000, "{}", dates.len());
    }
}
