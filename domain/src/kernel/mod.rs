//! What every area stands on: the context of a request, transactions, events, jobs, idempotency,
//! errors, time, randomness, text hygiene and paging.
//!
//! Deliberately absent: anything that knows a product, an order or a customer.

pub mod actor;
pub(crate) mod batch;
pub mod bell;
pub mod clock;
pub mod code;
pub mod country;
pub mod ctx;
pub mod db;
pub mod email;
pub mod error;
pub mod error_code;
pub mod event;
pub mod history;
pub mod idempotency;
pub mod job;
pub(crate) mod known;
pub mod language;
pub mod metadata;
pub mod network_gateway;
pub mod paging;
pub mod permission;
pub mod random;
pub mod rest;
pub mod revision;
pub mod secret;
pub mod text;
pub mod tx;
pub(crate) mod upsert;
pub mod version;
mod within;

pub use actor::Actor;
pub use ctx::Ctx;
pub use db::Reader;
pub use error::{Error, Result};
pub use error_code::ErrorCode;
pub use permission::{Permission, Scope};
pub use tx::Tx;
