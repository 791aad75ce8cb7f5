//! What an operation asks for, measured on the parsed document: depth, points, root fields, deprecated fields.
//!
//! A point is an object in the answer; a mutation costs ten more. Lists count with `first` or `last`, or as twenty when
//! the request names neither. So what an operation may cost at most is known before it runs, and what it did cost is
//! counted in the answer.

use std::collections::BTreeSet;

use async_graphql::parser::types::{
    ExecutableDocument, Field, OperationDefinition, OperationType, Selection, SelectionSet,
};
use async_graphql::{Value, Variables};
use domain::kernel::paging::DEFAULT_PAGE;
use domain::{Error, ErrorCode, Result};

use crate::guard::{Limits, too_complex};
use crate::index::{Index, root_type};

/// Points of a mutation beside its answer.
const MUTATION_POINTS: u64 = 10;
/// Entries that a plain list is expected to hold.
const PLAIN_LIST: u64 = 10;

/// What an operation asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weight {
    /// Which kind of operation.
    pub kind: OperationType,
    /// Points that it costs at most.
    pub cost: u64,
    /// Root mutations among them.
    pub mutations: u64,
    /// Names of its root fields, without introspection.
    pub roots: BTreeSet<String>,
    /// Deprecated fields that it uses, as `Type.field`, with what to use instead.
    pub deprecations: BTreeSet<(String, String)>,
}

/// The operation that a request runs. Errors: `INVALID_DOCUMENT` without one, or with several and no name.
pub(crate) fn operation<'a>(document: &'a ExecutableDocument, name: Option<&str>) -> Result<&'a OperationDefinition> {
    let mut operations = document.operations.iter();
    let found = match name {
        Some(name) => operations.find(|(found, _)| found.is_some_and(|found| found.as_str() == name)),
        None => match (operations.next(), operations.next()) {
            (Some(only), None) => Some(only),
            _ => None,
        },
    };
    found
        .map(|(_, operation)| &operation.node)
        .ok_or_else(|| Error::invalid(ErrorCode::InvalidDocument, "operationName"))
}

/// Measures the operation that a request runs. The guard has made sure that fragments end.
/// Errors: `TOO_COMPLEX` over a limit, `INVALID_DOCUMENT`.
pub fn weigh(
    index: &Index,
    document: &ExecutableDocument,
    operation_name: Option<&str>,
    variables: &Variables,
    limits: &Limits,
) -> Result<Weight> {
    let operation = operation(document, operation_name)?;
    let mut scale = Scale {
        index,
        document,
        variables,
        operation,
        limits,
        deprecations: BTreeSet::new(),
        roots: Vec::new(),
        depth: 0,
    };
    let root = root_type(operation.ty);
    let mut cost = scale.set(&operation.selection_set.node, root, 1)?;
    let mutations = if operation.ty == OperationType::Mutation { scale.roots.len() } else { 0 };
    if mutations > limits.root_mutations {
        return Err(too_complex("root_mutations", limits.root_mutations));
    }
    if scale.depth > limits.depth {
        return Err(too_complex("depth", limits.depth));
    }
    let mutations = u64::try_from(mutations).unwrap_or(u64::MAX);
    cost = cost.saturating_add(mutations.saturating_mul(MUTATION_POINTS)).max(1);
    if cost > limits.cost {
        return Err(too_complex("cost", limits.cost));
    }
    let roots = scale.roots.iter().map(|name| (*name).to_owned()).filter(|name| !name.starts_with("__")).collect();
    Ok(Weight { kind: operation.ty, cost, mutations, roots, deprecations: scale.deprecations })
}

/// What an answer did cost: its objects and mutations, at least one point.
#[must_use]
pub fn actual(weight: &Weight, answer: &Value) -> u64 {
    // The root object itself is no point.
    let objects = objects(answer).saturating_sub(1);
    objects.saturating_add(weight.mutations.saturating_mul(MUTATION_POINTS)).clamp(1, weight.cost)
}

fn objects(value: &Value) -> u64 {
    match value {
        Value::Object(fields) => fields.values().map(objects).sum::<u64>().saturating_add(1),
        Value::List(entries) => entries.iter().map(objects).sum(),
        Value::Null | Value::Number(_) | Value::String(_) | Value::Boolean(_) | Value::Binary(_) | Value::Enum(_) => 0,
    }
}

struct Scale<'a> {
    index: &'a Index,
    document: &'a ExecutableDocument,
    variables: &'a Variables,
    operation: &'a OperationDefinition,
    limits: &'a Limits,
    deprecations: BTreeSet<(String, String)>,
    roots: Vec<&'a str>,
    depth: usize,
}

impl<'a> Scale<'a> {
    /// Points of a selection on a type at a level; a page size of the parent, if any, multiplies lists directly below.
    fn set(&mut self, set: &'a SelectionSet, type_name: &str, level: usize) -> Result<u64> {
        self.sized_set(set, type_name, level, None)
    }

    fn sized_set(&mut self, set: &'a SelectionSet, type_name: &str, level: usize, page: Option<u64>) -> Result<u64> {
        let mut cost = 0_u64;
        for selection in &set.items {
            let points = match &selection.node {
                Selection::Field(field) => self.field(&field.node, type_name, level, page)?,
                Selection::InlineFragment(fragment) => {
                    let condition = fragment.node.type_condition.as_ref().map(|on| on.node.on.node.as_str());
                    let on = condition.unwrap_or(type_name);
                    self.sized_set(&fragment.node.selection_set.node, on, level, page)?
                }
                Selection::FragmentSpread(spread) => {
                    let document = self.document;
                    match document.fragments.get(&spread.node.fragment_name.node) {
                        Some(fragment) => {
                            let on = fragment.node.type_condition.node.on.node.as_str();
                            self.sized_set(&fragment.node.selection_set.node, on, level, page)?
                        }
                        None => 0,
                    }
                }
            };
            cost = cost.saturating_add(points);
        }
        Ok(cost)
    }

    fn field(&mut self, field: &'a Field, type_name: &str, level: usize, page: Option<u64>) -> Result<u64> {
        let name = field.name.node.as_str();
        if level == 1 {
            self.roots.push(name);
        }
        // Introspection is for development alone and has no points; its own nesting exceeds the depth that data may
        // have.
        if name.starts_with("__") {
            return Ok(0);
        }
        self.depth = self.depth.max(level);
        if level > self.limits.depth {
            return Err(too_complex("depth", self.limits.depth));
        }
        let index = self.index;
        let Some(facts) = index.field(type_name, name) else { return Ok(0) };
        if let Some(reason) = &facts.deprecated {
            self.deprecations.insert((format!("{type_name}.{name}"), reason.clone()));
        }
        if !index.is_object(&facts.type_name) && field.selection_set.node.items.is_empty() {
            return Ok(0);
        }
        let is_connection = facts.type_name.ends_with("Connection");
        let below = is_connection.then(|| self.page_size(field));
        let inner = self.sized_set(&field.selection_set.node, &facts.type_name, level + 1, below)?;
        let count = match (facts.is_list, page) {
            (true, page) => page.unwrap_or(PLAIN_LIST),
            (false, _) => 1,
        };
        Ok(inner.saturating_add(1).saturating_mul(count))
    }

    /// What `first` or `last` say; the default when they say nothing that can be read, which execution will refuse.
    fn page_size(&self, field: &Field) -> u64 {
        ["first", "last"].into_iter().find_map(|name| self.number(field, name)).unwrap_or(DEFAULT_PAGE)
    }

    fn number(&self, field: &Field, name: &str) -> Option<u64> {
        let literal = field.get_argument(name)?.node.clone();
        let value = literal.into_const_with(|variable| {
            let given = self.variables.get(&variable);
            given.or_else(|| self.default_of(&variable)).cloned().ok_or(())
        });
        match value {
            Ok(Value::Number(number)) => number.as_u64(),
            _ => None,
        }
    }

    fn default_of(&self, variable: &str) -> Option<&'a Value> {
        let definitions = self.operation.variable_definitions.iter().map(|definition| &definition.node);
        definitions
            .filter(|definition| definition.name.node == variable)
            .find_map(|definition| definition.default_value())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use async_graphql::parser::parse_query;

    const SDL: &str = "
        type Query { products(first: Int, last: Int): ProductConnection! time: String! old: Int @deprecated(reason: \"Use time.\") }
        type Mutation { go(input: Int): Product }
        type ProductConnection { edges: [ProductEdge!]! nodes: [Product!]! totalCount: Int! }
        type ProductEdge { node: Product! }
        type Product { id: ID! tags: [String!]! parts: [Product!]! children(first: Int): ProductConnection! }";

    fn weigh_text(text: &str, variables: serde_json::Value) -> Result<Weight> {
        let document = parse_query(text).unwrap();
        weigh(&Index::of(SDL), &document, None, &Variables::from_json(variables), &Limits::default())
    }

    fn cost(text: &str) -> u64 {
        weigh_text(text, serde_json::json!({})).unwrap().cost
    }

    #[test]
    fn objects_of_the_answer_are_points() {
        assert_eq!(cost("{ time }"), 1);
        // The connection and its nodes.
        assert_eq!(cost("{ products(first: 24) { nodes { id tags } totalCount } }"), 25);
        assert_eq!(cost("{ products { nodes { id } } }"), 21);
        // Edges and nodes are objects each.
        assert_eq!(cost("{ products(first: 10) { edges { node { id } } } }"), 21);
        assert_eq!(cost("{ products(last: 2) { nodes { parts { id } } } }"), 1 + 2 * 11);
        assert_eq!(cost("mutation { go(input: 1) { id } }"), 11);
    }

    #[test]
    fn variables_and_their_defaults_count() {
        let text = "query($n: Int = 7) { products(first: $n) { nodes { id } } }";
        assert_eq!(weigh_text(text, serde_json::json!({})).unwrap().cost, 8);
        assert_eq!(weigh_text(text, serde_json::json!({"n": 50})).unwrap().cost, 51);
    }

    #[test]
    fn fragments_cost_what_they_hold() {
        assert_eq!(
            cost("{ ...P ... on Query { time } } fragment P on Query { products(first: 3) { nodes { id } } }"),
            4
        );
    }

    #[test]
    fn what_asks_for_too_much_is_refused() {
        let code = |text: &str| weigh_text(text, serde_json::json!({})).err().map(|error| error.code());
        let wide = "{ products(first: 100) { nodes { children(first: 100) { nodes { children(first: 100) { nodes { id } } } } } } }";
        assert_eq!(code(wide), Some(ErrorCode::TooComplex));
        let deep = format!("{{ products {{ nodes {{ {} id {} }} }} }}", "parts {".repeat(12), "}".repeat(12));
        assert_eq!(code(&deep), Some(ErrorCode::TooComplex));
        let many: String = (0..11).map(|index| format!("a{index}: go(input: 1) {{ id }} ")).collect();
        assert_eq!(code(&format!("mutation {{ {many} }}")), Some(ErrorCode::TooComplex));
        assert_eq!(code("query A { time } query B { time }"), Some(ErrorCode::InvalidDocument));
    }

    #[test]
    fn deprecated_fields_and_roots_are_named() {
        let weight = weigh_text("{ old time __typename }", serde_json::json!({})).unwrap();
        assert_eq!(weight.roots.into_iter().collect::<Vec<_>>(), ["old", "time"]);
        assert_eq!(
            weight.deprecations.into_iter().collect::<Vec<_>>(),
            [("Query.old".to_owned(), "Use time.".to_owned())]
        );
    }

    #[test]
    fn the_answer_is_counted() {
        let weight = weigh_text("{ products(first: 24) { nodes { id } } }", serde_json::json!({})).unwrap();
        let answer = Value::from_json(serde_json::json!({"products": {"nodes": [{"id": 1}, {"id": 2}]}})).unwrap();
        assert_eq!(actual(&weight, &answer), 3);
        assert_eq!(actual(&weight, &Value::Null), 1);
    }
}
