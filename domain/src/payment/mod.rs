//! Money: tenders, and the append-only facts about them.
//!
//! Sums over payment events are the only truth about what was paid. Must not: know carts or orders beyond their ids,
//! hold a card number, call the network: what a gateway over the network is asked for is a job ([`task`]).

pub(crate) mod attend;
pub mod gateway;
pub mod query;
pub mod record;
pub mod refundable;
pub(crate) mod stored;
pub mod sums;
pub mod task;
pub mod tender;

pub use record::{NewPaymentEvent, record};
pub(crate) use record::{is_guarantee, record_last, record_told};
