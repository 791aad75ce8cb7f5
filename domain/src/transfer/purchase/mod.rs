//! Goods ordered from suppliers: purchase orders, what arrives of them, and what suppliers announce.

pub mod draft;
pub mod end;
mod lock;
pub mod notice;
pub mod order;
pub mod query;
pub mod receive;

pub use draft::{CreatePurchaseOrder, PurchaseContent, PurchaseLine, UpdatePurchaseOrder, create, update};
pub use end::{ClosePurchaseOrder, cancel, close_rest};
pub use notice::{Announce, announce, withdraw};
pub use order::{PurchaseStep, order};
pub use receive::{DeliveredUnits, ReceivePurchaseOrder, receive};
