//! Databases, clocks, builders and an SMTP sink for tests.
//!
//! A story is written once and runs on both databases:
//!
//! ```ignore
//! both_databases! {
//!     /// The last unit goes to one of two buyers.
//!     async fn last_unit(world: World) { … }
//! }
//! ```
//!
//! It gets a fresh [`World`]: a database of its own, a clock that stands still, repeatable randomness. When the story
//! ends, the audit must find nothing.

// A harness ends a test by panicking; that is its way to report.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a harness reports by panicking")]

pub mod build;
mod folder;
mod postgres;
pub mod provider;
pub mod race;
mod rows;
pub mod smtp;
mod sqlite;
mod story;
pub mod stripe;
mod world;

pub use build::Sku;
pub use postgres::start as start_postgres;
pub use race::race;
pub use rows::{message_row, order_row};
pub use story::run;
pub use world::{Backend, World};

/// Makes two tests of each story: `<story>::sqlite` and `<story>::postgres`.
#[macro_export]
macro_rules! both_databases {
    ($($(#[$meta:meta])* async fn $story:ident($world:ident: $type:ty) $body:block)+) => {
        $(
            $(#[$meta])*
            async fn $story($world: $type) $body

            $(#[$meta])*
            mod $story {
                #[test]
                fn sqlite() {
                    $crate::run($crate::Backend::Sqlite, concat!(module_path!(), "::sqlite"), super::$story);
                }

                #[test]
                fn postgres() {
                    $crate::run($crate::Backend::Postgres, concat!(module_path!(), "::postgres"), super::$story);
                }
            }
        )+
    };
}
