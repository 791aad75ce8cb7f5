//! Money: tenders, and the append-only facts about them.
//!
//! Sums over payment events are the only truth about what was paid. Must not: know carts or orders beyond their ids,
//! hold a card number, call the network.

pub mod gateway;
pub mod query;
pub mod record;
pub mod refundable;
pub(crate) mod stored;
pub mod sums;
pub mod tender;

pub(crate) use record::record_last;
pub use record::{NewPaymentEvent, record};
