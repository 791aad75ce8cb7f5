//! What is known of levels from other systems: their newest snapshots, and what happened since.

use std::collections::{BTreeMap, HashMap};

use chrono::TimeDelta;
use entity::id::{EventId, LocationId, StockSyncEntryId, VariantId};
use entity::words::StockSyncKind;
use entity::{stock_snapshot, stock_sync_entry};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveModelTrait, ConnectionTrait, EntityTrait, FromQueryResult, IntoActiveModel, QueryTrait, Value};

use super::super::level::Key;
use super::super::sql::Sql;
use super::merge::{Since, Snapshot};
use crate::kernel::event::first_id_at;
use crate::{Result, Tx};

/// Entries may be stated so much later than they came: another system's clock runs ahead.
const SKEW: TimeDelta = TimeDelta::minutes(5);

const SINCE: &str = "SELECT d.column1 AS location_id, d.column2 AS variant_id, \
    CAST(COALESCE((SELECT SUM(CASE WHEN m.from_state IS NULL THEN m.quantity WHEN m.to_state IS NULL \
        THEN -m.quantity ELSE 0 END) FROM stock_movement m WHERE m.location_id = d.column1 \
        AND m.variant_id = d.column2 AND m.id >= d.column4 AND m.occurred_at > d.column3), 0) AS BIGINT) AS moved, \
    CAST(COALESCE((SELECT SUM(e.applied) FROM stock_sync_entry e WHERE e.location_id = d.column1 \
        AND e.variant_id = d.column2 AND e.id >= d.column4 AND e.received_at > d.column3), 0) AS BIGINT) AS by_words, \
    CAST(COALESCE((SELECT SUM(e.quantity) FROM stock_sync_entry e WHERE e.location_id = d.column1 \
        AND e.variant_id = d.column2 AND e.id >= d.column4 AND e.stated_at > d.column3 \
        AND e.kind <> 'ABSOLUTE'), 0) AS BIGINT) AS told FROM ";

/// The newest snapshot of each level, whoever said it; the levels are locked before. One statement.
pub(super) async fn newest(tx: &Tx, keys: &[Key]) -> Result<HashMap<Key, Snapshot>> {
    let pairs = keys.iter().map(|(location, variant)| vec![Value::from(location.uuid()), Value::from(variant.uuid())]);
    let statement = Sql::new(tx.get_database_backend())
        .push("SELECT s.source, s.location_id, s.variant_id, s.snapshot_at, s.quantity, s.received_at FROM ")
        .rows(&["uuid", "uuid"], pairs)
        .push(" JOIN stock_snapshot s ON s.location_id = d.column1 AND s.variant_id = d.column2")
        .build();
    let mut found: HashMap<Key, Snapshot> = HashMap::new();
    for row in stock_snapshot::Entity::find().from_raw_sql(statement).all(tx).await? {
        let said = Snapshot { at: row.snapshot_at, quantity: row.quantity };
        let known = found.entry((row.location_id, row.variant_id)).or_insert(said);
        if !said.is_stale(Some(known)) {
            *known = said;
        }
    }
    Ok(found)
}

#[derive(FromQueryResult)]
struct SinceRow {
    location_id: LocationId,
    variant_id: VariantId,
    moved: i64,
    by_words: i64,
    told: i64,
}

/// What the ledger says of levels since these snapshots. One statement; none without snapshots.
pub(super) async fn since(tx: &Tx, snapshots: &BTreeMap<Key, Snapshot>) -> Result<HashMap<Key, Since>> {
    if snapshots.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = snapshots.iter().map(|((location, variant), snapshot)| {
        vec![
            Value::from(location.uuid()),
            Value::from(variant.uuid()),
            Value::from(snapshot.at),
            // Ids are time-ordered: the index finds what is young enough.
            Value::from(first_id_at(snapshot.at - SKEW).uuid()),
        ]
    });
    let statement =
        Sql::new(tx.get_database_backend()).push(SINCE).rows(&["uuid", "uuid", "timestamptz", "uuid"], rows).build();
    let found = SinceRow::find_by_statement(statement).all(tx).await?;
    Ok(found
        .into_iter()
        .map(|row| {
            let since = Since { moved: row.moved, by_words: row.by_words, told: row.told };
            ((row.location_id, row.variant_id), since)
        })
        .collect())
}

/// Keeps snapshots as the newest of their source. Written just before the commit; the levels are locked.
pub(super) fn keep(tx: &Tx, source: &str, snapshots: &BTreeMap<Key, Snapshot>) {
    use stock_snapshot::Column;
    if snapshots.is_empty() {
        return;
    }
    let rows = snapshots.iter().map(|((location_id, variant_id), snapshot)| {
        let row = stock_snapshot::Model {
            source: source.to_owned(),
            location_id: *location_id,
            variant_id: *variant_id,
            snapshot_at: snapshot.at,
            quantity: snapshot.quantity,
            received_at: tx.now(),
        };
        row.into_active_model().reset_all()
    });
    let newer = OnConflict::columns([Column::Source, Column::LocationId, Column::VariantId])
        .update_columns([Column::SnapshotAt, Column::Quantity, Column::ReceivedAt])
        .to_owned();
    tx.write_last(stock_snapshot::Entity::insert_many(rows).on_conflict(newer).into_query());
}

/// A word that moved stock, or will count against a later snapshot.
#[derive(Debug, Clone, Copy)]
pub(super) struct Word {
    pub(super) key: Key,
    pub(super) kind: StockSyncKind,
    pub(super) said: Snapshot,
    /// Units moved here.
    pub(super) applied: i64,
    pub(super) event_id: EventId,
}

/// Appends words to the books. Written just before the commit.
pub(super) fn append(tx: &Tx, source: &str, words: &[Word]) {
    let rows: Vec<stock_sync_entry::Model> = words
        .iter()
        .map(|word| stock_sync_entry::Model {
            id: StockSyncEntryId(tx.new_uuid()),
            source: source.to_owned(),
            location_id: word.key.0,
            variant_id: word.key.1,
            kind: word.kind,
            stated_at: word.said.at,
            quantity: word.said.quantity,
            applied: word.applied,
            event_id: word.event_id,
            received_at: tx.now(),
        })
        .collect();
    tx.insert_last(&rows);
}
