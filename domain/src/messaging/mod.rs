//! Messages to people: rendered from what is committed, written as rows, sent by a job, kept with what was sent.
//!
//! Handlers of events stand in [`crate::jobs::HANDLERS`] and run through [`dispatch`]; direct mail such as a sign-in
//! code goes through [`request()`]. Deliberately absent: the network. A process lends its [`MessageTransport`] to
//! [`send`].

pub(crate) mod change_view;
pub mod code_mail;
pub mod consent;
pub mod dispatch;
pub mod erasure;
pub mod feedback;
pub mod figures;
pub(crate) mod money_view;
pub mod order_context;
pub mod order_mail;
pub mod order_view;
pub mod page_links;
pub mod pickup_links;
pub mod payment_links;
pub mod pickup_mail;
mod pickup_view;
pub mod policy;
pub mod policy_save;
pub mod preview;
pub mod query;
pub mod render;
pub mod request;
pub mod resend;
pub mod send;
pub(crate) mod store_view;
pub mod suppression;
pub mod template;
pub mod tracking;
pub mod transport;

pub use page_links::PageLink;
pub(crate) use pickup_view::qr_table;
pub use request::{MessageRequest, request};
pub use template::{OrderTemplate, Template};
pub use transport::{MessageTransport, OutgoingMail, SendError};

#[cfg(test)]
mod change_mail_tests;
#[cfg(test)]
mod money_mail_tests;
#[cfg(test)]
mod pickup_mail_tests;
#[cfg(test)]
mod render_tests;
