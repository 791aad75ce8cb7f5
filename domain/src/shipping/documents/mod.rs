//! Papers that go with a parcel: the packing slip inside, the label outside. As a page and as PDF, in the language of
//! the order.
//!
//! The PDF names fonts and holds none: `KozMinPr6N-Regular` of the collection Adobe-Japan1, which the standard lets
//! readers replace by any Japanese font of theirs (ISO 32000-1 §9.7.5.2), and Helvetica, which every reader has.

pub mod code128;
mod html;
pub mod link;
pub mod paper;
mod pdf;
pub(crate) mod sheet;

pub use link::{Format, Link, open, sign};
pub use paper::{Kind, Paper};
