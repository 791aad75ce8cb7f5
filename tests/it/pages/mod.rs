//! The pages behind the links of mails: over HTTP, and in a real browser.

mod doors;
mod links;
mod order;
mod phone;
mod returns;
mod small;
mod verdict;
