//! Goods that come back: what may, by whose rules, on which way, what was found, and what it gives.
//!
//! A return belongs to one order (a blind one to none); units, not lines, are accounted for. `units` is the only
//! writer of `order_line.return_requested` and `received_back`; stock enters where the goods are, by
//! `inventory::post`; money goes back by `order::refund::issue`.
//! Must not: cancel units or route anything; new goods are priced and placed by those who sell.

pub mod access;
pub mod claim;
pub mod counter;
pub mod decide;
pub mod exchange;
pub mod facts;
pub mod inspect;
pub mod mail;
mod money;
mod number;
pub mod photo;
pub mod policy;
pub mod preview;
pub mod query;
pub mod receive;
pub mod remind;
pub mod request;
pub mod slip;
pub mod slip_pdf;
mod step;
mod stock;
mod units;
pub mod upsert;
