//! What the commands on transfers and purchase orders share: keys, lines, reasons.

use std::collections::BTreeSet;

use entity::id::{LocationId, VariantId};
use serde::Serialize;
use uuid::Uuid;

use crate::inventory::movement::MAX_QUANTITY;
use crate::inventory::subject;
use crate::kernel::idempotency::{self, Claim};
use crate::kernel::text;
use crate::{Error, ErrorCode, Result, Tx};

/// Most lines of one transfer or purchase order.
pub(super) const MAX_LINES: usize = 500;

/// What a command leaves behind.
#[derive(Debug, Clone, PartialEq)]
pub struct Done<T> {
    /// The thing after the change, as it is now when the same key did it before.
    pub row: T,
    /// Whether the same key did it before.
    pub replayed: bool,
}

/// A command that a client may send again under the same key.
#[derive(Debug)]
pub(super) struct Ask {
    operation: &'static str,
    key: String,
    hash: String,
}

impl Ask {
    /// Checks the key. Errors: `REQUIRED`, `INVALID_TEXT`, `TEXT_TOO_LONG`.
    pub(super) fn new(operation: &'static str, key: &str, input: &impl Serialize) -> Result<Self> {
        Ok(Self { operation, key: idempotency::checked_key(key)?, hash: idempotency::request_hash(input)? })
    }

    /// Claims the key for `resource`; what the same key made or changed before. Error: `IDEMPOTENCY_KEY_REUSED`.
    pub(super) async fn claim(&self, tx: &Tx, resource: Uuid) -> Result<Option<Uuid>> {
        match idempotency::claim(tx, self.operation, &self.key, &self.hash, resource).await? {
            Claim::Fresh => Ok(None),
            Claim::Replayed(first) => Ok(Some(first)),
        }
    }
}

/// Checks lines: 1 to 500, each variant once, 1 to 1,000,000,000 units each.
/// Errors: `REQUIRED`, `TOO_MANY`, `ALREADY_EXISTS`, `INVALID_QUANTITY`.
pub(super) fn check_lines(lines: &[(VariantId, i64)]) -> Result<()> {
    check_variants(&lines.iter().map(|(variant, _)| *variant).collect::<Vec<_>>())?;
    match lines.iter().position(|(_, quantity)| !(1..=MAX_QUANTITY).contains(quantity)) {
        Some(index) => Err(Error::invalid(ErrorCode::InvalidQuantity, format!("lines.{index}.quantity"))),
        None => Ok(()),
    }
}

/// Checks that 1 to 500 variants are named, each once. Errors: `REQUIRED`, `TOO_MANY`, `ALREADY_EXISTS`.
pub(super) fn check_variants(variants: &[VariantId]) -> Result<()> {
    if variants.is_empty() {
        return Err(Error::invalid(ErrorCode::Required, "lines"));
    }
    if variants.len() > MAX_LINES {
        return Err(Error::invalid_with(ErrorCode::TooMany, "lines", vec![("max", MAX_LINES.to_string())]));
    }
    let mut seen = BTreeSet::new();
    match variants.iter().position(|variant| !seen.insert(*variant)) {
        Some(index) => Err(Error::invalid(ErrorCode::AlreadyExists, format!("lines.{index}.variantId"))),
        None => Ok(()),
    }
}

/// A reason that a person gives, or none. Errors: `INVALID_TEXT`, `TEXT_TOO_LONG` at `path`.
pub(super) fn reason(path: &str, reason: Option<&str>) -> Result<Option<String>> {
    optional_line(path, reason)
}

/// A line that may be left out; empty is none. Errors: `INVALID_TEXT`, `TEXT_TOO_LONG` at `path`.
pub(super) fn optional_line(path: &str, line: Option<&str>) -> Result<Option<String>> {
    let line = line.map(|line| text::line(path, line, text::LINE)).transpose()?;
    Ok(line.filter(|line| !line.is_empty()))
}

/// Checks that the places exist and the goods can be moved by counting them: no bundles, nothing uncounted. Two
/// statements. Errors: `NOT_FOUND`, `INVALID` at `variantId`.
pub(super) async fn check_goods(tx: &Tx, places: &[LocationId], variants: &[VariantId]) -> Result<()> {
    subject::check(tx, places, variants).await.map(|_| ())
}
