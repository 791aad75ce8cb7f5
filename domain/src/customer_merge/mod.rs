//! Two records of one person become one, over all areas that know a customer.
//!
//! The record that goes stays as an alias: its id resolves to the one it was merged into, its events stay on both
//! timelines, and what was said in its name (consents) stays as proof. Deliberately absent: undoing it. The orders and
//! the money of two people who were taken for one cannot be told apart by a machine afterwards.

mod flow_runs;
mod mail;
mod merge;
mod moves;

pub use mail::HANDLER;
pub use merge::{FOLLOW_JOB, Followed, MergeCustomers, Merged, follow, merge};

#[cfg(test)]
mod mail_tests;
