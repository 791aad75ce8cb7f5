//! Inputs about staff, tills and keys.

use async_graphql::{ID, InputObject};
use chrono::{DateTime, Utc};
use domain::access::{CreateApiKey, RoleAt, UpsertRole, UpsertStaff};
use domain::{Permission, Result};

use crate::scalar::{Locale, parse_ids, parse_optional_id};
use crate::word::Word;

/// An address and a password.
#[derive(Clone, Debug, InputObject)]
pub struct StaffSignInInput {
    /// Sign-in address.
    pub email: String,
    /// Password.
    pub password: String,
}

/// An address and a PIN, at a till.
#[derive(Clone, Debug, InputObject)]
pub struct StaffPinSignInInput {
    /// Sign-in address.
    pub email: String,
    /// PIN of 4 to 8 digits.
    pub pin: String,
}

/// A refresh token.
#[derive(Clone, Debug, InputObject)]
pub struct RefreshTokenInput {
    /// The refresh token.
    pub refresh_token: String,
}

/// A register that gets a device.
#[derive(Clone, Debug, InputObject)]
pub struct DevicePairingCreateInput {
    /// The register.
    pub register_id: ID,
}

/// What a new till sends.
#[derive(Clone, Debug, InputObject)]
pub struct DevicePairInput {
    /// The code of `devicePairingCreate`, however spaced and in either case.
    pub code: String,
    /// Name for the device.
    pub name: String,
}

/// A till to give up.
#[derive(Clone, Debug, InputObject)]
pub struct DeviceRevokeInput {
    /// The device.
    pub device_id: ID,
}

/// A role at a place.
#[derive(Clone, Debug, InputObject)]
pub struct StaffRoleInput {
    /// Code of the role.
    pub role: String,
    /// Only at this location; everywhere when left out.
    pub location_id: Option<ID>,
    /// Only for this channel; for all when left out.
    pub channel_id: Option<ID>,
}

/// A person to add or change.
#[derive(Clone, Debug, InputObject)]
pub struct StaffUpsertInput {
    /// Whom to change; a new person when left out.
    pub id: Option<ID>,
    /// Sign-in address.
    pub email: String,
    /// Name shown to colleagues.
    pub name: String,
    /// Preferred language.
    pub locale: Locale,
    /// A new password, of 8 to 128 characters; kept when left out.
    pub password: Option<String>,
    /// A new PIN, of 4 to 8 digits; kept when left out.
    pub pin: Option<String>,
    /// Whether the person may sign in.
    #[graphql(default = true)]
    pub active: bool,
    /// All roles that the person shall have; kept when left out.
    pub roles: Option<Vec<StaffRoleInput>>,
    /// The version that the client knows.
    pub expected_version: Option<i32>,
}

impl StaffUpsertInput {
    /// For the domain. Error: `INVALID_ID`.
    pub(super) fn read(self) -> Result<UpsertStaff> {
        let role = |(index, role): (usize, StaffRoleInput)| -> Result<RoleAt> {
            Ok(RoleAt {
                code: role.role,
                location_id: parse_optional_id(role.location_id.as_ref(), &format!("input.roles.{index}.locationId"))?,
                channel_id: parse_optional_id(role.channel_id.as_ref(), &format!("input.roles.{index}.channelId"))?,
            })
        };
        Ok(UpsertStaff {
            id: parse_optional_id(self.id.as_ref(), "input.id")?,
            email: self.email,
            name: self.name,
            locale: self.locale.0,
            password: self.password,
            pin: self.pin,
            active: self.active,
            roles: self.roles.map(|roles| roles.into_iter().enumerate().map(role).collect()).transpose()?,
            expected_version: self.expected_version,
        })
    }
}

/// A role to make or change.
#[derive(Clone, Debug, InputObject)]
pub struct RoleUpsertInput {
    /// Stable name; tells which role it is.
    pub code: String,
    /// Name shown to staff.
    pub name: String,
    /// What it allows.
    pub permissions: Vec<Word<Permission>>,
    /// The version that the client knows.
    pub expected_version: Option<i32>,
}

impl From<RoleUpsertInput> for UpsertRole {
    fn from(input: RoleUpsertInput) -> Self {
        Self {
            code: input.code,
            name: input.name,
            permissions: names(&input.permissions),
            expected_version: input.expected_version,
        }
    }
}

/// A key to make.
#[derive(Clone, Debug, InputObject)]
pub struct ApiKeyCreateInput {
    /// What uses it.
    pub name: String,
    /// What it may do.
    pub permissions: Vec<Word<Permission>>,
    /// Only at these locations, at most 100; everywhere when left out or empty. A key for a logistics provider names
    /// the provider's locations.
    pub location_ids: Option<Vec<ID>>,
    /// Until when it works; for ever when left out.
    pub expires_at: Option<DateTime<Utc>>,
}

impl ApiKeyCreateInput {
    pub(super) fn read(self) -> Result<CreateApiKey> {
        Ok(CreateApiKey {
            name: self.name,
            permissions: names(&self.permissions),
            location_ids: parse_ids(&self.location_ids.unwrap_or_default(), "input.locationIds")?,
            expires_at: self.expires_at,
        })
    }
}

/// A key to revoke.
#[derive(Clone, Debug, InputObject)]
pub struct ApiKeyRevokeInput {
    /// The key.
    pub id: ID,
}

fn names(permissions: &[Word<Permission>]) -> Vec<String> {
    permissions.iter().map(|permission| permission.0.as_str().to_owned()).collect()
}
