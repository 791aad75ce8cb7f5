//! Orders after their placement.

mod refunds;
