//! Metadata that merchants hang on things, as a list of keys and values.

use std::collections::BTreeMap;

use async_graphql::{InputObject, SimpleObject};
use domain::{Error, ErrorCode, Result};
use serde_json::Value;

/// One entry of metadata.
#[derive(Clone, Debug, PartialEq, Eq, SimpleObject)]
pub struct MetadataEntry {
    /// Namespaced name, such as `app.field`.
    pub key: String,
    /// The value.
    pub value: String,
}

/// One entry of metadata to set.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, InputObject)]
pub struct MetadataInput {
    /// Namespaced name, such as `app.field`: letters, digits, `.`, `_` and `-`, at most 100 characters.
    pub key: String,
    /// The value, at most 5,000 bytes.
    pub value: String,
}

/// Shows a metadata column, sorted by key.
#[must_use]
pub fn metadata(column: &Value) -> Vec<MetadataEntry> {
    let Value::Object(entries) = column else { return Vec::new() };
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut entries: Vec<_> =
        entries.iter().map(|(key, value)| MetadataEntry { key: key.clone(), value: text(value) }).collect();
    entries.sort_by(|left, right| left.key.cmp(&right.key));
    entries
}

/// Metadata as commands take it. Error: `INVALID_METADATA` at `path` for a key named twice.
pub fn entries(path: &str, input: Option<Vec<MetadataInput>>) -> Result<Option<BTreeMap<String, String>>> {
    input.map(|input| distinct(path, input)).transpose()
}

/// Checks metadata input and turns it into what the database keeps. Errors: `INVALID_METADATA` at `path` for bad keys,
/// a key named twice, and too many or too long entries.
pub fn metadata_column(path: &str, input: Vec<MetadataInput>) -> Result<Value> {
    domain::kernel::metadata::checked(path, distinct(path, input)?)
}

fn distinct(path: &str, input: Vec<MetadataInput>) -> Result<BTreeMap<String, String>> {
    let given = input.len();
    let entries: BTreeMap<String, String> = input.into_iter().map(|entry| (entry.key, entry.value)).collect();
    if entries.len() == given { Ok(entries) } else { Err(Error::invalid(ErrorCode::InvalidMetadata, path)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(key: &str) -> MetadataInput {
        MetadataInput { key: key.to_owned(), value: "1".to_owned() }
    }

    #[test]
    fn entries_read_back_sorted() {
        let column = metadata_column("metadata", vec![entry("b.x"), entry("a.x")]).ok();
        let keys: Vec<_> = metadata(&column.unwrap_or_default()).into_iter().map(|entry| entry.key).collect();
        assert_eq!(keys, ["a.x", "b.x"]);
    }

    #[test]
    fn a_key_cannot_be_named_twice() {
        assert!(metadata_column("metadata", vec![entry("a.x"), entry("a.x")]).is_err());
        assert!(metadata_column("metadata", vec![entry("no-namespace")]).is_err());
    }
}
