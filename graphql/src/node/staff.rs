//! Staff, roles, tills and API keys.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use async_graphql::{Context, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::access::query;
use domain::{Error, Permission, Result};
use entity::id::{DeviceId, StaffId};
use entity::{api_key, device, role, staff, staff_role};

use crate::connection;
use crate::loader::{self, Rows};
use crate::scalar::{Locale, id};
use crate::word::{Word, words};

/// A member of staff.
#[derive(Clone, Debug)]
pub struct Staff(pub staff::Model);

impl From<staff::Model> for Staff {
    fn from(row: staff::Model) -> Self {
        Self(row)
    }
}

connection!(StaffConnection, StaffEdge, Staff, "members of staff");

/// A role of a person, maybe only at one place.
#[derive(Clone, Debug, SimpleObject)]
pub struct StaffRole {
    /// Code of the role.
    pub role: String,
    /// Only at this location; null for all.
    pub location_id: Option<ID>,
    /// Only for this channel; null for all.
    pub channel_id: Option<ID>,
}

/// A person who works for the retailer.
#[Object]
impl Staff {
    /// Id.
    pub async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// Sign-in address.
    async fn email(&self) -> &str {
        &self.0.email
    }

    /// Name shown to colleagues.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Preferred language.
    async fn locale(&self) -> Locale {
        Locale(self.0.locale.clone())
    }

    /// Whether the person may sign in.
    async fn active(&self) -> bool {
        self.0.active
    }

    /// Whether a PIN for tills is set.
    async fn has_pin(&self) -> bool {
        self.0.pin_hash.is_some()
    }

    /// Roles and where they hold.
    async fn roles(&self, ctx: &Context<'_>) -> Result<Vec<StaffRole>> {
        let rows = loader::load(ctx, RolesOf(self.0.id)).await?.unwrap_or_default();
        let show = |(at, role): (staff_role::Model, role::Model)| StaffRole {
            role: role.code,
            location_id: at.location_id.map(id),
            channel_id: at.channel_id.map(id),
        };
        Ok(rows.into_iter().map(show).collect())
    }

    /// Grows with each change.
    async fn version(&self) -> i32 {
        self.0.version
    }
}

/// The roles of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RolesOf(pub StaffId);

impl Loader<RolesOf> for Rows {
    type Value = Vec<(staff_role::Model, role::Model)>;
    type Error = Error;

    async fn load(&self, keys: &[RolesOf]) -> Result<HashMap<RolesOf, Self::Value>> {
        let ids: Vec<StaffId> = keys.iter().map(|key| key.0).collect();
        let mut found: HashMap<RolesOf, Self::Value> = HashMap::new();
        for (at, role) in query::roles_of(&self.ctx.db(), &ids).await? {
            if let Some(role) = role {
                found.entry(RolesOf(at.staff_id)).or_default().push((at, role));
            }
        }
        Ok(found)
    }
}

/// A role.
#[derive(Clone, Debug)]
pub struct Role(pub role::Model);

impl From<role::Model> for Role {
    fn from(row: role::Model) -> Self {
        Self(row)
    }
}

/// A named set of permissions.
#[Object]
impl Role {
    /// Id.
    async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// Stable name.
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// Name shown to staff.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What it allows.
    async fn permissions(&self) -> Vec<Word<Permission>> {
        words(query::permissions_of(&self.0.permissions))
    }

    /// Grows with each change.
    async fn version(&self) -> i32 {
        self.0.version
    }
}

/// A paired till.
#[derive(Clone, Debug)]
pub struct Device(pub device::Model);

impl From<device::Model> for Device {
    fn from(row: device::Model) -> Self {
        Self(row)
    }
}

connection!(DeviceConnection, DeviceEdge, Device, "paired tills");

/// A paired till.
#[Object]
impl Device {
    /// Id.
    pub async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// Name shown to staff.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The register it is.
    async fn register_id(&self) -> ID {
        id(self.0.register_id)
    }

    /// When it was paired.
    async fn paired_at(&self) -> DateTime<Utc> {
        self.0.paired_at
    }

    /// Its last request, to the hour.
    async fn last_seen_at(&self) -> Option<DateTime<Utc>> {
        self.0.last_seen_at
    }

    /// Since when it is refused; null while it works.
    async fn revoked_at(&self) -> Option<DateTime<Utc>> {
        self.0.revoked_at
    }
}

/// An API key, without its secret.
#[derive(Clone, Debug)]
pub struct ApiKey(pub api_key::Model);

impl From<api_key::Model> for ApiKey {
    fn from(row: api_key::Model) -> Self {
        Self(row)
    }
}

connection!(ApiKeyConnection, ApiKeyEdge, ApiKey, "API keys");

/// A key by which an app calls the staff API.
#[Object]
impl ApiKey {
    /// Id.
    async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// What uses it.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// First characters, to recognize it.
    async fn prefix(&self) -> &str {
        &self.0.prefix
    }

    /// What it may do.
    async fn permissions(&self) -> Vec<Word<Permission>> {
        words(query::permissions_of(&self.0.permissions))
    }

    /// Ids of the locations that it is limited to; null is everywhere.
    async fn location_ids(&self) -> Option<Vec<ID>> {
        domain::access::locations_of(&self.0.location_ids).map(|places| places.into_iter().map(id).collect())
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// Until when it works; null for no end.
    async fn expires_at(&self) -> Option<DateTime<Utc>> {
        self.0.expires_at
    }

    /// Its last request, to the hour.
    async fn last_used_at(&self) -> Option<DateTime<Utc>> {
        self.0.last_used_at
    }

    /// Since when it is refused; null while it works.
    async fn revoked_at(&self) -> Option<DateTime<Utc>> {
        self.0.revoked_at
    }
}

/// A member of staff whom the viewer may read.
impl Loader<StaffId> for Rows {
    type Value = staff::Model;
    type Error = Error;

    async fn load(&self, keys: &[StaffId]) -> Result<HashMap<StaffId, Self::Value>> {
        Ok(query::readable_staff(&self.ctx, keys).await?.into_iter().map(|row| (row.id, row)).collect())
    }
}

/// A paired till that the viewer may read.
impl Loader<DeviceId> for Rows {
    type Value = device::Model;
    type Error = Error;

    async fn load(&self, keys: &[DeviceId]) -> Result<HashMap<DeviceId, Self::Value>> {
        Ok(query::readable_devices(&self.ctx, keys).await?.into_iter().map(|row| (row.id, row)).collect())
    }
}
