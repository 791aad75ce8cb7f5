//! Who may come in: staff, roles, tills, API keys, passwords, tokens and the throttle of wrong tries.
//!
//! Signing customers in is the customer area's; it borrows passwords, sessions and the throttle from here.
//! Must not: keep a secret as it is, tell known from unknown accounts, or answer faster for one of them.

mod authenticate;
pub mod query;
pub mod token;

pub use authenticate::{Credentials, authenticate};
