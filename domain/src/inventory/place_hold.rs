//! Pool holds: a cart's claim on what a channel may promise, while its owner pays.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use entity::id::{CartId, ChannelId, StockHoldId, VariantId};
use entity::{stock_hold, variant};
use sea_orm::sea_query::LockType;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
};

use super::availability::of_pool;
use super::pool::Pool;
use crate::{Error, Result, Tx};

/// Makes a cart hold exactly these units of a channel's pool until `expires_at`; what it held before is given up.
/// Bundles hold their components, variants whose stock is not counted hold nothing. At most eleven statements for any
/// number of lines.
///
/// Error: [`Error::InsufficientStock`] of the first line that the channel cannot promise beside the other carts' holds.
pub async fn place(
    tx: &Tx,
    cart_id: CartId,
    channel_id: ChannelId,
    lines: &[(VariantId, i64)],
    expires_at: DateTime<Utc>,
) -> Result<()> {
    release_for_cart(tx, cart_id).await?;
    let mut wanted: BTreeMap<VariantId, i64> = BTreeMap::new();
    for (variant, quantity) in lines.iter().filter(|(_, quantity)| *quantity > 0) {
        let sum = wanted.entry(*variant).or_default();
        *sum = sum.saturating_add(*quantity);
    }
    let lines: Vec<(VariantId, i64)> = wanted.into_iter().collect();
    if lines.is_empty() {
        return Ok(());
    }
    let demand = lock_demand(tx, &lines).await?;
    let ids: Vec<VariantId> = lines.iter().map(|(id, _)| *id).chain(demand.keys().copied()).collect();
    let pool = Pool::load(tx, channel_id, &ids, tx.now(), Some(cart_id)).await?;
    check(&pool, &ids, &lines)?;
    let rows = demand.into_iter().map(|(variant_id, quantity)| {
        stock_hold::Model {
            id: StockHoldId(tx.new_uuid()),
            channel_id: Some(channel_id),
            location_id: None,
            variant_id,
            quantity,
            cart_id: Some(cart_id),
            note: None,
            created_at: tx.now(),
            expires_at,
        }
        .into_active_model()
        .reset_all()
    });
    let rows: Vec<stock_hold::ActiveModel> = rows.collect();
    if !rows.is_empty() {
        stock_hold::Entity::insert_many(rows).exec_without_returning(tx).await?;
    }
    Ok(())
}

/// What the lines take from shelves, with the variants locked in order: two carts that want the same thing decide one
/// after the other. `NO KEY UPDATE` leaves orders alone, whose rows only refer to the variant.
async fn lock_demand(tx: &Tx, lines: &[(VariantId, i64)]) -> Result<BTreeMap<VariantId, i64>> {
    let ids: Vec<VariantId> = lines.iter().map(|(id, _)| *id).collect();
    let demand = super::demand::Goods::load(tx, &ids).await?.demand(lines)?;
    if !demand.is_empty() {
        variant::Entity::find()
            .filter(variant::Column::Id.is_in(demand.keys().copied()))
            .order_by_asc(variant::Column::Id)
            .lock(LockType::NoKeyUpdate)
            .all(tx)
            .await?;
    }
    Ok(demand)
}

/// Every line, and the lines together, must be within what the channel may promise.
fn check(pool: &Pool, ids: &[VariantId], lines: &[(VariantId, i64)]) -> Result<()> {
    let promised = of_pool(pool, ids);
    let together = pool.goods.strict_demand(lines)?;
    for (variant_id, requested) in lines.iter().copied().chain(together) {
        let availability = promised.get(&variant_id).ok_or(Error::not_found("variant"))?;
        if let Some(most) = availability.orderable.filter(|most| requested > *most) {
            return Err(Error::InsufficientStock { variant_id, requested, available: most });
        }
    }
    Ok(())
}

/// Gives up what a cart holds; returns how many holds there were.
pub async fn release_for_cart(tx: &Tx, cart_id: CartId) -> Result<u64> {
    let gone = stock_hold::Entity::delete_many().filter(stock_hold::Column::CartId.eq(cart_id)).exec(tx).await?;
    Ok(gone.rows_affected)
}

/// Gives up what a cart holds, last in the transaction.
pub(crate) fn release_last(tx: &Tx, cart_id: CartId) {
    tx.write_last(stock_hold::Entity::delete_many().filter(stock_hold::Column::CartId.eq(cart_id)).into_query());
}
