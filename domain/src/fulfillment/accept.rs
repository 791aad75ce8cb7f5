//! Taking work from the queue, and putting it back.

use entity::fulfillment_order;
use entity::status::{FulfillmentOrderAction, StateMachine};

use super::desk::{self, MAX_AT_ONCE, Reached, WorkRef};
use super::{pick_list, progress, work};
use crate::kernel::{Ctx, Error, ErrorCode, Result, Tx, version};

/// Takes work, all of it or none: whoever comes second learns that it is taken. Statements: 13,
/// whatever the number of orders.
///
/// Errors: `FORBIDDEN`, `NOT_FOUND`, `REQUIRED`, `TOO_MANY` above [`MAX_AT_ONCE`], `PICKUP_WORK`, `STALE_VERSION`,
/// `INVALID_TRANSITION` when it is not open.
pub async fn accept(ctx: &Ctx, wanted: &[WorkRef]) -> Result<Vec<fulfillment_order::Model>> {
    check_count(wanted)?;
    ctx.write(|tx| async move {
        let tx = &tx;
        let reached = reach_all(tx, wanted).await?;
        let orders: Vec<_> = reached.iter().map(|reached| reached.order.id).collect();
        let mut taken = Vec::with_capacity(reached.len());
        for Reached { work, .. } in reached {
            desk::by_parcel(&work)?;
            taken.push((work, Some(FulfillmentOrderAction::Accept)));
        }
        let done = work::transition_all(tx, taken).await?;
        desk::refresh(tx, orders).await?;
        Ok(done)
    })
    .await
}

/// Puts work back into the queue as if it had not begun: what was picked goes back on the shelf. All of it or none.
///
/// Errors: as [`accept`]; `UNPACK_FIRST` while units of it are packed or have left.
pub async fn put_back(ctx: &Ctx, wanted: &[WorkRef]) -> Result<Vec<fulfillment_order::Model>> {
    check_count(wanted)?;
    ctx.write(|tx| async move {
        let tx = &tx;
        let reached = reach_all(tx, wanted).await?;
        let orders: Vec<_> = reached.iter().map(|reached| reached.order.id).collect();
        let (mut given, mut unpicked) = (Vec::new(), Vec::new());
        for Reached { work, mut lines, .. } in reached {
            desk::by_parcel(&work)?;
            work.status.next(FulfillmentOrderAction::PutBack).ok_or_else(|| refused(&work))?;
            if lines.iter().any(|line| line.packed > 0) {
                return Err(Error::invalid(ErrorCode::UnpackFirst, "input.fulfillmentOrders"));
            }
            lines.iter_mut().for_each(|line| line.picked = 0);
            unpicked.extend(lines);
            given.push((work, Some(FulfillmentOrderAction::PutBack)));
        }
        let done = work::transition_all(tx, given).await?;
        progress::save(tx, &unpicked).await?;
        let ids: Vec<_> = unpicked.iter().map(|line| line.id).collect();
        pick_list::drop_open_lines(tx, &ids).await?;
        desk::refresh(tx, orders).await?;
        Ok(done)
    })
    .await
}

fn refused(work: &fulfillment_order::Model) -> Error {
    Error::transition("fulfillmentOrder", work.status, FulfillmentOrderAction::PutBack)
}

fn check_count(wanted: &[WorkRef]) -> Result<()> {
    let path = "input.fulfillmentOrders";
    if wanted.is_empty() {
        return Err(Error::invalid(ErrorCode::Required, path));
    }
    if wanted.len() > MAX_AT_ONCE {
        return Err(Error::invalid_with(ErrorCode::TooMany, path, vec![("max", MAX_AT_ONCE.to_string())]));
    }
    Ok(())
}

async fn reach_all(tx: &Tx, wanted: &[WorkRef]) -> Result<Vec<Reached>> {
    let reached = desk::reach(tx, wanted.iter().map(|wanted| wanted.id)).await?;
    for wanted in wanted {
        if let Some(found) = reached.iter().find(|reached| reached.work.id == wanted.id) {
            version::check(wanted.expected_version, found.work.version)?;
        }
    }
    Ok(reached)
}
