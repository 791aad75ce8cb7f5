//! What flows achieved, and what they would have.

use chrono::TimeDelta;
use domain::ErrorCode;
use domain::flow::dry_run::{DryRun, dry_run};
use domain::flow::figures::{FiguresOf, figures};
use entity::words::*;
use serde_json::json;
use support::{World, both_databases};

use super::fixture::{Desk, after_order, thank};

both_databases! {
    /// Everybody who came into a group counts, those who got nothing in the same way.
    async fn figures_count_groups(world: World) {
        let desk = Desk::open(&world).await;
        desk.flow_with("half", &after_order(&json!([thank("mail")])), Some(50)).await;
        let mut people = Vec::new();
        for number in 0..20 {
            let person = desk.person_with(&format!("p{number}"), |_| {}, number != 0).await;
            desk.order(Some(person.id)).await;
            people.push(person);
        }
        desk.work().await;
        let held: Vec<_> = desk.runs().await.into_iter().filter(|run| run.status == FlowRunStatus::HeldOut).collect();
        let is_held = |id| held.iter().any(|run| run.customer_id == Some(id));
        desk.switched("half", FlowStatus::Paused).await;
        desk.later(TimeDelta::days(3)).await;
        // Everybody buys again, one of them too late.
        for person in &people[1..19] {
            desk.order(Some(person.id)).await;
        }
        desk.later(TimeDelta::days(28)).await;
        desk.order(Some(people[19].id)).await;
        let asked = FiguresOf { code: "half".to_owned(), from: None, until: None };
        let found = figures(&world.ctx(), &asked).await.unwrap();
        let [shown, compared] = found.groups.as_slice() else { panic!("{:?}", found.groups) };
        assert!(!shown.is_hold_out && compared.is_hold_out);
        let held_out = i64::try_from(held.len()).unwrap();
        assert_eq!((shown.runs, compared.runs), (20 - held_out, held_out));
        let refused = i64::from(!is_held(people[0].id));
        assert_eq!((shown.sent, shown.suppressed), (shown.runs - refused, refused));
        assert_eq!((compared.sent, compared.suppressed, compared.clicked), (0, 0, 0));
        let bought = |held: bool| people[1..19].iter().filter(|person| is_held(person.id) == held).count();
        assert_eq!(shown.converted, i64::try_from(bought(false)).unwrap());
        assert_eq!(compared.converted, i64::try_from(bought(true)).unwrap());
        let whys: Vec<_> = found.suppressions.iter().map(|why| (why.reason.as_str(), why.count)).collect();
        assert_eq!(whys, if refused == 1 { vec![("NO_CONSENT", 1)] } else { vec![] });
        let nowhere = FiguresOf { code: "nowhere".to_owned(), from: None, until: None };
        assert_eq!(figures(&world.ctx(), &nowhere).await.unwrap_err().code(), ErrorCode::NotFound);
    }

    /// Each group of an experiment, and who got nothing, have their own n and their own purchases; the first purchase, which
    /// began the run, is none of them, nor is one after the window.
    async fn figures_tell_groups_apart(world: World) {
        let desk = Desk::open(&world).await;
        desk.storefront().await;
        let step = json!({
            "kind": "SEND", "id": "mail", "template": "thanks",
            "variants": [
                { "name": "A", "weight": 1, "template": "thanks" },
                { "name": "B", "weight": 1, "template": "engaged" },
            ],
        });
        let mut definition = after_order(&json!([step]));
        definition["filters"] = json!({ "first_order": true });
        desk.flow_with("test", &definition, Some(30)).await;
        let mut people = Vec::new();
        for number in 0..30 {
            let person = desk.person(&format!("p{number}")).await;
            desk.order(Some(person.id)).await;
            people.push(person.id);
        }
        desk.work().await;
        let runs = desk.runs().await;
        let group_of = |id| {
            let run = runs.iter().find(|run| run.customer_id == Some(id)).unwrap();
            (run.status == FlowRunStatus::HeldOut, run.variant.clone().unwrap_or_default())
        };
        let mut wanted: std::collections::BTreeMap<(bool, String), (i64, i64)> = std::collections::BTreeMap::new();
        desk.later(TimeDelta::days(10)).await;
        for (number, id) in people.iter().enumerate() {
            let group = wanted.entry(group_of(*id)).or_default();
            group.0 += 1;
            // Two purchases of one person count once.
            for _ in 0..number % 3 {
                desk.order(Some(*id)).await;
                world.advance(TimeDelta::seconds(1));
            }
            group.1 += i64::from(number % 3 > 0);
        }
        desk.later(TimeDelta::days(30)).await;
        for id in &people {
            desk.order(Some(*id)).await;
        }
        desk.later(TimeDelta::days(1)).await;
        let asked = FiguresOf { code: "test".to_owned(), from: None, until: None };
        let found = figures(&world.ctx(), &asked).await.unwrap();
        let groups: Vec<_> = found
            .groups
            .iter()
            .map(|one| ((one.is_hold_out, one.variant.clone()), (one.runs, one.converted)))
            .collect();
        assert_eq!(groups, wanted.into_iter().collect::<Vec<_>>());
        let names: Vec<_> = found.groups.iter().map(|one| (one.is_hold_out, one.variant.as_str())).collect();
        assert_eq!(names, [(false, "A"), (false, "B"), (true, "")], "everybody is in one of three groups");
        for group in &found.groups {
            let sent = if group.is_hold_out { 0 } else { group.runs };
            assert_eq!(group.sent, sent, "{group:?}");
        }
        desk.done().await;
    }

    /// What a flow would have sent is what it sends; and why not to the others.
    async fn a_dry_run_tells_what_would_have_happened(world: World) {
        let desk = Desk::open(&world).await;
        let rest = json!({ "kind": "WAIT", "id": "rest", "span": { "days": 2 } });
        let mut definition = after_order(&json!([rest, thank("mail")]));
        definition["filters"] = json!({ "first_order": true });
        let hana = desk.person("hana").await;
        let quiet = desk.person_with("quiet", |_| {}, false).await;
        let sender = desk.person("sender").await;
        let late = desk.person("late").await;
        desk.order(Some(hana.id)).await;
        desk.order(Some(quiet.id)).await;
        let back = desk.order(Some(sender.id)).await;
        desk.order(None).await;
        desk.later(TimeDelta::days(1)).await;
        desk.returned(back.id).await;
        desk.order(Some(hana.id)).await;
        desk.later(TimeDelta::days(20)).await;
        desk.order(Some(late.id)).await;
        desk.later(TimeDelta::days(1)).await;
        let statements = world.ctx();
        let input = DryRun { code: None, definition: Some(definition), days: 90 };
        let report = dry_run(&statements, &input).await.unwrap();
        assert_eq!((report.subjects, report.people, report.messages), (6, 1, 1));
        assert_eq!(report.steps, [("mail".to_owned(), 1)]);
        let mut reasons = report.reasons.clone();
        reasons.sort();
        let why = |name: &str| (name.to_owned(), 1);
        assert_eq!(reasons, [
            why("FILTER_FIRST_ORDER"), why("NOT_YET"), why("NO_ADDRESS"), why("NO_CONSENT"), why("RETURNED"),
        ]);
        assert!(!report.is_cut);
        assert!(statements.statements.get() <= 25, "{} statements", statements.statements.get());
        assert!(desk.messages().await.is_empty() && desk.runs().await.is_empty(), "nothing happened");
        let short = DryRun { days: 10, ..input.clone() };
        assert_eq!(dry_run(&world.ctx(), &short).await.unwrap().subjects, 1);
        let long = DryRun { days: 91, ..input };
        assert_eq!(dry_run(&world.ctx(), &long).await.unwrap_err().code(), ErrorCode::InvalidQuantity);
        let stored = DryRun { code: Some("thanks".to_owned()), definition: None, days: 30 };
        // Two hours after the order nothing was on its way back yet.
        assert_eq!(dry_run(&world.ctx(), &stored).await.unwrap().messages, 3);
    }

    /// The clock's flows are tried over their days, too.
    async fn a_dry_run_goes_by_the_clock(world: World) {
        let desk = Desk::open(&world).await;
        for number in 1..=28 {
            let born = chrono::NaiveDate::from_ymd_opt(1990, 11, number);
            desk.person_with(&format!("p{number}"), |row| row.birth_on = born, true).await;
        }
        desk.later(TimeDelta::days(30)).await;
        let input = DryRun { code: Some("birthday".to_owned()), definition: None, days: 30 };
        let report = dry_run(&world.ctx(), &input).await.unwrap();
        assert_eq!((report.subjects, report.messages), (7, 7), "the 22nd to the 28th of November");
    }
}
