//! Pages of ours that people open in a browser.

pub mod mailbox;
pub(crate) mod payment;
pub(crate) mod pickup;
pub(crate) mod returns;
