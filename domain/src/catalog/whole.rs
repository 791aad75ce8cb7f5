//! A product with all its parts, as it stands in the database.

use std::collections::HashMap;

use entity::id::{ProductId, VariantId};
use entity::{media, product, product_option, product_translation, variant};
use sea_orm::sea_query::LockType;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::{display, query};
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
    Ok(assemble(tx, products).await?.into_iter().map(|whole| (whole.product.id, whole)).collect())
}

/// Products with all their parts, in no particular order; unknown ids are left out. Seven statements at most for any
/// number of products.
pub async fn load(db: &impl ConnectionTrait, ids: &[ProductId]) -> Result<Vec<Whole>> {
    let products = query::products_by_ids(db, ids).await?;
    assemble(db, products).await
}

/// Adds to products all their parts.
pub(crate) async fn assemble(db: &impl ConnectionTrait, products: Vec<product::Model>) -> Result<Vec<Whole>> {
    if products.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<ProductId> = products.iter().map(|product| product.id).collect();
    let mut variants = query::variants_of(db, &ids).await?;
    let rows = || variants.values().flatten();
    let variant_ids: Vec<VariantId> = rows().map(|variant| variant.id).collect();
    let bundles: Vec<VariantId> = rows().filter(|variant| variant.is_bundle).map(|variant| variant.id).collect();
    let mut options = query::options_of(db, &ids).await?;
    let mut values = query::option_values_of(db, &variant_ids).await?;
    let mut components = query::components_of(db, &bundles).await?;
    let mut media = query::media_of(db, &ids).await?;
    let mut translations = query::translations_of(db, &ids).await?;
    let mut wholes = Vec::with_capacity(products.len());
    for product in products {
        let id = product.id;
        let options = options.remove(&id).unwrap_or_default();
        let variants = variants.remove(&id).unwrap_or_default().into_iter().map(|row| {
            let own = values.remove(&row.id).unwrap_or_default();
            let mut own: HashMap<_, _> = own.into_iter().map(|value| (value.option_id, value.value)).collect();
            let values = options.iter().map(|option| own.remove(&option.id).unwrap_or_default()).collect();
            let parts = components.remove(&row.id).unwrap_or_default();
            let components = parts.into_iter().map(|part| (part.component_variant_id, part.quantity)).collect();
            WholeVariant { row, values, components }
        });
        let variants = variants.collect();
        let media = media.remove(&id).unwrap_or_default();
        let translations = translations.remove(&id).unwrap_or_default();
        wholes.push(Whole { product, options, variants, media, translations });
    }
    Ok(wholes)
}

impl Whole {
    /// The title in a reader's language.
    #[must_use]
    pub fn title(&self, locale: &str) -> &str {
        let texts = self.translations.iter().map(|texts| (texts.locale.as_str(), texts.title.as_str()));
        display::pick(locale, texts).unwrap_or(&self.product.title)
    }

    /// The cleaned HTML in a reader's language.
    #[must_use]
    pub fn description_html(&self, locale: &str) -> &str {
        let texts = self.translations.iter().map(|texts| (texts.locale.as_str(), texts.description_html.as_str()));
        display::pick(locale, texts.filter(|(_, html)| !html.is_empty())).unwrap_or(&self.product.description_html)
    }
}
