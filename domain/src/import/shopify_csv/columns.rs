//! Which column of a file means what: Shopify's old headings, the ones since 2024, and our own.

use std::collections::HashMap;

use super::super::table::{Row, Table, fold_heading};
use crate::catalog::apply::MAX_OPTIONS;
use crate::kernel::language;

/// Options that a file can have: Shopify's have three, our own as many as a product can have.
pub(super) const OPTIONS: usize = MAX_OPTIONS;

/// What a column means.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Field {
    Handle,
    Title,
    Body,
    Vendor,
    Type,
    Category,
    Tags,
    Published,
    Status,
    SeoTitle,
    SeoDescription,
    GiftCard,
    OptionName(usize),
    OptionValue(usize),
    Sku,
    Barcode,
    Grams,
    Weight,
    WeightUnit,
    Tracker,
    Quantity,
    Policy,
    Price,
    CompareAt,
    RequiresShipping,
    Taxable,
    TaxCode,
    VariantImage,
    ImageSrc,
    ImagePosition,
    ImageAlt,
    LocaleTitle(String),
    LocaleBody(String),
}

/// Headings of Shopify's exports, the old set, the set since 2024, and small variations met in the wild.
fn field(heading: &str) -> Option<Field> {
    let folded = fold_heading(heading);
    if let Some(locale) = folded.strip_prefix("title (").and_then(|rest| rest.strip_suffix(')')) {
        return language::is_locale(locale).then(|| Field::LocaleTitle(locale_as_written(heading)));
    }
    if let Some(locale) = folded.strip_prefix("body (html) (").and_then(|rest| rest.strip_suffix(')')) {
        return language::is_locale(locale).then(|| Field::LocaleBody(locale_as_written(heading)));
    }
    for number in 0..OPTIONS {
        let option = number + 1;
        if [format!("option{option} name"), format!("option {option} name")].contains(&folded) {
            return Some(Field::OptionName(number));
        }
        if [format!("option{option} value"), format!("option {option} value")].contains(&folded) {
            return Some(Field::OptionValue(number));
        }
    }
    product_field(&folded).or_else(|| variant_field(&folded))
}

/// The tag between the last parentheses, in the case in which it was written.
fn locale_as_written(heading: &str) -> String {
    heading.rsplit('(').next().unwrap_or_default().trim_end_matches(')').trim().to_owned()
}

fn product_field(folded: &str) -> Option<Field> {
    Some(match folded {
        "handle" | "url handle" => Field::Handle,
        "title" => Field::Title,
        "body (html)" | "body html" | "body" | "description" => Field::Body,
        "vendor" => Field::Vendor,
        "type" | "custom product type" => Field::Type,
        "product category" | "standard product type" | "standardized product type" => Field::Category,
        "tags" => Field::Tags,
        "published" | "published on online store" => Field::Published,
        "status" => Field::Status,
        "seo title" => Field::SeoTitle,
        "seo description" => Field::SeoDescription,
        "gift card" => Field::GiftCard,
        "image src" | "product image url" | "image url" => Field::ImageSrc,
        "image position" => Field::ImagePosition,
        "image alt text" => Field::ImageAlt,
        _ => return None,
    })
}

fn variant_field(folded: &str) -> Option<Field> {
    Some(match folded.strip_prefix("variant ").unwrap_or(folded) {
        "sku" => Field::Sku,
        "barcode" | "barcode (isbn, upc, gtin, etc.)" => Field::Barcode,
        "grams" | "weight value (grams)" | "weight (grams)" => Field::Grams,
        "weight" => Field::Weight,
        "weight unit" | "weight unit for display" => Field::WeightUnit,
        "inventory tracker" => Field::Tracker,
        "inventory qty" | "inventory quantity" => Field::Quantity,
        "inventory policy" | "continue selling when out of stock" => Field::Policy,
        "price" => Field::Price,
        "compare at price" | "compare-at price" | "compare at" | "compare-at" => Field::CompareAt,
        "requires shipping" => Field::RequiresShipping,
        "taxable" | "charge tax" => Field::Taxable,
        "tax code" => Field::TaxCode,
        "image" | "image url" => Field::VariantImage,
        _ => return None,
    })
}

/// Whether a column says something that only variants have.
fn is_of_variant(field: &Field) -> bool {
    matches!(
        field,
        Field::OptionValue(_)
            | Field::Sku
            | Field::Price
            | Field::Barcode
            | Field::Grams
            | Field::Weight
            | Field::Quantity
            | Field::Tracker
    )
}

/// Where the columns are.
pub(super) struct Columns {
    places: HashMap<Field, usize>,
    pub(super) headings: Vec<String>,
    pub(super) ignored: Vec<String>,
    pub(super) locales: Vec<String>,
}

impl Columns {
    pub(super) fn of(table: &Table) -> Self {
        let mut columns =
            Self { places: HashMap::new(), headings: table.headings.clone(), ignored: Vec::new(), locales: Vec::new() };
        for (place, heading) in table.headings.iter().enumerate() {
            match field(heading) {
                // The first of two equal headings counts: Shopify's own comes before what apps append.
                Some(field) if !columns.places.contains_key(&field) => {
                    if let Field::LocaleTitle(locale) = &field {
                        columns.locales.push(locale.clone());
                    }
                    columns.places.insert(field, place);
                }
                _ if heading.is_empty() => {}
                _ => columns.ignored.push(heading.clone()),
            }
        }
        columns
    }

    /// Whether the file says anything of a variant at all.
    pub(super) fn has_variants(&self) -> bool {
        self.places.keys().any(is_of_variant)
    }

    pub(super) fn has(&self, field: &Field) -> bool {
        self.places.contains_key(field)
    }

    pub(super) fn cell<'a>(&self, row: &'a Row, field: &Field) -> &'a str {
        self.places.get(field).map_or("", |place| row.cell(*place))
    }

    /// The cell when there is such a column.
    pub(super) fn some(&self, row: &Row, field: &Field) -> Option<String> {
        self.has(field).then(|| self.cell(row, field).to_owned())
    }

    pub(super) fn heading(&self, field: &Field) -> Option<String> {
        self.places.get(field).and_then(|place| self.headings.get(*place)).cloned()
    }
}
