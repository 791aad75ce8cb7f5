//! Parcels.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use async_graphql::dataloader::Loader;
use async_graphql::{Context, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::kernel::language::Language;
use domain::shipping::carriers::number;
use domain::shipping::contents::{self, Content};
use domain::shipping::documents::{self, Format, Kind};
use domain::{Error, Result};
use entity::id::{OrderId, ShipmentId};
use entity::words::{Carrier, TrackingSource, TrackingStatus};
use entity::{order, shipment, tracking_event};

use super::address::Address;
use super::location::{Location, location_of};
use super::lookup::hidden;
use super::order::{Order, for_staff};
use crate::context::ctx_of;
use crate::loader::{self, Rows};
use crate::scalar::{Date, id};
use crate::word::Word;

/// A parcel.
#[derive(Clone, Debug)]
pub struct Shipment(pub shipment::Model);

impl From<shipment::Model> for Shipment {
    fn from(row: shipment::Model) -> Self {
        Self(row)
    }
}

/// Units in a parcel.
#[derive(Clone, Debug, SimpleObject)]
pub struct ShipmentLine {
    /// Id.
    pub id: ID,
    /// The order's line.
    pub order_line_id: ID,
    /// The work that packed it.
    pub fulfillment_order_line_id: ID,
    /// What lies in the parcel; a part for bundles.
    pub variant_id: ID,
    /// What was sold.
    pub title: String,
    /// Which variant was sold; empty for a product without options.
    pub variant_title: String,
    /// Units.
    pub quantity: i64,
}

impl From<Content> for ShipmentLine {
    fn from(content: Content) -> Self {
        Self {
            id: id(content.line.id),
            order_line_id: id(content.sold.id),
            fulfillment_order_line_id: id(content.piece.id),
            variant_id: id(content.piece.variant_id),
            title: content.sold.title,
            variant_title: content.sold.variant_title,
            quantity: content.line.quantity,
        }
    }
}

/// What was said about a parcel.
#[derive(Clone, Debug, SimpleObject)]
pub struct TrackingEvent {
    /// Id.
    pub id: ID,
    /// What.
    pub status: Word<TrackingStatus>,
    /// In the carrier's words; may be empty.
    pub description: String,
    /// Where.
    pub place: Option<String>,
    /// How it became known.
    pub source: Word<TrackingSource>,
    /// When it happened.
    pub occurred_at: DateTime<Utc>,
    /// When we learned of it.
    pub received_at: DateTime<Utc>,
}

impl From<tracking_event::Model> for TrackingEvent {
    fn from(row: tracking_event::Model) -> Self {
        Self {
            id: id(row.id),
            status: Word(row.status),
            description: row.description,
            place: row.place,
            source: Word(row.source),
            occurred_at: row.occurred_at,
            received_at: row.received_at,
        }
    }
}

/// An address under which a paper can be opened for some minutes, by whoever holds it.
#[derive(Clone, Debug, SimpleObject)]
pub struct DocumentLink {
    /// The address.
    pub url: String,
    /// Until when it works.
    pub expires_at: DateTime<Utc>,
}

/// The papers of a parcel.
#[derive(Clone, Debug, SimpleObject)]
pub struct ShipmentDocuments {
    /// What is in it, A4, as a page.
    pub packing_slip_html: DocumentLink,
    /// What is in it, A4, as PDF.
    pub packing_slip_pdf: DocumentLink,
    /// Whom it goes to, A6, as a page.
    pub label_html: DocumentLink,
    /// Whom it goes to, A6, as PDF.
    pub label_pdf: DocumentLink,
}

/// A parcel.
#[Object]
impl Shipment {
    /// Id.
    pub async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// Who sends it.
    async fn location_id(&self) -> ID {
        id(self.0.location_id)
    }

    /// The place that sends it.
    async fn location(&self, ctx: &Context<'_>) -> Result<Location> {
        location_of(ctx, self.0.location_id).await
    }

    /// Who carries it.
    async fn carrier(&self) -> Word<Carrier> {
        Word(self.0.carrier)
    }

    /// What the carrier is called, in the language of the request.
    async fn carrier_name(&self, ctx: &Context<'_>) -> String {
        let usual = number::name(self.0.carrier, ctx_of(ctx).language());
        self.0.carrier_name.clone().unwrap_or_else(|| usual.to_owned())
    }

    /// The carrier's service.
    async fn service(&self) -> Option<&str> {
        self.0.service.as_deref()
    }

    /// The carrier's number, without separators.
    async fn tracking_number(&self) -> Option<&str> {
        self.0.tracking_number.as_deref()
    }

    /// Where it can be followed.
    async fn tracking_url(&self, ctx: &Context<'_>) -> Option<String> {
        number::url(&self.0, Language::of(&ctx_of(ctx).locale))
    }

    /// What happened last, by the time it happened.
    async fn tracking_status(&self) -> Word<TrackingStatus> {
        Word(self.0.tracking_status)
    }

    /// What was said about it, latest first.
    async fn tracking_events(&self, ctx: &Context<'_>) -> Result<Vec<TrackingEvent>> {
        let rows = loader::load(ctx, TrackingOf(self.0.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(TrackingEvent::from).collect())
    }

    /// What is in it; customers see the goods of their own orders.
    async fn lines(&self, ctx: &Context<'_>) -> Result<Vec<ShipmentLine>> {
        let rows = loader::load(ctx, ContentsOf(self.0.id)).await?.unwrap_or_default();
        let mine = if for_staff(ctx) { None } else { Some(orders_of(ctx, &rows).await?) };
        let seen = |content: &Content| mine.as_ref().is_none_or(|mine| mine.contains_key(&content.sold.order_id));
        Ok(rows.into_iter().filter(seen).map(ShipmentLine::from).collect())
    }

    /// The orders whose goods are in it, as far as the viewer may read them.
    async fn orders(&self, ctx: &Context<'_>) -> Result<Vec<Order>> {
        let rows = loader::load(ctx, ContentsOf(self.0.id)).await?.unwrap_or_default();
        Ok(orders_of(ctx, &rows).await?.into_values().map(Order).collect())
    }

    /// To whom it goes, as it was when packed; null for customers.
    async fn recipient(&self, ctx: &Context<'_>) -> Option<Address> {
        for_staff(ctx).then(|| Address(contents::recipient(&self.0)))
    }

    /// The day the customer asked for.
    async fn delivery_on(&self) -> Option<Date> {
        self.0.delivery_on.map(Date)
    }

    /// The time of day the customer asked for.
    async fn delivery_slot(&self) -> Option<&str> {
        self.0.delivery_slot.as_deref()
    }

    /// Weight in grams.
    async fn weight_grams(&self) -> Option<i64> {
        self.0.weight_grams
    }

    /// Its slip and label; null for customers.
    async fn documents(&self, ctx: &Context<'_>) -> Option<ShipmentDocuments> {
        for_staff(ctx).then(|| documents_of(ctx, self.0.id))
    }

    /// When it was packed.
    async fn packed_at(&self) -> DateTime<Utc> {
        self.0.packed_at
    }

    /// When it left.
    async fn shipped_at(&self) -> Option<DateTime<Utc>> {
        self.0.shipped_at
    }

    /// The last day on which it should arrive; null before it left, and when nobody knows.
    async fn expected_on(&self) -> Option<Date> {
        self.0.expected_on.map(Date)
    }

    /// When it was found to be late, as the customer was told.
    async fn delayed_at(&self) -> Option<DateTime<Utc>> {
        self.0.delayed_at
    }

    /// When it arrived.
    async fn delivered_at(&self) -> Option<DateTime<Utc>> {
        self.0.delivered_at
    }

    /// When it came back.
    async fn returned_at(&self) -> Option<DateTime<Utc>> {
        self.0.returned_at
    }

    /// Grows with each change.
    async fn version(&self) -> i32 {
        self.0.version
    }
}

/// The orders of what is in a parcel, oldest first, as far as the viewer may read them.
async fn orders_of(ctx: &Context<'_>, contents: &[Content]) -> Result<BTreeMap<OrderId, order::Model>> {
    let ids: BTreeSet<OrderId> = contents.iter().map(|content| content.sold.order_id).collect();
    let found = hidden(loader::load_many(ctx, ids).await.map(Some))?.unwrap_or_default();
    Ok(found.into_iter().collect())
}

fn documents_of(ctx: &Context<'_>, id: ShipmentId) -> ShipmentDocuments {
    let link = |kind, format| {
        let link = documents::sign(ctx_of(ctx), id, kind, format);
        DocumentLink { url: link.url, expires_at: link.expires_at }
    };
    ShipmentDocuments {
        packing_slip_html: link(Kind::PackingSlip, Format::Html),
        packing_slip_pdf: link(Kind::PackingSlip, Format::Pdf),
        label_html: link(Kind::Label, Format::Html),
        label_pdf: link(Kind::Label, Format::Pdf),
    }
}

/// A parcel, if the viewer may read it.
impl Loader<ShipmentId> for Rows {
    type Value = shipment::Model;
    type Error = Error;

    async fn load(&self, keys: &[ShipmentId]) -> Result<HashMap<ShipmentId, shipment::Model>> {
        let found = contents::readable_by_ids(&self.ctx, keys).await?;
        Ok(found.into_iter().map(|row| (row.id, row)).collect())
    }
}

/// The parcels of an order; who may read the order may read them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ShipmentsOf(pub OrderId);

impl Loader<ShipmentsOf> for Rows {
    type Value = Vec<shipment::Model>;
    type Error = Error;

    async fn load(&self, keys: &[ShipmentsOf]) -> Result<HashMap<ShipmentsOf, Self::Value>> {
        let ids: Vec<OrderId> = keys.iter().map(|key| key.0).collect();
        let found = contents::of_orders(&self.ctx.db(), &ids).await?;
        Ok(found.into_iter().map(|(order, parcels)| (ShipmentsOf(order), parcels)).collect())
    }
}

/// What was said about a parcel; who may read the parcel may read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TrackingOf(pub ShipmentId);

impl Loader<TrackingOf> for Rows {
    type Value = Vec<tracking_event::Model>;
    type Error = Error;

    async fn load(&self, keys: &[TrackingOf]) -> Result<HashMap<TrackingOf, Self::Value>> {
        let ids: Vec<ShipmentId> = keys.iter().map(|key| key.0).collect();
        let mut found: HashMap<TrackingOf, Self::Value> = HashMap::new();
        for row in contents::tracking_events(&self.ctx.db(), &ids).await? {
            found.entry(TrackingOf(row.shipment_id)).or_default().push(row);
        }
        Ok(found)
    }
}

/// What is in a parcel; who may read the parcel may read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ContentsOf(pub ShipmentId);

impl Loader<ContentsOf> for Rows {
    type Value = Vec<Content>;
    type Error = Error;

    async fn load(&self, keys: &[ContentsOf]) -> Result<HashMap<ContentsOf, Self::Value>> {
        let ids: Vec<ShipmentId> = keys.iter().map(|key| key.0).collect();
        let found = contents::contents(&self.ctx.db(), &ids).await?;
        Ok(found.into_iter().map(|(id, contents)| (ContentsOf(id), contents)).collect())
    }
}
