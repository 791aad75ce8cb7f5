//! Orders after their placement.

mod creating;
mod decided;
mod proofs;
mod races;
mod refunds;
