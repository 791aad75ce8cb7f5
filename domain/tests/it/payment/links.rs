//! Links by which the rest of an order is paid.

use domain::fulfillment::pay_link::{OpenLink, PayLink, open_link, pay_link};
use domain::{Ctx, ErrorCode, Permission};
use entity::payment;
use entity::words::{Gateway, ManualMethod, OrderPaymentStatus, TestOutcome};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use support::{World, both_databases, race};

use super::bank::{Bank, work};
use super::{complete, manual, order_now};
use crate::fulfillment::shop::{Shop, yen};

/// An order that nobody has paid, and staff who may open links.
async fn unpaid(world: &World) -> (entity::order::Model, Ctx) {
    let shop = Shop::open(world).await;
    let shirt = world.product("shirt").price(&shop.online, 1_000).stock(&shop.warehouse, 1).create().await;
    let (cart, ctx) = shop.cart_of(shirt.id(), 1).await;
    let order = complete(&ctx, cart, 1_550, manual(ManualMethod::Other)).await.unwrap().order;
    (order, world.staff(&[Permission::PaymentsCapture, Permission::OrdersRead]).await)
}

fn link(order: &entity::order::Model, amount: i64) -> OpenLink {
    OpenLink { order_id: order.id, amount: yen(amount), notify: true, idempotency_key: format!("link-{amount}") }
}

fn pay(token: &str, gateway: Gateway) -> PayLink {
    PayLink { token: token.to_owned(), gateway, test_outcome: TestOutcome::Approve }
}

both_databases! {
    /// A link pays what is left, once, however many open it.
    async fn a_link_pays_once(world: World) {
        let (order, staff) = unpaid(&world).await;
        assert_eq!(open_link(&staff, link(&order, 1_551)).await.unwrap_err().code(), ErrorCode::InvalidAmount);
        let nobody = world.staff(&[Permission::OrdersRead]).await;
        assert_eq!(open_link(&nobody, link(&order, 1_550)).await.unwrap_err().code(), ErrorCode::Forbidden);
        let token = open_link(&staff, link(&order, 1_550)).await.unwrap().token;
        assert_eq!(open_link(&staff, link(&order, 1_550)).await.unwrap().token, token, "the same key, the same link");
        let paid = race(6, |_| {
            let (guest, token) = (world.guest(), token.clone());
            async move { pay_link(&guest, pay(&token, Gateway::Test)).await.map(|paid| paid.payment.id) }
        })
        .await;
        let first = *paid[0].as_ref().unwrap();
        assert!(paid.iter().all(|paid| paid.as_ref().is_ok_and(|id| *id == first)), "{paid:?}");
        assert_eq!(order_now(&world, order.id).await.payment_status, OrderPaymentStatus::Paid);
        let tests = payment::Entity::find().filter(payment::Column::Gateway.eq(Gateway::Test));
        assert_eq!(tests.count(world.db()).await.unwrap(), 1);
    }

    /// A wrong secret and a link whose time is over pay nothing.
    async fn a_link_ends(world: World) {
        let (order, staff) = unpaid(&world).await;
        let token = open_link(&staff, link(&order, 500)).await.unwrap().token;
        let refused = pay_link(&world.guest(), pay("nonsense", Gateway::Test)).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::InvalidCode);
        world.advance(chrono::TimeDelta::hours(73));
        let refused = pay_link(&world.guest(), pay(&token, Gateway::Test)).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::InvalidCode);
        assert_eq!(order_now(&world, order.id).await.payment_status, OrderPaymentStatus::Unpaid);
    }

    /// A card pays a link: what it reserves is taken at once.
    async fn a_card_pays_a_link(world: World) {
        let (order, staff) = unpaid(&world).await;
        let token = open_link(&staff, link(&order, 1_550)).await.unwrap().token;
        let bank = Bank::default();
        let guest = Ctx { services: bank.services(&world), ..world.guest() };
        let begun = pay_link(&guest, pay(&token, Gateway::Stripe)).await.unwrap();
        assert!(begun.client_secret.is_some());
        bank.agree();
        pay_link(&guest, pay(&token, Gateway::Stripe)).await.unwrap();
        work(&guest).await;
        assert_eq!(bank.only().captured, 1_550);
        assert_eq!(order_now(&world, order.id).await.payment_status, OrderPaymentStatus::Paid);
    }
}
