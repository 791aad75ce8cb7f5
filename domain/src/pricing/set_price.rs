//! Setting what variants cost in a channel.

use std::collections::HashMap;

use entity::id::{ChannelId, VariantId};
use entity::{channel, price};
use sea_orm::EntityTrait;

use super::price::{self as prices, NewPrice};
use crate::catalog::revision;
use crate::{Ctx, Error, ErrorCode, Permission, Result};

/// Most prices of one call.
pub const MAX_PRICES: usize = 1_000;

/// Prices of one channel.
#[derive(Debug, Clone)]
pub struct SetPrice {
    /// Where they hold.
    pub channel_id: ChannelId,
    /// The prices.
    pub prices: Vec<NewPrice>,
}

/// Sets prices in a channel, all or none; the same price writes nothing. Returns the current prices of the variants, in
/// the order of the input. Errors: `FORBIDDEN` without `prices.write` for the channel, `NOT_FOUND`, `TOO_MANY`,
/// `CURRENCY_MISMATCH`, `INVALID_AMOUNT`, `INVALID` for a variant named twice.
pub async fn set_price(ctx: &Ctx, input: SetPrice) -> Result<Vec<price::Model>> {
    let scope = ctx.require(Permission::PricesWrite)?;
    if !scope.allows_channel(input.channel_id) {
        return Err(Error::Forbidden { permission: Permission::PricesWrite.as_str() });
    }
    if input.prices.len() > MAX_PRICES {
        return Err(Error::invalid_with(ErrorCode::TooMany, "prices", vec![("max", MAX_PRICES.to_string())]));
    }
    let wanted = &input.prices;
    let written = ctx
        .write(|tx| async move {
            let channel = channel::Entity::find_by_id(input.channel_id)
                .one(&tx)
                .await?
                .ok_or_else(|| Error::not_found("channel"))?;
            prices::set(&tx, &channel, wanted).await?;
            let variants: Vec<VariantId> = wanted.iter().map(|new| new.variant_id).collect();
            let mut now: HashMap<VariantId, price::Model> = prices::current(&tx, channel.id, &variants).await?;
            Ok(variants.into_iter().filter_map(|id| now.remove(&id)).collect())
        })
        .await;
    revision::committed_here();
    written
}
