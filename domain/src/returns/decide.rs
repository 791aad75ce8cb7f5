//! The steps of a return that move no goods and no money: approve, decline, send, give up, close, look again.

use chrono::{DateTime, Utc};
use entity::id::{LocationId, ReturnId};
use entity::returns;
use entity::status::ReturnAction;
use entity::words::{ReturnMethod, ReturnStatus};
use sea_orm::EntityTrait;

use super::step::{self, Locked};
use super::{access, exchange, facts, request, units};
use crate::kernel::{Ctx, Error, ErrorCode, Result, Tx, text};

/// How goods may come.
#[derive(Debug, Clone, Default)]
pub struct ApproveReturn {
    /// On another way than was asked for.
    pub method: Option<ReturnMethod>,
    /// Where they shall lie in the end; wherever they are handed in when `None`.
    pub destination_location_id: Option<LocationId>,
    /// Until when they are expected; 14 days when `None`.
    pub expected_by: Option<DateTime<Utc>>,
    /// Whether no fees are kept.
    pub waive_fees: bool,
    /// For staff.
    pub staff_note: Option<String>,
}

/// Allows the goods to come. Errors: `FORBIDDEN`, `NOT_FOUND`, `STALE_VERSION`, `INVALID_TRANSITION`,
/// `RETURNS_NOT_ACCEPTED`, `INVALID_DATE` for a day that is over.
pub async fn approve(ctx: &Ctx, id: ReturnId, version: Option<i32>, how: ApproveReturn) -> Result<returns::Model> {
    access::work_scope(ctx)?;
    let how = &how;
    let staff_note = how.staff_note.as_deref().map(|note| text::note("input.staffNote", note, text::NOTE));
    let staff_note = &staff_note.transpose()?;
    ctx.write(|tx| async move {
        let tx = &tx;
        let (mut locked, _) = step::lock(tx, id, None, version).await?;
        locked.check(ReturnAction::Approve)?;
        if how.expected_by.is_some_and(|by| by <= tx.now()) {
            return Err(Error::invalid(ErrorCode::InvalidDate, "input.expectedBy"));
        }
        if let Some(to) = how.destination_location_id {
            accepting(tx, to).await?;
            locked.row.destination_location_id = Some(to);
        }
        if let Some(method) = how.method {
            locked.row.method = method;
        }
        let fees = (locked.row.restocking_fee, locked.row.return_shipping_fee);
        if how.waive_fees || locked.row.method == ReturnMethod::Store {
            locked.row.return_shipping_fee = 0;
        }
        if how.waive_fees {
            locked.row.restocking_fee = 0;
        }
        if let Some(note) = staff_note {
            locked.row.staff_note.clone_from(note);
        }
        locked.row.expected_by = how.expected_by;
        request::approve(tx, &mut locked)?;
        if fees != (locked.row.restocking_fee, locked.row.return_shipping_fee) {
            Box::pin(exchange::agree_anew(tx, &locked)).await?;
        }
        locked.save(tx).await
    })
    .await
}

/// Goods may be meant for a location where the one who allows it does not work.
async fn accepting(tx: &Tx, id: LocationId) -> Result<()> {
    let found = entity::location::Entity::find_by_id(id).one(tx).await?.ok_or(Error::not_found("location"))?;
    if found.active && found.accepts_returns {
        Ok(())
    } else {
        Err(Error::invalid(ErrorCode::ReturnsNotAccepted, "input.destinationLocationId"))
    }
}

/// Refuses what a customer asks for; the reason goes to the customer. Errors: as [`approve`], `REQUIRED`.
pub async fn decline(ctx: &Ctx, id: ReturnId, version: Option<i32>, reason: &str) -> Result<returns::Model> {
    access::work_scope(ctx)?;
    let reason = &text::required_line("input.reason", reason, text::LINE)?;
    ctx.write(|tx| async move {
        let tx = &tx;
        let (mut locked, _) = step::lock(tx, id, None, version).await?;
        locked.row.decline_reason = Some(reason.clone());
        locked.row.decided_at = Some(tx.now());
        locked.row.staff_id = tx.ctx().actor.staff_id();
        locked.go(tx, ReturnAction::Decline)?;
        exchange::give_up(tx, &locked.row).await?;
        let_go(tx, &locked).await?;
        locked.save(tx).await
    })
    .await
}

/// Gives a return up before anything came; its customer may, too. An exchange that waits for the goods ends with it; one
/// whose new goods were ordered in advance does not. A claim that was answered is given up by staff alone: its money or
/// its goods went out. Errors: `NOT_FOUND`, `INVALID_CODE`, `STALE_VERSION`, `INVALID_TRANSITION`.
pub async fn cancel(ctx: &Ctx, id: ReturnId, token: Option<&str>, version: Option<i32>) -> Result<returns::Model> {
    ctx.write(|tx| async move {
        let tx = &tx;
        let (mut locked, hands) = step::lock(tx, id, token, version).await?;
        if locked.row.resolution.is_some() && !hands.is_staff() {
            return Err(Error::transition("return", locked.row.status, ReturnAction::Cancel));
        }
        locked.go(tx, ReturnAction::Cancel)?;
        exchange::give_up(tx, &locked.row).await?;
        let_go(tx, &locked).await?;
        locked.save(tx).await
    })
    .await
}

/// The units are with the customer as before.
pub(super) async fn let_go(tx: &Tx, locked: &Locked) -> Result<()> {
    units::requested(tx, &locked.row, &units::sum(&locked.lines, |line| -line.quantity)).await
}

/// The goods were handed to a carrier. Errors: `NOT_FOUND`, `INVALID_CODE`, `STALE_VERSION`, `INVALID_TRANSITION`.
pub async fn send(
    ctx: &Ctx,
    id: ReturnId,
    token: Option<&str>,
    version: Option<i32>,
    (carrier, tracking_number): (Option<String>, Option<String>),
) -> Result<returns::Model> {
    let line = |path: &str, line: Option<String>| {
        let line = line.map(|line| text::line(path, &line, 100)).transpose()?;
        Ok::<_, Error>(line.filter(|line| !line.is_empty()))
    };
    let carrier = &line("input.carrier", carrier)?;
    let number = &line("input.trackingNumber", tracking_number)?;
    ctx.write(|tx| async move {
        let tx = &tx;
        let (mut locked, _) = step::lock(tx, id, token, version).await?;
        locked.row.carrier.clone_from(carrier);
        locked.row.tracking_number.clone_from(number);
        locked.go(tx, ReturnAction::Send)?;
        locked.save(tx).await
    })
    .await
}

/// Nothing is left to do. Errors: `FORBIDDEN`, `NOT_FOUND`, `STALE_VERSION`, `INVALID_TRANSITION`.
pub async fn close(ctx: &Ctx, id: ReturnId, version: Option<i32>) -> Result<returns::Model> {
    access::work_scope(ctx)?;
    ctx.write(|tx| async move {
        let tx = &tx;
        let (mut locked, _) = step::lock(tx, id, None, version).await?;
        let waits = locked.row.status == ReturnStatus::Approved && locked.row.resolution.is_none();
        if waits {
            // Only a claim that was answered ends without goods.
            return Err(Error::InvalidTransition {
                machine: "return",
                from: locked.row.status.to_string(),
                action: ReturnAction::Close.to_string(),
                allowed: vec![ReturnAction::Cancel.to_string()],
            });
        }
        locked.go(tx, ReturnAction::Close)?;
        locked.save(tx).await
    })
    .await
}

/// Looks at it again: what was closed is inspected, what was declined is asked for again, when its units are still with
/// the customer. Errors: as [`close`], `INVALID_QUANTITY`.
pub async fn reopen(ctx: &Ctx, id: ReturnId, version: Option<i32>) -> Result<returns::Model> {
    access::work_scope(ctx)?;
    ctx.write(|tx| async move {
        let tx = &tx;
        let (mut locked, _) = step::lock(tx, id, None, version).await?;
        let declined = locked.row.status == ReturnStatus::Declined;
        locked.go(tx, ReturnAction::Reopen)?;
        locked.row.closed_at = None;
        if declined {
            ask_again(tx, &locked).await?;
            locked.row.decline_reason = None;
            locked.row.decided_at = None;
        }
        locked.save(tx).await
    })
    .await
}

async fn ask_again(tx: &Tx, locked: &Locked) -> Result<()> {
    let wanted = units::sum(&locked.lines, |line| line.quantity);
    if let Some(order) = &locked.order {
        let lines = crate::order::query::lines(tx, &[order.id]).await?;
        let gone = facts::gone(tx, &lines).await?;
        let free = |line: &entity::order_line::Model| line.fulfilled - gone.get(&line.id).copied().unwrap_or(0);
        let fits = lines.iter().all(|line| wanted.get(&line.id).is_none_or(|wanted| *wanted <= free(line)));
        if !fits {
            return Err(Error::invalid(ErrorCode::InvalidQuantity, "input.returnId"));
        }
    }
    units::requested(tx, &locked.row, &wanted).await
}
