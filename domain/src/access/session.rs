//! Sessions: a short access token and a chain of opaque refresh tokens, each good for one use.
//!
//! The first token of a chain is its root; the chain lives while the root is not revoked. Using a token twice revokes
//! the whole chain (RFC 9700 §4.14.2), also when both uses come at the same moment: one of the two is a thief, and
//! nothing tells which.

use chrono::{DateTime, TimeDelta, Utc};
use entity::id::{CustomerId, DeviceId, RefreshTokenId, StaffId};
use entity::refresh_token::{self, Column, Entity, Model};
use entity::words::SubjectKind;
use sea_orm::sea_query::{Expr, LockType};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect,
};

use super::token::{self, Audience, Subject};
use crate::kernel::event::NewEvent;
use crate::kernel::secret::token_hash;
use crate::kernel::{Ctx, Error, ErrorCode, Result, Tx};

/// How long a customer may stay away before signing in again.
const CUSTOMER_IDLE: TimeDelta = TimeDelta::days(30);
/// How long staff may stay away: a shift.
const STAFF_IDLE: TimeDelta = TimeDelta::hours(12);

/// What signs somebody in. `Debug` shows no secret.
#[derive(Clone)]
pub struct Tokens {
    /// For `Authorization: Bearer`.
    pub access_token: String,
    /// Until when it works.
    pub access_expires_at: DateTime<Utc>,
    /// Exchanges for new tokens, once.
    pub refresh_token: String,
    /// Until when that works.
    pub refresh_expires_at: DateTime<Utc>,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokens").field("access_expires_at", &self.access_expires_at).finish_non_exhaustive()
    }
}

/// Begins a session. The caller holds the lock of the customer or the member of staff, so that a reset of the
/// password that runs beside it ends this session too.
pub(crate) async fn start(tx: &Tx, subject: Subject) -> Result<Tokens> {
    let id = RefreshTokenId(tx.new_uuid());
    issue(tx, subject, id, id).await
}

async fn issue(tx: &Tx, subject: Subject, id: RefreshTokenId, root: RefreshTokenId) -> Result<Tokens> {
    let services = &tx.ctx().services;
    let refresh_token = services.random.token();
    let (kind, customer_id, staff_id, device_id, idle) = match subject {
        Subject::Customer(id) => (SubjectKind::Customer, Some(id), None, None, CUSTOMER_IDLE),
        Subject::Staff { id, device_id } => (SubjectKind::Staff, None, Some(id), device_id, STAFF_IDLE),
    };
    let row = Model {
        id,
        family_id: root.uuid(),
        subject_kind: kind,
        customer_id,
        staff_id,
        device_id,
        token_hash: token_hash(&refresh_token),
        issued_at: tx.now(),
        expires_at: tx.now() + idle,
        used_at: None,
        revoked_at: None,
    };
    let tokens = Tokens {
        access_token: token::issue(&services.secrets, tx.now(), subject, root)?,
        access_expires_at: tx.now() + token::LIFETIME,
        refresh_token,
        refresh_expires_at: row.expires_at,
    };
    Entity::insert(row.into_active_model().reset_all()).exec_without_returning(tx).await?;
    Ok(tokens)
}

/// What came of a refresh token; the refusals are committed too, because a replay must leave its mark.
enum Exchange {
    New(Subject, Tokens),
    Refused,
}

/// Exchanges a refresh token for new tokens. A token given out at a till works only there.
/// Error: `SESSION_EXPIRED` for one that is unknown, used, revoked, too old or of the other API.
pub async fn refresh(ctx: &Ctx, audience: Audience, refresh_token: &str) -> Result<(Subject, Tokens)> {
    let hash = &token_hash(refresh_token);
    let exchange = ctx.write(|tx| async move { exchange(&tx, audience, hash).await }).await?;
    match exchange {
        Exchange::New(subject, tokens) => Ok((subject, tokens)),
        Exchange::Refused => Err(expired()),
    }
}

fn expired() -> Error {
    Error::invalid(ErrorCode::SessionExpired, "refreshToken")
}

async fn exchange(tx: &Tx, audience: Audience, hash: &str) -> Result<Exchange> {
    let Some(seen) = by_hash(tx, hash).await? else { return Ok(Exchange::Refused) };
    // All uses of a chain's tokens pass one by one through its root.
    let root = RefreshTokenId(seen.family_id);
    let Some(root) = Entity::find_by_id(root).lock(LockType::Update).one(tx).await? else {
        return Ok(Exchange::Refused);
    };
    let Some(used) = by_hash(tx, hash).await? else { return Ok(Exchange::Refused) };
    let subject = subject_of(&used)?;
    let here = match subject {
        Subject::Staff { device_id: Some(device), .. } => {
            tx.ctx().actor.till().is_some_and(|till| till.device_id == device)
        }
        Subject::Staff { device_id: None, .. } | Subject::Customer(_) => true,
    };
    if subject.audience() != audience || !here || root.revoked_at.is_some() || used.revoked_at.is_some() {
        return Ok(Exchange::Refused);
    }
    if used.used_at.is_some() {
        revoke(tx, Condition::all().add(Column::FamilyId.eq(root.family_id))).await?;
        let event = NewEvent::new("session_replayed", "session", root.family_id).customer(used.customer_id);
        tx.event(event);
        return Ok(Exchange::Refused);
    }
    if used.expires_at <= tx.now() {
        return Ok(Exchange::Refused);
    }
    mark_used(tx, &used).await?;
    let tokens = issue(tx, subject, RefreshTokenId(tx.new_uuid()), root.id).await?;
    Ok(Exchange::New(subject, tokens))
}

async fn by_hash(db: &impl ConnectionTrait, hash: &str) -> Result<Option<Model>> {
    Ok(Entity::find().filter(Column::TokenHash.eq(hash)).one(db).await?)
}

async fn mark_used(tx: &Tx, used: &Model) -> Result<()> {
    let changed = Entity::update_many()
        .col_expr(Column::UsedAt, Expr::value(tx.now()))
        .filter(Column::Id.eq(used.id))
        .filter(Column::UsedAt.is_null())
        .exec(tx)
        .await?;
    if changed.rows_affected == 1 { Ok(()) } else { Err(Error::Bug("a locked chain changed".to_owned())) }
}

fn subject_of(row: &Model) -> Result<Subject> {
    match (row.customer_id, row.staff_id) {
        (Some(id), None) => Ok(Subject::Customer(id)),
        (None, Some(id)) => Ok(Subject::Staff { id, device_id: row.device_id }),
        _ => Err(Error::Bug("a session has one subject".to_owned())),
    }
}

/// Ends the session that a refresh token belongs to; an unknown token ends nothing, and the answer does not tell.
/// A token of the other API is left alone.
pub async fn sign_out(ctx: &Ctx, audience: Audience, refresh_token: &str) -> Result<()> {
    let hash = &token_hash(refresh_token);
    ctx.write(|tx| async move {
        let Some(row) = by_hash(&tx, hash).await? else { return Ok(()) };
        if subject_of(&row)?.audience() == audience {
            revoke(&tx, Condition::all().add(Column::FamilyId.eq(row.family_id))).await?;
            tx.event(NewEvent::new("session_ended", "session", row.family_id).customer(row.customer_id));
        }
        Ok(())
    })
    .await
}

/// Ends all sessions of a customer.
pub(crate) async fn end_of_customer(tx: &Tx, id: CustomerId) -> Result<()> {
    revoke(tx, Condition::all().add(Column::CustomerId.eq(id))).await
}

/// Ends all sessions of a member of staff.
pub(crate) async fn end_of_staff(tx: &Tx, id: StaffId) -> Result<()> {
    revoke(tx, Condition::all().add(Column::StaffId.eq(id))).await
}

/// Ends all sessions at a till.
pub(crate) async fn end_of_device(tx: &Tx, id: DeviceId) -> Result<()> {
    revoke(tx, Condition::all().add(Column::DeviceId.eq(id))).await
}

async fn revoke(tx: &Tx, which: Condition) -> Result<()> {
    refresh_token::Entity::update_many()
        .col_expr(Column::RevokedAt, Expr::value(tx.now()))
        .filter(which)
        .filter(Column::RevokedAt.is_null())
        .exec(tx)
        .await?;
    Ok(())
}
