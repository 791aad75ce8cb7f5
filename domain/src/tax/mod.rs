//! Tax classes and the rates that hold for them by place and date.
//!
//! Rates are data with dates, so that a change of the law is entered before it comes into force. Deliberately absent:
//! the arithmetic, which stands in `pricing::totals`.

pub mod place;
pub mod query;
pub mod upsert_class;
pub mod upsert_rate;

pub use place::{Place, place};
pub use query::{known_rates, rates};
