//! How catalog things are called in a reader's language.

use std::collections::HashMap;

use entity::id::{ProductId, VariantId};
use entity::{product, product_translation, variant};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};

use crate::Result;

/// Picks the entry for a locale: the same tag, else the same language, else none. Tags compare without case.
pub fn pick<'a, T>(locale: &str, entries: impl IntoIterator<Item = (&'a str, T)>) -> Option<T> {
    let language = |tag: &str| tag.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
    let wanted = language(locale);
    let mut near = None;
    for (tag, entry) in entries {
        if tag.eq_ignore_ascii_case(locale) {
            return Some(entry);
        }
        if near.is_none() && language(tag) == wanted {
            near = Some(entry);
        }
    }
    near
}

/// A name from translations by locale, as categories and collections keep them, else the name itself.
#[must_use]
pub fn name<'a>(locale: &str, name: &'a str, translations: &'a serde_json::Value) -> &'a str {
    let entries = translations.as_object().into_iter().flatten();
    pick(locale, entries.filter_map(|(tag, text)| Some((tag.as_str(), text.as_str()?)))).unwrap_or(name)
}

/// Product title and variant title of variants in a reader's language, for carts, orders and receipts. The variant's
/// title is empty when it only repeats the product's (a product without options). Three statements whatever the number.
pub async fn titles(
    db: &impl ConnectionTrait,
    locale: &str,
    variants: &[VariantId],
) -> Result<HashMap<VariantId, (String, String)>> {
    if variants.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(VariantId, ProductId, String)> = variant::Entity::find()
        .filter(variant::Column::Id.is_in(variants.iter().copied()))
        .select_only()
        .columns([variant::Column::Id, variant::Column::ProductId, variant::Column::Title])
        .into_tuple()
        .all(db)
        .await?;
    let products: Vec<ProductId> = rows.iter().map(|(_, product, _)| *product).collect();
    let titles = product_titles(db, &products).await?;
    let translated = translated_titles(db, locale, &products).await?;
    Ok(rows
        .into_iter()
        .map(|(id, product, variant_title)| {
            let own = titles.get(&product).cloned().unwrap_or_default();
            let variant_title = if variant_title == own { String::new() } else { variant_title };
            (id, (translated.get(&product).cloned().unwrap_or(own), variant_title))
        })
        .collect())
}

async fn product_titles(db: &impl ConnectionTrait, products: &[ProductId]) -> Result<HashMap<ProductId, String>> {
    let rows: Vec<(ProductId, String)> = product::Entity::find()
        .filter(product::Column::Id.is_in(products.iter().copied()))
        .select_only()
        .columns([product::Column::Id, product::Column::Title])
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().collect())
}

async fn translated_titles(
    db: &impl ConnectionTrait,
    locale: &str,
    products: &[ProductId],
) -> Result<HashMap<ProductId, String>> {
    let rows: Vec<(ProductId, String, String)> = product_translation::Entity::find()
        .filter(product_translation::Column::ProductId.is_in(products.iter().copied()))
        .select_only()
        .columns([
            product_translation::Column::ProductId,
            product_translation::Column::Locale,
            product_translation::Column::Title,
        ])
        .into_tuple()
        .all(db)
        .await?;
    let mut by_product: HashMap<ProductId, Vec<(String, String)>> = HashMap::new();
    for (product, tag, title) in rows {
        by_product.entry(product).or_default().push((tag, title));
    }
    Ok(by_product
        .into_iter()
        .filter_map(|(product, entries)| {
            let entries = entries.iter().map(|(tag, title)| (tag.as_str(), title.clone()));
            pick(locale, entries).map(|title| (product, title))
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_language_wins() {
        let entries = [("en", 1), ("ja", 2), ("zh-Hant", 3), ("zh-Hans", 4)];
        assert_eq!(pick("ja-JP", entries), Some(2));
        assert_eq!(pick("ZH-hans", entries), Some(4));
        assert_eq!(pick("zh", entries), Some(3));
        assert_eq!(pick("de", entries), None);
    }

    #[test]
    fn names_fall_back_to_the_first_language() {
        let translations = serde_json::json!({ "ja": "食品", "de": 3 });
        assert_eq!(name("ja-JP", "Food", &translations), "食品");
        assert_eq!(name("de", "Food", &translations), "Food");
        assert_eq!(name("ja", "Food", &serde_json::Value::Null), "Food");
    }
}
