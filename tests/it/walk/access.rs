//! Who may call what, over HTTP: every root field, asked by everybody.

use async_graphql::parser::types::OperationType;
use domain::Permission;
use graphql::Options;
use graphql::access::{self, Access};

use super::place::{Place, bearer};
use super::schema::Schema;
use crate::harness::{Answer, Caller, TestApp, over_http};
use crate::must_hold::nonsense::sizes;

/// Refused at the door: not signed in, or not allowed.
fn is_refused(answer: &Answer) -> bool {
    answer.top_codes().iter().any(|code| code == "UNAUTHENTICATED" || code == "FORBIDDEN")
}

/// Whom a rule lets in, of the people below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    Guest,
    Holder,
    Customer,
    Device,
    StaffWithout,
    StaffWithAll,
    AppWithAll,
}

const fn may_enter(rule: Access, who: Who) -> bool {
    match rule {
        Access::Anyone | Access::Development => true,
        Access::Customer => matches!(who, Who::Customer),
        Access::Holder => matches!(who, Who::Customer | Who::Holder),
        Access::StaffSignedIn => matches!(who, Who::StaffWithout | Who::StaffWithAll),
        Access::Device => matches!(who, Who::Device),
        Access::Needs(_) | Access::AnyOf(_) => matches!(who, Who::StaffWithAll | Who::AppWithAll),
    }
}

/// Asks every root field on behalf of everybody whom its rule keeps out.
async fn ask_everybody(schema: &Schema, table: &access::Table, place: &Place, people: &[(Who, Caller)]) -> Vec<String> {
    let mut complaints = Vec::new();
    for kind in [OperationType::Query, OperationType::Mutation] {
        for field in schema.roots(kind) {
            let name = field.name.node.as_str();
            let rule = table.rule(kind, name).unwrap_or_else(|| panic!("{name} has no rule"));
            let document = schema.document(kind, &field);
            for (who, caller) in people.iter().filter(|(who, _)| !may_enter(rule, *who)) {
                let answer = caller.send(&document, schema.variables(&field, place, None)).await;
                if !is_refused(&answer) {
                    complaints.push(format!("{name} ({rule:?}) let {who:?} in: {:.300}", answer.body.to_string()));
                }
            }
        }
    }
    complaints
}

/// With exactly the one permission of its rule, a caller gets past the door of every query.
async fn ask_with_one_permission(app: &TestApp, schema: &Schema, place: &Place) -> Vec<String> {
    let (mut complaints, table) = (Vec::new(), access::staff());
    for permission in Permission::ALL {
        let only = place.app(app, &[*permission]).await;
        let others: Vec<Permission> = Permission::ALL.iter().copied().filter(|other| other != permission).collect();
        let others = place.app(app, &others).await;
        for kind in [OperationType::Query, OperationType::Mutation] {
            for field in schema.roots(kind) {
                let name = field.name.node.as_str();
                if table.rule(kind, name) != Some(Access::Needs(*permission)) {
                    continue;
                }
                let (document, variables) = (schema.document(kind, &field), schema.variables(&field, place, None));
                if !is_refused(&others.send(&document, variables.clone()).await) {
                    complaints.push(format!("{name} lets an app in without {permission:?}"));
                }
                if kind == OperationType::Query && is_refused(&only.send(&document, variables).await) {
                    complaints.push(format!("{name} refuses an app with {permission:?}"));
                }
            }
        }
    }
    complaints
}

over_http! {
    /// Staff operations refuse guests, customers, tills, staff without a role and apps with another permission.
    async fn staff_operations_refuse_who_is_not_listed(app: TestApp) {
        let place = Place::open(&app).await;
        let schema = Schema::of(&graphql::staff_schema(Options::default()).sdl());
        let reader = place.app(&app, &[Permission::AuditRun]).await;
        let people = [
            (Who::Guest, app.staff()),
            (Who::Holder, app.staff().header("x-cart-token", &place.cart_token)),
            (Who::Customer, bearer(&app.staff(), &place.customer_token)),
            (Who::Device, place.device(&app)),
            (Who::StaffWithout, place.employee(&app, Vec::new()).await),
        ];
        let before = sizes(app.world()).await;
        let mut complaints = ask_everybody(&schema, &access::staff(), &place, &people).await;
        assert_eq!(sizes(app.world()).await, before, "nobody changed anything");
        // An app is nobody who signed in, and no till.
        let signed_in = ask_everybody_but_permissions(&schema, &place, &reader).await;
        complaints.extend(signed_in);
        complaints.extend(ask_with_one_permission(&app, &schema, &place).await);
        assert!(complaints.is_empty(), "{}", complaints.join("\n"));
        app.leaves_jobs();
    }

    /// Shop operations refuse guests without a secret, and staff, apps and tills.
    async fn shop_operations_refuse_who_is_not_listed(app: TestApp) {
        let place = Place::open(&app).await;
        let schema = Schema::of(&graphql::shop_schema(Options::default()).sdl());
        let people = [
            (Who::Guest, app.shop()),
            (Who::Holder, app.shop().header("x-cart-token", &place.cart_token)),
            (Who::Device, place.device(&app).at(app.url("/graphql"))),
            (Who::StaffWithAll, place.administrator(&app, None).await.at(app.url("/graphql"))),
            (Who::AppWithAll, place.app(&app, Permission::ALL).await.at(app.url("/graphql"))),
        ];
        let before = sizes(app.world()).await;
        let complaints = ask_everybody(&schema, &access::shop(), &place, &people).await;
        assert_eq!(sizes(app.world()).await, before, "nobody changed anything");
        assert!(complaints.is_empty(), "{}", complaints.join("\n"));
        app.leaves_jobs();
    }

    /// An administrator of one store cannot touch what lies at another: the same inputs that work for an administrator
    /// of all are refused, and change nothing.
    async fn an_administrator_of_another_store_is_refused(app: TestApp) {
        let place = Place::open(&app).await;
        let schema = Schema::of(&graphql::staff_schema(Options::default()).sdl());
        let elsewhere = place.administrator(&app, Some(place.elsewhere.id)).await;
        let everywhere = place.administrator(&app, None).await;
        let local = ["stockReceive", "stockAdjust", "stockMove", "stockHold", "posSale", "devicePairingCreate", "deviceRevoke"];
        for field in schema.roots(OperationType::Mutation) {
            let name = field.name.node.as_str();
            if !local.contains(&name) {
                continue;
            }
            let (document, variables) = (schema.document(OperationType::Mutation, &field), schema.variables(&field, &place, None));
            let before = sizes(app.world()).await;
            let refused = elsewhere.send(&document, variables.clone()).await;
            let codes = [refused.codes(name), refused.top_codes()].concat();
            assert!(codes == ["NOT_FOUND"] || codes == ["FORBIDDEN"], "{name}: {refused:#?}");
            assert_eq!(sizes(app.world()).await, before, "{name}");
            let done = everywhere.send(&document, variables).await;
            assert!(done.codes(name).is_empty() && done.top_codes().is_empty(), "{name}: {done:#?}");
        }
        app.leaves_jobs();
    }
}

/// What asks for a person or a till is closed to apps, whatever they may do.
async fn ask_everybody_but_permissions(schema: &Schema, place: &Place, reader: &Caller) -> Vec<String> {
    let (mut complaints, table) = (Vec::new(), access::staff());
    for kind in [OperationType::Query, OperationType::Mutation] {
        for field in schema.roots(kind) {
            let name = field.name.node.as_str();
            if !matches!(table.rule(kind, name), Some(Access::StaffSignedIn | Access::Device)) {
                continue;
            }
            let answer = reader.send(&schema.document(kind, &field), schema.variables(&field, place, None)).await;
            if !is_refused(&answer) {
                complaints.push(format!("{name} let an app in"));
            }
        }
    }
    complaints
}
