//! Anything by its id, and nothing that is somebody else's.

use domain::access::{CreateApiKey, create_api_key};
use entity::id::FlowRunId;
use entity::words::FlowRunStatus;
use entity::{flow_run, flow_version, fulfillment_order, order};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};
use serde_json::{Value, json};
use support::World;

use crate::harness::{Caller, over_http};
use crate::must_hold::shop::{self, CART_COMPLETE};

const NODE: &str = "query($id: ID!) { node(id: $id) { __typename id } }";
const NODES: &str = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }";

/// What kind of thing the caller sees under an id; null when none.
async fn kind(caller: &Caller, id: &str) -> Value {
    let node = caller.ask(NODE, json!({ "id": id })).await["node"].clone();
    assert!(node.is_null() || node["id"] == id, "{node}");
    node["__typename"].clone()
}

/// A run that is over, about nothing.
fn over(world: &World, version: &flow_version::Model) -> flow_run::Model {
    flow_run::Model {
        id: FlowRunId(world.new_uuid()),
        flow_id: version.flow_id,
        flow_version_id: version.id,
        subject_key: "test".to_owned(),
        customer_id: None,
        order_id: None,
        channel_id: None,
        status: FlowRunStatus::Done,
        step: String::new(),
        wake_at: None,
        waits_for: None,
        variant: None,
        reason: None,
        context: json!({}),
        event_id: None,
        version: 1,
        created_at: world.now(),
        updated_at: world.now(),
    }
}

over_http! {
    /// A storefront sees what is on sale and its own cart; of all else there is nothing to be seen.
    async fn shoppers_find_what_is_theirs_or_on_sale(app: TestApp) {
        let world = app.world();
        let shop = shop::open(world, 5).await;
        let mine = shop.buyer(&app.shop(), "mine@example.com").await;
        let other = shop.buyer(&app.shop(), "other@example.com").await;
        let closed = world.channel("closed").with(|row| row.active = false).create().await;
        let elsewhere = world.store("sapporo").await;
        let unsold = world.product("unsold").create().await;
        let seen = [
            (shop.sku.product.id.to_string(), "Product"),
            (shop.sku.id().to_string(), "Variant"),
            (shop.store.id.to_string(), "Location"),
            (shop.online.id.to_string(), "Channel"),
            (mine.cart_id.clone(), "Cart"),
        ];
        for (id, expected) in &seen {
            assert_eq!(kind(&mine.caller, id).await, *expected);
        }
        let hidden = [
            other.cart_id.clone(),
            closed.id.to_string(),
            elsewhere.id.to_string(),
            unsold.product.id.to_string(),
            unsold.id().to_string(),
            "prod_01h455vb4pex5vsknk084sn02q".to_owned(),
        ];
        for id in &hidden {
            assert_eq!(kind(&mine.caller, id).await, Value::Null, "{id}");
        }
        // A visitor without a secret has no cart.
        assert_eq!(kind(&app.shop(), &mine.cart_id).await, Value::Null);
        let ids: Vec<&String> = seen.iter().map(|(id, _)| id).chain(&hidden).collect();
        let nodes = mine.caller.ask(NODES, json!({ "ids": ids })).await;
        let kinds: Vec<_> = nodes["nodes"].as_array().unwrap().iter().map(|node| node["__typename"].clone()).collect();
        assert_eq!(kinds[..5], ["Product", "Variant", "Location", "Channel", "Cart"]);
        assert!(kinds[5..].iter().all(Value::is_null));
        assert_eq!(app.shop().send(NODE, json!({ "id": "staff_01h455vb4pex5vsknk084sn02q" })).await.top_codes(), ["INVALID_ID"]);
    }

    /// Apps see what their permissions open, and nothing of it without.
    async fn staff_find_what_their_permissions_open(app: TestApp) {
        let world = app.world();
        let shop = shop::open(world, 5).await;
        let buyer = shop.buyer(&app.shop(), "buyer@example.com").await;
        let waiting = shop.buyer(&app.shop(), "waiting@example.com").await;
        buyer.caller.run("cartComplete", CART_COMPLETE, buyer.completion("node")).await;
        let order = order::Entity::find().one(world.db()).await.unwrap().unwrap();
        let work = fulfillment_order::Entity::find().one(world.db()).await.unwrap().unwrap();
        domain::flow::plant(&world.ctx()).await.unwrap();
        let version = flow_version::Entity::find().one(world.db()).await.unwrap().unwrap();
        let run = over(world, &version);
        let run_id = run.id;
        flow_run::Entity::insert(run.into_active_model().reset_all()).exec_without_returning(world.db()).await.unwrap();
        let tea = [
            (version.flow_id.to_string(), "Flow", "flows.read"),
            (run_id.to_string(), "FlowRun", "flows.read"),
            (shop.sku.product.id.to_string(), "Product", "catalog.read"),
            (shop.sku.id().to_string(), "Variant", "catalog.read"),
            (shop.store.id.to_string(), "Location", "catalog.read"),
            (shop.online.id.to_string(), "Channel", "catalog.read"),
            (waiting.cart_id.clone(), "Cart", "pos.sell"),
            (order.id.to_string(), "Order", "orders.read"),
            (work.id.to_string(), "FulfillmentOrder", "orders.read"),
        ];
        for (id, expected, permission) in tea {
            let key = |permission: &str| CreateApiKey {
                name: "robot".into(),
                permissions: vec![permission.to_owned()],
                location_ids: Vec::new(),
                expires_at: None,
            };
            let bearer = async |permission: &str| {
                let key = create_api_key(&world.ctx(), key(permission)).await.unwrap();
                app.staff().header("authorization", &format!("Bearer {}", key.secret))
            };
            assert_eq!(kind(&bearer(permission).await, &id).await, expected);
            assert_eq!(kind(&app.staff(), &id).await, Value::Null, "{id}: nobody");
            if !["Location", "Channel"].contains(&expected) {
                assert_eq!(kind(&bearer("audit.run").await, &id).await, Value::Null, "{id}: another permission");
            }
        }
        app.leaves_jobs();
    }
}
