//! A product with all its parts, as it stands in the database.

use std::collections::HashMap;

use entity::id::{ProductId, VariantId};
use entity::{media, product, product_option, product_translation, variant};
use sea_orm::sea_query::LockType;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::query;
use crate::{Result, Tx};

/// A product with all its parts.
#[derive(Debug, Clone, PartialEq)]
pub struct Whole {
    /// The product's row.
    pub product: product::Model,
    /// Its options in order.
    pub options: Vec<product_option::Model>,
    /// Its variants in order.
    pub variants: Vec<WholeVariant>,
    /// Its pictures in order.
    pub media: Vec<media::Model>,
    /// Its texts in other languages, by locale.
    pub translations: Vec<product_translation::Model>,
}

/// A variant with all its parts.
#[derive(Debug, Clone, PartialEq)]
pub struct WholeVariant {
    /// The variant's row.
    pub row: variant::Model,
    /// One value per option of the product, in their order; empty where a new option has none yet.
    pub values: Vec<String>,
    /// What a bundle is made of, by component.
    pub components: Vec<(VariantId, i64)>,
}

/// Loads products with all their parts and locks them, in id order, until the transaction ends. Readers and rows that
/// point to them do not wait. A bounded number of statements whatever the number of products.
pub(crate) async fn lock(tx: &Tx, ids: &[ProductId]) -> Result<HashMap<ProductId, Whole>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let products = product::Entity::find()
        .filter(product::Column::Id.is_in(ids.iter().copied()))
        .order_by_asc(product::Column::Id)
        .lock(LockType::NoKeyUpdate)
        .all(tx)
        .await?;
    if products.is_empty() {
        return Ok(HashMap::new());
    }
    let mut variants = query::variants_of(tx, ids).await?;
    let variant_ids: Vec<VariantId> = variants.values().flatten().map(|variant| variant.id).collect();
    let bundles: Vec<VariantId> =
        variants.values().flatten().filter(|variant| variant.is_bundle).map(|variant| variant.id).collect();
    let mut options = query::options_of(tx, ids).await?;
    let mut values = query::option_values_of(tx, &variant_ids).await?;
    let mut components = query::components_of(tx, &bundles).await?;
    let mut media = query::media_of(tx, ids).await?;
    let mut translations = query::translations_of(tx, ids).await?;
    let mut wholes = HashMap::with_capacity(products.len());
    for product in products {
        let id = product.id;
        let options = options.remove(&id).unwrap_or_default();
        let variants = variants.remove(&id).unwrap_or_default().into_iter().map(|row| {
            let mut own: HashMap<_, _> = values
                .remove(&row.id)
                .unwrap_or_default()
                .into_iter()
                .map(|value| (value.option_id, value.value))
                .collect();
            let values = options.iter().map(|option| own.remove(&option.id).unwrap_or_default()).collect();
            let parts = components.remove(&row.id).unwrap_or_default();
            let components = parts.into_iter().map(|part| (part.component_variant_id, part.quantity)).collect();
            WholeVariant { row, values, components }
        });
        let variants = variants.collect();
        let media = media.remove(&id).unwrap_or_default();
        let translations = translations.remove(&id).unwrap_or_default();
        wholes.insert(id, Whole { product, options, variants, media, translations });
    }
    Ok(wholes)
}
