//! Channels that take the money as goods leave.

use domain::fulfillment::accept::accept;
use domain::order::capture_payment::{CapturePayment, capture_payment};
use domain::order::void_payment::{VoidPayment, void_payment};
use domain::pickup::cancel_order::{CancelOrder, cancel_order};
use domain::{ErrorCode, Permission};
use entity::channel;
use entity::words::{CaptureMode, OrderPaymentStatus};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use support::{World, both_databases, race};

use super::{facts, order_now, send, the_payment};
use crate::fulfillment::clerk::CLERK;
use crate::fulfillment::shop::{Shop, yen};

async fn open(world: &World) -> Shop {
    let shop = Shop::open(world).await;
    channel::Entity::update_many()
        .col_expr(channel::Column::CaptureMode, Expr::value(CaptureMode::AtDispatch))
        .filter(channel::Column::Id.eq(shop.online.id))
        .exec(world.db())
        .await
        .unwrap();
    shop
}

fn cancel(order_id: entity::id::OrderId, key: &str) -> CancelOrder {
    CancelOrder {
        order_id,
        lines: vec![],
        reason: entity::words::CancelReason::Customer,
        notify: false,
        note: None,
        expected_version: None,
        idempotency_key: key.to_owned(),
    }
}

both_databases! {
    /// Nothing is taken before something leaves; what leaves pays for itself and for the shipping.
    async fn goods_that_leave_are_paid(world: World) {
        let shop = open(&world).await;
        let shirt = world.product("shirt").price(&shop.online, 1_000).stock(&shop.warehouse, 2).stock(&shop.store, 1).create().await;
        let (order, work) = shop.ordered(&[(shirt.id(), 3, entity::words::DeliveryMethod::Ship, None)]).await;
        assert_eq!(order_now(&world, order).await.payment_status, OrderPaymentStatus::Authorized);
        assert_eq!(facts(&world).await, ["AUTHORIZE SUCCESS 3550"]);
        assert!(the_payment(&world).await.authorized_until.is_some());
        let clerk = world.staff(CLERK).await;
        let mut sent = 0;
        for (index, work) in work.iter().enumerate() {
            let lines = domain::fulfillment::query::lines(world.db(), &[work.id]).await.unwrap();
            sent += lines.iter().map(|line| line.quantity).sum::<i64>();
            send(&clerk, work.id, &format!("s{index}")).await;
            let taken: i64 = shop.payment_events().await.iter().filter(|it| it.kind.as_str() == "CAPTURE").map(|it| it.amount).sum();
            assert_eq!(taken, 550 + sent * 1_000);
        }
        assert_eq!(order_now(&world, order).await.payment_status, OrderPaymentStatus::Paid);
    }

    /// What is canceled is given up and never taken.
    async fn a_canceled_order_takes_nothing(world: World) {
        let shop = open(&world).await;
        let shirt = world.product("shirt").price(&shop.online, 1_000).stock(&shop.warehouse, 1).create().await;
        let (order, _) = shop.ordered_one(shirt.id(), 1).await;
        let clerk = world.staff(CLERK).await;
        cancel_order(&clerk, cancel(order, "c")).await.unwrap();
        assert_eq!(facts(&world).await, ["AUTHORIZE SUCCESS 1550", "VOID SUCCESS 1550"]);
    }

    /// Staff take and give up parts; never more than is reserved.
    async fn staff_take_and_give_up_parts(world: World) {
        let shop = open(&world).await;
        let shirt = world.product("shirt").price(&shop.online, 1_000).stock(&shop.warehouse, 1).create().await;
        shop.ordered_one(shirt.id(), 1).await;
        let id = the_payment(&world).await.id;
        let staff = world.staff(&[Permission::PaymentsCapture, Permission::OrdersRead]).await;
        let take = |amount, key: &str| CapturePayment { payment_id: id, amount: Some(yen(amount)), idempotency_key: key.to_owned() };
        let void = |amount: Option<i64>, key: &str| VoidPayment { payment_id: id, amount: amount.map(yen), idempotency_key: key.to_owned() };
        capture_payment(&staff, take(1_000, "a")).await.unwrap();
        assert_eq!(void_payment(&staff, void(Some(551), "b")).await.unwrap_err().code(), ErrorCode::InvalidAmount);
        void_payment(&staff, void(Some(50), "b")).await.unwrap();
        assert!(void_payment(&staff, void(Some(50), "b")).await.unwrap().1, "once");
        assert_eq!(capture_payment(&staff, take(501, "c")).await.unwrap_err().code(), ErrorCode::InvalidAmount);
        void_payment(&staff, void(None, "d")).await.unwrap();
        assert_eq!(void_payment(&staff, void(None, "e")).await.unwrap_err().code(), ErrorCode::InvalidAmount);
        let nobody = world.staff(&[Permission::OrdersRead]).await;
        assert_eq!(void_payment(&nobody, void(None, "f")).await.unwrap_err().code(), ErrorCode::Forbidden);
        assert_eq!(facts(&world).await, ["AUTHORIZE SUCCESS 1550", "CAPTURE SUCCESS 1000", "VOID SUCCESS 50", "VOID SUCCESS 500"]);
    }

    /// Reserved money does not wait for ever: a warning, then the order is not covered any more.
    async fn a_reservation_ends(world: World) {
        let shop = open(&world).await;
        let shirt = world.product("shirt").price(&shop.online, 1_000).stock(&shop.warehouse, 1).create().await;
        let (order, _) = shop.ordered_one(shirt.id(), 1).await;
        let attend = || async { domain::order::authorization::attend_due(&world.ctx()).await.unwrap() };
        assert_eq!(attend().await, 0);
        world.advance(chrono::TimeDelta::hours(6 * 24 + 1));
        assert_eq!((attend().await, attend().await), (1, 0), "one warning");
        world.advance(chrono::TimeDelta::hours(24));
        assert_eq!((attend().await, attend().await), (1, 0));
        assert_eq!(order_now(&world, order).await.payment_status, OrderPaymentStatus::Voided);
        assert_eq!(facts(&world).await, ["AUTHORIZE SUCCESS 1550", "VOID SUCCESS 1550"]);
    }

    /// Taking, giving up and canceling at once: what is taken and given up never exceeds what was reserved.
    async fn taking_and_giving_up_at_once(world: World) {
        let shop = open(&world).await;
        let shirt = world.product("shirt").price(&shop.online, 1_000).stock(&shop.warehouse, 1).create().await;
        let (order, work) = shop.ordered_one(shirt.id(), 1).await;
        let id = the_payment(&world).await.id;
        let staff = world.staff(&[Permission::PaymentsCapture, Permission::OrdersRead, Permission::OrdersCancel, Permission::FulfillmentWork]).await;
        race(9, |number| {
            let staff = staff.clone();
            async move {
                let key = format!("k{number}");
                match number % 4 {
                    0 => capture_payment(&staff, CapturePayment { payment_id: id, amount: None, idempotency_key: key }).await.map(|_| ()),
                    1 => void_payment(&staff, VoidPayment { payment_id: id, amount: None, idempotency_key: key }).await.map(|_| ()),
                    2 => cancel_order(&staff, cancel(order, &key)).await.map(|_| ()),
                    _ => accept(&staff, &[crate::fulfillment::clerk::work_ref(work)]).await.map(|_| ()),
                }
            }
        })
        .await;
        let sum = |kind: &str, events: &[entity::payment_event::Model]| {
            events.iter().filter(|it| it.kind.as_str() == kind && it.outcome.as_str() == "SUCCESS").map(|it| it.amount).sum::<i64>()
        };
        let events = shop.payment_events().await;
        assert_eq!(sum("CAPTURE", &events) + sum("VOID", &events), 1_550, "{events:?}");
        assert_eq!(order_now(&world, order).await.status.as_str(), "CANCELED");
    }
}
