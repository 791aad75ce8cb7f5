//! Texts that want to be something else, in every value of every message: they stay texts.
//!
//! Nothing here names a message: whatever stands in `TemplateName` is covered, and a sample shows every value.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "tests")]

use std::collections::BTreeSet;

use entity::words::MessageChannel;
use rstest::rstest;
use serde_json::Value;

use super::flow_words;
use super::own_template::{Source, prepared};
use super::render::{Draft, Links, Rendered, one_line};
use super::samples;
use super::template_name::TemplateName;
use crate::kernel::language::Language;

/// Markup, template languages, headers, ends of scripts, reordering, control characters, and what spreadsheets or shells
/// would run.
pub(super) const BASES: [&str; 52] = [
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "</SCRIPT >",
    "<!--",
    "--><b>x</b>",
    "<![CDATA[x]]>",
    "]]>",
    "</td></tr></table><h1>x</h1>",
    "<img src=x onerror=alert(1)>",
    "\"><svg onload=alert(1)>",
    "' onmouseover='alert(1)",
    "\" style=\"display:none",
    "<style>*{display:none}</style>",
    "</style><b>",
    "<a href=http://evil.example>x</a>",
    "<iframe src=//evil.example></iframe>",
    "<form action=//evil.example>",
    "<meta http-equiv=refresh content=0>",
    "<mj-raw>x</mj-raw>",
    "</mj-text></mj-column>",
    "<mj-include path=\"/etc/passwd\" />",
    "{{ 7*7 }}",
    "{{ seller.mail_from }}",
    "{{ seller|safe }}",
    "{% for x in range(99999999) %}x{% endfor %}",
    "{% include 'footer.txt' %}",
    "{% raw %}",
    "{# gone #}",
    "{{",
    "}}",
    "{ $seller }",
    "{ $x -> *[other] y }",
    "{\"\"}",
    "-term = x",
    "${7*7}",
    "#{7*7}",
    "<%= 7*7 %>",
    "&lt;b&gt;",
    "&amp;#x3c;",
    "&#60;script&#62;",
    "%3Cscript%3E",
    "\\u003cscript\\u003e",
    "\\",
    "\\\"",
    "javascript:alert(1)",
    "data:text/html,<b>x",
    "=cmd|' /C calc'!A0",
    "$(rm -rf /)",
    "O'Brien & Söhne \"Tea\" <x@y>",
    "髙﨑𠮷野 ｶﾅ",
    "\"cid:qr.AAAA1111@inline\"",
    "{\"@type\":\"Order\"}",
];

/// Two hundred and more: each alone, beside others, with a header, with what reorders or ends texts.
fn hostile() -> Vec<String> {
    let forms: [fn(&str) -> String; 4] = [
        str::to_owned,
        |base| format!("{base}\r\nBcc: evil@example.com\r\n\r\n{base}"),
        |base| format!("\u{202e}{base}\u{2066}x\u{0}\u{7}"),
        |base| format!("\u{2028}{base}\u{2029}\u{85}\u{feff}{base}"),
    ];
    BASES.iter().flat_map(|base| forms.iter().map(|form| form(base))).collect()
}

/// Values that are no texts of people: parts of the names of texts, and markup of our own making.
const OURS: [&str; 3] = ["delivery", "gateway", "qr_table"];

/// How a text stands in every place, as a draft has it: on one line, up to the number of its place.
fn begun(text: &str) -> String {
    one_line(&format!("{text}§"))
}

/// Puts a begun text into every place, each with its number, and counts the places.
fn fill(value: &mut Value, text: &str, places: &mut usize) {
    match value {
        Value::String(old) => {
            *old = format!("{text}{places}§");
            *places += 1;
        }
        Value::Array(items) => items.iter_mut().for_each(|item| fill(item, text, places)),
        Value::Object(fields) => {
            // `delivery` of a parcel is a text; of a line it is a part of a name.
            let is_line = fields.contains_key("unit_price") || fields.contains_key("gateway");
            for (name, field) in fields.iter_mut() {
                if !(name == "qr_table" || (is_line && OURS.contains(&name.as_str()))) {
                    fill(field, text, places);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn draft(name: TemplateName, language: Language, text: &str) -> (Draft, Links, usize) {
    let text = begun(text);
    let (mut draft, mut places) = (samples::draft(name, language), 0);
    fill(&mut draft.values, &text, &mut places);
    if let Some(told) = &mut draft.json_ld {
        fill(told, &text, &mut places);
    }
    let mut link = || {
        let link = format!("{text}{places}§");
        places += 1;
        link
    };
    let links = Links { order: Some(link()), preferences: samples::links(name).preferences.map(|_| link()) };
    (draft, links, places)
}

/// Undoes the escaping of HTML as browsers do.
pub(super) fn unescaped(html: &str) -> String {
    let pairs = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#x27;", "'"),
        ("&#x2f;", "/"),
        ("&#39;", "'"),
        ("&amp;", "&"),
    ];
    pairs.iter().fold(html.to_owned(), |html, (entity, text)| html.replace(entity, text))
}

/// HTML and what machines read, apart.
fn split(html: &str) -> (String, Option<Value>) {
    match html.split_once("<script type=\"application/ld+json\">") {
        None => (html.to_owned(), None),
        Some((before, rest)) => {
            let (told, after) = rest.split_once("</script>").unwrap();
            (format!("{before}{after}"), Some(serde_json::from_str(told).expect("JSON")))
        }
    }
}

/// The numbers of the places that a text shows.
fn shown(text: &str, places: usize) -> BTreeSet<usize> {
    (0..places).filter(|place| text.contains(&format!("§{place}§"))).collect()
}

fn strings(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| strings(item, found)),
        Value::Object(fields) => fields.values().for_each(|field| strings(field, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// What a harmless text becomes, by which a hostile one is measured.
struct Harmless {
    rendered: Rendered,
    /// Tags of the HTML, and texts that machines read.
    tags: usize,
    texts: usize,
    /// The numbers of the places that each part shows.
    subject: BTreeSet<usize>,
    text: BTreeSet<usize>,
    html: BTreeSet<usize>,
    told: BTreeSet<usize>,
}

impl Harmless {
    fn of(rendered: Rendered, places: usize) -> Self {
        let (html, told) = split(&rendered.html);
        let mut texts = Vec::new();
        strings(told.as_ref().unwrap_or(&Value::Null), &mut texts);
        Self {
            tags: html.matches('<').count(),
            texts: texts.len(),
            subject: shown(&rendered.subject, places),
            text: shown(&rendered.text, places),
            html: shown(&html, places),
            told: texts.iter().flat_map(|text| shown(text, places)).collect(),
            rendered,
        }
    }

    fn compare(&self, what: &str, text: &str, rendered: &Rendered) {
        let begun = begun(text);
        let literal = |place: &usize| format!("{begun}{place}§");
        let about = |part: &str, place: &usize| format!("{what}: place {place} of the {part} for {text:?}");
        let (html, told) = split(&rendered.html);
        for place in &self.subject {
            assert!(rendered.subject.contains(&literal(place)), "{}", about("subject", place));
        }
        for place in &self.text {
            assert!(rendered.text.contains(&literal(place)), "{}", about("text", place));
        }
        let read = unescaped(&html);
        for place in &self.html {
            assert!(read.contains(&literal(place)), "{}", about("HTML", place));
        }
        // Not one tag or comment more: everything stayed text.
        assert_eq!(html.matches('<').count(), self.tags, "{what}: tags for {text:?}");
        let mut mine = Vec::new();
        strings(told.as_ref().unwrap_or(&Value::Null), &mut mine);
        assert_eq!(mine.len(), self.texts, "{what}: what machines read for {text:?}");
        for place in &self.told {
            assert!(mine.contains(&literal(place)), "{}", about("JSON-LD", place));
        }
        assert!(!rendered.subject.contains(['\r', '\n', '\u{0}', '\u{202e}']), "{what}: {:?}", rendered.subject);
        assert!(!rendered.text.contains(['\r', '\u{0}', '\u{202e}', '\u{2066}']), "{what}");
        assert!(rendered.text.lines().all(|line| !line.starts_with("Bcc:")), "{what}");
        assert!(
            super::inline::images(&rendered.html).len() <= super::inline::images(&self.rendered.html).len(),
            "{what}"
        );
    }
}

/// All texts, which are enough of them.
fn all_texts() -> Vec<String> {
    let all = hostile();
    assert!(all.len() >= 200 && all.iter().collect::<BTreeSet<_>>().len() == all.len());
    all
}

/// A part of all messages: tests of parts run beside each other.
fn part(nth: usize, of: usize) -> Vec<TemplateName> {
    TemplateName::ALL.iter().copied().skip(nth).step_by(of).collect()
}

/// Every text, in every value of every message, in both languages.
#[rstest]
fn hostile_texts_stay_texts_in_every_message(
    #[values(0, 1, 2, 3)] nth: usize,
    #[values(Language::Ja, Language::En)] language: Language,
) {
    let all = all_texts();
    for name in part(nth, 4) {
        let (draft_of, links, places) = draft(name, language, "x");
        let harmless = Harmless::of(draft_of.render(&links).unwrap(), places);
        assert!(!harmless.text.is_empty(), "{} shows nothing", name.as_str());
        for text in &all {
            let (draft_of, links, _) = draft(name, language, text);
            harmless.compare(name.as_str(), text, &draft_of.render(&links).unwrap());
        }
    }
}

/// Nor in what flows say by LINE and SMS, which is cut: what is left is text, and the way out is whole.
#[test]
fn hostile_texts_stay_texts_in_short_words() {
    for (at, name) in super::flow_mail::TEMPLATES.into_iter().enumerate() {
        let language = Language::ALL[at % 2];
        let (draft_of, links, places) = draft(name, language, "x");
        let harmless = Harmless::of(flow_words::words(&draft_of, &links, usize::MAX).unwrap(), places);
        assert!(!harmless.text.is_empty(), "{} shows nothing", name.as_str());
        for text in hostile() {
            let (draft_of, links, _) = draft(name, language, &text);
            let whole = flow_words::words(&draft_of, &links, usize::MAX).unwrap();
            harmless.compare(name.as_str(), &text, &whole);
            for channel in [MessageChannel::Sms, MessageChannel::Line] {
                let most = flow_words::most(channel);
                let short = flow_words::words(&draft_of, &links, most).unwrap().text;
                assert!(short.encode_utf16().count() <= most, "{}: {short}", name.as_str());
                assert!(!short.contains(['\r', '\u{0}', '\u{202e}', '\u{2066}']), "{}: {short}", name.as_str());
                assert!(short.lines().all(|line| !line.starts_with("Bcc:")), "{}: {short}", name.as_str());
                assert!(
                    links.preferences.as_ref().is_none_or(|out| short.ends_with(out.as_str())),
                    "{}: {short}",
                    name.as_str()
                );
            }
        }
    }
}

/// What shows a value, or every item where it stands in lists: `order.lines[].title`.
fn showing(path: &str, show: fn(&str) -> String) -> String {
    let (mut value, mut before, mut after) = (String::new(), String::new(), String::new());
    for (depth, step) in path.split("[]").enumerate() {
        if depth > 0 {
            let item = format!("item{depth}");
            before.push_str(&format!("{{% for {item} in {value} %}}"));
            after.push_str("{% endfor %}");
            value = item;
        }
        value.push_str(step);
    }
    format!("{before}{}{after}", show(&value))
}

/// A merchant's own wording that shows every single value of a message, in every part.
fn own_wording(name: TemplateName) -> Source {
    let paths: Vec<String> = samples::variables(name).into_iter().map(|(path, _)| path).collect();
    let every = |show: fn(&str) -> String| paths.iter().map(|path| showing(path, show)).collect::<String>();
    let body = every(|value| format!("<p title=\"{{{{ {value} }}}}\">{{{{ {value} }}}}</p>"));
    Source {
        subject: every(|value| format!(" {{{{ {value} }}}}")),
        mjml: format!("<mj-section><mj-column><mj-text>{body}</mj-text></mj-column></mj-section>"),
        text: every(|value| format!("{{{{ {value} }}}}\n")),
    }
}

/// What leads somewhere is checked apart: a hostile address is refused and the built-in is sent.
fn leads_nowhere(mut draft: Draft) -> Draft {
    if let Some(brand) = draft.values.get_mut("brand") {
        brand["logo"] = Value::Null;
        // Colors are hexadecimal numbers since they were saved.
        (brand["color"], brand["text_color"]) = ("#0b5cad".into(), "#ffffff".into());
    }
    draft
}

/// Every text, in every value that a merchant's own wording may show. Wordings do not know the language: each text is
/// tried in one of them, the next one in the other.
#[rstest]
fn hostile_texts_stay_texts_in_own_wordings(#[values(0, 1, 2, 3)] nth: usize) {
    let all = all_texts();
    let links = Links { order: Some("https://shop.example/o".to_owned()), preferences: None };
    for name in part(nth, 4) {
        let render = prepared(&own_wording(name)).unwrap();
        for (at, language) in Language::ALL.into_iter().enumerate() {
            let mut values = 0;
            fill(&mut samples::draft(name, language).values, "x", &mut values);
            let (draft_of, _, places) = draft(name, language, "x");
            let harmless = Harmless::of(render(&leads_nowhere(draft_of), &links).unwrap(), places);
            for part in [&harmless.subject, &harmless.text, &harmless.html] {
                let unseen: Vec<usize> = (0..values).filter(|place| !part.contains(place)).collect();
                assert_eq!(unseen.len(), 3, "{}: only what leads nowhere is not shown: {unseen:?}", name.as_str());
            }
            for text in all.iter().skip(at).step_by(2) {
                let (draft_of, _, _) = draft(name, language, text);
                harmless.compare(name.as_str(), text, &render(&leads_nowhere(draft_of), &links).unwrap());
            }
        }
    }
}
