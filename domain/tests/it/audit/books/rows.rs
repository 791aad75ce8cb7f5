//! An order as its rows: with work, moved stock and a payment in cash.

use domain::inventory::{Cause, Movement, post};
use domain::kernel::event::NewEvent;
use entity::id::{
    CartId, EventId, FulfillmentOrderId, FulfillmentOrderLineId, OrderId, OrderLineId, PaymentEventId, PaymentId,
    ReceiptId,
};
use entity::words::*;
use entity::{
    cart, event_delivery, fulfillment_order, fulfillment_order_line, order, order_line, order_tax, payment,
    payment_event, receipt,
};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};
use serde_json::json;
use support::{World, order_row};

use super::{Shop, insert};

/// An order of teas at 110 yen with tax, paid in cash; committed, or handed over with a receipt.
pub(super) async fn place(
    world: &World,
    shop: &Shop,
    number: &str,
    quantity: i64,
    left: bool,
    receipt: Option<i64>,
) -> OrderId {
    let (id, total, tax) = (OrderId(world.new_uuid()), 110 * quantity, 10 * quantity);
    let cart_id = cart_of(world, shop).await;
    let row = order::Model {
        number: number.to_owned(),
        payment_status: OrderPaymentStatus::Paid,
        fulfillment_status: if left { OrderFulfillmentStatus::Fulfilled } else { OrderFulfillmentStatus::Unfulfilled },
        subtotal: total,
        tax_total: tax,
        total,
        cart_id: Some(cart_id),
        location_id: Some(shop.store.id),
        ..order_row(id, &shop.channel, world.now())
    };
    insert!(world, order, row);
    insert!(
        world,
        order_tax,
        order_tax::Model { order_id: id, rate_ppm: 100_000, name: "10%".to_owned(), taxable: total - tax, tax }
    );
    let line = line(world, shop, id, quantity, left).await;
    let work = work(world, shop, id, line, quantity, left).await;
    let event_id = move_stock(world, shop, id, work, quantity, left).await;
    pay(world, shop, id, cart_id, total, event_id).await;
    if let Some(number) = receipt {
        let row = receipt::Model {
            id: ReceiptId(world.new_uuid()),
            register_id: shop.register,
            number,
            order_id: id,
            document: json!({}),
            issued_at: world.now(),
            register_session_id: None,
        };
        insert!(world, receipt, row);
    }
    id
}

async fn cart_of(world: &World, shop: &Shop) -> CartId {
    let id = CartId(world.new_uuid());
    let row = cart::Model {
        id,
        channel_id: shop.channel.id,
        customer_id: None,
        token_hash: id.to_string(),
        code: None,
        code_expires_at: None,
        status: CartStatus::Completed,
        currency: shop.channel.currency,
        locale: "ja".to_owned(),
        email: None,
        phone: None,
        contact_name: None,
        shipping_address: None,
        billing_address: None,
        shipping_method_id: None,
        note: String::new(),
        codes: Default::default(),
        merged_into_id: None,
        version: 1,
        metadata: json!({}),
        created_at: world.now(),
        updated_at: world.now(),
        delivery_on: None,
        delivery_slot: None,
    };
    insert!(world, cart, row);
    id
}

async fn line(world: &World, shop: &Shop, order_id: OrderId, quantity: i64, left: bool) -> OrderLineId {
    let id = OrderLineId(world.new_uuid());
    let row = order_line::Model {
        id,
        order_id,
        position: 1,
        variant_id: shop.tea.id(),
        title: "tea".to_owned(),
        variant_title: String::new(),
        sku: None,
        quantity,
        unit_price: 110,
        subtotal: 110 * quantity,
        discount: 0,
        tax_class_id: shop.tea.product.tax_class_id,
        tax_rate_ppm: 100_000,
        tax: 10 * quantity,
        total: 110 * quantity,
        delivery: DeliveryMethod::CarryOut,
        pickup_location_id: None,
        fulfilled: if left { quantity } else { 0 },
        canceled: 0,
        return_requested: 0,
        received_back: 0,
        metadata: json!({}),
        revision: 1,
    };
    insert!(world, order_line, row);
    id
}

async fn work(
    world: &World,
    shop: &Shop,
    order_id: OrderId,
    order_line_id: OrderLineId,
    quantity: i64,
    left: bool,
) -> FulfillmentOrderLineId {
    let fulfillment_order_id = FulfillmentOrderId(world.new_uuid());
    let row = fulfillment_order::Model {
        id: fulfillment_order_id,
        order_id,
        location_id: Some(shop.store.id),
        method: DeliveryMethod::CarryOut,
        status: if left { FulfillmentOrderStatus::Closed } else { FulfillmentOrderStatus::Open },
        hold_reason: None,
        fulfill_by: None,
        version: 1,
        created_at: world.now(),
        updated_at: world.now(),
        parked_as: None,
        hold_note: None,
        accepted_at: None,
        packed_at: None,
        closed_at: None,
        external_reference: None,
        routed_at: None,
    };
    insert!(world, fulfillment_order, row);
    let id = FulfillmentOrderLineId(world.new_uuid());
    let row = fulfillment_order_line::Model {
        id,
        fulfillment_order_id,
        order_line_id,
        variant_id: shop.tea.id(),
        quantity,
        picked: 0,
        packed: 0,
        fulfilled: if left { quantity } else { 0 },
        rejected: 0,
    };
    insert!(world, fulfillment_order_line, row);
    id
}

async fn move_stock(
    world: &World,
    shop: &Shop,
    order_id: OrderId,
    work: FulfillmentOrderLineId,
    quantity: i64,
    left: bool,
) -> EventId {
    let (location_id, variant_id) = (shop.store.id, shop.tea.id());
    let event_id = world
        .ctx()
        .write(|tx| async move {
            let event_id = tx.event(NewEvent::new("order_placed", "order", order_id.uuid()));
            let commit = Movement {
                location_id,
                variant_id,
                kind: MovementKind::Committed,
                from: Some(StockState::Available),
                to: Some(StockState::Committed),
                quantity,
                cause: Cause::of(CauseKind::FulfillmentOrderLine, work.uuid()),
                event_id,
            };
            let dispatch = Movement { kind: MovementKind::Dispatched, from: commit.to, to: None, ..commit.clone() };
            post(&tx, if left { vec![commit, dispatch] } else { vec![commit] }.as_slice()).await?;
            Ok(event_id)
        })
        .await
        .unwrap();
    let row = event_delivery::Model {
        handler: "test".to_owned(),
        event_id,
        outcome: "handled".to_owned(),
        handled_at: world.now(),
    };
    insert!(world, event_delivery, row);
    event_id
}

async fn pay(world: &World, shop: &Shop, order_id: OrderId, cart_id: CartId, amount: i64, event_id: EventId) {
    let payment_id = PaymentId(world.new_uuid());
    let row = payment::Model {
        id: payment_id,
        order_id: Some(order_id),
        cart_id: Some(cart_id),
        gateway: Gateway::Cash,
        currency: shop.channel.currency,
        amount,
        tendered: None,
        change: None,
        reference: None,
        metadata: json!({}),
        created_at: world.now(),
        stored_value_account_id: None,
        register_session_id: None,
        method: None,
        due_at: None,
        reminded_at: None,
        authorized_until: None,
        return_id: None,
    };
    insert!(world, payment, row);
    let row = payment_event::Model {
        id: PaymentEventId(world.new_uuid()),
        payment_id,
        kind: PaymentEventKind::Capture,
        outcome: PaymentOutcome::Success,
        amount,
        gateway: Gateway::Cash,
        gateway_reference: None,
        error_code: None,
        event_id,
        occurred_at: world.now(),
        refund_id: None,
        destination: entity::words::RefundDestination::Original,
    };
    insert!(world, payment_event, row);
}
