//! A dry run decides by the policy of messages, as sending does.

use chrono::TimeDelta;
use domain::flow::dry_run::{DryRun, DryRunReport, dry_run};
use domain::messaging::suppression::{AddSuppression, suppress};
use entity::message_policy;
use entity::words::*;
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use support::{World, both_databases};

use super::fixture::{Desk, after_order, thank};

async fn tried(world: &World, definition: &Value) -> DryRunReport {
    let input = DryRun { code: None, definition: Some(definition.clone()), days: 30 };
    dry_run(&world.ctx(), &input).await.unwrap()
}

fn reasons(report: &DryRunReport) -> Vec<(&str, u64)> {
    report.reasons.iter().map(|(reason, count)| (reason.as_str(), *count)).collect()
}

both_databases! {
    /// What other flows sent counts for the cap, and what this one would have; its own past does not count twice.
    async fn caps_and_stops_are_honored(world: World) {
        let desk = Desk::open(&world).await;
        desk.policy(1, 7, "00:00", "00:00").await;
        let now = after_order(&json!([thank("mail")]));
        desk.flow("real", &now).await;
        let (both, twice, dead) = (desk.person("both").await, desk.person("twice").await, desk.person("dead").await);
        desk.order(Some(both.id)).await;
        desk.work().await;
        assert_eq!(desk.sent().await.len(), 1);
        desk.switched("real", FlowStatus::Off).await;
        desk.order(Some(dead.id)).await;
        desk.order(Some(twice.id)).await;
        desk.later(TimeDelta::days(6)).await;
        desk.order(Some(twice.id)).await;
        desk.later(TimeDelta::days(2)).await;
        desk.order(Some(twice.id)).await;
        desk.later(TimeDelta::days(1)).await;
        let stop = AddSuppression {
            channel: MessageChannel::Email,
            address: "Dead@example.jp".to_owned(),
            scope: SuppressionScope::All,
            note: None,
        };
        suppress(&world.ctx(), stop).await.unwrap();
        let report = tried(&world, &now).await;
        assert_eq!((report.subjects, report.people, report.messages), (5, 1, 2), "the first and the third of twice");
        assert_eq!(reasons(&report), [("FREQUENCY_CAP", 2), ("SUPPRESSED_ADDRESS", 1)]);
        let own = DryRun { code: Some("real".to_owned()), definition: None, days: 30 };
        let report = dry_run(&world.ctx(), &own).await.unwrap();
        assert_eq!((report.people, report.messages), (2, 3), "its own message does not keep itself back");
        assert_eq!(reasons(&report), [("FREQUENCY_CAP", 1), ("SUPPRESSED_ADDRESS", 1)]);
        desk.done().await;
    }

    /// Without a wording nobody can have agreed; by LINE people need an address of LINE.
    async fn wording_and_channel_are_looked_at(world: World) {
        let desk = Desk::open(&world).await;
        let hana = desk.person("hana").await;
        desk.order(Some(hana.id)).await;
        desk.later(TimeDelta::days(1)).await;
        assert_eq!(tried(&world, &after_order(&json!([thank("mail")]))).await.messages, 1);
        let by_line = json!({ "kind": "SEND", "id": "push", "template": "thanks", "channel": "LINE" });
        let by_line = tried(&world, &after_order(&json!([by_line]))).await;
        assert_eq!((by_line.messages, reasons(&by_line)), (0, vec![("NO_ADDRESS", 1)]));
        message_policy::Entity::delete_many().exec(world.db()).await.unwrap();
        let unsaid = tried(&world, &after_order(&json!([thank("mail")]))).await;
        assert_eq!((unsaid.messages, reasons(&unsaid)), (0, vec![("NO_WORDING", 1)]));
        desk.done().await;
    }

    /// Quiet hours keep nothing back; what follows a message waits as long as the message.
    async fn quiet_hours_only_move(world: World) {
        let desk = Desk::open(&world).await;
        desk.policy(100, 7, "21:00", "08:00").await;
        let hana = desk.person("hana").await;
        // 23:00 in Tokyo.
        desk.hours(14).await;
        desk.order(Some(hana.id)).await;
        let wait = json!({ "kind": "WAIT", "id": "b", "span": { "hours": 2 } });
        let pair = after_order(&json!([thank("one"), wait, thank("two")]));
        desk.hours(10).await;
        let morning = tried(&world, &pair).await;
        assert_eq!((morning.messages, reasons(&morning)), (1, vec![("NOT_YET", 1)]), "it is 09:00");
        desk.hours(1).await;
        assert_eq!(tried(&world, &pair).await.messages, 2);
        desk.done().await;
    }
}
