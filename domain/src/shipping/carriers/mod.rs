//! What is particular to carriers: how they number parcels, and the files their label programs read and write.
//!
//! It is data: `carriers.json` and one file per label program in `layouts/`. The code here only reads it.

pub mod charset;
pub mod export;
pub mod fill;
pub mod layout;
pub mod number;
