//! Counting what is really there, and posting the variance once somebody else accepted it.
//!
//! Must not: freeze sales while people count.
