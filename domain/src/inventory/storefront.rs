//! What a storefront shows beside a product: how much can be shipped, and what can be collected where and when.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use entity::id::{ChannelId, ProductId, VariantId};
use entity::words::ProductStatus;
use entity::{product, variant};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::availability::{Availability, published};
use super::pickup::{PickupOffer, pickup};
use crate::channel::nearby::{NearbyFilter, distance};
use crate::{Error, ErrorCode, Result};

/// Most variants of one question.
pub const MAX_VARIANTS: usize = 100;

/// What can be had of one variant.
#[derive(Debug, Clone, PartialEq)]
pub struct Offer {
    /// What can be shipped.
    pub online: Availability,
    /// What each pickup store offers, nearest first.
    pub pickup: Vec<PickupOffer>,
}

/// What can be had of some variants, in the order asked; variants that are not on sale are left out. `near` sorts the
/// stores. A constant number of statements. Error: `TOO_MANY` above 100 variants.
pub async fn offers(
    db: &impl ConnectionTrait,
    channel_id: ChannelId,
    variants: &[VariantId],
    near: &NearbyFilter,
    now: DateTime<Utc>,
) -> Result<Vec<Offer>> {
    if variants.len() > MAX_VARIANTS {
        return Err(Error::invalid_with(ErrorCode::TooMany, "variantIds", vec![("max", MAX_VARIANTS.to_string())]));
    }
    let wanted = on_sale(db, variants).await?;
    let mut online = published(db, channel_id, &wanted, now).await?;
    let mut stores: HashMap<VariantId, Vec<PickupOffer>> = HashMap::new();
    for offer in pickup(db, channel_id, &wanted, now).await? {
        stores.entry(offer.variant_id).or_default().push(offer);
    }
    Ok(wanted
        .into_iter()
        .filter_map(|id| {
            let mut pickup = stores.remove(&id).unwrap_or_default();
            // Stable: stores equally near stay in the order in which they serve.
            pickup.sort_by_key(|offer| distance(near, &offer.location));
            Some(Offer { online: online.remove(&id)?, pickup })
        })
        .collect())
}

/// The variants among these that shops show, each once and in the order given.
async fn on_sale(db: &impl ConnectionTrait, ids: &[VariantId]) -> Result<Vec<VariantId>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows = variant::Entity::find()
        .filter(variant::Column::Id.is_in(ids.iter().copied()))
        .filter(variant::Column::Active.eq(true))
        .all(db)
        .await?;
    let products: BTreeSet<ProductId> = rows.iter().map(|row| row.product_id).collect();
    let active: BTreeSet<ProductId> = product::Entity::find()
        .filter(product::Column::Id.is_in(products))
        .filter(product::Column::Status.eq(ProductStatus::Active))
        .all(db)
        .await?
        .into_iter()
        .map(|product| product.id)
        .collect();
    let mut shown: BTreeSet<VariantId> =
        rows.iter().filter(|row| active.contains(&row.product_id)).map(|row| row.id).collect();
    Ok(ids.iter().copied().filter(|id| shown.remove(id)).collect())
}
