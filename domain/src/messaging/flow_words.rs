//! What flows send by LINE and SMS: the mail in short, in words only.
//!
//! What a reader acts on stays whole: a coupon, links, and the way out where consent is needed, which laws ask for in
//! short messages, too. The words before are cut to what is left.

use entity::words::MessageChannel;
use serde_json::Value;

use super::engine;
use super::render::{Draft, Links, Rendered};
use crate::kernel::Result;

/// Longest SMS: ten parts of 67 UTF-16 units.
const SMS: usize = 670;
/// Longest text by LINE, which takes 5,000 units; the adapter puts half as many into one text, and none is to be torn.
const LINE: usize = 2_500;
/// Units that links leave to the words: who writes and why is always said.
const LEAST: usize = 120;
/// A word that is longer is cut in the middle: some languages do not part words by spaces.
const LONGEST_WORD: usize = 40;

/// How long a message by a channel may be, in UTF-16 units.
pub(super) const fn most(channel: MessageChannel) -> usize {
    match channel {
        MessageChannel::Sms => SMS,
        MessageChannel::Line | MessageChannel::Email | MessageChannel::Webhook => LINE,
    }
}

/// A message of a flow in words only, at most so long (UTF-16 units).
pub(super) fn words(draft: &Draft, links: &Links, most: usize) -> Result<Rendered> {
    let (subject, said) = engine::words("flow_words", &draft.shown(links, 0))?;
    let out = links.preferences.as_ref().map(|url| line(&say(draft, "mail-preferences-link"), url));
    let mut room = most.saturating_sub(LEAST + out.as_deref().map_or(0, with_break));
    let mut kept = Vec::new();
    for piece in pieces(draft, links) {
        // What does not fit is left out whole; the most important comes first.
        if let Some(left) = room.checked_sub(with_break(&piece)) {
            room = left;
            kept.push(piece);
        }
    }
    let said = cut(said.trim_end(), room + LEAST);
    let text = std::iter::once(said).chain(kept).chain(out).filter(|part| !part.is_empty()).collect::<Vec<_>>();
    Ok(Rendered { subject, html: String::new(), text: text.join("\n") })
}

/// What is shown whole or not at all, the most important first.
fn pieces(draft: &Draft, links: &Links) -> Vec<String> {
    let mail = draft.values.get("mail");
    let text = |name: &str| mail.and_then(|mail| mail.get(name)).and_then(Value::as_str);
    let list = |name: &str| mail.and_then(|mail| mail.get(name)).and_then(Value::as_array).into_iter().flatten();
    let named = format!("mail-{}-link", draft.name.replace('_', "-"));
    let mut pieces = Vec::new();
    pieces.extend(text("link").map(|url| line(&say(draft, &named), url)));
    pieces.extend(text("coupon").map(|coupon| format!("{}: {coupon}", say(draft, "mail-coupon"))));
    pieces.extend(list("pages").filter_map(|page| {
        let product = page.get("name")?.as_str()?.to_owned();
        let label = draft.language.text("mail-review-link", &[("product", product)]);
        Some(line(&label, page.get("url")?.as_str()?))
    }));
    pieces.extend(
        list("guides").filter_map(|guide| Some(line(guide.get("title")?.as_str()?, guide.get("url")?.as_str()?))),
    );
    pieces.extend(text("cancel").map(|url| line(&say(draft, "mail-back-in-stock-cancel"), url)));
    // The order's page is worth its length only where nothing else is to be opened.
    if pieces.is_empty() {
        pieces.extend(links.order.as_ref().map(|url| line(&say(draft, "mail-order-link"), url)));
    }
    pieces
}

fn say(draft: &Draft, name: &str) -> String {
    draft.language.text(name, &[])
}

fn line(label: &str, url: &str) -> String {
    format!("{label}: {url}")
}

fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

fn with_break(text: &str) -> usize {
    units(text) + 1
}

/// A text of at most so many units. It ends between words, where they are parted by spaces; never inside an address.
fn cut(text: &str, most: usize) -> String {
    if units(text) <= most {
        return text.to_owned();
    }
    // One for the dots.
    let room = most.saturating_sub(1);
    let (mut used, mut end) = (0, 0);
    for (at, character) in text.char_indices() {
        used += character.len_utf16();
        if used > room {
            break;
        }
        end = at + character.len_utf8();
    }
    let (kept, rest) = (text.get(..end).unwrap_or_default(), text.get(end..).unwrap_or_default());
    let begin = kept.char_indices().rev().find(|(_, it)| it.is_whitespace()).map_or(0, |(at, _)| at);
    let (before, begun) = (kept.get(..begin).unwrap_or_default(), kept.get(begin..).unwrap_or_default());
    let goes_on = rest.split(char::is_whitespace).next().unwrap_or_default();
    let is_address = format!("{begun}{goes_on}").contains("://");
    let is_word = begun.chars().count() <= LONGEST_WORD;
    let whole = if !goes_on.is_empty() && (is_address || is_word) { before } else { kept };
    format!("{}…", whole.trim_end())
}

#[cfg(test)]
mod tests {
    use super::super::flow_mail::TEMPLATES;
    use super::super::samples;
    use super::super::template_name::TemplateName;
    use super::*;
    use crate::kernel::language::Language;

    fn everywhere() -> impl Iterator<Item = (TemplateName, Language)> {
        TEMPLATES.into_iter().flat_map(|name| Language::ALL.map(|language| (name, language)))
    }

    fn short(name: TemplateName, language: Language, most: usize) -> String {
        words(&samples::draft(name, language), &samples::links(name), most).expect("words").text
    }

    #[test]
    fn every_message_of_flows_has_short_words() {
        for (name, language) in everywhere() {
            let text = short(name, language, SMS);
            let about = format!("{} {}: {text}", name.as_str(), language.tag());
            assert!(text.contains(&samples::seller(language).name), "who writes: {about}");
            assert_eq!(text.contains("https://shop.example/u/sample"), name != TemplateName::BackInStock, "{about}");
            assert_eq!(text.contains(samples::CANCEL), name == TemplateName::BackInStock, "{about}");
            assert!(text.contains("TEA-2026") && text.contains("https://shop.example/"), "{about}");
            assert!(!text.contains("mail-") && !text.contains("nknown"), "each text is there: {about}");
            assert!(units(&text) <= SMS, "{about}");
        }
        let cart = short(TemplateName::CartLeft, Language::Ja, SMS);
        assert!(cart.starts_with("ひとつ商店\nカートに商品が残っています。"), "{cart}");
        assert!(cart.ends_with("\n配信設定の変更・配信停止: https://shop.example/u/sample"), "{cart}");
    }

    #[test]
    fn long_words_are_cut_and_links_never() {
        for (name, language) in everywhere() {
            let mut draft = samples::draft(name, language);
            let mail = draft.values.get_mut("mail").and_then(Value::as_object_mut).expect("a mail");
            mail.insert("text".to_owned(), serde_json::json!(vec!["静かな夜に。A quiet night 😀".repeat(20); 20]));
            let links = samples::links(name);
            let whole = words(&draft, &links, usize::MAX).expect("words").text;
            for most in [SMS, LINE] {
                let text = words(&draft, &links, most).expect("words").text;
                assert!(units(&text) <= most && units(&text) > most / 2, "{}: {}", name.as_str(), units(&text));
                assert!(text.contains('…'), "{text}");
                // Each address is one of the whole message.
                for address in text.split_whitespace().filter(|word| word.contains("://")) {
                    assert!(whole.split_whitespace().any(|word| word == address), "{address} in {text}");
                }
                assert_eq!(text.contains("/u/sample"), whole.contains("/u/sample"), "the way out stays: {text}");
            }
        }
    }

    #[test]
    fn a_cut_is_between_words_and_never_in_an_address() {
        assert_eq!(cut("one two three", 13), "one two three");
        assert_eq!(cut("one two three", 12), "one two…");
        assert_eq!(cut("one two three", 8), "one two…");
        assert_eq!(cut("one two three", 7), "one…");
        assert_eq!(cut("see https://shop.example/a-page", 25), "see…");
        assert_eq!(cut("see https://shop.example/a-page", 7), "see…");
        let japanese = "日本語の文章は空白で区切られません。".repeat(5);
        assert_eq!(cut(&japanese, 61).chars().count(), 61);
        assert_eq!(cut("😀😀😀", 4), "…", "a short word goes whole");
        assert_eq!(cut("x", 0), "…");
    }
}
