//! Numbered units on their ways: over tills and counters, in parcels and between locations.

use domain::fulfillment::desk::WorkRef;
use domain::fulfillment::line_ref::LineRef;
use domain::fulfillment::reject::{Reject, reject};
use domain::inventory::unit::{self, NumberedUnits, UnitsOfWork};
use domain::inventory::{ReceiveLine, ReceiveStock, receive};
use domain::payment::tender::TenderInput;
use domain::pickup::collect::{Collect, Proof, collect};
use domain::pickup::prepare::{start, unready};
use domain::pickup::ready::{MakeReady, ShortLine, make_ready};
use domain::register::scan::{Scanned, scan};
use domain::register::sell::{SaleLine, Sell, sell};
use domain::shipping::pack::{Pack, PackLine, pack};
use domain::shipping::returned::{Afterwards, ReturnParcel, returned};
use domain::shipping::ship::{Ship, ship};
use domain::shipping::unpack::unpack;
use domain::transfer::purchase::{
    self, CreatePurchaseOrder, PurchaseContent, PurchaseLine, PurchaseStep, ReceivePurchaseOrder,
};
use domain::transfer::supplier::{self, UpsertSupplier};
use domain::transfer::{
    self, CancelTransfer, CreateTransfer, DispatchTransfer, Numbers, ReceiveTransfer, ReceivedUnits, TransferContent,
    TransferStep,
};
use domain::{Ctx, ErrorCode, Permission};
use entity::id::{LocationId, OrderId, PickupId, TransferId, VariantId};
use entity::money::Currency;
use entity::words::{
    Carrier, DeliveryMethod, Gateway, RejectionReason, StockState, StockUnitStatus, TestOutcome, TransferCancelOutcome,
    UnitTracking,
};
use entity::{fulfillment_order_line, stock_unit};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use support::{World, both_databases, race};

use super::level;
use crate::fulfillment::clerk;
use crate::fulfillment::shop::{Shop, buy};

fn number(variant_id: VariantId, code: &str, quantity: i64) -> NumberedUnits {
    NumberedUnits { variant_id, code: code.to_owned(), quantity, expires_on: None, fulfillment_order_line_id: None }
}

/// A shop with cameras `A` to `D` in the store and the warehouse, four each (`SA` and `WA` and so on), and ten units of
/// the lot `L` of films in each.
struct Cameras {
    shop: Shop,
    camera: VariantId,
    film: VariantId,
    clerk: Ctx,
}

impl Cameras {
    async fn open(world: &World) -> Self {
        let shop = Shop::open(world).await;
        let make = |code: &'static str, tracking| {
            let made = world.product(code).with(move |row| row.unit_tracking = tracking);
            made.price(&shop.online, 1_000).price(&shop.pos, 1_000).create()
        };
        let camera = make("camera", UnitTracking::Serial).await.id();
        let film = make("film", UnitTracking::Lot).await.id();
        let clerk = world.staff(Permission::ALL).await;
        for (place, letter) in [(shop.store.id, 'S'), (shop.warehouse.id, 'W')] {
            let mut units: Vec<_> =
                ['A', 'B', 'C', 'D'].iter().map(|code| number(camera, &format!("{letter}{code}"), 1)).collect();
            units.push(number(film, "L", 10));
            let line = |variant_id, quantity| ReceiveLine { variant_id, quantity, state: StockState::Available };
            let input = ReceiveStock {
                location_id: place,
                lines: vec![line(camera, 4), line(film, 10)],
                reason: "delivery".to_owned(),
                reason_code: None,
                units,
                idempotency_key: format!("in-{letter}"),
            };
            receive(&clerk, input).await.unwrap();
        }
        Self { shop, camera, film, clerk }
    }

    fn key(&self) -> String {
        self.shop.world.new_uuid().to_string()
    }

    fn cameras(&self, codes: &[&str]) -> Vec<NumberedUnits> {
        codes.iter().map(|code| number(self.camera, code, 1)).collect()
    }

    /// Units on hand, and those with a number.
    async fn here(&self, place: LocationId, variant: VariantId) -> (i64, i64) {
        level(&self.shop.world, place, variant).await.map_or((0, 0), |level| (level.on_hand, level.numbered))
    }

    async fn of(&self, code: &str) -> stock_unit::Model {
        let found = stock_unit::Entity::find().filter(stock_unit::Column::Code.eq(code));
        let found = found.filter(stock_unit::Column::VariantId.eq(self.camera));
        found.one(self.shop.world.db()).await.unwrap().unwrap()
    }

    async fn status(&self, code: &str) -> StockUnitStatus {
        self.of(code).await.status
    }

    fn sale(&self, lines: &[(VariantId, i64)], units: Vec<NumberedUnits>) -> Sell {
        let lines =
            lines.iter().map(|(variant_id, quantity)| SaleLine { variant_id: *variant_id, quantity: *quantity });
        Sell {
            register_id: Some(self.shop.register),
            cart_id: None,
            lines: lines.collect(),
            units,
            reservation_code: None,
            customer_id: None,
            email: None,
            locale: None,
            discounts: domain::register::sale_discounts::SaleDiscounts::default(),
            expected_total: None,
            payments: vec![TenderInput {
                gateway: Gateway::Cash,
                amount: None,
                tendered: Some(crate::fulfillment::shop::yen(10_000)),
                reference: None,
                test_outcome: TestOutcome::Approve,
                code: None,
                method: None,
            }],
            idempotency_key: self.key(),
        }
    }

    async fn sold_wrong(&self, lines: &[(VariantId, i64)], units: Vec<NumberedUnits>) -> ErrorCode {
        sell(&self.clerk, self.sale(lines, units)).await.unwrap_err().code()
    }

    /// A transfer of cameras and films from the warehouse to the store that is put aside.
    async fn transfer(&self, lines: Vec<(VariantId, i64)>) -> TransferId {
        let content = TransferContent { lines, expected_at: None, external_reference: None, note: String::new() };
        let (from, to) = (self.shop.warehouse.id, self.shop.store.id);
        let input = CreateTransfer { from_location_id: from, to_location_id: to, content, idempotency_key: self.key() };
        let id = transfer::create(&self.clerk, input).await.unwrap().row.id;
        let step = TransferStep { transfer_id: id, expected_version: None, idempotency_key: self.key() };
        transfer::make_ready(&self.clerk, step).await.unwrap();
        id
    }

    async fn dispatch(&self, transfer_id: TransferId, units: Vec<NumberedUnits>) -> Result<(), ErrorCode> {
        let input = DispatchTransfer {
            transfer_id,
            expected_version: None,
            lines: None,
            units,
            carrier: None,
            tracking_number: None,
            idempotency_key: self.key(),
        };
        transfer::dispatch(&self.clerk, input).await.map(|_| ()).map_err(|error| error.code())
    }

    async fn arrive(
        &self,
        transfer_id: TransferId,
        lines: Option<Vec<(VariantId, i64, i64, i64)>>,
        numbers: Numbers,
    ) -> Result<(), ErrorCode> {
        let line = |(variant_id, received, damaged, missing)| ReceivedUnits {
            variant_id,
            received,
            damaged,
            missing,
            reason: Some("a wet box".to_owned()),
        };
        let input = ReceiveTransfer {
            transfer_id,
            expected_version: None,
            lines: lines.map(|lines| lines.into_iter().map(line).collect()),
            numbers,
            idempotency_key: self.key(),
        };
        transfer::receive(&self.clerk, input).await.map(|_| ()).map_err(|error| error.code())
    }

    async fn pickup(&self, quantity: i64) -> (OrderId, PickupId) {
        let store = Some(self.shop.store.id);
        let (cart, ctx) = self.shop.cart(&[(self.camera, quantity, DeliveryMethod::Pickup, store)]).await;
        let order = buy(&ctx, cart, 1_000 * quantity, &self.key()).await.unwrap().order.id;
        let id = domain::pickup::query::of_orders(self.shop.world.db(), &[order]).await.unwrap()[0].id;
        start(&self.clerk, id, None).await.unwrap();
        (order, id)
    }

    fn ready(&self, pickup_id: PickupId, units: Vec<NumberedUnits>) -> MakeReady {
        MakeReady {
            pickup_id,
            short: Vec::new(),
            units,
            missing_units: Vec::new(),
            expected_version: None,
            idempotency_key: self.key(),
        }
    }

    async fn hand_over(
        &self,
        pickup: &entity::pickup::Model,
        count: i64,
        units: Vec<NumberedUnits>,
    ) -> Result<(), ErrorCode> {
        let code = domain::pickup::code::of(&self.shop.world.services().secrets, pickup).unwrap();
        let line = domain::order::query::lines(self.shop.world.db(), &[pickup.order_id]).await.unwrap()[0].id;
        let input = Collect {
            pickup_id: None,
            location_id: Some(self.shop.store.id),
            proof: Proof::Code(code),
            lines: vec![(line, count)],
            units,
            idempotency_key: self.key(),
        };
        collect(&self.clerk, input).await.map(|_| ()).map_err(|error| error.code())
    }
}

both_databases! {
    /// A till sells numbered goods by their numbers: those that lie there, as many as are sold, each once.
    async fn a_till_scans_numbers(world: World) {
        let it = Cameras::open(&world).await;
        let (camera, film, store) = (it.camera, it.film, it.shop.store.id);
        assert!(matches!(scan(&it.clerk, "SA").await.unwrap(), Some(Scanned::Unit(found)) if found.variant_id == camera));
        assert_eq!(it.sold_wrong(&[(camera, 1)], Vec::new()).await, ErrorCode::UnitNumbersRequired);
        assert_eq!(it.sold_wrong(&[(camera, 2)], it.cameras(&["SA"])).await, ErrorCode::UnitNumbersRequired);
        assert_eq!(it.sold_wrong(&[(camera, 1)], it.cameras(&["WA"])).await, ErrorCode::NotFound, "it lies elsewhere");
        assert_eq!(it.sold_wrong(&[(camera, 1)], it.cameras(&["SA", "SB"])).await, ErrorCode::InvalidQuantity);
        assert_eq!(it.sold_wrong(&[(camera, 1)], it.cameras(&["SA", "SA"])).await, ErrorCode::AlreadyExists);
        assert_eq!(it.sold_wrong(&[(camera, 1)], vec![number(film, "L", 1)]).await, ErrorCode::Invalid);
        assert_eq!(it.here(store, camera).await, (4, 4), "nothing half done");
        // The same goods on two lines, and a lot that both lines of it share.
        let mut units = it.cameras(&["SA", "SB"]);
        units.push(number(film, "L", 3));
        let sale = it.sale(&[(camera, 1), (camera, 1), (film, 2), (film, 1)], units);
        let order = sell(&it.clerk, sale.clone()).await.unwrap().order.id;
        assert!(sell(&it.clerk, sale).await.unwrap().replayed);
        assert_eq!((it.here(store, camera).await, it.here(store, film).await), ((2, 2), (7, 7)));
        let work = clerk::work_of(&world, order).await[0].id;
        let lines: Vec<_> = clerk::lines(&world, work).await.into_iter().map(|line| line.id).collect();
        let gone = stock_unit::Entity::find().filter(stock_unit::Column::Status.eq(StockUnitStatus::Sold));
        let gone = gone.all(world.db()).await.unwrap();
        assert_eq!(gone.iter().map(|row| row.quantity).sum::<i64>(), 5);
        assert!(gone.iter().all(|row| row.handed_over_at.is_some()
            && row.fulfillment_order_line_id.is_some_and(|line| lines.contains(&line))));
        assert!(scan(&it.clerk, "SA").await.unwrap().is_none(), "it is gone");
    }

    /// Two tills scan the same serial number: one sells it.
    async fn two_tills_sell_a_serial_number_once(world: World) {
        let it = Cameras::open(&world).await;
        for code in ["SA", "SB", "SC"] {
            let rivals = std::sync::Arc::new([0, 1].map(|_| (it.clerk.clone(), it.sale(&[(it.camera, 1)], it.cameras(&[code])))));
            let answers = race(2, |till| {
                let rivals = std::sync::Arc::clone(&rivals);
                async move { sell(&rivals[till].0, rivals[till].1.clone()).await.map(|_| ()).map_err(|error| error.code()) }
            })
            .await;
            assert!(answers.contains(&Ok(())) && answers.contains(&Err(ErrorCode::NotFound)), "{answers:?}");
        }
        assert_eq!(it.here(it.shop.store.id, it.camera).await, (1, 1));
    }

    /// Numbers leave with a transfer, are under way, and arrive in order, damaged or never.
    async fn numbers_travel_with_their_transfer(world: World) {
        let it = Cameras::open(&world).await;
        let (camera, film, store) = (it.camera, it.film, it.shop.store.id);
        let id = it.transfer(vec![(camera, 4), (film, 5)]).await;
        assert_eq!(it.dispatch(id, Vec::new()).await, Err(ErrorCode::UnitNumbersRequired));
        assert_eq!(it.dispatch(id, vec![number(film, "L", 6)]).await, Err(ErrorCode::InvalidQuantity));
        let mut units = it.cameras(&["WA", "WB", "WC", "WD"]);
        units.push(number(film, "L", 5));
        it.dispatch(id, units).await.unwrap();
        assert_eq!(it.status("WA").await, StockUnitStatus::InTransit);
        assert_eq!(it.here(it.shop.warehouse.id, film).await, (5, 5));
        // Nobody else can bring in what is under way.
        let line = ReceiveLine { variant_id: camera, quantity: 1, state: StockState::Available };
        let input = ReceiveStock { location_id: store, lines: vec![line], reason: "found".to_owned(), reason_code: None, units: it.cameras(&["WA"]), idempotency_key: it.key() };
        assert_eq!(receive(&it.clerk, input).await.unwrap_err().code(), ErrorCode::AlreadyExists);
        let named = |received: &[&str], damaged: &[&str], missing: &[&str]| Numbers {
            received: it.cameras(received), damaged: it.cameras(damaged), missing: it.cameras(missing),
        };
        let some = |good, bad, gone| Some(vec![(camera, good, bad, gone)]);
        assert_eq!(it.arrive(id, some(1, 0, 0), Numbers::default()).await, Err(ErrorCode::UnitNumbersRequired), "which one?");
        assert_eq!(it.arrive(id, some(1, 0, 0), named(&["SA"], &[], &[])).await, Err(ErrorCode::NotFound));
        assert_eq!(it.arrive(id, some(1, 0, 0), named(&["WA", "WB"], &[], &[])).await, Err(ErrorCode::InvalidQuantity));
        assert_eq!(it.arrive(id, some(1, 1, 0), named(&["WA"], &["WA"], &[])).await, Err(ErrorCode::AlreadyExists));
        it.arrive(id, some(1, 1, 0), named(&["WB"], &["WC"], &[])).await.unwrap();
        assert_eq!((it.here(store, camera).await, it.of("WC").await.location_id), ((6, 6), Some(store)));
        it.arrive(id, some(1, 0, 1), named(&["WD"], &[], &[])).await.unwrap();
        assert_eq!(it.status("WA").await, StockUnitStatus::Removed, "the one that nobody named is the missing one");
        it.arrive(id, Some(vec![(film, 2, 0, 0)]), Numbers { received: vec![number(film, "L", 2)], ..Numbers::default() }).await.unwrap();
        it.arrive(id, None, Numbers::default()).await.unwrap();
        assert_eq!((it.here(store, film).await, it.here(store, camera).await), ((15, 15), (7, 7)));
        let rows = stock_unit::Entity::find().filter(stock_unit::Column::Status.eq(StockUnitStatus::InTransit));
        assert_eq!(rows.all(world.db()).await.unwrap(), []);
    }

    /// A van that breaks down brings its numbers back, or loses them.
    async fn a_transfer_that_is_given_up_takes_its_numbers_along(world: World) {
        let it = Cameras::open(&world).await;
        for (outcome, code, status) in [
            (TransferCancelOutcome::WriteBack, "WA", StockUnitStatus::InStock),
            (TransferCancelOutcome::WriteOff, "WB", StockUnitStatus::Removed),
        ] {
            let id = it.transfer(vec![(it.camera, 1)]).await;
            it.dispatch(id, it.cameras(&[code])).await.unwrap();
            let input = CancelTransfer {
                transfer_id: id,
                expected_version: None,
                outcome: Some(outcome),
                reason: Some("the van broke down".to_owned()),
                idempotency_key: it.key(),
            };
            transfer::cancel(&it.clerk, input).await.unwrap();
            assert_eq!(it.status(code).await, status);
        }
        assert_eq!(it.here(it.shop.warehouse.id, it.camera).await, (3, 3));
    }

    /// A supplier's delivery comes in with its numbers, damaged ones too.
    async fn deliveries_come_in_with_their_numbers(world: World) {
        let it = Cameras::open(&world).await;
        let made = UpsertSupplier { id: None, code: "nikko".to_owned(), name: "Nikko".to_owned(), email: None, phone: None, lead_days: None, active: true, expected_version: None };
        let supplier_id = supplier::upsert(&it.clerk, made).await.unwrap().id;
        let content = PurchaseContent {
            currency: Currency::JPY,
            over_delivery_percent: 0,
            expected_at: None,
            external_reference: None,
            note: String::new(),
            lines: vec![PurchaseLine { variant_id: it.camera, quantity: 2, unit_cost: None }],
        };
        let input = CreatePurchaseOrder { supplier_id, location_id: it.shop.store.id, content, idempotency_key: it.key() };
        let id = purchase::create(&it.clerk, input).await.unwrap().row.id;
        purchase::order(&it.clerk, PurchaseStep { purchase_order_id: id, expected_version: None, idempotency_key: it.key() }).await.unwrap();
        let deliver = |codes: &[&str]| ReceivePurchaseOrder {
            purchase_order_id: id,
            expected_version: None,
            shipping_notice_id: None,
            lines: None,
            units: it.cameras(codes),
            idempotency_key: it.key(),
        };
        let code = |answer: domain::Result<_>| answer.map(|_: domain::transfer::Done<_>| ()).unwrap_err().code();
        assert_eq!(code(purchase::receive(&it.clerk, deliver(&[])).await), ErrorCode::UnitNumbersRequired);
        assert_eq!(code(purchase::receive(&it.clerk, deliver(&["N1"])).await), ErrorCode::InvalidQuantity);
        assert_eq!(code(purchase::receive(&it.clerk, deliver(&["N1", "SA"])).await), ErrorCode::AlreadyExists);
        purchase::receive(&it.clerk, deliver(&["N1", "N2"])).await.unwrap();
        assert_eq!(it.here(it.shop.store.id, it.camera).await, (6, 6));
    }

    /// A pickup's numbers are read when it lies ready or when it is handed over; what is prepared again is free again.
    async fn pickups_take_their_numbers(world: World) {
        let it = Cameras::open(&world).await;
        let store = it.shop.store.id;
        let (_, id) = it.pickup(2).await;
        let wrong = make_ready(&it.clerk, it.ready(id, it.cameras(&["WA"]))).await.unwrap_err();
        assert_eq!(wrong.code(), ErrorCode::NotFound);
        make_ready(&it.clerk, it.ready(id, it.cameras(&["SA", "SB"]))).await.unwrap();
        assert_eq!(it.here(store, it.camera).await, (4, 2), "set aside");
        unready(&it.clerk, id, None).await.unwrap();
        assert_eq!((it.status("SA").await, it.here(store, it.camera).await), (StockUnitStatus::InStock, (4, 4)));
        let pickup = make_ready(&it.clerk, it.ready(id, it.cameras(&["SC", "SD"]))).await.unwrap();
        assert_eq!(it.hand_over(&pickup, 1, Vec::new()).await, Err(ErrorCode::UnitNumbersRequired), "which one?");
        it.hand_over(&pickup, 1, it.cameras(&["SD"])).await.unwrap();
        assert_eq!(it.here(store, it.camera).await, (3, 3), "what was set aside and did not go lies there");
        assert_eq!(it.hand_over(&pickup, 1, Vec::new()).await, Err(ErrorCode::UnitNumbersRequired));
        // Another one than was set aside goes.
        it.hand_over(&pickup, 1, it.cameras(&["SB"])).await.unwrap();
        assert_eq!((it.status("SC").await, it.here(store, it.camera).await), (StockUnitStatus::InStock, (2, 2)));
        // Read when it lay ready, nothing need be read at the counter.
        let (_, id) = it.pickup(1).await;
        let pickup = make_ready(&it.clerk, it.ready(id, it.cameras(&["SA"]))).await.unwrap();
        it.hand_over(&pickup, 1, Vec::new()).await.unwrap();
        assert!(it.of("SA").await.handed_over_at.is_some());
        assert_eq!(it.here(store, it.camera).await, (1, 1));
    }

    /// What nobody collects, and what cannot be found, is settled by number.
    async fn pickups_that_end_early_settle_their_numbers(world: World) {
        let it = Cameras::open(&world).await;
        let store = it.shop.store.id;
        let (_, id) = it.pickup(1).await;
        make_ready(&it.clerk, it.ready(id, it.cameras(&["SA"]))).await.unwrap();
        world.advance(chrono::TimeDelta::days(8));
        assert!(domain::pickup::expire::expire(&world.ctx(), id).await.unwrap());
        assert_eq!((it.status("SA").await, it.here(store, it.camera).await), (StockUnitStatus::InStock, (4, 4)));
        let (order, id) = it.pickup(2).await;
        let line = domain::order::query::lines(world.db(), &[order]).await.unwrap()[0].id;
        let gone = ShortLine { order_line_id: line, quantity: 1, reason: RejectionReason::NotFound, stock_effect: None, note: None };
        let short = MakeReady { short: vec![gone], ..it.ready(id, it.cameras(&["SB"])) };
        assert_eq!(make_ready(&it.clerk, short.clone()).await.unwrap_err().code(), ErrorCode::UnitNumbersRequired);
        make_ready(&it.clerk, MakeReady { missing_units: it.cameras(&["SC"]), ..short }).await.unwrap();
        assert_eq!((it.status("SC").await, it.here(store, it.camera).await), (StockUnitStatus::Removed, (3, 2)));
    }

    /// An opened parcel gives back its own numbers, a rejection those that were set aside, and a parcel that comes back
    /// its own.
    async fn parcels_and_rejections_give_back_their_numbers_only(world: World) {
        let it = Cameras::open(&world).await;
        let (camera, place) = (it.camera, it.shop.warehouse.id);
        let (_, work) = it.shop.ordered_one(camera, 3).await;
        clerk::take(&it.clerk, work).await;
        let line = clerk::lines(&world, work).await[0].id;
        let read = |code: &str| Pack {
            work: vec![work],
            lines: vec![PackLine { line: LineRef::Line(line), quantity: 1, codes: vec![code.to_owned()] }],
            label: clerk::label(),
            expected: Vec::new(),
            idempotency_key: it.key(),
        };
        let first = pack(&it.clerk, read("WA")).await.unwrap().shipment;
        let second = pack(&it.clerk, read("WB")).await.unwrap().shipment;
        unpack(&it.clerk, first.id, None).await.unwrap();
        assert_eq!((it.status("WA").await, it.status("WB").await), (StockUnitStatus::InStock, StockUnitStatus::Sold));
        let aside = UnitsOfWork { fulfillment_order_line_id: line, units: vec![("WC".to_owned(), 1)], idempotency_key: it.key() };
        unit::take_for_work(&it.clerk, aside).await.unwrap();
        let refusal = Reject {
            fulfillment_order_id: work,
            lines: vec![(line, 2)],
            reason: RejectionReason::TooBusy,
            effect: None,
            note: None,
            units: Vec::new(),
            expected_version: None,
            idempotency_key: it.key(),
        };
        reject(&it.clerk, refusal).await.unwrap();
        assert_eq!((it.status("WC").await, it.status("WB").await), (StockUnitStatus::InStock, StockUnitStatus::Sold));
        assert_eq!(it.here(place, camera).await, (4, 3));
        clerk::send(&it.clerk, second.id, &it.key()).await.unwrap();
        let back = ReturnParcel { shipment_id: second.id, lines: Vec::new(), then: Afterwards::Cancel, note: None, idempotency_key: it.key() };
        returned(&it.clerk, back).await.unwrap();
        assert_eq!((it.status("WB").await, it.here(place, camera).await), (StockUnitStatus::InStock, (4, 4)));
    }

    /// What cannot be found is written off by its number; what is shipped in one step leaves with its number.
    async fn one_step_takes_numbers_too(world: World) {
        let it = Cameras::open(&world).await;
        let (camera, place) = (it.camera, it.shop.warehouse.id);
        let (_, work) = it.shop.ordered_one(camera, 1).await;
        let send = |work, codes: &[&str]| Ship {
            work: WorkRef { id: work, expected_version: None },
            label: domain::shipping::parcel::Label { carrier: Some(Carrier::Yamato), ..Default::default() },
            tracking_number: None,
            units: it.cameras(codes),
            idempotency_key: it.key(),
        };
        assert_eq!(ship(&it.clerk, send(work, &[])).await.unwrap_err().code(), ErrorCode::UnitNumbersRequired);
        assert_eq!(ship(&it.clerk, send(work, &["WA", "WB"])).await.unwrap_err().code(), ErrorCode::InvalidQuantity);
        let parcel = ship(&it.clerk, send(work, &["WA"])).await.unwrap().shipment;
        assert_eq!((it.of("WA").await.shipment_id, it.here(place, camera).await), (Some(parcel.id), (3, 3)));
        // Set aside before, and packed without a word: it goes with the parcel.
        let (_, work) = it.shop.ordered_one(camera, 1).await;
        let line = fulfillment_order_line::Entity::find().filter(fulfillment_order_line::Column::FulfillmentOrderId.eq(work));
        let line = line.one(world.db()).await.unwrap().unwrap().id;
        let aside = UnitsOfWork { fulfillment_order_line_id: line, units: vec![("WB".to_owned(), 1)], idempotency_key: it.key() };
        unit::take_for_work(&it.clerk, aside).await.unwrap();
        let parcel = ship(&it.clerk, send(work, &[])).await.unwrap().shipment;
        assert_eq!(it.of("WB").await.shipment_id, Some(parcel.id));
        let (_, work) = it.shop.ordered_one(camera, 1).await;
        let gone = |codes: &[&str]| Reject {
            fulfillment_order_id: work,
            lines: Vec::new(),
            reason: RejectionReason::NotFound,
            effect: Some(entity::words::RejectionEffect::Quantity),
            note: None,
            units: it.cameras(codes),
            expected_version: None,
            idempotency_key: it.key(),
        };
        assert_eq!(reject(&it.clerk, gone(&[])).await.unwrap_err().code(), ErrorCode::UnitNumbersRequired);
        reject(&it.clerk, gone(&["WC"])).await.unwrap();
        assert_eq!((it.status("WC").await, it.here(place, camera).await), (StockUnitStatus::Removed, (1, 1)));
    }
}
