//! The till at which an actor stands.

use sea_orm::ConnectionTrait;

use super::facts::Counter;
use crate::{Actor, Error, Result, access};

/// Reads where the actor's till sells; `None` away from tills. One statement at a till.
/// Error: `NOT_FOUND` for a till that is gone.
pub async fn of(db: &impl ConnectionTrait, actor: &Actor) -> Result<Option<Counter>> {
    let Some(till) = actor.till() else { return Ok(None) };
    let register = access::query::register(db, till.register_id).await?.ok_or(Error::not_found("register"))?;
    Ok(Some(Counter { channel_id: register.channel_id, location_id: register.location_id }))
}
