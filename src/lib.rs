//! Hitotsu, the process: configuration, HTTP, workers and the command line around the rules.
//!
//! Deliberately absent: rules of commerce (they are in `domain`) and GraphQL types (they are in `graphql`).

// The layout of the futures of both schemas is deeper than the compiler's default.
#![recursion_limit = "512"]

pub mod adapters;
pub mod app;
pub mod cli;
pub mod config;
pub mod demo;
mod feed;
pub mod http;
pub mod lock;
pub mod pages;
pub mod telemetry;
pub mod traffic;
pub mod worker;
