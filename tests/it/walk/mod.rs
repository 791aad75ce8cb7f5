//! Tests that walk: every root field, with inputs made from the schema.

mod access;
mod nonsense;
mod place;
mod schema;
