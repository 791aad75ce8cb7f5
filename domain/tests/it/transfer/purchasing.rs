//! Purchase orders, and what suppliers announce.

use domain::import::export_purchase_order::export_purchase_order;
use domain::transfer::purchase::notice::Withdraw;
use domain::transfer::purchase::{
    self, Announce, ClosePurchaseOrder, CreatePurchaseOrder, ReceivePurchaseOrder, UpdatePurchaseOrder,
};
use domain::transfer::supplier::{self, UpsertSupplier};
use domain::{ErrorCode, Permission};
use entity::event;
use entity::id::{PurchaseOrderId, ShippingNoticeId};
use entity::money::{Currency, Money};
use entity::words::PurchaseOrderStatus;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use support::{World, both_databases};

use super::Shop;

fn announcement(shop: &Shop, id: PurchaseOrderId, reference: &str, quantity: i64) -> Announce {
    Announce {
        purchase_order_id: id,
        expected_version: None,
        reference: reference.to_owned(),
        carrier: None,
        tracking_number: None,
        expected_at: None,
        lines: vec![(shop.tea, quantity)],
        idempotency_key: shop.key(),
    }
}

async fn notices(world: &World, id: PurchaseOrderId) -> Vec<(ShippingNoticeId, bool, bool)> {
    let rows = purchase::query::notices(world.db(), &[id]).await.unwrap();
    rows.iter().map(|row| (row.id, row.received_at.is_some(), row.canceled_at.is_some())).collect()
}

fn all_of(shop: &Shop, id: PurchaseOrderId, notice: Option<ShippingNoticeId>) -> ReceivePurchaseOrder {
    ReceivePurchaseOrder { shipping_notice_id: notice, lines: None, ..shop.delivered(id, 0, 0) }
}

both_databases! {
    /// Ordered goods are expected; what arrives is stock, what is damaged is not sold, the rest is closed.
    async fn goods_come_from_a_supplier(world: World) {
        let shop = Shop::open(&world, 1).await;
        let id = shop.ordered(10, 0).await;
        let row = purchase::query::get(&shop.worker, id).await.unwrap().unwrap();
        assert_eq!((row.number.as_str(), row.status), ("PO-000001", PurchaseOrderStatus::Ordered));
        assert_eq!(shop.units(shop.store.id).await, (0, 0, 0, 10));
        world.audit().await;
        let unexplained = {
            let mut input = shop.delivered(id, 1, 1);
            input.lines.as_mut().unwrap()[0].reason = None;
            purchase::receive(&shop.worker, input).await.unwrap_err()
        };
        assert_eq!((unexplained.code(), unexplained.path()), (ErrorCode::Required, "lines.0.reason"));
        let part = purchase::receive(&shop.worker, shop.delivered(id, 5, 1)).await.unwrap().row;
        assert_eq!(part.status, PurchaseOrderStatus::PartlyReceived);
        assert_eq!(shop.units(shop.store.id).await, (6, 0, 1, 4));
        world.audit().await;
        let close = ClosePurchaseOrder {
            purchase_order_id: id,
            expected_version: Some(part.version),
            reason: "discontinued".to_owned(),
            idempotency_key: shop.key(),
        };
        let done = purchase::close_rest(&shop.worker, close).await.unwrap().row;
        assert_eq!((done.status, done.closed_at), (PurchaseOrderStatus::Received, Some(world.now())));
        assert_eq!(shop.units(shop.store.id).await, (6, 0, 1, 0));
        let line = shop.purchase_line(id).await;
        assert_eq!((line.received, line.damaged, line.closed), (5, 1, 4));
    }

    /// Whoever waits for stock hears of a delivery as of any other receipt.
    async fn a_delivery_is_told_as_a_receipt(world: World) {
        let shop = Shop::open(&world, 1).await;
        let id = shop.ordered(2, 0).await;
        shop.deliver(id, 2).await.unwrap();
        let told = event::Entity::find()
            .filter(event::Column::Kind.eq("stock_received"))
            .filter(event::Column::AggregateId.eq(shop.store.id.uuid()))
            .one(world.db())
            .await
            .unwrap()
            .unwrap();
        assert_eq!(told.aggregate_kind, "location");
        assert_eq!(told.payload["variant_ids"], serde_json::json!([shop.tea]));
    }

    /// More than was ordered is taken up to the stated limit, and what is expected never falls below zero.
    async fn more_than_ordered_is_taken_up_to_a_limit(world: World) {
        let shop = Shop::open(&world, 1).await;
        let strict = shop.ordered(10, 0).await;
        assert_eq!(shop.deliver(strict, 11).await.unwrap_err().code(), ErrorCode::InvalidQuantity);
        let lenient = shop.ordered(15, 10).await;
        shop.deliver(lenient, 14).await.unwrap();
        assert_eq!(shop.deliver(lenient, 3).await.unwrap_err().code(), ErrorCode::InvalidQuantity, "16 is 110 % of 15");
        let done = shop.deliver(lenient, 2).await.unwrap().row;
        assert_eq!(done.status, PurchaseOrderStatus::Received);
        assert_eq!(shop.purchase_line(lenient).await.received, 16);
        assert_eq!(shop.units(shop.store.id).await, (16, 0, 0, 10));
    }

    /// Several notices at a time; together they announce no more than may come, and each arrives once.
    async fn suppliers_announce_what_is_under_way(world: World) {
        let shop = Shop::open(&world, 1).await;
        let id = shop.ordered(10, 0).await;
        purchase::announce(&shop.worker, announcement(&shop, id, "ASN-1", 4)).await.unwrap();
        purchase::announce(&shop.worker, announcement(&shop, id, "ASN-2", 5)).await.unwrap();
        assert_eq!(shop.units(shop.store.id).await, (0, 0, 0, 10), "it was expected before");
        let refused = purchase::announce(&shop.worker, announcement(&shop, id, "ASN-3", 2)).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::InvalidQuantity);
        let taken = purchase::announce(&shop.worker, announcement(&shop, id, "ASN-1", 1)).await.unwrap_err();
        assert_eq!((taken.code(), taken.path()), (ErrorCode::AlreadyExists, "reference"));
        let first = notices(&world, id).await[0].0;
        purchase::receive(&shop.worker, all_of(&shop, id, Some(first))).await.unwrap();
        assert_eq!(shop.units(shop.store.id).await, (4, 0, 0, 6));
        let again = purchase::receive(&shop.worker, all_of(&shop, id, Some(first))).await.unwrap_err();
        assert_eq!((again.code(), again.path()), (ErrorCode::Invalid, "shippingNoticeId"));
        let second = notices(&world, id).await[1].0;
        let back = Withdraw { purchase_order_id: id, shipping_notice_id: second, idempotency_key: shop.key() };
        purchase::withdraw(&shop.worker, back).await.unwrap();
        purchase::announce(&shop.worker, announcement(&shop, id, "ASN-4", 6)).await.unwrap();
        let done = purchase::receive(&shop.worker, all_of(&shop, id, None)).await.unwrap().row;
        assert_eq!(done.status, PurchaseOrderStatus::Received);
        let ends: Vec<(bool, bool)> = notices(&world, id).await.iter().map(|(_, came, gone)| (*came, *gone)).collect();
        assert_eq!(ends, [(true, false), (false, true), (false, true)], "what never came is not expected any more");
        let other = shop.purchase_draft(1, 0).await;
        let early = purchase::announce(&shop.worker, announcement(&shop, other, "ASN-9", 1)).await.unwrap_err();
        assert_eq!(early.code(), ErrorCode::InvalidTransition);
    }

    /// An order of which nothing came can be canceled, and nothing is expected any more.
    async fn an_order_can_be_canceled_until_something_comes(world: World) {
        let shop = Shop::open(&world, 1).await;
        let id = shop.ordered(10, 0).await;
        let done = purchase::cancel(&shop.worker, shop.purchase_step(id)).await.unwrap().row;
        assert_eq!(done.status, PurchaseOrderStatus::Canceled);
        assert_eq!(shop.units(shop.store.id).await, (0, 0, 0, 0));
    }

    /// Costs are exact and of one currency; nonsense is refused.
    async fn costs_and_lines_are_checked(world: World) {
        let shop = Shop::open(&world, 1).await;
        let supplier_id = shop.supplier().await;
        let code = |content| {
            let input = CreatePurchaseOrder {
                supplier_id,
                location_id: shop.store.id,
                content,
                idempotency_key: "k".to_owned(),
            };
            let worker = shop.worker.clone();
            async move { purchase::create(&worker, input).await.unwrap_err().code() }
        };
        let with = |cost: Money, quantity: i64| {
            let mut content = shop.purchase(quantity, 0);
            content.lines[0].unit_cost = Some(cost);
            content
        };
        assert_eq!(code(with(Money::new(100, Currency::EUR), 1)).await, ErrorCode::CurrencyMismatch);
        assert_eq!(code(with(Money::new(-1, Currency::JPY), 1)).await, ErrorCode::InvalidAmount);
        assert_eq!(code(with(Money::new(i64::MAX, Currency::JPY), 2)).await, ErrorCode::InvalidAmount);
        assert_eq!(code(shop.purchase(0, 0)).await, ErrorCode::InvalidQuantity);
        assert_eq!(code(shop.purchase(1, 101)).await, ErrorCode::Invalid);
        let id = shop.purchase_draft(1, 0).await;
        let change = UpdatePurchaseOrder {
            purchase_order_id: id,
            expected_version: Some(1),
            content: shop.purchase(7, 5),
            idempotency_key: shop.key(),
        };
        assert_eq!(purchase::update(&shop.worker, change).await.unwrap().row.over_delivery_percent, 5);
        assert_eq!(shop.purchase_line(id).await.quantity, 7);
        let elsewhere = world.staff_at(shop.hub.id, &[Permission::PurchasingWork]).await;
        let refused = purchase::order(&elsewhere, shop.purchase_step(id)).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::NotFound);
    }

    /// Suppliers are shared: only who may purchase everywhere changes them, and none orders from one that is not active.
    async fn suppliers_are_shared(world: World) {
        let shop = Shop::open(&world, 1).await;
        let id = shop.supplier().await;
        let found = supplier::by_ids(world.db(), &[id]).await.unwrap().remove(0);
        assert_eq!(found.email.as_deref(), Some("orders@uji.example"));
        let asleep = UpsertSupplier {
            id: Some(id),
            code: "uji".to_owned(),
            name: "Uji".to_owned(),
            email: None,
            phone: None,
            lead_days: None,
            active: false,
            expected_version: Some(found.version),
        };
        let local = world.staff_at(shop.store.id, &[Permission::PurchasingWork]).await;
        assert_eq!(supplier::upsert(&local, asleep.clone()).await.unwrap_err().code(), ErrorCode::Forbidden);
        supplier::upsert(&shop.worker, asleep.clone()).await.unwrap();
        assert_eq!(supplier::upsert(&shop.worker, asleep).await.unwrap_err().code(), ErrorCode::StaleVersion);
        let input = CreatePurchaseOrder {
            supplier_id: id,
            location_id: shop.store.id,
            content: shop.purchase(1, 0),
            idempotency_key: "k".to_owned(),
        };
        let refused = purchase::create(&shop.worker, input).await.unwrap_err();
        assert_eq!((refused.code(), refused.path()), (ErrorCode::Invalid, "supplierId"));
    }

    /// The file for the supplier says all, and no spreadsheet runs it.
    async fn a_purchase_order_is_a_file(world: World) {
        let shop = Shop::open(&world, 1).await;
        let id = shop.purchase_draft(12, 0).await;
        let text = String::from_utf8(export_purchase_order(&shop.worker, id).await.unwrap()).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 2);
        assert!(lines[1].starts_with("PO-000001,'=Uji Tea,shibuya,"), "{}", lines[1]);
        assert!(lines[1].contains(",tea,") && lines[1].ends_with(",12,350,4200,JPY"), "{}", lines[1]);
        let stranger = world.staff_at(shop.hub.id, &[Permission::PurchasingWork]).await;
        assert_eq!(export_purchase_order(&stranger, id).await.unwrap_err().code(), ErrorCode::NotFound);
    }
}
