//! Shipping methods.

use entity::id::ShippingMethodId;
use entity::text_list::TextList;
use entity::words::ShippingRateKind;
use entity::{channel, shipping_method};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};
use serde_json::json;

use crate::World;

/// A shipping method in the making.
#[derive(Debug)]
pub struct ShippingBuilder {
    world: World,
    row: shipping_method::Model,
}

impl World {
    /// A flat-rate method of a channel, everywhere, at the standard tax rate. Say what differs, then `create`.
    pub async fn shipping_method(&self, channel: &channel::Model, code: &str, amount: i64) -> ShippingBuilder {
        let row = shipping_method::Model {
            id: ShippingMethodId(self.new_uuid()),
            channel_id: channel.id,
            code: code.to_owned(),
            name: code.to_owned(),
            translations: json!({}),
            kind: ShippingRateKind::Flat,
            amount,
            free_over: None,
            countries: TextList(Vec::new()),
            tax_class_id: self.tax_classes().await.standard,
            min_days: 1,
            max_days: 3,
            position: 1,
            active: true,
            carrier: None,
            service: None,
            delivery_slots: TextList::default(),
            lead_days: 0,
        };
        ShippingBuilder { world: self.clone(), row }
    }
}

impl ShippingBuilder {
    /// Changes anything.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut shipping_method::Model)) -> Self {
        change(&mut self.row);
        self
    }

    /// Writes it.
    pub async fn create(self) -> shipping_method::Model {
        shipping_method::Entity::insert(self.row.clone().into_active_model().reset_all())
            .exec_without_returning(self.world.db())
            .await
            .expect("shipping method");
        self.row
    }
}
