//! Whether a parcel arrived: the one rule, for everything that begins or is allowed once goods are there.
//!
//! What its carrier says counts. Of many parcels nobody says anything, or nothing any more: they count as there some time
//! after they left. That it came to be so is written down and told of once, by the clock, as nothing else would. What
//! failed, comes back or came back is never there by waiting.

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use entity::id::ShipmentId;
use entity::shipment::{self, Column};
use entity::words::TrackingStatus;
use sea_orm::sea_query::{Expr, ExprTrait, LockBehavior, LockType};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;

use super::late::UNDER_WAY;
use super::tracking;
use crate::kernel::event::NewEvent;
use crate::kernel::{Ctx, Result, Tx};

/// A parcel of which nobody says anything counts as there so long after it left.
pub const SILENT: TimeDelta = TimeDelta::days(7);
/// A parcel that its carrier had and says nothing more of counts as there so long after it left: longer, for it is known
/// that it was not there at once.
pub const LOST_SIGHT: TimeDelta = TimeDelta::days(21);
/// A parcel is not there before the day on which it was to come is over everywhere.
const PROMISED: TimeDelta = TimeDelta::days(2);
/// What counts as there for longer is no news: nobody looked for so long, and its buyer should not be written to now.
const OLDEST: TimeDelta = TimeDelta::days(14);
/// Parcels of one transaction.
const AT_ONCE: u64 = 100;

/// Whether a parcel is with its recipient at a moment: its carrier said so, or it left long ago and nothing says
/// otherwise.
#[must_use]
pub fn has_arrived(parcel: &shipment::Model, now: DateTime<Utc>) -> bool {
    let is_elsewhere = parcel.returned_at.is_some() || parcel.voided_at.is_some();
    !is_elsewhere && (parcel.delivered_at.is_some() || presumed_from(parcel).is_some_and(|from| from <= now))
}

/// From when on a parcel counts as there though nobody said so; `None` when it never does.
fn presumed_from(parcel: &shipment::Model) -> Option<DateTime<Utc>> {
    let patience = match parcel.tracking_status {
        TrackingStatus::PreTransit => SILENT,
        TrackingStatus::InTransit | TrackingStatus::OutForDelivery => LOST_SIGHT,
        TrackingStatus::Delivered | TrackingStatus::Failed | TrackingStatus::ReturnToSender => return None,
    };
    let silent = parcel.shipped_at? + patience;
    let promised = parcel.expected_on.map(|day| day.and_time(NaiveTime::MIN).and_utc() + PROMISED);
    Some(promised.map_or(silent, |promised| Ord::max(silent, promised)))
}

/// Tells once of every parcel that counts as there from now on, though nobody said so (`shipment_presumed_delivered`);
/// returns of how many. Per hundred parcels one transaction of five statements, beside what is told.
pub async fn presume_due(ctx: &Ctx) -> Result<u64> {
    let mut presumed = 0;
    loop {
        let some = ctx.write(|tx| async move { presume_some(&tx).await }).await?;
        presumed += some;
        // Each was marked, so the next look finds others.
        if some < AT_ONCE {
            return Ok(presumed);
        }
    }
}

async fn presume_some(tx: &Tx) -> Result<u64> {
    let parcels = shipment::Entity::find()
        .filter(due(tx.now()))
        .order_by_asc(Column::ShippedAt)
        .order_by_asc(Column::Id)
        .limit(AT_ONCE)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .all(tx)
        .await?;
    if parcels.is_empty() {
        return Ok(0);
    }
    let ids: Vec<ShipmentId> = parcels.iter().map(|parcel| parcel.id).collect();
    shipment::Entity::update_many()
        .col_expr(Column::PresumedAt, Expr::value(tx.now()))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .col_expr(Column::UpdatedAt, Expr::value(tx.now()))
        .filter(Column::Id.is_in(ids.iter().copied()))
        .exec(tx)
        .await?;
    let owners = tracking::owners(tx, &ids).await?;
    for parcel in &parcels {
        let (orders, customer) = owners.get(&parcel.id).cloned().unwrap_or_default();
        let payload = json!({
            "order_ids": orders,
            "location_id": parcel.location_id,
            "shipped_at": parcel.shipped_at,
        });
        let event = NewEvent::new("shipment_presumed_delivered", "shipment", parcel.id.uuid());
        tx.event(event.customer(customer).payload(payload));
    }
    Ok(u64::try_from(parcels.len()).unwrap_or(AT_ONCE))
}

/// The parcels that [`presumed_from`] means and that nobody was told of. The first lines are those of an index.
fn due(now: DateTime<Utc>) -> Condition {
    let left = |patience: TimeDelta| {
        let is_new =
            Condition::any().add(Column::ExpectedOn.is_not_null()).add(Column::ShippedAt.gte(now - patience - OLDEST));
        Condition::all().add(Column::ShippedAt.lte(now - patience)).add(is_new)
    };
    let silent = left(SILENT).add(Column::TrackingStatus.eq(TrackingStatus::PreTransit));
    let lost_sight = left(LOST_SIGHT).add(Column::TrackingStatus.is_in(UNDER_WAY));
    let day = |before: TimeDelta| (now - before).date_naive();
    let was_to_come =
        Condition::all().add(Column::ExpectedOn.lte(day(PROMISED))).add(Column::ExpectedOn.gte(day(PROMISED + OLDEST)));
    Condition::all()
        .add(Column::DeliveredAt.is_null())
        .add(Column::PresumedAt.is_null())
        .add(Column::ShippedAt.gte(now - LOST_SIGHT - OLDEST))
        .add(Column::ShippedAt.lte(now - SILENT))
        .add(Column::ReturnedAt.is_null())
        .add(Column::VoidedAt.is_null())
        .add(Condition::any().add(Column::ExpectedOn.is_null()).add(was_to_come))
        .add(Condition::any().add(silent).add(lost_sight))
}
