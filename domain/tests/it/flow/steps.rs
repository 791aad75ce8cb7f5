//! Each kind of step does what it says.

use chrono::TimeDelta;
use domain::flow::attend;
use domain::kernel::event::NewEvent;
use entity::id::MessageEventId;
use entity::words::*;
use entity::{message_event, survey_invitation};
use sea_orm::{ActiveModelTrait, ConnectionTrait, EntityTrait, IntoActiveModel};
use serde_json::json;
use support::{World, both_databases};

use super::fixture::{Desk, after_order, at, thank};

const DONE: FlowRunStatus = FlowRunStatus::Done;

both_databases! {
    /// A wait lasts as long as it says; the message goes right after.
    async fn a_wait_lasts(world: World) {
        let desk = Desk::open(&world).await;
        let wait = json!({ "kind": "WAIT", "id": "rest", "span": { "days": 1, "hours": 2, "minutes": 30 } });
        desk.flow("calm", &after_order(&json!([wait, thank("mail")]))).await;
        let hana = desk.person("hana").await;
        desk.order(Some(hana.id)).await;
        desk.work().await;
        desk.later(TimeDelta::minutes(26 * 60 + 29)).await;
        assert!(desk.sent().await.is_empty());
        desk.later(TimeDelta::minutes(1)).await;
        assert_eq!(desk.sent().await, ["thanks"]);
        let [message] = desk.messages().await.try_into().unwrap();
        assert_eq!((message.recipient.as_str(), message.step.as_deref()), ("hana@example.jp", Some("mail")));
        assert_eq!(message.class, MessageClass::Marketing);
        assert_eq!(desk.ends().await, [(DONE, None)]);
        desk.done().await;
    }

    /// A time of day is the customer's, not the shop's: nine hours after Tokyo in London.
    async fn a_time_of_day_is_where_the_customer_lives(world: World) {
        let desk = Desk::open(&world).await;
        let until = json!({ "kind": "WAIT_UNTIL", "id": "noon", "at": "12:00" });
        desk.flow("noon", &after_order(&json!([until, thank("mail")]))).await;
        let hana = desk.person("hana").await;
        let kate = desk.person_with("kate", |row| row.time_zone = Some("Europe/London".to_owned()), true).await;
        for person in [&hana, &kate] {
            desk.order(Some(person.id)).await;
        }
        desk.work().await;
        // It is 09:00 in Tokyo and midnight in London.
        desk.hours(13).await;
        let sent: Vec<_> = desk.messages().await.into_iter().map(|row| (row.customer_id, row.sent_at)).collect();
        assert_eq!(sent, [
            (Some(hana.id), Some(at("2026-11-21T03:00:00Z"))),
            (Some(kate.id), Some(at("2026-11-21T12:00:00Z"))),
        ]);
        desk.done().await;
    }

    /// What is waited for comes, or does not.
    async fn a_run_waits_for_an_event(world: World) {
        let desk = Desk::open(&world).await;
        let paid = json!({
            "kind": "WAIT_FOR", "id": "paid", "on": { "event": "payment_captured" }, "span": { "days": 2 },
            "then": "thanks", "otherwise": "end",
        });
        let steps = json!([paid, { "kind": "STOP", "id": "end" }, thank("thanks")]);
        desk.flow("paid", &after_order(&steps)).await;
        let (hana, taro) = (desk.person("hana").await, desk.person("taro").await);
        let order = desk.order(Some(hana.id)).await;
        desk.order(Some(taro.id)).await;
        desk.work().await;
        assert!(desk.runs().await.iter().all(|run| run.waits_for.as_deref() == Some("payment_captured")));
        world.advance(TimeDelta::hours(5));
        desk.tell("payment_captured", &order, json!({})).await;
        desk.work().await;
        let [message] = desk.messages().await.try_into().unwrap();
        assert_eq!(message.customer_id, Some(hana.id), "taro has not paid");
        desk.later(TimeDelta::days(2)).await;
        assert_eq!(desk.messages().await.len(), 1);
        assert_eq!(desk.ends().await, [(DONE, None), (DONE, None)]);
        desk.done().await;
    }

    /// A branch looks at facts, and at whether a person, not a machine, followed a link.
    async fn a_branch_goes_one_of_two_ways(world: World) {
        let desk = Desk::open(&world).await;
        let rest = json!({ "kind": "WAIT", "id": "rest", "span": { "days": 1 } });
        let read = json!({ "kind": "BRANCH", "id": "read", "when": { "clicked": true }, "otherwise": "again" });
        let stop = json!({ "kind": "STOP", "id": "stop" });
        desk.flow("nudge", &after_order(&json!([thank("first"), rest, read, stop, thank("again")]))).await;
        let (hana, taro) = (desk.person("hana").await, desk.person("taro").await);
        for person in [&hana, &taro] {
            desk.order(Some(person.id)).await;
        }
        desk.work().await;
        for message in desk.messages().await {
            let click = message_event::Model {
                id: MessageEventId(world.new_uuid()),
                message_id: message.id,
                kind: MessageEventKind::Clicked,
                detail: None,
                by_machine: message.customer_id == Some(taro.id),
                provider_event_id: None,
                occurred_at: world.now(),
            };
            message_event::Entity::insert(click.into_active_model().reset_all())
                .exec_without_returning(world.db())
                .await
                .unwrap();
        }
        desk.later(TimeDelta::days(1)).await;
        let sent: Vec<_> = desk.messages().await.into_iter().map(|row| (row.customer_id, row.step.unwrap())).collect();
        assert_eq!(sent, [
            (Some(hana.id), "first".to_owned()),
            (Some(taro.id), "first".to_owned()),
            (Some(taro.id), "again".to_owned()),
        ]);
        desk.done().await;
    }

    /// Groups of an experiment get their own message, and everybody stays in the group.
    async fn an_experiment_has_groups(world: World) {
        let desk = Desk::open(&world).await;
        desk.storefront().await;
        let step = json!({
            "kind": "SEND", "id": "mail", "template": "thanks",
            "variants": [
                { "name": "A", "weight": 1, "template": "thanks" },
                { "name": "B", "weight": 1, "template": "engaged" },
            ],
        });
        desk.flow("test", &after_order(&json!([step]))).await;
        for number in 0..20 {
            let person = desk.person(&format!("p{number}")).await;
            for _ in 0..2 {
                desk.order(Some(person.id)).await;
                world.advance(TimeDelta::seconds(1));
            }
        }
        desk.work().await;
        let messages = desk.messages().await;
        assert_eq!(messages.len(), 40);
        let mut groups = std::collections::BTreeMap::<_, std::collections::BTreeSet<_>>::new();
        for message in &messages {
            let name = message.variant.clone().unwrap();
            assert_eq!(message.template, if name == "A" { "thanks" } else { "engaged" });
            groups.entry(message.customer_id.unwrap()).or_default().insert(name);
        }
        assert!(groups.values().all(|names| names.len() == 1), "everybody has one group: {groups:?}");
        let all: std::collections::BTreeSet<_> = groups.values().flatten().collect();
        assert_eq!(all.len(), 2, "both groups have somebody: {groups:?}");
        desk.done().await;
    }

    /// A database that fails for a moment sets no run aside: its lease runs out, and it goes on.
    async fn a_database_that_fails_sets_nothing_aside(world: World) {
        let desk = Desk::open(&world).await;
        desk.flow("now", &after_order(&json!([thank("mail")]))).await;
        let hana = desk.person("hana").await;
        desk.order(Some(hana.id)).await;
        world.db().execute_unprepared("ALTER TABLE flow_step RENAME TO flow_step_away").await.unwrap();
        let moved = attend::attend_due(&world.ctx()).await;
        world.db().execute_unprepared("ALTER TABLE flow_step_away RENAME TO flow_step").await.unwrap();
        assert_eq!(moved.unwrap(), 0);
        assert_eq!(desk.ends().await, [(FlowRunStatus::Waiting, None)]);
        desk.later(TimeDelta::minutes(6)).await;
        assert_eq!(desk.ends().await, [(DONE, None)]);
        assert_eq!(desk.sent().await, ["thanks"]);
        desk.done().await;
    }

    /// A call to another system is a job like any message, signed and sent outside of the transaction.
    async fn a_webhook_is_a_job(world: World) {
        let desk = Desk::open(&world).await;
        let call = json!({ "kind": "WEBHOOK", "id": "crm", "url": "https://crm.example/flows" });
        desk.flow("crm", &after_order(&json!([call]))).await;
        let hana = desk.person("hana").await;
        let order = desk.order(Some(hana.id)).await;
        desk.work().await;
        let [message] = desk.messages().await.try_into().unwrap();
        assert_eq!(message.channel, MessageChannel::Webhook);
        assert_eq!(message.recipient, "https://crm.example/flows");
        let told: serde_json::Value = serde_json::from_str(&message.text).unwrap();
        assert_eq!((&told["flow"], &told["step"], &told["orderId"]), (&json!("crm"), &json!("crm"), &json!(order.id)));
        assert!(!message.text.contains("hana"), "it carries ids, not people");
        desk.done().await;
    }

    /// A message that has nothing to say is left out; the run goes on.
    async fn what_has_nothing_to_say_is_left_out(world: World) {
        let desk = Desk::open(&world).await;
        let cross = json!({ "kind": "SEND", "id": "cross", "template": "cross_sell" });
        let guide = json!({ "kind": "SEND", "id": "guide", "template": "how_to_use" });
        desk.flow("both", &after_order(&json!([cross, guide]))).await;
        let hana = desk.person("hana").await;
        desk.order(Some(hana.id)).await;
        // A guest without an address, too.
        desk.order(None).await;
        desk.work().await;
        let skipped = |step: &str, reason: &str| {
            (step.to_owned(), FlowStepOutcome::Skipped, Some(reason.to_owned()))
        };
        let mut steps = desk.steps().await;
        steps.sort();
        assert_eq!(steps, [
            skipped("cross", "NOTHING_TO_SUGGEST"),
            skipped("cross", "NO_ADDRESS"),
            ("guide".to_owned(), FlowStepOutcome::Done, None),
            skipped("guide", "NO_ADDRESS"),
        ]);
        assert_eq!(desk.sent().await, ["how_to_use"]);
        let [message] = desk.messages().await.try_into().unwrap();
        assert!(message.text.contains("70℃で1分"), "{}", message.text);
        desk.done().await;
    }

    /// The invitation of those who look again leads to the shop, or to the survey that the step names; nowhere, it is none.
    async fn an_invitation_leads_somewhere(world: World) {
        let desk = Desk::open(&world).await;
        let plain = json!({ "kind": "SEND", "id": "shop", "template": "engaged" });
        let asking = json!({ "kind": "SEND", "id": "ask", "template": "engaged", "survey": "nps" });
        desk.flow("both", &after_order(&json!([plain, asking]))).await;
        let hana = desk.person("hana").await;
        desk.order(Some(hana.id)).await;
        desk.work().await;
        let first = desk.steps().await.remove(0);
        assert_eq!((first.0.as_str(), first.2.as_deref()), ("shop", Some("NO_LINK")));
        desk.storefront().await;
        desk.order(Some(hana.id)).await;
        desk.work().await;
        let letters = desk.messages().await;
        let went: Vec<_> = letters.iter().map(|row| (row.step.as_deref(), row.template.as_str())).collect();
        assert_eq!(went, [(Some("ask"), "engaged"), (Some("shop"), "engaged"), (Some("ask"), "engaged")]);
        assert!(letters.iter().all(|row| row.class == MessageClass::Marketing && row.html.contains("続ける")));
        let asked = survey_invitation::Entity::find().all(world.db()).await.unwrap();
        assert_eq!(asked.len(), 2);
        assert!(asked.iter().all(|row| letters.iter().any(|letter| Some(letter.id) == row.message_id)));
        desk.done().await;
    }

    /// What needs consent is kept with the reason, and the run goes on.
    async fn without_consent_nothing_goes(world: World) {
        let desk = Desk::open(&world).await;
        desk.flow("two", &after_order(&json!([thank("one"), thank("two")]))).await;
        let hana = desk.person_with("hana", |_| {}, false).await;
        desk.order(Some(hana.id)).await;
        desk.work().await;
        assert!(desk.sent().await.is_empty());
        let steps = desk.steps().await;
        let refused = |step: &str| (step.to_owned(), FlowStepOutcome::Skipped, Some("NO_CONSENT".to_owned()));
        assert_eq!(steps, [refused("one"), refused("two")]);
        assert!(desk.messages().await.iter().all(|row| row.status == MessageStatus::Suppressed));
        desk.done().await;
    }

    /// A customer who was erased gets nothing more.
    async fn an_erased_customer_gets_nothing_more(world: World) {
        let desk = Desk::open(&world).await;
        let rest = json!({ "kind": "WAIT", "id": "rest", "span": { "days": 1 } });
        desk.flow("calm", &after_order(&json!([rest, thank("mail")]))).await;
        let hana = desk.person("hana").await;
        desk.order(Some(hana.id)).await;
        desk.work().await;
        let event = NewEvent::new("customer_erased", "customer", hana.id.uuid()).customer(Some(hana.id));
        desk.say(event).await;
        assert_eq!(desk.ends().await, [(FlowRunStatus::Stopped, Some("CUSTOMER_ERASED".to_owned()))]);
        desk.later(TimeDelta::days(2)).await;
        assert!(desk.messages().await.is_empty());
        desk.done().await;
    }
}
