//! Waits count from what happened, whenever a worker comes.

use chrono::TimeDelta;
use chrono_tz::Tz;
use domain::flow::facts::Facts;
use domain::kernel::event::NewEvent;
use domain::messaging::dispatch;
use entity::message_policy;
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use support::{World, both_databases};

use super::fixture::{Desk, after_order, at, thank};

fn wait(id: &str, span: Value) -> Value {
    json!({ "kind": "WAIT", "id": id, "span": span })
}

both_databases! {
    /// Nobody worked when the first message was due: it is late, the second is not.
    async fn an_outage_delays_nothing_after_it(world: World) {
        let desk = Desk::open(&world).await;
        let steps = json!([wait("a", json!({ "days": 1 })), thank("one"), wait("b", json!({ "days": 2 })), thank("two")]);
        desk.flow("calm", &after_order(&steps)).await;
        let hana = desk.person("hana").await;
        desk.order(Some(hana.id)).await;
        desk.later(TimeDelta::hours(30)).await;
        assert_eq!(desk.sent().await.len(), 1, "six hours late");
        desk.later(TimeDelta::hours(42) - TimeDelta::minutes(1)).await;
        assert_eq!(desk.sent().await.len(), 1);
        desk.later(TimeDelta::minutes(1)).await;
        assert_eq!(desk.sent().await.len(), 2, "three days after the order, to the minute");
        // Of the next order both are overdue when somebody looks.
        desk.order(Some(hana.id)).await;
        desk.later(TimeDelta::days(3)).await;
        assert_eq!(desk.sent().await.len(), 4);
        desk.done().await;
    }

    /// The event was heard late: the wait after it counts from when it happened.
    async fn the_first_wait_counts_from_the_event(world: World) {
        let desk = Desk::open(&world).await;
        let mut definition = after_order(&json!([wait("a", json!({ "days": 1 })), thank("mail")]));
        definition["trigger"] = json!({ "kind": "EVENT", "on": [{ "event": "payment_captured" }] });
        desk.flow("paid", &definition).await;
        let hana = desk.person("hana").await;
        let order = desk.order(Some(hana.id)).await;
        let event = NewEvent::new("payment_captured", "order", order.id.uuid()).customer(order.customer_id);
        let event = desk.say_unheard(event).await;
        world.advance(TimeDelta::hours(20));
        desk.hear(event).await;
        desk.work().await;
        assert!(desk.sent().await.is_empty());
        desk.later(TimeDelta::hours(4)).await;
        assert_eq!(desk.sent().await, ["thanks"]);
        desk.done().await;
    }

    /// A time of day that passed while nobody worked is made up for within three hours, else the next day's is taken.
    async fn a_time_of_day_is_not_made_up_for_in_the_night(world: World) {
        let desk = Desk::open(&world).await;
        let steps = json!([{ "kind": "WAIT_UNTIL", "id": "ten", "at": "10:00" }, thank("mail")]);
        desk.flow("ten", &after_order(&steps)).await;
        let (hana, taro) = (desk.person("hana").await, desk.person("taro").await);
        // It is 09:00 in Tokyo.
        desk.order(Some(hana.id)).await;
        desk.later(TimeDelta::hours(3)).await;
        assert_eq!(desk.sent().await.len(), 1, "at noon");
        world.advance(at("2026-11-22T00:00:00Z") - world.now());
        desk.order(Some(taro.id)).await;
        desk.later(TimeDelta::hours(14)).await;
        assert_eq!(desk.sent().await.len(), 1, "not at 23:00");
        desk.hours(11).await;
        let times: Vec<_> = desk.messages().await.into_iter().map(|row| row.sent_at).collect();
        assert_eq!(times, [Some(at("2026-11-21T03:00:00Z")), Some(at("2026-11-23T01:00:00Z"))]);
        desk.done().await;
    }

    /// Times are those of the person, else of the shop: by its policy, else by its country.
    async fn people_live_by_the_calendar_of_the_shop(world: World) {
        let desk = Desk::open(&world).await;
        let person = desk.person_with("kate", |row| row.time_zone = Some("America/New_York".to_owned()), true).await;
        let policy = message_policy::Entity::find().one(world.db()).await.unwrap();
        let abroad = entity::channel::Model { tax_country: "DE".to_owned(), ..desk.channel.clone() };
        let mut facts = Facts { channel: Some(abroad), ..Facts::default() };
        assert_eq!(facts.zone(), Tz::Europe__Berlin);
        facts.policy = policy;
        assert_eq!(facts.zone(), Tz::Asia__Tokyo);
        facts.customer = Some(person);
        assert_eq!(facts.zone(), Tz::America__New_York);
    }

    /// An event lets go on whatever waits for it: each run at its own step, all in as many statements as one.
    async fn many_runs_wake_at_once(world: World) {
        let desk = Desk::open(&world).await;
        let hana = desk.person("hana").await;
        let on = json!({ "event": "payment_captured" });
        let mut counts = Vec::new();
        for number in 0..4 {
            let name = format!("step-{number}");
            let steps = json!([
                { "kind": "WAIT_FOR", "id": "paid", "on": on, "span": { "days": 2 }, "then": name, "otherwise": "end" },
                thank(&name),
                { "kind": "STOP", "id": "end" },
            ]);
            desk.flow(&format!("flow-{number}"), &after_order(&steps)).await;
            let order = desk.order(Some(hana.id)).await;
            desk.work().await;
            let event = NewEvent::new("payment_captured", "order", order.id.uuid()).customer(order.customer_id);
            let id = desk.say_unheard(event).await;
            let ctx = world.ctx();
            dispatch::run(&ctx, &[domain::flow::HANDLER], &[id]).await.unwrap();
            counts.push(ctx.statements.get());
            desk.work().await;
        }
        assert!(counts.iter().all(|count| *count == counts[0]), "{counts:?}");
        let mut steps: Vec<_> = desk.messages().await.into_iter().map(|row| row.step.unwrap()).collect();
        steps.sort();
        let wanted = ["0", "0", "0", "0", "1", "1", "1", "2", "2", "3"].map(|number| format!("step-{number}"));
        assert_eq!(steps, wanted);
        desk.done().await;
    }

    /// A message that is kept for the morning takes what follows with it: two do not go at once.
    async fn what_follows_a_kept_message_follows_its_sending(world: World) {
        let desk = Desk::open(&world).await;
        desk.policy(100, 7, "21:00", "08:00").await;
        desk.flow("pair", &after_order(&json!([thank("one"), wait("b", json!({ "hours": 2 })), thank("two")]))).await;
        let hana = desk.person("hana").await;
        // 23:00 in Tokyo.
        desk.hours(14).await;
        desk.order(Some(hana.id)).await;
        desk.work().await;
        desk.hours(14).await;
        let times: Vec<_> = desk.messages().await.into_iter().map(|row| row.sent_at).collect();
        assert_eq!(times, [Some(at("2026-11-21T23:00:00Z")), Some(at("2026-11-22T01:00:00Z"))], "08:00 and 10:00");
        desk.done().await;
    }
}
