//! Other goods for those that come back.

mod advance;
mod by_card;
mod claims;
mod counter;
mod discounts;
mod desk;
mod table;

use std::sync::Arc;

use async_trait::async_trait;
use domain::jobs::{Adapters, run_due};
use domain::messaging::{MessageTransport, OutgoingMail, SendError};
use domain::payment::tender::TenderInput;
use domain::register::sell::{SaleLine, Sell};
use domain::returns::exchange::counter::ExchangeAtCounter;
use domain::returns::exchange::create::CreateExchange;
use domain::returns::exchange::{Exchanged, NewGoods};
use domain::returns::inspect::{InspectReturn, inspect};
use domain::returns::receive::{ReceiveReturn, receive};
use domain::{Ctx, Permission};
use entity::id::{OrderId, ReturnId, VariantId};
use entity::money::Money;
use entity::words::*;
use entity::{exchange, order, payment, payment_event, returns};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use support::{Sku, World};

use super::{Bought, bought, item};
use crate::fulfillment::shop::yen;

/// Shirts of ¥1,000 that were bought online, and what the shop has instead: a shirt of another size, a coat, a cap.
pub(super) struct Floor {
    pub(super) bought: Bought,
    pub(super) large: Sku,
    pub(super) coat: Sku,
    pub(super) cap: Sku,
    pub(super) clerk: Ctx,
}

pub(super) async fn floor(world: &World, units: i64) -> Floor {
    floor_of(world, bought(world, units).await).await
}

/// The floor of a shop where something was bought.
pub(super) async fn floor_of(world: &World, bought: Bought) -> Floor {
    let shop = &bought.shop;
    let product = |code: &str, amount: i64| {
        let product = world.product(code).price(&shop.online, amount).price(&shop.pos, amount);
        product.stock(&shop.store, 5).stock(&shop.warehouse, 40)
    };
    let large = product("shirt-l", 1_000).create().await;
    let coat = product("coat", 1_500).create().await;
    let cap = product("cap", 400).create().await;
    let clerk = world
        .staff(&[Permission::ReturnsWork, Permission::PosSell, Permission::DrawerWork, Permission::DiscountsGive])
        .await;
    Floor { bought, large, coat, cap, clerk }
}

pub(super) fn pay(gateway: Gateway) -> TenderInput {
    crate::drawer::tender(gateway, None)
}

impl Floor {
    pub(super) fn sale(&self, goods: &[(VariantId, i64)], payments: Vec<TenderInput>) -> Sell {
        let line =
            |(variant_id, quantity): &(VariantId, i64)| SaleLine { variant_id: *variant_id, quantity: *quantity };
        Sell {
            register_id: Some(self.bought.shop.register),
            cart_id: None,
            lines: goods.iter().map(line).collect(),
            units: Vec::new(),
            reservation_code: None,
            customer_id: None,
            email: None,
            locale: None,
            discounts: Default::default(),
            expected_total: None,
            payments,
            idempotency_key: String::new(),
        }
    }

    /// A shirt back for other goods, at the till.
    pub(super) fn swap(&self, goods: &[(VariantId, i64)], payments: Vec<TenderInput>) -> ExchangeAtCounter {
        let at = self.bought.shop.store.id;
        ExchangeAtCounter {
            back: self.bought.handed_in(at, &[(1, Disposition::Restock)]),
            sale: self.sale(goods, payments),
            expected_difference: None,
            idempotency_key: self.bought.key(),
        }
    }

    /// A shirt back for other goods, at a desk.
    pub(super) fn wish(&self, mode: ExchangeMode, goods: &[(VariantId, i64)]) -> CreateExchange {
        let wish = self.bought.wish(1);
        let one = |(variant_id, quantity): &(VariantId, i64)| NewGoods {
            variant_id: *variant_id,
            quantity: *quantity,
            delivery: DeliveryMethod::Ship,
            location_id: None,
            unit_price: None,
        };
        CreateExchange {
            order_id: wish.order_id,
            lines: wish.lines,
            goods: goods.iter().map(one).collect(),
            mode,
            method: ReturnMethod::Carrier,
            refund_to: RefundDestination::Original,
            note: String::new(),
            destination_location_id: None,
            due_at: None,
            payments: Vec::new(),
            expected_difference: None,
            override_reason: None,
            approval: None,
            idempotency_key: wish.idempotency_key,
        }
    }

    /// The old goods come to the store and are looked at.
    pub(super) async fn come(&self, back: ReturnId, disposition: Disposition) {
        self.looked_at(back, disposition, false).await;
    }

    /// The same, and staff may keep nothing.
    pub(super) async fn looked_at(&self, back: ReturnId, disposition: Disposition, waive_fees: bool) {
        self.arrive(back).await;
        self.examine(back, disposition, waive_fees).await;
    }

    /// The old goods come to the store.
    pub(super) async fn arrive(&self, back: ReturnId) {
        let row = domain::returns::query::by_id(self.world().db(), back).await.unwrap().unwrap();
        let line = self.bought.line_of(&row).await;
        let arrived = ReceiveReturn {
            return_id: back,
            expected_version: None,
            location_id: self.bought.shop.store.id,
            lines: vec![(line.id, line.quantity)],
            nothing_more: false,
            note: String::new(),
            idempotency_key: self.bought.key(),
        };
        receive(&self.clerk, arrived).await.unwrap();
    }

    /// The old goods are looked at where they came.
    pub(super) async fn look(&self, back: ReturnId, disposition: Disposition) {
        self.examine(back, disposition, false).await;
    }

    async fn examine(&self, back: ReturnId, disposition: Disposition, waive_fees: bool) {
        let row = domain::returns::query::by_id(self.world().db(), back).await.unwrap().unwrap();
        let line = self.bought.line_of(&row).await;
        let looked = InspectReturn {
            return_id: back,
            expected_version: None,
            location_id: None,
            items: vec![item(line.id, line.quantity, disposition)],
            units: vec![],
            shipping: None,
            waive_fees,
            note: None,
            register_id: None,
            idempotency_key: self.bought.key(),
        };
        inspect(&self.clerk, looked).await.unwrap();
    }

    pub(super) fn world(&self) -> &World {
        &self.bought.shop.world
    }

    pub(super) async fn row(&self, done: &Exchanged) -> exchange::Model {
        exchange::Entity::find_by_id(done.row.id).one(self.world().db()).await.unwrap().unwrap()
    }

    pub(super) async fn back(&self, done: &Exchanged) -> returns::Model {
        returns::Entity::find_by_id(done.back.id).one(self.world().db()).await.unwrap().unwrap()
    }

    pub(super) async fn order(&self, id: Option<OrderId>) -> order::Model {
        order::Entity::find_by_id(id.unwrap()).one(self.world().db()).await.unwrap().unwrap()
    }

    /// The payments of an order: gateway and amount, oldest first.
    pub(super) async fn paid(&self, id: Option<OrderId>) -> Vec<(Gateway, i64)> {
        let found = payment::Entity::find().filter(payment::Column::OrderId.eq(id.unwrap()));
        let rows = found.order_by_asc(payment::Column::Id).all(self.world().db()).await.unwrap();
        rows.into_iter().map(|row| (row.gateway, row.amount)).collect()
    }

    /// What went back of an order: gateway, where it ended, how, and how much.
    pub(super) async fn gone(&self, id: OrderId) -> Vec<(Gateway, RefundDestination, PaymentOutcome, i64)> {
        let facts = payment_event::Entity::find()
            .inner_join(payment::Entity)
            .filter(payment::Column::OrderId.eq(id))
            .filter(payment_event::Column::Kind.eq(PaymentEventKind::Refund))
            .order_by_asc(payment_event::Column::Id);
        let rows = facts.all(self.world().db()).await.unwrap();
        rows.into_iter().map(|row| (row.gateway, row.destination, row.outcome, row.amount)).collect()
    }
}

pub(super) fn money(minor: i64) -> Option<Money> {
    Some(yen(minor))
}

#[derive(Debug)]
struct AnyMail;

#[async_trait]
impl MessageTransport for AnyMail {
    async fn send(&self, _: &OutgoingMail) -> Result<(), SendError> {
        Ok(())
    }
}

/// Runs everything that is due, as a process would.
pub(super) async fn work(world: &World) {
    run_due(&world.ctx(), &Adapters { mail: Arc::new(AnyMail) }).await.unwrap();
}
