//! Value that customers hold: gift cards, store credit and points. One account, one append-only ledger of entries, and
//! lots that run out oldest first, for all three.
//!
//! [`ledger`] is the one writer of balances, lots and entries. Must not: know carts and orders beyond their rows, keep
//! the code of a card, let a balance fall below zero, call the network.

pub mod account;
pub mod attend;
pub mod card;
pub mod deliver;
pub mod gift_card;
pub mod guess;
pub(crate) mod ledger;
pub mod merge;
pub mod points;
pub mod program;
pub mod query;
pub mod staff;

pub(crate) use card::find_card;
pub use ledger::{SpentOn, credit, give_back, spend};

#[cfg(test)]
mod deliver_tests;
