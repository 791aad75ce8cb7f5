//! Units that cannot be given elsewhere.

use entity::fulfillment_order;

use super::{Done, MAX_LINES, UnitsRefused};
use crate::fulfillment::desk::WorkRef;
use crate::fulfillment::line_ref::{LineRef, Shelf};
use crate::fulfillment::query;
use crate::fulfillment::reject::{Refusal, give_back};
use crate::kernel::idempotency::{self, Claim};
use crate::kernel::{Error, ErrorCode, Result, Tx, text};

/// Gives units of work back. The id of the message is claimed under the name of the location, so that it counts once
/// whichever key of the other system sends it. Error: `IDEMPOTENCY_KEY_REUSED`.
pub(super) async fn record(
    tx: &Tx,
    external_id: &str,
    work: &fulfillment_order::Model,
    refused: &UnitsRefused,
) -> Result<Done> {
    let place = work.location_id.ok_or(Error::not_found("fulfillmentOrder"))?;
    let hash = idempotency::request_hash(&(work.id, refused))?;
    let owner = format!("LOCATION:{}", place.uuid());
    let claim = idempotency::claim_as(tx, &owner, "fulfillmentConfirm", external_id, &hash, work.id.uuid()).await?;
    if claim != Claim::Fresh {
        return Ok(Done { work: work.id, shipment: None, replayed: true });
    }
    let refusal = Refusal {
        units: Vec::new(),
        work: WorkRef { id: work.id, expected_version: None },
        lines: lines(tx, work, refused).await?,
        reason: refused.reason,
        effect: refused.effect,
        note: refused.note.as_deref().map(|note| text::note("note", note, text::NOTE)).transpose()?,
    };
    Box::pin(give_back(tx, &refusal)).await?;
    Ok(Done { work: work.id, shipment: None, replayed: false })
}

/// The lines that are meant. Errors: `TOO_MANY`, `NOT_IN_WORK`.
async fn lines(
    tx: &Tx,
    work: &fulfillment_order::Model,
    refused: &UnitsRefused,
) -> Result<Vec<(entity::id::FulfillmentOrderLineId, i64)>> {
    if refused.lines.len() > MAX_LINES {
        return Err(Error::invalid_with(ErrorCode::TooMany, "lines", vec![("max", MAX_LINES.to_string())]));
    }
    if refused.lines.is_empty() {
        return Ok(Vec::new());
    }
    let all = query::lines(tx, &[work.id]).await?;
    let wanted: Vec<&LineRef> = refused.lines.iter().map(|line| &line.line).collect();
    let shelf = Shelf::read(tx, &all, wanted.iter().copied()).await?;
    let found = refused.lines.iter().enumerate();
    found.map(|(index, line)| Ok((shelf.find(&line.line, &format!("lines.{index}"))?.id, line.quantity))).collect()
}
