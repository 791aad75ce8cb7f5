//! Goods that come back.

mod counter;
mod exchange;
mod flow;
mod table;

use domain::fulfillment::desk::WorkRef;
use domain::kernel::Actor;
use domain::returns::counter::{CounterLine, ReturnAtCounter};
use domain::returns::inspect::InspectItem;
use domain::returns::request::{RequestLine, RequestReturn};
use domain::shipping::parcel::Label;
use domain::shipping::ship::{Ship, ship};
use domain::{Ctx, Permission};
use entity::id::{LocationId, OrderId, OrderLineId, ReturnLineId};
use entity::words::{Carrier, Disposition, RefundDestination, ReturnKind, ReturnMethod};
use entity::{location, order, order_line, return_line, returns, stock_level};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use support::{Sku, World};

use crate::fulfillment::shop::{Shop, buy};

/// Shirts that a guest bought online and got by parcel.
pub(super) struct Bought {
    pub(super) shop: Shop,
    pub(super) shirt: Sku,
    pub(super) order: OrderId,
    pub(super) line: OrderLineId,
    pub(super) guest: Ctx,
    pub(super) clerk: Ctx,
    keys: std::sync::atomic::AtomicUsize,
}

/// Buys and ships `units` shirts of ¥1,000.
pub(super) async fn bought(world: &World, units: i64) -> Bought {
    bought_for(world, units, units * 1_000 + 550).await
}

/// Shirts of ¥1,000 that were bought online for so much in all, and sent.
pub(super) async fn bought_for(world: &World, units: i64, total: i64) -> Bought {
    let shop = Shop::open(world).await;
    let shirt = world.product("shirt").price(&shop.online, 1_000).stock(&shop.warehouse, units + 2).create().await;
    let (cart, ctx) = shop.cart_of(shirt.id(), units).await;
    let order = buy(&ctx, cart, total, "key").await.unwrap().order.id;
    let packer = world.staff(&[Permission::FulfillmentWork]).await;
    let work = domain::fulfillment::query::of_orders(world.db(), &[order]).await.unwrap();
    let input = Ship {
        work: WorkRef { id: work[0].id, expected_version: None },
        label: Label { carrier: Some(Carrier::Yamato), ..Label::default() },
        tracking_number: None,
        units: Vec::new(),
        idempotency_key: "ship".to_owned(),
    };
    ship(&packer, input).await.unwrap();
    let line = domain::order::query::lines(world.db(), &[order]).await.unwrap().remove(0).id;
    let guest = world.ctx().with_actor(Actor::Guest { cart_id: None, order_id: Some(order) });
    let clerk = world.staff(&[Permission::ReturnsWork]).await;
    Bought { shop, shirt, order, line, guest, clerk, keys: std::sync::atomic::AtomicUsize::new(0) }
}

impl Bought {
    pub(super) fn key(&self) -> String {
        format!("key-{}", self.keys.fetch_add(1, std::sync::atomic::Ordering::Relaxed))
    }

    pub(super) fn wish(&self, units: i64) -> RequestReturn {
        RequestReturn {
            order_id: self.order,
            kind: ReturnKind::Return,
            lines: vec![RequestLine {
                order_line_id: self.line,
                quantity: units,
                reason: None,
                note: String::new(),
                used: false,
                photos: vec![],
            }],
            method: ReturnMethod::Carrier,
            refund_to: RefundDestination::Original,
            note: "too small".to_owned(),
            destination_location_id: None,
            override_reason: None,
            approval: None,
            idempotency_key: self.key(),
        }
    }

    pub(super) fn handed_in(&self, at: LocationId, units: &[(i64, Disposition)]) -> ReturnAtCounter {
        let line = |(quantity, disposition): &(i64, Disposition)| CounterLine {
            order_line_id: Some(self.line),
            variant_id: None,
            quantity: *quantity,
            reason: None,
            used: false,
            disposition: *disposition,
            note: String::new(),
            photo: None,
        };
        ReturnAtCounter {
            register_id: None,
            location_id: Some(at),
            order_id: self.order,
            lines: units.iter().map(line).collect(),
            units: vec![],
            refund_to: RefundDestination::Original,
            shipping: None,
            waive_fees: false,
            note: String::new(),
            destination_location_id: None,
            override_reason: None,
            approval: None,
            idempotency_key: self.key(),
        }
    }

    pub(super) async fn sold(&self) -> (order::Model, order_line::Model) {
        let db = self.shop.world.db();
        let order = order::Entity::find_by_id(self.order).one(db).await.unwrap().unwrap();
        let line = order_line::Entity::find_by_id(self.line).one(db).await.unwrap().unwrap();
        (order, line)
    }

    pub(super) async fn level(&self, at: &location::Model) -> Option<stock_level::Model> {
        stock_level::Entity::find_by_id((at.id, self.shirt.id())).one(self.shop.world.db()).await.unwrap()
    }

    pub(super) async fn refunded(&self) -> Vec<i64> {
        let refunds = domain::order::refund::of_orders(self.shop.world.db(), &[self.order]).await.unwrap();
        refunds.iter().map(|refund| refund.amount).collect()
    }

    pub(super) async fn line_of(&self, row: &returns::Model) -> return_line::Model {
        let found = return_line::Entity::find().filter(return_line::Column::ReturnId.eq(row.id));
        found.one(self.shop.world.db()).await.unwrap().unwrap()
    }
}

pub(super) fn item(line: ReturnLineId, quantity: i64, disposition: Disposition) -> InspectItem {
    InspectItem { return_line_id: line, quantity, disposition, note: String::new(), photo: None, refund: None }
}
