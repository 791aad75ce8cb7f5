//! Writing flows and switching them.

use chrono::TimeDelta;
use domain::flow::builtin::{MESSAGES, PROTECTED};
use domain::flow::query::{self, FlowFilter};
use domain::flow::save::{SaveFlow, save};
use domain::flow::switch::{SwitchFlow, switch};
use domain::kernel::language::Language;
use domain::kernel::paging::PageRequest;
use domain::{Ctx, Error, ErrorCode, Permission};
use entity::id::SurveyId;
use entity::words::*;
use entity::{flow, flow_version, message_policy, survey};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, PaginatorTrait};
use serde_json::{Value, json};
use support::{World, both_databases};

use super::fixture::{Desk, after_order, thank};

fn input(code: &str, definition: &Value) -> SaveFlow {
    SaveFlow {
        code: code.to_owned(),
        name: Some("Mine".to_owned()),
        definition: definition.clone(),
        hold_out_percent: None,
        expected_version: None,
    }
}

async fn switched(ctx: &Ctx, code: &str, status: FlowStatus) -> Result<flow::Model, Error> {
    switch(ctx, SwitchFlow { code: code.to_owned(), status, expected_version: None }).await
}

both_databases! {
    /// The built-in flows are planted once; only what belongs to a purchase or an account is on.
    async fn built_in_flows_are_planted_once(world: World) {
        for _ in 0..3 {
            domain::flow::plant(&world.ctx()).await.unwrap();
        }
        let flows = flow::Entity::find().all(world.db()).await.unwrap();
        assert_eq!(flow_version::Entity::find().count(world.db()).await.unwrap(), flows.len() as u64);
        for flow in &flows {
            let on = flow.class == MessageClass::Transactional;
            assert_eq!(flow.status == FlowStatus::On, on, "{}", flow.code);
            assert!(flow.is_built_in);
        }
        let page = PageRequest::new(Some(100), None, None, None).unwrap();
        let without = query::page(&world.ctx(), FlowFilter { has_steps: Some(false) }, &page).await.unwrap();
        assert_eq!(without.rows.len(), MESSAGES.len());
        assert_eq!(query::count(&world.ctx(), FlowFilter { has_steps: Some(true) }).await.unwrap(), 13);
    }

    /// Two processes plant at once: each flow once.
    async fn two_processes_plant_at_once(world: World) {
        support::race(4, |_| {
            let ctx = world.ctx();
            async move { domain::flow::plant(&ctx).await.unwrap() }
        })
        .await;
        assert_eq!(flow::Entity::find().count(world.db()).await.unwrap(), MESSAGES.len() as u64 + 13);
    }

    /// Each save is a version; a run goes on as it began.
    async fn a_run_goes_on_as_it_began(world: World) {
        let desk = Desk::open(&world).await;
        let rest = json!({ "kind": "WAIT", "id": "rest", "span": { "hours": 1 } });
        let first = desk.flow("mine", &after_order(&json!([rest, thank("old")]))).await;
        assert_eq!((first.current_number, first.is_built_in), (1, false));
        let hana = desk.person("hana").await;
        desk.order(Some(hana.id)).await;
        desk.work().await;
        let second = save(&world.ctx(), input("mine", &after_order(&json!([rest, thank("new")])))).await.unwrap();
        assert_eq!((second.current_number, second.status), (2, FlowStatus::On));
        desk.order(Some(hana.id)).await;
        desk.work().await;
        desk.later(TimeDelta::hours(1)).await;
        let steps: Vec<_> = desk.messages().await.into_iter().map(|row| row.step.unwrap()).collect();
        assert_eq!(steps, ["old", "new"]);
        let stale = SaveFlow { expected_version: Some(1), ..input("mine", &after_order(&json!([thank("x")]))) };
        assert_eq!(save(&world.ctx(), stale).await.unwrap_err().code(), ErrorCode::StaleVersion);
        desk.done().await;
    }

    /// What cannot be followed is refused with its place, and nothing is written.
    async fn nonsense_is_refused_at_its_place(world: World) {
        let desk = Desk::open(&world).await;
        let before = flow_version::Entity::find().count(world.db()).await.unwrap();
        let refused = |definition: Value| {
            let ctx = world.ctx();
            async move {
                let error = save(&ctx, input("mine", &definition)).await.unwrap_err();
                (error.code(), error.path().to_owned())
            }
        };
        let flow = ErrorCode::InvalidFlow;
        let mut unknown = after_order(&json!([thank("mail")]));
        unknown["moon"] = json!("full");
        assert_eq!(refused(unknown).await, (flow, "input.definition.moon".to_owned()));
        let mut channel = after_order(&json!([thank("mail")]));
        channel["filters"] = json!({ "channels": ["web", "nowhere"] });
        assert_eq!(refused(channel).await, (flow, "input.definition.filters.channels".to_owned()));
        let mut product = after_order(&json!([thank("mail")]));
        product["filters"] = json!({ "product_ids": [entity::id::ProductId(world.new_uuid())] });
        assert_eq!(refused(product).await.0, ErrorCode::NotFound);
        let ask = |survey: &str| after_order(&json!([thank("mail"), { "kind": "SURVEY", "id": "ask", "survey": survey }]));
        assert_eq!(refused(ask("no-such")).await, (flow, "input.definition.steps.1.survey".to_owned()));
        let half = SaveFlow { hold_out_percent: Some(51), ..input("mine", &after_order(&json!([thank("mail")]))) };
        assert_eq!(save(&world.ctx(), half).await.unwrap_err().path(), "input.holdOutPercent");
        let taken = input("order_confirmation", &after_order(&json!([thank("mail")])));
        assert_eq!(save(&world.ctx(), taken).await.unwrap_err().code(), flow);
        assert_eq!(flow_version::Entity::find().count(world.db()).await.unwrap(), before);
        assert!(desk.runs().await.is_empty());
    }

    /// A flow asks by surveys that are there, and by those that come along though nobody was asked by them yet.
    async fn surveys_are_known(world: World) {
        Desk::open(&world).await;
        let ask = |survey: &str| after_order(&json!([{ "kind": "SURVEY", "id": "ask", "survey": survey }]));
        save(&world.ctx(), input("ready", &ask("ces"))).await.unwrap();
        let error = save(&world.ctx(), input("mine", &ask("fit"))).await.unwrap_err();
        assert_eq!((error.code(), error.path()), (ErrorCode::InvalidFlow, "input.definition.steps.0.survey"));
        let texts = Language::ALL.map(|language| error.message(language));
        assert_eq!(texts, ["No survey has this code.", "このコードのアンケートはありません。"]);
        let row = survey::Model {
            id: SurveyId(world.new_uuid()),
            code: "fit".to_owned(),
            name: "Fit".to_owned(),
            kind: SurveyKind::Custom,
            questions: json!([]),
            thanks: json!({}),
            expires_days: 30,
            at_till: false,
            active: true,
            version: 1,
            created_at: world.now(),
            updated_at: world.now(),
        };
        survey::Entity::insert(row.into_active_model().reset_all()).exec_without_returning(world.db()).await.unwrap();
        save(&world.ctx(), input("mine", &ask("fit"))).await.unwrap();
    }

    /// What needs consent stays off until some channel says what people agree to.
    async fn no_wording_no_marketing(world: World) {
        let desk = Desk::open(&world).await;
        message_policy::Entity::delete_many().exec(world.db()).await.unwrap();
        let ctx = world.ctx();
        for code in ["thanks", "survey"] {
            let refused = switched(&ctx, code, FlowStatus::On).await.unwrap_err();
            assert_eq!(refused.code(), ErrorCode::ConsentWordingMissing, "{code}");
        }
        switched(&ctx, "back_in_stock", FlowStatus::Off).await.unwrap();
        switched(&ctx, "back_in_stock", FlowStatus::On).await.unwrap();
        desk.policy(1, 1, "00:00", "00:00").await;
        switched(&ctx, "thanks", FlowStatus::On).await.unwrap();
    }

    /// The switch of a message works, but what opens accounts stays on, and a message cannot be paused.
    async fn switches_of_messages(world: World) {
        domain::flow::plant(&world.ctx()).await.unwrap();
        let ctx = world.ctx();
        for code in PROTECTED {
            let refused = switched(&ctx, code, FlowStatus::Off).await.unwrap_err();
            assert_eq!(refused.code(), ErrorCode::InvalidTransition, "{code}");
        }
        assert_eq!(switched(&ctx, "order_confirmation", FlowStatus::Off).await.unwrap().status, FlowStatus::Off);
        let paused = switched(&ctx, "pickup_ready", FlowStatus::Paused).await.unwrap_err();
        assert_eq!(paused.code(), ErrorCode::InvalidTransition);
        assert_eq!(switched(&ctx, "no-such", FlowStatus::On).await.unwrap_err().code(), ErrorCode::NotFound);
        let one_store = world.store("sapporo").await;
        let clerk = world.staff_at(one_store.id, &[Permission::FlowsWrite]).await;
        assert_eq!(switched(&clerk, "thanks", FlowStatus::Off).await.unwrap_err().code(), ErrorCode::Forbidden);
        let reader = world.staff(&[Permission::FlowsRead]).await;
        assert_eq!(switched(&reader, "thanks", FlowStatus::Off).await.unwrap_err().code(), ErrorCode::Forbidden);
    }
}
