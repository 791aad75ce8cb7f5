//! A parcel left elsewhere.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use entity::id::{FulfillmentOrderLineId, ShipmentId, VariantId};
use entity::status::FulfillmentOrderAction;
use entity::words::FulfillmentOrderStatus;
use entity::{order, shipment, variant};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QuerySelect};

use super::{Done, MAX_LINES, ParcelLeft};
use crate::fulfillment::desk::{self, Reached};
use crate::fulfillment::{line_ref::Shelf, work};
use crate::inventory::sync;
use crate::kernel::event::NewEvent;
use crate::kernel::{Error, ErrorCode, Result, Tx};
use crate::shipping::dispatch::{leave_at, tracking};
use crate::shipping::open_parcel::OpenParcel;
use crate::shipping::parcel::{self, Label};
use crate::shipping::unit_codes::{self, UnitCodes};
use crate::shipping::{pack_units, query};

/// How far another system's clock may be ahead, and how late it may tell of a parcel.
const AHEAD: TimeDelta = TimeDelta::minutes(5);
const OLDEST: TimeDelta = TimeDelta::days(30);

type Units = BTreeMap<FulfillmentOrderLineId, i64>;

/// Records a parcel, or learns the number of one that is known.
pub(super) async fn record(
    tx: &Tx,
    source: &str,
    external_id: &str,
    reached: Reached,
    left: &ParcelLeft,
) -> Result<Done> {
    desk::by_parcel(&reached.work)?;
    let number = tracking(left.tracking_number.as_deref())?;
    let place = reached.location("DISPATCH")?;
    let known = shipment::Entity::find()
        .filter(shipment::Column::LocationId.eq(place))
        .filter(shipment::Column::ExternalReference.eq(external_id))
        .lock_exclusive()
        .one(tx)
        .await?;
    match known {
        Some(known) => again(tx, known, &reached, left, number).await,
        None => send(tx, (source, external_id), reached, left, number).await,
    }
}

/// A parcel that is told of again. Errors: `IDEMPOTENCY_KEY_REUSED` when it holds something else, `ALREADY_EXISTS` for
/// another number than the one it has.
async fn again(
    tx: &Tx,
    known: shipment::Model,
    reached: &Reached,
    left: &ParcelLeft,
    number: Option<String>,
) -> Result<Done> {
    let inside: Units = query::lines(tx, &[known.id])
        .await?
        .into_iter()
        .map(|line| (line.fulfillment_order_line_id, line.quantity))
        .collect();
    let is_of_work = reached.lines.iter().any(|line| inside.contains_key(&line.id));
    let same = left.lines.is_empty() || units(tx, reached, left).await?.0 == inside;
    if !is_of_work || !same {
        return Err(Error::invalid(ErrorCode::IdempotencyKeyReused, "externalId"));
    }
    match (&known.tracking_number, number) {
        (_, None) => {}
        (Some(before), Some(number)) if *before == number => {}
        (Some(_), Some(_)) => return Err(Error::invalid(ErrorCode::AlreadyExists, "trackingNumber")),
        (None, Some(number)) => learn(tx, &known, &reached.order, number).await?,
    }
    Ok(Done { work: reached.work.id, shipment: Some(known.id), replayed: true })
}

async fn learn(tx: &Tx, known: &shipment::Model, order: &order::Model, number: String) -> Result<()> {
    let payload = serde_json::json!({
        "order_ids": [order.id],
        "location_id": known.location_id,
        "carrier": known.carrier,
        "tracking_number": number,
    });
    let event = NewEvent::new("shipment_tracking_set", "shipment", known.id.uuid());
    tx.event(event.customer(order.customer_id).payload(payload));
    let change = shipment::ActiveModel {
        id: Set(known.id),
        tracking_number: Set(Some(number)),
        version: Set(known.version + 1),
        updated_at: Set(tx.now()),
        ..Default::default()
    };
    shipment::Entity::update(change).exec(tx).await?;
    Ok(())
}

/// Packs and sends what left.
async fn send(
    tx: &Tx,
    (source, external_id): (&str, &str),
    reached: Reached,
    left: &ParcelLeft,
    number: Option<String>,
) -> Result<Done> {
    let left_at = left_at(tx, left)?;
    let label = label(left, external_id).checked()?;
    let reached = begun(tx, reached).await?;
    let (units, codes) = units(tx, &reached, left).await?;
    if units.is_empty() {
        return Err(desk::refused(&reached.work, "DISPATCH"));
    }
    let (work, place) = (reached.work.id, reached.location("DISPATCH")?);
    let counted = counted(tx, &reached, &units).await?;
    let id = ShipmentId(tx.new_uuid());
    let mut reached = vec![reached];
    let (shipment, _) = parcel::pack(tx, id, &mut reached, &units, &label).await?;
    pack_units::bind(tx, &shipment, &codes).await?;
    let (_, event_id) = leave_at(tx, OpenParcel { shipment, reached, units }, number, left_at).await?;
    sync::shipped(tx, source, (place, left_at), &counted, event_id).await?;
    Ok(Done { work, shipment: Some(id), replayed: false })
}

/// What left was begun: whoever ships work has accepted it, and what is gone cannot be held.
/// Error: `INVALID_TRANSITION` for work that ended or waits for stock.
async fn begun(tx: &Tx, reached: Reached) -> Result<Reached> {
    let mut reached = reached;
    if reached.work.status == FulfillmentOrderStatus::OnHold {
        (reached.work.hold_reason, reached.work.hold_note) = (None, None);
        reached.work = work::transition(tx, reached.work, FulfillmentOrderAction::Resume).await?;
    }
    if reached.work.status == FulfillmentOrderStatus::Open {
        reached.work = work::transition(tx, reached.work, FulfillmentOrderAction::Accept).await?;
    }
    desk::in_states(&reached.work, &[FulfillmentOrderStatus::InProgress], "DISPATCH")?;
    Ok(reached)
}

/// When it left. Error: `INVALID_DATE`.
fn left_at(tx: &Tx, left: &ParcelLeft) -> Result<DateTime<Utc>> {
    let at = left.left_at.unwrap_or(tx.now());
    if at > tx.now() + AHEAD || at < tx.now() - OLDEST {
        return Err(Error::invalid(ErrorCode::InvalidDate, "shippedAt"));
    }
    Ok(at.min(tx.now()))
}

fn label(left: &ParcelLeft, external_id: &str) -> Label {
    Label {
        carrier: left.carrier,
        carrier_name: left.carrier_name.clone(),
        service: left.service.clone(),
        weight_grams: left.weight_grams,
        external_reference: Some(external_id.to_owned()),
    }
}

/// The units that are meant, and the numbers read from them; everything that is left when nothing is named. Errors:
/// `TOO_MANY`, `NOT_IN_WORK`, `INVALID_QUANTITY`.
async fn units(tx: &Tx, reached: &Reached, left: &ParcelLeft) -> Result<(Units, Vec<UnitCodes>)> {
    if left.lines.is_empty() {
        return Ok((parcel::everything(std::slice::from_ref(reached)), Vec::new()));
    }
    if left.lines.len() > MAX_LINES {
        return Err(Error::invalid_with(ErrorCode::TooMany, "lines", vec![("max", MAX_LINES.to_string())]));
    }
    let shelf = Shelf::read(tx, &reached.lines, left.lines.iter().map(|line| &line.line)).await?;
    let (mut units, mut codes) = (Units::new(), Vec::new());
    for (index, line) in left.lines.iter().enumerate() {
        let path = format!("lines.{index}");
        if line.quantity < 1 {
            return Err(Error::invalid(ErrorCode::InvalidQuantity, format!("{path}.quantity")));
        }
        let read = unit_codes::checked(&format!("{path}.codes"), &line.codes, line.quantity)?;
        let id = shelf.find(&line.line, &path)?.id;
        let sum = units.entry(id).or_default();
        *sum = sum.saturating_add(line.quantity);
        if !read.is_empty() {
            codes.push(UnitCodes { fulfillment_order_line_id: id, quantity: line.quantity, codes: read });
        }
    }
    Ok((units, codes))
}

/// Units per variant whose stock is counted. One statement.
async fn counted(tx: &Tx, reached: &Reached, units: &Units) -> Result<BTreeMap<VariantId, i64>> {
    let mut sums: BTreeMap<VariantId, i64> = BTreeMap::new();
    for line in &reached.lines {
        if let Some(quantity) = units.get(&line.id) {
            *sums.entry(line.variant_id).or_default() += quantity;
        }
    }
    let tracked = variant::Entity::find()
        .filter(variant::Column::Id.is_in(sums.keys().copied()))
        .filter(variant::Column::Tracked.eq(true))
        .all(tx)
        .await?;
    sums.retain(|id, _| tracked.iter().any(|variant| variant.id == *id));
    Ok(sums)
}
