//! What is known of a parcel's way: its carrier and number, and what was said about it. Facts are only added; what they
//! come to is the fact that happened last, in whatever order they arrive.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use entity::id::{CustomerId, OrderId, ShipmentId, TrackingEventId};
use entity::words::{Carrier, TrackingSource, TrackingStatus};
use entity::{order, shipment, tracking_event};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};
use serde_json::json;

use super::carriers::number;
use super::contents;
use crate::kernel::event::NewEvent;
use crate::kernel::{text, version};
use crate::{Ctx, Error, ErrorCode, Permission, Result, Tx};

/// Longest words of a carrier, in characters.
const DESCRIPTION: usize = 500;
/// How far ahead of ours a carrier's clock may be.
const AHEAD: TimeDelta = TimeDelta::hours(24);

/// A fact about a parcel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// What.
    pub status: TrackingStatus,
    /// In the carrier's or clerk's words; may be empty.
    pub description: String,
    /// Where.
    pub place: Option<String>,
    /// When it happened.
    pub occurred_at: DateTime<Utc>,
    /// The carrier's id of it.
    pub external_id: Option<String>,
}

impl Fact {
    /// Checked and tidied. Errors at `path`: `INVALID_TEXT`, `TEXT_TOO_LONG`, `INVALID_DATE` for what lies more than a
    /// day ahead.
    pub(crate) fn checked(&self, path: &str, now: DateTime<Utc>) -> Result<Self> {
        let at = |field: &str| if path.is_empty() { field.to_owned() } else { format!("{path}.{field}") };
        if self.occurred_at > now + AHEAD {
            return Err(Error::invalid(ErrorCode::InvalidDate, at("occurredAt")));
        }
        let line = |field: &str, given: &Option<String>, max: usize| {
            let line = given.as_deref().map(|given| text::line(&at(field), given, max)).transpose()?;
            Ok::<_, Error>(line.filter(|line| !line.is_empty()))
        };
        Ok(Self {
            status: self.status,
            description: text::line(&at("description"), &self.description, DESCRIPTION)?,
            place: line("place", &self.place, text::LINE)?,
            // PostgreSQL keeps no more, and the same fact must be the same again.
            occurred_at: self.occurred_at.trunc_subsecs(6),
            external_id: line("externalId", &self.external_id, text::LINE)?,
        })
    }

    fn is(&self, row: &tracking_event::Model) -> bool {
        match &self.external_id {
            Some(id) => row.external_id.as_ref() == Some(id),
            None => {
                row.status == self.status
                    && row.occurred_at == self.occurred_at
                    && row.description == self.description
                    && row.place == self.place
            }
        }
    }
}

/// What a recording did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Recorded {
    /// Facts that were new.
    pub added: usize,
    /// Facts that were known already.
    pub known: usize,
}

/// Adds a fact by hand; the same fact twice is one. Errors: `FORBIDDEN`, `NOT_FOUND` for a parcel out of reach,
/// `INVALID_TRANSITION` for one that was unpacked again, and those of texts and dates.
pub async fn add(ctx: &Ctx, shipment_id: ShipmentId, fact: Fact) -> Result<shipment::Model> {
    let scope = ctx.require(Permission::FulfillmentWork)?;
    let (scope, fact) = (&scope, &fact.checked("input", ctx.now())?);
    ctx.write(|tx| async move {
        let parcel = lock_mine(&tx, scope, shipment_id).await?;
        record(&tx, &[parcel], &[(shipment_id, fact.clone())], TrackingSource::Staff).await?;
        shipment::Entity::find_by_id(shipment_id).one(&tx).await?.ok_or(Error::not_found("shipment"))
    })
    .await
}

/// Locks a parcel of one's locations.
pub(crate) async fn lock_mine(tx: &Tx, scope: &crate::Scope, id: ShipmentId) -> Result<shipment::Model> {
    let found = shipment::Entity::find_by_id(id).filter(contents::within(scope)).lock_exclusive().one(tx).await?;
    let parcel = found.ok_or(Error::not_found("shipment"))?;
    if parcel.voided_at.is_some() { Err(refused("VOIDED", "TRACK")) } else { Ok(parcel) }
}

pub(crate) fn refused(from: &str, action: &str) -> Error {
    let (from, action) = (from.to_owned(), action.to_owned());
    Error::InvalidTransition { machine: "shipment", from, action, allowed: Vec::new() }
}

/// Records facts about locked parcels and brings the parcels up to them. At most five statements and one per status that
/// changed, however many facts. Tells `shipment_tracked` once per parcel whose status changed.
pub(crate) async fn record(
    tx: &Tx,
    parcels: &[shipment::Model],
    facts: &[(ShipmentId, Fact)],
    source: TrackingSource,
) -> Result<Recorded> {
    let ids: Vec<ShipmentId> = parcels.iter().map(|parcel| parcel.id).collect();
    let mut known = contents::tracking_events(tx, &ids).await?;
    let mut recorded = Recorded::default();
    let mut rows = Vec::new();
    for (shipment_id, fact) in facts {
        if known.iter().any(|row| row.shipment_id == *shipment_id && fact.is(row)) {
            recorded.known += 1;
            continue;
        }
        let row = row(tx, *shipment_id, fact, source);
        known.push(row.clone());
        rows.push(row);
        recorded.added += 1;
    }
    if rows.is_empty() {
        return Ok(recorded);
    }
    for chunk in rows.chunks(500) {
        let rows = chunk.iter().cloned().map(|row| row.into_active_model().reset_all());
        tracking_event::Entity::insert_many(rows).exec_without_returning(tx).await?;
    }
    let latest = latest(&known);
    let changed: Vec<(&shipment::Model, &tracking_event::Model)> = parcels
        .iter()
        .filter_map(|parcel| Some((parcel, *latest.get(&parcel.id)?)))
        .filter(|(parcel, last)| differs(parcel, last))
        .collect();
    write(tx, &changed).await?;
    tell(tx, &changed, source).await?;
    Ok(recorded)
}

fn row(tx: &Tx, shipment_id: ShipmentId, fact: &Fact, source: TrackingSource) -> tracking_event::Model {
    tracking_event::Model {
        id: TrackingEventId(tx.new_uuid()),
        shipment_id,
        status: fact.status,
        description: fact.description.clone(),
        place: fact.place.clone(),
        source,
        external_id: fact.external_id.clone(),
        occurred_at: fact.occurred_at,
        received_at: tx.now(),
    }
}

/// The fact of each parcel that happened last; of two at one moment the one that came later.
fn latest(rows: &[tracking_event::Model]) -> BTreeMap<ShipmentId, &tracking_event::Model> {
    let mut latest: BTreeMap<ShipmentId, &tracking_event::Model> = BTreeMap::new();
    for row in rows {
        let before = latest.entry(row.shipment_id).or_insert(row);
        if (row.occurred_at, row.id) > (before.occurred_at, before.id) {
            *before = row;
        }
    }
    latest
}

/// When a parcel whose last fact is this one arrived.
fn delivered_at(last: &tracking_event::Model) -> Option<DateTime<Utc>> {
    (last.status == TrackingStatus::Delivered).then_some(last.occurred_at)
}

fn differs(parcel: &shipment::Model, last: &tracking_event::Model) -> bool {
    parcel.tracking_status != last.status || parcel.delivered_at != delivered_at(last)
}

/// One statement per status: when a parcel arrived is read from its facts.
async fn write(tx: &Tx, changed: &[(&shipment::Model, &tracking_event::Model)]) -> Result<()> {
    for status in TrackingStatus::ALL {
        let ids: Vec<ShipmentId> =
            changed.iter().filter(|(_, last)| last.status == *status).map(|(parcel, _)| parcel.id).collect();
        if ids.is_empty() {
            continue;
        }
        let arrived = Query::select()
            .expr(tracking_event::Column::OccurredAt.max())
            .from(tracking_event::Entity)
            .and_where(
                Expr::col((tracking_event::Entity, tracking_event::Column::ShipmentId))
                    .equals((shipment::Entity, shipment::Column::Id)),
            )
            .and_where(tracking_event::Column::Status.eq(TrackingStatus::Delivered))
            .to_owned();
        let delivered = if *status == TrackingStatus::Delivered {
            Expr::SubQuery(None, Box::new(arrived.into()))
        } else {
            Expr::value(Option::<DateTime<Utc>>::None)
        };
        shipment::Entity::update_many()
            .col_expr(shipment::Column::TrackingStatus, Expr::value(*status))
            .col_expr(shipment::Column::DeliveredAt, delivered)
            .col_expr(shipment::Column::Version, Expr::col(shipment::Column::Version).add(1))
            .col_expr(shipment::Column::UpdatedAt, Expr::value(tx.now()))
            .filter(shipment::Column::Id.is_in(ids))
            .exec(tx)
            .await?;
    }
    Ok(())
}

/// Whose parcels they are: the orders of each, and the customer of the first.
pub(crate) async fn owners(
    tx: &Tx,
    ids: &[ShipmentId],
) -> Result<BTreeMap<ShipmentId, (Vec<OrderId>, Option<CustomerId>)>> {
    let of = contents::orders_of(tx, ids).await?;
    let wanted: Vec<OrderId> = of.values().flatten().copied().collect();
    let orders: BTreeMap<OrderId, order::Model> =
        crate::order::query::by_ids(tx, &wanted).await?.into_iter().map(|order| (order.id, order)).collect();
    let customer = |ids: &BTreeSet<OrderId>| ids.iter().find_map(|id| orders.get(id)?.customer_id);
    Ok(of.into_iter().map(|(id, orders)| (id, (orders.iter().copied().collect(), customer(&orders)))).collect())
}

async fn tell(tx: &Tx, changed: &[(&shipment::Model, &tracking_event::Model)], source: TrackingSource) -> Result<()> {
    let moved: Vec<_> = changed.iter().filter(|(parcel, last)| parcel.tracking_status != last.status).collect();
    if moved.is_empty() {
        return Ok(());
    }
    let ids: Vec<ShipmentId> = moved.iter().map(|(parcel, _)| parcel.id).collect();
    let owners = owners(tx, &ids).await?;
    for (parcel, last) in moved {
        let (orders, customer) = owners.get(&parcel.id).cloned().unwrap_or_default();
        let payload = json!({
            "order_ids": orders,
            "location_id": parcel.location_id,
            "from": parcel.tracking_status,
            "to": last.status,
            "occurred_at": last.occurred_at,
            "source": source,
        });
        tx.event(NewEvent::new("shipment_tracked", "shipment", parcel.id.uuid()).customer(customer).payload(payload));
    }
    Ok(())
}

/// What a parcel is to be followed by; `None` leaves as it is.
#[derive(Debug, Clone, Default)]
pub struct SetTracking {
    /// Who carries it.
    pub carrier: Option<Carrier>,
    /// Name of a carrier without a mapping.
    pub carrier_name: Option<String>,
    /// The carrier's service.
    pub service: Option<String>,
    /// The carrier's number, as typed or scanned; empty takes it back.
    pub tracking_number: Option<String>,
    /// Where it can be followed, when not by the carrier's pattern; empty takes it back.
    pub tracking_url: Option<String>,
    /// The version that was seen; another one is refused.
    pub expected_version: Option<i32>,
}

/// Sets by whom and under which number a parcel goes. Errors: `FORBIDDEN`, `NOT_FOUND`, `STALE_VERSION`,
/// `INVALID_TRACKING_NUMBER`, `INVALID` for a web address that is not `https`, `INVALID_TRANSITION` for a parcel that
/// was unpacked again, and those of texts.
pub async fn set(ctx: &Ctx, shipment_id: ShipmentId, input: SetTracking) -> Result<shipment::Model> {
    let scope = ctx.require(Permission::FulfillmentWork)?;
    let (scope, input) = (&scope, &input);
    ctx.write(|tx| async move {
        let tx = &tx;
        let parcel = lock_mine(tx, scope, shipment_id).await?;
        version::check(input.expected_version, parcel.version)?;
        let after = changed(&parcel, input)?;
        if after == parcel {
            return Ok(parcel);
        }
        let after = shipment::Model { version: parcel.version + 1, updated_at: tx.now(), ..after };
        after.clone().into_active_model().reset_all().update(tx).await?;
        tell_number(tx, std::slice::from_ref(&after)).await?;
        Ok(after)
    })
    .await
}

fn changed(parcel: &shipment::Model, input: &SetTracking) -> Result<shipment::Model> {
    let mut after = parcel.clone();
    after.carrier = input.carrier.unwrap_or(parcel.carrier);
    let line = |path: &str, given: &Option<String>, old: &Option<String>| match given {
        None => Ok(old.clone()),
        Some(given) => text::line(path, given, text::LINE).map(|line| Some(line).filter(|line| !line.is_empty())),
    };
    after.carrier_name = line("input.carrierName", &input.carrier_name, &parcel.carrier_name)?;
    after.service = line("input.service", &input.service, &parcel.service)?;
    let path = "input.trackingNumber";
    let number = line(path, &input.tracking_number, &parcel.tracking_number)?;
    after.tracking_number = number.map(|number| number::normalize(after.carrier, &number, path)).transpose()?;
    after.tracking_url = match &input.tracking_url {
        None => parcel.tracking_url.clone(),
        Some(url) => web_address("input.trackingUrl", url)?,
    };
    Ok(after)
}

/// A web address that a mail may link to: `https` and nothing that ends an attribute. Empty is none.
fn web_address(path: &str, url: &str) -> Result<Option<String>> {
    let url = text::line(path, url, 2_000)?;
    if url.is_empty() {
        return Ok(None);
    }
    let host = url.strip_prefix("https://").unwrap_or_default();
    let plain = !host.is_empty() && !host.starts_with('/') && !url.contains([' ', '"', '\'', '<', '>', '\\', '@']);
    if plain { Ok(Some(url)) } else { Err(Error::invalid(ErrorCode::Invalid, path)) }
}

/// Tells under which numbers parcels go.
pub(crate) async fn tell_number(tx: &Tx, parcels: &[shipment::Model]) -> Result<()> {
    let ids: Vec<ShipmentId> = parcels.iter().map(|parcel| parcel.id).collect();
    let owners = owners(tx, &ids).await?;
    for parcel in parcels {
        let (orders, customer) = owners.get(&parcel.id).cloned().unwrap_or_default();
        let payload = json!({
            "order_ids": orders,
            "location_id": parcel.location_id,
            "carrier": parcel.carrier,
            "tracking_number": parcel.tracking_number,
        });
        let event = NewEvent::new("shipment_tracking_set", "shipment", parcel.id.uuid());
        tx.event(event.customer(customer).payload(payload));
    }
    Ok(())
}

/// Numbers to write into locked parcels in one statement per 500; tells each. Parcels that have theirs are left alone.
pub(crate) async fn set_numbers(tx: &Tx, wanted: Vec<(shipment::Model, Carrier, String)>) -> Result<usize> {
    let rows: Vec<shipment::Model> = wanted
        .into_iter()
        .filter(|(parcel, carrier, number)| {
            parcel.tracking_number.as_deref() != Some(number) || parcel.carrier != *carrier
        })
        .map(|(parcel, carrier, number)| shipment::Model {
            carrier,
            tracking_number: Some(number),
            version: parcel.version + 1,
            updated_at: tx.now(),
            ..parcel
        })
        .collect();
    let columns = [
        shipment::Column::Carrier,
        shipment::Column::TrackingNumber,
        shipment::Column::Version,
        shipment::Column::UpdatedAt,
    ];
    let changed = OnConflict::column(shipment::Column::Id).update_columns(columns).to_owned();
    for chunk in rows.chunks(500) {
        let rows = chunk.iter().cloned().map(|row| row.into_active_model().reset_all());
        shipment::Entity::insert_many(rows).on_conflict(changed.clone()).exec_without_returning(tx).await?;
    }
    tell_number(tx, &rows).await?;
    Ok(rows.len())
}

/// Locks the newest parcel of each of a carrier's numbers, in id order; unknown numbers are left out.
pub(crate) async fn lock_by_numbers(
    tx: &Tx,
    carrier: Carrier,
    numbers: &HashSet<String>,
) -> Result<BTreeMap<String, shipment::Model>> {
    let found = shipment::Entity::find()
        .filter(shipment::Column::Carrier.eq(carrier))
        .filter(shipment::Column::TrackingNumber.is_in(numbers.iter().cloned()))
        .filter(shipment::Column::VoidedAt.is_null())
        .order_by_asc(shipment::Column::Id)
        .lock_exclusive()
        .all(tx)
        .await?;
    // Carriers use their numbers again after some months: the newest parcel is meant.
    Ok(found.into_iter().filter_map(|parcel| Some((parcel.tracking_number.clone()?, parcel))).collect())
}

/// Marks a locked parcel as come back.
pub(crate) async fn come_back(tx: &Tx, parcel: &shipment::Model) -> Result<shipment::Model> {
    let change = shipment::ActiveModel {
        id: Set(parcel.id),
        returned_at: Set(Some(tx.now())),
        version: Set(parcel.version + 1),
        updated_at: Set(tx.now()),
        ..Default::default()
    };
    Ok(shipment::Entity::update(change).exec(tx).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_to_the_web_and_nowhere_else() {
        for url in ["javascript:alert(1)", "http://x.example", "https://", "https:///x", "https://a@b", "https://x\"y"]
        {
            assert!(web_address("u", url).is_err(), "{url}");
        }
        assert!(web_address("u", "").is_ok_and(|url| url.is_none()));
        assert!(web_address("u", "https://track.example/p?n=1").is_ok_and(|url| url.is_some()));
    }
}
