//! Tests that walk: every root field, with inputs made from the schema.

mod access;
mod examples;
mod nonsense;
mod place;
mod schema;
