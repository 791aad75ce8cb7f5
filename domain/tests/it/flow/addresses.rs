//! Who may be written to where: what advertises needs a proved address, what asks about an order knows the order's.

use chrono::TimeDelta;
use domain::flow::dry_run::{DryRun, dry_run};
use entity::words::*;
use serde_json::json;
use support::{World, both_databases};

use super::fixture::{Desk, after_order, thank};

both_databases! {
    /// An address that somebody typed gets no advertising, whoever agreed; a question about the order that it stands on goes
    /// there when its customer agreed and has proved no other. A dry run says the same.
    async fn only_proved_addresses_are_advertised_to(world: World) {
        let desk = Desk::open(&world).await;
        let definition =
            after_order(&json!([thank("mail"), { "kind": "SURVEY", "id": "ask", "survey": "nps" }]));
        desk.flow("both", &definition).await;
        let proved = desk.person("proved").await;
        let typed = world.new_customer("佐藤", "次郎").unverified(IdentifierKind::Email, "typed@example.jp").create().await;
        desk.consent(typed.id, true).await;
        for customer in [Some(proved.id), Some(typed.id), None] {
            desk.order_with(customer, |row| row.email = Some("said@example.jp".to_owned())).await;
            desk.work().await;
            world.advance(TimeDelta::minutes(1));
        }
        let done = |step: &str| (step.to_owned(), FlowStepOutcome::Done, None);
        let skipped = |step: &str, why: &str| (step.to_owned(), FlowStepOutcome::Skipped, Some(why.to_owned()));
        assert_eq!(desk.steps().await, [
            done("mail"),
            done("ask"),
            skipped("mail", "NO_ADDRESS"),
            done("ask"),
            skipped("mail", "NO_ADDRESS"),
            skipped("ask", "NO_CONSENT"),
        ]);
        let sent: Vec<_> = desk
            .messages()
            .await
            .into_iter()
            .filter(|row| row.status == MessageStatus::Sent)
            .map(|row| (row.template, row.recipient))
            .collect();
        let to = |template: &str, address: &str| (template.to_owned(), address.to_owned());
        assert_eq!(sent, [
            to("thanks", "proved@example.jp"), to("survey", "proved@example.jp"), to("survey", "said@example.jp"),
        ]);
        desk.later(TimeDelta::days(1)).await;
        let report = dry_run(&world.ctx(), &DryRun { code: None, definition: Some(definition), days: 30 }).await.unwrap();
        assert_eq!(report.messages, 3);
        assert_eq!(report.reasons, [("NO_ADDRESS".to_owned(), 2), ("NO_CONSENT".to_owned(), 1)]);
        desk.done().await;
    }
}
