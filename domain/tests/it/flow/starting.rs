//! What starts a flow, once.

use chrono::{NaiveDate, TimeDelta};
use domain::flow::attend;
use entity::id::*;
use entity::text_list::TextList;
use entity::words::*;
use entity::{cart, cart_line, flow_version, message_event};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};
use serde_json::json;
use support::{World, both_databases, race};

use super::fixture::{Desk, after_order, at, thank};

both_databases! {
    /// The same event ten times, by eight workers, and a second event about the same order: one run, one message.
    async fn one_subject_has_one_run(world: World) {
        let desk = Desk::open(&world).await;
        desk.flow("now", &after_order(&json!([thank("mail")]))).await;
        let hana = desk.person("hana").await;
        let order = desk.order(Some(hana.id)).await;
        let event = desk.tell("order_placed", &order, json!({})).await;
        race(8, |_| {
            let desk = desk.clone();
            async move {
                desk.hear(event).await;
                attend::attend_due(&desk.world.ctx()).await.unwrap();
            }
        })
        .await;
        desk.work().await;
        assert_eq!((desk.runs().await.len(), desk.messages().await.len()), (1, 1));
        desk.done().await;
    }

    /// Many runs that are due, four workers: each goes once.
    async fn workers_share_what_is_due(world: World) {
        let desk = Desk::open(&world).await;
        desk.flow("now", &after_order(&json!([thank("mail")]))).await;
        let hana = desk.person("hana").await;
        for _ in 0..60 {
            desk.order(Some(hana.id)).await;
        }
        let moved = race(4, |_| {
            let ctx = world.ctx();
            async move { attend::attend_due(&ctx).await.unwrap() }
        })
        .await;
        assert_eq!(moved.iter().sum::<u64>(), 60);
        assert_eq!(desk.messages().await.len(), 60);
        desk.done().await;
    }

    /// A definition that cannot be read, and a step whose content cannot be made, set their own runs aside.
    async fn what_is_broken_is_set_aside_alone(world: World) {
        let desk = Desk::open(&world).await;
        let rest = json!({ "kind": "WAIT", "id": "rest", "span": { "hours": 1 } });
        let broken = desk.flow("broken", &after_order(&json!([rest, thank("mail")]))).await;
        desk.flow("sound", &after_order(&json!([rest, thank("mail")]))).await;
        let hana = desk.person("hana").await;
        desk.order(Some(hana.id)).await;
        desk.work().await;
        // By hand: the database refuses to change a version.
        let version = flow_version::Model {
            id: FlowVersionId(world.new_uuid()),
            flow_id: broken.id,
            number: 99,
            definition: json!({ "trigger": { "kind": "FULL_MOON" } }),
            staff_id: None,
            created_at: world.now(),
        };
        let id = version.id;
        flow_version::Entity::insert(version.into_active_model().reset_all())
            .exec_without_returning(world.db())
            .await
            .unwrap();
        let mut run = desk.runs().await.into_iter().find(|run| run.flow_id == broken.id).unwrap();
        run.flow_version_id = id;
        run.into_active_model().reset_all().update(world.db()).await.unwrap();
        desk.later(TimeDelta::hours(1)).await;
        let mut ends = desk.ends().await;
        ends.sort();
        assert_eq!(ends, [
            (FlowRunStatus::Done, None),
            (FlowRunStatus::Stopped, Some("FAILED_INTERNAL".to_owned())),
        ]);
        assert_eq!(desk.sent().await, ["thanks"]);
        desk.done().await;
    }

    /// Filters decide who comes in.
    async fn filters_decide_who_comes_in(world: World) {
        let desk = Desk::open(&world).await;
        let with = |filters: serde_json::Value| {
            let mut definition = after_order(&json!([thank("mail")]));
            definition["filters"] = filters;
            definition
        };
        desk.flow("first", &with(json!({ "first_order": true }))).await;
        desk.flow("again", &with(json!({ "first_order": false, "min_orders": 2 }))).await;
        desk.flow("web", &with(json!({ "channels": ["web"], "countries": ["JP"], "locales": ["ja"] }))).await;
        desk.flow("tea", &with(json!({ "product_ids": [desk.tea.product.id] }))).await;
        desk.flow("rich", &with(json!({ "total": { "currency": "JPY", "from": 2_000 } }))).await;
        desk.flow("store", &with(json!({ "locations": ["shibuya"] }))).await;
        desk.flow("pickup", &with(json!({ "delivery": ["PICKUP"] }))).await;
        let hana = desk.person("hana").await;
        desk.order(Some(hana.id)).await;
        world.advance(TimeDelta::minutes(1));
        desk.order(Some(hana.id)).await;
        let flows = entity::flow::Entity::find().all(world.db()).await.unwrap();
        let name = |id| flows.iter().find(|flow| flow.id == id).unwrap().code.clone();
        let mut began: Vec<String> = desk.runs().await.iter().map(|run| name(run.flow_id)).collect();
        began.sort();
        assert_eq!(began, ["again", "first", "tea", "tea", "web", "web"]);
        desk.done().await;
    }

    /// Birthdays are kept by the customer's own calendar, leap days on the 28th, once a year.
    async fn birthdays_come_once_a_year(world: World) {
        let desk = Desk::open(&world).await;
        desk.on("birthday").await;
        let born = |year, month, day| NaiveDate::from_ymd_opt(year, month, day);
        let hana = desk.person_with("hana", |row| row.birth_on = born(1990, 11, 23), true).await;
        let away = |row: &mut entity::customer::Model| {
            row.birth_on = born(1985, 11, 23);
            row.time_zone = Some("America/New_York".to_owned());
        };
        let kate = desk.person_with("kate", away, true).await;
        desk.person_with("leap", |row| row.birth_on = born(2000, 2, 29), true).await;
        desk.person_with("none", |_| {}, true).await;
        desk.hours(24 * 4).await;
        let rows: Vec<_> = desk.messages().await.into_iter().map(|row| (row.customer_id, row.sent_at)).collect();
        assert_eq!(rows, [
            (Some(hana.id), Some(at("2026-11-23T01:00:00Z"))),
            (Some(kate.id), Some(at("2026-11-23T15:00:00Z"))),
        ]);
        desk.later(at("2027-02-28T00:00:00Z") - world.now()).await;
        desk.hours(3).await;
        assert_eq!(desk.messages().await.len(), 3, "the 29th of February is the 28th in 2027");
        desk.done().await;
    }

    /// A year after the first purchase, not the second; and after so long without one.
    async fn anniversaries_and_absences(world: World) {
        let desk = Desk::open(&world).await;
        desk.on("anniversary").await;
        desk.on("win_back").await;
        let (hana, taro) = (desk.person("hana").await, desk.person("taro").await);
        desk.order(Some(hana.id)).await;
        desk.order(Some(taro.id)).await;
        desk.later(TimeDelta::days(100)).await;
        desk.order(Some(hana.id)).await;
        desk.later(TimeDelta::days(20)).await;
        desk.hours(24).await;
        let sent: Vec<_> = desk.messages().await.into_iter().map(|row| (row.template, row.customer_id)).collect();
        assert_eq!(sent, [("win_back".to_owned(), Some(taro.id))], "hana bought after 100 days");
        desk.later(at("2027-11-20T12:00:00Z") - world.now()).await;
        desk.hours(24).await;
        let mut sent: Vec<_> = desk.messages().await.into_iter().skip(1).map(|row| (row.template, row.customer_id)).collect();
        sent.sort();
        let year = |id| ("anniversary".to_owned(), Some(id));
        let mut wanted = [year(hana.id), year(taro.id)];
        wanted.sort();
        assert_eq!(sent, wanted);
        desk.done().await;
    }

    /// By the customer's own pace: the median of the intervals, three days early, unless it was bought again.
    async fn what_is_used_up_is_reminded_of(world: World) {
        let desk = Desk::open(&world).await;
        desk.on("replenishment").await;
        let (hana, taro) = (desk.person("hana").await, desk.person("taro").await);
        for days in [30, 34, 0] {
            desk.order(Some(hana.id)).await;
            desk.order(Some(taro.id)).await;
            desk.later(TimeDelta::days(days)).await;
        }
        // Two intervals: 30 and 34 days; the shorter of the two is the pace, so 27 days from now.
        desk.later(TimeDelta::days(20)).await;
        desk.order(Some(taro.id)).await;
        desk.later(TimeDelta::days(6)).await;
        assert!(desk.messages().await.is_empty());
        desk.hours(48).await;
        let rows: Vec<_> = desk.messages().await.into_iter().map(|row| (row.customer_id, row.template)).collect();
        assert_eq!(rows, [(Some(hana.id), "replenishment".to_owned())]);
        desk.done().await;
    }

    /// A cart that was left is reminded of once; not when its owner bought in a store meanwhile, and not one that was
    /// taken up again.
    async fn a_left_cart_is_reminded_of_once(world: World) {
        let desk = Desk::open(&world).await;
        desk.on("cart_left").await;
        let mut owners = Vec::new();
        for name in ["hana", "taro", "jiro"] {
            let person = desk.person(name).await;
            let cart = cart_of(&desk, person.id).await;
            owners.push((person, cart));
        }
        desk.hours(3).await;
        let till = world.channel("till").pos().create().await;
        desk.order_with(Some(owners[1].0.id), |row| row.channel_id = till.id).await;
        let mut taken_up = cart::Entity::find_by_id(owners[2].1).one(world.db()).await.unwrap().unwrap();
        taken_up.updated_at = world.now();
        taken_up.into_active_model().reset_all().update(world.db()).await.unwrap();
        desk.hours(2).await;
        let reminded = |rows: Vec<entity::message::Model>| -> Vec<_> { rows.into_iter().map(|row| row.customer_id).collect() };
        assert_eq!(reminded(desk.messages().await), [Some(owners[0].0.id)]);
        desk.hours(48).await;
        assert_eq!(reminded(desk.messages().await), [Some(owners[0].0.id), Some(owners[2].0.id)]);
        desk.done().await;
    }

    /// Five clicks of a person in a month invite; machines do not count, and nobody is invited twice.
    async fn who_looks_again_and_again_is_invited(world: World) {
        let desk = Desk::open(&world).await;
        desk.storefront().await;
        desk.flow("now", &after_order(&json!([thank("mail")]))).await;
        desk.on("engaged").await;
        let (hana, robot) = (desk.person("hana").await, desk.person("robot").await);
        for person in [&hana, &robot] {
            desk.order(Some(person.id)).await;
        }
        desk.work().await;
        let letters = desk.messages().await;
        for day in 0..8 {
            for letter in &letters {
                let click = message_event::Model {
                    id: MessageEventId(world.new_uuid()),
                    message_id: letter.id,
                    kind: MessageEventKind::Clicked,
                    detail: None,
                    by_machine: letter.customer_id == Some(robot.id),
                    provider_event_id: None,
                    occurred_at: world.now(),
                };
                message_event::Entity::insert(click.into_active_model().reset_all())
                    .exec_without_returning(world.db())
                    .await
                    .unwrap();
            }
            desk.hours(24).await;
            let invited = desk.sent().await.iter().filter(|name| *name == "engaged").count();
            assert_eq!(invited, usize::from(day >= 4), "day {day}");
        }
        desk.done().await;
    }

    /// Some get nothing, to compare with; they are always the same.
    async fn a_hold_out_gets_nothing(world: World) {
        let desk = Desk::open(&world).await;
        desk.flow_with("half", &after_order(&json!([thank("mail")])), Some(50)).await;
        for number in 0..30 {
            let person = desk.person(&format!("p{number}")).await;
            desk.order(Some(person.id)).await;
        }
        desk.work().await;
        let runs = desk.runs().await;
        let held = runs.iter().filter(|run| run.status == FlowRunStatus::HeldOut).count();
        assert!((5..=25).contains(&held), "{held} of 30");
        assert_eq!(desk.messages().await.len(), 30 - held);
        desk.done().await;
    }
}

async fn cart_of(desk: &Desk, customer_id: CustomerId) -> CartId {
    let world = &desk.world;
    let id = CartId(world.new_uuid());
    let row = cart::Model {
        id,
        channel_id: desk.channel.id,
        customer_id: Some(customer_id),
        token_hash: id.to_string(),
        code: None,
        code_expires_at: None,
        status: CartStatus::Active,
        currency: desk.channel.currency,
        locale: "ja".to_owned(),
        email: None,
        phone: None,
        contact_name: None,
        shipping_address: None,
        billing_address: None,
        shipping_method_id: None,
        note: String::new(),
        codes: TextList::default(),
        merged_into_id: None,
        version: 1,
        metadata: json!({}),
        created_at: world.now(),
        updated_at: world.now(),
        delivery_on: None,
        delivery_slot: None,
    };
    cart::Entity::insert(row.into_active_model().reset_all()).exec_without_returning(world.db()).await.unwrap();
    let line = cart_line::Model {
        id: CartLineId(world.new_uuid()),
        cart_id: id,
        variant_id: desk.tea.id(),
        quantity: 1,
        delivery: DeliveryMethod::Ship,
        pickup_location_id: None,
        price_seen: 1_080,
        position: 1,
        metadata: json!({}),
        created_at: world.now(),
    };
    cart_line::Entity::insert(line.into_active_model().reset_all()).exec_without_returning(world.db()).await.unwrap();
    id
}
