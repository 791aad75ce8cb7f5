//! Items become movements: levels are locked, the newest words read, and what differs is posted.

use std::collections::{BTreeMap, HashMap};

use entity::id::{EventId, LocationId};
use entity::words::{MovementKind, StockState, StockSyncKind, StockSyncMode, StockSyncStatus};
use serde_json::json;

use super::super::level::{Counters, Key};
use super::super::movement::{Cause, MAX_QUANTITY, Movement};
use super::super::post::{ensure, lock, post};
use super::books::{self, Word};
use super::merge::{Change, Since, Snapshot, is_told};
use super::read::Wanted;
use super::{Problem, StockSync, SyncResult};
use crate::kernel::event::NewEvent;
use crate::{ErrorCode, Result, Tx};

type Read = std::result::Result<Wanted, Problem>;

/// What is known of the levels of a call.
struct Known {
    levels: BTreeMap<Key, Counters>,
    newest: HashMap<Key, Snapshot>,
    since: HashMap<Key, Since>,
}

/// Does what can be done of the items; statements: 4 reads and what posting needs.
pub(super) async fn all(tx: &Tx, input: &StockSync, read: Vec<Read>) -> Result<Vec<SyncResult>> {
    let known = known(tx, input, &read).await?;
    let decided: Vec<std::result::Result<Decided<'_>, Problem>> = read
        .iter()
        .map(|item| item.as_ref().map_err(|problem| *problem).and_then(|item| decide(input.mode, item, &known)))
        .collect();
    let mut told: BTreeMap<LocationId, Vec<&Wanted>> = BTreeMap::new();
    for item in decided.iter().filter_map(|item| item.as_ref().ok()).filter(|item| item.is_kept(input.mode)) {
        told.entry(item.wanted.key.0).or_default().push(item.wanted);
    }
    let events: BTreeMap<LocationId, EventId> =
        told.into_iter().map(|(place, items)| (place, event(tx, input, place, &items))).collect();
    write(tx, input, (&known, &events), decided.iter().filter_map(|item| item.as_ref().ok())).await?;
    Ok(decided.into_iter().map(|item| item.map_or_else(SyncResult::failed, |item| item.result(&known))).collect())
}

async fn known(tx: &Tx, input: &StockSync, read: &[Read]) -> Result<Known> {
    let wanted = || read.iter().filter_map(|item| item.as_ref().ok());
    let mut keys: Vec<Key> = wanted().map(|item| item.key).collect();
    keys.sort_unstable();
    if keys.is_empty() {
        return Ok(Known { levels: BTreeMap::new(), newest: HashMap::new(), since: HashMap::new() });
    }
    ensure(tx, &keys).await?;
    let levels = lock(tx, &keys).await?;
    let newest = books::newest(tx, &keys).await?;
    let snapshots = match input.mode {
        StockSyncMode::Absolute => wanted().map(|item| (item.key, said(item))).collect(),
        StockSyncMode::Delta => BTreeMap::new(),
    };
    let since = books::since(tx, &snapshots).await?;
    Ok(Known { levels, newest, since })
}

const fn said(item: &Wanted) -> Snapshot {
    Snapshot { at: item.at, quantity: item.quantity }
}

/// An item with what is to be done about it.
struct Decided<'a> {
    wanted: &'a Wanted,
    stale: bool,
    change: Change,
}

impl Decided<'_> {
    /// Whether it goes into the books: it moves stock, or counts against a later snapshot although nothing could go.
    fn is_kept(&self, mode: StockSyncMode) -> bool {
        !self.stale && (self.change.applied != 0 || mode == StockSyncMode::Delta)
    }

    fn result(&self, known: &Known) -> SyncResult {
        let (location_id, variant_id) = self.wanted.key;
        let on_hand = known.levels.get(&self.wanted.key).map_or(0, |level| level.on_hand);
        SyncResult {
            status: match (self.stale, self.change.remainder) {
                (true, _) => StockSyncStatus::Stale,
                (false, 0) => StockSyncStatus::Applied,
                (false, _) => StockSyncStatus::PartlyApplied,
            },
            location_id: Some(location_id),
            variant_id: Some(variant_id),
            change: self.change.applied,
            remainder: self.change.remainder,
            on_hand: Some(on_hand + self.change.applied),
            newest_at: if self.stale { known.newest.get(&self.wanted.key).map(|newest| newest.at) } else { None },
            error: None,
            field: None,
        }
    }
}

/// What an item changes. Problem: `INVALID_QUANTITY` beyond what one movement can be.
fn decide<'a>(mode: StockSyncMode, wanted: &'a Wanted, known: &Known) -> std::result::Result<Decided<'a>, Problem> {
    let beyond = Problem { code: ErrorCode::InvalidQuantity, field: "quantity" };
    let level = known.levels.get(&wanted.key).copied().unwrap_or_default();
    let newest = known.newest.get(&wanted.key);
    let (stale, difference) = match mode {
        StockSyncMode::Absolute => {
            let since = known.since.get(&wanted.key).copied().unwrap_or_default();
            let target = since.from_snapshot(wanted.quantity);
            (said(wanted).is_stale(newest), target.and_then(|target| target.checked_sub(level.on_hand)))
        }
        StockSyncMode::Delta => (is_told(wanted.at, newest), Some(wanted.quantity)),
    };
    if stale {
        return Ok(Decided { wanted, stale, change: Change::default() });
    }
    let difference = difference.filter(|units| units.unsigned_abs() <= MAX_QUANTITY.unsigned_abs()).ok_or(beyond)?;
    if level.on_hand.checked_add(difference).is_none() {
        return Err(beyond);
    }
    Ok(Decided { wanted, stale, change: Change::of(difference, takeable(&level)) })
}

fn event(tx: &Tx, input: &StockSync, place: LocationId, changed: &[&Wanted]) -> EventId {
    let variants: Vec<_> = changed.iter().map(|item| item.key.1).collect();
    let payload =
        json!({ "variant_ids": variants, "reason": "stock sync", "source": input.source, "mode": input.mode });
    tx.event(NewEvent::new("stock_adjusted", "location", place.uuid()).payload(payload))
}

/// Posts the movements and keeps the words.
async fn write<'a>(
    tx: &Tx,
    input: &StockSync,
    (known, events): (&Known, &BTreeMap<LocationId, EventId>),
    decided: impl Iterator<Item = &'a Decided<'a>>,
) -> Result<()> {
    let (mut movements, mut words, mut snapshots) = (Vec::new(), Vec::new(), BTreeMap::new());
    let kind = match input.mode {
        StockSyncMode::Absolute => StockSyncKind::Absolute,
        StockSyncMode::Delta => StockSyncKind::Delta,
    };
    for item in decided.filter(|item| !item.stale) {
        let Decided { wanted, change, .. } = item;
        if kind == StockSyncKind::Absolute {
            snapshots.insert(wanted.key, said(wanted));
        }
        let Some(event_id) = events.get(&wanted.key.0).copied().filter(|_| item.is_kept(input.mode)) else { continue };
        let level = known.levels.get(&wanted.key).copied().unwrap_or_default();
        movements.extend(self::movements(wanted.key, change.applied, &level, (&wanted.reason, event_id)));
        words.push(Word { key: wanted.key, kind, said: said(wanted), applied: change.applied, event_id });
    }
    post(tx, &movements).await?;
    books::keep(tx, &input.source, &snapshots);
    books::append(tx, &input.source, &words);
    Ok(())
}

/// Units that may go: free ones, then safety stock, which is kept for such days; never promised ones, and none whose
/// number lies there: who misses those must say which.
pub(super) fn takeable(level: &Counters) -> i64 {
    (level.available().max(0) + level.safety_stock).min(level.on_hand - level.numbered).max(0)
}

/// A correction: units come in free; units that go were free, then kept back.
pub(super) fn movements(
    key: Key,
    change: i64,
    level: &Counters,
    (reason, event_id): (&str, EventId),
) -> impl Iterator<Item = Movement> {
    let free = if change > 0 { change } else { -change.min(0).max(-level.available().max(0)) };
    let parts = [(StockState::Available, free), (StockState::SafetyStock, change.abs() - free)];
    let cause = Cause::manual(reason);
    parts.into_iter().filter(|(_, quantity)| *quantity > 0).map(move |(state, quantity)| {
        let (from, to) = if change > 0 { (None, Some(state)) } else { (Some(state), None) };
        let (location_id, variant_id) = key;
        let kind = MovementKind::Adjusted;
        Movement { location_id, variant_id, kind, from, to, quantity, cause: cause.clone(), event_id }
    })
}
