//! Sound books: an open order, and two sales at a till that left the shop.

use domain::inventory::{Cause, Movement, post};
use domain::kernel::event::NewEvent;
use domain::order::cancel_units::cancel_units;
use domain::order::refund::{ConfirmRefund, confirm_refund};
use entity::id::{
    CartId, EventId, FulfillmentOrderId, FulfillmentOrderLineId, MessageId, OrderId, OrderLineId, PaymentEventId,
    PaymentId, PickupId, ReceiptId, RegisterId,
};
use entity::words::*;
use entity::{
    cart, channel, event_delivery, fulfillment_order, fulfillment_order_line, idempotency_key, location, message,
    order, order_change, order_line, order_tax, payment, payment_event, pickup, receipt, register,
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, IntoActiveModel};
use serde_json::json;
use support::{Sku, World};

macro_rules! insert {
    ($world:expr, $entity:ident, $row:expr) => {
        $entity::Entity::insert($row.into_active_model().reset_all()).exec_without_returning($world.db()).await.unwrap()
    };
}

struct Shop {
    channel: channel::Model,
    store: location::Model,
    tea: Sku,
    register: RegisterId,
}

/// Another system tells of a unit that it found.
async fn sync(world: &World, shop: &Shop) {
    let item = domain::inventory::sync::SyncItem {
        sku: Some("tea".to_owned()),
        location_id: Some(shop.store.id),
        quantity: 1,
        reason: Some("found".to_owned()),
        ..Default::default()
    };
    let input = domain::inventory::sync::StockSync {
        source: "wms".to_owned(),
        mode: StockSyncMode::Delta,
        policy: SyncErrorPolicy::RejectAll,
        items: vec![item],
        idempotency_key: "found".to_owned(),
    };
    let wms = world.staff(&[domain::Permission::StockSync]).await;
    domain::inventory::sync::sync(&wms, input).await.unwrap();
}

/// Writes the books.
pub(super) async fn keep(world: &World) {
    let store = world.store("shibuya").await;
    let channel = world.channel("pos").pos().served_by(&store).create().await;
    let tea = world.product("tea").price(&channel, 110).stock(&store, 10).create().await;
    world.product("set").component(&tea, 2).create().await;
    let customer = world.new_customer("佐藤", "花").verified(IdentifierKind::Email, "hana@example.com").create().await;
    world.new_customer("佐藤", "はな").with(|row| row.merged_into_id = Some(customer.id)).create().await;
    let register = RegisterId(world.new_uuid());
    let row = register::Model {
        id: register,
        code: "till-1".to_owned(),
        name: "Till 1".to_owned(),
        location_id: store.id,
        channel_id: channel.id,
        last_receipt_number: 2,
        active: true,
        created_at: world.now(),
        last_z_number: 0,
        requires_session: false,
        cash_limit: None,
    };
    insert!(world, register, row);
    let shop = Shop { channel, store, tea, register };
    let open = place(world, &shop, "P-1", 2, false, None).await;
    let (mut first, mut sold) = (open, open);
    for number in [1, 2] {
        first = sold;
        sold = place(world, &shop, &format!("P-{}", number + 1), 1, true, Some(number)).await;
        world.advance(chrono::TimeDelta::minutes(1));
    }
    drawer(world, &shop).await;
    let clerk = world.staff(&[domain::Permission::StockHold]).await;
    let aside = domain::inventory::hold::PutAside {
        location_id: shop.store.id,
        variant_id: shop.tea.id(),
        quantity: 1,
        note: None,
        expires_at: world.now() + chrono::TimeDelta::days(1),
        idempotency_key: "aside".to_owned(),
    };
    domain::inventory::hold::put_aside(&clerk, aside).await.unwrap();
    let given_up = place(world, &shop, "P-4", 1, false, None).await;
    cancel(world, &shop, given_up).await;
    count(world, &shop).await;
    collectable(world, &shop, given_up).await;
    reserve(world, &shop).await;
    super::supply::on_their_way(world, &shop.store, shop.tea.id()).await;
    sync(world, &shop).await;
    card(world, &shop).await;
    letter(world, open).await;
    changed(world, open).await;
    parcel(world, &shop, open).await;
    bring_back(world, &shop, sold).await;
    exchange(world, &shop, first).await;
    let key = idempotency_key::Model {
        actor_key: "SYSTEM".to_owned(),
        operation: "cartComplete".to_owned(),
        key: "k1".to_owned(),
        request_hash: "hash".to_owned(),
        resource_id: open.uuid(),
        response: json!({}),
        created_at: world.now(),
    };
    insert!(world, idempotency_key, key);
    // Long enough ago that every event must have been delivered.
    world.advance(chrono::TimeDelta::hours(1));
}

/// A gift card that was given away.
async fn card(world: &World, shop: &Shop) {
    let input = domain::stored_value::staff::IssueCard {
        channel_id: shop.channel.id,
        amount: entity::money::Money::new(1_000, shop.channel.currency),
        recipient_email: None,
        recipient_name: None,
        sender_name: None,
        message: None,
        locale: None,
        deliver_at: None,
        expires_at: None,
        reason: "a prize".to_owned(),
        idempotency_key: "card".to_owned(),
    };
    let clerk = world.staff(&[domain::Permission::StoredValueWrite]).await;
    domain::stored_value::staff::issue_card(&clerk, input).await.unwrap();
}

/// A drawer from opening to closing, with cash taken out and a difference.
async fn drawer(world: &World, shop: &Shop) {
    use domain::drawer::{MoveCash, OpenSession, Pieces, move_cash, open};
    use domain::register::close::{CloseSession, close};
    let clerk = world.staff(&[domain::Permission::DrawerWork]).await;
    let yen = |minor| entity::money::Money::new(minor, shop.channel.currency);
    let key = |name: &str| name.to_owned();
    let opening = OpenSession { register_id: Some(shop.register), float: yen(1_000), idempotency_key: key("open") };
    let (session, _) = open(&clerk, opening).await.unwrap();
    let out = MoveCash {
        register_id: Some(shop.register),
        kind: entity::words::CashMovementKind::Out,
        amount: yen(100),
        reason: "stamps".to_owned(),
        approval: None,
        idempotency_key: key("out"),
    };
    move_cash(&clerk, out).await.unwrap();
    let closing = CloseSession {
        session_id: session.id,
        pieces: Some(vec![Pieces { value: 890, count: 1 }]),
        difference_reason: Some("ten yen are missing".to_owned()),
        expected_version: None,
        idempotency_key: key("close"),
    };
    close(&clerk, closing).await.unwrap();
}

/// A customer brings a tea back.
async fn bring_back(world: &World, shop: &Shop, order_id: OrderId) {
    let line = domain::order::query::lines(world.db(), &[order_id]).await.unwrap().remove(0);
    let clerk = world.staff(&[domain::Permission::ReturnsWork]).await;
    let line = domain::returns::counter::CounterLine {
        order_line_id: Some(line.id),
        variant_id: None,
        quantity: 1,
        reason: None,
        used: false,
        disposition: Disposition::Damaged,
        note: String::new(),
        photo: None,
    };
    let input = domain::returns::counter::ReturnAtCounter {
        register_id: None,
        location_id: Some(shop.store.id),
        order_id,
        lines: vec![line],
        units: Vec::new(),
        refund_to: RefundDestination::Original,
        shipping: None,
        waive_fees: false,
        note: String::new(),
        destination_location_id: None,
        override_reason: None,
        approval: None,
        idempotency_key: "back".to_owned(),
    };
    domain::returns::counter::return_at_counter(&clerk, input).await.unwrap();
}

/// A customer exchanges a tea for another one.
async fn exchange(world: &World, shop: &Shop, order_id: OrderId) {
    use domain::returns::exchange::counter::{ExchangeAtCounter, exchange_at_counter};
    let line = domain::order::query::lines(world.db(), &[order_id]).await.unwrap().remove(0);
    let clerk = world.staff(&[domain::Permission::ReturnsWork, domain::Permission::PosSell]).await;
    let line = domain::returns::counter::CounterLine {
        order_line_id: Some(line.id),
        variant_id: None,
        quantity: 1,
        reason: None,
        used: false,
        disposition: Disposition::Restock,
        note: String::new(),
        photo: None,
    };
    let back = domain::returns::counter::ReturnAtCounter {
        register_id: None,
        location_id: None,
        order_id,
        lines: vec![line],
        units: Vec::new(),
        refund_to: RefundDestination::Original,
        shipping: None,
        waive_fees: false,
        note: String::new(),
        destination_location_id: None,
        override_reason: None,
        approval: None,
        idempotency_key: String::new(),
    };
    let sale = domain::register::sell::Sell {
        register_id: Some(shop.register),
        cart_id: None,
        lines: vec![domain::register::sell::SaleLine { variant_id: shop.tea.id(), quantity: 1 }],
        units: Vec::new(),
        reservation_code: None,
        customer_id: None,
        email: None,
        locale: None,
        discounts: Default::default(),
        expected_total: None,
        payments: Vec::new(),
        idempotency_key: String::new(),
    };
    let input = ExchangeAtCounter { back, sale, expected_difference: None, idempotency_key: "swap".to_owned() };
    exchange_at_counter(&clerk, input).await.unwrap();
    let placed = entity::event::Entity::find().all(world.db()).await.unwrap();
    let placed: Vec<EventId> = placed.iter().filter(|it| it.kind == "order_placed").map(|it| it.id).collect();
    let last = [*placed.iter().max().unwrap()];
    domain::messaging::dispatch::run(&world.ctx(), domain::jobs::HANDLERS, &last).await.unwrap();
}

/// Somebody else is to be asked for: a change that costs nothing.
async fn changed(world: &World, order_id: OrderId) {
    let change = entity::order_change::Model {
        id: entity::id::OrderChangeId(world.new_uuid()),
        order_id,
        order_version: 1,
        revision: 2,
        status: OrderChangeStatus::Confirmed,
        operations: json!([]),
        preview: json!({}),
        difference: 0,
        settlement: OrderChangeSettlement::None,
        reason: "another contact".to_owned(),
        staff_id: None,
        payment_link_id: None,
        refund_id: None,
        confirmed_at: Some(world.now()),
        version: 2,
        created_at: world.now(),
        updated_at: world.now(),
    };
    insert!(world, order_change, change);
}

/// A parcel about which something was said.
async fn parcel(world: &World, shop: &Shop, order_id: OrderId) {
    let work = domain::fulfillment::query::of_orders(world.db(), &[order_id]).await.unwrap().remove(0);
    let line = domain::fulfillment::query::lines(world.db(), &[work.id]).await.unwrap().remove(0);
    let parcel = world.parcel(shop.store.id).line(line.id, 1).create().await;
    let clerk = world.staff(&[domain::Permission::FulfillmentWork]).await;
    let fact = domain::shipping::tracking::Fact {
        status: TrackingStatus::InTransit,
        description: String::new(),
        place: None,
        occurred_at: world.now(),
        external_id: None,
    };
    domain::shipping::tracking::add(&clerk, parcel.id, fact).await.unwrap();
}

/// Gives an order up and hands its money back.
async fn cancel(world: &World, shop: &Shop, order_id: OrderId) {
    let (location_id, variant_id) = (shop.store.id, shop.tea.id());
    let order = domain::order::query::by_id(world.db(), order_id).await.unwrap().unwrap();
    let line = domain::order::query::lines(world.db(), &[order_id]).await.unwrap().remove(0);
    let work = domain::fulfillment::query::of_orders(world.db(), &[order_id]).await.unwrap().remove(0);
    let change = fulfillment_order::ActiveModel {
        id: Set(work.id),
        status: Set(FulfillmentOrderStatus::Canceled),
        ..Default::default()
    };
    fulfillment_order::Entity::update(change).exec(world.db()).await.unwrap();
    let given_up = order.clone();
    let ctx = world.ctx();
    let refund = ctx.write(move |tx| {
        let order = given_up.clone();
        async move {
            let event_id = tx.event(NewEvent::new("order_units_given_up", "order", order_id.uuid()));
            let release = Movement {
                location_id,
                variant_id,
                kind: MovementKind::Released,
                from: Some(StockState::Committed),
                to: Some(StockState::Available),
                quantity: 1,
                cause: Cause::of(CauseKind::FulfillmentOrderLine, work.id.uuid()),
                event_id,
            };
            post(&tx, &[release]).await?;
            cancel_units(&tx, &order, &[(line.id, 1)], RefundReason::Canceled, None).await
        }
    });
    let refund = refund.await.unwrap().unwrap();
    assert_eq!((refund.order_id, refund.amount), (order.id, 110));
    let may = [domain::Permission::RefundsIssue, domain::Permission::OrdersRead, domain::Permission::DrawerWork];
    let clerk = world.staff(&may).await;
    let drawer = domain::drawer::OpenSession {
        register_id: Some(shop.register),
        float: entity::money::Money::new(5_000, order.currency),
        idempotency_key: "drawer".to_owned(),
    };
    domain::drawer::open(&clerk, drawer).await.unwrap();
    let confirm = ConfirmRefund {
        refund_id: refund.id,
        payment_id: None,
        reference: None,
        register_id: Some(shop.register),
        idempotency_key: "refund".to_owned(),
    };
    confirm_refund(&clerk, confirm).await.unwrap();
}

/// A camera with a serial number came in, and a count found one tea more.
async fn count(world: &World, shop: &Shop) {
    let camera = world.product("camera").with(|row| row.unit_tracking = UnitTracking::Serial).create().await.id();
    let clerk = world.staff(&[domain::Permission::StockReceive, domain::Permission::CountsWork]).await;
    let input = domain::inventory::ReceiveStock {
        location_id: shop.store.id,
        lines: vec![domain::inventory::ReceiveLine { variant_id: camera, quantity: 1, state: StockState::Available }],
        reason: "delivery".to_owned(),
        reason_code: None,
        units: vec![domain::inventory::unit::NumberedUnits {
            variant_id: camera,
            code: "SN-1".to_owned(),
            quantity: 1,
            expires_on: None,
            fulfillment_order_line_id: None,
        }],
        idempotency_key: "camera".to_owned(),
    };
    domain::inventory::receive(&clerk, input).await.unwrap();
    let tea = shop.tea.id();
    let counted = crate::stock_count::counted(&clerk, shop.store.id, &[(tea, 9)]).await;
    let manager = world.staff(&[domain::Permission::CountsAccept]).await;
    let accepted = crate::stock_count::accept_it(&manager, counted.id, "accept").await.unwrap();
    assert_eq!(accepted.count.status, StockCountStatus::Accepted);
}

/// The given-up work was to be collected.
async fn collectable(world: &World, shop: &Shop, order_id: OrderId) {
    let work = domain::fulfillment::query::of_orders(world.db(), &[order_id]).await.unwrap().remove(0);
    let method =
        fulfillment_order::ActiveModel { id: Set(work.id), method: Set(DeliveryMethod::Pickup), ..Default::default() };
    fulfillment_order::Entity::update(method).exec(world.db()).await.unwrap();
    let row = pickup::Model {
        id: PickupId(world.new_uuid()),
        fulfillment_order_id: work.id,
        order_id,
        location_id: shop.store.id,
        status: PickupStatus::Canceled,
        code_hash: None,
        code_number: 0,
        collector_name: None,
        ready_at: None,
        expires_at: None,
        extensions: 0,
        reminded_at: None,
        arrived_at: None,
        arrival_note: None,
        collected_at: None,
        collected_by: None,
        proof: None,
        choice_expires_at: None,
        choice: None,
        version: 1,
        created_at: world.now(),
        updated_at: world.now(),
    };
    insert!(world, pickup, row);
}

/// Somebody had a tea put aside.
async fn reserve(world: &World, shop: &Shop) {
    let input = domain::pickup::reservation::Create {
        location_id: shop.store.id,
        channel_id: shop.channel.id,
        lines: vec![domain::pickup::reservation::ReserveLine { variant_id: shop.tea.id(), quantity: 1 }],
        name: "佐藤".to_owned(),
        email: Some("hana@example.com".to_owned()),
        phone: None,
        locale: None,
        note: String::new(),
        idempotency_key: "reserve".to_owned(),
    };
    domain::pickup::reservation::create(&world.guest(), input).await.unwrap();
}

async fn letter(world: &World, order_id: OrderId) {
    let row = message::Model {
        id: MessageId(world.new_uuid()),
        dedupe_key: "order_placed:1".to_owned(),
        template: "order_placed".to_owned(),
        channel: MessageChannel::Email,
        locale: "ja".to_owned(),
        status: MessageStatus::Sent,
        customer_id: None,
        order_id: Some(order_id),
        event_id: None,
        sender: "shop@example.com".to_owned(),
        recipient: "hana@example.com".to_owned(),
        message_id: "<1@example.com>".to_owned(),
        subject: "ご注文".to_owned(),
        html: String::new(),
        text: String::new(),
        error: None,
        created_at: world.now(),
        sent_at: Some(world.now()),
    };
    insert!(world, message, row);
}

/// An order of teas at 110 yen with tax, paid in cash; committed, or handed over with a receipt.
async fn place(world: &World, shop: &Shop, number: &str, quantity: i64, left: bool, receipt: Option<i64>) -> OrderId {
    let (id, total, tax) = (OrderId(world.new_uuid()), 110 * quantity, 10 * quantity);
    let cart_id = cart_of(world, shop).await;
    let row = order::Model {
        id,
        number: number.to_owned(),
        channel_id: shop.channel.id,
        customer_id: None,
        status: OrderStatus::Open,
        payment_status: OrderPaymentStatus::Paid,
        fulfillment_status: if left { OrderFulfillmentStatus::Fulfilled } else { OrderFulfillmentStatus::Unfulfilled },
        pickup_status: OrderPickupStatus::None,
        return_status: OrderReturnStatus::None,
        currency: shop.channel.currency,
        locale: "ja".to_owned(),
        email: None,
        phone: None,
        contact_name: None,
        shipping_address: None,
        billing_address: None,
        prices_include_tax: true,
        tax_rounding: TaxRounding::Down,
        subtotal: total,
        discount_total: 0,
        shipping_total: 0,
        tax_total: tax,
        total,
        token_hash: None,
        cart_id: Some(cart_id),
        location_id: Some(shop.store.id),
        register_id: None,
        staff_id: None,
        external_reference: None,
        note: String::new(),
        placed_at: Some(world.now()),
        canceled_at: None,
        closed_at: None,
        version: 1,
        metadata: json!({}),
        private_metadata: json!({}),
        created_at: world.now(),
        updated_at: world.now(),
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
