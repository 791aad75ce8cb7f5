//! Inputs for every root field, made from the schema itself, so that a new field is walked without anybody's doing.

use std::collections::HashMap;

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{
    BaseType, FieldDefinition, InputObjectType, OperationType, Type, TypeKind, TypeSystemDefinition,
};
use serde_json::{Map, Value, json};

/// Optional fields that are sent all the same: without them an input means nothing.
const SENT: [&str; 10] =
    ["name", "idempotencyKey", "registerId", "lines", "title", "slug", "delta", "identifiers", "email", "orderId"];

/// What is known about the types of a schema.
pub(super) struct Schema {
    types: HashMap<String, TypeKind>,
}

/// Where in an input a value stands, and what it is.
#[derive(Clone, Debug)]
pub(super) struct Spot {
    /// Such as `input.lines[].variantId`.
    pub(super) path: String,
    /// Name of its type; `[]` for a list as a whole.
    pub(super) kind: String,
}

/// A value to put in one place instead of a valid one.
pub(super) type Swap<'a> = Option<(&'a str, &'a Value)>;

/// Valid values, by path, name and type.
pub(super) trait Values {
    /// A valid value of a scalar.
    fn valid(&self, field: &str, path: &str, kind: &str) -> Value;
}

impl Schema {
    pub(super) fn of(sdl: &str) -> Self {
        let types = parse_schema(sdl).unwrap().definitions.into_iter().filter_map(|definition| match definition {
            TypeSystemDefinition::Type(found) => Some((found.node.name.node.to_string(), found.node.kind)),
            TypeSystemDefinition::Schema(_) | TypeSystemDefinition::Directive(_) => None,
        });
        Self { types: types.collect() }
    }

    /// The root fields of a kind of operation.
    pub(super) fn roots(&self, kind: OperationType) -> Vec<FieldDefinition> {
        let name = match kind {
            OperationType::Query => "Query",
            OperationType::Mutation => "Mutation",
            OperationType::Subscription => "Subscription",
        };
        let Some(TypeKind::Object(root)) = self.types.get(name) else { panic!("there is no {name}") };
        root.fields.iter().map(|field| field.node.clone()).collect()
    }

    /// An operation that calls one field and asks for its errors, or for next to nothing.
    pub(super) fn document(&self, kind: OperationType, field: &FieldDefinition) -> String {
        let name = &field.name.node;
        let arguments = field.arguments.iter().map(|argument| (&argument.node.name.node, &argument.node.ty.node));
        let declared: String = arguments.clone().map(|(name, ty)| format!("${name}: {ty} ")).collect();
        let passed: String = arguments.map(|(name, _)| format!("{name}: ${name} ")).collect();
        let in_brackets = |text: &str| if text.is_empty() { String::new() } else { format!("({text})") };
        let selection = match self.types.get(&named(&field.ty.node)) {
            Some(TypeKind::Object(object)) if object.fields.iter().any(|field| field.node.name.node == "errors") => {
                "{ errors { __typename code message path } }"
            }
            Some(TypeKind::Object(_) | TypeKind::Interface(_) | TypeKind::Union(_)) => "{ __typename }",
            Some(TypeKind::Scalar | TypeKind::Enum(_) | TypeKind::InputObject(_)) | None => "",
        };
        let word = if kind == OperationType::Query { "query" } else { "mutation" };
        format!("{word}{} {{ {name}{} {selection} }}", in_brackets(&declared), in_brackets(&passed))
    }

    /// Variables of a field: what must be there, with at most one value swapped.
    pub(super) fn variables(&self, field: &FieldDefinition, values: &dyn Values, swap: Swap<'_>) -> Value {
        let mut variables = Map::new();
        for argument in &field.arguments {
            let (name, ty) = (argument.node.name.node.as_str(), &argument.node.ty.node);
            if (!ty.nullable && argument.node.default_value.is_none()) || leads(swap, name) {
                variables.insert(name.to_owned(), self.build(ty, name, name, values, swap));
            }
        }
        Value::Object(variables)
    }

    fn build(&self, ty: &Type, field: &str, path: &str, values: &dyn Values, swap: Swap<'_>) -> Value {
        if let Some((at, value)) = swap
            && at == path
        {
            return value.clone();
        }
        let name = match &ty.base {
            BaseType::List(of) => return json!([self.build(of, field, &format!("{path}[]"), values, swap)]),
            BaseType::Named(name) => name.as_str(),
        };
        match self.types.get(name) {
            Some(TypeKind::InputObject(input)) => self.object(name, input, path, values, swap),
            Some(TypeKind::Enum(words)) => {
                let first = words.values.first().map(|word| word.node.value.node.to_string());
                let given = values.valid(field, path, name);
                if given.is_null() { json!(first) } else { given }
            }
            _ => values.valid(field, path, name),
        }
    }

    fn object(&self, name: &str, input: &InputObjectType, path: &str, values: &dyn Values, swap: Swap<'_>) -> Value {
        let is_one_of = self.is_one_of(name, input);
        let mut object = Map::new();
        for field in &input.fields {
            let (field, ty) = (field.node.name.node.as_str(), &field.node.ty.node);
            let at = format!("{path}.{field}");
            let required = !ty.nullable
                && input.fields.iter().all(|other| other.node.name.node != field || other.node.default_value.is_none());
            if leads(swap, &at) || (!is_one_of && (required || SENT.contains(&field))) {
                object.insert(field.to_owned(), self.build(ty, field, &at, values, swap));
            }
        }
        if is_one_of && object.is_empty() {
            let first = &input.fields[0].node;
            let at = format!("{path}.{}", first.name.node);
            object.insert(first.name.node.to_string(), self.build(&first.ty.node, &first.name.node, &at, values, swap));
        }
        Value::Object(object)
    }

    /// `@oneOf` is not kept by the parser: these are the inputs that name one thing in one of several ways.
    fn is_one_of(&self, name: &str, input: &InputObjectType) -> bool {
        let names = name.ends_with("Key") || name.ends_with("Lookup") || name.ends_with("LookupInput");
        names && input.fields.iter().all(|field| field.node.ty.node.nullable)
    }

    /// Every place of a field's input where a value or a list stands.
    pub(super) fn spots(&self, field: &FieldDefinition) -> Vec<Spot> {
        let mut spots = Vec::new();
        for argument in &field.arguments {
            self.collect(&argument.node.ty.node, argument.node.name.node.to_string(), &mut spots);
        }
        spots
    }

    fn collect(&self, ty: &Type, path: String, spots: &mut Vec<Spot>) {
        match &ty.base {
            BaseType::List(of) => {
                spots.push(Spot { path: path.clone(), kind: "[]".to_owned() });
                self.collect(of, format!("{path}[]"), spots);
            }
            BaseType::Named(name) => match self.types.get(name.as_str()) {
                Some(TypeKind::InputObject(input)) => {
                    for field in &input.fields {
                        self.collect(&field.node.ty.node, format!("{path}.{}", field.node.name.node), spots);
                    }
                }
                Some(TypeKind::Enum(_)) => spots.push(Spot { path, kind: "enum".to_owned() }),
                _ => spots.push(Spot { path, kind: name.to_string() }),
            },
        }
    }
}

/// Whether the swapped value stands at or below a path.
fn leads(swap: Swap<'_>, path: &str) -> bool {
    let rest = swap.and_then(|(at, _)| at.strip_prefix(path));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.') || rest.starts_with('['))
}

fn named(ty: &Type) -> String {
    match &ty.base {
        BaseType::Named(name) => name.to_string(),
        BaseType::List(of) => named(of),
    }
}
