//! Goods that customers collect.

mod choosing;
mod collecting;
mod counter;
mod races;
mod reserving;
mod table;
