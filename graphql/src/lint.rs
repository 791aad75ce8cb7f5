//! The face of the product, checked: the committed schemas and pages are fresh, every root field has a rule, and the
//! schemas keep the house rules.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::BTreeSet;
use std::path::Path;

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{
    BaseType, FieldDefinition, InputValueDefinition, OperationType, Type, TypeDefinition, TypeKind,
    TypeSystemDefinition,
};

use crate::access::{self, Table};
use crate::index::Index;
use crate::{Options, docs, shop_schema, staff_schema};

/// Lists of objects at the root that are bounded by their nature, and by what.
const BOUNDED: &[(&str, &str)] = &[
    ("availability", "the ids of the request"),
    ("fulfillmentOrderCounts", "one per unfinished state"),
    ("loyaltyPrograms", "one per channel"),
    ("messageFigures", "one per flow, step, group or template, at most some thousand"),
    ("nodes", "the ids of the request"),
    ("orderChanges", "the changes of one order, at most 200"),
    ("orderLookup", "at most 20"),
    ("returnability", "the lines of one order"),
    ("returnPhotos", "at most five per line of one return"),
    ("returnPolicies", "a handful"),
    ("returnReasons", "a handful"),
    ("roles", "at most 100 can be made"),
    ("routingDecision", "the routings of one order, at most 200"),
    ("routingRules", "at most 50 in a channel"),
    ("shippingMethods", "the ways to ship of one channel, a handful"),
    ("surveyTrend", "at most 160 weeks or 1,000 groups"),
    ("surveys", "at most 200 can be made"),
    ("taxClasses", "a handful"),
    ("transferSuggestions", "at most 100"),
    ("taxRates", "the rates of one country, a handful a class"),
];
/// Mutations without `input`, and why.
const WITHOUT_INPUT: &[(&str, &str)] = &[
    ("clockAdvance", "one value, for development only"),
    ("customerDataExport", "the sign-in says whose"),
    ("cartTakeOver", "the header says which cart, the sign-in whose"),
];
/// Scalars that no document outside specifies.
const OWN_SCALARS: &[&str] = &["Decimal"];

fn schemas() -> [(&'static str, String, Table); 2] {
    [
        ("shop", shop_schema(Options::default()).sdl(), access::shop()),
        ("staff", staff_schema(Options::default()).sdl(), access::staff()),
    ]
}

/// Compares a committed file with what the code says; writes it when `UPDATE_SCHEMA` is set.
fn assert_fresh(path: &str, expected: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, expected).unwrap();
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(committed == expected, "{path} is stale: UPDATE_SCHEMA=1 cargo nextest run -p hitotsu-graphql lint");
}

#[test]
fn committed_schemas_are_fresh() {
    for (name, sdl, _) in schemas() {
        assert_fresh(&format!("schema/{name}.graphql"), &sdl);
    }
}

#[test]
fn committed_pages_are_fresh() {
    assert_fresh("../docs/permissions.md", &docs::permissions_markdown());
    assert_fresh("../docs/errors.md", &docs::errors_markdown());
}

#[test]
fn every_root_field_has_a_rule_and_every_rule_a_field() {
    for (name, sdl, table) in schemas() {
        let index = Index::of(&sdl);
        for kind in [OperationType::Query, OperationType::Mutation, OperationType::Subscription] {
            let fields: BTreeSet<&str> = index.roots(kind).into_iter().collect();
            let rules: BTreeSet<&str> = table.rules(kind).keys().copied().collect();
            let without_rule: Vec<_> = fields.difference(&rules).collect();
            let without_field: Vec<_> = rules.difference(&fields).collect();
            assert!(without_rule.is_empty(), "{name} {kind}: add to access.rs: {without_rule:?}");
            assert!(without_field.is_empty(), "{name} {kind}: not in the schema: {without_field:?}");
        }
    }
}

fn types(sdl: &str) -> Vec<TypeDefinition> {
    let document = parse_schema(sdl).unwrap();
    let own = |definition| match definition {
        TypeSystemDefinition::Type(definition) => Some(definition.node),
        TypeSystemDefinition::Schema(_) | TypeSystemDefinition::Directive(_) => None,
    };
    document.definitions.into_iter().filter_map(own).collect()
}

fn fields(of: &TypeDefinition) -> Vec<&FieldDefinition> {
    match &of.kind {
        TypeKind::Object(object) => object.fields.iter().map(|field| &field.node).collect(),
        TypeKind::Interface(interface) => interface.fields.iter().map(|field| &field.node).collect(),
        TypeKind::Scalar | TypeKind::Union(_) | TypeKind::Enum(_) | TypeKind::InputObject(_) => Vec::new(),
    }
}

/// Every argument and input field, with the place where it stands.
fn inputs(of: &TypeDefinition) -> Vec<(String, &InputValueDefinition)> {
    let name = &of.name.node;
    if let TypeKind::InputObject(input) = &of.kind {
        return input.fields.iter().map(|field| (format!("{name}.{}", field.node.name.node), &field.node)).collect();
    }
    fields(of)
        .into_iter()
        .flat_map(|field| field.arguments.iter().map(move |argument| (field, &argument.node)))
        .map(|(field, argument)| (format!("{name}.{}({})", field.name.node, argument.name.node), argument))
        .collect()
}

fn base(of: &Type) -> &str {
    match &of.base {
        BaseType::Named(name) => name.as_str(),
        BaseType::List(inner) => base(inner),
    }
}

fn assert_none(problems: &[String], what: &str) {
    assert!(problems.is_empty(), "{what}:\n  {}", problems.join("\n  "));
}

#[test]
fn everything_has_a_description() {
    let mut missing = Vec::new();
    for (schema, sdl, _) in schemas() {
        for definition in &types(&sdl) {
            let name = &definition.name.node;
            let mut check = |place: String, has: bool| (!has).then(|| missing.push(format!("{schema}: {place}")));
            check(name.to_string(), definition.description.is_some());
            for field in fields(definition) {
                check(format!("{name}.{}", field.name.node), field.description.is_some());
            }
            for (place, input) in inputs(definition) {
                check(place, input.description.is_some());
            }
            if let TypeKind::Enum(words) = &definition.kind {
                for word in &words.values {
                    check(format!("{name}.{}", word.node.value.node), word.node.description.is_some());
                }
            }
        }
    }
    assert_none(&missing, "without a description");
}

#[test]
fn lists_at_the_root_are_connections_or_bounded() {
    let mut problems = Vec::new();
    for (schema, sdl, _) in schemas() {
        let types = types(&sdl);
        let is_object = |name: &str| types.iter().any(|other| other.name.node == name && !fields(other).is_empty());
        for root in types.iter().filter(|definition| definition.name.node == "Query") {
            for field in fields(root) {
                let is_list = matches!(field.ty.node.base, BaseType::List(_));
                let name = field.name.node.as_str();
                if is_list && is_object(base(&field.ty.node)) && !BOUNDED.iter().any(|(bounded, _)| *bounded == name) {
                    problems.push(format!("{schema}: {name}"));
                }
            }
        }
        for connection in types.iter().filter(|definition| definition.name.node.ends_with("Connection")) {
            let names: Vec<&str> = fields(connection).iter().map(|field| field.name.node.as_str()).collect();
            if !["edges", "nodes", "pageInfo", "totalCount"].iter().all(|name| names.contains(name)) {
                problems.push(format!("{schema}: {} misses parts of a connection", connection.name.node));
            }
        }
    }
    assert_none(&problems, "lists without an end");
}

#[test]
fn no_floating_point_and_no_free_json() {
    let mut problems = Vec::new();
    for (schema, sdl, _) in schemas() {
        for definition in &types(&sdl) {
            let outputs = fields(definition)
                .into_iter()
                .map(|field| (format!("{}.{}", definition.name.node, field.name.node), base(&field.ty.node)));
            let places =
                outputs.chain(inputs(definition).into_iter().map(|(place, input)| (place, base(&input.ty.node))));
            let refused = |name: &str| matches!(name, "Float" | "JSON" | "JSONObject" | "Json");
            problems.extend(places.filter(|(_, of)| refused(of)).map(|(place, of)| format!("{schema}: {place}: {of}")));
        }
    }
    assert_none(&problems, "types that may not be used");
}

#[test]
fn mutations_take_one_input_and_answer_with_errors() {
    let mut problems = Vec::new();
    for (schema, sdl, _) in schemas() {
        let types = types(&sdl);
        for root in types.iter().filter(|definition| definition.name.node == "Mutation") {
            for field in fields(root) {
                let name = field.name.node.as_str();
                if WITHOUT_INPUT.iter().any(|(allowed, _)| *allowed == name) {
                    continue;
                }
                let arguments: Vec<&str> =
                    field.arguments.iter().map(|argument| argument.node.name.node.as_str()).collect();
                if arguments != ["input"] {
                    problems.push(format!("{schema}: {name} takes {arguments:?}"));
                }
                let answer = types.iter().find(|other| other.name.node == base(&field.ty.node));
                let errors =
                    answer.and_then(|answer| fields(answer).into_iter().find(|field| field.name.node == "errors"));
                if errors.is_none_or(|errors| errors.ty.node.to_string() != "[UserError!]!") {
                    problems.push(format!("{schema}: {name} answers without errors: [UserError!]!"));
                }
            }
        }
    }
    assert_none(&problems, "mutations of another form");
}

#[test]
fn scalars_say_who_specifies_them() {
    let mut problems = Vec::new();
    for (schema, sdl, _) in schemas() {
        for definition in types(&sdl).iter().filter(|definition| matches!(definition.kind, TypeKind::Scalar)) {
            let specified = definition.directives.iter().any(|directive| directive.node.name.node == "specifiedBy");
            let name = definition.name.node.as_str();
            if !specified && !OWN_SCALARS.contains(&name) {
                problems.push(format!("{schema}: {name}"));
            }
        }
    }
    assert_none(&problems, "scalars without @specifiedBy");
}

#[test]
fn deprecations_say_what_to_use_and_until_when() {
    let mut problems = Vec::new();
    for (schema, sdl, _) in schemas() {
        let index = Index::of(&sdl);
        for definition in &types(&sdl) {
            for field in fields(definition) {
                let name = definition.name.node.as_str();
                let facts = index.field(name, field.name.node.as_str());
                let reason = facts.and_then(|facts| facts.deprecated.clone());
                if reason.is_some_and(|reason| !(reason.starts_with("Use ") && reason.contains("Removal "))) {
                    problems.push(format!("{schema}: {name}.{}", field.name.node));
                }
            }
        }
    }
    assert_none(&problems, "deprecations without \"Use X. Removal YYYY-MM-DD.\"");
}
