//! Built-in flows of shops that have them already: they follow the product until somebody edits them.

use domain::flow::plant;
use domain::flow::save::{SaveFlow, save};
use entity::id::{FlowId, FlowVersionId};
use entity::words::{FlowStatus, MessageClass};
use entity::{event, flow, flow_version};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};
use support::{World, both_databases, race};
use uuid::Uuid;

/// The version of `how_to_use` that the first release planted.
const FIRST: &str = "01941f29-7c00-7000-b5b2-e5de7b3f96d5";

/// What that was.
fn first_definition() -> Value {
    json!({
        "trigger": { "kind": "EVENT", "on": [
            { "event": "shipment_tracked", "when": { "to": "DELIVERED" } },
            { "event": "pickup_collected" },
        ] },
        "filters": { "received": true },
        "steps": [
            { "kind": "WAIT", "id": "unpack", "span": { "days": 1 } },
            { "kind": "WAIT_UNTIL", "id": "morning", "at": "10:00" },
            { "kind": "SEND", "id": "guide", "template": "how_to_use" },
        ],
    })
}

/// A shop in which `how_to_use` was planted as it was, named and switched on.
async fn shop_of_before(world: &World) {
    let row = flow::Model {
        id: FlowId(world.new_uuid()),
        code: "how_to_use".to_owned(),
        name: "Our guides".to_owned(),
        class: MessageClass::Marketing,
        trigger_kind: "EVENT".to_owned(),
        status: FlowStatus::On,
        is_built_in: true,
        current_number: 1,
        hold_out_percent: 10,
        version: 3,
        created_at: world.now(),
        updated_at: world.now(),
    };
    let version = flow_version::Model {
        id: FlowVersionId(Uuid::parse_str(FIRST).unwrap()),
        flow_id: row.id,
        number: 1,
        definition: first_definition(),
        staff_id: None,
        created_at: world.now(),
    };
    let db = world.db();
    flow::Entity::insert(row.into_active_model().reset_all()).exec_without_returning(db).await.unwrap();
    flow_version::Entity::insert(version.into_active_model().reset_all()).exec_without_returning(db).await.unwrap();
}

async fn how_to_use(world: &World) -> (flow::Model, Vec<flow_version::Model>) {
    let found =
        flow::Entity::find().filter(flow::Column::Code.eq("how_to_use")).one(world.db()).await.unwrap().unwrap();
    let versions = flow_version::Entity::find()
        .filter(flow_version::Column::FlowId.eq(found.id))
        .order_by_asc(flow_version::Column::Number);
    (found, versions.all(world.db()).await.unwrap())
}

fn hears(version: &flow_version::Model) -> Vec<String> {
    let on = version.definition["trigger"]["on"].as_array().unwrap();
    on.iter().map(|one| one["event"].as_str().unwrap().to_owned()).collect()
}

both_databases! {
    /// A flow that nobody edited gets its new definition, once, and stays what the shop made of it otherwise.
    async fn what_nobody_edited_follows(world: World) {
        shop_of_before(&world).await;
        race(4, |_| {
            let ctx = world.ctx();
            async move { plant(&ctx).await.unwrap() }
        })
        .await;
        let (flow, versions) = how_to_use(&world).await;
        assert_eq!((flow.current_number, flow.version), (2, 4));
        assert_eq!((flow.name.as_str(), flow.status, flow.hold_out_percent), ("Our guides", FlowStatus::On, 10));
        assert_eq!(versions.iter().map(|version| version.number).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(hears(&versions[0]), ["shipment_tracked", "pickup_collected"], "runs that began go on as they began");
        let wanted = ["shipment_tracked", "shipment_presumed_delivered", "pickup_collected", "order_placed"];
        assert_eq!(hears(&versions[1]), wanted);
        let told = event::Entity::find().filter(event::Column::Kind.eq("flow_saved")).all(world.db()).await.unwrap();
        let told: Vec<_> = told.iter().map(|event| &event.payload).collect();
        assert_eq!(told, [&json!({ "code": "how_to_use", "number": 2, "by_product": true })]);
        let ctx = world.ctx();
        plant(&ctx).await.unwrap();
        assert_eq!(ctx.statements.get(), 1, "there is nothing to do");
        assert_eq!(how_to_use(&world).await.1.len(), 2);
        entity::job::Entity::delete_many().exec(world.db()).await.unwrap();
    }

    /// What a merchant saved stays, even when it says the same; so does what a newer version of the product gave.
    async fn what_somebody_edited_stays(world: World) {
        shop_of_before(&world).await;
        let edited = SaveFlow {
            code: "how_to_use".to_owned(),
            name: None,
            definition: first_definition(),
            hold_out_percent: None,
            expected_version: None,
        };
        // It is on, and would ask for a wording of consent that nobody needs here.
        switch_off(&world).await;
        save(&world.ctx(), edited).await.unwrap();
        plant(&world.ctx()).await.unwrap();
        let (flow, versions) = how_to_use(&world).await;
        assert_eq!((flow.current_number, versions.len()), (2, 2));
        assert_eq!(hears(&versions[1]), ["shipment_tracked", "pickup_collected"]);
        entity::job::Entity::delete_many().exec(world.db()).await.unwrap();
    }

    /// A new shop gets the flows as they are now, in their first version.
    async fn a_new_shop_begins_with_the_newest(world: World) {
        for _ in 0..2 {
            plant(&world.ctx()).await.unwrap();
        }
        let (flow, versions) = how_to_use(&world).await;
        assert_eq!((flow.current_number, versions.len()), (1, 1));
        assert_eq!(hears(&versions[0]).len(), 4);
        let saved = event::Entity::find().filter(event::Column::Kind.eq("flow_saved"));
        assert_eq!(saved.count(world.db()).await.unwrap(), 0);
    }
}

async fn switch_off(world: &World) {
    let row = how_to_use(world).await.0;
    let row = flow::Model { status: FlowStatus::Off, ..row };
    row.into_active_model().reset_all().update(world.db()).await.unwrap();
}
