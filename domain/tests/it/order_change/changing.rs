//! What a change does, and what it leaves alone.

use domain::ErrorCode;
use domain::kernel::Actor;
use domain::order::refund;
use domain::order_change::confirm::confirm;
use domain::order_change::discard::discard;
use domain::order_change::query::{of_orders, preview};
use domain::order_change::{NewContact, Operation};
use domain::pickup::cancel_order::{CancelOrder, cancel_mine, cancel_order};
use entity::id::OrderId;
use entity::status::{OrderChangeAction, StateMachine};
use entity::words::*;
use entity::{payment_link, pickup};
use sea_orm::EntityTrait;
use support::build::japanese_address;
use support::{World, both_databases};

use super::{Desk, add, confirmation, remove};
use crate::fulfillment::shop::{test_payment, yen};

fn all_of(order_id: OrderId) -> CancelOrder {
    CancelOrder {
        order_id,
        lines: Vec::new(),
        note: None,
        expected_version: None,
        idempotency_key: format!("all-{order_id}"),
        reason: CancelReason::Customer,
        notify: false,
    }
}

/// What was decided to go back of an order.
async fn refunded(desk: &Desk, id: OrderId) -> i64 {
    let refunds = refund::of_orders(desk.shop.world.db(), &[id]).await.unwrap();
    refunds.iter().map(|refund| refund.amount).sum()
}

both_databases! {
    /// A shirt goes, tea of another tax rate comes: shown first, done once, and the rest goes back.
    async fn shown_then_done_once(world: World) {
        let desk = Desk::open(&world).await;
        let id = desk.shipped().await;
        let before = desk.seen(id).await;
        let line = desk.line(id).await;
        let change = desk.prepare(id, &[remove(line, 1), add(&desk.tea, 1)]).await.unwrap();
        assert_eq!((change.difference, change.settlement), (-200, OrderChangeSettlement::Refund));
        let shown = preview(&change).unwrap();
        assert_eq!((shown.before.total, shown.after.total), (3_550, 3_350));
        assert_eq!(shown.after.taxes.iter().map(|rate| (rate.rate_ppm, rate.tax)).collect::<Vec<_>>(), [(100_000, 231), (80_000, 59)]);
        assert_eq!(desk.seen(id).await, before);
        assert_eq!(desk.committed().await, 3);
        let other = desk.prepare(id, &[remove(line, 1)]).await.unwrap();

        let done = desk.confirm(change.id, Vec::new()).await.unwrap();
        assert_eq!((done.change.status, done.change.revision, done.replayed), (OrderChangeStatus::Confirmed, 2, false));
        assert_eq!(done.refund.unwrap().amount, 200);
        assert_eq!((done.order.total, done.order.version > before.version), (4_350, true));
        assert_eq!(desk.committed().await, 2);
        assert_eq!(desk.shop.level(&desk.shop.warehouse, desk.tea.id()).await, (5, 1));
        assert_eq!(desk.lines(id).await.iter().map(|line| (line.revision, line.canceled)).collect::<Vec<_>>(), [(1, 1), (2, 0)]);
        world.audit().await;

        let again = desk.confirm(change.id, Vec::new()).await.unwrap();
        assert_eq!((again.replayed, again.change), (true, done.change));
        let another = confirm(&desk.clerk, confirmation(change.id, Vec::new(), "another")).await.unwrap_err();
        assert_eq!(another.code(), ErrorCode::InvalidTransition);
        // The order moved on since that one was shown.
        let stale = desk.confirm(other.id, Vec::new()).await.unwrap_err();
        assert_eq!(stale.code(), ErrorCode::StaleVersion);
        assert_eq!(desk.committed().await, 2);
        let all = cancel_order(&desk.clerk, all_of(id)).await.unwrap();
        assert_eq!((all.order.status, refunded(&desk, id).await), (OrderStatus::Canceled, 3_550));
        world.audit().await;
    }

    /// Every step of the machine from every state: only a draft is confirmed or discarded.
    async fn the_machine_is_walked(world: World) {
        let desk = Desk::open(&world).await;
        for state in OrderChangeStatus::ALL {
            for action in OrderChangeAction::ALL {
                let id = desk.shipped().await;
                let line = desk.line(id).await;
                let change = desk.prepare(id, &[remove(line, 1)]).await.unwrap();
                match state {
                    OrderChangeStatus::Draft => {}
                    OrderChangeStatus::Confirmed => drop(desk.confirm(change.id, Vec::new()).await.unwrap()),
                    OrderChangeStatus::Discarded => drop(discard(&desk.clerk, change.id, None).await.unwrap()),
                }
                let answer = match action {
                    OrderChangeAction::Confirm => {
                        let input = confirmation(change.id, Vec::new(), "walk");
                        confirm(&desk.clerk, input).await.map(|done| done.change.status)
                    }
                    OrderChangeAction::Discard => discard(&desk.clerk, change.id, None).await.map(|done| done.change.status),
                };
                match state.next(*action) {
                    Some(next) => assert_eq!(answer.unwrap(), next),
                    None => assert_eq!(answer.unwrap_err().code(), ErrorCode::InvalidTransition, "{state} {action}"),
                }
            }
        }
        world.audit().await;
    }

    /// More units: charged now, or due by a link that the mail brings.
    async fn more_units_are_charged_or_due(world: World) {
        let desk = Desk::open(&world).await;
        let id = desk.shipped().await;
        let raise = [Operation::Raise { order_line_id: desk.line(id).await, quantity: 2 }];
        let change = desk.prepare(id, &raise).await.unwrap();
        assert_eq!((change.difference, change.settlement), (2_000, OrderChangeSettlement::BalanceDue));
        let declined = desk.confirm(change.id, test_payment(TestOutcome::Decline)).await.unwrap_err();
        assert_eq!(declined.code(), ErrorCode::PaymentDeclined);
        assert_eq!((desk.committed().await, desk.seen(id).await.total), (3, 3_550));
        let done = desk.confirm(change.id, test_payment(TestOutcome::Approve)).await;
        // The key was not used up by what was rolled back.
        let done = done.unwrap();
        assert_eq!(done.change.settlement, OrderChangeSettlement::Charge);
        assert_eq!((done.order.total, done.order.payment_status), (5_550, OrderPaymentStatus::Paid));
        assert_eq!(desk.committed().await, 5);
        world.audit().await;

        let id = desk.shipped().await;
        let raise = [Operation::Raise { order_line_id: desk.line(id).await, quantity: 1 }];
        let change = desk.prepare(id, &raise).await.unwrap();
        let done = desk.confirm(change.id, Vec::new()).await.unwrap();
        assert_eq!(done.order.payment_status, OrderPaymentStatus::PartiallyPaid);
        let link = done.change.payment_link_id.unwrap();
        let link = payment_link::Entity::find_by_id(link).one(world.db()).await.unwrap().unwrap();
        assert_eq!((link.amount, link.order_id, link.used_at), (1_000, id, None));
        world.audit().await;
        let all = cancel_order(&desk.clerk, all_of(id)).await.unwrap();
        assert_eq!((all.order.status, refunded(&desk, id).await), (OrderStatus::Canceled, 3_550));
        world.audit().await;
    }

    /// Another price: the units go and come, and what is not paid any more goes back.
    async fn another_price(world: World) {
        let desk = Desk::open(&world).await;
        let id = desk.shipped().await;
        let price = [Operation::SetPrice { order_line_id: desk.line(id).await, unit_price: yen(900) }];
        let change = desk.prepare(id, &price).await.unwrap();
        let done = desk.confirm(change.id, Vec::new()).await.unwrap();
        assert_eq!(done.refund.unwrap().amount, 300);
        assert_eq!(desk.committed().await, 3);
        world.audit().await;
        // Each change stands on the one before.
        let line = desk.lines(id).await.pop().unwrap();
        let price = [Operation::SetPrice { order_line_id: line.id, unit_price: yen(333) }];
        let change = desk.prepare(id, &price).await.unwrap();
        let done = desk.confirm(change.id, Vec::new()).await.unwrap();
        assert_eq!((done.change.revision, done.refund.unwrap().amount), (3, 1_701));
        world.audit().await;
        let all = cancel_order(&desk.clerk, all_of(id)).await.unwrap();
        assert_eq!((all.order.status, refunded(&desk, id).await), (OrderStatus::Canceled, 3_550));
        world.audit().await;
    }

    /// What nobody has is refused as a whole.
    async fn what_nobody_has_is_refused(world: World) {
        let desk = Desk::open(&world).await;
        let id = desk.shipped().await;
        let line = desk.line(id).await;
        let change = desk.prepare(id, &[remove(line, 1), add(&desk.tea, 6)]).await.unwrap();
        let short = desk.confirm(change.id, Vec::new()).await.unwrap_err();
        assert_eq!(short.code(), ErrorCode::InsufficientStock);
        assert_eq!((desk.committed().await, desk.lines(id).await.len()), (3, 1));
        for (operations, code) in [
            (vec![], ErrorCode::Required),
            (vec![remove(line, 4)], ErrorCode::InvalidQuantity),
            (vec![remove(line, 1), remove(line, 1)], ErrorCode::Invalid),
            (vec![Operation::SetPrice { order_line_id: line, unit_price: yen(-1) }], ErrorCode::InvalidAmount),
        ] {
            assert_eq!(desk.prepare(id, &operations).await.unwrap_err().code(), code);
        }
        let unpaid = desk.confirm(change.id, test_payment(TestOutcome::Approve)).await.unwrap_err();
        assert_eq!(unpaid.code(), ErrorCode::InsufficientStock);
        assert_eq!(of_orders(world.db(), &[id]).await.unwrap().len(), 1);
        world.audit().await;
    }

    /// Another store takes a pickup over; one that has nothing is refused.
    async fn another_pickup_store(world: World) {
        let desk = Desk::open(&world).await;
        let near = world.store("NEAR").await;
        let row = entity::channel_location::Model { channel_id: desk.shop.online.id, location_id: near.id, priority: 3 };
        let row = sea_orm::IntoActiveModel::into_active_model(row);
        entity::channel_location::Entity::insert(row).exec_without_returning(world.db()).await.unwrap();
        let id = desk.order(&[(desk.shirt.id(), 2, DeliveryMethod::Pickup, Some(desk.shop.store.id))], 2_000).await;
        let elsewhere = [Operation::SetPickupStore { order_line_ids: Vec::new(), location_id: near.id }];
        let change = desk.prepare(id, &elsewhere).await.unwrap();
        assert_eq!((change.difference, change.settlement), (0, OrderChangeSettlement::None));
        assert_eq!(desk.confirm(change.id, Vec::new()).await.unwrap_err().code(), ErrorCode::InsufficientStock);
        world.stock(&near, desk.shirt.id(), 5).await;
        let done = desk.confirm(change.id, Vec::new()).await.unwrap();
        assert!(done.refund.is_none());
        assert_eq!(desk.shop.level(&near, desk.shirt.id()).await, (5, 2));
        assert_eq!(desk.shop.level(&desk.shop.store, desk.shirt.id()).await, (10, 0));
        assert_eq!(desk.lines(id).await[0].pickup_location_id, Some(near.id));
        let mut pickups: Vec<_> = pickup::Entity::find().all(world.db()).await.unwrap();
        pickups.sort_by_key(|pickup| pickup.id);
        assert_eq!(
            pickups.iter().map(|pickup| (pickup.location_id, pickup.status)).collect::<Vec<_>>(),
            [(desk.shop.store.id, PickupStatus::Canceled), (near.id, PickupStatus::Assigned)],
        );
        world.audit().await;
    }

    /// Customers cancel what nobody works on, by the order's secret; what a store lays ready is the store's to cancel.
    async fn customers_cancel_what_is_untouched(world: World) {
        let desk = Desk::open(&world).await;
        let guest = |id| world.ctx().with_actor(Actor::Guest { cart_id: None, order_id: Some(id) });
        let id = desk.shipped().await;
        let other = desk.shipped().await;
        assert_eq!(cancel_mine(&guest(other), all_of(id)).await.unwrap_err().code(), ErrorCode::NotFound);
        let one = CancelOrder { lines: vec![(desk.line(id).await, 1)], idempotency_key: "one".to_owned(), ..all_of(id) };
        let done = cancel_mine(&guest(id), one.clone()).await.unwrap();
        assert_eq!((done.order.status, done.refund.unwrap().amount), (OrderStatus::Open, 1_000));
        assert!(cancel_mine(&guest(id), one).await.unwrap().replayed);
        let done = cancel_mine(&guest(id), all_of(id)).await.unwrap();
        assert_eq!((done.order.status, refunded(&desk, id).await), (OrderStatus::Canceled, 3_550));

        let id = desk.order(&[(desk.shirt.id(), 2, DeliveryMethod::Pickup, Some(desk.shop.store.id))], 2_000).await;
        let pickup = domain::pickup::query::of_orders(world.db(), &[id]).await.unwrap().remove(0);
        domain::pickup::prepare::start(&desk.clerk, pickup.id, None).await.unwrap();
        assert_eq!(cancel_mine(&guest(id), all_of(id)).await.unwrap_err().code(), ErrorCode::InvalidTransition);
        assert_eq!(cancel_order(&desk.clerk, all_of(id)).await.unwrap().order.status, OrderStatus::Canceled);
        world.audit().await;
    }

    /// Address and contact change nothing else; the country was agreed.
    async fn address_and_contact(world: World) {
        let desk = Desk::open(&world).await;
        let id = desk.shipped().await;
        let mut address = japanese_address();
        address.line2 = "Room 5".to_owned();
        let contact = NewContact { email: Some("Taro@Example.jp ".to_owned()), phone: None, name: None };
        let operations = [Operation::SetShippingAddress { address: address.clone() }, Operation::SetContact { contact }];
        let change = desk.prepare(id, &operations).await.unwrap();
        let done = desk.confirm(change.id, Vec::new()).await.unwrap();
        assert_eq!(done.order.email.as_deref(), Some("taro@example.jp"));
        assert_eq!(done.order.shipping_address.unwrap().line2, address.line2);
        assert_eq!((done.order.total, desk.committed().await), (3_550, 3));
        let nobody = NewContact { email: Some(String::new()), phone: Some(String::new()), name: None };
        let refused = desk.prepare(id, &[Operation::SetContact { contact: nobody }]).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::ContactRequired);
        world.audit().await;
    }
}
