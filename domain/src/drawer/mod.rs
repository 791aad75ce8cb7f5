//! The drawers of tills: sessions from opening to closing, and the cash that moves in and out of them.
//!
//! [`record`] is the only writer of cash: it changes what should be in the drawer and appends the movement, or neither.
//! Must not: know receipts and reports (`register`), decide who gets money back (`order`).

mod cash;
mod cash_move;
mod count;
mod open;
mod place;
pub mod query;
mod session;

pub use cash::{CashMove, record};
pub use cash_move::{MoveCash, move_cash};
pub use count::{CountDrawer, Pieces, count_drawer, total};
pub use open::{OpenSession, open};
pub use session::current;
pub(crate) use session::lock;
