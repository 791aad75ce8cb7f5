//! Channels.

use entity::id::{ChannelId, LocationId};
use entity::money::Currency;
use entity::words::{ChannelKind, TaxRounding};
use entity::{channel, channel_location, location};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};
use serde_json::json;

use crate::World;

/// A channel in the making.
#[derive(Debug)]
pub struct ChannelBuilder {
    world: World,
    row: channel::Model,
    locations: Vec<LocationId>,
}

impl World {
    /// A Japanese online channel with tax-included prices. Say what differs, then `create`.
    #[must_use]
    pub fn channel(&self, code: &str) -> ChannelBuilder {
        let row = channel::Model {
            id: ChannelId(self.new_uuid()),
            code: code.to_owned(),
            name: code.to_owned(),
            kind: ChannelKind::Online,
            currency: Currency::JPY,
            default_locale: "ja".to_owned(),
            tax_country: "JP".to_owned(),
            prices_include_tax: true,
            tax_rounding: TaxRounding::Down,
            seller_name: "株式会社ひとつ".to_owned(),
            seller_address: "東京都渋谷区渋谷2-21-1".to_owned(),
            invoice_registration_number: Some("T1234567890123".to_owned()),
            mail_from: "shop@shop.example".to_owned(),
            order_prefix: code.chars().take(2).collect::<String>().to_uppercase(),
            hold_minutes: 15,
            active: true,
            metadata: json!({}),
            private_metadata: json!({}),
            version: 1,
            created_at: self.now(),
            updated_at: self.now(),
            capture_mode: entity::words::CaptureMode::AtOrder,
            pay_within_hours: 72,
            discount_limit_ppm: 100_000,
            payment_instructions: json!({}),
        };
        ChannelBuilder { world: self.clone(), row, locations: Vec::new() }
    }
}

impl ChannelBuilder {
    /// Changes anything.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut channel::Model)) -> Self {
        change(&mut self.row);
        self
    }

    /// Sells at tills.
    #[must_use]
    pub fn pos(self) -> Self {
        self.with(|row| row.kind = ChannelKind::Pos)
    }

    /// Sells in euro to Germany.
    #[must_use]
    pub fn euro(self) -> Self {
        self.with(|row| {
            row.currency = Currency::EUR;
            row.default_locale = "en".to_owned();
            row.tax_country = "DE".to_owned();
            row.tax_rounding = TaxRounding::HalfUp;
            row.invoice_registration_number = None;
        })
    }

    /// Served by this location, after the ones named before.
    #[must_use]
    pub fn served_by(mut self, location: &location::Model) -> Self {
        self.locations.push(location.id);
        self
    }

    /// Writes it.
    pub async fn create(self) -> channel::Model {
        let db = self.world.db();
        channel::Entity::insert(self.row.clone().into_active_model().reset_all())
            .exec_without_returning(db)
            .await
            .expect("channel");
        for (location_id, priority) in self.locations.into_iter().zip(1..) {
            let row = channel_location::Model { channel_id: self.row.id, location_id, priority };
            channel_location::Entity::insert(row.into_active_model().reset_all())
                .exec_without_returning(db)
                .await
                .expect("channel location");
        }
        self.row
    }
}
