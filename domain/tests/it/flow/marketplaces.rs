//! Orders of marketplaces start nothing.

use domain::flow::dry_run::{DryRun, dry_run};
use entity::words::ChannelKind;
use serde_json::json;
use support::{World, both_databases};

use super::fixture::{Desk, after_order, thank};

both_databases! {
    /// A marketplace writes to its customers itself: no run begins for its orders, and a dry run says why. One that is asked
    /// for by the same customer in the web shop begins.
    async fn an_order_of_a_marketplace_starts_nothing(world: World) {
        let desk = Desk::open(&world).await;
        let definition = after_order(&json!([thank("mail")]));
        desk.flow("now", &definition).await;
        let hana = desk.person("hana").await;
        let market = world.channel("market").with(|row| row.kind = ChannelKind::Marketplace).create().await;
        desk.order_with(Some(hana.id), |row| row.channel_id = market.id).await;
        desk.work().await;
        assert!(desk.runs().await.is_empty() && desk.messages().await.is_empty());
        let input = DryRun { code: None, definition: Some(definition), days: 30 };
        let report = dry_run(&world.ctx(), &input).await.unwrap();
        let reasons: Vec<_> = report.reasons.iter().map(|(reason, count)| (reason.as_str(), *count)).collect();
        assert_eq!((report.subjects, report.messages, reasons), (1, 0, vec![("FILTER_MARKETPLACE", 1)]));
        desk.order(Some(hana.id)).await;
        desk.work().await;
        assert_eq!((desk.runs().await.len(), desk.sent().await.len()), (1, 1));
        desk.done().await;
    }
}
