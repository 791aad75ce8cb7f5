//! A clerk at work: the calls that the stories of this area make again and again.

use domain::fulfillment::accept::accept;
use domain::fulfillment::desk::WorkRef;
use domain::fulfillment::line_ref::LineRef;
use domain::shipping::dispatch::{Dispatch, dispatch};
use domain::shipping::pack::{Pack, PackLine, Parcel, pack};
use domain::shipping::parcel::Label;
use domain::{Ctx, Permission, Result};
use entity::id::{FulfillmentOrderId, FulfillmentOrderLineId, OrderId, ShipmentId, VariantId};
use entity::words::Carrier;
use entity::{fulfillment_order, fulfillment_order_line, order, order_line};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use support::World;

use super::shop::{Line, Shop, buy};

/// What a clerk in these stories may do.
pub(crate) const CLERK: &[Permission] =
    &[Permission::FulfillmentWork, Permission::OrdersRead, Permission::OrdersCancel];

pub(crate) const fn work_ref(id: FulfillmentOrderId) -> WorkRef {
    WorkRef { id, expected_version: None }
}

impl Shop {
    /// An order of these lines, and its work, oldest first.
    pub(crate) async fn ordered(&self, lines: &[Line]) -> (OrderId, Vec<fulfillment_order::Model>) {
        let (cart, ctx) = self.cart(lines).await;
        let ships = lines.iter().any(|(.., delivery, _)| *delivery == entity::words::DeliveryMethod::Ship);
        let goods: i64 = lines.iter().map(|(_, quantity, ..)| quantity * 1_000).sum();
        let total = goods + if ships { 550 } else { 0 };
        let order = buy(&ctx, cart, total, "key").await.unwrap().order.id;
        (order, work_of(&self.world, order).await)
    }

    /// An order of one thing to be sent, and its one piece of work.
    pub(crate) async fn ordered_one(&self, variant: VariantId, quantity: i64) -> (OrderId, FulfillmentOrderId) {
        let (order, work) = self.ordered(&[(variant, quantity, entity::words::DeliveryMethod::Ship, None)]).await;
        assert_eq!(work.len(), 1, "{work:?}");
        (order, work[0].id)
    }
}

/// The work of an order, oldest first.
pub(crate) async fn work_of(world: &World, order: OrderId) -> Vec<fulfillment_order::Model> {
    domain::fulfillment::query::of_orders(world.db(), &[order]).await.unwrap()
}

/// A fulfillment order as it is now.
pub(crate) async fn now(world: &World, id: FulfillmentOrderId) -> fulfillment_order::Model {
    fulfillment_order::Entity::find_by_id(id).one(world.db()).await.unwrap().unwrap()
}

/// Its status as a word.
pub(crate) async fn status(world: &World, id: FulfillmentOrderId) -> String {
    now(world, id).await.status.to_string()
}

/// The lines of work.
pub(crate) async fn lines(world: &World, id: FulfillmentOrderId) -> Vec<fulfillment_order_line::Model> {
    domain::fulfillment::query::lines(world.db(), &[id]).await.unwrap()
}

/// (quantity, picked, packed, fulfilled, rejected) of the one line of work.
pub(crate) async fn numbers(world: &World, id: FulfillmentOrderId) -> (i64, i64, i64, i64, i64) {
    let lines = lines(world, id).await;
    assert_eq!(lines.len(), 1);
    let line = &lines[0];
    (line.quantity, line.picked, line.packed, line.fulfilled, line.rejected)
}

pub(crate) async fn order(world: &World, id: OrderId) -> order::Model {
    order::Entity::find_by_id(id).one(world.db()).await.unwrap().unwrap()
}

pub(crate) async fn order_lines(world: &World, id: OrderId) -> Vec<order_line::Model> {
    let found = order_line::Entity::find().filter(order_line::Column::OrderId.eq(id));
    found.order_by_asc(order_line::Column::Position).all(world.db()).await.unwrap()
}

pub(crate) fn label() -> Label {
    Label { carrier: Some(Carrier::Yamato), ..Label::default() }
}

pub(crate) async fn take(ctx: &Ctx, id: FulfillmentOrderId) {
    accept(ctx, &[work_ref(id)]).await.unwrap();
}

/// Packs units of lines, or all that is left.
pub(crate) async fn pack_lines(
    ctx: &Ctx,
    work: &[FulfillmentOrderId],
    lines: &[(FulfillmentOrderLineId, i64)],
    key: &str,
) -> Result<Parcel> {
    let lines = lines.iter().map(|(line, quantity)| PackLine {
        line: LineRef::Line(*line),
        quantity: *quantity,
        codes: Vec::new(),
    });
    let input = Pack {
        work: work.to_vec(),
        lines: lines.collect(),
        label: label(),
        expected: Vec::new(),
        idempotency_key: key.to_owned(),
    };
    pack(ctx, input).await
}

pub(crate) async fn send(ctx: &Ctx, id: ShipmentId, key: &str) -> Result<Parcel> {
    let input = Dispatch {
        shipment_id: id,
        tracking_number: Some("1234-5678-9012".to_owned()),
        expected_version: None,
        idempotency_key: key.to_owned(),
    };
    dispatch(ctx, input).await
}
