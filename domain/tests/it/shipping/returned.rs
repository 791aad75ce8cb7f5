//! Parcels that came back.

use domain::fulfillment::desk::WorkRef;
use domain::shipping::parcel::Label;
use domain::shipping::returned::{Afterwards, ReturnParcel, ReturnedLine, returned};
use domain::shipping::ship::{Ship, ship};
use domain::shipping::{contents, returned::Returned};
use domain::{Ctx, ErrorCode, Permission, Result};
use entity::id::{OrderId, ShipmentId};
use entity::words::{Carrier, OrderFulfillmentStatus, OrderStatus, StockState, TrackingStatus};
use entity::{order, order_line, shipment, stock_level};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use support::{Sku, World, both_databases, race};

use crate::fulfillment::shop::{Shop, buy};

struct Gone {
    shop: Shop,
    shirt: Sku,
    order: OrderId,
    parcel: shipment::Model,
    clerk: Ctx,
}

/// Three shirts are bought, and leave in one parcel.
async fn gone(world: &World) -> Gone {
    let shop = Shop::open(world).await;
    let shirt = world.product("shirt").price(&shop.online, 1_000).stock(&shop.warehouse, 5).create().await;
    let (cart, ctx) = shop.cart_of(shirt.id(), 3).await;
    let order = buy(&ctx, cart, 3_550, "key").await.unwrap().order.id;
    let work = domain::fulfillment::query::of_orders(world.db(), &[order]).await.unwrap();
    let clerk = world.staff(&[Permission::FulfillmentWork, Permission::OrdersCancel]).await;
    let input = Ship {
        units: Vec::new(),
        work: WorkRef { id: work[0].id, expected_version: None },
        label: Label { carrier: Some(Carrier::Yamato), ..Label::default() },
        tracking_number: None,
        idempotency_key: "ship".to_owned(),
    };
    let parcel = ship(&clerk, input).await.unwrap().shipment;
    Gone { shop, shirt, order, parcel, clerk }
}

fn input(parcel: ShipmentId, then: Afterwards) -> ReturnParcel {
    ReturnParcel { shipment_id: parcel, lines: vec![], then, note: None, idempotency_key: "back".to_owned() }
}

async fn take(clerk: &Ctx, parcel: ShipmentId, then: Afterwards) -> Result<Returned> {
    returned(clerk, input(parcel, then)).await
}

async fn order_of(world: &World, id: OrderId) -> (order::Model, order_line::Model) {
    let order = order::Entity::find_by_id(id).one(world.db()).await.unwrap().unwrap();
    let line = order_line::Entity::find().filter(order_line::Column::OrderId.eq(id)).one(world.db()).await.unwrap();
    (order, line.unwrap())
}

async fn level(world: &World, gone: &Gone) -> stock_level::Model {
    let key = (gone.shop.warehouse.id, gone.shirt.id());
    stock_level::Entity::find_by_id(key).one(world.db()).await.unwrap().unwrap()
}

both_databases! {
    /// The units go back into stock and are sent again by new work; once, however often it is asked.
    async fn a_parcel_is_sent_again(world: World) {
        let gone = gone(&world).await;
        assert_eq!((level(&world, &gone).await.on_hand, order_of(&world, gone.order).await.1.fulfilled), (2, 3));
        let (clerk, id) = (gone.clerk.clone(), gone.parcel.id);
        race(4, |_| {
            let clerk = clerk.clone();
            async move { take(&clerk, id, Afterwards::Reship).await.unwrap() }
        })
        .await;
        let (order, line) = order_of(&world, gone.order).await;
        assert_eq!((line.fulfilled, line.canceled), (0, 0));
        assert_eq!(order.status, OrderStatus::Open);
        assert_eq!(order.fulfillment_status, OrderFulfillmentStatus::Unfulfilled);
        let stock = level(&world, &gone).await;
        assert_eq!((stock.on_hand, stock.committed), (5, 3));
        assert_eq!(gone.shop.work(gone.order).await.len(), 2, "the old work and the new");
        let parcel = super::now(&world, id).await;
        assert!(parcel.returned_at.is_some());
        assert_eq!(parcel.tracking_status, TrackingStatus::ReturnToSender);
        let mut again = input(id, Afterwards::Reship);
        again.idempotency_key = "another".to_owned();
        assert_eq!(returned(&gone.clerk, again).await.unwrap_err().code(), ErrorCode::InvalidTransition);
    }

    /// The units are canceled and their money goes back; what is damaged cannot be sold.
    async fn a_parcel_is_given_up(world: World) {
        let gone = gone(&world).await;
        let contents = contents::contents(world.db(), &[gone.parcel.id]).await.unwrap().remove(&gone.parcel.id).unwrap();
        let line_id = contents[0].line.id;
        let line = |quantity, state| ReturnedLine { line_id, quantity, state };
        let short = ReturnParcel { lines: vec![line(1, StockState::Damaged)], ..input(gone.parcel.id, Afterwards::Cancel) };
        assert_eq!(returned(&gone.clerk, short).await.unwrap_err().code(), ErrorCode::InvalidQuantity);
        let reserved = ReturnParcel { lines: vec![line(3, StockState::Reserved)], ..input(gone.parcel.id, Afterwards::Cancel) };
        assert_eq!(returned(&gone.clerk, reserved).await.unwrap_err().code(), ErrorCode::Invalid);
        let all = vec![line(1, StockState::Damaged), line(1, StockState::QualityControl), line(1, StockState::Available)];
        let all = ReturnParcel { lines: all, ..input(gone.parcel.id, Afterwards::Cancel) };
        assert!(!returned(&gone.clerk, all.clone()).await.unwrap().replayed);
        assert!(returned(&gone.clerk, all).await.unwrap().replayed);
        let (order, line) = order_of(&world, gone.order).await;
        assert_eq!((line.fulfilled, line.canceled, order.status), (0, 3, OrderStatus::Canceled));
        let stock = level(&world, &gone).await;
        assert_eq!((stock.on_hand, stock.damaged, stock.quality_control, stock.committed), (5, 1, 1, 0));
        let refunds = entity::refund::Entity::find().all(world.db()).await.unwrap();
        assert_eq!(refunds.len(), 1, "{refunds:?}");
    }

    /// Only what left can come back, and only those who may give money back can give it up.
    async fn what_never_left_cannot_come_back(world: World) {
        let gone = gone(&world).await;
        let packed = world.parcel(gone.shop.warehouse.id).create().await;
        assert_eq!(take(&gone.clerk, packed.id, Afterwards::Reship).await.unwrap_err().code(), ErrorCode::InvalidTransition);
        let void = world.parcel(gone.shop.warehouse.id).with(|row| row.voided_at = Some(row.packed_at));
        let void = void.create().await;
        assert_eq!(take(&gone.clerk, void.id, Afterwards::Reship).await.unwrap_err().code(), ErrorCode::InvalidTransition);
        let packer = world.staff(&[Permission::FulfillmentWork]).await;
        assert_eq!(take(&packer, gone.parcel.id, Afterwards::Cancel).await.unwrap_err().code(), ErrorCode::Forbidden);
        let other = world.staff_at(gone.shop.store.id, &[Permission::FulfillmentWork]).await;
        assert_eq!(take(&other, gone.parcel.id, Afterwards::Reship).await.unwrap_err().code(), ErrorCode::NotFound);
        assert_eq!(level(&world, &gone).await.on_hand, 2, "nothing was done");
    }
}
