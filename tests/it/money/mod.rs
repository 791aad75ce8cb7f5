//! Money at the tills and on the web, walked through the API by the people who handle it, on both databases.

mod change;
mod codes;
mod credit;
pub(crate) mod desk;
mod drawer;
mod gift_card;
mod later;
