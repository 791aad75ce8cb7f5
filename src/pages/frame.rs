//! What every page of ours shares: language, the look of the shop, the way back, what went wrong.

use domain::channel as channels;
use domain::kernel::language::Language;
use domain::kernel::text;
use domain::messaging::brand;
use domain::{Ctx, Error, ErrorCode, Result};
use entity::id::ChannelId;
use entity::{channel, channel_brand};

use super::contrast::Color;

/// Main color while a shop has none.
const COLOR: &str = "#0b5cad";
/// Widest logo in pixels.
const WIDEST_LOGO: i32 = 240;

/// How a shop looks.
#[derive(Debug, Clone)]
pub(super) struct Brand {
    /// Who sells.
    pub(super) name: String,
    /// Where questions go.
    pub(super) contact: Option<String>,
    /// Main color, `#rrggbb`.
    pub(super) color: String,
    /// Text on it that people can read.
    pub(super) on_color: String,
    /// Where the logo is.
    pub(super) logo: Option<String>,
    /// How wide it is shown.
    pub(super) logo_width: i32,
    /// Where the shop is.
    pub(super) storefront: Option<String>,
    footer: serde_json::Value,
}

impl Brand {
    /// Of a channel. One statement.
    pub(super) async fn of(ctx: &Ctx, channel: &channel::Model) -> Result<Self> {
        let look = brand::of_channel(&ctx.db(), channel.id).await?;
        Ok(Self::new(channel, look))
    }

    /// Of the channel in whose name something went; of the first web shop where that is not known. Two statements.
    pub(super) async fn in_name_of(ctx: &Ctx, id: Option<ChannelId>) -> Result<Self> {
        let db = ctx.db();
        let found = match id {
            Some(id) => channels::query::by_id(&db, id).await?,
            None => channels::query::default_online(&db).await?,
        };
        match found {
            Some(channel) => Self::of(ctx, &channel).await,
            None => Ok(Self::nobody()),
        }
    }

    /// While it is not known whose page it is.
    pub(super) fn nobody() -> Self {
        let (color, on_color) = colors(None);
        Self {
            name: String::new(),
            contact: None,
            color,
            on_color,
            logo: None,
            logo_width: WIDEST_LOGO,
            storefront: None,
            footer: serde_json::Value::Null,
        }
    }

    /// Of a channel whose look is known already; the usual one when nobody chose.
    pub(super) fn new(channel: &channel::Model, look: Option<channel_brand::Model>) -> Self {
        let (color, on_color) = colors(look.as_ref().map(|look| (look.color.as_str(), look.text_color.as_str())));
        let contact = look.as_ref().and_then(|look| look.reply_to.clone());
        Self {
            name: channel.seller_name.clone(),
            contact: contact.or_else(|| Some(channel.mail_from.clone())).filter(|address| address.contains('@')),
            color,
            on_color,
            logo: look.as_ref().and_then(|look| look.logo_url.clone()).filter(|url| origin(url).is_some()),
            logo_width: look.as_ref().map_or(WIDEST_LOGO, |look| look.logo_width.clamp(16, WIDEST_LOGO)),
            storefront: look.as_ref().and_then(|look| look.storefront_url.clone()).filter(|url| is_web(url)),
            footer: look.map_or(serde_json::Value::Null, |look| look.footer),
        }
    }

    /// Content security policy of a page with forms that come back to it, our own styles, and the shop's logo.
    pub(super) fn policy(&self) -> String {
        let logo = self.logo.as_deref().and_then(origin).unwrap_or_default();
        format!(
            "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data: {logo}; frame-ancestors 'none'; \
             form-action 'self'; base-uri 'none'"
        )
    }
}

fn colors(look: Option<(&str, &str)>) -> (String, String) {
    let color = look.and_then(|(color, _)| Color::parse(color)).or_else(|| Color::parse(COLOR));
    let Some(color) = color else { return (COLOR.to_owned(), "#ffffff".to_owned()) };
    let wanted = look.and_then(|(_, text)| Color::parse(text)).unwrap_or(color);
    (color.css(), color.text(wanted).css())
}

/// Scheme, host and port of an https address, fit to stand in a content security policy.
fn origin(url: &str) -> Option<String> {
    let host = url.strip_prefix("https://")?.split(['/', '?', '#']).next()?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':');
    (!host.is_empty() && host.bytes().all(is_plain)).then(|| format!("https://{host}"))
}

/// Whether an address leads to the web: nothing else becomes a link.
pub(super) fn is_web(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://")
}

/// What went wrong with a form.
#[derive(Debug, Clone)]
pub(super) struct Failure {
    /// For people, one for each thing.
    pub(super) messages: Vec<String>,
    /// Where in the form, as the rules name it; empty for all of it.
    pub(super) paths: Vec<String>,
}

impl Failure {
    fn of(error: &Error, language: Language) -> Self {
        let all = if let Error::Several(errors) = error { errors.as_slice() } else { std::slice::from_ref(error) };
        Self {
            messages: all.iter().map(|error| told(error, language)).collect(),
            paths: all.iter().map(|error| error.path().to_owned()).collect(),
        }
    }
}

/// An error as customers are told it: words of states, versions and keys are for those who work with the API.
fn told(error: &Error, language: Language) -> String {
    let code = error.code();
    let (ja, en) = if matches!(code, ErrorCode::InvalidTransition | ErrorCode::StaleVersion) {
        (
            "ページを開いた後に状況が変わったため、この操作はできませんでした。現在の内容をご確認ください。",
            "This is not possible any more, because something changed meanwhile. This page now shows the current state.",
        )
    } else if code == ErrorCode::IdempotencyKeyReused {
        (
            "すでにお送りいただいています。先にお送りいただいた内容で承りました。",
            "You have sent this before. What you sent first is what counts.",
        )
    } else {
        return error.message(language);
    };
    match language {
        Language::Ja => ja.to_owned(),
        Language::En => en.to_owned(),
    }
}

/// What every page of ours shares.
#[derive(Debug, Clone)]
pub(super) struct Frame {
    /// Its language.
    pub(super) language: Language,
    /// How the shop looks.
    pub(super) brand: Brand,
    /// The same page in the other language, from the page.
    pub(super) other: String,
    /// Proof that a form comes from this page.
    pub(super) seal: String,
    /// What went wrong.
    pub(super) failure: Option<Failure>,
}

impl Frame {
    /// One of two texts, by the language of the page.
    pub(super) const fn say<'a>(&self, ja: &'a str, en: &'a str) -> &'a str {
        match self.language {
            Language::Ja => ja,
            Language::En => en,
        }
    }

    /// The language of the page (BCP 47).
    pub(super) const fn tag(&self) -> &'static str {
        self.language.tag()
    }

    /// The other language in its own words.
    pub(super) const fn other_name(&self) -> &'static str {
        match self.language {
            Language::Ja => "English",
            Language::En => "日本語",
        }
    }

    /// The other language (BCP 47).
    pub(super) const fn other_tag(&self) -> &'static str {
        match self.language {
            Language::Ja => Language::En.tag(),
            Language::En => Language::Ja.tag(),
        }
    }

    /// Legal text under the page, one line each.
    pub(super) fn footer(&self) -> Vec<String> {
        let told = text::in_language(&self.brand.footer, self.tag());
        told.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
    }

    /// The same frame that tells what went wrong.
    pub(super) fn failed(mut self, error: Option<&Error>) -> Self {
        self.failure = error.map(|error| Failure::of(error, self.language)).or(self.failure);
        self
    }

    /// Whether something is wrong at a place of the form.
    pub(super) fn is_wrong(&self, at: impl Fn(&str) -> bool) -> bool {
        self.failure.as_ref().is_some_and(|failure| failure.paths.iter().any(|path| at(path)))
    }

    /// Attributes of a field that tie the message to it when it is the one that is wrong. `ends` is how the rules' path
    /// of the field ends.
    pub(super) fn mark(&self, ends: &str) -> &'static str {
        if self.is_wrong(|path| path.ends_with(ends)) {
            " aria-invalid=\"true\" aria-describedby=\"failure\""
        } else {
            ""
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_https_hosts_stand_in_a_policy() {
        assert_eq!(origin("https://cdn.example.jp/logo.png").as_deref(), Some("https://cdn.example.jp"));
        for url in ["http://a.example/x", "https://", "https://a b", "https://a;script-src *", "javascript:alert(1)"] {
            assert_eq!(origin(url), None, "{url}");
        }
    }

    #[test]
    fn customers_are_told_no_words_of_ours() {
        let changed = Error::InvalidTransition {
            machine: "pickup",
            from: "COLLECTED".to_owned(),
            action: "ARRIVE".to_owned(),
            allowed: Vec::new(),
        };
        let twice = Error::invalid(ErrorCode::IdempotencyKeyReused, "idempotencyKey");
        for error in [changed, Error::StaleVersion { expected: 1, actual: 2 }, twice] {
            let [en, ja] = Language::ALL.map(|language| told(&error, language));
            assert!(!ja.contains("COLLECTED") && !ja.contains("キー") && !en.contains("COLLECTED"), "{ja} {en}");
            assert!(!en.contains("key") && en != ja, "{en}");
        }
        let other = Error::not_chosen("x");
        assert_eq!(told(&other, Language::Ja), other.message(Language::Ja));
    }

    #[test]
    fn a_color_that_is_none_is_replaced() {
        assert_eq!(colors(Some(("red;}*{", "#000000"))).0, COLOR);
        assert_eq!(colors(Some(("#ffd400", "#ffffff"))), ("#ffd400".to_owned(), "#000000".to_owned()));
    }
}
