//! Nobody hands out what they do not hold.

use std::collections::BTreeSet;

use entity::id::{ChannelId, LocationId};

use crate::kernel::{Actor, Ctx, Error, ErrorCode, Permission, Result};

/// Reads permission names. Error: `INVALID` at `path` for a name that does not exist.
pub(crate) fn parse(path: &str, names: &[String]) -> Result<BTreeSet<Permission>> {
    names
        .iter()
        .enumerate()
        .map(|(index, name)| {
            Permission::parse(name).ok_or_else(|| Error::invalid(ErrorCode::Invalid, format!("{path}.{index}")))
        })
        .collect()
}

/// Permissions as rows keep them.
pub(crate) fn stored(permissions: &BTreeSet<Permission>) -> serde_json::Value {
    permissions.iter().map(|permission| permission.as_str()).collect::<Vec<_>>().into()
}

/// Requires `staff.write` everywhere: roles and accounts are the same at all places. Errors: `UNAUTHENTICATED`,
/// `FORBIDDEN`.
pub(crate) fn require_everywhere(ctx: &Ctx) -> Result<()> {
    ctx.require_everywhere(Permission::StaffWrite)
}

/// Requires that the actor holds all of these at the place where they are given out. Error: `FORBIDDEN`.
pub(crate) fn require_holds(
    ctx: &Ctx,
    permissions: &BTreeSet<Permission>,
    location: Option<LocationId>,
    channel: Option<ChannelId>,
) -> Result<()> {
    for permission in permissions {
        if !holds(ctx, *permission, location, channel)? {
            return Err(Error::Forbidden { permission: permission.as_str() });
        }
    }
    Ok(())
}

/// Whether one single grant of the actor covers the permission at the place; `None` means everywhere.
fn holds(ctx: &Ctx, permission: Permission, location: Option<LocationId>, channel: Option<ChannelId>) -> Result<bool> {
    ctx.require(permission)?;
    let grants = match &ctx.actor {
        Actor::Staff { grants, .. } | Actor::App { grants, .. } => grants,
        Actor::System => return Ok(true),
        Actor::Guest { .. } | Actor::Customer { .. } | Actor::Device(_) => return Ok(false),
    };
    Ok(grants.iter().any(|grant| {
        grant.permissions.contains(&permission)
            && (grant.location_id.is_none() || grant.location_id == location)
            && (grant.channel_id.is_none() || grant.channel_id == channel)
    }))
}
