//! What a change of a product says. A part that is `None` stays as it is; for a new product it takes its default.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use entity::id::{CategoryId, MediaId, ProductOptionId, TaxClassId, VariantId};
use entity::words::{InventoryPolicy, ProductStatus, UnitTracking};

/// A change of a product and maybe of its variants.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProductPatch {
    /// Unique name in addresses; made from the title when a new product has none.
    pub slug: Option<String>,
    /// Title in the shop's first language; a new product needs one.
    pub title: Option<String>,
    /// HTML; cleaned.
    pub description_html: Option<String>,
    /// Maker or brand.
    pub vendor: Option<String>,
    /// Merchant's own kind.
    pub product_type: Option<String>,
    /// Whether it is sold; a new product is a draft.
    pub status: Option<ProductStatus>,
    /// Where it hangs in the category tree; `Some(None)` takes it out.
    pub category_id: Option<Option<CategoryId>>,
    /// Tax class of its variants; by default the class with the code `standard`, or the only one.
    pub tax_class_id: Option<TaxClassId>,
    /// Tags; all of them.
    pub tags: Option<Vec<String>>,
    /// Title for search engines.
    pub seo_title: Option<Option<String>>,
    /// Description for search engines.
    pub seo_description: Option<Option<String>>,
    /// Id in another system.
    pub external_reference: Option<Option<String>>,
    /// Public metadata; all of it.
    pub metadata: Option<BTreeMap<String, String>>,
    /// Metadata for staff and apps; all of it.
    pub private_metadata: Option<BTreeMap<String, String>>,
    /// Options in order; all of them.
    pub options: Option<Vec<OptionPatch>>,
    /// Pictures in order; all of them.
    pub media: Option<Vec<MediaPatch>>,
    /// Texts in other languages; all of them.
    pub translations: Option<Vec<TranslationPatch>>,
    /// Variants to create or change; others stay as they are.
    pub variants: Vec<VariantPatch>,
}

/// An option of a product: matched by id, else by name, else new.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OptionPatch {
    /// An option the product has, to rename it.
    pub id: Option<ProductOptionId>,
    /// Name, such as `Size`.
    pub name: String,
}

/// A picture: matched by its address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MediaPatch {
    /// Address of the file: `https://…`, `http://…` or a path that begins with `/`.
    pub url: String,
    /// Text for those who cannot see it.
    pub alt: String,
}

/// Texts in another language.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TranslationPatch {
    /// BCP 47.
    pub locale: String,
    /// Title.
    pub title: String,
    /// HTML; cleaned.
    pub description_html: String,
}

/// A change of a variant: matched by id, else by SKU within the product, else by its option values, else new.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VariantPatch {
    /// A variant the product has.
    pub id: Option<VariantId>,
    /// Stock keeping unit; unique in the shop.
    pub sku: Option<Option<String>>,
    /// GTIN with a right check digit.
    pub barcode: Option<Option<String>>,
    /// One value per option, in the order of the options.
    pub options: Option<Vec<String>>,
    /// Order in the product, from 1; new variants come last.
    pub position: Option<i32>,
    /// Overrides the product's tax class.
    pub tax_class_id: Option<Option<TaxClassId>>,
    /// Shipping weight in grams.
    pub weight_grams: Option<i32>,
    /// Whether it is a physical thing.
    pub requires_shipping: Option<bool>,
    /// Whether stock is counted.
    pub tracked: Option<bool>,
    /// Whether each unit or lot has a number.
    pub unit_tracking: Option<UnitTracking>,
    /// What happens when stock runs out.
    pub inventory_policy: Option<InventoryPolicy>,
    /// Most units promised beyond stock; only with `BACKORDER`.
    pub backorder_limit: Option<Option<i64>>,
    /// When a pre-order ships; needed with `PREORDER`.
    pub preorder_ships_on: Option<Option<NaiveDate>>,
    /// What a bundle is made of, with quantities; an empty list makes it an ordinary variant.
    pub components: Option<Vec<(VariantId, i64)>>,
    /// Its own picture, one of the product's.
    pub image: Option<Option<ImageRef>>,
    /// Whether it is sold.
    pub active: Option<bool>,
    /// Id in another system.
    pub external_reference: Option<Option<String>>,
    /// Public metadata; all of it.
    pub metadata: Option<BTreeMap<String, String>>,
    /// Metadata for staff and apps; all of it.
    pub private_metadata: Option<BTreeMap<String, String>>,
}

/// Names one of the product's pictures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImageRef {
    /// By its id.
    Id(MediaId),
    /// By its address, as in `media` of the same change.
    Url(String),
}
