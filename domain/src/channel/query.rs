//! Reads of channels.

use std::collections::BTreeSet;

use entity::channel::{Column, Entity, Model};
use entity::id::{ChannelId, LocationId};
use entity::words::ChannelKind;
use entity::{channel_location, location};
use sea_orm::sea_query::ExprTrait as _;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};

use crate::kernel::paging::{Cursor, Page, PageRequest, newest_first};
use crate::kernel::{Actor, Tx};
use crate::{Error, Result};

/// The channel of an id.
pub async fn by_id(db: &impl ConnectionTrait, id: ChannelId) -> Result<Option<Model>> {
    Ok(Entity::find_by_id(id).one(db).await?)
}

/// The channel of an id. Error: `NOT_FOUND`.
pub async fn get(db: &impl ConnectionTrait, id: ChannelId) -> Result<Model> {
    by_id(db, id).await?.ok_or(Error::not_found("channel"))
}

/// The channels of some ids, in no order; missing ones are left out.
pub async fn by_ids(db: &impl ConnectionTrait, ids: &[ChannelId]) -> Result<Vec<Model>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(Entity::find().filter(Column::Id.is_in(ids.iter().copied())).all(db).await?)
}

/// The channel of a code, as `X-Channel` names it.
pub async fn by_code(db: &impl ConnectionTrait, code: &str) -> Result<Option<Model>> {
    Ok(Entity::find().filter(Column::Code.eq(code)).one(db).await?)
}

/// The channel in which a customer or guest acts, as the request names it. `None` when it names none, or one that is closed
/// or a marketplace: that is no shop of ours. Whoever else acts, acts in the name of no shop. One statement; none where
/// nothing is named.
pub(crate) async fn acted_in(tx: &Tx) -> Result<Option<ChannelId>> {
    let ctx = tx.ctx();
    match ctx.actor {
        Actor::Guest { .. } | Actor::Customer { .. } => {}
        Actor::System | Actor::Staff { .. } | Actor::Device(_) | Actor::App { .. } => return Ok(None),
    }
    let Some(code) = ctx.channel.as_deref() else { return Ok(None) };
    let found = by_code(tx, code).await?;
    Ok(found.filter(|channel| channel.active && channel.kind != ChannelKind::Marketplace).map(|channel| channel.id))
}

/// The channel of a request that names none: the oldest active online channel.
pub async fn default_online(db: &impl ConnectionTrait) -> Result<Option<Model>> {
    let online = Column::Kind.eq(ChannelKind::Online).and(Column::Active.eq(true));
    Ok(Entity::find().filter(online).order_by_asc(Column::Id).one(db).await?)
}

/// All channels, oldest first.
pub async fn list(db: &impl ConnectionTrait) -> Result<Vec<Model>> {
    Ok(Entity::find().order_by_asc(Column::Id).all(db).await?)
}

/// Channels newest first, only those of `scope` when it is limited.
pub async fn page(
    db: &impl ConnectionTrait,
    scope: Option<&BTreeSet<ChannelId>>,
    request: &PageRequest,
) -> Result<Page<Model>> {
    let rows = newest_first(within(scope), Column::Id, request).all(db).await?;
    Ok(Page::from_rows(request, rows, |row| Cursor::of(row.id.uuid())))
}

/// How many channels [`page`] walks through.
pub async fn count(db: &impl ConnectionTrait, scope: Option<&BTreeSet<ChannelId>>) -> Result<u64> {
    Ok(within(scope).count(db).await?)
}

fn within(scope: Option<&BTreeSet<ChannelId>>) -> sea_orm::Select<Entity> {
    match scope {
        Some(ids) => Entity::find().filter(Column::Id.is_in(ids.iter().copied())),
        None => Entity::find(),
    }
}

/// The active locations that serve a channel with their priority: smaller serves first, then the older location.
pub async fn locations(db: &impl ConnectionTrait, channel_id: ChannelId) -> Result<Vec<(location::Model, i32)>> {
    let rows = channel_location::Entity::find()
        .find_also_related(location::Entity)
        .filter(channel_location::Column::ChannelId.eq(channel_id))
        .filter(location::Column::Active.eq(true))
        .order_by_asc(channel_location::Column::Priority)
        .order_by_asc(channel_location::Column::LocationId)
        .all(db)
        .await?;
    Ok(rows.into_iter().filter_map(|(link, location)| Some((location?, link.priority))).collect())
}

/// The links of some channels to their locations, active or not, in the order in which they serve.
pub async fn location_links(db: &impl ConnectionTrait, ids: &[ChannelId]) -> Result<Vec<channel_location::Model>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(channel_location::Entity::find()
        .filter(channel_location::Column::ChannelId.is_in(ids.iter().copied()))
        .order_by_asc(channel_location::Column::ChannelId)
        .order_by_asc(channel_location::Column::Priority)
        .order_by_asc(channel_location::Column::LocationId)
        .all(db)
        .await?)
}

/// Which of a channel's locations someone may serve from: a location is served by the channel.
pub async fn serves(db: &impl ConnectionTrait, channel_id: ChannelId, location_id: LocationId) -> Result<bool> {
    Ok(channel_location::Entity::find_by_id((channel_id, location_id)).one(db).await?.is_some())
}
