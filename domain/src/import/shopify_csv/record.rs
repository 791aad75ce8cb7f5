//! What a file says, before any of our rules looks at it.

use entity::words::ProductStatus;
use rust_decimal::Decimal;

use super::super::report::RowProblem;

/// A file that was read.
#[derive(Debug, Clone, Default)]
pub struct Parsed {
    /// Products in the order of the file.
    pub products: Vec<ProductRecord>,
    /// What is wrong with which line; those products are not among `products`.
    pub problems: Vec<RowProblem>,
    /// How many products those lines belong to.
    pub failed: u64,
    /// Headings that mean nothing here.
    pub ignored_columns: Vec<String>,
    /// Lines with something in them, without the headings.
    pub rows: u64,
}

/// A product of the file. A field that is `None` has no column, and stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProductRecord {
    /// Line on which it begins.
    pub line: u64,
    /// Shopify's handle, our slug.
    pub handle: String,
    /// Title.
    pub title: String,
    /// HTML, not yet cleaned.
    pub body: Option<String>,
    /// Maker or brand.
    pub vendor: Option<String>,
    /// Merchant's own kind.
    pub product_type: Option<String>,
    /// Path of the category, from the root.
    pub category: Option<Vec<String>>,
    /// Tags.
    pub tags: Option<Vec<String>>,
    /// Whether it is sold.
    pub status: Option<ProductStatus>,
    /// Title for search engines; empty for none.
    pub seo_title: Option<String>,
    /// Description for search engines; empty for none.
    pub seo_description: Option<String>,
    /// Names of the options; empty for a product without.
    pub options: Option<Vec<String>>,
    /// Titles and HTML by locale (our own columns `Title (ja)`, `Body (HTML) (ja)`).
    pub translations: Option<Vec<(String, String, String)>>,
    /// Variants in the order of the file.
    pub variants: Vec<VariantRecord>,
    /// Pictures in the order of the file's positions.
    pub images: Option<Vec<ImageRecord>>,
}

/// A variant of the file. A field that is `None` has no column or, where that makes sense, a blank cell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VariantRecord {
    /// Its line.
    pub line: u64,
    /// One value per option.
    pub values: Vec<String>,
    /// Stock keeping unit; empty for none.
    pub sku: Option<String>,
    /// Barcode; empty for none.
    pub barcode: Option<String>,
    /// Weight in grams.
    pub grams: Option<i32>,
    /// Whether stock is counted.
    pub tracked: Option<bool>,
    /// Units in stock.
    pub quantity: Option<i64>,
    /// Whether it is sold beyond stock.
    pub backorder: Option<bool>,
    /// Price.
    pub price: Option<Decimal>,
    /// Former price; `Some(None)` for a blank cell.
    pub compare_at: Option<Option<Decimal>>,
    /// Whether it is a physical thing.
    pub requires_shipping: Option<bool>,
    /// Whether it is taxed.
    pub taxable: Option<bool>,
    /// Code of a tax class, or another system's code.
    pub tax_code: Option<String>,
    /// Address of its picture; empty for none.
    pub image: Option<String>,
}

/// A picture of the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImageRecord {
    /// Its line.
    pub line: u64,
    /// Address.
    pub url: String,
    /// Text for those who cannot see it.
    pub alt: String,
    /// Order.
    pub position: i64,
}
