//! TEMPORARY: stands in for the owner's version, so that the pages compile.

pub mod back_in_stock;
