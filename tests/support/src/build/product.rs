//! Products of one variant, with prices and stock.

use entity::id::{EventId, LocationId, PriceId, ProductId, StockMovementId, VariantId};
use entity::text_list::TextList;
use entity::words::{ActorKind, CauseKind, InventoryPolicy, MovementKind, ProductStatus, StockState};
use entity::{bundle_component, channel, event, location, price, product, stock_level, stock_movement, variant};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};
use serde_json::json;

use crate::World;

/// A product and its one variant.
#[derive(Clone, Debug)]
pub struct Sku {
    /// The product.
    pub product: product::Model,
    /// Its variant.
    pub variant: variant::Model,
}

impl Sku {
    /// The variant's id.
    #[must_use]
    pub const fn id(&self) -> VariantId {
        self.variant.id
    }
}

/// A product in the making.
#[derive(Debug)]
pub struct ProductBuilder {
    world: World,
    reduced_tax: bool,
    sku: Sku,
    prices: Vec<price::Model>,
    stock: Vec<(LocationId, i64)>,
    components: Vec<(VariantId, i64)>,
}

impl World {
    /// An active product of one variant whose slug and SKU are `code`. Say what differs, then `create`.
    #[must_use]
    pub fn product(&self, code: &str) -> ProductBuilder {
        let now = self.now();
        let product = product::Model {
            id: ProductId(self.new_uuid()),
            slug: code.to_owned(),
            title: code.to_owned(),
            description_html: String::new(),
            vendor: String::new(),
            product_type: String::new(),
            status: ProductStatus::Active,
            category_id: None,
            tax_class_id: entity::id::TaxClassId(uuid::Uuid::nil()),
            tags: TextList(Vec::new()),
            seo_title: None,
            seo_description: None,
            external_reference: None,
            metadata: json!({}),
            private_metadata: json!({}),
            version: 1,
            created_at: now,
            updated_at: now,
        };
        let variant = variant::Model {
            id: VariantId(self.new_uuid()),
            product_id: product.id,
            position: 1,
            title: code.to_owned(),
            sku: Some(code.to_owned()),
            barcode: None,
            tax_class_id: None,
            weight_grams: 500,
            requires_shipping: true,
            tracked: true,
            inventory_policy: InventoryPolicy::Deny,
            backorder_limit: None,
            preorder_ships_on: None,
            is_bundle: false,
            image_id: None,
            active: true,
            external_reference: None,
            metadata: json!({}),
            private_metadata: json!({}),
            version: 1,
            created_at: now,
            updated_at: now,
            unit_tracking: entity::words::UnitTracking::None,
        };
        ProductBuilder {
            world: self.clone(),
            reduced_tax: false,
            sku: Sku { product, variant },
            prices: Vec::new(),
            stock: Vec::new(),
            components: Vec::new(),
        }
    }

    /// Puts stock on a shelf: level, movement and event agree, as the audit demands.
    pub async fn stock(&self, location: &location::Model, variant_id: VariantId, quantity: i64) {
        put(self, location.id, variant_id, quantity).await;
    }
}

impl ProductBuilder {
    /// Changes the variant.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut variant::Model)) -> Self {
        change(&mut self.sku.variant);
        self
    }

    /// Changes the product.
    #[must_use]
    pub fn with_product(mut self, change: impl FnOnce(&mut product::Model)) -> Self {
        change(&mut self.sku.product);
        self
    }

    /// Taxed at 8 % instead of 10 %.
    #[must_use]
    pub fn reduced_tax(mut self) -> Self {
        self.reduced_tax = true;
        self
    }

    /// Costs so many minor units in a channel.
    #[must_use]
    pub fn price(mut self, channel: &channel::Model, amount: i64) -> Self {
        self.prices.push(price::Model {
            id: PriceId(self.world.new_uuid()),
            variant_id: self.sku.variant.id,
            channel_id: channel.id,
            currency: channel.currency,
            amount,
            compare_at: None,
            valid_from: self.world.now(),
            valid_to: None,
            event_id: EventId(self.world.new_uuid()),
        });
        self
    }

    /// So many units lie at a location.
    #[must_use]
    pub fn stock(mut self, location: &location::Model, quantity: i64) -> Self {
        self.stock.push((location.id, quantity));
        self
    }

    /// Is a bundle with so many of this in it.
    #[must_use]
    pub fn component(mut self, of: &Sku, quantity: i64) -> Self {
        self.sku.variant.is_bundle = true;
        self.components.push((of.variant.id, quantity));
        self
    }

    /// Writes it.
    pub async fn create(mut self) -> Sku {
        let world = &self.world;
        let db = world.db();
        let classes = world.tax_classes().await;
        self.sku.product.tax_class_id = if self.reduced_tax { classes.reduced } else { classes.standard };
        let Sku { product, variant } = self.sku.clone();
        let event = event(world, "product_created", "product", product.id.uuid()).await;
        product::Entity::insert(product.into_active_model().reset_all())
            .exec_without_returning(db)
            .await
            .expect("product");
        variant::Entity::insert(variant.into_active_model().reset_all())
            .exec_without_returning(db)
            .await
            .expect("variant");
        for row in self.prices {
            let row = price::Model { event_id: event, ..row };
            price::Entity::insert(row.into_active_model().reset_all()).exec_without_returning(db).await.expect("price");
        }
        for (component_variant_id, quantity) in self.components {
            let row =
                bundle_component::Model { bundle_variant_id: self.sku.variant.id, component_variant_id, quantity };
            bundle_component::Entity::insert(row.into_active_model().reset_all())
                .exec_without_returning(db)
                .await
                .expect("bundle component");
        }
        for (location_id, quantity) in self.stock {
            put(world, location_id, self.sku.variant.id, quantity).await;
        }
        self.sku
    }
}

async fn put(world: &World, location_id: LocationId, variant_id: VariantId, quantity: i64) {
    let db = world.db();
    let level = stock_level::Model {
        location_id,
        variant_id,
        on_hand: quantity,
        committed: 0,
        reserved: 0,
        damaged: 0,
        quality_control: 0,
        safety_stock: 0,
        incoming: 0,
        updated_at: world.now(),
        storage_area_id: None,
        numbered: 0,
        turnover: quantity,
    };
    stock_level::Entity::insert(level.into_active_model().reset_all())
        .exec_without_returning(db)
        .await
        .expect("stock level");
    if quantity == 0 {
        return;
    }
    let movement = stock_movement::Model {
        id: StockMovementId(world.new_uuid()),
        location_id,
        variant_id,
        kind: MovementKind::Received,
        from_state: None,
        to_state: Some(StockState::Available),
        quantity,
        cause_kind: CauseKind::Manual,
        cause_id: None,
        reason: Some("test".to_owned()),
        actor_kind: ActorKind::System,
        actor_id: None,
        event_id: event(world, "stock_received", "variant", variant_id.uuid()).await,
        occurred_at: world.now(),
    };
    stock_movement::Entity::insert(movement.into_active_model().reset_all())
        .exec_without_returning(db)
        .await
        .expect("stock movement");
}

async fn event(world: &World, kind: &str, aggregate_kind: &str, aggregate_id: uuid::Uuid) -> EventId {
    let id = EventId(world.new_uuid());
    let row = event::Model {
        id,
        kind: kind.to_owned(),
        aggregate_kind: aggregate_kind.to_owned(),
        aggregate_id,
        customer_id: None,
        actor_kind: ActorKind::System,
        actor_id: None,
        device_id: None,
        request_id: "test-setup".to_owned(),
        payload: json!({}),
        occurred_at: world.now(),
    };
    event::Entity::insert(row.into_active_model().reset_all()).exec_without_returning(world.db()).await.expect("event");
    id
}
