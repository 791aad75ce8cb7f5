//! What things cost: totals of an order, spreading of amounts, shipping methods and price rows.
//!
//! The arithmetic ([`totals`], [`allocation`], [`shipping_rate`]) is pure and the only place where amounts are
//! multiplied, rounded or spread. Deliberately absent: promotions, payments and anything that reads the clock.

pub mod allocation;
pub mod delivery_time;
pub mod price;
pub mod set_price;
pub mod shipping_method;
pub mod shipping_rate;
pub mod totals;
pub mod upsert_shipping_method;
