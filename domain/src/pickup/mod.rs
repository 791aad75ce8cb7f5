//! Goods that a customer collects: ready, one-time code, handing over, reminders, expiry, choosing again, reservations.
//!
//! Must not: route (`fulfillment` does) or move stock by hand.

pub mod access;
pub mod arrive;
pub mod brought;
pub mod cancel;
pub mod cancel_order;
pub mod card;
pub mod cascade;
pub mod choose;
pub mod code;
pub mod collect;
pub mod expire;
pub mod extend;
pub mod follow;
pub mod keep;
mod numbers;
pub mod prepare;
pub mod query;
pub mod ready;
pub mod remind;
pub mod renew_code;
pub mod reservation;
mod short;
mod step;
mod units;
pub mod unpaid;
