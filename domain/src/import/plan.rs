//! From a record of the file to a change of the catalog: looks up what the file names and keeps the lines by which a
//! problem is reported.

#![expect(clippy::result_large_err, reason = "a problem is rare and moves once")]

use std::collections::HashMap;

use entity::id::{CategoryId, TaxClassId, VariantId};
use entity::money::{Currency, Money};
use entity::words::InventoryPolicy;
use rust_decimal::Decimal;

use super::report::RowProblem;
use super::shopify_csv::{ProductRecord, VariantRecord};
use crate::catalog::patch::{ImageRef, MediaPatch, OptionPatch, ProductPatch, TranslationPatch, VariantPatch};
use crate::catalog::whole::Whole;
use crate::pricing::price::NewPrice;
use crate::{Error, ErrorCode, Result};

/// Codes of tax classes that mean "not taxed", in order of preference.
pub(super) const UNTAXED: [&str; 4] = ["exempt", "zero", "untaxed", "none"];

/// What a file may name.
#[derive(Debug, Default)]
pub(super) struct Lookups {
    /// Tax classes by lower-case code.
    pub(super) tax_classes: HashMap<String, TaxClassId>,
    /// Categories by path; `None` for one that a dry run would create.
    pub(super) categories: HashMap<Vec<String>, Option<CategoryId>>,
    /// Tax class of new products.
    pub(super) default_tax_class: Option<TaxClassId>,
}

/// The change that a record asks for. The error says on which line and in which field the record is wrong.
pub(super) fn patch(lookups: &Lookups, record: &ProductRecord) -> Result<ProductPatch, RowProblem> {
    let text = |text: &Option<String>| text.clone();
    let optional = |text: &Option<String>| text.clone().map(|text| (!text.is_empty()).then_some(text));
    let variants = record
        .variants
        .iter()
        .enumerate()
        .map(|(index, variant)| {
            variant_patch(lookups, record, variant, index).map_err(|error| problem(record, variant.line, error))
        })
        .collect::<Result<Vec<_>, _>>()?;
    Ok(ProductPatch {
        slug: Some(record.handle.clone()),
        title: (!record.title.is_empty()).then(|| record.title.clone()),
        description_html: text(&record.body),
        vendor: text(&record.vendor),
        product_type: text(&record.product_type),
        status: record.status,
        category_id: category(lookups, record),
        tags: record.tags.clone(),
        seo_title: optional(&record.seo_title),
        seo_description: optional(&record.seo_description),
        options: record
            .options
            .as_ref()
            .map(|names| names.iter().map(|name| OptionPatch { id: None, name: name.clone() }).collect()),
        media: media(record),
        translations: record.translations.as_ref().map(|texts| texts.iter().map(translation).collect()),
        variants,
        ..ProductPatch::default()
    })
}

fn category(lookups: &Lookups, record: &ProductRecord) -> Option<Option<CategoryId>> {
    match record.category.as_ref()? {
        path if path.is_empty() => Some(None),
        path => lookups.categories.get(path).copied().flatten().map(Some),
    }
}

fn translation((locale, title, body): &(String, String, String)) -> TranslationPatch {
    TranslationPatch { locale: locale.clone(), title: title.clone(), description_html: body.clone() }
}

/// The pictures of the file, and those that only a variant names.
fn media(record: &ProductRecord) -> Option<Vec<MediaPatch>> {
    let images = record.images.as_ref()?;
    let mut media: Vec<MediaPatch> =
        images.iter().map(|image| MediaPatch { url: image.url.clone(), alt: image.alt.clone() }).collect();
    for url in record.variants.iter().filter_map(|variant| variant.image.as_ref()).filter(|url| !url.is_empty()) {
        if media.iter().all(|picture| picture.url != *url) {
            media.push(MediaPatch { url: url.clone(), alt: String::new() });
        }
    }
    Some(media)
}

fn variant_patch(
    lookups: &Lookups,
    record: &ProductRecord,
    variant: &VariantRecord,
    index: usize,
) -> Result<VariantPatch> {
    let optional = |text: &Option<String>| text.clone().map(|text| (!text.is_empty()).then_some(text));
    let policy = |backorder| if backorder { InventoryPolicy::Backorder } else { InventoryPolicy::Deny };
    let image = record.images.as_ref().and_then(|_| optional(&variant.image));
    Ok(VariantPatch {
        sku: optional(&variant.sku),
        barcode: optional(&variant.barcode),
        options: record.options.as_ref().map(|_| variant.values.clone()),
        position: Some(i32::try_from(index).unwrap_or(i32::MAX - 1).saturating_add(1)),
        tax_class_id: tax_class(lookups, variant)?,
        weight_grams: variant.grams,
        requires_shipping: variant.requires_shipping,
        tracked: variant.tracked,
        inventory_policy: variant.backorder.map(policy),
        image: image.map(|url| url.map(ImageRef::Url)),
        ..VariantPatch::default()
    })
}

/// The class of what is not taxed, among classes by lower-case code.
pub(super) fn untaxed(tax_classes: &HashMap<String, TaxClassId>) -> Option<TaxClassId> {
    UNTAXED.iter().find_map(|code| tax_classes.get(*code)).copied()
}

/// Our own tax class when the code names one; other systems' codes mean nothing here. What is not taxed needs a class
/// for it. Error: `TAX_RATE_MISSING`.
fn tax_class(lookups: &Lookups, variant: &VariantRecord) -> Result<Option<Option<TaxClassId>>> {
    if variant.taxable == Some(false) {
        return untaxed(&lookups.tax_classes)
            .map(|class| Some(Some(class)))
            .ok_or_else(|| Error::invalid(ErrorCode::TaxRateMissing, "taxable"));
    }
    let Some(code) = &variant.tax_code else { return Ok(None) };
    let class = lookups.tax_classes.get(&code.to_lowercase()).copied();
    Ok(if code.is_empty() { Some(None) } else { class.map(Some) })
}

/// Whether the lines stand in the order in which the product has their variants: then gaps between positions stay.
pub(super) fn keeps_order(record: &ProductRecord, old: &Whole) -> bool {
    let place = |id: VariantId| old.variants.iter().position(|variant| variant.row.id == id);
    let places: Option<Vec<usize>> = variant_ids(record, old).into_iter().map(|id| id.and_then(place)).collect();
    places.is_some_and(|places| places.is_sorted_by(|a, b| a < b))
}

/// The prices that a record asks for, for the variants of the product it became.
pub(super) fn prices(currency: Currency, record: &ProductRecord, whole: &Whole) -> Result<Vec<NewPrice>, RowProblem> {
    let mut prices = Vec::with_capacity(record.variants.len());
    for (variant, id) in record.variants.iter().zip(variant_ids(record, whole)) {
        let (Some(id), Some(amount)) = (id, variant.price) else { continue };
        let money = |amount: Decimal, path: &'static str| {
            Money::from_decimal(amount, currency)
                .ok()
                .filter(|money| (0..=crate::pricing::price::MAX_AMOUNT).contains(&money.minor))
                .ok_or_else(|| problem(record, variant.line, Error::invalid(ErrorCode::InvalidAmount, path)))
        };
        let compare_at = variant.compare_at.flatten().map(|amount| money(amount, "compareAt")).transpose()?;
        prices.push(NewPrice { variant_id: id, price: money(amount, "price")?, compare_at });
    }
    Ok(prices)
}

/// Units in stock that a record names, for counted variants of the product it became.
pub(super) fn quantities(record: &ProductRecord, whole: &Whole) -> Vec<(VariantId, i64, u64)> {
    let counted = |id: VariantId| {
        whole.variants.iter().any(|variant| variant.row.id == id && variant.row.tracked && !variant.row.is_bundle)
    };
    record
        .variants
        .iter()
        .zip(variant_ids(record, whole))
        .filter_map(|(variant, id)| Some((id.filter(|id| counted(*id))?, variant.quantity?, variant.line)))
        .collect()
}

/// Which variant each line became: its option values say so, for they are unique within a product.
fn variant_ids(record: &ProductRecord, whole: &Whole) -> Vec<Option<VariantId>> {
    record
        .variants
        .iter()
        .map(|line| {
            let sku = line.sku.as_deref().filter(|sku| !sku.is_empty());
            let by_values = || whole.variants.iter().find(|variant| variant.values == line.values);
            let by_sku = || sku.and_then(|sku| whole.variants.iter().find(|v| v.row.sku.as_deref() == Some(sku)));
            let found =
                if record.options.is_some() { by_values().or_else(by_sku) } else { by_sku().or_else(by_values) };
            found.map(|variant| variant.row.id)
        })
        .collect()
}

/// A problem with a record: the path of the error says which line and which column.
pub(super) fn problem(record: &ProductRecord, line: u64, error: Error) -> RowProblem {
    let path = error.path().to_owned();
    let mut parts = path.split('.');
    let (list, index) = (parts.next().unwrap_or_default(), parts.next().and_then(|index| index.parse::<usize>().ok()));
    let line = match (list, index) {
        ("variants", Some(index)) => record.variants.get(index).map_or(line, |variant| variant.line),
        ("media", Some(index)) => {
            record.images.as_ref().and_then(|all| all.get(index)).map_or(line, |image| image.line)
        }
        _ => line,
    };
    let field = path.rsplit('.').find(|part| part.parse::<usize>().is_err()).unwrap_or_default();
    let column = heading(field).map(str::to_owned);
    RowProblem { line, subject: record.handle.clone(), column, error }
}

fn heading(field: &str) -> Option<&'static str> {
    Some(match field {
        "slug" => "Handle",
        "title" => "Title",
        "descriptionHtml" => "Body (HTML)",
        "vendor" => "Vendor",
        "productType" => "Type",
        "tags" => "Tags",
        "sku" => "Variant SKU",
        "barcode" => "Variant Barcode",
        "options" | "name" => "Option1 Value",
        "weightGrams" => "Variant Grams",
        "price" => "Variant Price",
        "compareAt" => "Variant Compare At Price",
        "taxable" => "Variant Taxable",
        "url" | "media" => "Image Src",
        "alt" => "Image Alt Text",
        "quantity" => "Variant Inventory Qty",
        _ => return None,
    })
}
