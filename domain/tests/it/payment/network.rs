//! Gateways over the network: started, agreed to, looked at, taken; answers that get lost, and races.

use std::sync::Arc;

use domain::fulfillment::network_payment::give_up_left;
use domain::fulfillment::start_payment::{StartPayment, start_payment};
use domain::order::capture_payment::{CapturePayment, capture_payment};
use domain::pickup::cancel_order::{CancelOrder, cancel_order};
use domain::{Ctx, Error, ErrorCode, Permission};
use entity::id::CartId;
use entity::words::{Gateway, OrderPaymentStatus, PaymentOutcome, TestOutcome};
use entity::{channel, payment};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use support::{World, both_databases, race};

use super::bank::{Bank, work};
use super::{complete, facts, order_now, the_payment};
use crate::fulfillment::shop::{Shop, yen};

pub(super) fn start(cart_id: CartId) -> StartPayment {
    StartPayment {
        cart_id,
        expected_total: yen(1_550),
        gateway: Gateway::Stripe,
        test_outcome: TestOutcome::Approve,
        idempotency_key: "start".to_owned(),
    }
}

/// A shop, a cart of one shirt, its buyer and the bank.
pub(super) async fn at_the_bank(world: &World) -> (Shop, CartId, Ctx, Bank) {
    let shop = Shop::open(world).await;
    let shirt = world.product("shirt").price(&shop.online, 1_000).stock(&shop.warehouse, 2).create().await;
    let (cart, ctx) = shop.cart_of(shirt.id(), 1).await;
    let bank = Bank::default();
    let services = bank.services(world);
    (shop, cart, Ctx { services, ..ctx }, bank)
}

/// A paid order.
pub(super) async fn paid(world: &World) -> (entity::order::Model, Ctx, Bank) {
    let (_, cart, ctx, bank) = at_the_bank(world).await;
    start_payment(&ctx, start(cart)).await.unwrap();
    bank.agree();
    let order = complete(&ctx, cart, 1_550, vec![]).await.unwrap().order;
    work(&ctx).await;
    (order, ctx, bank)
}

fn as_staff(ctx: &Ctx, staff: &Ctx) -> Ctx {
    Ctx { services: Arc::clone(&ctx.services), ..staff.clone() }
}

both_databases! {
    /// The buyer agrees in the browser; the order takes the money by a job.
    async fn a_card_pays_an_order(world: World) {
        let (_, cart, ctx, bank) = at_the_bank(&world).await;
        let started = start_payment(&ctx, start(cart)).await.unwrap();
        assert_eq!(started.client_secret.as_deref(), Some("pi_1_secret"));
        let again = start_payment(&ctx, start(cart)).await.unwrap();
        assert_eq!((again.replayed, again.client_secret.as_deref()), (true, Some("pi_1_secret")));
        let early = complete(&ctx, cart, 1_550, vec![]).await.unwrap_err();
        assert_eq!(early.code(), ErrorCode::PaymentMismatch, "nobody agreed yet");
        bank.agree();
        let order = complete(&ctx, cart, 1_550, vec![]).await.unwrap().order;
        assert_eq!(order.payment_status, OrderPaymentStatus::Authorized);
        work(&ctx).await;
        assert_eq!(order_now(&world, order.id).await.payment_status, OrderPaymentStatus::Paid);
        assert_eq!((bank.only().captured, bank.only().capturable), (1_550, 0));
        assert_eq!(facts(&world).await, ["AUTHORIZE PENDING 1550", "AUTHORIZE SUCCESS 1550", "CAPTURE PENDING 1550", "CAPTURE SUCCESS 1550"]);
    }

    /// An answer that gets lost charges nobody twice: not at the start, not at the capture.
    async fn lost_answers_charge_once(world: World) {
        let (_, cart, ctx, bank) = at_the_bank(&world).await;
        bank.0.lock().unwrap().lost = 1;
        assert_eq!(start_payment(&ctx, start(cart)).await.unwrap_err().code(), ErrorCode::PaymentUnavailable);
        start_payment(&ctx, start(cart)).await.unwrap();
        assert_eq!(payment::Entity::find().count(world.db()).await.unwrap(), 1);
        bank.agree();
        let order = complete(&ctx, cart, 1_550, vec![]).await.unwrap().order;
        bank.0.lock().unwrap().lost = 1;
        work(&ctx).await;
        assert_eq!(order_now(&world, order.id).await.payment_status, OrderPaymentStatus::Authorized);
        world.advance(chrono::TimeDelta::minutes(5));
        work(&ctx).await;
        assert_eq!(order_now(&world, order.id).await.payment_status, OrderPaymentStatus::Paid);
        assert_eq!((bank.only().captured, bank.0.lock().unwrap().captures), (1_550, 1));
    }

    /// An order that is not placed gives the money up; so does a cart that is left.
    async fn money_of_no_order_is_given_up(world: World) {
        let (shop, cart, ctx, bank) = at_the_bank(&world).await;
        start_payment(&ctx, start(cart)).await.unwrap();
        bank.agree();
        entity::price::Entity::update_many()
            .col_expr(entity::price::Column::Amount, Expr::value(1_100_i64))
            .filter(entity::price::Column::ChannelId.eq(shop.online.id))
            .exec(world.db())
            .await
            .unwrap();
        assert!(matches!(complete(&ctx, cart, 1_550, vec![]).await, Err(Error::PriceChanged { .. })));
        work(&ctx).await;
        assert_eq!(bank.only().status, domain::kernel::network_gateway::IntentStatus::Canceled);
        assert_eq!(facts(&world).await.last().unwrap(), "VOID SUCCESS 1550");
        world.advance(chrono::TimeDelta::hours(3));
        assert_eq!((give_up_left(&ctx).await.unwrap(), give_up_left(&ctx).await.unwrap()), (1, 0));
    }

    /// A channel that takes money as goods leave asks for it then.
    async fn a_card_is_taken_at_dispatch(world: World) {
        let (shop, cart, ctx, bank) = at_the_bank(&world).await;
        channel::Entity::update_many()
            .col_expr(channel::Column::CaptureMode, Expr::value(entity::words::CaptureMode::AtDispatch))
            .filter(channel::Column::Id.eq(shop.online.id))
            .exec(world.db())
            .await
            .unwrap();
        start_payment(&ctx, start(cart)).await.unwrap();
        bank.agree();
        let order = complete(&ctx, cart, 1_550, vec![]).await.unwrap().order;
        work(&ctx).await;
        assert_eq!(bank.only().captured, 0);
        let task = crate::fulfillment::clerk::work_of(&world, order.id).await[0].id;
        super::send(&world.staff(crate::fulfillment::clerk::CLERK).await, task, "s").await;
        work(&ctx).await;
        assert_eq!(bank.only().captured, 1_550);
        assert_eq!(order_now(&world, order.id).await.payment_status, OrderPaymentStatus::Paid);
    }

    /// A refund that fails stays open to another try, and goes back once.
    async fn a_refund_fails_then_goes(world: World) {
        let (order, ctx, bank) = paid(&world).await;
        bank.0.lock().unwrap().refund_outcomes.push_back(PaymentOutcome::Failure);
        let staff = world.staff(&[Permission::OrdersCancel, Permission::OrdersRead]).await;
        let input = CancelOrder { order_id: order.id, lines: vec![], reason: entity::words::CancelReason::Customer, notify: false, note: None, expected_version: None, idempotency_key: "c".to_owned() };
        cancel_order(&as_staff(&ctx, &staff), input).await.unwrap();
        work(&ctx).await;
        assert_eq!(facts(&world).await[4..], ["REFUND PENDING 1550", "REFUND FAILURE 1550"]);
        assert!(bank.0.lock().unwrap().refunds.is_empty());
    }

    /// A refund by card goes back by a job, once.
    async fn a_refund_goes_back(world: World) {
        let (order, ctx, bank) = paid(&world).await;
        let staff = as_staff(&ctx, &world.staff(&[Permission::OrdersCancel, Permission::OrdersRead]).await);
        let input = CancelOrder { order_id: order.id, lines: vec![], reason: entity::words::CancelReason::Customer, notify: false, note: None, expected_version: None, idempotency_key: "c".to_owned() };
        cancel_order(&staff, input).await.unwrap();
        work(&ctx).await;
        work(&ctx).await;
        assert_eq!(facts(&world).await[4..], ["REFUND PENDING 1550", "REFUND SUCCESS 1550"]);
        assert_eq!(bank.0.lock().unwrap().refunds.len(), 1);
        assert_eq!(order_now(&world, order.id).await.payment_status, OrderPaymentStatus::Refunded);
    }

    /// Placed, captured by staff and canceled at once: the bank is never asked for more than it reserved, and what was
    /// taken or given up is what our books say.
    async fn capture_and_cancel_at_once(world: World) {
        let (_, cart, ctx, bank) = at_the_bank(&world).await;
        start_payment(&ctx, start(cart)).await.unwrap();
        bank.agree();
        let order = complete(&ctx, cart, 1_550, vec![]).await.unwrap().order.id;
        let id = the_payment(&world).await.id;
        let staff = as_staff(&ctx, &world.staff(&[Permission::PaymentsCapture, Permission::OrdersRead, Permission::OrdersCancel]).await);
        race(6, |number| {
            let (staff, ctx) = (staff.clone(), ctx.clone());
            async move {
                let idempotency_key = format!("k{number}");
                match number % 3 {
                    0 => drop(capture_payment(&staff, CapturePayment { payment_id: id, amount: None, idempotency_key }).await),
                    1 => drop(cancel_order(&staff, CancelOrder { order_id: order, lines: vec![], reason: entity::words::CancelReason::Customer, notify: false, note: None, expected_version: None, idempotency_key }).await),
                    _ => work(&ctx).await,
                }
            }
        })
        .await;
        // What failed in the crowd is tried again.
        world.advance(chrono::TimeDelta::hours(1));
        work(&ctx).await;
        let events = domain::payment::query::events(world.db(), &[id]).await.unwrap();
        let sums = domain::payment::sums::Sums::of(&events);
        assert_eq!((sums.captured, sums.captured + sums.voided), (bank.only().captured, 1_550), "{events:?}");
    }
}
