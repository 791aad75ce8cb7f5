//! How long stock lies where it is.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::id::{LocationId, VariantId};
use sea_orm::{ConnectionTrait, FromQueryResult};

use super::level::Key;
use super::sql::Sql;
use crate::Result;

#[derive(Debug, FromQueryResult)]
struct Row {
    location_id: LocationId,
    variant_id: VariantId,
    since: DateTime<Utc>,
}

/// Since when the oldest unit of each variant lies at each location, as if what came first left first: the newest
/// receipts that together cover what is on hand are still there. A pair without stock is left out. One statement.
pub(crate) async fn oldest(
    db: &impl ConnectionTrait,
    locations: &[LocationId],
    variants: &[VariantId],
) -> Result<HashMap<Key, DateTime<Utc>>> {
    if locations.is_empty() || variants.is_empty() {
        return Ok(HashMap::new());
    }
    let statement = Sql::new(db.get_database_backend())
        .push(
            "SELECT r.location_id, r.variant_id, MIN(r.occurred_at) AS since FROM (SELECT m.location_id, \
               m.variant_id, m.occurred_at, m.quantity, SUM(m.quantity) OVER (PARTITION BY m.location_id, \
               m.variant_id ORDER BY m.id DESC) AS running FROM stock_movement m WHERE m.from_state IS NULL \
               AND m.variant_id IN ",
        )
        .list(variants.iter().map(|id| id.uuid()))
        .push(" AND m.location_id IN ")
        .list(locations.iter().map(|id| id.uuid()))
        .push(
            ") r JOIN stock_level s ON s.location_id = r.location_id AND s.variant_id = r.variant_id \
               WHERE r.running - r.quantity < s.on_hand GROUP BY r.location_id, r.variant_id",
        )
        .build();
    let rows = Row::find_by_statement(statement).all(db).await?;
    Ok(rows.into_iter().map(|row| ((row.location_id, row.variant_id), row.since)).collect())
}
