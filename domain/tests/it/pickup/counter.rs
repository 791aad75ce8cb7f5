//! A store with a counter, and orders to collect there.

use domain::pickup::collect::{Collect, Proof, collect};
use domain::pickup::prepare::start;
use domain::pickup::ready::{MakeReady, ShortLine, make_ready};
use domain::pickup::{code, query};
use domain::{Ctx, Permission};
use entity::id::{OrderId, OrderLineId, PickupId};
use entity::words::{DeliveryMethod, RejectionReason};
use entity::{location, order, pickup};
use support::{Sku, World};

use crate::fulfillment::shop::{Shop, buy};

/// A shop with somebody at the counter of its store.
pub(super) struct Counter {
    pub(super) shop: Shop,
    pub(super) clerk: Ctx,
    pub(super) shirt: Sku,
}

impl Counter {
    /// Ten shirts lie in the store, fifty in the warehouse.
    pub(super) async fn open(world: &World) -> Self {
        let shop = Shop::open(world).await;
        let shirt = world.product("shirt").price(&shop.online, 1_000).stock(&shop.store, 10);
        let shirt = shirt.stock(&shop.warehouse, 50).create().await;
        let permissions = [Permission::FulfillmentWork, Permission::OrdersRead, Permission::OrdersCancel];
        let clerk = world.staff_at(shop.store.id, &permissions).await;
        Self { shop, clerk, shirt }
    }

    /// An order of shirts to collect.
    pub(super) async fn order(&self, quantity: i64) -> (OrderId, PickupId) {
        let store = Some(self.shop.store.id);
        let (cart_id, ctx) = self.shop.cart(&[(self.shirt.id(), quantity, DeliveryMethod::Pickup, store)]).await;
        let order = buy(&ctx, cart_id, 1_000 * quantity, "buy").await.unwrap().order;
        (order.id, self.of(order.id).await[0].id)
    }

    /// Such an order, ready; with its code.
    pub(super) async fn ready(&self, quantity: i64) -> (OrderId, PickupId, String) {
        let (order, id) = self.order(quantity).await;
        start(&self.clerk, id, None).await.unwrap();
        let ready = make_ready(&self.clerk, all_there(id)).await.unwrap();
        (order, id, self.code(&ready))
    }

    /// Such an order of which so many are not there; the short pickup.
    pub(super) async fn short(&self, quantity: i64, missing: i64) -> (OrderId, pickup::Model) {
        let (order, id) = self.order(quantity).await;
        start(&self.clerk, id, None).await.unwrap();
        let line = self.line(order).await;
        let input = MakeReady { short: vec![gone(line, missing)], ..all_there(id) };
        make_ready(&self.clerk, input).await.unwrap();
        let short = self.of(order).await.into_iter().find(|pickup| pickup.status.as_str() == "SHORT");
        (order, short.expect("a short pickup"))
    }

    /// More shirts come to a store.
    pub(super) async fn deliver(&self, store: &location::Model, quantity: i64) {
        let world = &self.shop.world;
        let receive = domain::inventory::ReceiveStock {
            location_id: store.id,
            lines: vec![domain::inventory::ReceiveLine {
                variant_id: self.shirt.id(),
                quantity,
                state: entity::words::StockState::Available,
            }],
            reason: "delivery".to_owned(),
            idempotency_key: world.new_uuid().to_string(),
            reason_code: None,
            units: Vec::new(),
        };
        domain::inventory::receive(&world.ctx(), receive).await.unwrap();
    }

    pub(super) async fn line(&self, order: OrderId) -> OrderLineId {
        domain::order::query::lines(self.shop.world.db(), &[order]).await.unwrap()[0].id
    }

    pub(super) fn code(&self, pickup: &pickup::Model) -> String {
        code::of(&self.shop.world.services().secrets, pickup).expect("a code")
    }

    pub(super) async fn of(&self, order: OrderId) -> Vec<pickup::Model> {
        query::of_orders(self.shop.world.db(), &[order]).await.unwrap()
    }

    pub(super) async fn pickup(&self, id: PickupId) -> pickup::Model {
        query::by_id(self.shop.world.db(), id).await.unwrap().unwrap()
    }

    pub(super) async fn seen(&self, id: OrderId) -> order::Model {
        domain::order::query::by_id(self.shop.world.db(), id).await.unwrap().unwrap()
    }

    /// Shirts in the store: (on hand, committed).
    pub(super) async fn shelf(&self) -> (i64, i64) {
        self.shop.level(&self.shop.store, self.shirt.id()).await
    }

    pub(super) fn with_code(&self, code: &str, key: &str) -> Collect {
        Collect {
            units: Vec::new(),
            pickup_id: None,
            location_id: Some(self.shop.store.id),
            proof: Proof::Code(code.to_owned()),
            lines: Vec::new(),
            idempotency_key: key.to_owned(),
        }
    }

    pub(super) async fn hand_over(&self, code: &str, key: &str) -> domain::Result<pickup::Model> {
        collect(&self.clerk, self.with_code(code, key)).await
    }
}

pub(super) fn all_there(pickup_id: PickupId) -> MakeReady {
    MakeReady {
        units: Vec::new(),
        missing_units: Vec::new(),
        pickup_id,
        short: Vec::new(),
        expected_version: None,
        idempotency_key: format!("ready-{pickup_id}"),
    }
}

pub(super) fn gone(order_line_id: OrderLineId, quantity: i64) -> ShortLine {
    ShortLine { order_line_id, quantity, reason: RejectionReason::NotFound, stock_effect: None, note: None }
}
