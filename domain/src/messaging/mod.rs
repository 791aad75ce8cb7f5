//! Messages to people: rendered from what is committed, written as rows, sent by a job, kept with what was sent.
//!
//! Handlers of events stand in [`crate::jobs::HANDLERS`] and run through [`dispatch`]; direct mail such as a sign-in
//! code goes through [`request()`]. Deliberately absent: the network. A process lends its [`MessageTransport`] to
//! [`send`].

pub mod account_mail;
pub mod brand;
pub mod calendar;
pub(crate) mod change_view;
pub mod code_mail;
pub mod consent;
pub mod delay_mail;
pub mod dispatch;
mod engine;
pub mod erasure;
pub mod feedback;
pub mod figures;
pub mod flow_mail;
mod flow_words;
pub mod inline;
mod json_ld;
pub(crate) mod money_view;
pub mod order_context;
pub mod order_mail;
pub mod order_view;
pub mod own_template;
pub mod page_links;
pub mod pickup_links;
pub mod payment_links;
pub mod pickup_mail;
mod pickup_view;
pub mod policy;
pub mod policy_save;
pub mod preview;
mod qr;
pub mod query;
pub mod render;
pub mod request;
pub mod resend;
pub mod retention;
pub mod samples;
pub mod send;
pub(crate) mod store_view;
pub mod suppression;
pub mod template;
pub mod template_name;
pub mod test_send;
pub mod tracking;
pub mod transport;

pub use inline::InlineImage;
pub use page_links::PageLink;
pub(crate) use pickup_view::map_url;
pub(crate) use qr::{Qr, qr_table};
pub use request::{MessageRequest, request};
pub use store_view::time_zone_of_country;
pub use template::{OrderTemplate, Template};
pub use template_name::TemplateName;
pub use transport::{MessageTransport, OutgoingMail, SendError};

#[cfg(test)]
mod change_mail_tests;
#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod looks_tests;
#[cfg(test)]
mod money_mail_tests;
#[cfg(test)]
mod pickup_mail_tests;
#[cfg(test)]
mod render_tests;
#[cfg(test)]
mod survey_mail_tests;
