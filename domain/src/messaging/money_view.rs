//! What mails about money show.

use serde::Serialize;

/// A mail about money that came, is expected or goes back; what is empty is left out.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct MoneyMail {
    /// Number of the order.
    pub number: String,
    /// Whom it is for.
    pub person: String,
    /// Goods, one line each.
    pub lines: Vec<String>,
    /// Amounts and the like, each with its name.
    pub rows: Vec<MoneyRow>,
    /// What to expect, one sentence each.
    pub notes: Vec<String>,
    /// How to pay, one line each.
    pub instructions: Vec<String>,
    /// Where to pay.
    pub link: Option<String>,
}

/// A named value.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct MoneyRow {
    /// Its name.
    pub label: String,
    /// The value.
    pub value: String,
}
