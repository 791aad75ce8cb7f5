//! By whose clock days and weeks are counted where no person is meant: the only place that says so.

use chrono_tz::Tz;
use entity::{channel, location, message_policy};
use sea_orm::{ConnectionTrait, EntityTrait};

use super::store_view::time_zone_of_country;
use crate::kernel::Result;

/// The zone of a channel's policy, else of the location that is looked at, else of the channel's country; UTC when none of
/// them tells. The policy comes first, so that the weeks of all stores add up to those of the shop.
#[must_use]
pub fn zone(
    policy: Option<&message_policy::Model>,
    location: Option<&location::Model>,
    channel: Option<&channel::Model>,
) -> Tz {
    let by_policy = policy.and_then(|policy| policy.time_zone.parse().ok());
    let by_place = || location.and_then(|location| location.time_zone.parse().ok());
    let by_country = || channel.map_or(Tz::UTC, |channel| time_zone_of_country(&channel.tax_country));
    by_policy.or_else(by_place).unwrap_or_else(by_country)
}

/// Like [`zone`], with the policy of the channel: one statement, none without a channel.
pub async fn zone_of(
    db: &impl ConnectionTrait,
    location: Option<&location::Model>,
    channel: Option<&channel::Model>,
) -> Result<Tz> {
    let policy = match channel {
        Some(channel) => message_policy::Entity::find_by_id(channel.id).one(db).await?,
        None => None,
    };
    Ok(zone(policy.as_ref(), location, channel))
}
