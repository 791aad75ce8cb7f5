//! Tills: ringing up sales, receipts, scanning, closing the drawer and its reports.
//!
//! Must not: price or take stock itself; a sale is placed by the same step as any order.

pub mod close;
mod late;
pub mod lookup;
pub mod query;
pub mod receipt;
mod receipt_html;
mod receipt_text;
pub mod report;
mod report_facts;
mod report_html;
mod report_text;
pub(crate) mod ring_up;
pub mod sale_discounts;
pub mod scan;
pub mod sell;
mod till;

pub use late::{LateSale, sell_late, sync};
