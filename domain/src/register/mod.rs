//! Tills: ringing up sales, receipts and scanning.
//!
//! Must not: price or take stock itself; a sale is placed by the same step as any order.

pub mod lookup;
pub mod query;
pub mod receipt;
mod receipt_html;
mod receipt_text;
pub mod sale_discounts;
pub mod scan;
pub mod sell;
mod till;
