//! Files from elsewhere: Shopify's product and inventory CSV in and out.
//!
//! Reading a file ([`table`], [`shopify_csv`], [`inventory_csv`]) is pure and stands apart from writing what it says
//! ([`products`], [`inventory`]). Deliberately absent: rules of products and stock, which their areas keep.

pub mod cell;
pub mod inventory;
pub mod inventory_csv;
mod lookups;
mod plan;
pub mod products;
pub mod report;
pub mod shopify_csv;
mod stock;
pub mod table;

pub use report::{ImportReport, RowProblem};
