//! A parcel in the making: which units of which work, for whom, and the row it becomes.

use std::collections::{BTreeMap, BTreeSet};

use entity::id::{FulfillmentOrderId, FulfillmentOrderLineId, LocationId, ShipmentId, ShipmentLineId};
use entity::words::{Carrier, DeliveryMethod, FulfillmentOrderStatus, TrackingStatus};
use entity::{order_shipping, shipment, shipment_line, shipping_method};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};

use super::recipient::Recipient;
use crate::fulfillment::desk::{self, Reached};
use crate::fulfillment::pick_list;
use crate::fulfillment::progress::{self, unpacked};
use crate::kernel::event::NewEvent;
use crate::kernel::{Error, ErrorCode, Result, Tx, text};

/// Heaviest parcel, in grams: 10 t.
const MAX_WEIGHT: i64 = 10_000_000;

/// What is written on a parcel besides its recipient. What is left out follows the order's shipping method.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct Label {
    /// Who carries it.
    pub carrier: Option<Carrier>,
    /// Name of a carrier without a mapping.
    pub carrier_name: Option<String>,
    /// The carrier's service code.
    pub service: Option<String>,
    /// Weight in grams.
    pub weight_grams: Option<i64>,
    /// Id in a warehouse system.
    pub external_reference: Option<String>,
}

impl Label {
    /// Tidies its texts. Errors: `INVALID_TEXT`, `TEXT_TOO_LONG`, `INVALID_QUANTITY` for a weight.
    pub(super) fn checked(self) -> Result<Self> {
        let line = |name: &str, value: Option<String>| -> Result<Option<String>> {
            let value = value.map(|value| text::line(&format!("input.{name}"), &value, text::LINE)).transpose()?;
            Ok(value.filter(|value| !value.is_empty()))
        };
        if self.weight_grams.is_some_and(|grams| !(1..=MAX_WEIGHT).contains(&grams)) {
            return Err(Error::invalid(ErrorCode::InvalidQuantity, "input.weightGrams"));
        }
        Ok(Self {
            carrier_name: line("carrierName", self.carrier_name)?,
            service: line("service", self.service)?,
            external_reference: line("externalReference", self.external_reference)?,
            ..self
        })
    }
}

/// Packs units of locked work into one parcel: raises what is packed (and picked: who holds a thing has picked it),
/// moves the work on, writes the parcel and tells `shipment_packed`. The caller brings the orders up to it.
///
/// Errors: `PICKUP_WORK`, `INVALID_TRANSITION` for work that is not in progress, `INVALID_QUANTITY` for more than is
/// left to pack, `PARCEL_MISMATCH` when recipients or locations differ, `REQUIRED` without a carrier.
pub(super) async fn pack(
    tx: &Tx,
    id: ShipmentId,
    reached: &mut [Reached],
    units: &BTreeMap<FulfillmentOrderLineId, i64>,
    label: &Label,
) -> Result<(shipment::Model, Vec<shipment_line::Model>)> {
    let (location_id, recipient) = destination(reached)?;
    let wish = Wish::read(tx, reached).await?;
    let mut lines = Vec::with_capacity(units.len());
    for Reached { work, lines: work_lines, .. } in reached.iter_mut() {
        desk::by_parcel(work)?;
        desk::in_states(work, &[FulfillmentOrderStatus::InProgress], "PACK")?;
        for line in work_lines.iter_mut() {
            let Some(quantity) = units.get(&line.id).copied() else { continue };
            if quantity < 1 || quantity > unpacked(line) {
                return Err(Error::invalid(ErrorCode::InvalidQuantity, "input.lines"));
            }
            line.packed += quantity;
            line.picked = line.picked.max(line.packed);
            lines.push(shipment_line::Model {
                id: ShipmentLineId(tx.new_uuid()),
                shipment_id: id,
                fulfillment_order_line_id: line.id,
                quantity,
            });
        }
    }
    let row = row(tx, (id, location_id), &recipient, label, wish)?;
    let work: Vec<FulfillmentOrderId> = reached.iter().map(|reached| reached.work.id).collect();
    let orders: BTreeSet<_> = reached.iter().map(|reached| reached.order.id).collect();
    let customer = reached.first().and_then(|reached| reached.order.customer_id);
    for reached in reached.iter_mut() {
        reached.work = progress::settle(tx, reached.work.clone(), &reached.lines).await?;
    }
    let changed: Vec<_> = reached.iter().flat_map(|reached| reached.lines.iter().cloned()).collect();
    pick_list::trim(tx, &changed).await?;
    shipment::Entity::insert(row.clone().into_active_model().reset_all()).exec_without_returning(tx).await?;
    for some in lines.chunks(1_000) {
        let rows = some.iter().cloned().map(|line| line.into_active_model().reset_all());
        shipment_line::Entity::insert_many(rows).exec_without_returning(tx).await?;
    }
    let payload = serde_json::json!({
        "shipment_id": id, "location_id": location_id, "order_ids": orders, "fulfillment_order_ids": work,
    });
    tx.event(NewEvent::new("shipment_packed", "shipment", id.uuid()).customer(customer).payload(payload));
    Ok((row, lines))
}

/// Where all of it goes from and to. Errors: `PARCEL_MISMATCH`, `SHIPPING_ADDRESS_REQUIRED`.
fn destination(reached: &[Reached]) -> Result<(LocationId, Recipient)> {
    let mismatch = || Error::invalid(ErrorCode::ParcelMismatch, "input.lines");
    let first = reached.first().ok_or_else(|| Error::invalid(ErrorCode::Required, "input.lines"))?;
    desk::by_parcel(&first.work)?;
    let (location, recipient) = (first.location("PACK")?, Recipient::of(&first.order)?);
    for other in reached {
        let same_way = other.work.method == first.work.method && other.order.customer_id == first.order.customer_id;
        if !same_way || other.work.location_id != Some(location) || Recipient::of(&other.order)? != recipient {
            return Err(mismatch());
        }
    }
    Ok((location, recipient))
}

/// What the orders' shipping says of carrier and delivery.
struct Wish {
    method: DeliveryMethod,
    shipping: Option<order_shipping::Model>,
    usual: Option<shipping_method::Model>,
}

impl Wish {
    /// Two statements.
    async fn read(tx: &Tx, reached: &[Reached]) -> Result<Self> {
        let orders = reached.iter().map(|reached| reached.order.id);
        let shipping = order_shipping::Entity::find()
            .filter(order_shipping::Column::OrderId.is_in(orders))
            .order_by_asc(order_shipping::Column::OrderId)
            .one(tx)
            .await?;
        let usual = match shipping.as_ref().and_then(|shipping| shipping.method_id) {
            Some(id) => shipping_method::Entity::find_by_id(id).one(tx).await?,
            None => None,
        };
        let method = reached.first().map_or(DeliveryMethod::Ship, |reached| reached.work.method);
        Ok(Self { method, shipping, usual })
    }

    fn carrier(&self, label: &Label) -> Result<Carrier> {
        let usual = self.usual.as_ref().and_then(|method| method.carrier);
        let own = (self.method == DeliveryMethod::LocalDelivery).then_some(Carrier::Other);
        label.carrier.or(own).or(usual).ok_or_else(|| Error::invalid(ErrorCode::Required, "input.carrier"))
    }
}

fn row(
    tx: &Tx,
    (id, location_id): (ShipmentId, LocationId),
    recipient: &Recipient,
    label: &Label,
    wish: Wish,
) -> Result<shipment::Model> {
    let carrier = wish.carrier(label)?;
    let usual = wish.usual.filter(|method| method.carrier == Some(carrier)).and_then(|method| method.service);
    let (delivery_on, delivery_slot) =
        wish.shipping.map(|shipping| (shipping.delivery_on, shipping.delivery_slot)).unwrap_or_default();
    Ok(shipment::Model {
        id,
        location_id,
        carrier,
        carrier_name: label.carrier_name.clone(),
        service: label.service.clone().or(usual),
        tracking_number: None,
        tracking_url: None,
        tracking_status: TrackingStatus::PreTransit,
        recipient: recipient.json()?,
        delivery_on,
        delivery_slot,
        weight_grams: label.weight_grams,
        external_reference: label.external_reference.clone(),
        packed_at: tx.now(),
        shipped_at: None,
        delivered_at: None,
        expected_on: None,
        delayed_at: None,
        presumed_at: None,
        returned_at: None,
        voided_at: None,
        version: 1,
        created_at: tx.now(),
        updated_at: tx.now(),
    })
}

/// The work of parcels, as ids.
pub(super) fn work_of(lines: &[entity::fulfillment_order_line::Model]) -> BTreeSet<FulfillmentOrderId> {
    lines.iter().map(|line| line.fulfillment_order_id).collect()
}

/// Everything of some work that is left to pack.
pub(super) fn everything(reached: &[Reached]) -> BTreeMap<FulfillmentOrderLineId, i64> {
    let lines = reached.iter().flat_map(|reached| &reached.lines);
    lines.filter(|line| unpacked(line) > 0).map(|line| (line.id, unpacked(line))).collect()
}
