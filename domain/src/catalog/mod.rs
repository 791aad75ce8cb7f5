//! What is sold: products, options, variants, barcodes, bundles, categories, collections, pictures and translations;
//! finding them; and the snapshot that storefront lists are read from.
//!
//! Deliberately absent: stock (inventory), what a cart costs (pricing) and files from elsewhere (import).

pub mod barcode;
pub mod display;
pub mod query;
