//! One record per person: identifiers, sign-in, addresses, consents, and the way to staff's search.
//!
//! Only verified identifiers link anything on their own. An answer never tells whether an address is known.
//! Must not: send mail itself (it asks for it, see `notify`), or touch orders beyond whom they belong to.

pub mod address_format;
pub mod country;
pub mod identifier;
mod prefecture;
pub mod query;
