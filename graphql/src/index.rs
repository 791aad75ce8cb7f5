//! What a schema says about its fields, read once from its own definition: which type a field has, whether it is a
//! list, whether it is deprecated.

use std::collections::HashMap;

use async_graphql::Value;
use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{BaseType, FieldDefinition, OperationType, Type, TypeKind, TypeSystemDefinition};

/// A field of an object or interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldFacts {
    /// Name of its type, without list and non-null.
    pub type_name: String,
    /// Whether it is a list.
    pub is_list: bool,
    /// Why not to use it any more.
    pub deprecated: Option<String>,
}

/// All fields of a schema by type.
#[derive(Clone, Debug, Default)]
pub struct Index {
    types: HashMap<String, HashMap<String, FieldFacts>>,
}

impl Index {
    /// Reads the definition of a schema. A definition that cannot be read gives an empty index, with which no root
    /// field exists; a test reads both schemas.
    #[must_use]
    pub fn of(sdl: &str) -> Self {
        let Ok(document) = parse_schema(sdl) else { return Self::default() };
        let mut types = HashMap::new();
        for definition in document.definitions {
            let TypeSystemDefinition::Type(definition) = definition else { continue };
            let fields = match definition.node.kind {
                TypeKind::Object(object) => object.fields,
                TypeKind::Interface(interface) => interface.fields,
                TypeKind::Scalar | TypeKind::Union(_) | TypeKind::Enum(_) | TypeKind::InputObject(_) => continue,
            };
            let fields = fields.iter().map(|field| (field.node.name.node.to_string(), facts(&field.node))).collect();
            types.insert(definition.node.name.node.to_string(), fields);
        }
        Self { types }
    }

    /// A field of a type; `None` for scalars, enums and unknown names.
    #[must_use]
    pub fn field(&self, type_name: &str, field: &str) -> Option<&FieldFacts> {
        self.types.get(type_name)?.get(field)
    }

    /// Whether a type has fields.
    #[must_use]
    pub fn is_object(&self, type_name: &str) -> bool {
        self.types.contains_key(type_name)
    }

    /// Names of the root fields of a kind of operation, sorted.
    #[must_use]
    pub fn roots(&self, kind: OperationType) -> Vec<&str> {
        let mut names: Vec<&str> =
            self.types.get(root_type(kind)).into_iter().flat_map(HashMap::keys).map(String::as_str).collect();
        names.sort_unstable();
        names
    }
}

/// Name of the root type of a kind of operation.
#[must_use]
pub const fn root_type(kind: OperationType) -> &'static str {
    match kind {
        OperationType::Query => "Query",
        OperationType::Mutation => "Mutation",
        OperationType::Subscription => "Subscription",
    }
}

fn facts(field: &FieldDefinition) -> FieldFacts {
    let (type_name, is_list) = named(&field.ty.node);
    let deprecated =
        field.directives.iter().find(|directive| directive.node.name.node == "deprecated").map(|directive| {
            match directive.node.get_argument("reason").map(|reason| &reason.node) {
                Some(Value::String(reason)) => reason.clone(),
                _ => String::new(),
            }
        });
    FieldFacts { type_name, is_list, deprecated }
}

fn named(of: &Type) -> (String, bool) {
    match &of.base {
        BaseType::Named(name) => (name.to_string(), false),
        BaseType::List(inner) => (named(inner).0, true),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn it_knows_lists_and_deprecations() {
        let index = Index::of(
            "type Query { a(first: Int): [[B!]!]! old: Int @deprecated(reason: \"Use a.\") } type B { c: String }",
        );
        assert_eq!(index.roots(OperationType::Query), ["a", "old"]);
        let field = index.field("Query", "a").unwrap();
        assert_eq!((field.type_name.as_str(), field.is_list), ("B", true));
        assert_eq!(index.field("Query", "old").unwrap().deprecated.as_deref(), Some("Use a."));
        assert!(index.field("String", "x").is_none());
    }
}
