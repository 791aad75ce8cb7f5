//! Types that both schemas share: each wraps a row and shows of it what a client may see.

pub mod address;
