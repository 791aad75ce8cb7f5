//! Goods on their way to a location: transfers between locations, purchase orders and shipping notices of suppliers.
//!
//! Must not: know what a pickup or an order is; what waits for goods is told by events.

pub(crate) mod awaited;
pub mod cancel;
mod command;
pub mod dispatch;
pub mod draft;
mod lock;
mod number;
mod numbers;
pub(crate) mod open;
pub mod purchase;
pub mod query;
pub mod ready;
pub mod receive;
pub mod suggestion;
pub mod supplier;

pub use cancel::{CancelTransfer, cancel};
pub use command::Done;
pub use dispatch::{DispatchTransfer, dispatch};
pub use draft::{CreateTransfer, TransferContent, UpdateTransfer, create, update};
pub use numbers::Numbers;
pub use ready::{TransferStep, make_ready, reopen};
pub use receive::{CloseTransfer, ReceiveTransfer, ReceivedUnits, close_rest, receive};
