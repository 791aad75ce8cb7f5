//! Work for locations, and the commands that create it: placing an order takes stock, opens the work and records the
//! payments in one transaction.
//!
//! Must not: compute totals or tax (it is given them), or talk to carriers.

mod candidates;
pub mod complete_cart;
pub mod place;
pub mod placement;
pub mod plan;
pub mod query;
pub(crate) mod reroute;
mod rows;
pub mod start_payment;
pub(crate) mod work;
