//! Which location serves which line, and why: a channel's rules, and the decisions they led to.
//!
//! The engine is pure over stock that the caller has read; the caller takes the stock and stores the decision. Must not:
//! change stock or orders.

pub mod allocation;
pub mod decision;
pub mod engine;
pub mod facts;
pub mod location_group;
pub mod query;
pub mod rule;
pub mod upsert_rule;

pub use allocation::{Candidate, Demand, Plan};
pub use engine::{Question, Shortfall, route};
pub use rule::Rule;
