//! The store begins a pickup, and takes that back.

use entity::fulfillment_order_line::Column;
use entity::id::PickupId;
use entity::pickup;
use entity::status::{FulfillmentOrderAction, PickupAction};

use super::step::{Locked, lock};
use super::{access, numbers, units};
use crate::fulfillment::work;
use crate::kernel::{Ctx, Result, Tx};
use crate::order as orders;

/// Begins to prepare a pickup. Errors: `FORBIDDEN` without `fulfillment.work`, `NOT_FOUND`, `INVALID_TRANSITION`,
/// `STALE_VERSION`.
pub async fn start(ctx: &Ctx, id: PickupId, expected_version: Option<i32>) -> Result<pickup::Model> {
    change(ctx, id, expected_version, (PickupAction::Start, FulfillmentOrderAction::Accept)).await
}

/// Takes the beginning back: others may do it. Errors: like [`start`].
pub async fn put_back(ctx: &Ctx, id: PickupId, expected_version: Option<i32>) -> Result<pickup::Model> {
    change(ctx, id, expected_version, (PickupAction::PutBack, FulfillmentOrderAction::PutBack)).await
}

/// What was ready is prepared again; its code works no more. Errors: like [`start`].
pub async fn unready(ctx: &Ctx, id: PickupId, expected_version: Option<i32>) -> Result<pickup::Model> {
    change(ctx, id, expected_version, (PickupAction::Unready, FulfillmentOrderAction::Unpack)).await
}

async fn change(
    ctx: &Ctx,
    id: PickupId,
    expected_version: Option<i32>,
    actions: (PickupAction, FulfillmentOrderAction),
) -> Result<pickup::Model> {
    let scope = &access::work_scope(ctx)?;
    ctx.write(|tx| async move {
        let tx = &tx;
        let mut locked = lock(tx, id).await?;
        access::check_store(scope, &locked.pickup)?;
        locked.check_version(expected_version)?;
        locked.check(actions.0)?;
        locked.work = work::transition(tx, locked.work.clone(), actions.1).await?;
        match actions.0 {
            PickupAction::Unready => {
                locked.forget_code();
                numbers::free(tx, &locked).await?;
                reset(tx, &locked, Column::Packed).await?;
            }
            PickupAction::PutBack => reset(tx, &locked, Column::Picked).await?,
            PickupAction::Arrive
            | PickupAction::Start
            | PickupAction::FallShort
            | PickupAction::MakeReady
            | PickupAction::Wait
            | PickupAction::Await
            | PickupAction::CollectPart
            | PickupAction::Collect
            | PickupAction::Expire
            | PickupAction::Cancel => {}
        }
        locked.go(tx, actions.0).await?;
        orders::refresh(tx, locked.order.id).await?;
        Ok(locked.pickup)
    })
    .await
}

/// What left stays counted, the rest begins again.
async fn reset(tx: &Tx, locked: &Locked, counter: Column) -> Result<()> {
    let rows: Vec<_> = locked.lines.iter().map(|line| (line.id, line.fulfilled)).collect();
    units::set(tx, counter, &rows).await
}

impl Locked {
    /// The code works no more.
    pub(super) fn forget_code(&mut self) {
        self.pickup.code_hash = None;
        self.pickup.ready_at = None;
        self.pickup.expires_at = None;
        self.pickup.reminded_at = None;
        self.pickup.arrived_at = None;
        self.pickup.arrival_note = None;
    }
}
