//! What the shop sells: 120 products in Japanese and English, with prices in all channels.

use std::collections::{BTreeMap, HashMap};

use anyhow::{Context as _, Result};
use domain::Ctx;
use domain::catalog::patch::{OptionPatch, ProductPatch, TranslationPatch, VariantPatch};
use domain::catalog::{
    UpsertCategory, UpsertCollection, UpsertProduct, query, upsert_category, upsert_collection, upsert_product,
};
use domain::pricing::price::NewPrice;
use domain::pricing::set_price::{SetPrice, set_price};
use entity::id::{CategoryId, ProductId, TaxClassId, VariantId};
use entity::money::{Currency, Money};
use entity::words::ProductStatus;
use entity::{category, collection, product, variant};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde::Deserialize;

use super::places::Places;

/// Something that can be sold.
#[derive(Clone, Debug)]
pub(super) struct Good {
    pub(super) variant_id: VariantId,
    pub(super) sku: Option<String>,
    pub(super) title_ja: String,
    pub(super) title_en: String,
    /// Option values; empty for a product of one variant.
    pub(super) variant_title: String,
    pub(super) tax_class_id: TaxClassId,
    pub(super) yen: i64,
    pub(super) euro_cents: i64,
    /// What one unit takes from stock: itself, or the parts of a bundle.
    pub(super) parts: Vec<(VariantId, i64)>,
}

#[derive(Debug, Deserialize)]
struct Line {
    slug: String,
    category: String,
    tax: String,
    ja: String,
    en: String,
    jpy: i64,
    eur: i64,
    grams: i32,
    options: String,
    parts: String,
}

/// Makes what is missing; returns everything that can be sold, ordinary goods before bundles.
pub(super) async fn make(ctx: &Ctx, places: &Places) -> Result<Vec<Good>> {
    let categories = categories(ctx).await?;
    let mut goods: Vec<Good> = Vec::new();
    let mut first_variants: HashMap<String, VariantId> = HashMap::new();
    let mut featured = Vec::new();
    for (number, line) in (1_u32..).zip(lines()?) {
        let category = categories.get(&line.category).copied();
        let made = match known(ctx, &line.slug).await? {
            Some(known) => known,
            None => create(ctx, places, &line, number, category, &first_variants).await?,
        };
        let (product, variants) = made;
        if let Some(first) = variants.first() {
            first_variants.insert(line.slug.clone(), first.id);
        }
        if number % 9 == 1 {
            featured.push(product.id);
        }
        let parts = parts(&line, &first_variants)?;
        goods.extend(variants.iter().map(|variant| good(&line, &product, variant, &parts)));
    }
    collection(ctx, featured).await?;
    price(ctx, places, &goods).await?;
    Ok(goods)
}

fn lines() -> Result<Vec<Line>> {
    let mut reader = csv::Reader::from_reader(include_bytes!("products.csv").as_slice());
    Ok(reader.deserialize().collect::<Result<_, _>>()?)
}

async fn known(ctx: &Ctx, slug: &str) -> Result<Option<(product::Model, Vec<variant::Model>)>> {
    let db = &ctx.db();
    let Some(product) = product::Entity::find().filter(product::Column::Slug.eq(slug)).one(db).await? else {
        return Ok(None);
    };
    let variants = query::variants_of(db, &[product.id]).await?.remove(&product.id).unwrap_or_default();
    Ok(Some((product, variants)))
}

async fn create(
    ctx: &Ctx,
    places: &Places,
    line: &Line,
    number: u32,
    category: Option<CategoryId>,
    first_variants: &HashMap<String, VariantId>,
) -> Result<(product::Model, Vec<variant::Model>)> {
    let (option, values) = match line.options.split_once('=') {
        Some((name, values)) => (Some(name), values.split('|').collect()),
        None => (None, vec![""]),
    };
    let components = parts(line, first_variants)?;
    let variants = (1..).zip(&values).map(|(position, value)| VariantPatch {
        sku: Some(Some(sku(line, number, value, position))),
        barcode: Some(Some(jan(number * 10 + position))),
        options: option.map(|_| vec![(*value).to_owned()]),
        weight_grams: Some(line.grams),
        components: (!components.is_empty()).then(|| components.clone()),
        ..VariantPatch::default()
    });
    let patch = ProductPatch {
        slug: Some(line.slug.clone()),
        title: Some(line.ja.clone()),
        description_html: Some(format!("<p>{}。職人の手仕事でつくりました。</p>", line.ja)),
        vendor: Some("ひとつ商店".to_owned()),
        product_type: Some(line.category.clone()),
        status: Some(ProductStatus::Active),
        category_id: Some(category),
        tax_class_id: Some(if line.tax == "reduced" { places.reduced } else { places.standard }),
        tags: Some(vec![line.category.clone()]),
        options: option.map(|name| vec![OptionPatch { id: None, name: name.to_owned() }]),
        translations: Some(vec![TranslationPatch {
            locale: "en".to_owned(),
            title: line.en.clone(),
            description_html: format!("<p>{}, made by hand in Japan.</p>", line.en),
        }]),
        variants: variants.collect(),
        ..ProductPatch::default()
    };
    let made = upsert_product(ctx, UpsertProduct { id: None, expected_version: None, patch })
        .await
        .with_context(|| format!("product {}", line.slug))?;
    Ok((made.product, made.variants.into_iter().map(|variant| variant.row).collect()))
}

/// The parts of a bundle: the first variant of each named product.
fn parts(line: &Line, first_variants: &HashMap<String, VariantId>) -> Result<Vec<(VariantId, i64)>> {
    line.parts
        .split('+')
        .filter(|part| !part.is_empty())
        .map(|part| {
            let (slug, quantity) = part.split_once('*').context("a part is written `slug*quantity`")?;
            let variant =
                first_variants.get(slug).with_context(|| format!("no product {slug} before {}", line.slug))?;
            Ok((*variant, quantity.parse()?))
        })
        .collect()
}

fn good(line: &Line, product: &product::Model, variant: &variant::Model, parts: &[(VariantId, i64)]) -> Good {
    Good {
        variant_id: variant.id,
        sku: variant.sku.clone(),
        title_ja: line.ja.clone(),
        title_en: line.en.clone(),
        variant_title: if line.options.is_empty() { String::new() } else { variant.title.clone() },
        tax_class_id: variant.tax_class_id.unwrap_or(product.tax_class_id),
        yen: line.jpy,
        euro_cents: line.eur,
        parts: if parts.is_empty() { vec![(variant.id, 1)] } else { parts.to_vec() },
    }
}

/// Such as `APP-0012-M`; values that are not ASCII get their position.
fn sku(line: &Line, number: u32, value: &str, position: u32) -> String {
    let kind = line.category.get(..3).unwrap_or(&line.category).to_uppercase();
    match value {
        "" => format!("{kind}-{number:04}"),
        value if value.is_ascii() => format!("{kind}-{number:04}-{value}"),
        _ => format!("{kind}-{number:04}-{position}"),
    }
}

/// A JAN code (GTIN-13 of Japan, prefix 45) with the check digit of ISO/IEC 15420.
fn jan(item: u32) -> String {
    let body = format!("4573102{item:05}");
    let sum: u32 = body
        .chars()
        .filter_map(|digit| digit.to_digit(10))
        .zip([1, 3].into_iter().cycle())
        .map(|(digit, weight)| digit * weight)
        .sum();
    format!("{body}{}", (10 - sum % 10) % 10)
}

async fn categories(ctx: &Ctx) -> Result<HashMap<String, CategoryId>> {
    const ALL: [(&str, &str, &str); 7] = [
        ("apparel", "衣服", "Apparel"),
        ("home", "うつわと暮らし", "Home"),
        ("food", "お茶と食品", "Tea & Food"),
        ("stationery", "文具", "Stationery"),
        ("kids", "こども", "Kids"),
        ("bath", "湯とからだ", "Bath & Body"),
        ("sets", "贈りもの", "Gifts & Sets"),
    ];
    let mut ids = HashMap::new();
    for (position, (slug, ja, en)) in (1..).zip(ALL) {
        let known = category::Entity::find().filter(category::Column::Slug.eq(slug)).one(&ctx.db()).await?;
        let category = match known {
            Some(known) => known,
            None => {
                let input = UpsertCategory {
                    slug: Some(slug.to_owned()),
                    name: Some(ja.to_owned()),
                    translations: Some(names(ja, en)),
                    position: Some(position),
                    ..UpsertCategory::default()
                };
                upsert_category(ctx, input).await?
            }
        };
        ids.insert(slug.to_owned(), category.id);
    }
    Ok(ids)
}

async fn collection(ctx: &Ctx, products: Vec<ProductId>) -> Result<()> {
    let slug = "featured";
    if collection::Entity::find().filter(collection::Column::Slug.eq(slug)).one(&ctx.db()).await?.is_none() {
        let input = UpsertCollection {
            slug: Some(slug.to_owned()),
            name: Some("店主のおすすめ".to_owned()),
            translations: Some(names("店主のおすすめ", "Our favorites")),
            products: Some(products),
            ..UpsertCollection::default()
        };
        upsert_collection(ctx, input).await?;
    }
    Ok(())
}

fn names(ja: &str, en: &str) -> BTreeMap<String, String> {
    BTreeMap::from([("en".to_owned(), en.to_owned()), ("ja".to_owned(), ja.to_owned())])
}

async fn price(ctx: &Ctx, places: &Places, goods: &[Good]) -> Result<()> {
    for channel in [&places.online, &places.pos, &places.europe] {
        let prices = goods.iter().map(|good| NewPrice {
            variant_id: good.variant_id,
            price: Money::new(good.price(channel.currency), channel.currency),
            compare_at: None,
        });
        set_price(ctx, SetPrice { channel_id: channel.id, prices: prices.collect() }).await?;
    }
    Ok(())
}

impl Good {
    /// Its price in minor units.
    pub(super) fn price(&self, currency: Currency) -> i64 {
        if currency == Currency::EUR { self.euro_cents } else { self.yen }
    }

    /// Its title for a channel's language.
    pub(super) fn title(&self, locale: &str) -> &str {
        if locale == "ja" { &self.title_ja } else { &self.title_en }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jan_codes_have_right_check_digits() {
        for item in [11, 12, 999, 12_199] {
            assert!(domain::catalog::barcode::check(&jan(item)).is_ok_and(|code| code == jan(item)), "{item}");
        }
    }

    #[test]
    fn the_list_of_goods_is_whole() -> Result<()> {
        let lines = lines()?;
        assert!(lines.len() >= 120);
        assert!(lines.iter().filter(|line| line.tax == "reduced").count() >= 25);
        assert!(lines.iter().filter(|line| !line.parts.is_empty()).count() >= 5);
        let slugs: std::collections::BTreeSet<_> = lines.iter().map(|line| &line.slug).collect();
        assert_eq!(slugs.len(), lines.len());
        Ok(())
    }
}
