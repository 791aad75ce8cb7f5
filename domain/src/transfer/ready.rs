//! Putting a transfer's goods aside at the sender, and giving them back.

use entity::id::TransferId;
use entity::status::TransferAction;
use entity::transfer;
use serde::Serialize;
use serde_json::json;

use super::command::{Ask, Done};
use super::lock::{Begun, Locked, Side, Way, begin};
use crate::inventory::{Movement, post};
use crate::{Ctx, Permission, Result, Tx};

/// One step of a transfer that needs no more to be said.
#[derive(Debug, Clone, Serialize)]
pub struct TransferStep {
    /// Which.
    pub transfer_id: TransferId,
    /// The version that the client knows.
    pub expected_version: Option<i32>,
    /// The client's key: the same key does it once.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// The goods are put aside at the sender: from now on nobody else is promised them.
///
/// Errors: `FORBIDDEN`, `NOT_FOUND`, `INVALID_TRANSITION`, `STALE_VERSION`, `INSUFFICIENT_STOCK`,
/// `IDEMPOTENCY_KEY_REUSED`.
pub async fn make_ready(ctx: &Ctx, input: TransferStep) -> Result<Done<transfer::Model>> {
    let ask = Ask::new("transferReady", &input.idempotency_key, &input)?;
    step(ctx, &ask, &input, TransferAction::MakeReady).await
}

/// Back to a draft: the goods are free again.
///
/// Errors: `FORBIDDEN`, `NOT_FOUND`, `INVALID_TRANSITION`, `STALE_VERSION`, `IDEMPOTENCY_KEY_REUSED`.
pub async fn reopen(ctx: &Ctx, input: TransferStep) -> Result<Done<transfer::Model>> {
    let ask = Ask::new("transferReopen", &input.idempotency_key, &input)?;
    step(ctx, &ask, &input, TransferAction::Reopen).await
}

async fn step(ctx: &Ctx, ask: &Ask, input: &TransferStep, action: TransferAction) -> Result<Done<transfer::Model>> {
    let scope = ctx.require(Permission::TransfersWork)?;
    let scope = &scope;
    ctx.write(|tx| async move {
        let tx = &tx;
        let locked = match begin(tx, ask, scope, input.transfer_id, input.expected_version).await? {
            Begun::Replayed(done) => return Ok(done),
            Begun::Fresh(locked) => locked,
        };
        locked.require(scope, Side::Sender)?;
        let status = locked.next(action)?;
        if action == TransferAction::MakeReady {
            put_aside(tx, &locked).await?;
        } else {
            free(tx, &locked, "transfer_reopened").await?;
        }
        locked.save(tx, status).await
    })
    .await
}

/// Puts the units of all lines aside at the sender. Error: `INSUFFICIENT_STOCK`.
async fn put_aside(tx: &Tx, locked: &Locked) -> Result<()> {
    post(tx, &aside(tx, locked)).await
}

/// The movements that put the units of all lines aside at the sender.
pub(super) fn aside(tx: &Tx, locked: &Locked) -> Vec<Movement> {
    let event_id = locked.tell(tx, "transfer_ready", &json!({}));
    let aside = Way::aside(locked.transfer.from_location_id);
    locked.lines.iter().filter_map(|line| aside.of(line, line.quantity, event_id)).collect()
}

/// Gives the units of all lines back at the sender.
pub(super) async fn free(tx: &Tx, locked: &Locked, told: &'static str) -> Result<()> {
    post(tx, &freed(tx, locked, told)).await
}

/// The movements that give the units of all lines back at the sender.
pub(super) fn freed(tx: &Tx, locked: &Locked, told: &'static str) -> Vec<Movement> {
    let event_id = locked.tell(tx, told, &json!({}));
    let back = Way::free(locked.transfer.from_location_id);
    locked.lines.iter().filter_map(|line| back.of(line, line.quantity, event_id)).collect()
}
