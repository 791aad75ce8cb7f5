//! What was agreed: lines, prices, taxes, delivery choices. Never edited in place.
//!
//! Must not: take stock or money; the commands that place and cancel orders live in `fulfillment`, which writes higher.

pub mod access;
pub mod add_note;
pub mod ask_gateway;
pub mod authorization;
pub mod cancel_units;
pub(crate) mod capture_due;
pub mod capture_payment;
pub mod gateway_news;
pub mod credit_note;
pub(crate) mod given_back;
mod lock;
pub mod money_mail;
pub mod number;
pub mod query;
pub(crate) mod reconcile;
pub mod refund;
mod refresh;
pub mod set_customer;
pub mod status;
pub(crate) mod units;
pub mod void_payment;

pub(crate) use lock::{lock, lock_one};
pub(crate) use refresh::{refresh, refresh_all};
