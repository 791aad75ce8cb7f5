//! What lies where: counters per location and variant, the ledger of their movements, holds, and what may be promised.
//!
//! [`post()`] is the only writer of counters and movements; everything else composes movements for it.
//! Deliberately absent: which location serves an order (`routing`) and what an order is.

pub mod adjust;
pub(crate) mod age;
pub mod availability;
mod change;
pub mod demand;
pub mod hold;
pub(crate) mod incoming;
pub mod level;
pub mod move_state;
pub mod movement;
pub mod orderable;
pub mod pickup;
mod place_hold;
pub(crate) mod pool;
pub mod post;
pub mod query;
pub mod receive;
pub mod safety_stock;
pub(crate) mod sql;
pub mod stock_reason;
pub mod storage_area;
pub mod storefront;
pub(crate) mod subject;
pub mod unit;
pub(crate) mod write_off;
pub mod sync;

pub use adjust::{AdjustLine, AdjustStock, Adjustment, adjust};
pub use change::Changed;
pub use move_state::{MoveLine, MoveStock, move_state};
pub use movement::{Cause, Movement};
pub use post::post;
pub(crate) use post::{lock, lock_all};
pub use receive::{ReceiveLine, ReceiveStock, receive};
pub use safety_stock::{SafetyLine, SetSafetyStock, set_safety_stock};
pub(crate) use subject::check as check_subject;
