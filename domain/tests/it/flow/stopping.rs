//! Nothing goes when its reason is gone: looked at by events, and again at the moment of sending.

use chrono::TimeDelta;
use domain::flow::dry_run::{DryRun, dry_run};
use domain::flow::figures::{FiguresOf, figures};
use domain::messaging::suppression::{AddSuppression, suppress};
use entity::words::*;
use serde_json::{Value, json};
use support::{World, both_databases};

use super::fixture::{Desk, after_order, at, thank};

fn stopped(reason: &str) -> (FlowRunStatus, Option<String>) {
    (FlowRunStatus::Stopped, Some(reason.to_owned()))
}

fn calm() -> Value {
    after_order(&json!([{ "kind": "WAIT", "id": "rest", "span": { "days": 1 } }, thank("mail")]))
}

/// Thanks for a payment, unless the customer buys again: by an exit or by a guard.
fn after_payment(part: &str) -> Value {
    let until = match part {
        "exits" => json!({ "event": "order_placed", "of": "CUSTOMER" }),
        _ => json!("NOT_BOUGHT_SINCE"),
    };
    let on = json!([{ "event": "payment_captured" }]);
    json!({ "trigger": { "kind": "EVENT", "on": on }, "steps": [thank("mail")], part: [until] })
}

both_databases! {
    /// A return, a cancellation and a failed delivery end what is left, each with its reason.
    async fn a_purchase_that_goes_wrong_ends_what_follows(world: World) {
        let desk = Desk::open(&world).await;
        desk.flow("calm", &calm()).await;
        let hana = desk.person("hana").await;
        let mut orders = Vec::new();
        for _ in 0..5 {
            orders.push(desk.order(Some(hana.id)).await);
            world.advance(TimeDelta::minutes(1));
        }
        desk.work().await;
        desk.returned(orders[0].id).await;
        desk.canceled(orders[1].id).await;
        let failed = json!({ "order_ids": [orders[2].id], "to": "FAILED" });
        desk.tell("shipment_tracked", &orders[2], failed).await;
        let moving = json!({ "order_ids": [orders[3].id], "to": "IN_TRANSIT" });
        desk.tell("shipment_tracked", &orders[3], moving).await;
        desk.later(TimeDelta::days(1)).await;
        let done = (FlowRunStatus::Done, None);
        assert_eq!(desk.ends().await, [
            stopped("RETURNED"), stopped("ORDER_CANCELED"), stopped("DELIVERY_FAILED"), done.clone(), done,
        ]);
        assert_eq!(desk.sent().await.len(), 2);
        desk.done().await;
    }

    /// A call to a system tells what happened: it goes though its run was stopped since, by an event or by itself.
    async fn calls_go_though_their_run_was_stopped(world: World) {
        let desk = Desk::open(&world).await;
        let call = json!({ "kind": "WEBHOOK", "id": "crm", "url": "https://crm.example/flows" });
        let wait = json!({ "kind": "WAIT", "id": "rest", "span": { "days": 1 } });
        desk.flow("crm", &after_order(&json!([call, wait, thank("mail")]))).await;
        let hana = desk.person("hana").await;
        let (told, untold) = (desk.order(Some(hana.id)).await, desk.order(Some(hana.id)).await);
        desk.work_without_mail().await;
        desk.returned(told.id).await;
        desk.change(untold.id, |row| row.return_status = OrderReturnStatus::Requested).await;
        desk.later(TimeDelta::days(1)).await;
        assert_eq!(desk.ends().await, [stopped("RETURNED"), stopped("RETURNED")]);
        let calls: Vec<_> = desk.messages().await.into_iter().map(|row| (row.channel, row.status)).collect();
        assert_eq!(calls, [(MessageChannel::Webhook, MessageStatus::Sent); 2]);
        desk.done().await;
    }

    /// The event has not been heard yet, but the order says it: nothing goes, and the run says why.
    async fn the_moment_of_sending_looks_again(world: World) {
        let desk = Desk::open(&world).await;
        desk.flow("calm", &calm()).await;
        let hana = desk.person("hana").await;
        let order = desk.order(Some(hana.id)).await;
        desk.work().await;
        desk.change(order.id, |row| row.return_status = OrderReturnStatus::Requested).await;
        desk.later(TimeDelta::days(1)).await;
        assert_eq!(desk.ends().await, [stopped("RETURNED")]);
        assert!(desk.messages().await.is_empty());
        assert_eq!(desk.steps().await.last().unwrap().2.as_deref(), Some("RETURNED"));
        desk.done().await;
    }

    /// It waits for the morning when the goods come back: it does not go.
    async fn what_rests_does_not_go_after_a_return(world: World) {
        let desk = Desk::open(&world).await;
        desk.policy(100, 7, "21:00", "08:00").await;
        desk.flow("now", &after_order(&json!([thank("mail")]))).await;
        let hana = desk.person("hana").await;
        desk.hours(14).await;
        // 23:00 in Tokyo.
        let order = desk.order(Some(hana.id)).await;
        let kept = desk.order(Some(hana.id)).await;
        desk.work().await;
        assert!(desk.messages().await.is_empty());
        let runs = desk.runs().await;
        assert!(runs.iter().all(|run| run.wake_at == Some(at("2026-11-21T23:00:00Z")) && run.step == "mail"), "{runs:?}");
        assert!(desk.steps().await.is_empty(), "the step was not done yet");
        desk.hours(3).await;
        desk.returned(order.id).await;
        desk.hours(10).await;
        assert_eq!(desk.ends().await, [stopped("RETURNED"), (FlowRunStatus::Done, None)]);
        let rows: Vec<_> = desk.messages().await.into_iter().map(|row| (row.order_id, row.status)).collect();
        assert_eq!(rows, [(Some(kept.id), MessageStatus::Sent)]);
        desk.done().await;
    }

    /// Somebody buys in the night: the reminder of the evening does not go in the morning, be it by an exit or by a guard,
    /// and a dry run says the same.
    async fn a_purchase_in_the_night_calls_off_the_morning(world: World) {
        let desk = Desk::open(&world).await;
        desk.policy(100, 7, "21:00", "08:00").await;
        desk.flow("exit", &after_payment("exits")).await;
        desk.flow("guard", &after_payment("guards")).await;
        let (hana, taro) = (desk.person("hana").await, desk.person("taro").await);
        // 23:00 in Tokyo.
        desk.hours(14).await;
        for person in [&hana, &taro] {
            let order = desk.order(Some(person.id)).await;
            desk.tell("payment_captured", &order, json!({})).await;
        }
        desk.work().await;
        world.advance(TimeDelta::minutes(30));
        desk.order(Some(hana.id)).await;
        desk.hours(10).await;
        let mut ends = desk.ends().await;
        ends.sort();
        let done = (FlowRunStatus::Done, None);
        assert_eq!(ends, [done.clone(), done, stopped("BOUGHT_SINCE"), stopped("ORDER_PLACED")]);
        let went: Vec<_> = desk.messages().await.into_iter().map(|row| row.customer_id).collect();
        assert_eq!(went, [Some(taro.id), Some(taro.id)]);
        for (part, reason) in [("exits", "ORDER_PLACED"), ("guards", "BOUGHT_SINCE")] {
            let input = DryRun { code: None, definition: Some(after_payment(part)), days: 30 };
            let report = dry_run(&world.ctx(), &input).await.unwrap();
            assert_eq!((report.messages, report.reasons), (1, vec![(reason.to_owned(), 1)]), "{part}");
        }
        desk.done().await;
    }

    /// The mail server is out of order. What ends a flow keeps back what its runs left behind, though they are over.
    async fn an_outage_sends_nothing_that_is_called_off(world: World) {
        let desk = Desk::open(&world).await;
        desk.flow("exit", &after_payment("exits")).await;
        desk.flow("off", &after_payment("guards")).await;
        let (hana, taro) = (desk.person("hana").await, desk.person("taro").await);
        for person in [&hana, &taro] {
            let order = desk.order(Some(person.id)).await;
            desk.tell("payment_captured", &order, json!({})).await;
        }
        desk.work_without_mail().await;
        assert!(desk.ends().await.iter().all(|end| *end == (FlowRunStatus::Done, None)));
        let waiting = desk.messages().await;
        assert!(waiting.len() == 4 && waiting.iter().all(|row| row.status == MessageStatus::Queued));
        world.advance(TimeDelta::minutes(30));
        desk.order(Some(hana.id)).await;
        desk.switched("off", FlowStatus::Off).await;
        desk.later(TimeDelta::hours(1)).await;
        let mut rows: Vec<_> =
            desk.messages().await.into_iter().map(|row| (row.customer_id == Some(hana.id), row.status, row.reason)).collect();
        rows.sort();
        let kept = |is_hers: bool, reason: &str| (is_hers, MessageStatus::Suppressed, Some(reason.to_owned()));
        let mut wanted = [
            (false, MessageStatus::Sent, None),
            kept(false, "FLOW_OFF"),
            kept(true, "FLOW_OFF"),
            kept(true, "ORDER_PLACED"),
        ];
        wanted.sort();
        assert_eq!(rows, wanted);
        assert!(desk.ends().await.iter().all(|end| *end == (FlowRunStatus::Done, None)), "what is over stays over");
        desk.done().await;
    }

    /// An exit of the flow ends it: here, another purchase of the same customer.
    async fn an_exit_ends_a_run(world: World) {
        let desk = Desk::open(&world).await;
        let mut definition = calm();
        definition["exits"] = json!([{ "event": "order_placed", "of": "CUSTOMER" }]);
        desk.flow("once", &definition).await;
        let (hana, taro) = (desk.person("hana").await, desk.person("taro").await);
        desk.order(Some(hana.id)).await;
        desk.order(Some(taro.id)).await;
        desk.work().await;
        desk.later(TimeDelta::hours(3)).await;
        desk.order(Some(hana.id)).await;
        desk.work().await;
        desk.later(TimeDelta::days(2)).await;
        let ends = desk.ends().await;
        assert_eq!(ends[0], stopped("ORDER_PLACED"));
        assert!(ends[1..].iter().all(|end| *end == (FlowRunStatus::Done, None)), "{ends:?}");
        desk.done().await;
    }

    /// What is not sold any more is not advertised; what was bought since is not offered again.
    async fn guards_hold_back(world: World) {
        let desk = Desk::open(&world).await;
        let guarded = |guard: &str| {
            let mut definition = calm();
            definition["guards"] = json!([guard]);
            definition
        };
        desk.flow("bought", &guarded("NOT_BOUGHT_SINCE")).await;
        desk.flow("received", &guarded("RECEIVED")).await;
        let hana = desk.person("hana").await;
        desk.order(Some(hana.id)).await;
        desk.work().await;
        desk.later(TimeDelta::hours(1)).await;
        desk.switched("received", FlowStatus::Paused).await;
        desk.order(Some(hana.id)).await;
        desk.switched("received", FlowStatus::On).await;
        desk.later(TimeDelta::hours(23)).await;
        let mut ends = desk.ends().await;
        ends.sort();
        let waits = (FlowRunStatus::Waiting, None);
        assert_eq!(ends, [waits, stopped("BOUGHT_SINCE"), stopped("NOT_RECEIVED")]);
        desk.done().await;
    }

    /// Switched off, a flow ends what waits; paused, it keeps it.
    async fn off_ends_and_a_pause_keeps(world: World) {
        let desk = Desk::open(&world).await;
        desk.flow("calm", &calm()).await;
        let hana = desk.person("hana").await;
        desk.order(Some(hana.id)).await;
        desk.work().await;
        desk.switched("calm", FlowStatus::Paused).await;
        desk.later(TimeDelta::days(3)).await;
        desk.order(Some(hana.id)).await;
        assert_eq!(desk.ends().await, [(FlowRunStatus::Waiting, None)], "nothing begins, and what waits stays");
        desk.on("calm").await;
        desk.work().await;
        assert_eq!(desk.sent().await, ["thanks"]);
        desk.order(Some(hana.id)).await;
        desk.work().await;
        desk.switched("calm", FlowStatus::Off).await;
        assert_eq!(desk.ends().await[1], stopped("FLOW_OFF"));
        desk.later(TimeDelta::days(3)).await;
        assert_eq!(desk.sent().await, ["thanks"]);
        desk.done().await;
    }

    /// A paused flow hears what goes wrong: when it is on again, nothing of it goes.
    async fn a_pause_does_not_make_deaf(world: World) {
        let desk = Desk::open(&world).await;
        desk.flow("calm", &calm()).await;
        let hana = desk.person("hana").await;
        let mut orders = Vec::new();
        for _ in 0..4 {
            orders.push(desk.order(Some(hana.id)).await);
            world.advance(TimeDelta::minutes(1));
        }
        desk.work().await;
        desk.switched("calm", FlowStatus::Paused).await;
        desk.returned(orders[0].id).await;
        desk.canceled(orders[1].id).await;
        let failed = json!({ "order_ids": [orders[2].id], "to": "RETURN_TO_SENDER" });
        desk.tell("shipment_tracked", &orders[2], failed).await;
        desk.later(TimeDelta::days(2)).await;
        assert!(desk.messages().await.is_empty());
        desk.on("calm").await;
        desk.work().await;
        assert_eq!(desk.ends().await, [
            stopped("RETURNED"), stopped("ORDER_CANCELED"), stopped("DELIVERY_FAILED"), (FlowRunStatus::Done, None),
        ]);
        let sent: Vec<_> = desk.messages().await.into_iter().map(|row| row.order_id).collect();
        assert_eq!(sent, [Some(orders[3].id)]);
        desk.done().await;
    }

    /// Between the moment in which it was queued and that in which it leaves things change: it does not go, its row says
    /// why, and the figures count it.
    async fn what_changes_before_it_leaves_counts(world: World) {
        let desk = Desk::open(&world).await;
        desk.flow("now", &after_order(&json!([thank("mail")]))).await;
        desk.flow("off", &after_order(&json!([thank("mail")]))).await;
        let mut people = Vec::new();
        for name in ["leaves", "dead", "stays"] {
            people.push(desk.person(name).await);
        }
        for person in &people {
            desk.order(Some(person.id)).await;
        }
        desk.work_without_mail().await;
        world.advance(TimeDelta::minutes(1));
        assert!(desk.messages().await.iter().all(|row| row.status == MessageStatus::Queued));
        desk.consent(people[0].id, false).await;
        let stop = AddSuppression {
            channel: MessageChannel::Email,
            address: "dead@example.jp".to_owned(),
            scope: SuppressionScope::Marketing,
            note: None,
        };
        suppress(&world.ctx(), stop).await.unwrap();
        desk.switched("off", FlowStatus::Off).await;
        world.advance(TimeDelta::hours(9));
        for message in desk.messages().await {
            desk.leaves(message.id).await;
        }
        let figures_of = |code: &str| {
            let (ctx, of) = (world.ctx(), FiguresOf { code: code.to_owned(), from: None, until: None });
            async move {
                let found = figures(&ctx, &of).await.unwrap();
                let whys: Vec<_> = found.suppressions.iter().map(|why| (why.reason.clone(), why.count)).collect();
                let groups: Vec<_> = found.groups.iter().map(|one| (one.runs, one.sent, one.queued, one.suppressed)).collect();
                (groups, whys)
            }
        };
        world.advance(TimeDelta::seconds(1));
        let why = |reason: &str, count: i64| (reason.to_owned(), count);
        assert_eq!(
            figures_of("now").await,
            (vec![(3, 1, 0, 2)], vec![why("NO_CONSENT", 1), why("SUPPRESSED_ADDRESS", 1)])
        );
        assert_eq!(figures_of("off").await, (vec![(3, 0, 0, 3)], vec![why("FLOW_OFF", 3)]));
        for row in desk.messages().await {
            assert_eq!(row.reason.is_some(), row.status == MessageStatus::Suppressed, "{row:?}");
        }
        desk.done().await;
    }
}
