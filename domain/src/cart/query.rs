//! Reads of carts.

use chrono::{DateTime, Utc};
use entity::id::{CartId, ChannelId, CustomerId, VariantId};
use entity::words::CartStatus;
use entity::{cart, cart_adjustment, cart_line};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::{Actor, Result};

/// The states in which a cart can still be changed.
pub const OPEN: [CartStatus; 2] = [CartStatus::Active, CartStatus::Parked];

/// A cart.
pub async fn by_id(db: &impl ConnectionTrait, id: CartId) -> Result<Option<cart::Model>> {
    Ok(cart::Entity::find_by_id(id).one(db).await?)
}

/// Carts by their ids, in no particular order.
pub async fn by_ids(db: &impl ConnectionTrait, ids: &[CartId]) -> Result<Vec<cart::Model>> {
    Ok(cart::Entity::find().filter(cart::Column::Id.is_in(ids.iter().copied())).all(db).await?)
}

/// The lines of carts, each cart's in order.
pub async fn lines(db: &impl ConnectionTrait, carts: &[CartId]) -> Result<Vec<cart_line::Model>> {
    if carts.is_empty() {
        return Ok(Vec::new());
    }
    Ok(cart_line::Entity::find()
        .filter(cart_line::Column::CartId.is_in(carts.iter().copied()))
        .order_by_asc(cart_line::Column::CartId)
        .order_by_asc(cart_line::Column::Position)
        .order_by_asc(cart_line::Column::Id)
        .all(db)
        .await?)
}

/// What staff gave by hand, oldest first.
pub async fn adjustments(db: &impl ConnectionTrait, cart: CartId) -> Result<Vec<cart_adjustment::Model>> {
    Ok(cart_adjustment::Entity::find()
        .filter(cart_adjustment::Column::CartId.eq(cart))
        .order_by_asc(cart_adjustment::Column::Id)
        .all(db)
        .await?)
}

/// The open cart with a code that is still good, as typed or scanned; the QR payload works, too.
pub async fn by_code(db: &impl ConnectionTrait, code: &str, now: DateTime<Utc>) -> Result<Option<cart::Model>> {
    Ok(cart::Entity::find()
        .filter(cart::Column::Code.eq(super::code::read(code)))
        .filter(cart::Column::CodeExpiresAt.gt(now))
        .filter(cart::Column::Status.is_in(OPEN))
        .one(db)
        .await?)
}

/// A customer's open cart that was changed last, in one channel or in any.
pub async fn open_of_customer(
    db: &impl ConnectionTrait,
    customer_id: CustomerId,
    channel_id: Option<ChannelId>,
) -> Result<Option<cart::Model>> {
    let mut query =
        cart::Entity::find().filter(cart::Column::CustomerId.eq(customer_id)).filter(cart::Column::Status.is_in(OPEN));
    if let Some(channel_id) = channel_id {
        query = query.filter(cart::Column::ChannelId.eq(channel_id));
    }
    let query = query.order_by_desc(cart::Column::UpdatedAt).order_by_desc(cart::Column::Id);
    Ok(query.limit(1).one(db).await?)
}

/// The cart that the actor has at hand: the one whose secret was presented, when it is still theirs, else a customer's
/// own; `None` when there is none.
pub async fn current(
    db: &impl ConnectionTrait,
    actor: &Actor,
    channel_id: Option<ChannelId>,
) -> Result<Option<cart::Model>> {
    if let Some(id) = actor.cart_id() {
        let found = by_id(db, id).await?.filter(|cart| super::authorize::may_use(actor, cart));
        if let Some(cart) = found.filter(|cart| OPEN.contains(&cart.status) || actor.customer_id().is_none()) {
            return Ok(Some(cart));
        }
    }
    match actor.customer_id() {
        Some(customer_id) => open_of_customer(db, customer_id, channel_id).await,
        None => Ok(None),
    }
}

/// Variants that a cart names, once each.
#[must_use]
pub fn variants(lines: &[cart_line::Model]) -> Vec<VariantId> {
    let mut ids: Vec<VariantId> = lines.iter().map(|line| line.variant_id).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}
