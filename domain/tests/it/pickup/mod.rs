//! Goods that customers collect.

mod choosing;
mod collecting;
mod counter;
mod mails;
mod races;
mod reserving;
mod table;
