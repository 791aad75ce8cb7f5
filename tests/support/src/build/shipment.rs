//! Parcels, as they lie packed.

use entity::fulfillment_order_line::{self, Column};
use entity::id::{FulfillmentOrderLineId, LocationId, ShipmentId, ShipmentLineId};
use entity::words::{Carrier, TrackingStatus};
use entity::{shipment, shipment_line};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use serde_json::json;

use super::japanese_address;
use crate::World;

/// A parcel in the making.
#[derive(Debug)]
pub struct ShipmentBuilder {
    world: World,
    row: shipment::Model,
    lines: Vec<shipment_line::Model>,
}

impl World {
    /// A parcel by Yamato to a Japanese address that waits at a location, with nothing in it. Say what differs, then
    /// `create`. The units of its lines count as picked and packed; their work stays in its state.
    #[must_use]
    pub fn parcel(&self, location_id: LocationId) -> ShipmentBuilder {
        let address = japanese_address();
        let row = shipment::Model {
            id: ShipmentId(self.new_uuid()),
            location_id,
            carrier: Carrier::Yamato,
            carrier_name: None,
            service: None,
            tracking_number: None,
            tracking_url: None,
            tracking_status: TrackingStatus::PreTransit,
            recipient: json!({ "name": "山田 花子", "phone": address.phone, "address": address }),
            delivery_on: None,
            delivery_slot: None,
            weight_grams: None,
            external_reference: None,
            packed_at: self.now(),
            shipped_at: None,
            delivered_at: None,
            expected_on: None,
            delayed_at: None,
            presumed_at: None,
            returned_at: None,
            voided_at: None,
            version: 1,
            created_at: self.now(),
            updated_at: self.now(),
        };
        ShipmentBuilder { world: self.clone(), row, lines: Vec::new() }
    }
}

impl ShipmentBuilder {
    /// Changes anything.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut shipment::Model)) -> Self {
        change(&mut self.row);
        self
    }

    /// With units of work.
    #[must_use]
    pub fn line(mut self, work: FulfillmentOrderLineId, quantity: i64) -> Self {
        let id = ShipmentLineId(self.world.new_uuid());
        self.lines.push(shipment_line::Model {
            id,
            shipment_id: self.row.id,
            fulfillment_order_line_id: work,
            quantity,
        });
        self
    }

    /// Writes it.
    pub async fn create(self) -> shipment::Model {
        let db = self.world.db();
        shipment::Entity::insert(self.row.clone().into_active_model().reset_all())
            .exec_without_returning(db)
            .await
            .expect("shipment");
        for line in self.lines {
            fulfillment_order_line::Entity::update_many()
                .col_expr(Column::Picked, Expr::col(Column::Picked).add(line.quantity))
                .col_expr(Column::Packed, Expr::col(Column::Packed).add(line.quantity))
                .filter(Column::Id.eq(line.fulfillment_order_line_id))
                .exec(db)
                .await
                .expect("work");
            shipment_line::Entity::insert(line.into_active_model().reset_all())
                .exec_without_returning(db)
                .await
                .expect("shipment line");
        }
        self.row
    }
}
