//! Units that are found missing: taken from what is free, then from what is kept back, never from what is promised.

use std::collections::BTreeMap;

use entity::id::EventId;
use entity::words::{MovementKind, StockState};

use super::hold;
use super::level::{Counters, Key, sum};
use super::movement::{Cause, Movement};
use super::post::lock;
use super::sql::CHUNK;
use crate::{Error, Result, Tx};

/// Units missing at one level.
#[derive(Debug, Clone)]
pub(crate) struct Loss {
    /// Where and what; each level once.
    pub(crate) key: Key,
    /// Units, above zero.
    pub(crate) quantity: i64,
    /// What found it.
    pub(crate) cause: Cause,
}

/// A level that cannot give up what is missing there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shortfall {
    /// Which.
    pub(crate) key: Key,
    /// Units that should go.
    pub(crate) quantity: i64,
    /// The level as it is.
    pub(crate) level: Counters,
}

/// Locks the levels and composes the movements that write losses off, for [`post`](super::post()): each loss as a whole
/// or not at all. Free units go first, then safety stock, which is kept for such days. When a level falls short,
/// put-aside holds that have expired are given back first. At most four statements per 500 levels.
pub(crate) async fn plan(tx: &Tx, losses: &[Loss], event_id: EventId) -> Result<(Vec<Movement>, Vec<Shortfall>)> {
    let (mut movements, mut short) = (Vec::new(), Vec::new());
    let losses: BTreeMap<Key, &Loss> = losses.iter().map(|loss| (loss.key, loss)).collect();
    let keys: Vec<Key> = losses.keys().copied().collect();
    for chunk in keys.chunks(CHUNK) {
        let mut levels = lock(tx, chunk).await?;
        let missing = |levels: &BTreeMap<Key, Counters>| -> Vec<Key> {
            chunk.iter().copied().filter(|key| fits(levels, &losses, *key).is_none()).collect()
        };
        let first = missing(&levels);
        if !first.is_empty() {
            let freed = hold::take_expired(tx, &first).await?;
            for (key, change) in sum(&freed)? {
                let level = levels.get(&key).and_then(|level| level.plus(&change));
                levels.insert(key, level.ok_or_else(|| Error::Bug("a hold without a level".to_owned()))?);
            }
            movements.extend(freed);
        }
        for key in chunk {
            let Some(loss) = losses.get(key) else { continue };
            match fits(&levels, &losses, *key) {
                Some(level) => movements.extend(taken(loss, &level, event_id)),
                None => short.push(Shortfall {
                    key: *key,
                    quantity: loss.quantity,
                    level: levels.get(key).copied().unwrap_or_default(),
                }),
            }
        }
    }
    Ok((movements, short))
}

/// The level, when it can give up its loss.
fn fits(levels: &BTreeMap<Key, Counters>, losses: &BTreeMap<Key, &Loss>, key: Key) -> Option<Counters> {
    let (level, loss) = (levels.get(&key)?, losses.get(&key)?);
    let free = level.available() + level.safety_stock >= loss.quantity;
    let unnumbered = level.on_hand - level.numbered >= loss.quantity;
    (free && unnumbered).then_some(*level)
}

fn taken(loss: &Loss, level: &Counters, event_id: EventId) -> impl Iterator<Item = Movement> {
    let free = loss.quantity.min(level.available());
    let parts = [(StockState::Available, free), (StockState::SafetyStock, loss.quantity - free)];
    let (key, cause) = (loss.key, loss.cause.clone());
    parts.into_iter().filter(|(_, quantity)| *quantity > 0).map(move |(state, quantity)| Movement {
        location_id: key.0,
        variant_id: key.1,
        kind: MovementKind::Adjusted,
        from: Some(state),
        to: None,
        quantity,
        cause: cause.clone(),
        event_id,
    })
}
