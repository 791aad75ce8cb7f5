//! What stores and warehouses do, walked through the API by the people who do it, on both databases.

mod count;
mod external;
mod journey;
mod live;
pub(crate) mod mails;
mod missed;
mod page;
pub(crate) mod place;
mod supply;
