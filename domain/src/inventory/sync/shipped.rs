//! Parcels that left elsewhere: their units count from when they left, not from when we heard of it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use entity::id::{EventId, LocationId, VariantId};
use entity::words::StockSyncKind;

use super::super::level::Key;
use super::super::post::{lock, post};
use super::apply;
use super::books::{self, Word};
use super::merge::{Change, Snapshot, is_told};
use crate::{Result, Tx};

/// Keeps in the books that units which were posted as `DISPATCHED` in this transaction left the shelf at an earlier
/// moment. Where a snapshot of a later moment is known already, it counted without them: the level is brought up to
/// that snapshot again, so that they do not go twice. Statements: 1, and at most 4 more when such a snapshot is known.
///
/// `units` are of counted variants, above zero each; the posting before locked their levels.
pub(crate) async fn shipped(
    tx: &Tx,
    source: &str,
    (place, left_at): (LocationId, DateTime<Utc>),
    units: &BTreeMap<VariantId, i64>,
    event_id: EventId,
) -> Result<()> {
    let keys: Vec<Key> = units.keys().map(|variant| (place, *variant)).collect();
    if keys.is_empty() {
        return Ok(());
    }
    let mut words: Vec<Word> = units
        .iter()
        .map(|(variant, quantity)| {
            let said = Snapshot { at: left_at, quantity: -quantity };
            Word { key: (place, *variant), kind: StockSyncKind::Shipment, said, applied: -quantity, event_id }
        })
        .collect();
    let mut newest: BTreeMap<Key, Snapshot> = books::newest(tx, &keys).await?.into_iter().collect();
    newest.retain(|_, snapshot| is_told(left_at, Some(snapshot)));
    words.extend(settle(tx, &newest, event_id).await?);
    books::append(tx, source, &words);
    Ok(())
}

/// Brings levels up to snapshots again. What this transaction posted is in no ledger yet, neither as a movement nor as
/// a word; both would cancel out.
async fn settle(tx: &Tx, snapshots: &BTreeMap<Key, Snapshot>, event_id: EventId) -> Result<Vec<Word>> {
    if snapshots.is_empty() {
        return Ok(Vec::new());
    }
    let keys: Vec<Key> = snapshots.keys().copied().collect();
    let levels = lock(tx, &keys).await?;
    let since = books::since(tx, snapshots).await?;
    let (mut words, mut movements) = (Vec::new(), Vec::new());
    for (key, snapshot) in snapshots {
        let level = levels.get(key).copied().unwrap_or_default();
        let since = since.get(key).copied().unwrap_or_default();
        let wanted = since.from_snapshot(snapshot.quantity).map_or(0, |target| target - level.on_hand);
        let change = Change::of(wanted, apply::takeable(&level));
        if change.applied != 0 {
            let reason = "left before the last snapshot";
            movements.extend(apply::movements(*key, change.applied, &level, (reason, event_id)));
            words.push(Word {
                key: *key,
                kind: StockSyncKind::Absolute,
                said: *snapshot,
                applied: change.applied,
                event_id,
            });
        }
    }
    post(tx, &movements).await?;
    Ok(words)
}
