//! Inputs of the catalog. A field that is left out stays as it is; `null` empties what can be empty.

use std::collections::BTreeMap;

use async_graphql::{Context, ID, InputObject, MaybeUndefined};
use domain::catalog::patch::{ImageRef, MediaPatch, OptionPatch, ProductPatch, TranslationPatch, VariantPatch};
use domain::catalog::{UpsertCategory, UpsertCollection, UpsertProduct, UpsertVariant};
use domain::pricing::price::NewPrice;
use domain::pricing::set_price::SetPrice;
use domain::{Error, Result, channel};
use entity::words::{InventoryPolicy, ProductStatus, UnitTracking};

use crate::context::ctx_of;
use crate::metadata::MetadataInput;
use crate::scalar::{Date, Locale, MoneyInput, parse_id, parse_ids, parse_optional_id};
use crate::word::Word;

/// Left out: `None`. Null: `Some(None)`.
fn maybe<T>(value: MaybeUndefined<T>) -> Option<Option<T>> {
    match value {
        MaybeUndefined::Undefined => None,
        MaybeUndefined::Null => Some(None),
        MaybeUndefined::Value(value) => Some(Some(value)),
    }
}

fn maybe_id<T: std::str::FromStr>(value: MaybeUndefined<ID>, path: &str) -> Result<Option<Option<T>>> {
    match maybe(value) {
        None => Ok(None),
        Some(id) => Ok(Some(parse_optional_id(id.as_ref(), path)?)),
    }
}

fn entries(metadata: Option<Vec<MetadataInput>>) -> Option<BTreeMap<String, String>> {
    metadata.map(|entries| entries.into_iter().map(|entry| (entry.key, entry.value)).collect())
}

/// An option of a product.
#[derive(Clone, Debug, InputObject)]
pub struct ProductOptionInput {
    /// An option that the product has, to rename it; others are found by name.
    pub id: Option<ID>,
    /// Name.
    pub name: String,
}

/// A picture of a product.
#[derive(Clone, Debug, InputObject)]
pub struct MediaInput {
    /// Address of the file: `https://…`, or a path of this server that begins with `/`.
    pub url: String,
    /// Text for those who cannot see it.
    #[graphql(default)]
    pub alt: String,
}

/// A product's texts in another language.
#[derive(Clone, Debug, InputObject)]
pub struct ProductTranslationInput {
    /// The language.
    pub locale: Locale,
    /// Title.
    pub title: String,
    /// HTML; cleaned when it comes in.
    #[graphql(default)]
    pub description_html: String,
}

/// A name in another language.
#[derive(Clone, Debug, InputObject)]
pub struct NameTranslationInput {
    /// The language.
    pub locale: Locale,
    /// The name.
    pub name: String,
}

fn names(translations: Option<Vec<NameTranslationInput>>) -> Option<BTreeMap<String, String>> {
    translations.map(|names| names.into_iter().map(|entry| (entry.locale.0, entry.name)).collect())
}

/// A new product, or a change of one.
#[derive(Clone, Debug, InputObject)]
pub struct ProductUpsertInput {
    /// The product to change; left out for a new one.
    pub id: Option<ID>,
    /// The version that was read; another one is refused.
    pub expected_version: Option<i32>,
    /// Unique name in addresses; made from the title when left out.
    pub slug: Option<String>,
    /// Title in the shop's first language; a new product needs one.
    pub title: Option<String>,
    /// HTML; cleaned when it comes in.
    pub description_html: Option<String>,
    /// Maker or brand.
    pub vendor: Option<String>,
    /// Merchant's own kind.
    pub product_type: Option<String>,
    /// Whether it is sold; a new product is a draft.
    pub status: Option<Word<ProductStatus>>,
    /// Where it hangs in the category tree.
    #[graphql(default)]
    pub category_id: MaybeUndefined<ID>,
    /// Tax class; by default the one with the code `standard`.
    pub tax_class_id: Option<ID>,
    /// Tags; all of them.
    pub tags: Option<Vec<String>>,
    /// Title for search engines.
    #[graphql(default)]
    pub seo_title: MaybeUndefined<String>,
    /// Description for search engines.
    #[graphql(default)]
    pub seo_description: MaybeUndefined<String>,
    /// Id in another system.
    #[graphql(default)]
    pub external_reference: MaybeUndefined<String>,
    /// Public metadata; all of it.
    pub metadata: Option<Vec<MetadataInput>>,
    /// Metadata for staff and apps; all of it.
    pub private_metadata: Option<Vec<MetadataInput>>,
    /// Options in order; all of them.
    pub options: Option<Vec<ProductOptionInput>>,
    /// Pictures in order; all of them.
    pub media: Option<Vec<MediaInput>>,
    /// Texts in other languages; all of them.
    pub translations: Option<Vec<ProductTranslationInput>>,
    /// Variants to create or change; others stay as they are.
    #[graphql(default)]
    pub variants: Vec<VariantInput>,
}

impl ProductUpsertInput {
    pub(super) fn domain(self) -> Result<UpsertProduct> {
        let option = |(index, option): (usize, ProductOptionInput)| {
            let id = parse_optional_id(option.id.as_ref(), &format!("input.options.{index}.id"))?;
            Ok(OptionPatch { id, name: option.name })
        };
        let picture = |media: MediaInput| MediaPatch { url: media.url, alt: media.alt };
        let texts = |texts: ProductTranslationInput| TranslationPatch {
            locale: texts.locale.0,
            title: texts.title,
            description_html: texts.description_html,
        };
        let variants = self.variants.into_iter().enumerate();
        let patch = ProductPatch {
            slug: self.slug,
            title: self.title,
            description_html: self.description_html,
            vendor: self.vendor,
            product_type: self.product_type,
            status: self.status.map(|status| status.0),
            category_id: maybe_id(self.category_id, "input.categoryId")?,
            tax_class_id: parse_optional_id(self.tax_class_id.as_ref(), "input.taxClassId")?,
            tags: self.tags,
            seo_title: maybe(self.seo_title),
            seo_description: maybe(self.seo_description),
            external_reference: maybe(self.external_reference),
            metadata: entries(self.metadata),
            private_metadata: entries(self.private_metadata),
            options: self
                .options
                .map(|all| all.into_iter().enumerate().map(option).collect::<Result<_>>())
                .transpose()?,
            media: self.media.map(|all| all.into_iter().map(picture).collect()),
            translations: self.translations.map(|all| all.into_iter().map(texts).collect()),
            variants: variants
                .map(|(index, variant)| variant.domain(&format!("input.variants.{index}")))
                .collect::<Result<_>>()?,
        };
        let id = parse_optional_id(self.id.as_ref(), "input.id")?;
        Ok(UpsertProduct { id, expected_version: self.expected_version, patch })
    }
}

/// A part of a bundle.
#[derive(Clone, Debug, InputObject)]
pub struct BundleComponentInput {
    /// The part: a variant that is no bundle itself.
    pub variant_id: ID,
    /// Units per bundle.
    #[graphql(default = 1)]
    pub quantity: i64,
}

/// A variant to create or change: found by id, else by SKU in the product, else by its option values.
#[derive(Clone, Debug, InputObject)]
pub struct VariantInput {
    /// The variant to change.
    pub id: Option<ID>,
    /// Stock keeping unit; unique in the shop.
    #[graphql(default)]
    pub sku: MaybeUndefined<String>,
    /// GTIN-8, GTIN-12 (UPC), GTIN-13 (EAN, JAN) or GTIN-14.
    #[graphql(default)]
    pub barcode: MaybeUndefined<String>,
    /// One value per option, in the order of the options.
    pub option_values: Option<Vec<String>>,
    /// Order in the product, from 1; a new variant comes last.
    pub position: Option<i32>,
    /// Overrides the product's tax class.
    #[graphql(default)]
    pub tax_class_id: MaybeUndefined<ID>,
    /// Shipping weight in grams.
    pub weight_grams: Option<i32>,
    /// Whether it is a physical thing.
    pub requires_shipping: Option<bool>,
    /// Whether stock is counted.
    pub tracked: Option<bool>,
    /// Whether each unit (`SERIAL`) or each lot (`LOT`) has a number; only for goods whose stock is counted.
    pub unit_tracking: Option<Word<UnitTracking>>,
    /// What happens when stock runs out.
    pub inventory_policy: Option<Word<InventoryPolicy>>,
    /// Most units promised beyond stock; only with `BACKORDER`.
    #[graphql(default)]
    pub backorder_limit: MaybeUndefined<i64>,
    /// When a pre-order ships; needed with `PREORDER`.
    #[graphql(default)]
    pub preorder_ships_on: MaybeUndefined<Date>,
    /// What a bundle is made of; an empty list makes it an ordinary variant.
    pub components: Option<Vec<BundleComponentInput>>,
    /// Its own picture, one of the product's.
    #[graphql(default)]
    pub image_id: MaybeUndefined<ID>,
    /// Whether it is sold.
    pub active: Option<bool>,
    /// Id in another system.
    #[graphql(default)]
    pub external_reference: MaybeUndefined<String>,
    /// Public metadata; all of it.
    pub metadata: Option<Vec<MetadataInput>>,
    /// Metadata for staff and apps; all of it.
    pub private_metadata: Option<Vec<MetadataInput>>,
}

impl VariantInput {
    fn domain(self, path: &str) -> Result<VariantPatch> {
        let at = |field: &str| format!("{path}.{field}");
        let part = |(index, part): (usize, BundleComponentInput)| {
            Ok((parse_id(&part.variant_id, &at(&format!("components.{index}.variantId")))?, part.quantity))
        };
        let components = self.components.map(|all| all.into_iter().enumerate().map(part).collect::<Result<_>>());
        Ok(VariantPatch {
            id: parse_optional_id(self.id.as_ref(), &at("id"))?,
            sku: maybe(self.sku),
            barcode: maybe(self.barcode),
            options: self.option_values,
            position: self.position,
            tax_class_id: maybe_id(self.tax_class_id, &at("taxClassId"))?,
            weight_grams: self.weight_grams,
            requires_shipping: self.requires_shipping,
            tracked: self.tracked,
            unit_tracking: self.unit_tracking.map(|tracking| tracking.0),
            inventory_policy: self.inventory_policy.map(|policy| policy.0),
            backorder_limit: maybe(self.backorder_limit),
            preorder_ships_on: maybe(self.preorder_ships_on).map(|date| date.map(|date| date.0)),
            components: components.transpose()?,
            image: maybe_id(self.image_id, &at("imageId"))?.map(|image| image.map(ImageRef::Id)),
            active: self.active,
            external_reference: maybe(self.external_reference),
            metadata: entries(self.metadata),
            private_metadata: entries(self.private_metadata),
        })
    }
}

/// A new variant, or a change of one.
#[derive(Clone, Debug, InputObject)]
pub struct VariantUpsertInput {
    /// The product of a new variant.
    pub product_id: Option<ID>,
    /// The version that was read; another one is refused.
    pub expected_version: Option<i32>,
    /// The variant.
    pub variant: VariantInput,
}

impl VariantUpsertInput {
    pub(super) fn domain(self) -> Result<UpsertVariant> {
        Ok(UpsertVariant {
            product_id: parse_optional_id(self.product_id.as_ref(), "input.productId")?,
            expected_version: self.expected_version,
            patch: self.variant.domain("input.variant")?,
        })
    }
}

/// What a variant shall cost.
#[derive(Clone, Debug, InputObject)]
pub struct PriceInput {
    /// The variant.
    pub variant_id: ID,
    /// Price in the channel's currency; with or without tax as the channel says.
    pub price: MoneyInput,
    /// Former or list price, shown struck through.
    pub compare_at_price: Option<MoneyInput>,
}

/// Prices of one channel.
#[derive(Clone, Debug, InputObject)]
pub struct PriceSetInput {
    /// Code of the channel.
    pub channel: String,
    /// The prices, at most 1,000.
    pub prices: Vec<PriceInput>,
}

impl PriceSetInput {
    pub(super) async fn domain(self, ctx: &Context<'_>) -> Result<SetPrice> {
        let channel = channel::query::by_code(&ctx_of(ctx).db(), &self.channel).await?;
        let channel = channel.ok_or_else(|| Error::not_found("channel"))?;
        let price = |(index, wanted): (usize, PriceInput)| {
            let at = |field: &str| format!("input.prices.{index}.{field}");
            let compare_at = wanted.compare_at_price.map(|money| money.money(&at("compareAtPrice"))).transpose()?;
            Ok(NewPrice {
                variant_id: parse_id(&wanted.variant_id, &at("variantId"))?,
                price: wanted.price.money(&at("price"))?,
                compare_at,
            })
        };
        let prices = self.prices.into_iter().enumerate().map(price).collect::<Result<Vec<NewPrice>>>()?;
        Ok(SetPrice { channel_id: channel.id, prices })
    }
}

/// A new category, or a change of one.
#[derive(Clone, Debug, InputObject)]
pub struct CategoryUpsertInput {
    /// The category to change; left out for a new one.
    pub id: Option<ID>,
    /// Unique name in addresses; made from the name when left out.
    pub slug: Option<String>,
    /// Name; a new category needs one.
    pub name: Option<String>,
    /// Names in other languages; all of them.
    pub translations: Option<Vec<NameTranslationInput>>,
    /// What it is under; null makes it a root.
    #[graphql(default)]
    pub parent_id: MaybeUndefined<ID>,
    /// Order among siblings.
    pub position: Option<i32>,
}

impl CategoryUpsertInput {
    pub(super) fn domain(self) -> Result<UpsertCategory> {
        Ok(UpsertCategory {
            id: parse_optional_id(self.id.as_ref(), "input.id")?,
            slug: self.slug,
            name: self.name,
            translations: names(self.translations),
            parent_id: maybe_id(self.parent_id, "input.parentId")?,
            position: self.position,
        })
    }
}

/// A new collection, or a change of one.
#[derive(Clone, Debug, InputObject)]
pub struct CollectionUpsertInput {
    /// The collection to change; left out for a new one.
    pub id: Option<ID>,
    /// Unique name in addresses; made from the name when left out.
    pub slug: Option<String>,
    /// Name; a new collection needs one.
    pub name: Option<String>,
    /// Names in other languages; all of them.
    pub translations: Option<Vec<NameTranslationInput>>,
    /// HTML; cleaned when it comes in.
    pub description_html: Option<String>,
    /// Order among collections.
    pub position: Option<i32>,
    /// Its products in order, at most 5,000; all of them.
    pub product_ids: Option<Vec<ID>>,
}

impl CollectionUpsertInput {
    pub(super) fn domain(self) -> Result<UpsertCollection> {
        Ok(UpsertCollection {
            id: parse_optional_id(self.id.as_ref(), "input.id")?,
            slug: self.slug,
            name: self.name,
            translations: names(self.translations),
            description_html: self.description_html,
            position: self.position,
            products: self.product_ids.map(|ids| parse_ids(&ids, "input.productIds")).transpose()?,
        })
    }
}
