//! A logistics provider: it polls work, takes it on, and tells what it did, in any order.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use domain::fulfillment::acknowledge::{Acknowledged, Acknowledgement, acknowledge};
use domain::fulfillment::external::TaskRef;
use domain::fulfillment::hold_work::{HoldWork, hold};
use domain::fulfillment::line_ref::LineRef;
use domain::inventory::sync::{StockSync, SyncItem, sync};
use domain::pickup::cancel_order::{CancelOrder, cancel_order};
use domain::shipping::confirm::{
    Confirm, Confirmation, Confirmed, Fact, ParcelLeft, RefusedLine, UnitsRefused, confirm,
};
use domain::shipping::feed::{Feed, feed};
use domain::shipping::pack::PackLine;
use domain::{Ctx, ErrorCode, Permission};
use entity::id::{FulfillmentOrderId, LocationId};
use entity::words::{
    Carrier, FulfillmentHoldReason, FulfillmentOrderStatus, RejectionEffect, RejectionReason, StockSyncMode,
    SyncErrorPolicy,
};
use support::{Sku, World, both_databases, race};

use super::keys::app;
use crate::fulfillment::clerk::{CLERK, now, numbers, work_of, work_ref};
use crate::fulfillment::shop::Shop;

/// A shop whose warehouse is run by a provider.
struct Provider {
    shop: Shop,
    mug: Sku,
    key: Ctx,
}

impl Provider {
    async fn open(world: &World, stock: i64) -> Self {
        let shop = Shop::open(world).await;
        let mug = world.product("mug").price(&shop.online, 1_000).stock(&shop.warehouse, stock).create().await;
        let key = app(world, &[Permission::StockSync, Permission::FulfillmentWork], &[shop.warehouse.id]).await;
        Self { shop, mug, key }
    }

    async fn ordered(&self, quantity: i64) -> FulfillmentOrderId {
        self.shop.ordered_one(self.mug.id(), quantity).await.1
    }

    async fn poll(&self, after: Option<&str>, first: i32) -> Feed {
        feed(&self.key, self.shop.warehouse.id, after, Some(first)).await.unwrap().unwrap()
    }

    async fn tell(&self, fact: Confirmation) -> Confirmed {
        tell(&self.key, fact).await
    }

    async fn on_hand(&self) -> (i64, i64) {
        self.shop.level(&self.shop.warehouse, self.mug.id()).await
    }

    async fn snapshot(&self, sku: &str, quantity: i64, minutes: i64, key: &str) {
        let world = &self.shop.world;
        let item = SyncItem {
            sku: Some(sku.to_owned()),
            location_id: Some(self.shop.warehouse.id),
            quantity,
            at: Some(super::ago(world, minutes)),
            ..SyncItem::default()
        };
        let input = StockSync {
            source: "acme".to_owned(),
            mode: StockSyncMode::Absolute,
            policy: SyncErrorPolicy::SkipFailed,
            items: vec![item],
            idempotency_key: key.to_owned(),
        };
        sync(&self.key, input).await.unwrap();
    }
}

async fn tell(key: &Ctx, fact: Confirmation) -> Confirmed {
    let input = Confirm { source: "acme".to_owned(), confirmations: vec![fact] };
    confirm(key, &input).await.unwrap().pop().unwrap()
}

async fn ack(key: &Ctx, work: FulfillmentOrderId, reference: &str) -> Acknowledged {
    let item = Acknowledgement { work: TaskRef::Id(work), external_reference: reference.to_owned() };
    acknowledge(key, &[item]).await.unwrap().pop().unwrap()
}

fn parcel(work: FulfillmentOrderId, id: &str, units: i64) -> Confirmation {
    let line = LineRef::Scan { work: None, code: "mug".to_owned() };
    let lines = if units == 0 { Vec::new() } else { vec![PackLine { line, quantity: units, codes: Vec::new() }] };
    let left = ParcelLeft { carrier: Some(Carrier::Yamato), lines, ..ParcelLeft::default() };
    Confirmation { external_id: id.to_owned(), work: TaskRef::Id(work), fact: Fact::Parcel(left) }
}

fn with(mut confirmation: Confirmation, change: impl FnOnce(&mut ParcelLeft)) -> Confirmation {
    if let Fact::Parcel(left) = &mut confirmation.fact {
        change(left);
    }
    confirmation
}

fn refusal(work: FulfillmentOrderId, id: &str, units: i64, effect: RejectionEffect) -> Confirmation {
    let line = LineRef::Scan { work: None, code: "mug".to_owned() };
    let lines = vec![RefusedLine { line, quantity: units }];
    let fact = UnitsRefused { lines, reason: RejectionReason::NotFound, effect, note: None };
    Confirmation { external_id: id.to_owned(), work: TaskRef::Id(work), fact: Fact::Refusal(fact) }
}

fn code(done: &Confirmed) -> Option<ErrorCode> {
    done.error.as_ref().map(domain::Error::code)
}

both_databases! {
    /// A poller sees each change, with all that a parcel needs; nothing of a person stays when the goods left.
    async fn a_poller_misses_nothing(world: World) {
        let provider = Provider::open(&world, 20).await;
        let mut work = BTreeSet::new();
        for quantity in 1..=5 {
            work.insert(provider.ordered(quantity).await);
            world.advance(TimeDelta::minutes(1));
        }
        let (mut seen, mut cursor) = (BTreeSet::new(), None);
        loop {
            let page = provider.poll(cursor.as_deref(), 2).await;
            seen.extend(page.tasks.iter().map(|task| task.work.id));
            cursor = Some(page.cursor);
            if !page.has_more {
                break;
            }
        }
        assert_eq!(seen, work);
        assert!(provider.poll(cursor.as_deref(), 100).await.tasks.is_empty(), "nothing changed since");
        let first = provider.poll(None, 1).await.tasks.remove(0);
        let line = &first.lines[0];
        assert_eq!((line.sku.as_deref(), line.line.quantity, first.work.status), (Some("mug"), 1, FulfillmentOrderStatus::Open));
        assert!(first.recipient.is_some() && first.work.fulfill_by.is_some() && first.service.is_some());
        provider.tell(parcel(first.work.id, "P-1", 0)).await;
        let told = provider.poll(cursor.as_deref(), 100).await;
        assert_eq!(told.tasks.len(), 1);
        let left = &told.tasks[0];
        assert_eq!((left.work.status, left.parcels.len()), (FulfillmentOrderStatus::Closed, 1));
        assert!(left.recipient.is_none(), "who it went to is nobody's business any more");
        // Within the overlap it is told again, then no more.
        assert_eq!(provider.poll(Some(&told.cursor), 100).await.tasks.len(), 1);
        world.advance(TimeDelta::minutes(1));
        let again = provider.poll(Some(&told.cursor), 100).await;
        assert!(provider.poll(Some(&again.cursor), 100).await.tasks.is_empty());
        assert_eq!(feed(&provider.key, provider.shop.store.id, None, None).await.unwrap().map(|feed| feed.tasks.len()), None);
        let refused = feed(&provider.key, provider.shop.warehouse.id, Some("nonsense"), None).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::InvalidCursor);
    }

    /// Polling costs the same whatever there is to tell.
    async fn polling_takes_few_statements(world: World) {
        let provider = Provider::open(&world, 50).await;
        for _ in 0..6 {
            provider.ordered(2).await;
        }
        let before = provider.key.statements.get();
        assert_eq!(provider.poll(None, 100).await.tasks.len(), 6);
        let cost = provider.key.statements.get() - before;
        assert!(cost <= 12, "{cost} statements");
    }

    /// Acknowledged work has an id in the other system and is accepted; the same again changes nothing.
    async fn acknowledging_takes_work_once(world: World) {
        let provider = Provider::open(&world, 20).await;
        let (work, other) = (provider.ordered(2).await, provider.ordered(1).await);
        let taken = ack(&provider.key, work, "A-1").await;
        assert!(taken.error.is_none() && !taken.replayed);
        assert_eq!(now(&world, work).await.status, FulfillmentOrderStatus::InProgress);
        assert!(ack(&provider.key, work, "A-1").await.replayed);
        let code = |done: Acknowledged| done.error.map(|error| (error.code(), error.path().to_owned()));
        let exists = Some((ErrorCode::AlreadyExists, "items.0.externalReference".to_owned()));
        assert_eq!(code(ack(&provider.key, work, "A-2").await), exists);
        assert_eq!(code(ack(&provider.key, other, "A-1").await), exists, "two orders, one id");
        assert_eq!(now(&world, other).await.status, FulfillmentOrderStatus::Open);
        let elsewhere = app(&world, &[Permission::StockSync], &[provider.shop.store.id]).await;
        assert_eq!(ack(&elsewhere, other, "B-1").await.error.unwrap().code(), ErrorCode::NotFound);
        let answers = race(8, |_| {
            let key = provider.key.clone();
            async move { ack(&key, other, "A-9").await }
        })
        .await;
        assert!(answers.iter().all(|done| done.error.is_none()));
        assert_eq!(answers.iter().filter(|done| !done.replayed).count(), 1);
    }

    /// A confirmation overtook the acknowledgement: the id is kept, nothing else is changed, and it may be told again.
    async fn an_acknowledgement_may_come_last(world: World) {
        let provider = Provider::open(&world, 20).await;
        let work = provider.ordered(2).await;
        assert_eq!(code(&provider.tell(parcel(work, "P-1", 0)).await), None);
        assert_eq!(now(&world, work).await.status, FulfillmentOrderStatus::Closed);
        let late = ack(&provider.key, work, "A-1").await;
        assert!(late.error.is_none() && !late.replayed, "{late:?}");
        let row = now(&world, work).await;
        assert_eq!((row.status, row.external_reference.as_deref()), (FulfillmentOrderStatus::Closed, Some("A-1")));
        assert!(ack(&provider.key, work, "A-1").await.replayed);
        assert_eq!(now(&world, work).await.version, row.version);
        assert_eq!(ack(&provider.key, work, "A-2").await.error.unwrap().code(), ErrorCode::AlreadyExists);
        assert_eq!(provider.on_hand().await, (18, 0));
    }

    /// The second parcel before the first, work that was never accepted, and each word told twice: one end.
    async fn parcels_arrive_in_any_order_and_twice(world: World) {
        let provider = Provider::open(&world, 10).await;
        let work = provider.ordered(3).await;
        let second = provider.tell(parcel(work, "P-2", 1)).await;
        assert_eq!((code(&second), second.replayed), (None, false));
        assert_eq!(second.task.unwrap().work.status, FulfillmentOrderStatus::InProgress);
        assert_eq!(numbers(&world, work).await, (3, 1, 1, 1, 0));
        let first = provider.tell(parcel(work, "P-1", 2)).await;
        assert_eq!(first.task.unwrap().work.status, FulfillmentOrderStatus::Closed);
        assert_eq!(provider.on_hand().await, (7, 0));
        for (id, units) in [("P-1", 2), ("P-2", 1), ("P-1", 0)] {
            let again = provider.tell(parcel(work, id, units)).await;
            assert!(again.replayed && again.shipment.is_some(), "{id}");
        }
        assert_eq!(provider.on_hand().await, (7, 0));
        assert_eq!(code(&provider.tell(parcel(work, "P-1", 1)).await), Some(ErrorCode::IdempotencyKeyReused));
        // A number that was not known at first.
        let number = |id: &str, number: &str| {
            let number = number.to_owned();
            with(parcel(work, id, 0), move |left| left.tracking_number = Some(number))
        };
        let told = provider.tell(number("P-1", "1234-5678-9012")).await;
        assert_eq!((told.replayed, told.shipment.unwrap().tracking_number.as_deref()), (true, Some("123456789012")));
        assert_eq!(code(&provider.tell(number("P-1", "123456789012")).await), None);
        assert_eq!(code(&provider.tell(number("P-1", "999999999999")).await), Some(ErrorCode::AlreadyExists));
        // More than there was.
        let late = provider.tell(parcel(work, "P-3", 1)).await;
        assert_eq!(code(&late), Some(ErrorCode::InvalidTransition));
        assert_eq!(late.task.unwrap().parcels.len(), 2, "the answer says what happened");
    }

    /// One parcel told by many at once leaves once.
    async fn one_parcel_told_at_once_leaves_once(world: World) {
        let provider = Provider::open(&world, 10).await;
        let work = provider.ordered(2).await;
        let answers = race(10, |_| {
            let key = provider.key.clone();
            async move { tell(&key, parcel(work, "P-1", 2)).await }
        })
        .await;
        assert!(answers.iter().all(|done| done.error.is_none()), "{answers:?}");
        assert_eq!(answers.iter().filter(|done| !done.replayed).count(), 1);
        assert_eq!(provider.on_hand().await, (8, 0));
    }

    /// What left is gone: a hold ends, a cancellation comes too late or the parcel does; whoever loses hears what happened.
    async fn facts_win_over_plans(world: World) {
        let provider = Provider::open(&world, 20).await;
        let clerk = world.staff_at(provider.shop.warehouse.id, CLERK).await;
        let held = provider.ordered(1).await;
        let why = HoldWork { work: work_ref(held), reason: FulfillmentHoldReason::Address, note: None };
        hold(&clerk, why).await.unwrap();
        assert_eq!(code(&provider.tell(parcel(held, "H-1", 0)).await), None);
        assert_eq!(now(&world, held).await.status, FulfillmentOrderStatus::Closed);

        let gone = provider.ordered(1).await;
        provider.tell(parcel(gone, "G-1", 0)).await;
        let back = provider.tell(refusal(gone, "G-2", 1, RejectionEffect::Nothing)).await;
        assert_eq!(code(&back), Some(ErrorCode::InvalidTransition));
        let task = back.task.unwrap();
        assert_eq!((task.work.status, task.parcels[0].external_reference.as_deref()), (FulfillmentOrderStatus::Closed, Some("G-1")));

        let (order_id, canceled) = provider.shop.ordered_one(provider.mug.id(), 1).await;
        let input = CancelOrder {
            order_id,
            lines: Vec::new(),
            reason: entity::words::CancelReason::Customer,
 notify: false,
 note: None,
            expected_version: None,
            idempotency_key: "cancel".to_owned(),
        };
        cancel_order(&world.staff(CLERK).await, input).await.unwrap();
        let late = provider.tell(parcel(canceled, "C-1", 0)).await;
        assert_eq!(code(&late), Some(ErrorCode::InvalidTransition));
        assert_eq!(late.task.unwrap().work.status, FulfillmentOrderStatus::Canceled);
    }

    /// Units that cannot be given go elsewhere, once; their other parcels still leave.
    async fn units_are_given_back_once(world: World) {
        let provider = Provider::open(&world, 10).await;
        world.stock(&provider.shop.store, provider.mug.id(), 10).await;
        let (order, work) = provider.shop.ordered_one(provider.mug.id(), 3).await;
        let back = provider.tell(refusal(work, "R-1", 1, RejectionEffect::Quantity)).await;
        assert_eq!((code(&back), back.replayed), (None, false));
        assert!(provider.tell(refusal(work, "R-1", 1, RejectionEffect::Quantity)).await.replayed);
        let other = provider.tell(refusal(work, "R-1", 2, RejectionEffect::Quantity)).await;
        assert_eq!(code(&other), Some(ErrorCode::IdempotencyKeyReused));
        assert_eq!(provider.on_hand().await, (9, 2));
        provider.tell(parcel(work, "P-1", 2)).await;
        assert_eq!(now(&world, work).await.status, FulfillmentOrderStatus::Closed);
        assert_eq!(provider.on_hand().await, (7, 0));
        let elsewhere: Vec<Option<LocationId>> =
            work_of(&world, order).await.iter().filter(|other| other.id != work).map(|other| other.location_id).collect();
        assert_eq!(elsewhere, [Some(provider.shop.store.id)]);
        // Giving units back is work: a key that only syncs may not.
        let only_sync = app(&world, &[Permission::StockSync], &[provider.shop.warehouse.id]).await;
        let input = Confirm {
            source: "acme".to_owned(),
            confirmations: vec![refusal(provider.ordered(1).await, "R-2", 1, RejectionEffect::Nothing)],
        };
        assert_eq!(confirm(&only_sync, &input).await.unwrap_err().code(), ErrorCode::Forbidden);
    }

    /// A key of one location does not see, and does not change, the work of another.
    async fn a_key_reaches_only_its_own_work(world: World) {
        let provider = Provider::open(&world, 10).await;
        let work = provider.ordered(1).await;
        ack(&provider.key, work, "A-1").await;
        let elsewhere = app(&world, &[Permission::StockSync], &[provider.shop.store.id]).await;
        let by_reference = Confirmation { work: TaskRef::Reference("A-1".to_owned()), ..parcel(work, "P-1", 0) };
        for fact in [parcel(work, "P-1", 0), by_reference.clone()] {
            let refused = tell(&elsewhere, fact).await;
            assert_eq!((code(&refused), refused.task.is_none()), (Some(ErrorCode::NotFound), true));
        }
        assert_eq!(code(&provider.tell(by_reference).await), None);
        assert_eq!(now(&world, work).await.status, FulfillmentOrderStatus::Closed);
    }

    /// A parcel and a snapshot of a later moment: its units go once, whichever is told first and whether or not all of
    /// the stock was promised.
    async fn parcels_and_snapshots_meet_in_any_order(world: World) {
        let provider = Provider::open(&world, 1).await;
        for (number, stock, snapshot_first) in [(0, 1, true), (1, 1, false), (2, 10, true), (3, 10, false)] {
            let sku = format!("cup-{number}");
            let cup = world.product(&sku).price(&provider.shop.online, 1_000).stock(&provider.shop.warehouse, stock).create().await;
            let work = provider.shop.ordered_one(cup.id(), 1).await.1;
            world.advance(TimeDelta::minutes(30));
            let left_at = super::ago(&world, 20);
            let told = with(parcel(work, &format!("P-{number}"), 0), |left| left.left_at = Some(left_at));
            let own = Provider { mug: cup, shop: provider.shop.clone(), key: provider.key.clone() };
            if snapshot_first {
                own.snapshot(&sku, stock - 1, 10, &format!("s{number}")).await;
            }
            assert_eq!(code(&own.tell(told.clone()).await), None);
            if !snapshot_first {
                own.snapshot(&sku, stock - 1, 10, &format!("s{number}")).await;
            }
            assert_eq!(own.on_hand().await, (stock - 1, 0), "stock {stock}, snapshot first: {snapshot_first}");
            // An even newer word finds nothing to correct.
            own.snapshot(&sku, stock - 1, 5, &format!("t{number}")).await;
            assert_eq!(own.on_hand().await, (stock - 1, 0));
        }
    }
}
