//! Changing orders after their placement.

mod changing;
mod drafts;
mod races;

use domain::order_change::Operation;
use domain::order_change::confirm::{ConfirmChange, Confirmed, confirm};
use domain::order_change::prepare::{PrepareChange, prepare};
use domain::payment::tender::TenderInput;
use domain::{Ctx, Permission};
use entity::id::{OrderChangeId, OrderId, OrderLineId};
use entity::words::DeliveryMethod;
use entity::{order, order_change, order_line};
use support::{Sku, World};

use crate::fulfillment::shop::{Line, Shop, buy};

/// A shop with a clerk who changes orders.
struct Desk {
    shop: Shop,
    clerk: Ctx,
    shirt: Sku,
    tea: Sku,
}

impl Desk {
    /// Shirts at 1,000 with 10 % tax, tea at 800 with 8 %.
    async fn open(world: &World) -> Self {
        let shop = Shop::open(world).await;
        let shirt = world.product("shirt").price(&shop.online, 1_000).stock(&shop.store, 10);
        let shirt = shirt.stock(&shop.warehouse, 50).create().await;
        let tea = world.product("tea").reduced_tax().price(&shop.online, 800).stock(&shop.warehouse, 5).create().await;
        let permissions =
            [Permission::OrdersEdit, Permission::OrdersRead, Permission::OrdersCancel, Permission::FulfillmentWork];
        let clerk = world.staff(&permissions).await;
        Self { shop, clerk, shirt, tea }
    }

    async fn order(&self, lines: &[Line], total: i64) -> OrderId {
        let (cart_id, ctx) = self.shop.cart(lines).await;
        buy(&ctx, cart_id, total, "buy").await.unwrap().order.id
    }

    /// Three shirts to ship: 3,000 and 550 for shipping.
    async fn shipped(&self) -> OrderId {
        self.order(&[(self.shirt.id(), 3, DeliveryMethod::Ship, None)], 3_550).await
    }

    async fn seen(&self, id: OrderId) -> order::Model {
        domain::order::query::by_id(self.shop.world.db(), id).await.unwrap().unwrap()
    }

    async fn lines(&self, id: OrderId) -> Vec<order_line::Model> {
        domain::order::query::lines(self.shop.world.db(), &[id]).await.unwrap()
    }

    async fn line(&self, id: OrderId) -> OrderLineId {
        self.lines(id).await[0].id
    }

    async fn prepare(&self, order_id: OrderId, operations: &[Operation]) -> domain::Result<order_change::Model> {
        let reason = "the customer called".to_owned();
        let operations = operations.to_vec();
        let input = PrepareChange { order_id, operations, reason, expected_version: None, waive_claw_back: false };
        Ok(prepare(&self.clerk, input).await?.change)
    }

    async fn confirm(&self, id: OrderChangeId, payments: Vec<TenderInput>) -> domain::Result<Confirmed> {
        confirm(&self.clerk, confirmation(id, payments, "confirm")).await
    }

    /// Committed units of the shirt over both places.
    async fn committed(&self) -> i64 {
        let (store, warehouse) = (&self.shop.store, &self.shop.warehouse);
        self.shop.level(store, self.shirt.id()).await.1 + self.shop.level(warehouse, self.shirt.id()).await.1
    }
}

fn confirmation(order_change_id: OrderChangeId, payments: Vec<TenderInput>, key: &str) -> ConfirmChange {
    let idempotency_key = format!("{key}-{order_change_id}");
    ConfirmChange { order_change_id, expected_version: None, payments, notify: true, idempotency_key }
}

fn remove(order_line_id: OrderLineId, quantity: i64) -> Operation {
    Operation::Remove { order_line_id, quantity: Some(quantity) }
}

fn add(sku: &Sku, quantity: i64) -> Operation {
    Operation::AddLine {
        variant_id: sku.id(),
        quantity,
        delivery: DeliveryMethod::Ship,
        pickup_location_id: None,
        unit_price: None,
    }
}
