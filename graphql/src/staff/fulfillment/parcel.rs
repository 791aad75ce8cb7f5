//! Parcels: packing, opening again, dispatching.

use async_graphql::{Context, ID, InputObject, Object};
use domain::Result;
use domain::fulfillment::desk::WorkRef;
use domain::shipping::dispatch::{self, Dispatch};
use domain::shipping::pack::{self, Pack, PackLine, Parcel};
use domain::shipping::parcel::Label;
use domain::shipping::ship::{self, Ship};
use domain::shipping::unpack;
use entity::words::Carrier;

use super::input::{FulfillmentOrderRefInput, line_ref, work_id};
use super::run;
use crate::context::{ctx_of, key_or_header};
use crate::node::shipment::Shipment;
use crate::payload;
use crate::scalar::{parse_id, parse_optional_id};
use crate::staff::storage::StockUnitInput;
use crate::word::Word;

/// What is written on a parcel. What is left out follows the shipping method of the order.
#[derive(Clone, Debug, Default, InputObject)]
pub struct ParcelLabelInput {
    /// Who carries it.
    pub carrier: Option<Word<Carrier>>,
    /// Name of a carrier without a mapping.
    pub carrier_name: Option<String>,
    /// The carrier's service code.
    pub service: Option<String>,
    /// Weight in grams.
    pub weight_grams: Option<i64>,
    /// Id in a warehouse system.
    pub external_reference: Option<String>,
}

impl ParcelLabelInput {
    fn read(self) -> Label {
        Label {
            carrier: self.carrier.map(|carrier| carrier.0),
            carrier_name: self.carrier_name,
            service: self.service,
            weight_grams: self.weight_grams,
            external_reference: self.external_reference,
        }
    }
}

/// Units to put into a parcel, named by a line of work or by a scanned code.
#[derive(Clone, Debug, InputObject)]
pub struct FulfillmentOrderPackLineInput {
    /// The line of work.
    pub fulfillment_order_line_id: Option<ID>,
    /// The barcode or SKU that was scanned; `NOT_IN_WORK` when it is not part of the work.
    pub code: Option<String>,
    /// In which of the fulfillment orders to look for a scanned code; in all of them when left out.
    pub fulfillment_order_id: Option<ID>,
    /// Units, at least 1.
    pub quantity: i64,
    /// Serial or lot numbers read from the goods.
    #[graphql(default)]
    pub unit_codes: Vec<String>,
}

/// A parcel to pack.
#[derive(Clone, Debug, InputObject)]
pub struct FulfillmentOrderPackInput {
    /// The work it is packed from: 1 to 100 fulfillment orders of one location to one recipient.
    pub fulfillment_orders: Vec<FulfillmentOrderRefInput>,
    /// What goes into it; all that is left when left out.
    #[graphql(default)]
    pub lines: Vec<FulfillmentOrderPackLineInput>,
    /// What is written on it.
    #[graphql(default)]
    pub label: ParcelLabelInput,
    /// The same key packs once; the header `Idempotency-Key` when left out. One of both is needed.
    pub idempotency_key: Option<String>,
}

impl FulfillmentOrderPackInput {
    fn read(self, ctx: &Context<'_>) -> Result<Pack> {
        let expected: Vec<WorkRef> =
            super::FulfillmentOrdersInput { fulfillment_orders: self.fulfillment_orders }.read()?;
        let lines = self.lines.into_iter().enumerate().map(|(index, line)| {
            let path = format!("input.lines.{index}");
            let work = parse_optional_id(line.fulfillment_order_id.as_ref(), &format!("{path}.fulfillmentOrderId"))?;
            let which = line_ref(line.fulfillment_order_line_id.as_ref(), work, line.code, &path)?;
            Ok(PackLine { line: which, quantity: line.quantity, codes: line.unit_codes })
        });
        Ok(Pack {
            work: expected.iter().map(|work| work.id).collect(),
            lines: lines.collect::<Result<_>>()?,
            label: self.label.read(),
            expected,
            idempotency_key: key_or_header(ctx, self.idempotency_key).unwrap_or_default(),
        })
    }
}

/// Work to send off in one step.
#[derive(Clone, Debug, InputObject)]
pub struct FulfillmentOrderShipInput {
    /// Which.
    pub fulfillment_order_id: ID,
    /// What is written on the parcel.
    #[graphql(default)]
    pub label: ParcelLabelInput,
    /// The carrier's number, in any spelling; it can follow later.
    pub tracking_number: Option<String>,
    /// Serial and lot numbers of what leaves.
    #[graphql(default)]
    pub units: Vec<StockUnitInput>,
    /// The version that you read; with another one nothing is changed.
    pub expected_version: Option<i32>,
    /// The same key ships once; the header `Idempotency-Key` when left out. One of both is needed.
    pub idempotency_key: Option<String>,
}

impl FulfillmentOrderShipInput {
    fn read(self, ctx: &Context<'_>) -> Result<Ship> {
        let id = work_id(&self.fulfillment_order_id)?;
        Ok(Ship {
            work: WorkRef { id, expected_version: self.expected_version },
            label: self.label.read(),
            tracking_number: self.tracking_number,
            units: StockUnitInput::read_all(self.units, "input.units")?,
            idempotency_key: key_or_header(ctx, self.idempotency_key).unwrap_or_default(),
        })
    }
}

/// A parcel to open again.
#[derive(Clone, Debug, InputObject)]
pub struct ShipmentUnpackInput {
    /// Which.
    pub shipment_id: ID,
    /// The version that you read; with another one nothing is changed.
    pub expected_version: Option<i32>,
}

/// A parcel to hand to its carrier.
#[derive(Clone, Debug, InputObject)]
pub struct ShipmentDispatchInput {
    /// Which.
    pub shipment_id: ID,
    /// The carrier's number, in any spelling; it can follow later.
    pub tracking_number: Option<String>,
    /// The version that you read; with another one nothing is changed.
    pub expected_version: Option<i32>,
    /// The same key dispatches once; the header `Idempotency-Key` when left out. One of both is needed.
    pub idempotency_key: Option<String>,
}

impl ShipmentDispatchInput {
    fn read(self, ctx: &Context<'_>) -> Result<Dispatch> {
        Ok(Dispatch {
            shipment_id: parse_id(&self.shipment_id, "input.shipmentId")?,
            tracking_number: self.tracking_number,
            expected_version: self.expected_version,
            idempotency_key: key_or_header(ctx, self.idempotency_key).unwrap_or_default(),
        })
    }
}

payload! {
    /// A parcel after a change.
    pub struct ShipmentPayload {
        /// The parcel.
        shipment: Shipment,
        /// Whether the same key did it before; nothing was done again.
        replayed: bool,
    }
}

fn shown(done: Parcel) -> (Shipment, bool) {
    (Shipment(done.shipment), done.replayed)
}

/// What packers do.
#[derive(Debug, Default)]
pub struct ParcelMutation;

#[Object]
impl ParcelMutation {
    /// Packs a parcel: several of one order, or one of several orders to the same recipient. Once per key.
    async fn fulfillment_order_pack(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What goes into it.")] input: FulfillmentOrderPackInput,
    ) -> Result<ShipmentPayload> {
        let done = run(ctx_of(ctx), input.read(ctx), pack::pack).await;
        ShipmentPayload::of(ctx, done.map(shown))
    }

    /// Opens a parcel that has not left; its units are picked, but packed no more.
    async fn shipment_unpack(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which parcel.")] input: ShipmentUnpackInput,
    ) -> Result<ShipmentPayload> {
        let done = match parse_id(&input.shipment_id, "input.shipmentId") {
            Ok(id) => unpack::unpack(ctx_of(ctx), id, input.expected_version).await,
            Err(error) => Err(error),
        };
        ShipmentPayload::of(ctx, done.map(|shipment| shown(Parcel { shipment, replayed: false })))
    }

    /// Hands a parcel to its carrier: stock goes out, and the customer is told. Once per key.
    async fn shipment_dispatch(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which parcel.")] input: ShipmentDispatchInput,
    ) -> Result<ShipmentPayload> {
        let done = run(ctx_of(ctx), input.read(ctx), dispatch::dispatch).await;
        ShipmentPayload::of(ctx, done.map(shown))
    }

    /// Accepts, picks, packs and dispatches all that is left of one fulfillment order, in one parcel. Once per key.
    async fn fulfillment_order_ship(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which work.")] input: FulfillmentOrderShipInput,
    ) -> Result<ShipmentPayload> {
        let done = run(ctx_of(ctx), input.read(ctx), ship::ship).await;
        ShipmentPayload::of(ctx, done.map(shown))
    }
}
