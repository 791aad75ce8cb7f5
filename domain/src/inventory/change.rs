//! What the stock commands share: authorization, idempotency, the subject, and the answer.

use std::collections::BTreeMap;

use entity::id::{EventId, LocationId, VariantId};
use entity::stock_level;
use entity::words::{StockState, UnitTracking};
use serde::Serialize;
use serde_json::json;

use super::movement::MAX_QUANTITY;
use super::{query, stock_reason, subject};
use crate::kernel::event::NewEvent;
use crate::kernel::idempotency::{self, Claim};
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
    /// A person's words.
    pub(super) reason: &'a str,
    /// Code of a stock reason, beside the words or instead of them.
    pub(super) reason_code: Option<&'a str>,
    pub(super) key: &'a str,
}

/// A stock command that may go ahead.
#[derive(Debug)]
pub(super) struct Request {
    operation: &'static str,
    event: &'static str,
    pub(super) place: LocationId,
    pub(super) variants: Vec<VariantId>,
    /// As movements keep it.
    pub(super) reason: String,
    reason_code: Option<String>,
    key: String,
    hash: String,
}

/// A stock command that runs for the first time.
#[derive(Debug)]
pub(super) struct Opened {
    /// The event that its movements name.
    pub(super) event_id: EventId,
    /// Which of its variants have serial or lot numbers.
    pub(super) tracking: BTreeMap<VariantId, UnitTracking>,
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
    let (reason, reason_code) = stock_reason::worded(ask.reason, ask.reason_code)?;
    Ok(Request {
        operation: ask.operation,
        event: ask.event,
        place: ask.location_id,
        variants: ask.variants,
        key: idempotency::checked_key(ask.key)?,
        hash: idempotency::request_hash(input)?,
        reason,
        reason_code,
    })
}

/// Claims the key, checks the subject and appends the event, which the movements name; `None` when the same key did it
/// before. Errors: `NOT_FOUND`, also at `reasonCode` for a reason that may not be chosen, `INVALID` for what is not
/// counted, `IDEMPOTENCY_KEY_REUSED`.
pub(super) async fn open(tx: &Tx, request: &Request) -> Result<Option<Opened>> {
    let place = request.place.uuid();
    let claim = idempotency::claim(tx, request.operation, &request.key, &request.hash, place).await?;
    if claim != Claim::Fresh {
        return Ok(None);
    }
    let goods = subject::check(tx, &[request.place], &request.variants).await?;
    if let Some(code) = &request.reason_code {
        stock_reason::check(tx, code).await?;
    }
    let payload =
        json!({ "variant_ids": request.variants, "reason": request.reason, "reason_code": request.reason_code });
    Ok(Some(Opened {
        event_id: tx.event(NewEvent::new(request.event, "location", place).payload(payload)),
        tracking: goods.iter().map(|variant| (variant.id, variant.unit_tracking)).collect(),
    }))
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
pub(super) async fn answer(tx: &Tx, request: &Request, replayed: bool) -> Result<Changed> {
    let mut levels = query::levels(tx, &[request.place], &request.variants).await?;
    levels.sort_by_key(|level| level.variant_id);
    Ok(Changed { levels, replayed })
}
