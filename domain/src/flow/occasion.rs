//! What an event gives reason to: runs about its orders or customer, what is used up by a customer's own pace, and
//! whom to tell that something is there again.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use entity::id::{ChannelId, CustomerId, FlowId, OrderId, VariantId};
use entity::words::{FlowRunStatus, OrderStatus, ProductStatus};
use entity::{back_in_stock, event, flow_run, order, order_line, product, variant};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};

use super::claim;
use super::definition::{Definition, Per, Trigger};
use super::subject::{About, RunContext, Subject};
use crate::inventory::availability;
use crate::kernel::Result;
use crate::kernel::secret::Secrets;

/// Purchases of the past, for each person, that a pace is made from.
const PURCHASES: u64 = 500;
/// People told of one arrival at most; the next look goes on.
const TOLD_AT_ONCE: usize = 500;
/// Wishes looked at for the goods of one look: those that want more than there is are passed over.
const WISHES: u64 = 2_000;
/// Goods, or wishes, of one statement.
const GOODS_AT_ONCE: usize = 500;
/// Runs of one wish, until somebody was told.
const TRIES: u8 = 3;

/// What events give reason to by a definition, in a number of statements that does not grow with them.
pub(super) async fn of_events(
    db: &impl ConnectionTrait,
    definition: &Definition,
    events: &[&event::Model],
) -> Result<Vec<Subject>> {
    match &definition.trigger {
        Trigger::Event { on, per } => {
            let meant = events.iter().filter(|event| on.iter().any(|one| one.matches(event)));
            Ok(meant.flat_map(|event| plain(event, *per)).collect())
        }
        Trigger::Replenishment { intervals, days_before } => {
            let placed: Vec<&event::Model> =
                events.iter().copied().filter(|event| event.kind == "order_placed").collect();
            replenishment(db, &placed, usize::from(*intervals), TimeDelta::days((*days_before).into())).await
        }
        Trigger::Message { .. }
        | Trigger::Birthday { .. }
        | Trigger::Anniversary { .. }
        | Trigger::WinBack { .. }
        | Trigger::CartLeft { .. }
        | Trigger::BackInStock {}
        | Trigger::Engaged { .. } => Ok(Vec::new()),
    }
}

fn plain(event: &event::Model, per: Per) -> Vec<Subject> {
    let about = About::of(event);
    let subject = |key: String, order_id: Option<OrderId>| Subject {
        key,
        customer_id: about.customer_id,
        order_id,
        channel_id: None,
        event_id: Some(event.id),
        at: event.occurred_at,
        due_at: event.occurred_at,
        context: RunContext { since: Some(event.occurred_at), ..RunContext::default() },
    };
    let by_order = || about.orders.iter().map(|id| subject(id.to_string(), Some(*id))).collect::<Vec<_>>();
    let by_customer = || about.customer_id.map(|id| subject(id.to_string(), None)).into_iter().collect::<Vec<_>>();
    match per {
        Per::Order if about.orders.is_empty() => by_customer(),
        Per::Order => by_order(),
        Per::Customer => {
            about.customer_id.map(|id| subject(id.to_string(), about.orders.first().copied())).into_iter().collect()
        }
        Per::Event => vec![subject(event.id.to_string(), about.orders.first().copied())],
    }
}

type Purchases = BTreeMap<(CustomerId, VariantId), Vec<(DateTime<Utc>, OrderId)>>;

/// When what was bought will be used up, by the median of the intervals at which its buyer bought it.
async fn replenishment(
    db: &impl ConnectionTrait,
    placed: &[&event::Model],
    intervals: usize,
    before: TimeDelta,
) -> Result<Vec<Subject>> {
    let wanted: BTreeMap<OrderId, &event::Model> =
        placed.iter().map(|event| (OrderId(event.aggregate_id), *event)).collect();
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let bought: Vec<(OrderId, CustomerId, ChannelId, VariantId)> = order_line::Entity::find()
        .select_only()
        .column(order_line::Column::OrderId)
        .column_as(Expr::col((order::Entity, order::Column::CustomerId)), "customer_id")
        .column_as(Expr::col((order::Entity, order::Column::ChannelId)), "channel_id")
        .column(order_line::Column::VariantId)
        .inner_join(order::Entity)
        .filter(order_line::Column::OrderId.is_in(wanted.keys().copied()))
        .filter(order::Column::CustomerId.is_not_null())
        .order_by_asc(order_line::Column::Id)
        .into_tuple()
        .all(db)
        .await?;
    let past = purchases(db, &bought).await?;
    let mut subjects: BTreeMap<String, Subject> = BTreeMap::new();
    for (order_id, customer_id, channel_id, variant_id) in bought {
        let Some(event) = wanted.get(&order_id) else { continue };
        let times: BTreeSet<DateTime<Utc>> = past
            .get(&(customer_id, variant_id))
            .into_iter()
            .flatten()
            .map(|(at, _)| *at)
            .filter(|at| *at <= event.occurred_at)
            .collect();
        let Some(pace) = median_interval(&times, intervals) else { continue };
        let key = format!("{customer_id}:{variant_id}:{order_id}");
        let subject = Subject {
            key: key.clone(),
            customer_id: Some(customer_id),
            order_id: Some(order_id),
            channel_id: Some(channel_id),
            event_id: Some(event.id),
            at: event.occurred_at,
            due_at: (event.occurred_at + pace - before).max(event.occurred_at),
            context: RunContext {
                variant_ids: vec![variant_id],
                since: Some(event.occurred_at),
                ..RunContext::default()
            },
        };
        subjects.insert(key, subject);
    }
    Ok(subjects.into_values().collect())
}

/// When the same people bought the same things, canceled orders apart.
async fn purchases(
    db: &impl ConnectionTrait,
    bought: &[(OrderId, CustomerId, ChannelId, VariantId)],
) -> Result<Purchases> {
    let people: BTreeSet<CustomerId> = bought.iter().map(|(_, id, _, _)| *id).collect();
    let most = u64::try_from(people.len()).unwrap_or(u64::MAX).saturating_mul(PURCHASES);
    let variants: BTreeSet<VariantId> = bought.iter().map(|(_, _, _, id)| *id).collect();
    let rows: Vec<(OrderId, CustomerId, VariantId, Option<DateTime<Utc>>)> = order_line::Entity::find()
        .select_only()
        .column(order_line::Column::OrderId)
        .column_as(Expr::col((order::Entity, order::Column::CustomerId)), "customer_id")
        .column(order_line::Column::VariantId)
        .column_as(Expr::col((order::Entity, order::Column::PlacedAt)), "placed_at")
        .inner_join(order::Entity)
        .filter(order::Column::CustomerId.is_in(people))
        .filter(order_line::Column::VariantId.is_in(variants))
        .filter(order::Column::Status.is_in([OrderStatus::Open, OrderStatus::Closed]))
        .order_by_desc(order_line::Column::Id)
        .limit(most)
        .into_tuple()
        .all(db)
        .await?;
    let mut past: Purchases = BTreeMap::new();
    for (order_id, customer, variant, at) in rows {
        past.entry((customer, variant)).or_default().extend(at.map(|at| (at, order_id)));
    }
    Ok(past)
}

/// The median of the intervals between moments, when there are as many as wanted; of an even number the shorter of the
/// two in the middle: better early than out of stock.
pub(super) fn median_interval(times: &BTreeSet<DateTime<Utc>>, least: usize) -> Option<TimeDelta> {
    let mut gaps: Vec<TimeDelta> =
        times.iter().zip(times.iter().skip(1)).map(|(first, second)| *second - *first).collect();
    if gaps.is_empty() || gaps.len() < least {
        return None;
    }
    gaps.sort_unstable();
    gaps.get((gaps.len() - 1) / 2).copied().filter(|gap| *gap >= TimeDelta::days(1))
}

/// Whom to tell that something is there again: the first who asked, as many as there are units that nobody was told of,
/// and no more at once than one look can begin. An address that gets nothing has one run, which notes it, and keeps no unit
/// from the next. `named` are the goods that may have come; all that somebody waits for when
/// `None`. `flow` is the one that tells.
pub(super) async fn arrivals(
    db: &impl ConnectionTrait,
    secrets: &Secrets,
    flow: FlowId,
    named: Option<&BTreeSet<VariantId>>,
    now: DateTime<Utc>,
) -> Result<Vec<Subject>> {
    let mut subjects = Vec::new();
    for (channel, ids) in awaited(db, named).await? {
        for some in ids.chunks(GOODS_AT_ONCE) {
            let free = free(db, secrets, channel, some, now).await?;
            if !free.is_empty() {
                subjects.extend(first_who_asked(db, secrets, (flow, channel), free, now).await?);
            }
            if subjects.len() >= TOLD_AT_ONCE {
                subjects.truncate(TOLD_AT_ONCE);
                return Ok(subjects);
            }
        }
    }
    Ok(subjects)
}

fn open_wishes() -> Select<back_in_stock::Entity> {
    back_in_stock::Entity::find()
        .filter(back_in_stock::Column::NotifiedAt.is_null())
        .filter(back_in_stock::Column::CanceledAt.is_null())
}

/// The goods that somebody waits for, by channel.
async fn awaited(
    db: &impl ConnectionTrait,
    named: Option<&BTreeSet<VariantId>>,
) -> Result<BTreeMap<ChannelId, Vec<VariantId>>> {
    let mut query = open_wishes()
        .select_only()
        .column(back_in_stock::Column::ChannelId)
        .column(back_in_stock::Column::VariantId)
        .distinct();
    if let Some(named) = named {
        query = query.filter(back_in_stock::Column::VariantId.is_in(named.iter().copied()));
    }
    let rows: Vec<(ChannelId, VariantId)> = query.into_tuple().all(db).await?;
    let mut goods: BTreeMap<ChannelId, BTreeSet<VariantId>> = BTreeMap::new();
    for (channel, variant) in rows {
        goods.entry(channel).or_default().insert(variant);
    }
    Ok(goods.into_iter().map(|(channel, ids)| (channel, ids.into_iter().collect())).collect())
}

/// Units of goods that are sold and there, and that nobody was told of; goods without any are left out.
async fn free(
    db: &impl ConnectionTrait,
    secrets: &Secrets,
    channel: ChannelId,
    ids: &[VariantId],
    now: DateTime<Utc>,
) -> Result<BTreeMap<VariantId, i64>> {
    let ids = sold(db, ids.iter().copied()).await?;
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let there = availability::published(db, channel, &ids, now).await?;
    let told = claim::units(db, secrets, channel, &ids, now).await?;
    let units = |id: VariantId| {
        let one = there.get(&id)?;
        let free = if one.tracked { one.in_stock - told.get(&id).copied().unwrap_or(0) } else { i64::MAX };
        (free > 0).then_some((id, free))
    };
    Ok(ids.into_iter().filter_map(units).collect())
}

/// Who wants some of these units, the first who asked first. Who wants more than there is does not keep others from theirs.
async fn first_who_asked(
    db: &impl ConnectionTrait,
    secrets: &Secrets,
    (flow, channel): (FlowId, ChannelId),
    mut free: BTreeMap<VariantId, i64>,
    now: DateTime<Utc>,
) -> Result<Vec<Subject>> {
    let rows = open_wishes()
        .filter(back_in_stock::Column::ChannelId.eq(channel))
        .filter(back_in_stock::Column::VariantId.is_in(free.keys().copied()))
        .order_by_asc(back_in_stock::Column::Id)
        .limit(WISHES)
        .all(db)
        .await?;
    let mut subjects = Vec::new();
    let over = over(db, flow, &rows).await?;
    let dead = claim::dead(db, secrets, &rows).await?;
    for row in rows {
        let Some(key) = keys(&row).find(|key| !over.contains(key)) else { continue };
        let Some(units) = free.get_mut(&row.variant_id).filter(|units| row.quantity <= **units) else { continue };
        if !dead.contains(&row.id) {
            *units -= row.quantity;
            subjects.push(arrival(&row, key, now));
        } else if keys(&row).next().is_some_and(|first| first == key) {
            subjects.push(arrival(&row, key, now));
        }
    }
    Ok(subjects)
}

/// The keys of the runs that a wish may have, one after the other.
fn keys(row: &back_in_stock::Model) -> impl Iterator<Item = String> {
    let id = row.id.to_string();
    (1..=TRIES).map(move |nth| if nth == 1 { id.clone() } else { format!("{id}:{nth}") })
}

/// Keys of runs that are over although nobody was told, because the goods were taken from sale for an hour, for example.
/// Such a wish gets another run, but not for ever: it must not keep units from those who asked later.
async fn over(db: &impl ConnectionTrait, flow: FlowId, rows: &[back_in_stock::Model]) -> Result<BTreeSet<String>> {
    let mut over = BTreeSet::new();
    for some in rows.chunks(GOODS_AT_ONCE) {
        let found: Vec<String> = flow_run::Entity::find()
            .select_only()
            .column(flow_run::Column::SubjectKey)
            .filter(flow_run::Column::FlowId.eq(flow))
            .filter(flow_run::Column::SubjectKey.is_in(some.iter().flat_map(keys)))
            .filter(flow_run::Column::Status.ne(FlowRunStatus::Waiting))
            .into_tuple()
            .all(db)
            .await?;
        over.extend(found);
    }
    Ok(over)
}

fn arrival(row: &back_in_stock::Model, key: String, now: DateTime<Utc>) -> Subject {
    Subject {
        key,
        customer_id: row.customer_id,
        order_id: None,
        channel_id: Some(row.channel_id),
        event_id: None,
        at: now,
        due_at: now,
        context: RunContext {
            variant_ids: vec![row.variant_id],
            back_in_stock_id: Some(row.id),
            since: Some(now),
            ..RunContext::default()
        },
    }
}

async fn sold(db: &impl ConnectionTrait, ids: impl Iterator<Item = VariantId>) -> Result<Vec<VariantId>> {
    let rows: Vec<VariantId> = variant::Entity::find()
        .select_only()
        .column(variant::Column::Id)
        .inner_join(product::Entity)
        .filter(variant::Column::Id.is_in(ids.collect::<Vec<_>>()))
        .filter(variant::Column::Active.eq(true))
        .filter(product::Column::Status.eq(ProductStatus::Active))
        .order_by_asc(variant::Column::Id)
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pace_is_the_median_of_enough_intervals() {
        let day = |day: i64| DateTime::from_timestamp(day * 86_400, 0).expect("a day");
        let pace = |days: &[i64]| median_interval(&days.iter().map(|it| day(*it)).collect(), 2).map(|it| it.num_days());
        assert_eq!(pace(&[]), None);
        assert_eq!(pace(&[0]), None);
        assert_eq!(pace(&[0, 30]), None);
        assert_eq!(pace(&[0, 30, 70]), Some(30));
        assert_eq!(pace(&[0, 30, 70, 71]), Some(30));
        assert_eq!(pace(&[0, 10, 40, 70, 200]), Some(30));
        // Two of the same on one day are no pace.
        assert_eq!(
            median_interval(&[day(0), day(0) + TimeDelta::hours(1), day(0) + TimeDelta::hours(2)].into(), 2),
            None
        );
    }
}
