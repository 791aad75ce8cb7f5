//! The pages behind the links of mails: over HTTP, and in a real browser.

mod cart;
mod doors;
mod ends;
mod every;
mod html;
mod links;
mod nothing;
mod order;
mod phone;
mod pickup;
mod preferences;
mod returns;
mod small;
mod verdict;
