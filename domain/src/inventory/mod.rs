//! What lies where: counters per location and variant, the ledger of their movements, holds, and what may be promised.
//!
//! [`post()`] is the only writer of counters and movements; everything else composes movements for it.
//! Deliberately absent: which location serves an order (`routing`) and what an order is.

pub mod availability;
pub mod demand;
pub mod hold;
pub mod level;
pub mod movement;
mod place_hold;
mod pool;
pub mod post;
pub mod query;
mod sql;
mod subject;

pub use movement::{Cause, Movement};
pub use post::post;
