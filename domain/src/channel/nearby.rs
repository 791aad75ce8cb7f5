//! The places of a channel as a customer looks for them: near, open, handing over.

use chrono::{DateTime, Utc};
use entity::id::{ChannelId, LocationId};
use entity::location;
use sea_orm::ConnectionTrait;

use super::query;
use crate::kernel::paging::{Cursor, Page, PageRequest};
use crate::location::query::time_zone;
use crate::location::{GeoPoint, distance_meters, hours};
use crate::{Error, ErrorCode, Result};

/// Which places are wanted.
#[derive(Debug, Clone, Default)]
pub struct NearbyFilter {
    /// Sorted by distance from here; without it in the order in which they serve the channel.
    pub near: Option<GeoPoint>,
    /// Sorted by how much of this postal code theirs begins with, when no point is given.
    pub postal_code: Option<String>,
    /// Only those open at this moment.
    pub open_at: Option<DateTime<Utc>>,
    /// Only those that hand over orders.
    pub pickup_only: bool,
}

/// How a place is sorted: smaller comes first, then the older one.
type Rank = (i64, i32, LocationId);

/// A page of a channel's active locations, and how many there are in all. One statement: a channel has at most a
/// thousand of them. Error: `INVALID_CURSOR`.
pub async fn nearby(
    db: &impl ConnectionTrait,
    channel_id: ChannelId,
    filter: &NearbyFilter,
    request: &PageRequest,
) -> Result<(Page<location::Model>, u64)> {
    let mut ranked: Vec<(Rank, location::Model)> = query::locations(db, channel_id)
        .await?
        .into_iter()
        .filter(|(location, _)| wanted(filter, location))
        .map(|(location, priority)| ((distance(filter, &location), priority, location.id), location))
        .collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    let total = u64::try_from(ranked.len()).unwrap_or(u64::MAX);
    if let Some(after) = request.after.as_ref().map(rank_of).transpose()? {
        ranked.retain(|(rank, _)| *rank > after);
    }
    if let Some(before) = request.before.as_ref().map(rank_of).transpose()? {
        ranked.retain(|(rank, _)| *rank < before);
    }
    if request.backwards {
        ranked.reverse();
    }
    ranked.truncate(usize::try_from(request.size.saturating_add(1)).unwrap_or(usize::MAX));
    let page = Page::from_rows(request, ranked, |((distance, priority, id), _)| Cursor {
        key: format!("{distance}/{priority}"),
        id: id.uuid(),
    });
    Ok((page.map(|(_, location)| location), total))
}

fn wanted(filter: &NearbyFilter, location: &location::Model) -> bool {
    (!filter.pickup_only || location.pickup_enabled)
        && filter.open_at.is_none_or(|at| hours::is_open(&location.opening_hours, time_zone(location), at))
}

/// Meters, or digits of the postal code that differ; places that cannot be compared come last.
#[must_use]
pub fn distance(filter: &NearbyFilter, location: &location::Model) -> i64 {
    match (&filter.near, &filter.postal_code) {
        (Some(near), _) => GeoPoint::of(location).map_or(i64::MAX, |point| distance_meters(*near, point)),
        (None, Some(code)) => differing(code, &location.address.postal_code),
        (None, None) => 0,
    }
}

/// How many characters of a postal code are left after what both begin with: in most countries the first ones name
/// the region and the next ones the district, so this is a distance without a map.
fn differing(wanted: &str, actual: &str) -> i64 {
    let letters = |code: &str| {
        code.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).take(20).collect::<Vec<char>>()
    };
    let (wanted, actual) = (letters(wanted), letters(actual));
    let same = wanted.iter().zip(&actual).take_while(|(a, b)| a == b).count();
    i64::try_from(wanted.len() - same).unwrap_or(i64::MAX)
}

fn rank_of(cursor: &Cursor) -> Result<Rank> {
    cursor
        .key
        .split_once('/')
        .and_then(|(distance, priority)| Some((distance.parse().ok()?, priority.parse().ok()?, LocationId(cursor.id))))
        .ok_or_else(|| Error::invalid(ErrorCode::InvalidCursor, "after"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn postal_codes_tell_who_is_nearer() {
        assert_eq!(differing("150-0002", "1500002"), 0);
        assert_eq!(differing("150-0002", "150-0043"), 2);
        assert_eq!(differing("150-0002", "530-0001"), 7);
        assert_eq!(differing("150-0002", ""), 7);
        assert_eq!(differing("sw1a 1aa", "SW1A 2AA"), 3);
    }
}
