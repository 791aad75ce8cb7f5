//! What is sold: products, options, variants, barcodes, bundles, categories, collections, pictures and translations;
//! finding them; and the snapshot that storefront lists are read from.
//!
//! Deliberately absent: stock (inventory), what a cart costs (pricing) and files from elsewhere (import).

pub mod apply;
mod apply_variant;
pub mod barcode;
pub mod browse;
pub mod bundle;
pub mod category;
pub mod display;
pub mod html;
pub mod patch;
pub mod query;
mod rows;
pub(crate) mod save;
pub mod search;
pub mod search_index;
pub mod slug;
pub mod snapshot;
pub mod upsert_category;
pub mod upsert_collection;
pub mod upsert_product;
pub mod upsert_variant;
pub mod whole;

pub use crate::kernel::revision;
pub use upsert_category::{UpsertCategory, upsert_category};
pub use upsert_collection::{UpsertCollection, upsert_collection};
pub use upsert_product::{UpsertProduct, upsert_product};
pub use upsert_variant::{UpsertVariant, upsert_variant};
