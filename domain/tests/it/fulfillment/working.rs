//! From the queue to the carrier.

use chrono::TimeDelta;
use domain::fulfillment::accept::{accept, put_back};
use domain::fulfillment::hold_work::{HoldWork, hold, release};
use domain::fulfillment::line_ref::LineRef;
use domain::fulfillment::pick::{PickWork, pick};
use domain::fulfillment::queue::{QueueFilter, counts, find, page};
use domain::kernel::paging::PageRequest;
use domain::shipping::pack::{Pack, PackLine, pack};
use domain::shipping::ship::{Ship, ship};
use domain::shipping::unpack::unpack;
use domain::{ErrorCode, Permission};
use entity::event;
use entity::id::FulfillmentOrderId;
use entity::words::{
    DeliveryMethod, FulfillmentHoldReason, FulfillmentOrderStatus, OrderFulfillmentStatus, OrderStatus,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use support::{World, both_databases};

use super::clerk::{
    CLERK, label, lines, now, numbers, order, order_lines, pack_lines, send, status, take, work_of, work_ref,
};
use super::shop::Shop;

async fn told(world: &World, kind: &str) -> Vec<event::Model> {
    event::Entity::find().filter(event::Column::Kind.eq(kind)).all(world.db()).await.unwrap()
}

both_databases! {
    /// One order in two parcels: stock, lines, work and order follow each of them.
    async fn an_order_leaves_in_two_parcels(world: World) {
        let shop = Shop::open(&world).await;
        let mug = world.product("mug").price(&shop.online, 1_000).stock(&shop.warehouse, 9).create().await;
        let clerk = world.staff_at(shop.warehouse.id, CLERK).await;
        let (order_id, work) = shop.ordered_one(mug.id(), 3).await;
        take(&clerk, work).await;
        assert_eq!(order(&world, order_id).await.fulfillment_status, OrderFulfillmentStatus::InProgress);
        let line = lines(&world, work).await[0].id;

        let first = pack_lines(&clerk, &[work], &[(line, 2)], "pack-1").await.unwrap().shipment;
        assert_eq!(status(&world, work).await, "IN_PROGRESS");
        assert_eq!(numbers(&world, work).await, (3, 2, 2, 0, 0));
        let sent = send(&clerk, first.id, "send-1").await.unwrap().shipment;
        assert_eq!(sent.tracking_number.as_deref(), Some("123456789012"));
        assert_eq!(sent.shipped_at, Some(world.now()));
        assert_eq!(shop.level(&shop.warehouse, mug.id()).await, (7, 1));
        assert_eq!(order_lines(&world, order_id).await[0].fulfilled, 2);
        assert_eq!(order(&world, order_id).await.fulfillment_status, OrderFulfillmentStatus::PartiallyFulfilled);
        world.audit().await;

        let second = pack_lines(&clerk, &[work], &[], "pack-2").await.unwrap().shipment;
        assert_eq!(status(&world, work).await, "PACKED");
        send(&clerk, second.id, "send-2").await.unwrap();
        assert_eq!(status(&world, work).await, "CLOSED");
        assert_eq!(numbers(&world, work).await, (3, 3, 3, 3, 0));
        assert_eq!(shop.level(&shop.warehouse, mug.id()).await, (6, 0));
        let done = order(&world, order_id).await;
        assert_eq!((done.fulfillment_status, done.status), (OrderFulfillmentStatus::Fulfilled, OrderStatus::Closed));
        let events = told(&world, "shipment_dispatched").await;
        assert_eq!(events.len(), 2);
        assert_eq!(events[0].payload["order_ids"][0], order_id.to_string());
    }

    /// Sending the same again by the same key changes nothing, with another input it is refused.
    async fn keys_make_parcels_once(world: World) {
        let shop = Shop::open(&world).await;
        let mug = world.product("mug").price(&shop.online, 1_000).stock(&shop.warehouse, 9).create().await;
        let clerk = world.staff_at(shop.warehouse.id, CLERK).await;
        let (_, work) = shop.ordered_one(mug.id(), 2).await;
        take(&clerk, work).await;
        let line = lines(&world, work).await[0].id;
        let packed = pack_lines(&clerk, &[work], &[(line, 1)], "pack").await.unwrap();
        let again = pack_lines(&clerk, &[work], &[(line, 1)], "pack").await.unwrap();
        assert_eq!((packed.shipment.id, false, true), (again.shipment.id, packed.replayed, again.replayed));
        let refused = pack_lines(&clerk, &[work], &[(line, 2)], "pack").await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::IdempotencyKeyReused);
        send(&clerk, packed.shipment.id, "send").await.unwrap();
        assert!(send(&clerk, packed.shipment.id, "send").await.unwrap().replayed);
        assert_eq!(shop.level(&shop.warehouse, mug.id()).await, (8, 1));
        let refused = send(&clerk, packed.shipment.id, "other").await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::InvalidTransition);
    }

    /// Two orders of one household go in one parcel; orders to different places do not.
    async fn orders_to_one_recipient_share_a_parcel(world: World) {
        let shop = Shop::open(&world).await;
        let mug = world.product("mug").price(&shop.online, 1_000).stock(&shop.warehouse, 9).create().await;
        let clerk = world.staff_at(shop.warehouse.id, CLERK).await;
        let (one_order, one) = shop.ordered_one(mug.id(), 1).await;
        let (other_order, other) = shop.ordered_one(mug.id(), 2).await;
        accept(&clerk, &[work_ref(one), work_ref(other)]).await.unwrap();
        let parcel = pack_lines(&clerk, &[one, other], &[], "pack").await.unwrap().shipment;
        send(&clerk, parcel.id, "send").await.unwrap();
        for id in [one_order, other_order] {
            assert_eq!(order(&world, id).await.fulfillment_status, OrderFulfillmentStatus::Fulfilled);
        }
        let (third_order, third) = shop.ordered_one(mug.id(), 1).await;
        let (_, fourth) = shop.ordered_one(mug.id(), 1).await;
        let mut elsewhere: entity::order::ActiveModel = order(&world, third_order).await.into();
        let mut address = support::build::japanese_address();
        address.line1 = "渋谷1-1-1".to_owned();
        elsewhere.shipping_address = sea_orm::Set(Some(address));
        entity::order::Entity::update(elsewhere).exec(world.db()).await.unwrap();
        accept(&clerk, &[work_ref(third), work_ref(fourth)]).await.unwrap();
        let refused = pack_lines(&clerk, &[third, fourth], &[], "mixed").await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::ParcelMismatch);
    }

    /// A scanner's code must be in the work; more than is left cannot be packed.
    async fn the_scanner_notices_foreign_goods(world: World) {
        let shop = Shop::open(&world).await;
        let with = |row: &mut entity::variant::Model| row.barcode = Some("4901234567894".to_owned());
        let mug = world.product("mug").with(with).price(&shop.online, 1_000).stock(&shop.warehouse, 9).create().await;
        let clerk = world.staff_at(shop.warehouse.id, CLERK).await;
        let (_, work) = shop.ordered_one(mug.id(), 2).await;
        take(&clerk, work).await;
        let scan = |code: &str, quantity: i64, key: &str| {
            let line = PackLine {
                line: LineRef::Scan { work: Some(work), code: code.to_owned() },
                quantity,
                codes: Vec::new(),
            };
            Pack {
                work: vec![work],
                lines: vec![line],
                label: label(),
                expected: Vec::new(),
                idempotency_key: key.to_owned(),
            }
        };
        for (code, quantity, wanted) in [
            ("4912345678904", 1, ErrorCode::NotInWork),
            ("", 1, ErrorCode::NotInWork),
            ("4901234567894", 3, ErrorCode::InvalidQuantity),
            ("4901234567894", 0, ErrorCode::InvalidQuantity),
            ("4901234567894", -1, ErrorCode::InvalidQuantity),
        ] {
            assert_eq!(pack(&clerk, scan(code, quantity, "refused")).await.unwrap_err().code(), wanted, "{code} {quantity}");
        }
        pack(&clerk, scan("4901234567894", 1, "one")).await.unwrap();
        pack(&clerk, scan("mug", 1, "two")).await.unwrap();
        assert_eq!(status(&world, work).await, "PACKED");
    }

    /// A parcel that has not left can be opened; then its units can be packed otherwise.
    async fn a_parcel_is_opened_again(world: World) {
        let shop = Shop::open(&world).await;
        let mug = world.product("mug").price(&shop.online, 1_000).stock(&shop.warehouse, 9).create().await;
        let clerk = world.staff_at(shop.warehouse.id, CLERK).await;
        let (_, work) = shop.ordered_one(mug.id(), 2).await;
        take(&clerk, work).await;
        let parcel = pack_lines(&clerk, &[work], &[], "pack").await.unwrap().shipment;
        assert_eq!(unpack(&clerk, parcel.id, Some(9)).await.unwrap_err().code(), ErrorCode::StaleVersion);
        let voided = unpack(&clerk, parcel.id, Some(parcel.version)).await.unwrap();
        assert_eq!(voided.voided_at, Some(world.now()));
        assert_eq!((status(&world, work).await.as_str(), numbers(&world, work).await), ("IN_PROGRESS", (2, 2, 0, 0, 0)));
        assert_eq!(unpack(&clerk, parcel.id, None).await.unwrap_err().code(), ErrorCode::InvalidTransition);
        assert_eq!(send(&clerk, parcel.id, "send").await.unwrap_err().code(), ErrorCode::InvalidTransition);
        world.audit().await;
        let parcel = pack_lines(&clerk, &[work], &[], "again").await.unwrap().shipment;
        send(&clerk, parcel.id, "send-again").await.unwrap();
        assert_eq!(unpack(&clerk, parcel.id, None).await.unwrap_err().code(), ErrorCode::InvalidTransition);
    }

    /// A small shop sends in one step, once per key.
    async fn one_step_ships(world: World) {
        let shop = Shop::open(&world).await;
        let mug = world.product("mug").price(&shop.online, 1_000).stock(&shop.warehouse, 9).create().await;
        let clerk = world.staff_at(shop.warehouse.id, CLERK).await;
        let (order_id, work) = shop.ordered_one(mug.id(), 2).await;
        let input = Ship { units: Vec::new(),
            work: work_ref(work),
            label: label(),
            tracking_number: None,
            idempotency_key: "ship".to_owned(),
        };
        let nonsense = Ship { tracking_number: Some("x".to_owned()), ..input.clone() };
        assert_eq!(ship(&clerk, nonsense).await.unwrap_err().code(), ErrorCode::Invalid);
        let parcel = ship(&clerk, input.clone()).await.unwrap();
        assert_eq!(parcel.shipment.shipped_at, Some(world.now()));
        assert!(ship(&clerk, input.clone()).await.unwrap().replayed);
        let other = Ship { idempotency_key: "other".to_owned(), ..input };
        assert_eq!(ship(&clerk, other).await.unwrap_err().code(), ErrorCode::InvalidTransition);
        assert_eq!(order(&world, order_id).await.status, OrderStatus::Closed);
        assert_eq!(shop.level(&shop.warehouse, mug.id()).await, (7, 0));
    }

    /// A bundle counts as gone when all its parts are.
    async fn a_bundle_leaves_with_its_last_part(world: World) {
        let shop = Shop::open(&world).await;
        let cup = world.product("cup").stock(&shop.warehouse, 20).create().await;
        let plate = world.product("plate").stock(&shop.warehouse, 20).create().await;
        let set = world.product("set").price(&shop.online, 1_000).component(&cup, 2).component(&plate, 1).create().await;
        let clerk = world.staff_at(shop.warehouse.id, CLERK).await;
        let (order_id, work) = shop.ordered_one(set.id(), 2).await;
        take(&clerk, work).await;
        let all = lines(&world, work).await;
        let line = |variant| all.iter().find(|line| line.variant_id == variant).unwrap().id;
        let first = pack_lines(&clerk, &[work], &[(line(cup.id()), 4)], "cups").await.unwrap().shipment;
        send(&clerk, first.id, "send-cups").await.unwrap();
        assert_eq!(order_lines(&world, order_id).await[0].fulfilled, 0);
        let second = pack_lines(&clerk, &[work], &[(line(plate.id()), 1)], "plate").await.unwrap().shipment;
        send(&clerk, second.id, "send-plate").await.unwrap();
        assert_eq!(order_lines(&world, order_id).await[0].fulfilled, 1);
        let third = pack_lines(&clerk, &[work], &[], "rest").await.unwrap().shipment;
        send(&clerk, third.id, "send-rest").await.unwrap();
        assert_eq!(order_lines(&world, order_id).await[0].fulfilled, 2);
        assert_eq!(order(&world, order_id).await.status, OrderStatus::Closed);
    }

    /// Held work waits; what was picked goes back with put-back work.
    async fn work_is_held_and_put_back(world: World) {
        let shop = Shop::open(&world).await;
        let mug = world.product("mug").price(&shop.online, 1_000).stock(&shop.warehouse, 9).create().await;
        let clerk = world.staff_at(shop.warehouse.id, CLERK).await;
        let (order_id, work) = shop.ordered_one(mug.id(), 2).await;
        let input = HoldWork {
            work: work_ref(work),
            reason: FulfillmentHoldReason::Address,
            note: Some(" the house number is missing ".to_owned()),
        };
        let held = hold(&clerk, input.clone()).await.unwrap();
        assert_eq!(held.hold_reason.as_deref(), Some("ADDRESS"));
        assert_eq!(held.hold_note.as_deref(), Some("the house number is missing"));
        assert_eq!(order(&world, order_id).await.fulfillment_status, OrderFulfillmentStatus::OnHold);
        assert_eq!(accept(&clerk, &[work_ref(work)]).await.unwrap_err().code(), ErrorCode::InvalidTransition);
        assert_eq!(hold(&clerk, input).await.unwrap_err().code(), ErrorCode::InvalidTransition);
        let free = release(&clerk, work_ref(work)).await.unwrap();
        assert_eq!((free.hold_reason, free.hold_note), (None, None));

        take(&clerk, work).await;
        let input = PickWork {
            fulfillment_order_id: work,
            lines: Vec::new(),
            expected_version: None,
            idempotency_key: "pick".to_owned(),
        };
        pick(&clerk, input).await.unwrap();
        assert_eq!(numbers(&world, work).await, (2, 2, 0, 0, 0));
        put_back(&clerk, &[work_ref(work)]).await.unwrap();
        assert_eq!(numbers(&world, work).await, (2, 0, 0, 0, 0));
        take(&clerk, work).await;
        pack_lines(&clerk, &[work], &[(lines(&world, work).await[0].id, 1)], "pack").await.unwrap();
        assert_eq!(put_back(&clerk, &[work_ref(work)]).await.unwrap_err().code(), ErrorCode::UnpackFirst);
    }

    /// Work elsewhere does not exist for a clerk, and a version that somebody else has changed is refused.
    async fn a_clerk_reaches_only_the_own_location(world: World) {
        let shop = Shop::open(&world).await;
        let mug = world.product("mug").price(&shop.online, 1_000).stock(&shop.warehouse, 9).create().await;
        let stranger = world.staff_at(shop.store.id, CLERK).await;
        let clerk = world.staff_at(shop.warehouse.id, CLERK).await;
        let reader = world.staff_at(shop.warehouse.id, &[Permission::OrdersRead]).await;
        let (_, work) = shop.ordered_one(mug.id(), 2).await;
        assert_eq!(accept(&stranger, &[work_ref(work)]).await.unwrap_err().code(), ErrorCode::NotFound);
        assert_eq!(accept(&reader, &[work_ref(work)]).await.unwrap_err().code(), ErrorCode::Forbidden);
        assert_eq!(accept(&world.guest(), &[work_ref(work)]).await.unwrap_err().code(), ErrorCode::Unauthenticated);
        assert_eq!(find(&stranger, work).await.unwrap(), None);
        assert!(find(&clerk, work).await.unwrap().is_some());
        let stale = domain::fulfillment::desk::WorkRef { id: work, expected_version: Some(7) };
        assert_eq!(accept(&clerk, &[stale]).await.unwrap_err().code(), ErrorCode::StaleVersion);
        take(&clerk, work).await;
        assert_eq!(pack_lines(&stranger, &[work], &[], "pack").await.unwrap_err().code(), ErrorCode::NotFound);
        let parcel = pack_lines(&clerk, &[work], &[], "pack").await.unwrap().shipment;
        assert_eq!(send(&stranger, parcel.id, "send").await.unwrap_err().code(), ErrorCode::NotFound);
        assert_eq!(unpack(&stranger, parcel.id, None).await.unwrap_err().code(), ErrorCode::NotFound);
    }

    /// Goods that a customer collects have steps of their own.
    async fn pickups_are_not_packed(world: World) {
        let shop = Shop::open(&world).await;
        let mug = world.product("mug").price(&shop.online, 1_000).stock(&shop.store, 9).create().await;
        let clerk = world.staff(CLERK).await;
        let (_, work) = shop.ordered(&[(mug.id(), 1, DeliveryMethod::Pickup, Some(shop.store.id))]).await;
        let id = work[0].id;
        assert_eq!(accept(&clerk, &[work_ref(id)]).await.unwrap_err().code(), ErrorCode::PickupWork);
        assert_eq!(pack_lines(&clerk, &[id], &[], "pack").await.unwrap_err().code(), ErrorCode::PickupWork);
    }

    /// What was promised first stands first; pages, filters and counts agree.
    async fn the_queue_is_sorted_filtered_and_counted(world: World) {
        let shop = Shop::open(&world).await;
        let mug = world.product("mug").price(&shop.online, 1_000).stock(&shop.warehouse, 50).create().await;
        let clerk = world.staff_at(shop.warehouse.id, CLERK).await;
        let mut ids: Vec<FulfillmentOrderId> = Vec::new();
        for _ in 0..5 {
            world.advance(TimeDelta::hours(1));
            ids.push(shop.ordered_one(mug.id(), 1).await.1);
        }
        take(&clerk, ids[4]).await;
        let first = PageRequest::new(Some(2), None, None, None).unwrap();
        let page_one = page(&clerk, &QueueFilter::default(), &first).await.unwrap();
        let seen: Vec<_> = page_one.rows.iter().map(|(_, work)| work.id).collect();
        assert_eq!((seen, page_one.has_next), (ids[..2].to_vec(), true));
        let after = page_one.rows[1].0.encode();
        let rest = PageRequest::new(Some(9), Some(&after), None, None).unwrap();
        let rest = page(&clerk, &QueueFilter::default(), &rest).await.unwrap();
        assert_eq!(rest.rows.iter().map(|(_, work)| work.id).collect::<Vec<_>>(), ids[2..].to_vec());
        let before = rest.rows[1].0.encode();
        let back = PageRequest::new(None, None, Some(2), Some(&before)).unwrap();
        let back = page(&clerk, &QueueFilter::default(), &back).await.unwrap();
        assert_eq!(back.rows.iter().map(|(_, work)| work.id).collect::<Vec<_>>(), ids[1..3].to_vec());

        world.advance(TimeDelta::minutes(20 * 60 + 30));
        let late = QueueFilter { late: Some(true), ..QueueFilter::default() };
        let found = page(&clerk, &late, &PageRequest::default()).await.unwrap();
        assert_eq!(found.rows.iter().map(|(_, work)| work.id).collect::<Vec<_>>(), ids[..1].to_vec());
        let counted = counts(&clerk, &[]).await.unwrap();
        let of = |status| *counted.iter().find(|count| count.status == status).unwrap();
        let open = of(FulfillmentOrderStatus::Open);
        assert_eq!((open.total, open.late, open.at_risk), (4, 1, 3));
        let begun = of(FulfillmentOrderStatus::InProgress);
        assert_eq!((begun.total, begun.late, begun.at_risk), (1, 0, 1));
        assert_eq!(of(FulfillmentOrderStatus::Packed).total, 0);

        let number = order(&world, now(&world, ids[3]).await.order_id).await.number;
        let by_number = QueueFilter { order_number: Some(number.to_lowercase()), ..QueueFilter::default() };
        let found = page(&clerk, &by_number, &PageRequest::default()).await.unwrap();
        assert_eq!(found.rows.iter().map(|(_, work)| work.id).collect::<Vec<_>>(), [ids[3]]);
        let filters = [
            (QueueFilter { statuses: vec![FulfillmentOrderStatus::InProgress], ..QueueFilter::default() }, 1),
            (QueueFilter { methods: vec![DeliveryMethod::Pickup], ..QueueFilter::default() }, 0),
            (QueueFilter { shipping_methods: vec![shop.shipping], ..QueueFilter::default() }, 5),
            (QueueFilter { carriers: vec![entity::words::Carrier::Sagawa], ..QueueFilter::default() }, 0),
            (QueueFilter { locations: vec![shop.store.id], ..QueueFilter::default() }, 0),
            (QueueFilter { due_within: Some(TimeDelta::hours(2)), ..QueueFilter::default() }, 3),
        ];
        for (filter, wanted) in filters {
            let found = page(&clerk, &filter, &PageRequest::default()).await.unwrap();
            assert_eq!(found.rows.len(), wanted, "{filter:?}");
        }
        let stranger = world.staff_at(shop.store.id, CLERK).await;
        assert!(page(&stranger, &QueueFilter::default(), &PageRequest::default()).await.unwrap().rows.is_empty());
        assert_eq!(work_of(&world, now(&world, ids[0]).await.order_id).await.len(), 1);
    }
}
