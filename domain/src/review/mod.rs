//! What customers say of products they bought: written once per line of an order, shown when staff publish it.
//!
//! Texts are plain: nothing in them is read as HTML or as a link. Deliberately absent: asking for a review, which flows do.
//! Must not: be written by anybody who does not have the goods.

pub mod bought;
pub mod moderate;
pub mod query;
pub mod write;

pub use bought::{Reviewable, Writer, product_of_line};
pub use write::{EditReview, NewReview, edit, withdraw, write};
