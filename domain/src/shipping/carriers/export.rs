//! The file of parcels that wait for a carrier, for its label program.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::NaiveDate;
use chrono_tz::Tz;
use entity::id::{LocationId, OrderId, ShipmentId};
use entity::words::Carrier;
use entity::{location, order, shipment};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::fill::{self, Parcel, Row};
use super::layout;
use crate::shipping::contents::{self, Content};
use crate::{Ctx, Error, ErrorCode, Permission, Result};

/// Most parcels of one file.
pub const MAX_PARCELS: u64 = 1_000;

/// Which parcels are wanted: packed, not handed over, not unpacked again.
#[derive(Debug, Clone)]
pub struct ExportParcels {
    /// From where.
    pub location_id: LocationId,
    /// By whom.
    pub carrier: Carrier,
    /// The day they leave; today on the location's clock when `None`.
    pub ship_on: Option<NaiveDate>,
    /// Whether parcels that have a number already are wanted, too.
    pub with_number: bool,
}

/// A file for a label program.
#[derive(Debug, Clone)]
pub struct Export {
    /// A name for it.
    pub file_name: String,
    /// Shift_JIS, CRLF.
    pub bytes: Vec<u8>,
    /// Parcels in it.
    pub parcels: usize,
    /// Parcels that are not in it and why, and characters that were replaced.
    pub problems: Vec<Problem>,
    /// Whether there were more than [`MAX_PARCELS`].
    pub more: bool,
}

/// Something wrong with a parcel.
#[derive(Debug, Clone)]
pub struct Problem {
    /// The parcel.
    pub shipment_id: ShipmentId,
    /// Its reference.
    pub reference: String,
    /// Heading of the column.
    pub column: String,
    /// The rule that it breaks; `None` for a character that was replaced.
    pub error: Option<Error>,
    /// The character that the carrier's file cannot hold.
    pub character: Option<char>,
}

/// Writes the file. Parcels that the carrier would refuse are left out and told. Twelve statements however many parcels.
/// Errors: `FORBIDDEN`, `NOT_FOUND` for a location out of reach, `INVALID` for a carrier without a label program.
pub async fn export(ctx: &Ctx, input: ExportParcels) -> Result<Export> {
    if !ctx.require(Permission::FulfillmentWork)?.allows_location(input.location_id) {
        return Err(Error::not_found("location"));
    }
    let layout = layout::of(input.carrier).ok_or_else(|| Error::invalid(ErrorCode::Invalid, "input.carrier"))?;
    let db = ctx.db();
    let sender = location::Entity::find_by_id(input.location_id).one(&db).await?.ok_or(Error::not_found("location"))?;
    let zone: Tz = sender.time_zone.parse().unwrap_or(Tz::UTC);
    let ship_on = input.ship_on.unwrap_or_else(|| ctx.now().with_timezone(&zone).date_naive());
    let mut found = waiting(ctx, &input).await?;
    let limit = usize::try_from(MAX_PARCELS).unwrap_or(usize::MAX);
    let more = found.len() > limit;
    found.truncate(limit);
    let facts = Facts::read(ctx, &found).await?;
    let mut export = Export {
        file_name: file_name(input.carrier, &sender, ship_on),
        bytes: Vec::new(),
        parcels: 0,
        problems: Vec::new(),
        more,
    };
    let mut rows: Vec<Row> = Vec::with_capacity(found.len());
    for parcel in &found {
        let label = facts.label(parcel, &sender, ship_on);
        let reference = label.reference.clone();
        let problem = |column: String, error, character| Problem {
            shipment_id: parcel.id,
            reference: reference.clone(),
            column,
            error,
            character,
        };
        match fill::row(layout, &label) {
            Ok(row) => {
                export
                    .problems
                    .extend(row.replaced.iter().map(|(column, one)| problem(column.clone(), None, Some(*one))));
                rows.push(row);
            }
            Err(errors) => {
                export
                    .problems
                    .extend(errors.into_iter().map(|error| problem(error.path().to_owned(), Some(error), None)));
            }
        }
    }
    export.parcels = rows.len();
    export.bytes = fill::file(layout, &rows);
    Ok(export)
}

async fn waiting(ctx: &Ctx, input: &ExportParcels) -> Result<Vec<shipment::Model>> {
    let mut query = shipment::Entity::find()
        .filter(shipment::Column::LocationId.eq(input.location_id))
        .filter(shipment::Column::Carrier.eq(input.carrier))
        .filter(shipment::Column::ShippedAt.is_null())
        .filter(shipment::Column::VoidedAt.is_null());
    if !input.with_number {
        query = query.filter(shipment::Column::TrackingNumber.is_null());
    }
    Ok(query.order_by_asc(shipment::Column::Id).limit(MAX_PARCELS + 1).all(&ctx.db()).await?)
}

fn file_name(carrier: Carrier, sender: &location::Model, day: NaiveDate) -> String {
    let safe: String =
        sender.code.chars().map(|one| if one.is_ascii_alphanumeric() || one == '-' { one } else { '_' }).collect();
    format!("{}-{safe}-{}.csv", carrier.as_str().to_lowercase(), day.format("%Y%m%d"))
}

struct Facts {
    of: BTreeMap<ShipmentId, BTreeSet<OrderId>>,
    orders: HashMap<OrderId, order::Model>,
    siblings: BTreeMap<OrderId, Vec<shipment::Model>>,
    contents: BTreeMap<ShipmentId, Vec<Content>>,
}

impl Facts {
    async fn read(ctx: &Ctx, parcels: &[shipment::Model]) -> Result<Self> {
        let db = ctx.db();
        let ids: Vec<ShipmentId> = parcels.iter().map(|parcel| parcel.id).collect();
        let of = contents::orders_of(&db, &ids).await?;
        let wanted: Vec<OrderId> = of.values().flatten().copied().collect::<BTreeSet<_>>().into_iter().collect();
        let orders = crate::order::query::by_ids(&db, &wanted).await?;
        Ok(Self {
            siblings: contents::with_voided(&db, &wanted).await?,
            contents: contents::contents(&db, &ids).await?,
            orders: orders.into_iter().map(|order| (order.id, order)).collect(),
            of,
        })
    }

    fn label(&self, parcel: &shipment::Model, sender: &location::Model, ship_on: NaiveDate) -> Parcel {
        let order = self.of.get(&parcel.id).and_then(|orders| self.orders.get(orders.first()?));
        let reference = order.and_then(|order| {
            contents::reference(order, self.siblings.get(&order.id).map_or(&[], Vec::as_slice), parcel.id)
        });
        let items = self.contents.get(&parcel.id).into_iter().flatten().map(|content| {
            let title = format!("{} {}", content.sold.title, content.sold.variant_title);
            format!("{} ×{}", title.trim(), content.line.quantity)
        });
        Parcel {
            reference: reference.unwrap_or_default(),
            order_number: order.map(|order| order.number.clone()).unwrap_or_default(),
            service: parcel.service.clone(),
            ship_on,
            delivery_on: parcel.delivery_on,
            delivery_slot: parcel.delivery_slot.clone(),
            recipient: contents::recipient(parcel),
            sender: sender.address.clone(),
            sender_name: sender.name.clone(),
            sender_metadata: sender.private_metadata.clone(),
            items: items.collect(),
            weight_grams: parcel.weight_grams,
        }
    }
}
