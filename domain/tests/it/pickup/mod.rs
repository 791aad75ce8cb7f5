//! Goods that customers collect.

mod bringing;
mod canceling;
mod cascading;
mod choosing;
mod collecting;
mod counter;
mod mails;
mod races;
mod reserving;
mod table;
