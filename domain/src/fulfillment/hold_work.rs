//! Stopping work with a reason, and letting it go on.

use entity::fulfillment_order;
use entity::status::FulfillmentOrderAction;
use entity::words::FulfillmentHoldReason;

use super::desk::{self, WorkRef};
use super::work;
use crate::kernel::{Ctx, Result, text};

/// Work to stop.
#[derive(Debug, Clone)]
pub struct HoldWork {
    /// Which.
    pub work: WorkRef,
    /// Why.
    pub reason: FulfillmentHoldReason,
    /// Why, in words.
    pub note: Option<String>,
}

/// Stops open work. Its stock stays promised. Errors: `FORBIDDEN`, `NOT_FOUND`, `STALE_VERSION`, `TEXT_TOO_LONG`,
/// `INVALID_TRANSITION` when it is not open.
pub async fn hold(ctx: &Ctx, input: HoldWork) -> Result<fulfillment_order::Model> {
    let note = input.note.as_deref().map(|note| text::note("input.note", note, text::NOTE)).transpose()?;
    let (note, input) = (&note.filter(|note| !note.is_empty()), &input);
    ctx.write(|tx| async move {
        let tx = &tx;
        let mut reached = desk::reach_one(tx, input.work).await?;
        reached.work.hold_reason = Some(input.reason.as_str().to_owned());
        reached.work.hold_note.clone_from(note);
        let done = work::transition(tx, reached.work, FulfillmentOrderAction::Hold).await?;
        desk::refresh(tx, [done.order_id]).await?;
        Ok(done)
    })
    .await
}

/// Lets held work go on. Errors: `FORBIDDEN`, `NOT_FOUND`, `STALE_VERSION`, `INVALID_TRANSITION`.
pub async fn release(ctx: &Ctx, wanted: WorkRef) -> Result<fulfillment_order::Model> {
    ctx.write(|tx| async move {
        let tx = &tx;
        let mut reached = desk::reach_one(tx, wanted).await?;
        (reached.work.hold_reason, reached.work.hold_note) = (None, None);
        let done = work::transition(tx, reached.work, FulfillmentOrderAction::Resume).await?;
        desk::refresh(tx, [done.order_id]).await?;
        Ok(done)
    })
    .await
}
