//! The roles that come with the product, from version to version.

use std::collections::BTreeSet;

use domain::access::{UpsertRole, follow_product, seed_roles, upsert_role};
use domain::jobs::Schedule;
use entity::{event, job, role};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use support::{World, both_databases};

async fn role(world: &World, code: &str) -> role::Model {
    role::Entity::find().filter(role::Column::Code.eq(code)).one(world.db()).await.unwrap().unwrap()
}

/// Leaves a role as a version before this one did.
async fn before(world: &World, code: &str, permissions: Value, given: Option<Value>) {
    role::Entity::update_many()
        .col_expr(role::Column::Permissions, Expr::value(permissions))
        .col_expr(role::Column::Given, Expr::value(given))
        .filter(role::Column::Code.eq(code))
        .exec(world.db())
        .await
        .unwrap();
}

fn names(list: &Value) -> BTreeSet<&str> {
    list.as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect()
}

/// How often a role was saved, as the history has it.
async fn saved(world: &World) -> Vec<event::Model> {
    event::Entity::find().filter(event::Column::Kind.eq("role_saved")).all(world.db()).await.unwrap()
}

both_databases! {
    /// Who never edited a role gets what this version adds to it; who did keeps what they chose.
    async fn roles_that_nobody_edited_follow_the_product(world: World) {
        let ctx = world.ctx();
        follow_product(&ctx).await.unwrap();
        assert!(role::Entity::find().all(world.db()).await.unwrap().is_empty(), "the first administrator brings them");
        seed_roles(&ctx).await.unwrap();
        let fresh = role(&world, "support").await.permissions;
        // In another order than we write it, as another version may.
        let old = json!(["customers.read", "orders.read"]);
        before(&world, "support", old.clone(), Some(json!(["orders.read", "customers.read"]))).await;
        before(&world, "manager", json!(["orders.read", "stock.read"]), Some(json!(["orders.read"]))).await;
        before(&world, "clerk", old.clone(), None).await;
        before(&world, "admin", old.clone(), None).await;
        for _ in 0..2 {
            follow_product(&ctx).await.unwrap();
        }
        let support = role(&world, "support").await;
        assert_eq!((names(&support.permissions), support.version), (names(&fresh), 2));
        assert!(names(&fresh).contains("flows.read") && names(&fresh).contains("reviews.moderate"));
        assert_eq!(role(&world, "manager").await.permissions, json!(["orders.read", "stock.read"]), "it was edited");
        assert_eq!(role(&world, "clerk").await.permissions, old, "it was edited before that was kept");
        assert!(names(&role(&world, "admin").await.permissions).contains("flows.write"), "it always holds everything");
        let told = saved(&world).await;
        let mut codes: Vec<_> = told.iter().map(|event| event.payload["code"].as_str().unwrap()).collect();
        codes.sort_unstable();
        assert_eq!(codes, ["admin", "support"], "once each");
        assert!(told.iter().all(|event| event.payload["by_product"] == json!(true)));
    }

    /// An edit holds from then on, also over the start of a newer process.
    async fn an_edited_role_stays_as_it_is(world: World) {
        seed_roles(&world.ctx()).await.unwrap();
        let edit = |permissions: &[&str]| UpsertRole {
            code: "support".into(),
            name: "Help".into(),
            permissions: permissions.iter().map(|name| (*name).to_owned()).collect(),
            expected_version: None,
        };
        upsert_role(&world.ctx(), edit(&["orders.read"])).await.unwrap();
        Schedule::plant(&world.ctx()).await.unwrap();
        assert_eq!(role(&world, "support").await.permissions, json!(["orders.read"]));
        assert_eq!(saved(&world).await.len(), 1, "the edit alone");
        // A role that another one made up is nobody's but theirs.
        upsert_role(&world.ctx(), UpsertRole { code: "own".into(), ..edit(&["orders.read"]) }).await.unwrap();
        Schedule::plant(&world.ctx()).await.unwrap();
        assert_eq!(role(&world, "own").await.given, None);
        job::Entity::delete_many().exec(world.db()).await.unwrap();
    }

    /// While versions are exchanged an old process may start last: what a newer one gave stays, and what this one gives is
    /// added to it.
    async fn what_a_newer_version_gave_stays(world: World) {
        seed_roles(&world.ctx()).await.unwrap();
        let fresh = role(&world, "support").await.permissions;
        for code in ["support", "admin"] {
            let mut newer = role(&world, code).await.permissions;
            newer.as_array_mut().unwrap().push(json!("rockets.launch"));
            before(&world, code, newer.clone(), Some(newer)).await;
        }
        follow_product(&world.ctx()).await.unwrap();
        for code in ["support", "admin"] {
            let kept = role(&world, code).await;
            assert!(names(&kept.permissions).contains("rockets.launch"), "{code}");
            assert_eq!(kept.version, 1, "there was nothing to do: {code}");
        }
        let other = json!(["orders.read", "rockets.launch"]);
        before(&world, "support", other.clone(), Some(other)).await;
        follow_product(&world.ctx()).await.unwrap();
        let both = role(&world, "support").await;
        let mut wanted = names(&fresh);
        wanted.insert("rockets.launch");
        assert_eq!((names(&both.permissions), both.version), (wanted, 2));
        assert_eq!(both.given, Some(both.permissions.clone()), "nobody edited it");
    }

    /// A changed name alone keeps a role with the product, and the name.
    async fn a_name_is_no_edit_of_permissions(world: World) {
        seed_roles(&world.ctx()).await.unwrap();
        let fresh = role(&world, "support").await.permissions;
        before(&world, "support", json!(["orders.read"]), Some(json!(["orders.read"]))).await;
        let named = UpsertRole {
            code: "support".into(),
            name: "Help".into(),
            permissions: vec!["orders.read".into()],
            expected_version: None,
        };
        upsert_role(&world.ctx(), named).await.unwrap();
        follow_product(&world.ctx()).await.unwrap();
        let now = role(&world, "support").await;
        assert_eq!((names(&now.permissions), now.name.as_str()), (names(&fresh), "Help"));
    }
}
