//! How messages and pages of a channel look.

use entity::channel_brand;
use entity::id::ChannelId;
use sea_orm::{ConnectionTrait, EntityTrait};

use crate::Result;

/// The look of a channel; `None` while nobody chose one.
pub async fn of(db: &impl ConnectionTrait, id: ChannelId) -> Result<Option<channel_brand::Model>> {
    Ok(channel_brand::Entity::find_by_id(id).one(db).await?)
}
