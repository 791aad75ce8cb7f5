//! What the stock commands share: authorization, idempotency, the subject, and the answer.

use entity::id::{EventId, LocationId, VariantId};
use entity::stock_level;
use entity::words::StockState;
use serde::Serialize;
use serde_json::json;

use super::movement::MAX_QUANTITY;
use super::{query, subject};
use crate::kernel::event::NewEvent;
use crate::kernel::idempotency::{self, Claim};
use crate::kernel::text;
use crate::{Ctx, Error, ErrorCode, Permission, Result, Tx};

/// Most lines of one stock command.
const MAX_LINES: usize = 500;

/// The levels that a stock command changed, or changed before under the same key.
#[derive(Debug, Clone, PartialEq)]
pub struct Changed {
    /// The levels as they are now, by variant.
    pub levels: Vec<stock_level::Model>,
    /// Whether the same key did it before.
    pub replayed: bool,
}

/// What a client asks for, before any check.
#[derive(Debug)]
pub(super) struct Ask<'a> {
    /// What the command needs.
    pub(super) permission: Permission,
    /// Under which name keys are claimed.
    pub(super) operation: &'static str,
    /// The event that it appends.
    pub(super) event: &'static str,
    pub(super) location_id: LocationId,
    pub(super) variants: Vec<VariantId>,
    pub(super) reason: &'a str,
    pub(super) key: &'a str,
}

/// A stock command that may go ahead.
#[derive(Debug)]
pub(super) struct Request {
    operation: &'static str,
    event: &'static str,
    pub(super) place: LocationId,
    variants: Vec<VariantId>,
    pub(super) reason: String,
    key: String,
    hash: String,
}

/// Checks permission at the location, the number of lines, the key and the reason. Errors: `FORBIDDEN`, `NOT_FOUND` for
/// a location out of reach, `REQUIRED` without lines, `TOO_MANY`, and what reasons must be.
pub(super) fn admit(ctx: &Ctx, ask: Ask<'_>, input: &impl Serialize) -> Result<Request> {
    if !ctx.require(ask.permission)?.allows_location(ask.location_id) {
        return Err(Error::not_found("location"));
    }
    if ask.variants.is_empty() {
        return Err(Error::invalid(ErrorCode::Required, "lines"));
    }
    if ask.variants.len() > MAX_LINES {
        return Err(Error::invalid_with(ErrorCode::TooMany, "lines", vec![("max", MAX_LINES.to_string())]));
    }
    Ok(Request {
        operation: ask.operation,
        event: ask.event,
        place: ask.location_id,
        variants: ask.variants,
        key: idempotency::checked_key(ask.key)?,
        hash: idempotency::request_hash(input)?,
        reason: reason(ask.reason)?,
    })
}

/// Claims the key, checks the subject and appends the event, which the movements name; `None` when the same key did it
/// before. Errors: `NOT_FOUND`, `INVALID` for what is not counted, `IDEMPOTENCY_KEY_REUSED`.
pub(super) async fn open(tx: &Tx, request: &Request) -> Result<Option<EventId>> {
    let place = request.place.uuid();
    let claim = idempotency::claim(tx, request.operation, &request.key, &request.hash, place).await?;
    if claim != Claim::Fresh {
        return Ok(None);
    }
    subject::check(tx, &[request.place], &request.variants).await?;
    let payload = json!({ "variant_ids": request.variants, "reason": request.reason });
    Ok(Some(tx.event(NewEvent::new(request.event, "location", place).payload(payload))))
}

/// A reason that a person gives. Errors: `REQUIRED`, `INVALID_TEXT`, `TEXT_TOO_LONG` at `reason`.
fn reason(text: &str) -> Result<String> {
    text::required_line("reason", text, text::LINE)
}

/// Committed and reserved units mirror open work and holds: a hand that moves them would break both. Error: `INVALID`.
pub(super) fn check_state(state: StockState, path: String) -> Result<()> {
    match state {
        StockState::Committed | StockState::Reserved => Err(Error::invalid(ErrorCode::Invalid, path)),
        StockState::Available | StockState::Damaged | StockState::QualityControl | StockState::SafetyStock => Ok(()),
    }
}

/// Units of the line at `index`. Error: `INVALID_QUANTITY`.
pub(super) fn check_quantity(quantity: i64, index: usize) -> Result<()> {
    if (1..=MAX_QUANTITY).contains(&quantity) {
        return Ok(());
    }
    Err(Error::invalid(ErrorCode::InvalidQuantity, format!("lines.{index}.quantity")))
}

/// The levels that a command is about, as they are in this transaction.
pub(super) async fn answer(tx: &Tx, request: &Request, opened: Option<EventId>) -> Result<Changed> {
    let mut levels = query::levels(tx, &[request.place], &request.variants).await?;
    levels.sort_by_key(|level| level.variant_id);
    Ok(Changed { levels, replayed: opened.is_none() })
}
