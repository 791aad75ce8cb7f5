//! What things cost: totals of an order, spreading of amounts and price rows.
//!
//! The arithmetic ([`totals`], [`allocation`]) is pure and the only place where amounts are multiplied, rounded or
//! spread. Deliberately absent: promotions, payments and anything that reads the clock.

pub mod allocation;
pub mod price;
pub mod set_price;
pub mod totals;
