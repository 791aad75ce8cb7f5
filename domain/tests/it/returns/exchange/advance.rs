//! New goods first, against their full value.

use chrono::TimeDelta;
use domain::ErrorCode;
use domain::order::capture_payment::{CapturePayment, capture_payment};
use domain::returns::access::visit_token;
use domain::returns::decide;
use domain::returns::exchange::attend::attend_due;
use domain::returns::exchange::create::{CreateExchange, create};
use domain::returns::slip;
use domain::{Permission, payment as payments};
use entity::words::*;
use support::{World, both_databases};

use super::{Floor, floor, pay, work};

const ADVANCE: ExchangeMode = ExchangeMode::Advance;

fn wish(floor: &Floor, gateway: Gateway) -> CreateExchange {
    CreateExchange { payments: vec![pay(gateway)], ..floor.wish(ADVANCE, &[(floor.coat.id(), 1)]) }
}

/// What was taken and given up of the guarantee.
async fn secured(floor: &Floor, done: &domain::returns::exchange::Exchanged) -> (i64, i64, i64) {
    let id = floor.row(done).await.guarantee_payment_id.unwrap();
    let sums = payments::sums::Sums::of(&payments::query::events(floor.world().db(), &[id]).await.unwrap());
    (sums.authorized, sums.captured, sums.voided)
}

both_databases! {
    /// The full value is reserved; when the old goods come they pay, the rest is taken, and what is not needed is released.
    async fn what_was_reserved_is_released(world: World) {
        let floor = floor(&world, 1).await;
        let refused = create(&floor.bought.guest, wish(&floor, Gateway::Test)).await.unwrap_err();
        assert_eq!((refused.code(), refused.path()), (ErrorCode::Invalid, "input.mode"));
        let done = create(&floor.clerk, wish(&floor, Gateway::Test)).await.unwrap();
        assert_eq!(done.row.status, ExchangeStatus::Placed);
        assert_eq!(floor.order(done.row.order_id).await.payment_status, OrderPaymentStatus::Authorized);
        assert_eq!(secured(&floor, &done).await, (1_500, 0, 0));
        assert_eq!(floor.bought.shop.work(done.row.order_id.unwrap()).await[0].1, "OPEN", "they go out at once");
        let kept = decide::cancel(&floor.bought.guest, done.back.id, None, None).await.unwrap_err();
        assert_eq!(kept.code(), ErrorCode::InvalidTransition, "the new goods are on their way");
        let token = visit_token(&world.ctx(), done.back.id);
        let shown = slip::read(&world.guest(), done.back.id, Some(&token)).await.unwrap().unwrap();
        assert!(shown.is_awaited && !shown.can_cancel, "nor does its slip offer it: {shown:?}");
        floor.come(done.back.id, Disposition::Restock).await;
        work(&world).await;
        assert_eq!(secured(&floor, &done).await, (1_500, 500, 1_000));
        let row = floor.row(&done).await;
        assert_eq!((row.status, row.credit), (ExchangeStatus::Completed, 1_000));
        assert_eq!(floor.order(row.order_id).await.payment_status, OrderPaymentStatus::Paid);
        world.advance(TimeDelta::days(30));
        attend_due(&world.ctx()).await.unwrap();
        assert_eq!(floor.row(&done).await.status, ExchangeStatus::Completed);
    }

    /// Nothing comes in time: what was reserved is taken. What comes after all gives money like any return.
    async fn what_was_reserved_is_taken_after_the_deadline(world: World) {
        let floor = floor(&world, 1).await;
        let due_at = Some(world.now() + TimeDelta::days(5));
        let late = CreateExchange { due_at: Some(world.now() - TimeDelta::days(1)), ..wish(&floor, Gateway::Test) };
        assert_eq!(create(&floor.clerk, late).await.unwrap_err().code(), ErrorCode::InvalidDate);
        let done = create(&floor.clerk, CreateExchange { due_at, ..wish(&floor, Gateway::Test) }).await.unwrap();
        attend_due(&world.ctx()).await.unwrap();
        assert_eq!(floor.row(&done).await.status, ExchangeStatus::Placed);
        world.advance(TimeDelta::days(5));
        attend_due(&world.ctx()).await.unwrap();
        attend_due(&world.ctx()).await.unwrap();
        let row = floor.row(&done).await;
        assert_eq!((row.status, row.credit), (ExchangeStatus::Defaulted, 0));
        assert_eq!(secured(&floor, &done).await, (1_500, 1_500, 0));
        assert_eq!(floor.order(row.order_id).await.payment_status, OrderPaymentStatus::Paid);
        assert_eq!(floor.bought.refunded().await, Vec::<i64>::new());
        floor.come(done.back.id, Disposition::Restock).await;
        work(&world).await;
        let gone = floor.gone(floor.bought.order).await;
        assert_eq!(gone, [(Gateway::Test, RefundDestination::Original, PaymentOutcome::Success, 1_000)]);
    }

    /// Nothing in the parcel is nothing that came.
    async fn an_empty_parcel_is_a_default(world: World) {
        let floor = floor(&world, 1).await;
        let done = create(&floor.clerk, wish(&floor, Gateway::Test)).await.unwrap();
        floor.come(done.back.id, Disposition::Missing).await;
        work(&world).await;
        assert_eq!(floor.row(&done).await.status, ExchangeStatus::Defaulted);
        assert_eq!(secured(&floor, &done).await, (1_500, 1_500, 0));
    }

    /// Paid in full beforehand: the goods wait for the money, and what the old goods give goes back.
    async fn what_was_paid_goes_back(world: World) {
        let floor = floor(&world, 1).await;
        let mut input = wish(&floor, Gateway::Manual);
        input.payments[0].method = Some(ManualMethod::BankTransfer);
        let done = create(&floor.clerk, input).await.unwrap();
        let order = done.row.order_id;
        assert_eq!(floor.bought.shop.work(order.unwrap()).await[0].1, "ON_HOLD");
        let payment = payments::query::of_orders(world.db(), &[order.unwrap()]).await.unwrap().remove(0);
        let cashier = world.staff(&[Permission::PaymentsCapture]).await;
        let money = CapturePayment { payment_id: payment.id, amount: None, idempotency_key: "money".to_owned() };
        capture_payment(&cashier, money).await.unwrap();
        work(&world).await;
        assert_eq!(floor.bought.shop.work(order.unwrap()).await[0].1, "OPEN");
        floor.come(done.back.id, Disposition::Restock).await;
        work(&world).await;
        let row = floor.row(&done).await;
        assert_eq!((row.status, row.credit), (ExchangeStatus::Completed, 1_000));
        let gone = floor.gone(order.unwrap()).await;
        assert_eq!(gone, [(Gateway::Manual, RefundDestination::Original, PaymentOutcome::Pending, 1_000)]);
    }

    /// The goods leave before the old ones come: what is reserved for them stays reserved.
    async fn dispatch_does_not_take_the_guarantee(world: World) {
        use domain::fulfillment::desk::WorkRef;
        use domain::shipping::parcel::Label;
        use domain::shipping::ship::{Ship, ship};
        let floor = floor(&world, 1).await;
        let done = create(&floor.clerk, wish(&floor, Gateway::Test)).await.unwrap();
        let packer = world.staff(&[Permission::FulfillmentWork]).await;
        let order = done.row.order_id.unwrap();
        let parcel = domain::fulfillment::query::of_orders(world.db(), &[order]).await.unwrap().remove(0);
        let input = Ship {
            work: WorkRef { id: parcel.id, expected_version: None },
            label: Label { carrier: Some(Carrier::Yamato), ..Label::default() },
            tracking_number: None,
            units: Vec::new(),
            idempotency_key: "ship-new".to_owned(),
        };
        ship(&packer, input).await.unwrap();
        assert_eq!(secured(&floor, &done).await, (1_500, 0, 0));
        floor.come(done.back.id, Disposition::Restock).await;
        work(&world).await;
        assert_eq!(secured(&floor, &done).await, (1_500, 500, 1_000));
        assert_eq!(floor.order(Some(order)).await.status, OrderStatus::Closed);
    }
}
