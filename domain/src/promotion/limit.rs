//! How much staff of a channel give by hand without another person.

use entity::channel::{self, Model};
use entity::id::ChannelId;
use sea_orm::sea_query::LockType;
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, QuerySelect};
use serde_json::json;

use crate::kernel::event::NewEvent;
use crate::kernel::{revision, version};
use crate::{Ctx, Error, ErrorCode, Permission, Result};

/// Sets the most that staff take off by hand without another person's approval, in parts per million of the price: 0
/// asks always, 1,000,000 never. Errors: `FORBIDDEN` without `places.write`, `NOT_FOUND`, `STALE_VERSION`,
/// `INVALID_AMOUNT`.
pub async fn set_discount_limit(
    ctx: &Ctx,
    id: ChannelId,
    expected_version: Option<i32>,
    limit_ppm: i32,
) -> Result<Model> {
    let scope = ctx.require(Permission::PlacesWrite)?;
    if !(0..=1_000_000).contains(&limit_ppm) {
        return Err(Error::invalid(ErrorCode::InvalidAmount, "limitPpm"));
    }
    if !scope.covers_channel(Some(id)) {
        return Err(Error::not_found("channel"));
    }
    let written = ctx
        .write(|tx| async move {
            let tx = &tx;
            let found = channel::Entity::find_by_id(id).lock(LockType::NoKeyUpdate).one(tx).await?;
            let old = found.ok_or(Error::not_found("channel"))?;
            version::check(expected_version, old.version)?;
            if old.discount_limit_ppm == limit_ppm {
                return Ok(old);
            }
            let (version, updated_at) = (old.version + 1, tx.now());
            let row = Model { discount_limit_ppm: limit_ppm, version, updated_at, ..old };
            row.clone().into_active_model().reset_all().update(tx).await?;
            let payload = json!({ "code": row.code, "version": row.version, "discount_limit_ppm": limit_ppm });
            tx.event(NewEvent::new("channel_updated", "channel", id.uuid()).payload(payload));
            revision::bump(tx).await?;
            Ok(row)
        })
        .await;
    revision::committed_here();
    written
}
