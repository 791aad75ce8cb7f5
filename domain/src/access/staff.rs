//! Staff accounts: who, with which roles, where.

use entity::id::{ChannelId, LocationId, RoleId, StaffId, StaffRoleId};
use entity::staff::{self, Column, Entity};
use entity::{role, staff_role};
use sea_orm::sea_query::LockType;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QuerySelect};
use serde_json::json;

use super::{grant, password, query, role as roles, session};
use crate::kernel::event::NewEvent;
use crate::kernel::language::is_locale;
use crate::kernel::{Actor, Ctx, Error, ErrorCode, Result, Tx, email, text, version};

/// Most roles of one person.
const MAX_ROLES: usize = 50;

/// A role at a place.
#[derive(Debug, Clone)]
pub struct RoleAt {
    /// Code of the role.
    pub code: String,
    /// Only at this location.
    pub location_id: Option<LocationId>,
    /// Only for this channel.
    pub channel_id: Option<ChannelId>,
}

/// A person to add or change.
#[derive(Clone)]
pub struct UpsertStaff {
    /// Whom to change; a new person when `None`.
    pub id: Option<StaffId>,
    /// Sign-in address.
    pub email: String,
    /// Name shown to colleagues.
    pub name: String,
    /// Preferred language (BCP 47).
    pub locale: String,
    /// A new password; kept when `None`.
    pub password: Option<String>,
    /// A new PIN for tills; kept when `None`.
    pub pin: Option<String>,
    /// Whether the person may sign in.
    pub active: bool,
    /// All roles the person shall have; kept when `None`.
    pub roles: Option<Vec<RoleAt>>,
    /// The version the client knows.
    pub expected_version: Option<i32>,
}

impl std::fmt::Debug for UpsertStaff {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UpsertStaff").field("id", &self.id).finish_non_exhaustive()
    }
}

/// The first administrator.
#[derive(Clone)]
pub struct CreateAdmin {
    /// Sign-in address.
    pub email: String,
    /// Name shown to colleagues.
    pub name: String,
    /// Password.
    pub password: String,
}

impl std::fmt::Debug for CreateAdmin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CreateAdmin")
    }
}

/// What is checked and hashed before the transaction.
struct Checked {
    email: String,
    name: String,
    locale: String,
    password_hash: Option<String>,
    pin_hash: Option<String>,
    input: UpsertStaff,
}

/// Adds an administrator from the command line, with the built-in roles. Errors: `FORBIDDEN` for anybody but the
/// system, `ALREADY_EXISTS`, `INVALID_EMAIL`, `WEAK_PASSWORD`.
pub async fn create_admin(ctx: &Ctx, input: CreateAdmin) -> Result<staff::Model> {
    if !matches!(ctx.actor, Actor::System) {
        return Err(Error::Forbidden { permission: "system" });
    }
    let role = RoleAt { code: roles::ADMIN.to_owned(), location_id: None, channel_id: None };
    let checked = &check(
        ctx,
        UpsertStaff {
            id: None,
            email: input.email,
            name: input.name,
            locale: ctx.locale.to_string(),
            password: Some(input.password),
            pin: None,
            active: true,
            roles: Some(vec![role]),
            expected_version: None,
        },
    )
    .await?;
    ctx.write(|tx| async move {
        roles::seed(&tx).await?;
        save(&tx, checked).await
    })
    .await
}

/// Adds or changes a person. A new password or PIN, and being deactivated, end the person's sessions.
/// Errors: `FORBIDDEN` for roles that give more than the actor holds, `ALREADY_EXISTS` for the address, `NOT_FOUND`,
/// `STALE_VERSION`, `IN_USE` when no active administrator would be left, `WEAK_PASSWORD`, `INVALID_EMAIL`.
pub async fn upsert_staff(ctx: &Ctx, input: UpsertStaff) -> Result<staff::Model> {
    grant::require_everywhere(ctx)?;
    let checked = &check(ctx, input).await?;
    ctx.write(|tx| async move { save(&tx, checked).await }).await
}

async fn check(ctx: &Ctx, input: UpsertStaff) -> Result<Checked> {
    let email = email::normalize("email", &input.email)?;
    let name = text::required_line("name", &input.name, text::LINE)?;
    let locale = input.locale.trim().to_owned();
    if !is_locale(&locale) {
        return Err(Error::invalid(ErrorCode::InvalidLocale, "locale"));
    }
    if input.roles.as_ref().is_some_and(|roles| roles.len() > MAX_ROLES) {
        return Err(Error::invalid_with(ErrorCode::TooMany, "roles", vec![("max", MAX_ROLES.to_string())]));
    }
    for (index, role) in input.roles.iter().flatten().enumerate() {
        text::required_line(&format!("roles.{index}.role"), &role.code, 50)?;
    }
    let password_hash = match &input.password {
        Some(new) => Some(password::hash(ctx, &password::checked(ctx, "password", new)?).await?),
        None => None,
    };
    let pin_hash = match &input.pin {
        Some(new) => Some(password::hash(ctx, &password::checked_pin("pin", new)?).await?),
        None => None,
    };
    Ok(Checked { email, name, locale, password_hash, pin_hash, input })
}

async fn save(tx: &Tx, checked: &Checked) -> Result<staff::Model> {
    let saved = match checked.input.id {
        None => insert(tx, checked).await?,
        Some(id) => change(tx, id, checked).await?,
    };
    if let Some(wanted) = &checked.input.roles {
        set_roles(tx, saved.id, wanted).await?;
    }
    if checked.input.id.is_some() {
        require_an_admin(tx).await?;
    }
    Ok(saved)
}

async fn insert(tx: &Tx, checked: &Checked) -> Result<staff::Model> {
    version::check(checked.input.expected_version, 0)?;
    let row = staff::Model {
        id: StaffId(tx.new_uuid()),
        email: checked.email.clone(),
        name: checked.name.clone(),
        locale: checked.locale.clone(),
        password_hash: checked.password_hash.clone(),
        pin_hash: checked.pin_hash.clone(),
        active: checked.input.active,
        version: 1,
        created_at: tx.now(),
        updated_at: tx.now(),
    };
    Entity::insert(row.clone().into_active_model().reset_all()).exec_without_returning(tx).await?;
    tx.event(NewEvent::new("staff_created", "staff", row.id.uuid()));
    Ok(row)
}

async fn change(tx: &Tx, id: StaffId, checked: &Checked) -> Result<staff::Model> {
    let row = Entity::find_by_id(id).lock(LockType::Update).one(tx).await?.ok_or(Error::not_found("staff"))?;
    version::check(checked.input.expected_version, row.version)?;
    // Whoever changes another's password can become that person, so they must hold all of it.
    for (at, role) in query::roles_of(tx, &[id]).await? {
        if let Some(role) = role {
            grant::require_holds(tx.ctx(), &query::permissions_of(&role.permissions), at.location_id, at.channel_id)?;
        }
    }
    let new_secret = checked.password_hash.is_some() || checked.pin_hash.is_some();
    if new_secret || !checked.input.active {
        session::end_of_staff(tx, id).await?;
    }
    let changed = staff::Model {
        email: checked.email.clone(),
        name: checked.name.clone(),
        locale: checked.locale.clone(),
        password_hash: checked.password_hash.clone().or(row.password_hash),
        pin_hash: checked.pin_hash.clone().or(row.pin_hash),
        active: checked.input.active,
        version: row.version + 1,
        updated_at: tx.now(),
        ..row
    };
    Entity::update(changed.clone().into_active_model().reset_all()).exec(tx).await?;
    let payload = json!({ "active": changed.active, "new_secret": new_secret });
    tx.event(NewEvent::new("staff_changed", "staff", id.uuid()).payload(payload));
    Ok(changed)
}

async fn set_roles(tx: &Tx, id: StaffId, wanted: &[RoleAt]) -> Result<()> {
    let known = role::Entity::find()
        .filter(role::Column::Code.is_in(wanted.iter().map(|role| role.code.as_str())))
        .all(tx)
        .await?;
    let mut rows = Vec::with_capacity(wanted.len());
    for (index, at) in wanted.iter().enumerate() {
        let unknown = || Error::invalid(ErrorCode::Invalid, format!("roles.{index}.role"));
        let role = known.iter().find(|role| role.code == at.code).ok_or_else(unknown)?;
        grant::require_holds(tx.ctx(), &query::permissions_of(&role.permissions), at.location_id, at.channel_id)?;
        rows.push(staff_role::Model {
            id: StaffRoleId(tx.new_uuid()),
            staff_id: id,
            role_id: role.id,
            location_id: at.location_id,
            channel_id: at.channel_id,
        });
    }
    staff_role::Entity::delete_many().filter(staff_role::Column::StaffId.eq(id)).exec(tx).await?;
    if !rows.is_empty() {
        let rows = rows.into_iter().map(|row| row.into_active_model().reset_all());
        staff_role::Entity::insert_many(rows).exec_without_returning(tx).await?;
    }
    let payload = json!({ "roles": wanted.iter().map(|at| json!({ "role": at.code, "location_id": at.location_id,
        "channel_id": at.channel_id })).collect::<Vec<_>>() });
    tx.event(NewEvent::new("staff_roles_set", "staff", id.uuid()).payload(payload));
    Ok(())
}

/// Somebody must be able to let others in again.
async fn require_an_admin(tx: &Tx) -> Result<()> {
    // The lock on the role makes two people who deactivate each other take turns.
    let admin: Option<RoleId> = roles::by_code(tx, roles::ADMIN).await?.map(|role| role.id);
    let Some(admin) = admin else { return Ok(()) };
    let left = staff_role::Entity::find()
        .inner_join(Entity)
        .filter(staff_role::Column::RoleId.eq(admin))
        .filter(staff_role::Column::LocationId.is_null())
        .filter(staff_role::Column::ChannelId.is_null())
        .filter(Column::Active.eq(true))
        .count(tx)
        .await?;
    if left == 0 { Err(Error::invalid(ErrorCode::InUse, "roles")) } else { Ok(()) }
}
