//! A store falls short, and the customer chooses again.

use chrono::TimeDelta;
use domain::pickup::choose::{Choose, choose, other_stores, time_out_due};
use domain::pickup::code::choice_token;
use domain::pickup::prepare::start;
use domain::pickup::ready::{MakeReady, fall_short, make_ready};
use domain::{Actor, Ctx, ErrorCode};
use entity::pickup;
use entity::words::{OrderPaymentStatus, OrderStatus, PickupChoice, PickupStatus};
use support::{World, both_databases};

use super::counter::{Counter, all_there, gone};

fn chosen(pickup: &pickup::Model, token: Option<String>, choice: PickupChoice) -> Choose {
    Choose { pickup_id: pickup.id, token, choice, location_id: None, address: None }
}

/// The link of the mail.
fn link(world: &World, pickup: &pickup::Model) -> Option<String> {
    choice_token(&world.services().secrets, pickup)
}

fn holder(world: &World, pickup: &pickup::Model) -> Ctx {
    world.ctx().with_actor(Actor::Guest { cart_id: None, order_id: Some(pickup.order_id) })
}

both_databases! {
    /// Two of three are there: they are ready, the third asks the customer; it is written off in the store.
    async fn what_is_there_is_ready_and_the_rest_asks(world: World) {
        let counter = Counter::open(&world).await;
        let (order, short) = counter.short(3, 1).await;
        let all = counter.of(order).await;
        let mut states: Vec<_> = all.iter().map(|pickup| pickup.status.as_str()).collect();
        states.sort_unstable();
        assert_eq!(states, ["READY", "SHORT"]);
        assert_eq!(counter.shelf().await, (9, 2));
        assert_eq!(short.choice_expires_at, Some(world.now() + TimeDelta::hours(48)));
        let ready = all.iter().find(|pickup| pickup.status == PickupStatus::Ready).unwrap();
        assert_eq!(counter.hand_over(&counter.code(ready), "two").await.unwrap().status, PickupStatus::Collected);

        let done = choose(&world.guest(), chosen(&short, link(&world, &short), PickupChoice::Cancel)).await.unwrap();
        assert_eq!((done.status, done.choice), (PickupStatus::Canceled, Some(PickupChoice::Cancel)));
        let again = choose(&world.guest(), chosen(&short, link(&world, &short), PickupChoice::Wait)).await.unwrap_err();
        assert_eq!(again.code(), ErrorCode::InvalidTransition);
        let order = counter.seen(order).await;
        assert_eq!((order.status, order.payment_status), (OrderStatus::Closed, OrderPaymentStatus::PartiallyRefunded));
    }

    /// Another store that has it takes it over; one that has not is refused and nothing is changed.
    async fn another_store_takes_over(world: World) {
        let counter = Counter::open(&world).await;
        let near = world.store("GNZ").await;
        let empty = world.store("UEN").await;
        for (store, priority) in [(&near, 3), (&empty, 4)] {
            let row = entity::channel_location::Model { channel_id: counter.shop.online.id, location_id: store.id, priority };
            use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};
            entity::channel_location::Entity::insert(row.into_active_model().reset_all()).exec_without_returning(world.db()).await.unwrap();
        }
        let receive = domain::inventory::ReceiveStock {
            location_id: near.id,
            lines: vec![domain::inventory::ReceiveLine { variant_id: counter.shirt.id(), quantity: 5, state: entity::words::StockState::Available }],
            reason: "delivery".to_owned(),
            idempotency_key: "near".to_owned(),reason_code: None,units: Vec::new(),};
        domain::inventory::receive(&world.ctx(), receive).await.unwrap();
        let (order, short) = counter.short(2, 2).await;
        let stores = other_stores(&world.ctx(), &short).await.unwrap();
        assert_eq!(stores.iter().map(|store| store.id).collect::<Vec<_>>(), [near.id]);
        let to = |store| Choose { location_id: Some(store), ..chosen(&short, link(&world, &short), PickupChoice::OtherStore) };
        let refused = choose(&world.guest(), to(empty.id)).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::InsufficientStock);
        assert_eq!(choose(&world.guest(), to(counter.shop.store.id)).await.unwrap_err().code(), ErrorCode::PickupUnavailable);
        assert_eq!(choose(&world.guest(), to(counter.shop.warehouse.id)).await.unwrap_err().code(), ErrorCode::PickupUnavailable);
        choose(&world.guest(), to(near.id)).await.unwrap();
        let new = counter.of(order).await.into_iter().find(|pickup| pickup.location_id == near.id).unwrap();
        assert_eq!(new.status, PickupStatus::Assigned);
        assert_eq!(counter.shop.level(&near, counter.shirt.id()).await, (5, 2));
        assert_eq!(counter.shelf().await, (8, 0));
    }

    /// Sent instead, without another charge; the address is the one given.
    async fn it_is_sent_instead(world: World) {
        let counter = Counter::open(&world).await;
        let (order, short) = counter.short(1, 1).await;
        let before = counter.seen(order).await.total;
        choose(&holder(&world, &short), chosen(&short, None, PickupChoice::Ship)).await.unwrap();
        assert_eq!(counter.shop.level(&counter.shop.warehouse, counter.shirt.id()).await, (50, 1));
        let after = counter.seen(order).await;
        assert_eq!((after.total, after.status), (before, OrderStatus::Open));
    }

    /// Waiting: parked for this very store, or taken up at once when the store has others.
    async fn the_customer_waits(world: World) {
        let counter = Counter::open(&world).await;
        let (_, short) = counter.short(1, 1).await;
        let back = choose(&holder(&world, &short), chosen(&short, None, PickupChoice::Wait)).await.unwrap();
        assert_eq!((back.status, counter.shelf().await), (PickupStatus::Assigned, (9, 1)));
        start(&counter.clerk, back.id, None).await.unwrap();
        let now_there = MakeReady { idempotency_key: "now there".to_owned(), ..all_there(back.id) };
        assert_eq!(make_ready(&counter.clerk, now_there).await.unwrap().status, PickupStatus::Ready);
    }

    /// Nobody answers in time: the money goes back, and the link is void.
    async fn who_does_not_choose_gets_the_money_back(world: World) {
        let counter = Counter::open(&world).await;
        let (order, short) = counter.short(2, 2).await;
        let stranger = world.new_customer("Sato", "Jun").create().await;
        let foreign = choose(&world.customer(stranger.id), chosen(&short, None, PickupChoice::Wait)).await.unwrap_err();
        assert_eq!(foreign.code(), ErrorCode::NotFound);
        let forged = choose(&world.guest(), chosen(&short, Some("x".to_owned()), PickupChoice::Wait)).await.unwrap_err();
        assert_eq!(forged.code(), ErrorCode::InvalidCode);
        assert_eq!(time_out_due(&world.ctx()).await.unwrap(), 0);
        world.advance(TimeDelta::hours(48));
        let late = choose(&world.guest(), chosen(&short, link(&world, &short), PickupChoice::Wait)).await.unwrap_err();
        assert_eq!(late.code(), ErrorCode::InvalidCode);
        assert_eq!((time_out_due(&world.ctx()).await.unwrap(), time_out_due(&world.ctx()).await.unwrap()), (1, 0));
        let order = counter.seen(order).await;
        assert_eq!((order.status, order.payment_status), (OrderStatus::Canceled, OrderPaymentStatus::Refunded));
    }

    /// A store may say so before it begins, for all or for some.
    async fn a_store_falls_short_before_it_begins(world: World) {
        let counter = Counter::open(&world).await;
        let (order, id) = counter.order(2).await;
        let line = counter.line(order).await;
        let some = MakeReady { short: vec![gone(line, 1)], ..all_there(id) };
        assert_eq!(fall_short(&counter.clerk, some).await.unwrap().status, PickupStatus::Assigned);
        let rest = MakeReady { idempotency_key: "rest".to_owned(), ..all_there(id) };
        assert_eq!(fall_short(&counter.clerk, rest).await.unwrap().status, PickupStatus::Short);
        assert_eq!(counter.of(order).await.len(), 2);
        assert_eq!(counter.shelf().await, (8, 0));
    }

    /// Who waits for an empty store is served there when stock arrives, and collects it.
    async fn who_waits_is_served_by_what_arrives(world: World) {
        let counter = Counter::open(&world).await;
        let (order, short) = counter.short(10, 10).await;
        let waits = choose(&holder(&world, &short), chosen(&short, None, PickupChoice::Wait)).await.unwrap();
        assert_eq!((waits.status, counter.shop.work(order).await), (PickupStatus::Assigned, vec![(None, "SCHEDULED".to_owned(), 10)]));
        assert_eq!(start(&counter.clerk, waits.id, None).await.unwrap_err().code(), ErrorCode::InvalidTransition);
        assert_eq!(release(&world, &counter).await, 0, "what lies elsewhere does not serve it");
        counter.deliver(&counter.shop.store, 9).await;
        assert_eq!(release(&world, &counter).await, 0, "a pickup is handed over whole");
        counter.deliver(&counter.shop.store, 1).await;
        assert_eq!(release(&world, &counter).await, 1);
        assert_eq!(counter.shop.work(order).await, [(Some(counter.shop.store.id), "OPEN".to_owned(), 10)]);
        assert_eq!(counter.shelf().await, (10, 10));
        start(&counter.clerk, waits.id, None).await.unwrap();
        let ready = MakeReady { idempotency_key: "at last".to_owned(), ..all_there(waits.id) };
        let ready = make_ready(&counter.clerk, ready).await.unwrap();
        counter.hand_over(&counter.code(&ready), "till").await.unwrap();
        assert_eq!(counter.seen(order).await.status, OrderStatus::Closed);
    }

    /// Units of one line wait at two stores: each has its own work and pickup, and is served where it is collected.
    async fn who_waits_at_two_stores_is_served_at_both(world: World) {
        use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};
        let counter = Counter::open(&world).await;
        let near = world.store("GNZ").await;
        let row = entity::channel_location::Model { channel_id: counter.shop.online.id, location_id: near.id, priority: 3 };
        let row = row.into_active_model().reset_all();
        entity::channel_location::Entity::insert(row).exec_without_returning(world.db()).await.unwrap();
        counter.deliver(&near, 4).await;
        let (order, first) = counter.short(10, 4).await;
        let to = Choose { location_id: Some(near.id), ..chosen(&first, None, PickupChoice::OtherStore) };
        choose(&holder(&world, &first), to).await.unwrap();
        let there = counter.of(order).await.into_iter().find(|pickup| pickup.location_id == near.id).unwrap();
        let clerk = world.staff(&[domain::Permission::FulfillmentWork]).await;
        let line = counter.line(order).await;
        let all = MakeReady { short: vec![gone(line, 4)], ..all_there(there.id) };
        assert_eq!(fall_short(&clerk, all).await.unwrap().status, PickupStatus::Short);
        let there = counter.pickup(there.id).await;
        choose(&holder(&world, &there), chosen(&there, None, PickupChoice::Wait)).await.unwrap();
        // The line itself is collected in the first store.
        counter.deliver(&counter.shop.store, 20).await;
        assert_eq!(release(&world, &counter).await, 0);
        counter.deliver(&near, 4).await;
        assert_eq!(release(&world, &counter).await, 1);
        assert_eq!(counter.shop.level(&near, counter.shirt.id()).await, (4, 4));
    }
}

/// Serves who waits for shirts; how many orders were.
async fn release(world: &World, counter: &Counter) -> usize {
    let variant_ids = [counter.shirt.id()].into();
    let release = domain::fulfillment::parking::Release { variant_ids, after: None };
    domain::fulfillment::parking::run(&world.ctx(), &release).await.unwrap()
}
