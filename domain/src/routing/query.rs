//! Reads of routing rules, groups of locations and decisions.

use entity::id::{ChannelId, FulfillmentOrderId, LocationGroupId, LocationId, OrderId, RoutingRuleId};
use entity::{location_group, location_group_member, routing_decision, routing_rule};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};

use super::rule::Rule;
use crate::kernel::Result;
use crate::kernel::paging::{Cursor, Page, PageRequest, newest_first};

/// Most decisions of one order that are read; the newest ones.
const MAX_DECISIONS: u64 = 200;

/// The decisions about an order, oldest first; the last 200.
pub async fn of_order(db: &impl ConnectionTrait, order: OrderId) -> Result<Vec<routing_decision::Model>> {
    let found = routing_decision::Entity::find()
        .filter(routing_decision::Column::OrderId.eq(order))
        .order_by_desc(routing_decision::Column::Id)
        .limit(MAX_DECISIONS);
    let mut rows = found.all(db).await?;
    rows.reverse();
    Ok(rows)
}

/// The decisions that routed some work again, oldest first.
pub async fn of_work(db: &impl ConnectionTrait, work: &[FulfillmentOrderId]) -> Result<Vec<routing_decision::Model>> {
    let found = routing_decision::Entity::find()
        .filter(routing_decision::Column::FulfillmentOrderId.is_in(work.iter().copied()))
        .order_by_asc(routing_decision::Column::Id);
    Ok(found.all(db).await?)
}

/// The rules of a channel in the order in which they are tried, active or not. A channel has at most 50.
pub async fn rules(db: &impl ConnectionTrait, channel: ChannelId) -> Result<Vec<routing_rule::Model>> {
    let found = routing_rule::Entity::find()
        .filter(routing_rule::Column::ChannelId.eq(channel))
        .order_by_asc(routing_rule::Column::Position)
        .order_by_asc(routing_rule::Column::Id);
    Ok(found.all(db).await?)
}

/// The rule of an id.
pub async fn rule(db: &impl ConnectionTrait, id: RoutingRuleId) -> Result<Option<routing_rule::Model>> {
    Ok(routing_rule::Entity::find_by_id(id).one(db).await?)
}

/// The rules that a channel applies, in order.
pub async fn active_rules(db: &impl ConnectionTrait, channel: ChannelId) -> Result<Vec<Rule>> {
    rules(db, channel).await?.iter().filter(|rule| rule.active).map(Rule::of).collect()
}

/// Groups of locations, newest first.
pub async fn group_page(db: &impl ConnectionTrait, request: &PageRequest) -> Result<Page<location_group::Model>> {
    let query = newest_first(location_group::Entity::find(), location_group::Column::Id, request);
    Ok(Page::from_rows(request, query.all(db).await?, |row| Cursor::of(row.id.uuid())))
}

/// How many groups [`group_page`] walks through.
pub async fn group_count(db: &impl ConnectionTrait) -> Result<u64> {
    Ok(location_group::Entity::find().count(db).await?)
}

/// The members of some groups, by group and location.
pub async fn members(
    db: &impl ConnectionTrait,
    groups: &[LocationGroupId],
) -> Result<Vec<(LocationGroupId, LocationId)>> {
    use location_group_member::Column;
    let rows = location_group_member::Entity::find()
        .filter(Column::LocationGroupId.is_in(groups.iter().copied()))
        .order_by_asc(Column::LocationGroupId)
        .order_by_asc(Column::LocationId)
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|row| (row.location_group_id, row.location_id)).collect())
}
