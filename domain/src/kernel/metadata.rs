//! Metadata that merchants hang on things: namespaced keys, short texts, capped in size.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Error, ErrorCode, Result};

/// Most keys of one object.
const MAX_KEYS: usize = 50;
/// Longest value in bytes.
const MAX_VALUE: usize = 5_000;

/// Checks metadata and turns it into what the database keeps. Keys look like `app.field`.
/// Error: `INVALID_METADATA`.
pub fn checked(path: &str, entries: BTreeMap<String, String>) -> Result<Value> {
    let is_key = |key: &str| {
        key.len() <= 100
            && key.contains('.')
            && key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
    };
    let valid = entries.len() <= MAX_KEYS
        && entries.iter().all(|(key, value)| is_key(key) && value.len() <= MAX_VALUE && !value.contains('\0'));
    if !valid {
        return Err(Error::invalid(ErrorCode::InvalidMetadata, path));
    }
    Ok(Value::Object(entries.into_iter().map(|(key, value)| (key, Value::String(value))).collect()))
}

/// What a column keeps after a change: the entries that were given, checked, else what it had.
/// Error: `INVALID_METADATA`.
pub fn checked_or(path: &str, given: Option<BTreeMap<String, String>>, old: Value) -> Result<Value> {
    given.map_or(Ok(old), |given| checked(path, given))
}
