//! Builders that say only what matters: `world.store("shibuya").await`, `world.product("tea").price(&online, 1_200)…`.

mod channel;
mod customer;
mod location;
mod product;
mod shipment;
mod shipping;
pub(crate) mod staff;
pub(crate) mod tax;

pub use channel::ChannelBuilder;
pub use customer::CustomerBuilder;
pub use location::LocationBuilder;
pub use product::{ProductBuilder, Sku};
pub use shipment::ShipmentBuilder;
pub use shipping::ShippingBuilder;
pub use tax::TaxClasses;

use crate::World;
use entity::address::Address;
use uuid::Uuid;

impl World {
    /// A fresh id.
    #[must_use]
    pub fn new_uuid(&self) -> Uuid {
        self.services().random.uuid(self.now())
    }
}

/// A complete Japanese address.
#[must_use]
pub fn japanese_address() -> Address {
    Address {
        family_name: "山田".into(),
        given_name: "花子".into(),
        family_name_kana: "ヤマダ".into(),
        given_name_kana: "ハナコ".into(),
        country: "JP".into(),
        postal_code: "150-0002".into(),
        region: "東京都".into(),
        city: "渋谷区".into(),
        line1: "渋谷2-21-1".into(),
        phone: "+81312345678".into(),
        ..Address::default()
    }
}
