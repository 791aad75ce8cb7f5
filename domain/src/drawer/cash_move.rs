//! Cash that staff put into a drawer or take out of it.

use entity::id::{RegisterId, RegisterSessionId, StaffId};
use entity::money::Money;
use entity::register_session::Model;
use entity::words::CashMovementKind;
use serde_json::json;

use super::cash::{CashMove, record_all};
use super::place::{Place, register_of};
use super::session;
use crate::access::{Approval, approve};
use crate::kernel::event::NewEvent;
use crate::kernel::idempotency::{self, Claim};
use crate::kernel::{Ctx, Error, ErrorCode, Permission, Result, text};

/// Cash to put in or take out.
#[derive(Clone, Debug, serde::Serialize)]
pub struct MoveCash {
    /// The till; needed when the staff member is not signed in on a paired one.
    pub register_id: Option<RegisterId>,
    /// `IN`, `OUT` or `DROP`.
    pub kind: CashMovementKind,
    /// How much, above zero.
    pub amount: Money,
    /// Why.
    pub reason: String,
    /// Who allows it, when it is more than the till's limit.
    #[serde(skip)]
    pub approval: Option<Approval>,
    /// The client's key.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// Moves cash in or out of the open drawer of a till. Errors: `FORBIDDEN` without `drawer.work`, `NOT_FOUND`,
/// `REGISTER_SESSION_REQUIRED`, `INSUFFICIENT_CASH`, `REQUIRED` without a reason, `INVALID` for a kind that only sales
/// and refunds make, `APPROVAL_REQUIRED` above the till's limit and what [`approve`] says, `IDEMPOTENCY_KEY_REUSED`.
/// Returns whether the key was used before, too.
pub async fn move_cash(ctx: &Ctx, input: MoveCash) -> Result<(Model, bool)> {
    let scope = &ctx.require(Permission::DrawerWork)?;
    let key = &idempotency::checked_key(&input.idempotency_key)?;
    let hash = &idempotency::request_hash(&input)?;
    let register_id = register_of(ctx, input.register_id)?;
    let reason = text::required_line("input.reason", &input.reason, text::LINE)?;
    let place = Place::read(&ctx.db(), scope, register_id).await?;
    let amount = place.amount("input.amount", input.amount)?;
    if amount == 0 {
        return Err(Error::invalid(ErrorCode::InvalidAmount, "input.amount"));
    }
    let amount = signed(input.kind, amount)?;
    let approved_by = approver(ctx, &place, amount, input.approval.as_ref()).await?;
    let (reason, kind) = (&reason, input.kind);
    ctx.write(|tx| async move {
        let tx = &tx;
        let current = session::current(tx, register_id).await?;
        let resource = current.as_ref().map_or_else(|| tx.new_uuid(), |session| session.id.uuid());
        if let Claim::Replayed(id) = idempotency::claim(tx, "registerCashMove", key, hash, resource).await? {
            return Ok((session::lock(tx, RegisterSessionId(id)).await?, true));
        }
        let session = current.ok_or_else(|| Error::invalid(ErrorCode::RegisterSessionRequired, "input.registerId"))?;
        let payload = json!({
            "register_id": register_id, "kind": kind, "amount": amount, "reason": reason, "approved_by": approved_by,
        });
        let event_id = tx.event(NewEvent::new("cash_moved", "register_session", session.id.uuid()).payload(payload));
        let cash = CashMove { kind, amount, order_id: None, payment_id: None, reason: Some(reason.clone()), event_id };
        record_all(tx, &session, vec![cash], approved_by).await?;
        Ok((session::lock(tx, session.id).await?, false))
    })
    .await
}

/// The amount as the drawer sees it. Error: `INVALID`.
fn signed(kind: CashMovementKind, amount: i64) -> Result<i64> {
    match kind {
        CashMovementKind::In => Ok(amount),
        CashMovementKind::Out | CashMovementKind::Drop => Ok(-amount),
        CashMovementKind::Float | CashMovementKind::Sale | CashMovementKind::Refund => {
            Err(Error::invalid(ErrorCode::Invalid, "input.kind"))
        }
    }
}

/// Who allowed it, when somebody must.
async fn approver(ctx: &Ctx, place: &Place, amount: i64, approval: Option<&Approval>) -> Result<Option<StaffId>> {
    match place.register.cash_limit {
        Some(limit) if -amount > limit => Ok(Some(approve(ctx, approval, place.register.location_id).await?)),
        Some(_) | None => Ok(None),
    }
}
