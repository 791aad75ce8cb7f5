//! API keys: how apps call the staff API.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use entity::api_key::{self, Column, Entity};
use entity::id::{ApiKeyId, LocationId, StaffId};
use entity::location;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter};
use serde_json::json;

use super::authenticate::API_KEY_PREFIX;
use super::grant;
use crate::kernel::event::NewEvent;
use crate::kernel::secret::token_hash;
use crate::kernel::{Actor, Ctx, Error, ErrorCode, Result, Tx, text};

/// Most locations of one key.
const MAX_LOCATIONS: usize = 100;

/// A key to make.
#[derive(Debug, Clone)]
pub struct CreateApiKey {
    /// What uses it.
    pub name: String,
    /// Names of what it may do.
    pub permissions: Vec<String>,
    /// Only at these locations; everywhere when empty.
    pub location_ids: Vec<LocationId>,
    /// Until when it works.
    pub expires_at: Option<DateTime<Utc>>,
}

/// A new key; the secret is shown this once. `Debug` does not show it.
#[derive(Clone)]
pub struct NewApiKey {
    /// Its row.
    pub api_key: api_key::Model,
    /// For `Authorization: Bearer`.
    pub secret: String,
}

impl std::fmt::Debug for NewApiKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewApiKey").field("api_key", &self.api_key.id).finish_non_exhaustive()
    }
}

/// Makes a key. Errors: `FORBIDDEN` for permissions that the actor does not hold everywhere, `REQUIRED`, `INVALID`,
/// `INVALID_DATE` for an end that is past, `TOO_MANY` locations, `NOT_FOUND` for one that does not exist.
pub async fn create_api_key(ctx: &Ctx, input: CreateApiKey) -> Result<NewApiKey> {
    grant::require_everywhere(ctx)?;
    let name = text::required_line("name", &input.name, text::LINE)?;
    let permissions = grant::parse("permissions", &input.permissions)?;
    if permissions.is_empty() {
        return Err(Error::invalid(ErrorCode::Required, "permissions"));
    }
    if input.expires_at.is_some_and(|until| until <= ctx.now()) {
        return Err(Error::invalid(ErrorCode::InvalidDate, "expiresAt"));
    }
    grant::require_holds(ctx, &permissions, None, None)?;
    let locations: BTreeSet<LocationId> = input.location_ids.iter().copied().collect();
    if locations.len() > MAX_LOCATIONS {
        return Err(Error::invalid_with(ErrorCode::TooMany, "locationIds", vec![("max", MAX_LOCATIONS.to_string())]));
    }
    let locations = &locations;
    let secret = format!("{API_KEY_PREFIX}{}", ctx.services.random.token());
    let (name, permissions, hash) = (&name, &permissions, &token_hash(&secret));
    let prefix: &String = &secret.chars().take(API_KEY_PREFIX.len() + 6).collect();
    let api_key = ctx
        .write(|tx| async move {
            check_locations(&tx, locations).await?;
            let row = api_key::Model {
                id: ApiKeyId(tx.new_uuid()),
                name: name.clone(),
                prefix: prefix.clone(),
                token_hash: hash.clone(),
                permissions: grant::stored(permissions),
                created_by: staff_id(&tx.ctx().actor),
                created_at: tx.now(),
                expires_at: input.expires_at,
                last_used_at: None,
                revoked_at: None,
                location_ids: locations.iter().map(ToString::to_string).collect::<Vec<_>>().into(),
            };
            Entity::insert(row.clone().into_active_model().reset_all()).exec_without_returning(&tx).await?;
            let payload =
                json!({ "prefix": row.prefix, "permissions": row.permissions, "location_ids": row.location_ids });
            tx.event(NewEvent::new("api_key_created", "api_key", row.id.uuid()).payload(payload));
            Ok(row)
        })
        .await?;
    Ok(NewApiKey { api_key, secret })
}

async fn check_locations(tx: &Tx, ids: &BTreeSet<LocationId>) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let found = location::Entity::find().filter(location::Column::Id.is_in(ids.iter().copied())).count(tx).await?;
    if usize::try_from(found).is_ok_and(|found| found == ids.len()) {
        Ok(())
    } else {
        Err(Error::not_found("location"))
    }
}

/// The locations that a key is limited to, as its row keeps them; `None` is everywhere. What cannot be read opens no
/// place.
#[must_use]
pub fn locations_of(stored: &serde_json::Value) -> Option<BTreeSet<LocationId>> {
    let list = stored.as_array().map(Vec::as_slice).unwrap_or_default();
    if stored.is_array() && list.is_empty() {
        return None;
    }
    Some(list.iter().filter_map(|id| id.as_str()?.parse().ok()).collect())
}

/// Revokes a key; it is refused from the next request on. Doing it twice changes nothing. Error: `NOT_FOUND`.
pub async fn revoke_api_key(ctx: &Ctx, id: ApiKeyId) -> Result<api_key::Model> {
    grant::require_everywhere(ctx)?;
    ctx.write(|tx| async move {
        let changed = Entity::update_many()
            .col_expr(Column::RevokedAt, Expr::value(tx.now()))
            .filter(Column::Id.eq(id))
            .filter(Column::RevokedAt.is_null())
            .exec(&tx)
            .await?;
        if changed.rows_affected == 1 {
            tx.event(NewEvent::new("api_key_revoked", "api_key", id.uuid()));
        }
        Entity::find_by_id(id).one(&tx).await?.ok_or(Error::not_found("api_key"))
    })
    .await
}

/// The member of staff who acts, if one does.
pub(crate) fn staff_id(actor: &Actor) -> Option<StaffId> {
    match actor {
        Actor::Staff { id, .. } => Some(*id),
        Actor::System | Actor::Guest { .. } | Actor::Customer { .. } | Actor::Device(_) | Actor::App { .. } => None,
    }
}
