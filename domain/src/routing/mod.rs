//! Which location serves which line, and why.
//!
//! Pure rules over stock that the caller has read; the caller takes the stock and stores the decision. Must not:
//! change stock or orders.

pub mod allocation;
pub mod decision;
pub mod query;

pub use allocation::{Candidate, Demand, Plan, allocate};
