//! What makes things cheaper: promotions with their codes and limits, and discounts by hand.
//!
//! The engine ([`engine`]) is pure: offers, a basket and what staff gave by hand go in; what is taken from which line,
//! and why every other offer does not apply, comes out. [`load`] reads what it needs, [`redeem`] counts uses inside the
//! transaction that places an order. Deliberately absent: price lists, tiers, goods that come along and budgets; they
//! would be further benefits and conditions of an offer.

pub(crate) mod about;
pub mod activate;
pub mod by_hand;
pub mod codes;
pub mod conditions;
pub mod engine;
pub mod limit;
pub mod load;
pub mod offer;
pub(crate) mod people;
pub mod query;
pub mod redeem;
mod stack;
pub mod upsert;

pub use by_hand::{ByHand, ByHandValue};
pub use engine::{Applied, Basket, BasketLine, Outcome, Refused, Source};
pub use load::{Found, Shopper};
pub use offer::Offer;
