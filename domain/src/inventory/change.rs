//! What the stock commands share: authorization, idempotency, the subject, and the answer.

use entity::id::{LocationId, VariantId};
use entity::stock_level;
use entity::words::StockState;
use serde::Serialize;

use super::query;
use crate::kernel::idempotency;
use crate::kernel::text;
use crate::{Ctx, Error, ErrorCode, Permission, Result, Tx};

/// Most lines of one stock command.
pub(super) const MAX_LINES: usize = 500;

/// The levels that a stock command changed, or changed before under the same key.
#[derive(Debug, Clone, PartialEq)]
pub struct Changed {
    /// The levels as they are now, by variant.
    pub levels: Vec<stock_level::Model>,
    /// Whether the same key did it before.
    pub replayed: bool,
}

/// Who asks for what under which key, checked.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) key: String,
    pub(super) hash: String,
}

/// Checks permission at the location, the key and the number of lines. Errors: `FORBIDDEN`, `NOT_FOUND` for a location
/// out of reach, `REQUIRED` without lines, `TOO_MANY`.
pub(super) fn admit(
    ctx: &Ctx,
    permission: Permission,
    location_id: LocationId,
    key: &str,
    lines: usize,
    input: &impl Serialize,
) -> Result<Request> {
    if !ctx.require(permission)?.allows_location(location_id) {
        return Err(Error::not_found("location"));
    }
    if lines == 0 {
        return Err(Error::invalid(ErrorCode::Required, "lines"));
    }
    if lines > MAX_LINES {
        return Err(Error::invalid_with(ErrorCode::TooMany, "lines", vec![("max", MAX_LINES.to_string())]));
    }
    Ok(Request { key: idempotency::checked_key(key)?, hash: idempotency::request_hash(input)? })
}

/// A reason that a person gives. Errors: `REQUIRED`, `INVALID_TEXT`, `TEXT_TOO_LONG` at `reason`.
pub(super) fn reason(text: &str) -> Result<String> {
    text::required_line("reason", text, text::LINE)
}

/// Committed and reserved units mirror open work and holds: a hand that moves them would break both. Error: `INVALID`.
pub(super) fn check_state(state: StockState, path: String) -> Result<()> {
    match state {
        StockState::Committed | StockState::Reserved => Err(Error::invalid(ErrorCode::Invalid, path)),
        StockState::Available | StockState::Damaged | StockState::QualityControl | StockState::SafetyStock => Ok(()),
    }
}

/// The levels of variants at a location, as they are in this transaction.
pub(super) async fn answer(
    tx: &Tx,
    location_id: LocationId,
    variants: impl IntoIterator<Item = VariantId>,
    replayed: bool,
) -> Result<Changed> {
    let variants: Vec<VariantId> = variants.into_iter().collect();
    let mut levels = query::levels(tx, &[location_id], &variants).await?;
    levels.sort_by_key(|level| level.variant_id);
    Ok(Changed { levels, replayed })
}
