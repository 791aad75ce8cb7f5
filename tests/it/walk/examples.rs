//! The examples in GraphiQL's tabs: every root field has one, and the server takes them as they are.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use async_graphql::parser::parse_query;
use async_graphql::parser::types::{DocumentOperations, ExecutableDocument, OperationType, Selection};
use graphql::Options;
use serde_json::{Value, json};

use super::place::{Place, bearer};
use super::schema::Schema;
use crate::harness::{Caller, over_http};

/// A file of examples: its name, its text and the variables beside it.
struct File {
    name: String,
    text: String,
    variables: Value,
    document: ExecutableDocument,
}

fn files(api: &str) -> Vec<File> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("graphql/operations").join(api);
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "graphql"));
    paths.sort();
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        let variables = std::fs::read_to_string(path.with_extension("json"));
        File {
            name: path.file_name().unwrap().to_string_lossy().into_owned(),
            document: parse_query(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display())),
            variables: variables.map_or_else(|_| json!({}), |text| serde_json::from_str(&text).unwrap()),
            text,
        }
    };
    paths.into_iter().map(read).collect()
}

/// The operations of a file, by name.
fn operations(file: &File) -> Vec<(Option<String>, OperationType, Vec<String>)> {
    let fields = |of: &async_graphql::parser::types::OperationDefinition| {
        let selected = of.selection_set.node.items.iter().map(|item| match &item.node {
            Selection::Field(field) => field.node.name.node.to_string(),
            other @ (Selection::FragmentSpread(_) | Selection::InlineFragment(_)) => {
                panic!("{}: an example begins with a field, not with {other:?}", file.name)
            }
        });
        selected.collect::<Vec<_>>()
    };
    match &file.document.operations {
        DocumentOperations::Single(one) => vec![(None, one.node.ty, fields(&one.node))],
        DocumentOperations::Multiple(all) => {
            let mut all: Vec<_> = all
                .iter()
                .map(|(name, one)| (Some(name.to_string()), one.node.ty, fields(&one.node), one.pos))
                .collect();
            all.sort_by_key(|one| one.3);
            all.into_iter().map(|(name, kind, fields, _)| (name, kind, fields)).collect()
        }
    }
}

/// What the server does not understand, of everything that can be sent over HTTP.
async fn misunderstood(api: &str, caller: &Caller) -> Vec<String> {
    let mut complaints = Vec::new();
    for file in files(api) {
        for (name, kind, _) in operations(&file) {
            if kind == OperationType::Subscription {
                continue;
            }
            let body = json!({ "query": file.text, "operationName": name, "variables": file.variables });
            let answer = caller.send_text(&body.to_string()).await;
            let bad = ["INVALID_DOCUMENT", "TOO_COMPLEX", "INTERNAL", "UNAUTHENTICATED", "FORBIDDEN"];
            if answer.top_codes().iter().any(|code| bad.contains(&code.as_str())) || answer.status.is_server_error() {
                complaints.push(format!("{api}/{} {name:?}: {:.400}", file.name, answer.body.to_string()));
            }
        }
    }
    complaints
}

#[test]
fn every_root_field_has_an_example() {
    let schemas = [
        ("shop", graphql::shop_schema(Options::default()).sdl()),
        ("staff", graphql::staff_schema(Options::default()).sdl()),
    ];
    let mut missing = Vec::new();
    for (api, sdl) in schemas {
        let schema = Schema::of(&sdl);
        let shown: BTreeSet<String> = files(api)
            .iter()
            .flat_map(operations)
            .flat_map(|(_, kind, fields)| fields.into_iter().map(move |field| format!("{kind:?} {field}")))
            .collect();
        for kind in [OperationType::Query, OperationType::Mutation, OperationType::Subscription] {
            let roots = schema.roots(kind);
            let names = roots.iter().map(|root| format!("{kind:?} {}", root.name.node));
            missing.extend(names.filter(|name| !shown.contains(name)).map(|name| format!("{api} {name}")));
        }
    }
    assert!(missing.is_empty(), "in no file of graphql/operations: {missing:#?}");
}

over_http! {
    /// Each example is sent with its variables: their ids are made up, so little happens, but all of it is understood.
    async fn the_server_understands_every_example(app: TestApp) {
        let place = Place::open(&app).await;
        let customer = bearer(&app.shop(), &place.customer_token);
        let mut complaints = misunderstood("shop", &customer).await;
        // Some need a till and one the clock, which is the last example: after it nobody is signed in any more.
        let staff = place.administrator(&app, None).await;
        complaints.extend(misunderstood("staff", &staff).await);
        complaints.retain(|complaint| !complaint.contains("StaffPinSignIn") && !complaint.contains("AtTill"));
        assert!(complaints.is_empty(), "{}", complaints.join("\n"));
        app.leaves_jobs();
    }
}
