//! Baskets that follow a customer over channels: lines, contact, addresses, delivery choices, codes for the till.
//!
//! What stands in the way of an order is data ([`problem`]), not an exception. [`facts`] reads everything that pricing
//! needs in three or four statements, [`view`] turns it into totals. Deliberately absent: payments, the order itself
//! (`fulfillment::complete_cart`) and stock, which is only promised (`inventory::hold`) and checked at placement.

pub mod authorize;
pub mod code;
pub mod complete;
mod facts;
pub mod lock;
pub mod problem;
pub mod query;
pub mod status;
pub mod view;

pub use authorize::authorize;
pub use facts::Counter;
pub use view::{CartView, PricedCart};
