//! The single writer of stock: movements and counters together, in one order, or not at all.

use std::collections::{BTreeMap, BTreeSet};

use entity::id::{LocationId, StockMovementId, VariantId};
use entity::words::{MovementKind, StockState};
use entity::{location, stock_level, stock_movement};
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseBackend, EntityTrait, QueryFilter, Value};

use super::hold;
use super::level::{Counters, Key, sum};
use super::movement::Movement;
use super::sql::{CHUNK, Sql};
use crate::{Error, ErrorCode, Result, Tx};

/// Changes counters conditionally: rows whose level does not suffice are left alone and not counted.
const UPDATE: &str = "UPDATE stock_level SET on_hand = stock_level.on_hand + d.column3, \
    committed = stock_level.committed + d.column4, reserved = stock_level.reserved + d.column5, \
    damaged = stock_level.damaged + d.column6, quality_control = stock_level.quality_control + d.column7, \
    safety_stock = stock_level.safety_stock + d.column8, \
    turnover = stock_level.turnover + ABS(d.column3), updated_at = ";
const CONDITION: &str = " WHERE stock_level.location_id = d.column1 AND stock_level.variant_id = d.column2 \
    AND stock_level.committed + d.column4 >= 0 AND stock_level.reserved + d.column5 >= 0 \
    AND stock_level.damaged + d.column6 >= 0 AND stock_level.quality_control + d.column7 >= 0 \
    AND stock_level.safety_stock + d.column8 >= 0 \
    AND stock_level.on_hand + d.column3 >= stock_level.numbered \
    AND stock_level.on_hand + d.column3 >= stock_level.committed + stock_level.reserved + stock_level.damaged \
        + stock_level.quality_control + stock_level.safety_stock \
        + d.column4 + d.column5 + d.column6 + d.column7 + d.column8";
const LOCKED: &str = ", locked AS MATERIALIZED (SELECT s.location_id AS column1, s.variant_id AS column2 FROM d \
    JOIN stock_level s ON s.location_id = d.column1 AND s.variant_id = d.column2 \
    ORDER BY s.location_id, s.variant_id FOR UPDATE OF s)";
const TYPES: [&str; 8] = ["uuid", "uuid", "bigint", "bigint", "bigint", "bigint", "bigint", "bigint"];

/// Posts movements: sums them per (location, variant), changes the counters in that order by conditional updates and
/// appends the ledger rows. A level that does not exist yet is created when stock comes in from outside; when it
/// is received, the location's default safety stock is kept back from it, never more than came in. When a level falls short, put-aside
/// holds that have expired are returned first.
///
/// The ledger rows are written just before the commit. Statements: 1 when nothing comes in and all levels suffice; else
/// per 500 levels 2, 2 more when levels are created (3 when another writer creates one at the same moment), and 2 more
/// when expired holds had to be returned.
///
/// Errors: [`Error::InsufficientStock`] with what is there; `UNIT_NUMBERS_REQUIRED` when more would leave than has no
/// serial or lot number, unless [`unit::take`](super::unit::take) took the numbers first; nothing of the failing 500 levels was written, and the
/// caller's transaction must roll back. `Bug` for movements whose parts do not fit.
pub async fn post(tx: &Tx, movements: &[Movement]) -> Result<()> {
    if movements.is_empty() {
        return Ok(());
    }
    movements.iter().try_for_each(Movement::check)?;
    let mut movements = movements.to_vec();
    let changes = sum(&movements)?;
    let incoming: BTreeSet<Key> = movements
        .iter()
        .filter(|movement| movement.from.is_none())
        .map(|movement| (movement.location_id, movement.variant_id))
        .collect();
    // Nothing to create: one conditional update decides the race without a lock before it.
    let at_once = incoming.is_empty() && changes.len() <= CHUNK && (changes.len() == 1 || tx.attempt() == 1);
    let done = if at_once { update(tx, &changes).await? } else { 0 };
    match usize::try_from(done) {
        Ok(done) if done == changes.len() => {}
        Ok(0) => {
            let keys: Vec<Key> = changes.keys().copied().collect();
            for chunk in keys.chunks(CHUNK) {
                post_levels(tx, chunk, &incoming, &mut movements).await?;
            }
        }
        // Some levels suffice and others do not: the transaction runs again and looks before it changes anything.
        Ok(_) | Err(_) => return Err(Error::Conflict("stock")),
    }
    append(tx, &movements);
    Ok(())
}

/// Locks the levels of `keys` in order, makes sure that they suffice, and changes them.
async fn post_levels(tx: &Tx, keys: &[Key], incoming: &BTreeSet<Key>, movements: &mut Vec<Movement>) -> Result<()> {
    let mut levels = lock(tx, keys).await?;
    let missing: Vec<Key> =
        keys.iter().copied().filter(|key| incoming.contains(key) && !levels.contains_key(key)).collect();
    if !missing.is_empty() {
        let created = create(tx, &missing).await?;
        keep_back(tx, &created, movements).await?;
        if created.len() == missing.len() {
            levels.extend(created.into_iter().map(|key| (key, Counters::default())));
        } else {
            levels = lock(tx, keys).await?;
        }
    }
    let mut changes = changes_of(keys, movements)?;
    let short: Vec<Key> =
        changes.iter().filter_map(|(key, change)| shortage(&levels, *key, change).map(|_| *key)).collect();
    if !short.is_empty() {
        movements.extend(hold::take_expired(tx, &short).await?);
        changes = changes_of(keys, movements)?;
    }
    if let Some(error) = changes.iter().find_map(|(key, change)| shortage(&levels, *key, change)) {
        return Err(error);
    }
    let changed = update(tx, &changes).await?;
    if usize::try_from(changed).is_ok_and(|changed| changed == changes.len()) {
        Ok(())
    } else {
        Err(Error::Bug(format!("{changed} of {} locked stock levels changed", changes.len())))
    }
}

fn changes_of(keys: &[Key], movements: &[Movement]) -> Result<BTreeMap<Key, Counters>> {
    let mut changes = sum(movements)?;
    let wanted: BTreeSet<Key> = keys.iter().copied().collect();
    changes.retain(|key, _| wanted.contains(key));
    Ok(changes)
}

/// The error when a level does not suffice for a change.
fn shortage(levels: &BTreeMap<Key, Counters>, key: Key, change: &Counters) -> Option<Error> {
    let level = levels.get(&key).copied().unwrap_or_default();
    let (state, available) = match (level.short_of(change), levels.contains_key(&key)) {
        (Some(short), _) => short,
        (None, true) if level.on_hand + change.on_hand < level.numbered => {
            return Some(Error::invalid(ErrorCode::UnitNumbersRequired, "units"));
        }
        (None, true) => return None,
        // Nothing ever lay there and nothing comes in: even a change of nothing finds no level.
        (None, false) => (StockState::Available, 0),
    };
    let requested = change.in_state(state).saturating_neg().max(1);
    Some(Error::InsufficientStock { variant_id: key.1, requested, available: available.max(0) })
}

/// Reads the levels and keeps them locked until the end of the transaction, by location and variant.
pub(crate) async fn lock(tx: &Tx, keys: &[Key]) -> Result<BTreeMap<Key, Counters>> {
    let pairs = keys.iter().map(|(location, variant)| vec![Value::from(location.uuid()), Value::from(variant.uuid())]);
    let statement = Sql::new(tx.get_database_backend())
        .push(
            "SELECT s.location_id, s.variant_id, s.on_hand, s.committed, s.reserved, s.damaged, s.quality_control, \
               s.safety_stock, s.incoming, s.updated_at, s.numbered, s.turnover FROM ",
        )
        .rows(&["uuid", "uuid"], pairs)
        .push(
            " JOIN stock_level s ON s.location_id = d.column1 AND s.variant_id = d.column2 \
               ORDER BY s.location_id, s.variant_id",
        )
        .push_postgres(" FOR UPDATE OF s")
        .build();
    let rows = stock_level::Entity::find().from_raw_sql(statement).all(tx).await?;
    Ok(rows.iter().map(|row| ((row.location_id, row.variant_id), Counters::from(row))).collect())
}

/// Locks every level of these variants at these locations, in the order of [`lock`], by one statement. SQLite has one
/// writer at a time and nothing to lock.
pub(crate) async fn lock_all(tx: &Tx, locations: &[LocationId], variants: &[VariantId]) -> Result<()> {
    if tx.get_database_backend() != DatabaseBackend::Postgres || locations.is_empty() || variants.is_empty() {
        return Ok(());
    }
    let statement = Sql::new(DatabaseBackend::Postgres)
        .push("SELECT count(*) FROM (SELECT 1 FROM stock_level s WHERE s.location_id IN ")
        .list(locations.iter().map(|id| id.uuid()))
        .push(" AND s.variant_id IN ")
        .list(variants.iter().map(|id| id.uuid()))
        .push(" ORDER BY s.location_id, s.variant_id FOR UPDATE OF s) AS locked")
        .build();
    tx.query_one_raw(statement).await?;
    Ok(())
}

/// Changes levels where they suffice; returns how many did. PostgreSQL locks several rows in their order first: an update
/// alone would lock them in any order, and two of them could wait for each other.
async fn update(tx: &Tx, changes: &BTreeMap<Key, Counters>) -> Result<u64> {
    let rows = changes.iter().map(|((location, variant), change)| {
        vec![
            Value::from(location.uuid()),
            Value::from(variant.uuid()),
            Value::from(change.on_hand),
            Value::from(change.committed),
            Value::from(change.reserved),
            Value::from(change.damaged),
            Value::from(change.quality_control),
            Value::from(change.safety_stock),
        ]
    });
    let (locked, sources) =
        if changes.len() > 1 { (LOCKED, " FROM d JOIN locked USING (column1, column2)") } else { ("", " FROM d") };
    let statement = Sql::new(tx.get_database_backend())
        .push("WITH d AS (SELECT * FROM ")
        .rows(&TYPES, rows)
        .push(")")
        .push_postgres(locked)
        .push(" ")
        .push(UPDATE)
        .bind(tx.now())
        .push(if tx.get_database_backend() == DatabaseBackend::Postgres { sources } else { " FROM d" })
        .push(CONDITION)
        .build();
    Ok(tx.execute_raw(statement).await?.rows_affected())
}

/// Makes sure that levels exist, empty when they are new.
pub(super) async fn ensure(tx: &Tx, keys: &[Key]) -> Result<()> {
    for chunk in keys.chunks(CHUNK) {
        create(tx, chunk).await?;
    }
    Ok(())
}

/// Creates empty levels; returns the ones that nobody else created meanwhile.
async fn create(tx: &Tx, keys: &[Key]) -> Result<Vec<Key>> {
    let mut sql = Sql::new(tx.get_database_backend()).push(
        "INSERT INTO stock_level (location_id, variant_id, on_hand, committed, reserved, damaged, quality_control, \
         safety_stock, incoming, updated_at) VALUES ",
    );
    for (index, (location, variant)) in keys.iter().enumerate() {
        sql = sql
            .push(if index == 0 { "(" } else { ", (" })
            .bind(location.uuid())
            .push(", ")
            .bind(variant.uuid())
            .push(", 0, 0, 0, 0, 0, 0, 0, ")
            .bind(tx.now())
            .push(")");
    }
    let statement = sql.push(" ON CONFLICT DO NOTHING RETURNING location_id, variant_id").build();
    let mut created = tx
        .query_all_raw(statement)
        .await?
        .iter()
        .map(|row| Ok((row.try_get::<LocationId>("", "location_id")?, row.try_get::<VariantId>("", "variant_id")?)))
        .collect::<Result<Vec<Key>, sea_orm::DbErr>>()?;
    created.sort_unstable();
    Ok(created)
}

/// Adds the movements that keep safety stock back from the first stock of new levels.
pub(super) async fn keep_back(tx: &Tx, created: &[Key], movements: &mut Vec<Movement>) -> Result<()> {
    let ids: BTreeSet<LocationId> = created.iter().map(|(location, _)| *location).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let defaults: BTreeMap<LocationId, i64> = location::Entity::find()
        .filter(location::Column::Id.is_in(ids))
        .all(tx)
        .await?
        .into_iter()
        .map(|location| (location.id, location.default_safety_stock))
        .collect();
    for ((location_id, variant_id), change) in changes_of(created, movements)? {
        let quantity = defaults.get(&location_id).copied().unwrap_or(0).min(change.available());
        let received = movements.iter().find(|movement| {
            (movement.location_id, movement.variant_id) == (location_id, variant_id)
                && matches!(movement.kind, MovementKind::Received | MovementKind::TransferIn)
        });
        // A correction says what is free; only what is received has a part kept back.
        if let Some(received) = received.filter(|_| quantity > 0) {
            movements.push(Movement {
                kind: MovementKind::Moved,
                from: Some(StockState::Available),
                to: Some(StockState::SafetyStock),
                quantity,
                ..received.clone()
            });
        }
    }
    Ok(())
}

/// Appends the ledger rows, by level and then in the order given; they are written last.
fn append(tx: &Tx, movements: &[Movement]) {
    let mut sorted: Vec<&Movement> = movements.iter().collect();
    sorted.sort_by_key(|movement| (movement.location_id, movement.variant_id));
    let actor = &tx.ctx().actor;
    let rows: Vec<stock_movement::Model> = sorted
        .into_iter()
        .map(|movement| stock_movement::Model {
            id: StockMovementId(tx.new_uuid()),
            location_id: movement.location_id,
            variant_id: movement.variant_id,
            kind: movement.kind,
            from_state: movement.from,
            to_state: movement.to,
            quantity: movement.quantity,
            cause_kind: movement.cause.kind,
            cause_id: movement.cause.id,
            reason: movement.cause.reason.clone(),
            actor_kind: actor.kind(),
            actor_id: actor.id(),
            event_id: movement.event_id,
            occurred_at: tx.now(),
        })
        .collect();
    tx.insert_last(&rows);
}
