//! Kept in a store without payment.

use chrono::TimeDelta;
use domain::payment::tender::TenderInput;
use domain::pickup::reservation::{Create, ReserveLine, attend_due, cancel, code, create};
use domain::register::sell::{SaleLine, Sell, sell};
use domain::{ErrorCode, Permission};
use entity::words::{Gateway, StoreReservationStatus, TestOutcome};
use entity::{stock_level, store_reservation};
use sea_orm::EntityTrait;
use support::{World, both_databases};

use super::counter::Counter;

pub(super) fn wish(counter: &Counter, quantity: i64, key: &str) -> Create {
    Create {
        location_id: counter.shop.store.id,
        channel_id: counter.shop.online.id,
        lines: vec![ReserveLine { variant_id: counter.shirt.id(), quantity }],
        name: "山田".to_owned(),
        email: Some("Hanako@example.jp".to_owned()),
        phone: None,
        locale: Some("ja".to_owned()),
        note: String::new(),
        idempotency_key: key.to_owned(),
    }
}

async fn aside(counter: &Counter) -> i64 {
    let key = (counter.shop.store.id, counter.shirt.id());
    stock_level::Entity::find_by_id(key).one(counter.shop.world.db()).await.unwrap().unwrap().reserved
}

both_databases! {
    /// Put aside for two days, given up by staff, over by itself; the same key reserves once.
    async fn goods_are_kept_and_freed(world: World) {
        let counter = Counter::open(&world).await;
        let guest = world.guest();
        let kept = create(&guest, wish(&counter, 2, "a")).await.unwrap();
        assert_eq!(create(&guest, wish(&counter, 2, "a")).await.unwrap().id, kept.id);
        assert_eq!(kept.expires_at.to_rfc3339(), "2026-11-23T11:00:00+00:00");
        assert_eq!((aside(&counter).await, code(&world.services().secrets, &kept).unwrap().len()), (2, 8));
        let clerk = world.staff_at(counter.shop.store.id, &[Permission::StockHold]).await;
        let stranger = world.staff_at(counter.shop.warehouse.id, &[Permission::StockHold]).await;
        assert_eq!(cancel(&stranger, kept.id).await.unwrap_err().code(), ErrorCode::NotFound);
        assert_eq!(cancel(&guest, kept.id).await.unwrap_err().code(), ErrorCode::NotFound);
        assert_eq!(cancel(&clerk, kept.id).await.unwrap().status, StoreReservationStatus::Canceled);
        assert_eq!(cancel(&clerk, kept.id).await.unwrap_err().code(), ErrorCode::InvalidTransition);
        assert_eq!(aside(&counter).await, 0);
        let other = create(&guest, wish(&counter, 1, "b")).await.unwrap();
        world.advance(TimeDelta::days(3));
        attend_due(&world.ctx()).await.unwrap();
        let over = store_reservation::Entity::find_by_id(other.id).one(world.db()).await.unwrap().unwrap();
        assert_eq!((over.status, aside(&counter).await), (StoreReservationStatus::Expired, 0));
    }

    /// Not too many units, not too many reservations, nothing that is not there, and somebody to write to.
    async fn there_are_limits(world: World) {
        let counter = Counter::open(&world).await;
        let guest = world.guest();
        let refused = async |input: Create| create(&guest, input).await.unwrap_err().code();
        for quantity in [0, -1, 11, i64::MAX] {
            assert_eq!(refused(wish(&counter, quantity, "x")).await, ErrorCode::InvalidQuantity, "{quantity}");
        }
        assert_eq!(refused(Create { email: None, ..wish(&counter, 1, "x") }).await, ErrorCode::ContactRequired);
        assert_eq!(refused(Create { lines: Vec::new(), ..wish(&counter, 1, "x") }).await, ErrorCode::Required);
        assert_eq!(refused(Create { location_id: counter.shop.warehouse.id, ..wish(&counter, 1, "x") }).await, ErrorCode::PickupUnavailable);
        for key in ["1", "2", "3"] {
            create(&guest, wish(&counter, 3, key)).await.unwrap();
        }
        assert_eq!(refused(wish(&counter, 1, "4")).await, ErrorCode::TooMany);
        let other = Create { email: Some("jun@example.jp".to_owned()), ..wish(&counter, 2, "5") };
        assert_eq!(refused(other).await, ErrorCode::InsufficientStock);
        assert_eq!(aside(&counter).await, 9);
    }

    /// Sold at the till by its code: what was kept and what lies on the counter, once.
    async fn what_is_kept_is_sold_by_its_code(world: World) {
        let counter = Counter::open(&world).await;
        price_at_till(&world, &counter).await;
        let kept = create(&world.guest(), wish(&counter, 2, "a")).await.unwrap();
        let code = code(&world.services().secrets, &kept).unwrap();
        let cashier = world.staff_at(counter.shop.store.id, &[Permission::PosSell]).await;
        let sale = |code: &str, key: &str| Sell { units: Vec::new(),
            register_id: Some(counter.shop.register),
            cart_id: None,
            lines: vec![SaleLine { variant_id: counter.shirt.id(), quantity: 1 }],
            reservation_code: Some(code.to_owned()),
            customer_id: None,
            email: None,
            locale: None,
            discounts: domain::register::sale_discounts::SaleDiscounts::default(),
            expected_total: None,
            payments: vec![TenderInput { gateway: Gateway::Cash, amount: None, tendered: None, reference: None, test_outcome: TestOutcome::Approve, code: None, method: None, }],
            idempotency_key: key.to_owned(),
        };
        assert_eq!(sell(&cashier, sale("WRONG234", "w")).await.unwrap_err().code(), ErrorCode::InvalidCode);
        let sold = sell(&cashier, sale(&code, "s")).await.unwrap();
        assert_eq!(sold.order.total, 3_000);
        assert_eq!((counter.shelf().await, aside(&counter).await), ((7, 0), 0));
        let row = store_reservation::Entity::find_by_id(kept.id).one(world.db()).await.unwrap().unwrap();
        assert_eq!((row.status, row.order_id), (StoreReservationStatus::Sold, Some(sold.order.id)));
        assert_eq!(sell(&cashier, sale(&code, "again")).await.unwrap_err().code(), ErrorCode::InvalidTransition);
    }
}

async fn price_at_till(world: &World, counter: &Counter) {
    let price = entity::price::Entity::find().one(world.db()).await.unwrap().unwrap();
    let row = entity::price::Model {
        id: entity::id::PriceId(world.new_uuid()),
        channel_id: counter.shop.pos.id,
        variant_id: counter.shirt.id(),
        amount: 1_000,
        ..price
    };
    use sea_orm::{ActiveModelTrait, IntoActiveModel};
    entity::price::Entity::insert(row.into_active_model().reset_all())
        .exec_without_returning(world.db())
        .await
        .unwrap();
}
