//! Hitotsu.
fn main() {}
