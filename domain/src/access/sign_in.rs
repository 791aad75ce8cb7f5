//! Signing staff in: by address and password anywhere, by PIN on a paired till.

use entity::id::{RegisterId, StaffId};
use entity::{device, role, staff, staff_role};
use sea_orm::sea_query::LockType;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use serde_json::json;

use super::session::{self, Tokens};
use super::throttle::{self, Attempt, Key};
use super::token::Subject;
use super::{password, query};
use crate::kernel::actor::Till;
use crate::kernel::event::NewEvent;
use crate::kernel::{Ctx, Error, ErrorCode, Result, Tx, email};

/// An address and a password. `Debug` shows neither.
#[derive(Clone)]
pub struct StaffSignIn {
    /// Sign-in address.
    pub email: String,
    /// Password.
    pub password: String,
}

/// An address and a PIN, at a till. `Debug` shows neither.
#[derive(Clone)]
pub struct PinSignIn {
    /// Sign-in address; tills show a list of names.
    pub email: String,
    /// PIN.
    pub pin: String,
}

impl std::fmt::Debug for StaffSignIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StaffSignIn")
    }
}

impl std::fmt::Debug for PinSignIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PinSignIn")
    }
}

/// Somebody who is signed in.
#[derive(Debug, Clone)]
pub struct StaffSession {
    /// Who.
    pub staff: staff::Model,
    /// The session.
    pub tokens: Tokens,
}

fn wrong() -> Error {
    Error::invalid(ErrorCode::InvalidCredentials, "")
}

/// Signs a member of staff in. When a till asks, the session works only at that till.
/// Errors: `INVALID_CREDENTIALS`, the same and as late for unknown, deactivated and wrong; `THROTTLED`;
/// `DEMO_PASSWORD_REFUSED` outside development.
pub async fn staff_sign_in(ctx: &Ctx, input: StaffSignIn) -> Result<StaffSession> {
    password::refuse_demo_password(ctx, "password", &input.password)?;
    let email = normal(&input.email);
    let attempt = throttle::begin(ctx, Key::account_and_address(ctx, "staff", &email)).await?;
    let found = query::staff_by_email(&ctx.db(), &email).await?.filter(|staff| staff.active);
    let stored = found.as_ref().and_then(|staff| staff.password_hash.as_deref());
    let right = password::verify(ctx, &input.password, stored).await?;
    let Some(staff) = found.filter(|_| right) else {
        throttle::failed(ctx, &attempt).await?;
        return Err(wrong());
    };
    let (staff, attempt) = (&staff, &attempt);
    ctx.write(|tx| async move { open(&tx, staff, tx.ctx().actor.till(), attempt, "PASSWORD").await }).await
}

/// Signs a member of staff in on a paired till. The person must have a role that holds at the till's location.
/// Errors: `DEVICE_UNKNOWN` away from a till; `INVALID_CREDENTIALS`; `THROTTLED` per person and per till.
pub async fn staff_pin_sign_in(ctx: &Ctx, input: PinSignIn) -> Result<StaffSession> {
    let till = ctx.actor.till().ok_or_else(|| Error::invalid(ErrorCode::DeviceUnknown, ""))?;
    let email = normal(&input.email);
    let keys = vec![
        Key::new(ctx, "pin", &email, throttle::PIN),
        Key::new(ctx, "till", &till.device_id.to_string(), throttle::TILL),
    ];
    let attempt = throttle::begin(ctx, keys).await?;
    let found = query::staff_by_email(&ctx.db(), &email).await?.filter(|staff| staff.active);
    let stored = found.as_ref().and_then(|staff| staff.pin_hash.as_deref());
    let right = password::verify(ctx, &input.pin, stored).await?;
    let works_here = match &found {
        Some(staff) if right => works_at(ctx, staff.id, till.register_id).await?,
        _ => false,
    };
    let Some(staff) = found.filter(|_| works_here) else {
        throttle::failed(ctx, &attempt).await?;
        return Err(wrong());
    };
    let (staff, attempt) = (&staff, &attempt);
    ctx.write(|tx| async move { open(&tx, staff, Some(till), attempt, "PIN").await }).await
}

/// The address as accounts keep it; what is no address finds no account, but takes as long.
pub(crate) fn normal(text: &str) -> String {
    // No address begins with a space, and PostgreSQL takes no NUL in a text.
    let nobody = || std::iter::once(' ').chain(text.chars().filter(|c| !c.is_control()).take(254)).collect();
    email::normalize("email", text).unwrap_or_else(|_| nobody())
}

async fn works_at(ctx: &Ctx, id: StaffId, register: RegisterId) -> Result<bool> {
    let db = ctx.db();
    let Some(register) = query::register(&db, register).await?.filter(|register| register.active) else {
        return Ok(false);
    };
    let roles: Vec<(staff_role::Model, Option<role::Model>)> = query::roles_of(&db, &[id]).await?;
    Ok(roles.iter().any(|(at, _)| {
        at.location_id.is_none_or(|only| only == register.location_id)
            && at.channel_id.is_none_or(|only| only == register.channel_id)
    }))
}

/// Begins the session if nothing changed since the secret was compared.
async fn open(tx: &Tx, seen: &staff::Model, till: Option<Till>, attempt: &Attempt, by: &str) -> Result<StaffSession> {
    let staff = staff::Entity::find_by_id(seen.id).lock(LockType::Update).one(tx).await?;
    let unchanged =
        |now: &staff::Model| now.active && now.password_hash == seen.password_hash && now.pin_hash == seen.pin_hash;
    let staff = staff.filter(unchanged).ok_or_else(wrong)?;
    if let Some(till) = till {
        let paired =
            device::Entity::find_by_id(till.device_id).filter(device::Column::RevokedAt.is_null()).one(tx).await?;
        paired.ok_or_else(|| Error::invalid(ErrorCode::DeviceUnknown, ""))?;
    }
    throttle::succeeded(tx, attempt).await?;
    let device_id = till.map(|till| till.device_id);
    let tokens = session::start(tx, Subject::Staff { id: staff.id, device_id }).await?;
    let payload = json!({ "by": by, "device_id": device_id });
    tx.event(NewEvent::new("staff_signed_in", "staff", staff.id.uuid()).payload(payload));
    Ok(StaffSession { staff, tokens })
}
