//! Stories over HTTP, against the real server on both databases. One binary; a module per subject.

// See the library.
#![recursion_limit = "512"]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::panic,
    clippy::too_many_lines,
    missing_docs,
    reason = "tests"
)]

// The crate of the harness is called `support`, too: this is what only stories over HTTP need.
#[path = "support/mod.rs"]
mod harness;

mod architecture;
mod demo;
mod health;
mod mail;
mod money;
mod must_hold;
mod orders;
mod pages;
mod pickup;
mod returns;
mod shipping;
mod stores;
mod tours;
mod transport;
mod voices;
mod walk;
