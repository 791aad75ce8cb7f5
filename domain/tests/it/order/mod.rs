//! Orders after their placement.

mod creating;
mod decided;
mod refunds;
