//! Somebody else allows what goes beyond: proven by the PIN of that person, at whatever till it is asked.

use entity::id::{LocationId, StaffId};

use super::query::permissions_of;
use super::sign_in::normal;
use super::throttle::{self, Key};
use super::{password, query};
use crate::kernel::{Ctx, Error, ErrorCode, Permission, Result};

/// Who allows it, and the proof. `Debug` shows neither.
#[derive(Clone)]
pub struct Approval {
    /// Sign-in address.
    pub email: String,
    /// PIN.
    pub pin: String,
}

impl std::fmt::Debug for Approval {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Approval")
    }
}

/// Checks that somebody other than the actor, who holds `exceptions.approve` at the location, allows it; returns that
/// person. Called before the transaction: comparing a PIN is slow on purpose. Errors: `APPROVAL_REQUIRED` without a
/// proof, for the actor's own, and for a person who may not allow it there; `INVALID_CREDENTIALS`; `THROTTLED` per
/// person and per till or network address.
pub async fn approve(ctx: &Ctx, approval: Option<&Approval>, location: LocationId) -> Result<StaffId> {
    approve_at(ctx, approval, Some(location)).await
}

/// Like [`approve`], away from any store: by somebody who may allow it everywhere.
pub(crate) async fn approve_anywhere(ctx: &Ctx, approval: Option<&Approval>) -> Result<StaffId> {
    approve_at(ctx, approval, None).await
}

async fn approve_at(ctx: &Ctx, approval: Option<&Approval>, location: Option<LocationId>) -> Result<StaffId> {
    let required = || Error::invalid(ErrorCode::ApprovalRequired, "input.approval");
    let approval = approval.ok_or_else(required)?;
    let email = normal(&approval.email);
    let place = match (ctx.actor.till(), ctx.ip) {
        (Some(till), _) => till.device_id.to_string(),
        (None, Some(ip)) => ip.to_string(),
        (None, None) => ctx.actor.key(),
    };
    let keys = vec![Key::new(ctx, "pin", &email, throttle::PIN), Key::new(ctx, "till", &place, throttle::TILL)];
    let attempt = throttle::begin(ctx, keys).await?;
    let db = ctx.db();
    let found = query::staff_by_email(&db, &email).await?.filter(|staff| staff.active);
    let stored = found.as_ref().and_then(|staff| staff.pin_hash.as_deref());
    let right = password::verify(ctx, &approval.pin, stored).await?;
    let Some(staff) = found.filter(|_| right) else {
        throttle::failed(ctx, &attempt).await?;
        return Err(Error::invalid(ErrorCode::InvalidCredentials, "input.approval"));
    };
    let attempt = &attempt;
    ctx.write(|tx| async move { throttle::succeeded(&tx, attempt).await }).await?;
    let roles = query::roles_of(&db, &[staff.id]).await?;
    let may = roles.iter().any(|(at, role)| {
        at.location_id.is_none_or(|only| Some(only) == location)
            && role
                .as_ref()
                .is_some_and(|role| permissions_of(&role.permissions).contains(&Permission::ExceptionsApprove))
    });
    if may && ctx.actor.staff_id() != Some(staff.id) { Ok(staff.id) } else { Err(required()) }
}
