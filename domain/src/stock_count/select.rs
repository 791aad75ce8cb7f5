//! Which goods a count is about: its lines are made inside the database, however many there are.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use entity::id::{StockCountLineId, StorageAreaId, VariantId};
use entity::stock_count::Model;
use entity::{stock_count_line, storage_area};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DatabaseBackend, EntityTrait, IntoActiveModel, QueryFilter,
};

use super::create::Selection;
use crate::inventory::sql::{CHUNK, Sql};
use crate::inventory::subject;
use crate::{Error, Result, Tx};

/// Levels at a location of goods whose stock is counted.
const LEVELS: &str = "SELECT s.variant_id FROM stock_level s JOIN variant v ON v.id = s.variant_id AND v.tracked \
    AND NOT v.is_bundle WHERE s.location_id = ";

/// Adds a line for each named variant; returns how many. Errors: `NOT_FOUND`, `INVALID` for what is not counted.
pub(super) async fn named(tx: &Tx, count: &Model, ids: &[VariantId]) -> Result<u64> {
    let ids: Vec<VariantId> = ids.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
    subject::check(tx, &[count.location_id], &ids).await?;
    for chunk in ids.chunks(CHUNK) {
        let rows = chunk.iter().map(|variant| blank(tx, count, *variant).into_active_model().reset_all());
        stock_count_line::Entity::insert_many(rows).exec_without_returning(tx).await?;
    }
    Ok(u64::try_from(ids.len()).unwrap_or(u64::MAX))
}

/// A line that is to be counted in the present round.
pub(super) fn blank(tx: &Tx, count: &Model, variant_id: VariantId) -> stock_count_line::Model {
    stock_count_line::Model {
        id: StockCountLineId(tx.new_uuid()),
        stock_count_id: count.id,
        variant_id,
        round: count.round,
        expected: None,
        counted: None,
        unsettled: false,
        turnover: None,
        accepted_variance: None,
    }
}

/// Adds a line for each variant that a rule chooses, or for all that lies there; returns how many. One statement, one
/// more for an area. Error: `NOT_FOUND` for an area that is not the location's.
pub(super) async fn chosen(tx: &Tx, count: &Model, rule: Option<&Selection>) -> Result<u64> {
    if let Some(Selection::Area(area)) = rule {
        check_area(tx, count, *area).await?;
    }
    let sql = head(tx, count);
    let place = count.location_id.uuid();
    let sql = match rule {
        Some(Selection::Area(area)) => sql.push(LEVELS).bind(place).push(" AND s.storage_area_id = ").bind(area.uuid()),
        Some(Selection::NotCountedFor { days, limit }) => sql
            .push(LEVELS)
            .bind(place)
            .push(
                " AND s.on_hand <> 0 AND NOT EXISTS (SELECT 1 FROM stock_count_line l \
                   JOIN stock_count c ON c.id = l.stock_count_id WHERE l.variant_id = s.variant_id \
                   AND c.location_id = s.location_id AND l.accepted_variance IS NOT NULL AND c.status = 'ACCEPTED' \
                   AND c.accepted_at >= ",
            )
            .bind(tx.now() - TimeDelta::days(i64::from(*days)))
            .push(") ORDER BY s.updated_at, s.variant_id LIMIT ")
            .push(&limit.to_string()),
        Some(Selection::MostMoved { days, limit }) => sql
            .push(
                "SELECT m.variant_id FROM stock_movement m JOIN variant v ON v.id = m.variant_id AND v.tracked \
                   AND NOT v.is_bundle WHERE m.location_id = ",
            )
            .bind(place)
            .push(" AND m.occurred_at >= ")
            .bind(tx.now() - TimeDelta::days(i64::from(*days)))
            .push(
                " AND (m.from_state IS NULL OR m.to_state IS NULL) GROUP BY m.variant_id \
                   ORDER BY SUM(m.quantity) DESC, m.variant_id LIMIT ",
            )
            .push(&limit.to_string()),
        Some(Selection::Variants(_)) | None => sql.push(LEVELS).bind(place).push(" AND s.on_hand <> 0"),
    };
    Ok(tx.execute_raw(sql.push(") AS chosen").build()).await?.rows_affected())
}

/// Adds a line for whatever lies there and has none. One statement.
pub(super) async fn rest(tx: &Tx, count: &Model) -> Result<()> {
    let statement = head(tx, count)
        .push(LEVELS)
        .bind(count.location_id.uuid())
        .push(
            " AND s.on_hand <> 0 AND NOT EXISTS (SELECT 1 FROM stock_count_line l WHERE l.variant_id = s.variant_id \
               AND l.stock_count_id = ",
        )
        .bind(count.id.uuid())
        .push(")) AS chosen")
        .build();
    tx.execute_raw(statement).await?;
    Ok(())
}

/// `INSERT … SELECT … FROM (`, to be followed by what is chosen.
fn head(tx: &Tx, count: &Model) -> Sql {
    let backend = tx.get_database_backend();
    let fresh = if backend == DatabaseBackend::Postgres { "gen_random_uuid()" } else { "randomblob(16)" };
    Sql::new(backend)
        .push(
            "INSERT INTO stock_count_line (id, stock_count_id, variant_id, round, expected, counted, unsettled, \
             turnover, accepted_variance) SELECT ",
        )
        .push(fresh)
        .push(", ")
        .bind(count.id.uuid())
        .push_postgres("::uuid")
        .push(", chosen.variant_id, ")
        .push(&count.round.to_string())
        .push(", NULL, NULL, FALSE, NULL, NULL FROM (")
}

/// Whether an area is a part of the count's location. Error: `NOT_FOUND`.
pub(super) async fn check_area(tx: &Tx, count: &Model, area: StorageAreaId) -> Result<()> {
    let here = storage_area::Column::LocationId.eq(count.location_id);
    let found = storage_area::Entity::find_by_id(area).filter(here).one(tx).await?;
    found.map(|_| ()).ok_or(Error::not_found("storageArea"))
}
