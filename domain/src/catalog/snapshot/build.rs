//! Reading the whole catalog into a snapshot: ten statements for any number of products.

use std::collections::HashMap;
use std::sync::Arc;

use entity::id::{ChannelId, CollectionId, ProductId};
use entity::words::ProductStatus;
use entity::{channel, collection_product, price, product};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use super::{Channel, Entry, PriceOf, Snapshot};
use crate::Result;
use crate::catalog::whole::{self, Whole};
use crate::catalog::{query, revision};
use crate::kernel::text;

/// Reads the catalog. The revision is read first: what changes meanwhile raises it and makes the next snapshot.
pub async fn build(db: &impl ConnectionTrait) -> Result<Snapshot> {
    let revision = revision::current(db).await?;
    let rows = product::Entity::find()
        .filter(product::Column::Status.eq(ProductStatus::Active))
        .order_by_desc(product::Column::CreatedAt)
        .order_by_desc(product::Column::Id)
        .all(db)
        .await?;
    let mut snapshot = Snapshot { revision, ..Snapshot::default() };
    for whole in whole::assemble(db, rows).await? {
        add(&mut snapshot, whole);
    }
    let prices = price::Entity::find().filter(price::Column::ValidTo.is_null()).all(db).await?;
    for row in prices {
        if snapshot.by_variant.contains_key(&row.variant_id) {
            let of = PriceOf { currency: row.currency, amount: row.amount, compare_at: row.compare_at };
            snapshot.channels.entry(row.channel_id).or_default().prices.insert(row.variant_id, of);
        }
    }
    snapshot.categories = query::categories(db).await?;
    snapshot.collections = query::collections(db).await?;
    snapshot.members = members(db).await?;
    snapshot.places_of_sale = channel::Entity::find()
        .filter(channel::Column::Active.eq(true))
        .order_by_asc(channel::Column::Id)
        .all(db)
        .await?;
    let channels: Vec<ChannelId> = snapshot.channels.keys().copied().collect();
    for id in channels {
        order(&mut snapshot, id);
    }
    Ok(snapshot)
}

fn add(snapshot: &mut Snapshot, mut whole: Whole) {
    whole.variants.retain(|variant| variant.row.active);
    let place = snapshot.products.len();
    snapshot.by_id.insert(whole.product.id, place);
    snapshot.by_slug.insert(whole.product.slug.clone(), place);
    for variant in &whole.variants {
        let id = variant.row.id;
        snapshot.by_variant.insert(id, place);
        snapshot.by_sku.extend(variant.row.sku.clone().map(|sku| (sku, id)));
        if let Some(code) = &variant.row.barcode {
            // The oldest variant keeps a code that several carry.
            let kept = snapshot.by_barcode.entry(code.clone()).or_insert(id);
            *kept = std::cmp::Ord::min(*kept, id);
        }
    }
    let titles = whole.translations.iter().map(|texts| &texts.title);
    let folded = std::iter::once(&whole.product.title).chain(titles).map(|title| text::fold(title)).collect();
    snapshot.products.push(Entry { whole: Arc::new(whole), folded });
}

async fn members(db: &impl ConnectionTrait) -> Result<HashMap<CollectionId, Vec<ProductId>>> {
    let rows = collection_product::Entity::find()
        .order_by_asc(collection_product::Column::Position)
        .order_by_asc(collection_product::Column::ProductId)
        .all(db)
        .await?;
    let mut members: HashMap<CollectionId, Vec<ProductId>> = HashMap::new();
    for row in rows {
        members.entry(row.collection_id).or_default().push(row.product_id);
    }
    Ok(members)
}

/// The lists of a channel. Products were read newest first, so that is the order of their places.
fn order(snapshot: &mut Snapshot, id: ChannelId) {
    let Snapshot { products, channels, .. } = snapshot;
    let Some(channel) = channels.get_mut(&id) else { return };
    let Channel { prices, ranges, newest, by_title, by_price } = channel;
    *ranges = products.iter().map(|entry| range(prices, &entry.whole)).collect();
    let sold = |place: &usize| ranges.get(*place).copied().flatten().is_some();
    *newest = (0..products.len()).filter(sold).collect();
    let key = |place: &usize| products.get(*place).map(|entry| (entry.folded.first(), entry.whole.product.id));
    by_title.clone_from(newest);
    by_title.sort_by(|a, b| key(a).cmp(&key(b)));
    let lowest = |place: &usize| ranges.get(*place).copied().flatten().map_or(0, |(low, _)| low);
    let newest_id = |place: &usize| products.get(*place).map(|entry| entry.whole.product.id);
    by_price.clone_from(newest);
    by_price.sort_by_key(|place| (lowest(place), newest_id(place)));
}

fn range(prices: &HashMap<entity::id::VariantId, PriceOf>, whole: &Whole) -> Option<(i64, i64)> {
    let amounts = whole.variants.iter().filter_map(|variant| prices.get(&variant.row.id)).map(|price| price.amount);
    amounts.fold(None, |range: Option<(i64, i64)>, amount| {
        let (low, high) = range.unwrap_or((amount, amount));
        Some((std::cmp::Ord::min(low, amount), std::cmp::Ord::max(high, amount)))
    })
}
