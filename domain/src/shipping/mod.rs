//! Parcels on their way: packing and dispatching them, tracking, carrier files and webhooks, slips and labels, delivery
//! times.
//!
//! Must not: decide who sends what, or write stock by itself; that is fulfillment work.

pub mod arrival;
pub mod carriers;
pub mod cash_on_delivery;
pub mod confirm;
pub mod contents;
pub mod dispatch;
pub mod documents;
pub mod feed;
pub mod late;
pub mod mail;
mod open_parcel;
pub mod pack;
mod pack_units;
pub mod parcel;
pub mod query;
pub mod recipient;
pub mod returned;
pub mod ship;
pub mod tracking;
pub mod tracking_number;
pub mod unit_codes;
pub mod unpack;
pub mod webhook;
