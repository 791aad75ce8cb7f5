//! What happened in the shop beside its sales.

use domain::inventory::{Cause, Movement, post};
use domain::kernel::event::NewEvent;
use domain::order::cancel_units::cancel_units;
use domain::order::refund::{ConfirmRefund, confirm_refund};
use entity::id::{EventId, MessageId, OrderId, PickupId};
use entity::words::*;
use entity::{fulfillment_order, message, order_change, pickup};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, IntoActiveModel};
use serde_json::json;
use support::{World, message_row};

use super::{Shop, insert};

/// Another system tells of a unit that it found.
pub(super) async fn sync(world: &World, shop: &Shop) {
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

/// A gift card that was given away.
pub(super) async fn card(world: &World, shop: &Shop) {
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
pub(super) async fn drawer(world: &World, shop: &Shop) {
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
pub(super) async fn bring_back(world: &World, shop: &Shop, order_id: OrderId) {
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

/// Somebody else is to be asked for: a change that costs nothing.
pub(super) async fn changed(world: &World, order_id: OrderId) {
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
pub(super) async fn parcel(world: &World, shop: &Shop, order_id: OrderId) {
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
pub(super) async fn cancel(world: &World, shop: &Shop, order_id: OrderId) {
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
pub(super) async fn count(world: &World, shop: &Shop) {
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
pub(super) async fn collectable(world: &World, shop: &Shop, order_id: OrderId) {
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
pub(super) async fn reserve(world: &World, shop: &Shop) {
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

pub(super) async fn letter(world: &World, order_id: OrderId) {
    let row = message::Model {
        dedupe_key: "order_placed:1".to_owned(),
        template: "order_placed".to_owned(),
        status: MessageStatus::Sent,
        order_id: Some(order_id),
        sender: "shop@example.com".to_owned(),
        recipient: "hana@example.com".to_owned(),
        message_id: "<1@example.com>".to_owned(),
        subject: "ご注文".to_owned(),
        sent_at: Some(world.now()),
        attempts: 1,
        ..message_row(MessageId(world.new_uuid()), world.now())
    };
    insert!(world, message, row);
}

/// Somebody was thanked, and then the goods came back.
pub(super) async fn flow(world: &World) {
    use entity::id::{FlowId, FlowRunId, FlowStepId, FlowVersionId};
    use entity::{flow, flow_run, flow_step, flow_version};
    let (flow_id, version_id, run_id) =
        (FlowId(world.new_uuid()), FlowVersionId(world.new_uuid()), FlowRunId(world.new_uuid()));
    let row = flow::Model {
        id: flow_id,
        code: "own".to_owned(),
        name: "own".to_owned(),
        class: MessageClass::Marketing,
        trigger_kind: "EVENT".to_owned(),
        status: FlowStatus::Off,
        is_built_in: false,
        current_number: 1,
        hold_out_percent: 0,
        version: 1,
        created_at: world.now(),
        updated_at: world.now(),
    };
    insert!(world, flow, row);
    let row = flow_version::Model {
        id: version_id,
        flow_id,
        number: 1,
        definition: json!({}),
        staff_id: None,
        created_at: world.now(),
    };
    insert!(world, flow_version, row);
    let sent = message::Entity::find().one(world.db()).await.unwrap().unwrap();
    let row = flow_run::Model {
        id: run_id,
        flow_id,
        flow_version_id: version_id,
        subject_key: "order".to_owned(),
        customer_id: None,
        order_id: sent.order_id,
        channel_id: None,
        status: FlowRunStatus::Stopped,
        step: "next".to_owned(),
        wake_at: None,
        waits_for: None,
        variant: None,
        reason: Some("RETURNED".to_owned()),
        context: json!({}),
        event_id: None,
        version: 1,
        created_at: world.now(),
        updated_at: world.now(),
    };
    insert!(world, flow_run, row);
    let row = message::Model {
        id: MessageId(world.new_uuid()),
        dedupe_key: "flow:own:order".to_owned(),
        message_id: "<2@example.com>".to_owned(),
        flow_id: Some(flow_id),
        flow_run_id: Some(run_id),
        step: Some("first".to_owned()),
        status: MessageStatus::Sent,
        sent_at: Some(world.now()),
        created_at: world.now(),
        ..sent
    };
    let message_id = Some(row.id);
    insert!(world, message, row);
    let row = flow_step::Model {
        id: FlowStepId(world.new_uuid()),
        flow_run_id: run_id,
        step: "first".to_owned(),
        outcome: FlowStepOutcome::Done,
        reason: None,
        message_id,
        occurred_at: world.now(),
    };
    insert!(world, flow_step, row);
}

/// A customer exchanges a tea for another one.
pub(super) async fn exchange(world: &World, shop: &Shop, order_id: OrderId) {
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
