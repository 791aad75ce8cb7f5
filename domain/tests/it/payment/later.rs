//! Orders that are paid after they were placed.

use domain::fulfillment::accept::accept;
use domain::fulfillment::look_link::still_owed;
use domain::order::capture_payment::{CapturePayment, capture_overpayment, capture_payment};
use domain::shipping::tracking::{Fact, add};
use domain::{Ctx, ErrorCode, Permission};
use entity::words::{ManualMethod, OrderPaymentStatus, OrderStatus, TrackingStatus};
use sea_orm::EntityTrait;
use support::{World, both_databases};

use super::bank::work;
use super::{complete, facts, manual, order_now, send, the_payment};
use crate::fulfillment::clerk::{CLERK, status, work_of, work_ref};
use crate::fulfillment::shop::{Shop, yen};

async fn ordered(world: &World, shop: &Shop, method: ManualMethod) -> entity::order::Model {
    let shirt = world.product("shirt").price(&shop.online, 1_000).stock(&shop.warehouse, 1).create().await;
    let (cart, ctx) = shop.cart_of(shirt.id(), 1).await;
    complete(&ctx, cart, 1_550, manual(method)).await.unwrap().order
}

async fn cashier(world: &World) -> Ctx {
    world.staff(&[Permission::PaymentsCapture, Permission::OrdersRead]).await
}

both_databases! {
    /// Goods wait for the money, then go on by themselves.
    async fn goods_wait_for_the_money(world: World) {
        let shop = Shop::open(&world).await;
        let order = ordered(&world, &shop, ManualMethod::BankTransfer).await;
        let task = work_of(&world, order.id).await[0].id;
        assert_eq!(status(&world, task).await, "ON_HOLD");
        let clerk = world.staff(CLERK).await;
        assert_eq!(accept(&clerk, &[work_ref(task)]).await.unwrap_err().code(), ErrorCode::InvalidTransition);
        let payment = the_payment(&world).await;
        assert_eq!(payment.due_at, Some(world.now() + chrono::TimeDelta::hours(72)));
        let came = |amount, key: &str| CapturePayment { payment_id: payment.id, amount, idempotency_key: key.to_owned() };
        let cashier = cashier(&world).await;
        capture_payment(&cashier, came(Some(yen(1_000)), "a")).await.unwrap();
        work(&world.ctx()).await;
        assert_eq!(status(&world, task).await, "ON_HOLD", "a part is not enough");
        capture_payment(&cashier, came(None, "b")).await.unwrap();
        work(&world.ctx()).await;
        assert_eq!(status(&world, task).await, "OPEN");
        assert!(accept(&clerk, &[work_ref(task)]).await.is_ok());
    }

    /// Until when the rest is to be paid is said by what is not paid yet.
    async fn a_paid_part_names_no_day(world: World) {
        let shop = Shop::open(&world).await;
        let order = ordered(&world, &shop, ManualMethod::BankTransfer).await;
        let payment = the_payment(&world).await;
        let some = CapturePayment { payment_id: payment.id, amount: Some(yen(1_000)), idempotency_key: "a".to_owned() };
        capture_payment(&cashier(&world).await, some).await.unwrap();
        let order = order_now(&world, order.id).await;
        let owed = still_owed(&world.ctx(), &order, std::slice::from_ref(&payment)).await.unwrap().unwrap();
        assert_eq!((owed.amount, owed.until), (550, payment.due_at));
        let paid = entity::payment::Model { amount: 1_000, ..payment };
        let owed = still_owed(&world.ctx(), &order, &[paid]).await.unwrap().unwrap();
        assert_eq!((owed.amount, owed.until), (550, None));
    }

    /// A reminder, then the end: stock is free again, and what came in part goes back.
    async fn an_order_that_nobody_pays_ends(world: World) {
        let shop = Shop::open(&world).await;
        let order = ordered(&world, &shop, ManualMethod::ConvenienceStore).await;
        let payment_id = the_payment(&world).await.id;
        let some = CapturePayment { payment_id, amount: Some(yen(500)), idempotency_key: "a".to_owned() };
        capture_payment(&cashier(&world).await, some).await.unwrap();
        let attend = || async { domain::pickup::unpaid::attend_due(&world.ctx()).await.unwrap() };
        assert_eq!(attend().await, 0);
        world.advance(chrono::TimeDelta::hours(49));
        assert_eq!((attend().await, attend().await), (1, 0), "one reminder");
        assert_eq!(order_now(&world, order.id).await.status, OrderStatus::Open);
        world.advance(chrono::TimeDelta::hours(24));
        assert_eq!((attend().await, attend().await), (1, 0));
        assert_eq!(order_now(&world, order.id).await.status, OrderStatus::Canceled);
        let levels = entity::stock_level::Entity::find().all(world.db()).await.unwrap();
        assert_eq!(levels.iter().map(|level| level.committed).sum::<i64>(), 0, "stock is free again");
        assert!(facts(&world).await.contains(&"REFUND PENDING 500".to_owned()), "{:?}", facts(&world).await);
    }

    /// A transfer of too much is recorded when staff say that it is so.
    async fn too_much_is_recorded_as_such(world: World) {
        let shop = Shop::open(&world).await;
        let order = ordered(&world, &shop, ManualMethod::BankTransfer).await;
        let payment_id = the_payment(&world).await.id;
        let cashier = cashier(&world).await;
        let much = |key: &str| CapturePayment { payment_id, amount: Some(yen(1_600)), idempotency_key: key.to_owned() };
        assert_eq!(capture_payment(&cashier, much("a")).await.unwrap_err().code(), ErrorCode::InvalidAmount);
        let (paid, _) = capture_overpayment(&cashier, much("b")).await.unwrap();
        assert_eq!((paid.id, paid.payment_status), (order.id, OrderPaymentStatus::Overpaid));
        work(&world.ctx()).await;
        assert_eq!(status(&world, work_of(&world, order.id).await[0].id).await, "OPEN");
    }

    /// Cash on delivery holds nothing up, and is there when the carrier delivered.
    async fn the_carrier_takes_the_money(world: World) {
        let shop = Shop::open(&world).await;
        let order = ordered(&world, &shop, ManualMethod::CashOnDelivery).await;
        assert_eq!(the_payment(&world).await.due_at, None);
        let task = work_of(&world, order.id).await[0].id;
        let clerk = world.staff(CLERK).await;
        let parcel = send(&clerk, task, "s").await;
        work(&world.ctx()).await;
        assert_eq!(order_now(&world, order.id).await.payment_status, OrderPaymentStatus::Unpaid);
        let fact = Fact {
            status: TrackingStatus::Delivered,
            description: String::new(),
            place: None,
            occurred_at: world.now(),
            external_id: None,
        };
        add(&clerk, parcel.id, fact).await.unwrap();
        work(&world.ctx()).await;
        assert_eq!(facts(&world).await, ["CAPTURE PENDING 1550", "CAPTURE SUCCESS 1550"]);
        assert_eq!(order_now(&world, order.id).await.status, OrderStatus::Closed);
    }

    /// A method belongs to what staff confirm.
    async fn a_card_has_no_such_method(world: World) {
        let shop = Shop::open(&world).await;
        let shirt = world.product("shirt").price(&shop.online, 1_000).stock(&shop.warehouse, 1).create().await;
        let (cart, ctx) = shop.cart_of(shirt.id(), 1).await;
        let mut tenders = manual(ManualMethod::BankTransfer);
        tenders[0].gateway = entity::words::Gateway::Test;
        assert_eq!(complete(&ctx, cart, 1_550, tenders).await.unwrap_err().code(), ErrorCode::Invalid);
    }
}
