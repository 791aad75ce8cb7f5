//! Giving a transfer up.

use entity::id::{TransferId, VariantId};
use entity::status::TransferAction;
use entity::transfer;
use entity::words::{StockState, TransferCancelOutcome, TransferStatus};
use serde::Serialize;
use serde_json::json;

use super::command::{self, Ask, Done};
use super::lock::{Begun, Locked, Side, Way, begin, under_way};
use super::numbers;
use super::ready::free;
use super::receive::lose;
use crate::inventory::{Movement, incoming, post};
use crate::{Ctx, Error, ErrorCode, Permission, Result, Tx};

/// A transfer to give up.
#[derive(Debug, Clone, Serialize)]
pub struct CancelTransfer {
    /// Which.
    pub transfer_id: TransferId,
    /// The version that the client knows.
    pub expected_version: Option<i32>,
    /// What becomes of goods under way; needed when it left, and only then.
    pub outcome: Option<TransferCancelOutcome>,
    /// Why; needed for `WRITE_OFF`.
    pub reason: Option<String>,
    /// The client's key: the same key cancels once.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// Gives a transfer up. A draft just ends (either side may); goods put aside are free again; of goods under way what is
/// not accounted for goes back into the sender's stock or is lost.
///
/// Errors: `FORBIDDEN`, `NOT_FOUND`, `INVALID_TRANSITION`, `STALE_VERSION`, `REQUIRED` or `INVALID` for the outcome,
/// `REQUIRED` for the reason of a loss, `IDEMPOTENCY_KEY_REUSED`.
pub async fn cancel(ctx: &Ctx, input: CancelTransfer) -> Result<Done<transfer::Model>> {
    let scope = ctx.require(Permission::TransfersWork)?;
    let ask = Ask::new("transferCancel", &input.idempotency_key, &input)?;
    let reason = command::reason("reason", input.reason.as_deref())?;
    let (scope, ask, reason, input) = (&scope, &ask, &reason, &input);
    ctx.write(|tx| async move {
        let tx = &tx;
        let mut locked = match begin(tx, ask, scope, input.transfer_id, input.expected_version).await? {
            Begun::Replayed(done) => return Ok(done),
            Begun::Fresh(locked) => locked,
        };
        let draft = locked.transfer.status == TransferStatus::Draft;
        locked.require(scope, if draft { Side::Either } else { Side::Sender })?;
        let status = locked.next(TransferAction::Cancel)?;
        end(tx, &mut locked, input.outcome, reason.as_deref()).await?;
        locked.transfer.cancel_outcome = input.outcome;
        locked.save(tx, status).await
    })
    .await
}

/// Does to the goods what their state asks for.
async fn end(tx: &Tx, locked: &mut Locked, outcome: Option<TransferCancelOutcome>, reason: Option<&str>) -> Result<()> {
    match locked.transfer.status {
        TransferStatus::Draft | TransferStatus::Ready if outcome.is_some() => {
            Err(Error::invalid(ErrorCode::Invalid, "outcome"))
        }
        TransferStatus::Draft => {
            locked.tell(tx, "transfer_canceled", &json!({ "reason": reason }));
            Ok(())
        }
        TransferStatus::Ready => free(tx, locked, "transfer_canceled").await,
        TransferStatus::InTransit
        | TransferStatus::PartlyReceived
        | TransferStatus::Received
        | TransferStatus::Canceled => {
            let outcome = outcome.ok_or_else(|| Error::invalid(ErrorCode::Required, "outcome"))?;
            recall(tx, locked, outcome, reason).await
        }
    }
}

/// Takes what is under way back, or writes it off.
async fn recall(tx: &Tx, locked: &mut Locked, outcome: TransferCancelOutcome, reason: Option<&str>) -> Result<()> {
    let (from, to) = (locked.transfer.from_location_id, locked.transfer.to_location_id);
    let event_id =
        locked.tell(tx, "transfer_canceled", &json!({ "outcome": outcome, "location_id": from, "reason": reason }));
    let rest: Vec<(VariantId, i64)> = locked.lines.iter().map(|line| (line.variant_id, under_way(line))).collect();
    match outcome {
        TransferCancelOutcome::WriteBack => {
            incoming::lock_all(tx, &[from, to], &locked.variants()).await?;
            let back = Way::into(from, StockState::Available);
            let movements: Vec<Movement> =
                locked.lines.iter().filter_map(|line| back.of(line, under_way(line), event_id)).collect();
            post(tx, &movements).await?;
            locked.lines.iter_mut().for_each(|line| line.written_back += under_way(line));
        }
        TransferCancelOutcome::WriteOff => {
            let reason = reason.ok_or_else(|| Error::invalid(ErrorCode::Required, "reason"))?;
            lose(&mut locked.lines, reason);
        }
    }
    numbers::recall(tx, locked, outcome == TransferCancelOutcome::WriteBack).await?;
    incoming::give_up(tx, to, &rest).await
}
