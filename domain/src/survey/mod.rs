//! What customers say when they are asked: surveys, invitations, answers, and what figures they give.
//!
//! A survey is data with versions; an invitation keeps the version that was asked and what is known of the purchase, and
//! is answered once. Deliberately absent: when to ask and by which message, which flows decide.
//! Must not: keep texts of people anywhere but in `survey_answer.texts` and `.comment`, which are erasable.

pub mod alert;
pub mod alert_mail;
pub mod answer;
mod check;
pub mod invite;
pub mod query;
pub mod question;
pub mod ready_made;
pub mod save;
pub mod stats;
pub mod till;
pub mod trend;
mod trend_filter;
mod week;

pub use answer::{AnswerInput, Looked, answer, look};
pub use invite::{Invite, invite, link, sent};
pub use question::{Choice, Question};
