//! Files from elsewhere: Shopify's product and inventory CSV in and out.
//!
//! Reading a file ([`table`], [`shopify_csv`], [`inventory_csv`]) is pure and stands apart from writing what it says
//! ([`products`], [`inventory`]); what [`export_products`] and [`export_inventory`] write reads back unchanged. Deliberately absent: rules of products and stock, which their areas keep.

pub mod cell;
mod export;
pub mod export_inventory;
pub mod export_products;
pub mod export_purchase_order;
pub mod inventory;
pub mod inventory_csv;
mod lookups;
mod plan;
pub mod products;
pub mod report;
pub mod shopify_csv;
mod stock;
pub mod table;
pub mod tracking;

pub use report::{ImportReport, RowProblem};
