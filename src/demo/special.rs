//! Goods beside the list: one product with one variant, with its price in both channels.

use anyhow::{Context as _, Result};
use domain::Ctx;
use domain::catalog::patch::{ProductPatch, TranslationPatch, VariantPatch};
use domain::catalog::{UpsertProduct, upsert_product};
use domain::pricing::price::NewPrice;
use domain::pricing::set_price::{SetPrice, set_price};
use entity::id::{ProductId, TaxClassId, VariantId};
use entity::money::{Currency, Money};
use entity::words::ProductStatus;

use super::places::Places;

/// What it is called and costs.
pub(super) struct Special {
    pub(super) slug: &'static str,
    pub(super) ja: &'static str,
    pub(super) en: &'static str,
    pub(super) yen: i64,
    pub(super) tax_class_id: TaxClassId,
    pub(super) variant: VariantPatch,
}

/// Puts it on sale.
pub(super) async fn offer(ctx: &Ctx, places: &Places, special: Special) -> Result<(ProductId, VariantId)> {
    let patch = ProductPatch {
        slug: Some(special.slug.to_owned()),
        title: Some(special.ja.to_owned()),
        vendor: Some("ひとつ商店".to_owned()),
        status: Some(ProductStatus::Active),
        tax_class_id: Some(special.tax_class_id),
        translations: Some(vec![TranslationPatch {
            locale: "en".to_owned(),
            title: special.en.to_owned(),
            description_html: String::new(),
        }]),
        variants: vec![special.variant],
        ..ProductPatch::default()
    };
    let made = upsert_product(ctx, UpsertProduct { id: None, expected_version: None, patch }).await?;
    let variant_id = made.variants.first().context("a product has a variant")?.row.id;
    let price = NewPrice { variant_id, price: Money::new(special.yen, Currency::JPY), compare_at: None };
    for channel in [&places.online, &places.pos] {
        set_price(ctx, SetPrice { channel_id: channel.id, prices: vec![price] }).await?;
    }
    Ok((made.product.id, variant_id))
}
