//! Changing an order after it was placed: previewed, confirmed once, and settled in money and stock at that moment.
//!
//! An edit never touches the totals of a line. Units that are taken away are canceled; what is added becomes lines of a
//! new revision with totals of their own; a changed price takes units away and adds them again. Must not: route or take
//! stock itself (`fulfillment` does), decide what goes back (`order` does).

mod apply;
pub mod confirm;
pub mod discard;
pub mod draft;
pub mod mail;
pub mod operation;
pub mod prepare;
pub mod preview;
pub mod query;
mod quote;
mod settle;
mod worth;

pub use operation::{NewContact, Operation};
pub use preview::{AddedLine, MovedUnits, Preview, RateWorth, RemovedUnits, Worth};
