//! Tills: a short code pairs a device with a register, once.

use chrono::{DateTime, TimeDelta, Utc};
use entity::id::{DeviceId, DevicePairingId, RegisterId};
use entity::{device, device_pairing};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use serde_json::json;

use super::api_key::staff_id;
use super::throttle::{self, ADDRESS, Key};
use super::{query, session};
use crate::kernel::event::NewEvent;
use crate::kernel::secret::token_hash;
use crate::kernel::{Ctx, Error, ErrorCode, Permission, Result, Tx, text};

/// How long a pairing code works.
const CODE_LIFETIME: TimeDelta = TimeDelta::minutes(15);
/// Characters of a pairing code: 39 bits, guessed at most 100 times in 15 minutes from one network.
const CODE_LENGTH: usize = 8;

/// A code to type into a new till. `Debug` does not show it.
#[derive(Clone)]
pub struct NewPairing {
    /// The code; shown this once.
    pub code: String,
    /// Until when it works.
    pub expires_at: DateTime<Utc>,
    /// For which register.
    pub register_id: RegisterId,
}

impl std::fmt::Debug for NewPairing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewPairing").field("register_id", &self.register_id).finish_non_exhaustive()
    }
}

/// What a new till sends. `Debug` does not show the code.
#[derive(Clone)]
pub struct PairDevice {
    /// The code, however spaced and in either case.
    pub code: String,
    /// Name for the device.
    pub name: String,
}

impl std::fmt::Debug for PairDevice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PairDevice").field("name", &self.name).finish_non_exhaustive()
    }
}

/// A paired till; the secret is shown this once. `Debug` does not show it.
#[derive(Clone)]
pub struct PairedDevice {
    /// Its row.
    pub device: device::Model,
    /// For `X-Device-Token`.
    pub secret: String,
}

impl std::fmt::Debug for PairedDevice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PairedDevice").field("device", &self.device.id).finish_non_exhaustive()
    }
}

/// Makes a code that pairs one device with a register within 15 minutes. Errors: `NOT_FOUND` for a register that is
/// missing, inactive or at a location where the actor may not change devices.
pub async fn create_pairing(ctx: &Ctx, register_id: RegisterId) -> Result<NewPairing> {
    let scope = ctx.require(Permission::StaffWrite)?;
    let register = query::register(&ctx.db(), register_id).await?;
    let allowed = |register: &entity::register::Model| register.active && scope.allows_location(register.location_id);
    register.filter(allowed).ok_or(Error::not_found("register"))?;
    let code = ctx.services.random.readable_code(CODE_LENGTH);
    let hash = &code_hash(ctx, &code);
    let expires_at = ctx
        .write(|tx| async move {
            let row = device_pairing::Model {
                id: DevicePairingId(tx.new_uuid()),
                register_id,
                code_hash: hash.clone(),
                created_by: staff_id(&tx.ctx().actor),
                created_at: tx.now(),
                expires_at: tx.now() + CODE_LIFETIME,
                used_at: None,
            };
            let expires_at = row.expires_at;
            device_pairing::Entity::insert(row.into_active_model().reset_all()).exec_without_returning(&tx).await?;
            tx.event(NewEvent::new("device_pairing_created", "register", register_id.uuid()));
            Ok(expires_at)
        })
        .await?;
    Ok(NewPairing { code, expires_at, register_id })
}

fn code_hash(ctx: &Ctx, code: &str) -> String {
    ctx.services.secrets.code_hash("device-pairing", &text::fold_code(code))
}

/// Pairs a device: the code is used up and the device gets its secret. Errors: `INVALID_CODE` for one that is wrong,
/// used or too old; `THROTTLED` per network address.
pub async fn pair_device(ctx: &Ctx, input: PairDevice) -> Result<PairedDevice> {
    let name = text::required_line("name", &input.name, text::LINE)?;
    if input.code.len() > 100 {
        return Err(Error::invalid(ErrorCode::InvalidCode, "code"));
    }
    let address = ctx.ip.map_or_else(|| "unknown".to_owned(), |ip| ip.to_string());
    let attempt = throttle::begin(ctx, vec![Key::new(ctx, "pairing", &address, ADDRESS)]).await?;
    let secret = ctx.services.random.token();
    let (name, code, hash, attempt) = (&name, &code_hash(ctx, &input.code), &token_hash(&secret), &attempt);
    let paired = ctx
        .write(|tx| async move {
            let Some(register_id) = use_code(&tx, code).await? else { return Ok(None) };
            throttle::succeeded(&tx, attempt).await?;
            let row = device::Model {
                id: DeviceId(tx.new_uuid()),
                name: name.clone(),
                register_id,
                secret_hash: hash.clone(),
                paired_at: tx.now(),
                last_seen_at: None,
                revoked_at: None,
            };
            device::Entity::insert(row.clone().into_active_model().reset_all()).exec_without_returning(&tx).await?;
            let payload = json!({ "register_id": register_id });
            tx.event(NewEvent::new("device_paired", "device", row.id.uuid()).payload(payload));
            Ok(Some(row))
        })
        .await?;
    let Some(device) = paired else {
        throttle::failed(ctx, attempt).await?;
        return Err(Error::invalid(ErrorCode::InvalidCode, "code"));
    };
    Ok(PairedDevice { device, secret })
}

/// Uses a code up, if it still works; of two devices one wins.
async fn use_code(tx: &Tx, hash: &str) -> Result<Option<RegisterId>> {
    use device_pairing::Column;
    let used = device_pairing::Entity::update_many()
        .col_expr(Column::UsedAt, Expr::value(tx.now()))
        .filter(Column::CodeHash.eq(hash))
        .filter(Column::UsedAt.is_null())
        .filter(Column::ExpiresAt.gt(tx.now()))
        .exec(tx)
        .await?;
    if used.rows_affected == 0 {
        return Ok(None);
    }
    let pairing = device_pairing::Entity::find().filter(Column::CodeHash.eq(hash)).one(tx).await?;
    Ok(pairing.map(|pairing| pairing.register_id))
}

/// Gives a till up: its secret and all sessions on it are refused from the next request on. Doing it twice changes
/// nothing. Error: `NOT_FOUND`, also where the actor may not change devices.
pub async fn revoke_device(ctx: &Ctx, id: DeviceId) -> Result<device::Model> {
    let scope = ctx.require(Permission::StaffWrite)?;
    let db = ctx.db();
    let found = query::device_by_id(&db, id).await?.ok_or(Error::not_found("device"))?;
    let register = query::register(&db, found.register_id).await?;
    register.filter(|register| scope.allows_location(register.location_id)).ok_or(Error::not_found("device"))?;
    ctx.write(|tx| async move {
        let changed = device::Entity::update_many()
            .col_expr(device::Column::RevokedAt, Expr::value(tx.now()))
            .filter(device::Column::Id.eq(id))
            .filter(device::Column::RevokedAt.is_null())
            .exec(&tx)
            .await?;
        if changed.rows_affected == 1 {
            session::end_of_device(&tx, id).await?;
            tx.event(NewEvent::new("device_revoked", "device", id.uuid()));
        }
        query::device_by_id(&tx, id).await?.ok_or(Error::not_found("device"))
    })
    .await
}
