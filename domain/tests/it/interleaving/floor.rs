//! The shop floor: two stores, a warehouse, five kinds of goods and people who may do everything.

use domain::inventory::unit::NumberedUnits;
use domain::inventory::{ReceiveLine, ReceiveStock, receive};
use domain::kernel::random::Random;
use domain::transfer::supplier::{self, UpsertSupplier};
use domain::{Ctx, Permission};
use entity::id::{FulfillmentOrderId, LocationId, SupplierId, TransferId, VariantId};
use entity::words::{StockState, StockUnitStatus, UnitTracking};
use entity::{stock_unit, variant};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use support::World;

use super::acts::one;
use crate::fulfillment::shop::Shop;

/// Cameras in each place.
const CAMERAS: i64 = 15;

/// A shop with people.
#[derive(Clone)]
pub(super) struct Floor {
    pub(super) shop: Shop,
    pub(super) places: Vec<LocationId>,
    pub(super) goods: Vec<VariantId>,
    /// One of the goods, whose units have serial numbers.
    pub(super) camera: VariantId,
    pub(super) skus: Vec<String>,
    pub(super) supplier: SupplierId,
    /// Does the work.
    pub(super) clerk: Ctx,
    /// Accepts what the clerk counted.
    pub(super) manager: Ctx,
}

impl Floor {
    pub(super) async fn open(world: &World) -> Self {
        let shop = Shop::open(world).await;
        let mut goods = Vec::new();
        for (code, units) in [("scarce", 6), ("some", 25), ("many", 60), ("plenty", 200)] {
            let made = world.product(code).price(&shop.online, 1_000).price(&shop.pos, 1_000);
            goods.push(made.stock(&shop.warehouse, units).stock(&shop.store, units / 2).create().await.id());
        }
        let camera = world.product("camera").with(|row| row.unit_tracking = UnitTracking::Serial);
        let camera = camera.price(&shop.online, 1_000).price(&shop.pos, 1_000).create().await.id();
        goods.push(camera);
        let clerk = world.staff(Permission::ALL).await;
        let manager = world.staff(Permission::ALL).await;
        let made = UpsertSupplier {
            id: None,
            code: "uji".to_owned(),
            name: "Uji".to_owned(),
            email: None,
            phone: None,
            lead_days: None,
            active: true,
            expected_version: None,
        };
        let supplier = supplier::upsert(&clerk, made).await.unwrap().id;
        let skus = variant::Entity::find().all(world.db()).await.unwrap();
        let places = vec![shop.warehouse.id, shop.store.id];
        let skus = skus.into_iter().filter_map(|row| row.sku).collect();
        let floor = Self { shop, places, goods, camera, skus, supplier, clerk, manager };
        floor.bring_cameras().await;
        floor
    }

    async fn bring_cameras(&self) {
        let random = Random::seeded(1);
        for place in &self.places {
            let line = ReceiveLine { variant_id: self.camera, quantity: CAMERAS, state: StockState::Available };
            let input = ReceiveStock {
                location_id: *place,
                lines: vec![line],
                reason: "delivery".to_owned(),
                reason_code: None,
                units: self.new_numbers(&random, self.camera, CAMERAS),
                idempotency_key: format!("cameras-{place}"),
            };
            receive(&self.clerk, input).await.unwrap();
        }
    }

    pub(super) fn world(&self) -> &World {
        &self.shop.world
    }

    /// Numbers that nobody saw before; none for goods without numbers.
    pub(super) fn new_numbers(&self, random: &Random, variant_id: VariantId, units: i64) -> Vec<NumberedUnits> {
        let units = if variant_id == self.camera { units } else { 0 };
        (0..units).map(|_| self.number(random.readable_code(10))).collect()
    }

    fn number(&self, code: String) -> NumberedUnits {
        NumberedUnits { variant_id: self.camera, code, quantity: 1, expires_on: None, fulfillment_order_line_id: None }
    }

    /// Some of the numbers that lie in a place, each once.
    pub(super) async fn some_numbers(&self, random: &Random, place: LocationId, units: i64) -> Vec<NumberedUnits> {
        let here = stock_unit::Entity::find()
            .filter(stock_unit::Column::LocationId.eq(place))
            .filter(stock_unit::Column::Status.eq(StockUnitStatus::InStock))
            .order_by_asc(stock_unit::Column::Id);
        let mut here = here.all(self.world().db()).await.unwrap();
        let mut some = Vec::new();
        for _ in 0..units {
            let Some(row) = one(random, &here).cloned() else { break };
            here.retain(|other| other.id != row.id);
            some.push(self.number(row.code));
        }
        some
    }

    /// Numbers for all cameras that some work still has to give.
    pub(super) async fn numbers_of(
        &self,
        random: &Random,
        work: FulfillmentOrderId,
        place: LocationId,
    ) -> Vec<NumberedUnits> {
        let lines = domain::fulfillment::query::lines(self.world().db(), &[work]).await.unwrap();
        let cameras = lines.iter().filter(|line| line.variant_id == self.camera);
        self.some_numbers(random, place, cameras.map(|line| line.quantity - line.rejected - line.fulfilled).sum()).await
    }

    /// The numbers that are under way with a transfer, shuffled.
    pub(super) async fn under_way(&self, random: &Random, transfer: TransferId) -> Vec<NumberedUnits> {
        let rows = stock_unit::Entity::find()
            .filter(stock_unit::Column::TransferId.eq(transfer))
            .filter(stock_unit::Column::Status.eq(StockUnitStatus::InTransit))
            .order_by_asc(stock_unit::Column::Id);
        let mut rows = rows.all(self.world().db()).await.unwrap();
        let mut shuffled = Vec::new();
        while let Some(row) = one(random, &rows).cloned() {
            rows.retain(|other| other.id != row.id);
            shuffled.push(self.number(row.code));
        }
        shuffled
    }
}
