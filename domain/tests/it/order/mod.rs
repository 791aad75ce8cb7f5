//! Orders after their placement.

mod decided;
mod refunds;
