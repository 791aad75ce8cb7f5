//! The languages we speak, and choosing one.

use std::borrow::Cow;
use std::collections::HashMap;

use fluent_templates::Loader as _;
use fluent_templates::fluent_bundle::FluentValue;

fluent_templates::static_loader! {
    pub(crate) static TEXTS = {
        locales: "./locales",
        fallback_language: "en",
        customise: |bundle| bundle.set_use_isolating(false),
    };
}

/// A language that messages, mails and pages are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Language {
    /// English.
    #[default]
    En,
    /// Japanese.
    Ja,
}

impl Language {
    /// Both languages.
    pub const ALL: [Self; 2] = [Self::En, Self::Ja];

    /// Its BCP 47 tag.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Ja => "ja",
        }
    }

    /// The language of a locale such as `ja-JP`; English for the ones we do not speak.
    #[must_use]
    pub fn of(locale: &str) -> Self {
        match locale.split(['-', '_']).next() {
            Some(tag) if tag.eq_ignore_ascii_case("ja") => Self::Ja,
            _ => Self::En,
        }
    }

    /// A text by its name in `locales/`, with its values.
    #[must_use]
    pub fn text(self, name: &str, values: &[(&'static str, String)]) -> String {
        self.said(name, &arguments(values))
    }

    /// The same of a number of things: the text chooses singular or plural by its value `count`.
    #[must_use]
    pub fn counted(self, name: &str, count: i64, values: &[(&'static str, String)]) -> String {
        let mut arguments = arguments(values);
        arguments.insert(Cow::Borrowed("count"), FluentValue::from(count));
        self.said(name, &arguments)
    }

    fn said(self, name: &str, arguments: &HashMap<Cow<'static, str>, FluentValue<'static>>) -> String {
        let language = match self {
            Self::En => fluent_templates::langid!("en"),
            Self::Ja => fluent_templates::langid!("ja"),
        };
        TEXTS.lookup_with_args(&language, name, arguments)
    }
}

fn arguments(values: &[(&'static str, String)]) -> HashMap<Cow<'static, str>, FluentValue<'static>> {
    values.iter().map(|(key, value)| (Cow::Borrowed(*key), FluentValue::from(value.clone()))).collect()
}

/// The locale that a client prefers by `Accept-Language` (RFC 9110 §12.5.4); `None` when it names none.
#[must_use]
pub fn negotiate(accept_language: &str) -> Option<String> {
    let mut ranked: Vec<(u16, usize, &str)> = accept_language
        .split(',')
        .take(16)
        .enumerate()
        .filter_map(|(position, part)| {
            let mut pieces = part.trim().split(';');
            let tag = pieces.next().map(str::trim).filter(|tag| is_locale(tag))?;
            let weight = pieces
                .find_map(|piece| piece.trim().strip_prefix("q=").map(str::to_owned))
                .map_or(Some(1000), |q| parse_weight(&q))?;
            (weight > 0).then_some((weight, position, tag))
        })
        .collect();
    ranked.sort_by_key(|(weight, position, _)| (std::cmp::Reverse(*weight), *position));
    ranked.first().map(|(_, _, tag)| (*tag).to_owned())
}

/// Whether a text looks like a BCP 47 tag: letters and digits in groups of at most eight.
#[must_use]
pub fn is_locale(text: &str) -> bool {
    let mut groups = text.split('-');
    let language = groups.next().unwrap_or_default();
    (2..=3).contains(&language.len())
        && language.bytes().all(|b| b.is_ascii_alphabetic())
        && text.len() <= 35
        && groups.all(|group| (1..=8).contains(&group.len()) && group.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// Thousandths of a quality value such as `0.8`.
fn parse_weight(text: &str) -> Option<u16> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.len() > 3 {
        return None;
    }
    let whole: u16 = whole.parse().ok().filter(|whole| *whole <= 1)?;
    let fraction: u16 = format!("{fraction:0<3}").parse().ok()?;
    Some((whole * 1000 + fraction).min(1000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_heaviest_known_tag_wins() {
        assert_eq!(negotiate("en;q=0.5, ja-JP, de;q=0.9").as_deref(), Some("ja-JP"));
        assert_eq!(negotiate("ja;q=0, en;q=0.1").as_deref(), Some("en"));
        assert_eq!(negotiate("*, ;;;q=x, \u{0}"), None);
    }
}
