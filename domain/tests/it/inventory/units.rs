//! Serial and lot numbers, storage areas, reasons and safety stock.

use chrono::NaiveDate;
use domain::fulfillment::line_ref::LineRef;
use domain::inventory::storage_area::{self, AssignStorageArea, UpsertStorageArea};
use domain::inventory::unit::query::{UnitFilter, history, page};
use domain::inventory::unit::{self, NumberedUnits, PutBack, UnitsOfWork};
use domain::inventory::{
    AdjustLine, AdjustStock, Adjustment, Changed, ReceiveLine, ReceiveStock, SafetyLine, SetSafetyStock, adjust,
    receive, set_safety_stock, stock_reason,
};
use domain::kernel::paging::PageRequest;
use domain::shipping::pack::{Pack, PackLine, pack};
use domain::shipping::unpack::unpack;
use domain::{Ctx, ErrorCode, Permission, Result};
use entity::id::{LocationId, VariantId};
use entity::stock_movement;
use entity::words::StockState::{Available, Damaged};
use entity::words::{FulfillmentOrderStatus, StockUnitStatus, UnitTracking};
use sea_orm::{EntityTrait, QueryOrder};
use support::{World, both_databases, race};

use super::{level, posted, shift, take};
use crate::fulfillment::clerk;
use crate::fulfillment::shop::{Shop, buy};

const STOCK: &[Permission] =
    &[Permission::StockReceive, Permission::StockAdjust, Permission::StockRead, Permission::FulfillmentWork];

fn unit(variant_id: VariantId, code: &str, quantity: i64) -> NumberedUnits {
    NumberedUnits { variant_id, code: code.to_owned(), quantity, expires_on: None, fulfillment_order_line_id: None }
}

async fn bring(
    ctx: &Ctx,
    place: LocationId,
    variant_id: VariantId,
    quantity: i64,
    units: Vec<NumberedUnits>,
    key: &str,
) -> Result<Changed> {
    let input = ReceiveStock {
        location_id: place,
        lines: vec![ReceiveLine { variant_id, quantity, state: Available }],
        reason: "delivery".to_owned(),
        reason_code: None,
        units,
        idempotency_key: key.to_owned(),
    };
    receive(ctx, input).await
}

async fn correct(
    ctx: &Ctx,
    place: LocationId,
    variant_id: VariantId,
    by: i64,
    units: Vec<NumberedUnits>,
    key: &str,
) -> Result<Changed> {
    let input = AdjustStock {
        location_id: place,
        lines: vec![AdjustLine { variant_id, state: Available, change: Adjustment::By(by) }],
        reason: "broken".to_owned(),
        reason_code: None,
        units,
        idempotency_key: key.to_owned(),
    };
    adjust(ctx, input).await
}

both_databases! {
    /// Every unit of a serialized variant comes in with its own number and cannot leave without it.
    async fn serial_numbers_follow_their_units(world: World) {
        let store = world.store("shibuya").await;
        let camera = world.product("camera").with(|row| row.unit_tracking = UnitTracking::Serial).create().await.id();
        let clerk = world.staff_at(store.id, STOCK).await;
        let code = |answer: Result<Changed>| answer.unwrap_err().code();
        assert_eq!(code(bring(&clerk, store.id, camera, 2, Vec::new(), "k").await), ErrorCode::UnitNumbersRequired);
        assert_eq!(code(bring(&clerk, store.id, camera, 2, vec![unit(camera, "A", 1)], "k").await), ErrorCode::InvalidQuantity);
        assert_eq!(code(bring(&clerk, store.id, camera, 2, vec![unit(camera, "A", 2)], "k").await), ErrorCode::InvalidQuantity);
        assert_eq!(code(bring(&clerk, store.id, camera, 2, vec![unit(camera, "A", 1), unit(camera, "A", 1)], "k").await), ErrorCode::AlreadyExists);
        assert_eq!(level(&world, store.id, camera).await, None, "nothing half done");
        let changed = bring(&clerk, store.id, camera, 2, vec![unit(camera, "A", 1), unit(camera, "B", 1)], "k").await.unwrap();
        assert_eq!((changed.levels[0].on_hand, changed.levels[0].numbered), (2, 2));
        assert_eq!(code(bring(&clerk, store.id, camera, 1, vec![unit(camera, "A", 1)], "k2").await), ErrorCode::AlreadyExists);
        // Nothing leaves without its number, whoever posts it.
        let refused = posted(&world.ctx(), vec![take(store.id, camera, 1)]).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::UnitNumbersRequired);
        assert_eq!(code(correct(&clerk, store.id, camera, -1, Vec::new(), "k3").await), ErrorCode::UnitNumbersRequired);
        assert_eq!(code(correct(&clerk, store.id, camera, -1, vec![unit(camera, "C", 1)], "k3").await), ErrorCode::NotFound);
        assert_eq!(code(correct(&clerk, store.id, camera, -1, vec![unit(camera, "A", 1), unit(camera, "B", 1)], "k3").await), ErrorCode::InvalidQuantity);
        posted(&world.ctx(), vec![shift(store.id, camera, Available, Damaged, 1)]).await.unwrap();
        correct(&clerk, store.id, camera, -1, vec![unit(camera, "A", 1)], "k3").await.unwrap();
        // It is found again.
        correct(&clerk, store.id, camera, 1, vec![unit(camera, "A", 1)], "k4").await.unwrap();
        let found = page(&clerk, &UnitFilter { code: Some("A".to_owned()), ..UnitFilter::default() }, &PageRequest::default()).await.unwrap();
        assert_eq!((found.rows.len(), found.rows[0].1.status), (1, StockUnitStatus::InStock));
        let past = history(&clerk, found.rows[0].1.id, &PageRequest::default()).await.unwrap();
        let past: Vec<&str> = past.rows.iter().map(|(_, event)| event.kind.as_str()).collect();
        assert_eq!(past, ["stock_unit_received", "stock_unit_removed", "stock_unit_received"]);
    }

    /// Units of a lot share a number and a date; units without a number leave first.
    async fn lots_are_counted_down(world: World) {
        let store = world.store("shibuya").await;
        let milk = world.product("milk").stock(&store, 3).create().await.id();
        let clerk = world.staff_at(store.id, STOCK).await;
        entity::variant::Entity::update_many()
            .col_expr(entity::variant::Column::UnitTracking, sea_orm::sea_query::Expr::value(UnitTracking::Lot))
            .exec(world.db())
            .await
            .unwrap();
        let date = NaiveDate::from_ymd_opt(2026, 12, 24);
        let lot = |quantity, expires_on| NumberedUnits { expires_on, ..unit(milk, "L1", quantity) };
        bring(&clerk, store.id, milk, 5, vec![lot(5, date)], "k1").await.unwrap();
        let other = bring(&clerk, store.id, milk, 1, vec![lot(1, date.and_then(|date| date.succ_opt()))], "k2").await.unwrap_err();
        assert_eq!((other.code(), other.path()), (ErrorCode::Invalid, "units.0.expiresOn"));
        bring(&clerk, store.id, milk, 2, vec![lot(2, None)], "k3").await.unwrap();
        let now = level(&world, store.id, milk).await.unwrap();
        assert_eq!((now.on_hand, now.numbered), (10, 7), "three came in before it had lots");
        posted(&world.ctx(), vec![take(store.id, milk, 3)]).await.unwrap();
        assert_eq!(posted(&world.ctx(), vec![take(store.id, milk, 1)]).await.unwrap_err().code(), ErrorCode::UnitNumbersRequired);
        assert_eq!(correct(&clerk, store.id, milk, -8, vec![unit(milk, "L1", 8)], "k4").await.unwrap_err().code(), ErrorCode::InvalidQuantity);
        correct(&clerk, store.id, milk, -2, vec![unit(milk, "L1", 2)], "k4").await.unwrap();
        let rows = page(&clerk, &UnitFilter::default(), &PageRequest::default()).await.unwrap().rows;
        let mut shares: Vec<_> = rows.into_iter().map(|(_, row)| (row.status, row.quantity, row.expires_on)).collect();
        shares.sort();
        assert_eq!(shares, [(StockUnitStatus::InStock, 5, date), (StockUnitStatus::Removed, 2, date)]);
    }

    /// The same serial number received at two places at once is one unit at one of them.
    async fn a_serial_number_is_in_one_place(world: World) {
        let stores = [world.store("a").await, world.store("b").await];
        let camera = world.product("camera").with(|row| row.unit_tracking = UnitTracking::Serial).create().await.id();
        let clerk = world.staff(STOCK).await;
        for round in 0..5 {
            let answers = race(4, |racer| {
                let (clerk, place, code) = (clerk.clone(), stores[racer % 2].id, format!("S{round}"));
                async move { bring(&clerk, place, camera, 1, vec![unit(camera, &code, 1)], &format!("{code}-{racer}")).await }
            })
            .await;
            assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
            assert!(answers.iter().filter_map(|answer| answer.as_ref().err()).all(|error| error.code() == ErrorCode::AlreadyExists));
        }
    }

    /// Numbers are named for the work that takes the units, and put back when it does not.
    async fn work_takes_numbers_and_puts_them_back(world: World) {
        let shop = Shop::open(&world).await;
        let camera = world.product("camera").with(|row| row.unit_tracking = UnitTracking::Serial).price(&shop.online, 1_000).create().await.id();
        let clerk = world.staff(STOCK).await;
        bring(&clerk, shop.warehouse.id, camera, 2, vec![unit(camera, "A", 1), unit(camera, "B", 1)], "k").await.unwrap();
        let (cart, guest) = shop.cart_of(camera, 1).await;
        let order = buy(&guest, cart, 1_550, "buy").await.unwrap().order.id;
        let work = domain::fulfillment::query::of_orders(world.db(), &[order]).await.unwrap().remove(0);
        let line = domain::fulfillment::query::lines(world.db(), &[work.id]).await.unwrap().remove(0);
        let ask = |codes: &[&str], key: &str| UnitsOfWork {
            fulfillment_order_line_id: line.id,
            units: codes.iter().map(|code| ((*code).to_owned(), 1)).collect(),
            idempotency_key: key.to_owned(),
        };
        assert_eq!(unit::take_for_work(&clerk, ask(&["A", "B"], "t")).await.unwrap_err().code(), ErrorCode::InvalidQuantity);
        assert_eq!(unit::take_for_work(&clerk, ask(&["X"], "t")).await.unwrap_err().code(), ErrorCode::NotFound);
        let taken = unit::take_for_work(&clerk, ask(&["B"], "t")).await.unwrap();
        assert_eq!((taken.len(), taken[0].code.as_str(), taken[0].status), (1, "B", StockUnitStatus::Sold));
        assert_eq!(unit::take_for_work(&clerk, ask(&["B"], "t")).await.unwrap().len(), 1, "the same key takes once");
        assert_eq!(unit::take_for_work(&clerk, ask(&["A"], "t2")).await.unwrap_err().code(), ErrorCode::InvalidQuantity);
        assert_eq!(level(&world, shop.warehouse.id, camera).await.unwrap().numbered, 1);
        let back = PutBack { fulfillment_order_line_id: line.id, idempotency_key: "p".to_owned() };
        assert_eq!(unit::put_back(&clerk, back.clone()).await.unwrap(), 1);
        assert_eq!(unit::put_back(&clerk, back).await.unwrap(), 0);
        assert_eq!(level(&world, shop.warehouse.id, camera).await.unwrap().numbered, 2);
        world.without_audit();
        for status in [FulfillmentOrderStatus::Closed, FulfillmentOrderStatus::Canceled, FulfillmentOrderStatus::OnHold] {
            entity::fulfillment_order::Entity::update_many()
                .col_expr(entity::fulfillment_order::Column::Status, sea_orm::sea_query::Expr::value(status))
                .exec(world.db())
                .await
                .unwrap();
            assert_eq!(unit::take_for_work(&clerk, ask(&["A"], "t3")).await.unwrap_err().code(), ErrorCode::InvalidTransition);
        }
    }

    /// A packer reads the number; an opened parcel gives it back; what left is the customer's.
    async fn a_parcel_takes_the_numbers_that_are_read(world: World) {
        let shop = Shop::open(&world).await;
        let camera = world
            .product("camera")
            .with(|row| row.unit_tracking = UnitTracking::Serial)
            .price(&shop.online, 1_000)
            .create()
            .await
            .id();
        let clerk = world.staff(STOCK).await;
        let units = vec![unit(camera, "A", 1), unit(camera, "B", 1)];
        bring(&clerk, shop.warehouse.id, camera, 2, units, "k").await.unwrap();
        let (_, work) = shop.ordered_one(camera, 1).await;
        clerk::take(&clerk, work).await;
        let line = clerk::lines(&world, work).await[0].id;
        let read = |code: &str, key: &str| Pack {
            work: vec![work],
            lines: vec![PackLine { line: LineRef::Line(line), quantity: 1, codes: vec![code.to_owned()] }],
            label: clerk::label(),
            expected: Vec::new(),
            idempotency_key: key.to_owned(),
        };
        assert_eq!(pack(&clerk, read("X", "p")).await.unwrap_err().code(), ErrorCode::NotFound);
        let parcel = pack(&clerk, read("A", "p")).await.unwrap().shipment;
        assert_eq!(level(&world, shop.warehouse.id, camera).await.unwrap().numbered, 1);
        unpack(&clerk, parcel.id, None).await.unwrap();
        assert_eq!(level(&world, shop.warehouse.id, camera).await.unwrap().numbered, 2);
        let silent = clerk::pack_lines(&clerk, &[work], &[], "silent").await.unwrap().shipment;
        let refused = clerk::send(&clerk, silent.id, "s").await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::UnitNumbersRequired, "nobody said which one leaves");
        unpack(&clerk, silent.id, None).await.unwrap();
        let parcel = pack(&clerk, read("B", "q")).await.unwrap().shipment;
        clerk::send(&clerk, parcel.id, "t").await.unwrap();
        let now = level(&world, shop.warehouse.id, camera).await.unwrap();
        assert_eq!((now.on_hand, now.numbered), (1, 1));
        let sold = UnitFilter { statuses: Some(vec![StockUnitStatus::Sold]), ..UnitFilter::default() };
        let sold = page(&clerk, &sold, &PageRequest::default()).await.unwrap().rows;
        assert_eq!((sold[0].1.code.as_str(), sold[0].1.fulfillment_order_line_id), ("B", Some(line)));
    }

    /// Areas belong to their location, hold what is assigned to them, and go when nothing lies in them.
    async fn areas_say_where_goods_lie(world: World) {
        let (store, other) = (world.store("shibuya").await, world.store("ginza").await);
        let goods = [world.product("a").stock(&store, 3).create().await.id(), world.product("b").create().await.id()];
        let clerk = world.staff_at(store.id, STOCK).await;
        let area = |code: &str, position| UpsertStorageArea { id: None, expected_version: None, location_id: store.id, code: code.to_owned(), name: "Shelf".to_owned(), position };
        let second = storage_area::upsert(&clerk, area("B-01", 2)).await.unwrap();
        let first = storage_area::upsert(&clerk, area("A-01", 1)).await.unwrap();
        assert_eq!(storage_area::upsert(&clerk, area("B-01", 2)).await.unwrap().version, 1, "the same again changes nothing");
        let renamed = UpsertStorageArea { id: Some(second.id), ..area("A-01", 2) };
        assert_eq!(storage_area::upsert(&clerk, renamed).await.unwrap_err().code(), ErrorCode::AlreadyExists);
        let stale = UpsertStorageArea { expected_version: Some(7), ..area("B-01", 3) };
        assert_eq!(storage_area::upsert(&clerk, stale).await.unwrap_err().code(), ErrorCode::StaleVersion);
        let foreign = UpsertStorageArea { location_id: other.id, ..area("A-01", 1) };
        assert_eq!(storage_area::upsert(&clerk, foreign).await.unwrap_err().code(), ErrorCode::NotFound);
        let assign = |storage_area_id, variant_ids| AssignStorageArea { location_id: store.id, storage_area_id, variant_ids };
        let levels = storage_area::assign(&clerk, assign(Some(first.id), goods.to_vec())).await.unwrap();
        assert!(levels.len() == 2 && levels.iter().all(|level| level.storage_area_id == Some(first.id)));
        assert_eq!((levels[0].on_hand, levels[1].on_hand), (3, 0), "what never lay there gets an empty level");
        let walk = storage_area::page(world.db(), None, &PageRequest::default()).await.unwrap();
        assert_eq!(walk.rows.iter().map(|(_, area)| area.code.as_str()).collect::<Vec<_>>(), ["A-01", "B-01"]);
        assert_eq!(storage_area::delete(&clerk, first.id).await.unwrap_err().code(), ErrorCode::InUse);
        storage_area::assign(&clerk, assign(None, goods.to_vec())).await.unwrap();
        storage_area::delete(&clerk, first.id).await.unwrap();
        let gone = storage_area::assign(&clerk, assign(Some(first.id), goods.to_vec())).await.unwrap_err();
        assert_eq!(gone.code(), ErrorCode::NotFound);
        let stranger = world.staff_at(other.id, STOCK).await;
        assert_eq!(storage_area::delete(&stranger, second.id).await.unwrap_err().code(), ErrorCode::NotFound);
    }

    /// A reason's code stands beside words or instead of them, while it may be chosen.
    async fn reasons_have_codes(world: World) {
        let store = world.store("shibuya").await;
        let tea = world.product("tea").stock(&store, 9).create().await.id();
        let clerk = world.staff(STOCK).await;
        let reason = |active| stock_reason::UpsertStockReason { id: None, expected_version: None, code: "BROKEN".to_owned(), name: "Broken".to_owned(), translations: [("ja".to_owned(), "破損".to_owned())].into(), active };
        stock_reason::upsert(&clerk, reason(true)).await.unwrap();
        let ask = |reason: &str, code: &str, key: &str| AdjustStock {
            location_id: store.id,
            lines: vec![AdjustLine { variant_id: tea, state: Available, change: Adjustment::By(-1) }],
            reason: reason.to_owned(),
            reason_code: Some(code.to_owned()),
            units: Vec::new(),
            idempotency_key: key.to_owned(),
        };
        adjust(&clerk, ask("", "BROKEN", "k1")).await.unwrap();
        adjust(&clerk, ask("fell down", "BROKEN", "k2")).await.unwrap();
        let unknown = adjust(&clerk, ask("", "LOST", "k3")).await.unwrap_err();
        assert_eq!((unknown.code(), unknown.path()), (ErrorCode::NotFound, "reasonCode"));
        stock_reason::upsert(&clerk, reason(false)).await.unwrap();
        assert_eq!(adjust(&clerk, ask("", "BROKEN", "k4")).await.unwrap_err().code(), ErrorCode::NotFound);
        let rows = stock_movement::Entity::find().order_by_asc(stock_movement::Column::Id).all(world.db()).await.unwrap();
        let reasons: Vec<_> = rows.iter().filter_map(|row| row.reason.as_deref()).collect();
        assert_eq!(reasons, ["test", "BROKEN", "BROKEN: fell down"]);
        assert_eq!(stock_reason::page(world.db(), false, &PageRequest::default()).await.unwrap().rows.len(), 0);
        assert_eq!(stock_reason::page(world.db(), true, &PageRequest::default()).await.unwrap().rows.len(), 1);
        let local = world.staff_at(store.id, STOCK).await;
        assert_eq!(stock_reason::upsert(&local, reason(true)).await.unwrap_err().code(), ErrorCode::Forbidden, "reasons hold everywhere");
    }

    /// Safety stock is filled from what is free, as far as there is any, and given back.
    async fn safety_stock_is_set_as_far_as_there_is_stock(world: World) {
        let store = world.store("shibuya").await;
        let goods = [world.product("a").stock(&store, 10).create().await.id(), world.product("b").stock(&store, 2).create().await.id(), world.product("c").create().await.id()];
        let clerk = world.staff_at(store.id, STOCK).await;
        let ask = |targets: [i64; 3], key: &str| SetSafetyStock {
            location_id: store.id,
            lines: goods.iter().zip(targets).map(|(variant_id, quantity)| SafetyLine { variant_id: *variant_id, quantity }).collect(),
            reason: "season".to_owned(),
            reason_code: None,
            idempotency_key: key.to_owned(),
        };
        let set = set_safety_stock(&clerk, ask([4, 5, 6], "k1")).await.unwrap();
        assert_eq!(set.levels.iter().map(|level| level.safety_stock).collect::<Vec<_>>(), [4, 2], "what never lay there has no level");
        assert!(set_safety_stock(&clerk, ask([4, 5, 6], "k1")).await.unwrap().replayed);
        let set = set_safety_stock(&clerk, ask([1, 0, 0], "k2")).await.unwrap();
        assert_eq!(set.levels.iter().map(|level| level.safety_stock).collect::<Vec<_>>(), [1, 0]);
        assert_eq!(set_safety_stock(&clerk, ask([-1, 0, 0], "k3")).await.unwrap_err().code(), ErrorCode::InvalidQuantity);
    }
}
