//! Flows: what is sent to whom after what, step by step, as versioned data.
//!
//! A [`definition`] says what starts a flow, for whom, its steps, what ends it early and what must hold when something is
//! sent. One [`run`] per flow and subject goes through the steps; [`handler`] starts, wakes and stops runs by events,
//! [`attend`] by the clock. [`dry_run`] tells what a definition would have done. Deliberately absent: rendering and
//! consent, which messages bring, and the network.

pub mod attend;
pub mod back_in_stock;
pub mod builtin;
mod check;
mod claim;
pub mod condition;
pub mod definition;
pub mod dry_run;
mod dry_walk;
mod due;
pub mod facts;
pub mod figures;
mod guard;
pub mod guide;
mod handler;
mod hash;
mod kinds;
mod occasion;
mod outbox;
mod plant;
mod parse;
mod problem;
pub mod query;
mod reach;
mod run;
pub mod save;
mod send;
mod start;
mod stop;
mod subject;
pub mod switch;
mod time;
mod wait;

pub use definition::Definition;
pub use handler::HANDLER;
pub use kinds::EVENTS;
pub use outbox::TEMPLATES;
pub use plant::plant;
