//! Where demand comes from: a channel has one currency, a locale, a tax country, a seller, and the locations that may
//! serve it, in order.
//!
//! Deliberately absent: prices and stock of a channel (`pricing`, `inventory`).

pub mod invoice_number;
pub mod nearby;
pub mod query;
pub mod upsert;

pub use upsert::{UpsertChannel, upsert};
