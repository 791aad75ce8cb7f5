//! Messages: asked for once, sent at least once, in order, and set aside alone.

mod asked;
mod dispatching;
pub(crate) mod fixture;
mod handing_over;
mod keeping;
mod learning;
mod marketplaces;
mod notices;
mod order_of_events;
mod outage;
mod policy;
mod resending;
mod sending;
mod upkeep;
mod wordings;
