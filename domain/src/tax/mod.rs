//! Tax classes and the rates that hold for them by place and date.
//!
//! Rates are data with dates, so that a change of the law is entered before it comes into force. Deliberately absent:
//! the arithmetic, which stands in `pricing::totals`.

pub mod place;
pub mod query;
pub mod upsert_class;
pub mod upsert_rate;

use crate::kernel::language::Language;

pub use place::{Place, place};
pub use query::{known_rates, rates};

/// The name of a rate for readers of a language. Merchants write it once, in their own; Japan's tax is known by both names.
#[must_use]
pub fn name_in(name: &str, language: Language) -> &str {
    match language {
        Language::En if name == "消費税" => "Consumption tax",
        Language::En | Language::Ja => name,
    }
}
