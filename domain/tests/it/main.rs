//! Rules and races that need only a database. One binary; a module per area.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    missing_docs,
    reason = "tests"
)]

// Inside its own package the library goes by its full name.
extern crate hitotsu_domain as domain;

mod access;
mod audit;
mod cart;
mod catalog;
mod customer;
mod customer_merge;
mod drawer;
mod external;
mod flow;
mod fulfillment;
mod interleaving;
mod inventory;
mod kernel;
mod location;
mod messaging;
mod order;
mod order_change;
mod payment;
mod pickup;
mod pricing;
mod promotion;
mod register;
mod returns;
mod review;
mod stock_count;
mod stored_value;
mod survey;
mod routing;
mod transfer;
mod shipping;
