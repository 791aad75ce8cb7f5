//! Reads of the catalog.

use std::collections::HashMap;

use entity::id::{CategoryId, CollectionId, ProductId, VariantId};
use entity::{
    bundle_component, category, collection, collection_product, media, product, product_option, product_translation,
    variant, variant_option,
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::barcode;
use crate::Result;

/// Most values of one `IN` list: both databases limit the values of a statement.
const LIST: usize = 5_000;

/// More variants than this take so long to read and count that a process does it before it says that it is ready.
const LARGE: u64 = 2_000;

/// Whether the shop has so many variants that buyers would notice the first reading of its catalog.
pub async fn is_large(db: &impl ConnectionTrait) -> Result<bool> {
    let beyond = variant::Entity::find().select_only().column(variant::Column::Id).offset(LARGE).limit(1);
    Ok(beyond.into_tuple::<VariantId>().one(db).await?.is_some())
}

/// A product by its id.
pub async fn product_by_id(db: &impl ConnectionTrait, id: ProductId) -> Result<Option<product::Model>> {
    Ok(product::Entity::find_by_id(id).one(db).await?)
}

/// A product by its unique name in addresses.
pub async fn product_by_slug(db: &impl ConnectionTrait, slug: &str) -> Result<Option<product::Model>> {
    Ok(product::Entity::find().filter(product::Column::Slug.eq(slug)).one(db).await?)
}

/// Products by their ids, in no particular order; unknown ids are left out.
pub async fn products_by_ids(db: &impl ConnectionTrait, ids: &[ProductId]) -> Result<Vec<product::Model>> {
    let mut found = Vec::with_capacity(ids.len());
    for some in ids.chunks(LIST) {
        let filter = product::Column::Id.is_in(some.iter().copied());
        found.extend(product::Entity::find().filter(filter).all(db).await?);
    }
    Ok(found)
}

/// Variants by their ids, in no particular order; unknown ids are left out.
pub async fn variants_by_ids(db: &impl ConnectionTrait, ids: &[VariantId]) -> Result<Vec<variant::Model>> {
    let mut found = Vec::with_capacity(ids.len());
    for some in ids.chunks(LIST) {
        let filter = variant::Column::Id.is_in(some.iter().copied());
        found.extend(variant::Entity::find().filter(filter).all(db).await?);
    }
    Ok(found)
}

/// A variant by its id.
pub async fn variant_by_id(db: &impl ConnectionTrait, id: VariantId) -> Result<Option<variant::Model>> {
    Ok(variant::Entity::find_by_id(id).one(db).await?)
}

/// A variant by its stock keeping unit, exactly as written.
pub async fn variant_by_sku(db: &impl ConnectionTrait, sku: &str) -> Result<Option<variant::Model>> {
    Ok(variant::Entity::find().filter(variant::Column::Sku.eq(sku)).one(db).await?)
}

/// A variant by a scanned or typed barcode. A UPC-A is also found by its EAN-13 form and the other way round. When
/// several variants carry the code, one that is sold wins, then the oldest.
pub async fn variant_by_barcode(db: &impl ConnectionTrait, code: &str) -> Result<Option<variant::Model>> {
    Ok(variant::Entity::find()
        .filter(variant::Column::Barcode.is_in(barcode::equivalents(code)))
        .order_by_desc(variant::Column::Active)
        .order_by_asc(variant::Column::Id)
        .limit(1)
        .one(db)
        .await?)
}

/// The variants of products, each product's in order.
pub async fn variants_of(
    db: &impl ConnectionTrait,
    products: &[ProductId],
) -> Result<HashMap<ProductId, Vec<variant::Model>>> {
    let mut grouped: HashMap<ProductId, Vec<variant::Model>> = HashMap::with_capacity(products.len());
    for some in products.chunks(LIST) {
        let rows = variant::Entity::find()
            .filter(variant::Column::ProductId.is_in(some.iter().copied()))
            .order_by_asc(variant::Column::Position)
            .order_by_asc(variant::Column::Id)
            .all(db)
            .await?;
        for row in rows {
            grouped.entry(row.product_id).or_default().push(row);
        }
    }
    Ok(grouped)
}

/// The options of products, each product's in order.
pub async fn options_of(
    db: &impl ConnectionTrait,
    products: &[ProductId],
) -> Result<HashMap<ProductId, Vec<product_option::Model>>> {
    let mut grouped: HashMap<ProductId, Vec<product_option::Model>> = HashMap::with_capacity(products.len());
    for some in products.chunks(LIST) {
        let rows = product_option::Entity::find()
            .filter(product_option::Column::ProductId.is_in(some.iter().copied()))
            .order_by_asc(product_option::Column::Position)
            .all(db)
            .await?;
        for row in rows {
            grouped.entry(row.product_id).or_default().push(row);
        }
    }
    Ok(grouped)
}

/// The option values of variants, in no particular order: options say the order.
pub async fn option_values_of(
    db: &impl ConnectionTrait,
    variants: &[VariantId],
) -> Result<HashMap<VariantId, Vec<variant_option::Model>>> {
    let mut grouped: HashMap<VariantId, Vec<variant_option::Model>> = HashMap::with_capacity(variants.len());
    for some in variants.chunks(LIST) {
        let filter = variant_option::Column::VariantId.is_in(some.iter().copied());
        for row in variant_option::Entity::find().filter(filter).all(db).await? {
            grouped.entry(row.variant_id).or_default().push(row);
        }
    }
    Ok(grouped)
}

/// The pictures of products, each product's in order.
pub async fn media_of(
    db: &impl ConnectionTrait,
    products: &[ProductId],
) -> Result<HashMap<ProductId, Vec<media::Model>>> {
    let mut grouped: HashMap<ProductId, Vec<media::Model>> = HashMap::with_capacity(products.len());
    for some in products.chunks(LIST) {
        let rows = media::Entity::find()
            .filter(media::Column::ProductId.is_in(some.iter().copied()))
            .order_by_asc(media::Column::Position)
            .order_by_asc(media::Column::Id)
            .all(db)
            .await?;
        for row in rows {
            grouped.entry(row.product_id).or_default().push(row);
        }
    }
    Ok(grouped)
}

/// The texts of products in other languages.
pub async fn translations_of(
    db: &impl ConnectionTrait,
    products: &[ProductId],
) -> Result<HashMap<ProductId, Vec<product_translation::Model>>> {
    let mut grouped: HashMap<ProductId, Vec<product_translation::Model>> = HashMap::with_capacity(products.len());
    for some in products.chunks(LIST) {
        let rows = product_translation::Entity::find()
            .filter(product_translation::Column::ProductId.is_in(some.iter().copied()))
            .order_by_asc(product_translation::Column::Locale)
            .all(db)
            .await?;
        for row in rows {
            grouped.entry(row.product_id).or_default().push(row);
        }
    }
    Ok(grouped)
}

/// What bundles are made of, by bundle, in component order; variants that are no bundles have no entry.
pub async fn components_of(
    db: &impl ConnectionTrait,
    bundles: &[VariantId],
) -> Result<HashMap<VariantId, Vec<bundle_component::Model>>> {
    let mut grouped: HashMap<VariantId, Vec<bundle_component::Model>> = HashMap::new();
    for some in bundles.chunks(LIST) {
        let rows = bundle_component::Entity::find()
            .filter(bundle_component::Column::BundleVariantId.is_in(some.iter().copied()))
            .order_by_asc(bundle_component::Column::ComponentVariantId)
            .all(db)
            .await?;
        for row in rows {
            grouped.entry(row.bundle_variant_id).or_default().push(row);
        }
    }
    Ok(grouped)
}

/// All categories, each level in its order. The tree is small: a shop has hundreds of categories at most.
pub async fn categories(db: &impl ConnectionTrait) -> Result<Vec<category::Model>> {
    Ok(category::Entity::find()
        .order_by_asc(category::Column::Position)
        .order_by_asc(category::Column::Id)
        .all(db)
        .await?)
}

/// Categories by their ids, in no particular order.
pub async fn categories_by_ids(db: &impl ConnectionTrait, ids: &[CategoryId]) -> Result<Vec<category::Model>> {
    Ok(category::Entity::find().filter(category::Column::Id.is_in(ids.iter().copied())).all(db).await?)
}

/// Collections by their ids, in no particular order.
pub async fn collections_by_ids(db: &impl ConnectionTrait, ids: &[CollectionId]) -> Result<Vec<collection::Model>> {
    Ok(collection::Entity::find().filter(collection::Column::Id.is_in(ids.iter().copied())).all(db).await?)
}

/// All collections in their order.
pub async fn collections(db: &impl ConnectionTrait) -> Result<Vec<collection::Model>> {
    Ok(collection::Entity::find()
        .order_by_asc(collection::Column::Position)
        .order_by_asc(collection::Column::Id)
        .all(db)
        .await?)
}

/// The ids of the products of a collection, in its order.
pub async fn products_in(db: &impl ConnectionTrait, id: CollectionId) -> Result<Vec<ProductId>> {
    Ok(collection_product::Entity::find()
        .filter(collection_product::Column::CollectionId.eq(id))
        .order_by_asc(collection_product::Column::Position)
        .order_by_asc(collection_product::Column::ProductId)
        .select_only()
        .column(collection_product::Column::ProductId)
        .into_tuple()
        .all(db)
        .await?)
}
