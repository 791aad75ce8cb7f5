//! What rules ask about locations beyond their stock, read in one statement per kind of question.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use entity::id::{LocationGroupId, LocationId, VariantId};
use entity::words::{DeliveryMethod, FulfillmentOrderStatus};
use entity::{fulfillment_order, location, location_group_member};
use sea_orm::sea_query::{Expr, ExprTrait, Func};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};

use super::rule::Wants;
use crate::inventory::age;
use crate::kernel::Result;
use crate::location::{hours, query::time_zone};

/// What is known of the candidates.
#[derive(Debug, Default)]
pub struct Facts {
    /// The groups of each location.
    pub groups: HashMap<LocationId, BTreeSet<LocationGroupId>>,
    /// Orders routed to each location today, by its own calendar.
    pub orders_today: HashMap<LocationId, i64>,
    /// Since when the oldest unit of each variant lies at each location.
    pub oldest: HashMap<LocationId, HashMap<VariantId, DateTime<Utc>>>,
}

/// Reads what some rules ask for; at most three statements, none when they ask for nothing.
pub async fn read(
    db: &impl ConnectionTrait,
    wants: Wants,
    locations: &[&location::Model],
    variants: &[VariantId],
    now: DateTime<Utc>,
) -> Result<Facts> {
    let mut facts = Facts::default();
    let ids: Vec<LocationId> = locations.iter().map(|location| location.id).collect();
    if wants.groups {
        let members = location_group_member::Entity::find()
            .filter(location_group_member::Column::LocationId.is_in(ids.iter().copied()));
        for member in members.all(db).await? {
            facts.groups.entry(member.location_id).or_default().insert(member.location_group_id);
        }
    }
    if wants.orders_today {
        facts.orders_today = orders_today(db, locations, now).await?;
    }
    if wants.stock_age {
        for ((location, variant), since) in age::oldest(db, &ids, variants).await? {
            facts.oldest.entry(location).or_default().insert(variant, since);
        }
    }
    Ok(facts)
}

/// Orders whose parcels were routed to each location since its last midnight.
async fn orders_today(
    db: &impl ConnectionTrait,
    locations: &[&location::Model],
    now: DateTime<Utc>,
) -> Result<HashMap<LocationId, i64>> {
    use fulfillment_order::Column;
    let limited = locations.iter().filter(|location| location.daily_order_limit.is_some());
    let days: Vec<_> = limited.map(|location| (location.id, hours::start_of_day(time_zone(location), now))).collect();
    if days.is_empty() {
        return Ok(HashMap::new());
    }
    let today = days.into_iter().fold(Condition::any(), |any, (location, since)| {
        any.add(Column::LocationId.eq(location).and(Column::RoutedAt.gte(since)))
    });
    let rows: Vec<(LocationId, i64)> = fulfillment_order::Entity::find()
        .select_only()
        .column(Column::LocationId)
        .expr_as(Expr::expr(Func::count_distinct(Expr::col(Column::OrderId))), "orders")
        .filter(today)
        .filter(Column::Method.is_in([DeliveryMethod::Ship, DeliveryMethod::LocalDelivery]))
        .filter(Column::Status.ne(FulfillmentOrderStatus::Canceled))
        .group_by(Column::LocationId)
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().collect())
}
