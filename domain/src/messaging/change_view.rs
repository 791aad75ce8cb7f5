//! What mails about a changed order show.

use serde::Serialize;

/// A mail about what is different of an order now; what is empty is left out.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct ChangeMail {
    /// Number of the order.
    pub number: String,
    /// Whom it is for.
    pub person: String,
    /// What is not part of it any more, one line each.
    pub removed: Vec<String>,
    /// What is new, one line each.
    pub added: Vec<String>,
    /// Where it is collected now.
    pub store: Option<String>,
    /// Where it is shipped now.
    pub address: Vec<String>,
    /// What the order costs now.
    pub total: Option<String>,
    /// What goes back.
    pub refund: Option<String>,
    /// What becomes of it, one sentence for each means by which it was paid.
    pub refund_parts: Vec<String>,
    /// Number of its credit note.
    pub credit_note: Option<String>,
    /// What was kept for the trouble.
    pub fee: Option<String>,
    /// Discounts that were kept because the rest does not earn them any more.
    pub claw_back: Option<String>,
    /// Discounts that were kept before and are given back.
    pub given_back: Option<String>,
    /// What was charged.
    pub charged: Option<String>,
    /// What is to be paid.
    pub due: Option<String>,
    /// Whether it is only reserved on a card, until goods come back.
    pub reserves: bool,
    /// Until when.
    pub until: Option<String>,
    /// Where.
    pub link: Option<String>,
}
