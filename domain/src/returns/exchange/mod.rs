//! Other goods for those that come back: at a counter, after they came, or in advance; and the same goods again for a
//! claim.
//!
//! The new goods are an order of their own, placed like any other. What the old goods give is a refund of the old order
//! with the destination `EXCHANGE` and, of the same amount, a tender of the gateway `EXCHANGE` of the new one. Must not:
//! price, route or take stock itself.

pub mod attend;
pub mod cancel;
pub mod counter;
pub mod create;
mod credit;
pub mod goods;
pub mod guard;
pub mod instead;
pub mod mail;
pub mod offer;
mod open;
pub mod preview;
pub mod query;
pub(super) mod replace;
pub mod settle;
mod step;
pub mod told;

use entity::{exchange, returns};

pub(super) use cancel::give_up;
pub(super) use credit::agree_anew;
pub use goods::NewGoods;
pub(super) use settle::goods_came;
pub use settle::{SETTLE_JOB, settle_due};

/// An exchange after a command.
#[derive(Debug, Clone, PartialEq)]
pub struct Exchanged {
    /// The exchange as it is now.
    pub row: exchange::Model,
    /// Its first half.
    pub back: returns::Model,
    /// Whether the same key did it before.
    pub replayed: bool,
}
