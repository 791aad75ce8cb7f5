//! Hitotsu.
