//! Locations.

use entity::id::LocationId;
use entity::location;
use entity::opening_hours::{OpenPeriod, OpeningHours};
use entity::words::{LocationKind, PickupStockPolicy};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};
use serde_json::json;

use super::japanese_address;
use crate::World;

/// A location in the making.
#[derive(Debug)]
pub struct LocationBuilder {
    world: World,
    row: location::Model,
}

impl World {
    /// A location that ships online orders and hands over pickups. Say what differs, then `create`.
    #[must_use]
    pub fn location(&self, code: &str) -> LocationBuilder {
        let day = vec![OpenPeriod {
            opens: chrono::NaiveTime::from_hms_opt(10, 0, 0).expect("a time"),
            closes: chrono::NaiveTime::from_hms_opt(20, 0, 0).expect("a time"),
        }];
        let row = location::Model {
            id: LocationId(self.new_uuid()),
            code: code.to_owned(),
            name: code.to_owned(),
            translations: json!({}),
            kind: LocationKind::Store,
            address: japanese_address(),
            latitude_e6: Some(35_658_034),
            longitude_e6: Some(139_701_636),
            time_zone: "Asia/Tokyo".to_owned(),
            opening_hours: OpeningHours { week: vec![day; 7], exceptions: Vec::new() },
            fulfills_online: true,
            pickup_enabled: true,
            pickup_stock_policy: PickupStockPolicy::Local,
            pickup_ready_minutes: 60,
            accepts_returns: true,
            daily_order_limit: None,
            default_safety_stock: 0,
            active: true,
            external_reference: None,
            metadata: json!({}),
            private_metadata: json!({}),
            version: 1,
            created_at: self.now(),
            updated_at: self.now(),
            pickup_keep_days: 7,
        };
        LocationBuilder { world: self.clone(), row }
    }

    /// A store as it usually is.
    pub async fn store(&self, code: &str) -> location::Model {
        self.location(code).create().await
    }

    /// A warehouse as it usually is.
    pub async fn warehouse(&self, code: &str) -> location::Model {
        self.location(code)
            .with(|row| {
                row.kind = LocationKind::Warehouse;
                row.pickup_enabled = false;
            })
            .create()
            .await
    }
}

impl LocationBuilder {
    /// Changes anything.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut location::Model)) -> Self {
        change(&mut self.row);
        self
    }

    /// At this point, in millionths of a degree.
    #[must_use]
    pub fn at(self, latitude_e6: i32, longitude_e6: i32) -> Self {
        self.with(|row| {
            row.latitude_e6 = Some(latitude_e6);
            row.longitude_e6 = Some(longitude_e6);
        })
    }

    /// Writes it.
    pub async fn create(self) -> location::Model {
        location::Entity::insert(self.row.clone().into_active_model().reset_all())
            .exec_without_returning(self.world.db())
            .await
            .expect("location");
        self.row
    }
}
