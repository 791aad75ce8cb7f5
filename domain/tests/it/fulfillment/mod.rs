//! Placing orders: stock, money and work in one transaction.

mod batches;
pub(crate) mod clerk;
pub(crate) mod shop;

mod payments;
mod placing;
mod races;
mod clerk_races;
mod clerk_table;
mod picking;
mod rejecting;
mod working;
