//! Parcels that should have arrived. When a parcel leaves, the last day on which it should arrive is written down: the
//! one that the customer asked for, else by the slowest that its shipping method promises. A morning later it is late,
//! and the customer is told, once.
//!
//! Only of parcels of which their carrier tells is it known that they did not arrive: where nobody records tracking,
//! nothing is said.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, TimeZone as _, Utc};
use chrono_tz::Tz;
use entity::id::{OrderId, ShipmentId};
use entity::words::TrackingStatus;
use entity::{order_shipping, shipment, shipping_method};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, JoinType, QueryFilter, QueryOrder, QuerySelect, RelationTrait as _,
};
use serde_json::json;

use super::{contents, query, tracking};
use crate::kernel::event::NewEvent;
use crate::kernel::{Ctx, Result, Tx};
use crate::location::hours::local_date;
use crate::messaging::time_zone_of_country;

/// What is under way: its carrier told of it, and it neither arrived nor failed.
pub(super) const UNDER_WAY: [TrackingStatus; 2] = [TrackingStatus::InTransit, TrackingStatus::OutForDelivery];
/// At which hour of the day after it counts as late: carriers write the evening's deliveries down over night.
const HOUR: u32 = 10;
/// What should have arrived longer ago is no news: nobody looked for so long.
const OLDEST: TimeDelta = TimeDelta::days(14);
/// Parcels looked at in one go.
const AT_ONCE: u64 = 100;

/// The last day on which a parcel that leaves at a moment should arrive. A wish for a day before it left cannot be met
/// any more and does not count. One statement at most.
pub(super) async fn expected_on(
    tx: &Tx,
    parcel: &shipment::Model,
    orders: &BTreeSet<OrderId>,
    at: DateTime<Utc>,
) -> Result<Option<NaiveDate>> {
    let left_on = local_date(zone(parcel), at);
    if let Some(wished) = parcel.delivery_on.filter(|on| *on >= left_on) {
        return Ok(Some(wished));
    }
    let slowest: Option<i32> = order_shipping::Entity::find()
        .select_only()
        .column(shipping_method::Column::MaxDays)
        .join(JoinType::InnerJoin, order_shipping::Relation::Method.def())
        .filter(order_shipping::Column::OrderId.is_in(orders.iter().copied()))
        .order_by_desc(shipping_method::Column::MaxDays)
        .limit(1)
        .into_tuple()
        .one(tx)
        .await?;
    Ok(slowest.and_then(|days| left_on.checked_add_signed(TimeDelta::days(days.into()))))
}

/// The zone of where it goes.
fn zone(parcel: &shipment::Model) -> Tz {
    time_zone_of_country(contents::recipient(parcel).country.as_str())
}

/// Whether a parcel left, its carrier told of it, and it neither arrived nor failed nor came back.
#[must_use]
pub fn is_under_way(parcel: &shipment::Model) -> bool {
    parcel.shipped_at.is_some()
        && parcel.returned_at.is_none()
        && parcel.voided_at.is_none()
        && UNDER_WAY.contains(&parcel.tracking_status)
}

/// From when on a parcel is late; `None` when nobody knows when it should arrive.
#[must_use]
pub fn late_from(parcel: &shipment::Model) -> Option<DateTime<Utc>> {
    let morning = parcel.expected_on?.succ_opt()?.and_time(NaiveTime::from_hms_opt(HOUR, 0, 0)?);
    zone(parcel).from_local_datetime(&morning).latest().map(|at| at.with_timezone(&Utc))
}

/// Notes every parcel that became late; returns of how many. Each is told of once, whatever is run how often.
pub async fn note_due(ctx: &Ctx) -> Result<u64> {
    let today = ctx.now().date_naive();
    let mut noted = 0;
    let mut after: Option<ShipmentId> = None;
    loop {
        // A day is over at most 14 hours before it is in UTC, and late ten hours after that.
        let mut due = shipment::Entity::find()
            .filter(shipment::Column::ExpectedOn.lte(today))
            .filter(shipment::Column::ExpectedOn.gte(today - OLDEST))
            .filter(shipment::Column::DelayedAt.is_null())
            .filter(shipment::Column::DeliveredAt.is_null())
            .filter(shipment::Column::ReturnedAt.is_null())
            .filter(shipment::Column::TrackingStatus.is_in(UNDER_WAY));
        if let Some(after) = after {
            due = due.filter(shipment::Column::Id.gt(after));
        }
        let due = due.order_by_asc(shipment::Column::Id).limit(AT_ONCE).all(&ctx.db()).await?;
        let Some(last) = due.last() else { return Ok(noted) };
        after = Some(last.id);
        for parcel in due.iter().filter(|parcel| is_late(parcel, ctx.now())) {
            noted += u64::from(note(ctx, parcel.id).await?);
        }
    }
}

fn is_late(parcel: &shipment::Model, now: DateTime<Utc>) -> bool {
    parcel.delayed_at.is_none() && is_under_way(parcel) && late_from(parcel).is_some_and(|from| from <= now)
}

async fn note(ctx: &Ctx, id: ShipmentId) -> Result<bool> {
    ctx.write(|tx| async move {
        let parcel = query::lock(&tx, id).await?;
        if !is_late(&parcel, tx.now()) {
            return Ok(false);
        }
        let change = shipment::ActiveModel {
            id: Set(id),
            delayed_at: Set(Some(tx.now())),
            version: Set(parcel.version + 1),
            updated_at: Set(tx.now()),
            ..Default::default()
        };
        shipment::Entity::update(change).exec(&tx).await?;
        let (orders, customer) = tracking::owners(&tx, &[id]).await?.remove(&id).unwrap_or_default();
        let payload = json!({
            "order_ids": orders,
            "location_id": parcel.location_id,
            "expected_on": parcel.expected_on,
        });
        tx.event(NewEvent::new("shipment_delayed", "shipment", id.uuid()).customer(customer).payload(payload));
        Ok(true)
    })
    .await
}
