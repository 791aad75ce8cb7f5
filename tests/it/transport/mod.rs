//! What the edge lets in and what it answers, over real HTTP.

mod caching;
mod documents;
mod load;
mod pages;
mod rules;
mod server;
mod socket;
