//! What all messages have in common: the brand, dark mode, size, links, a sample, words in both languages.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "tests")]

use std::collections::BTreeSet;

use entity::words::MessageClass;
use serde_json::{Value, json};

use super::brand::Brand;
use super::own_template::{Source, check};
use super::render::{Links, Rendered, Seller};
use super::samples;
use super::template_name::TemplateName;
use crate::kernel::language::Language;

fn rendered(name: TemplateName, language: Language) -> Rendered {
    samples::draft(name, language).render(&samples::links(name)).unwrap()
}

fn everywhere() -> impl Iterator<Item = (TemplateName, Language)> {
    TemplateName::ALL.iter().flat_map(|name| Language::ALL.map(|language| (*name, language)))
}

/// Both parts of every message, filled in with its sample. What becomes of other orders, changes and payments is kept
/// beside the tests of those.
#[test]
fn every_message_in_every_language() {
    for (name, language) in everywhere() {
        let rendered = rendered(name, language);
        let (name, tag) = (name.as_str(), language.tag());
        let text = format!("Subject: {}\n\n{}", rendered.subject, rendered.text);
        insta::assert_snapshot!(format!("{name}.{tag}.txt"), text);
        insta::assert_snapshot!(format!("{name}.{tag}.html"), rendered.html);
    }
}

#[test]
fn every_message_has_its_words_and_every_word_its_message() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/locales/en");
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let texts: Vec<String> = files.map(|file| std::fs::read_to_string(file).unwrap()).collect();
    let told: BTreeSet<String> = texts
        .iter()
        .flat_map(|text| text.lines())
        .filter_map(|line| line.split_once("-subject = ")?.0.strip_prefix("mail-").map(|name| name.replace('-', "_")))
        .filter(|name| name != "test")
        .collect();
    let known: BTreeSet<String> = TemplateName::ALL.iter().map(|name| name.as_str().to_owned()).collect();
    assert_eq!(told, known, "a message without a name here is neither previewed nor tried with hostile texts");
    for (name, language) in everywhere() {
        let rendered = rendered(name, language);
        assert!(!rendered.subject.is_empty() && !rendered.text.is_empty(), "{}", name.as_str());
        assert!(!rendered.subject.contains(samples::CODE), "{}: a subject shows on a locked screen", name.as_str());
    }
}

#[test]
fn every_message_follows_dark_mode_and_loads_only_the_logo() {
    for (name, language) in everywhere() {
        let html = rendered(name, language).html;
        for wanted in ["name=\"color-scheme\"", "prefers-color-scheme: dark", "color-scheme: light dark"] {
            assert!(html.contains(wanted), "{wanted} in {}", name.as_str());
        }
        for word in ["@import", "@font-face", "fonts.googleapis", "url(", "<link"] {
            assert!(!html.contains(word), "{word} in {}", name.as_str());
        }
        let pictures = html.matches("<img").count();
        let own = html.matches("src=\"https:&#x2f;&#x2f;shop.example&#x2f;logo.png\"").count();
        assert_eq!(pictures, own + super::inline::images(&html).len(), "{}", name.as_str());
        assert_eq!(own, 1, "{}", name.as_str());
    }
}

#[test]
fn the_brand_stands_in_every_message() {
    let seller = Seller {
        brand: Brand {
            color: "#7a1f3d".to_owned(),
            text_color: "#fff8f0".to_owned(),
            footer: json!({ "en": "Registered in Tokyo <1>", "ja": "東京都公安委員会許可 <1>" }),
            sender_name: Some("The tea people".to_owned()),
            ..Brand::default()
        },
        ..samples::seller(Language::En)
    };
    assert!(seller.sender().starts_with("The tea people <"));
    for (name, language) in everywhere() {
        let rendered = samples::draft_of(name, language, &seller).render(&Links::default()).unwrap();
        let legal = if language == Language::En { "Registered in Tokyo" } else { "東京都公安委員会許可" };
        assert!(rendered.html.contains("#7a1f3d") && rendered.html.contains("#fff8f0"), "{}", name.as_str());
        assert!(rendered.html.contains(legal) && rendered.text.contains(legal), "{}", name.as_str());
        assert!(rendered.html.contains("&lt;1&gt;"), "{}", name.as_str());
        assert!(!rendered.html.contains("<img") || !super::inline::images(&rendered.html).is_empty());
    }
}

/// In Japan advertising must say where to ask and to complain; a brand without an address has nothing to show.
#[test]
fn every_message_says_where_to_ask_when_the_brand_does() {
    let silent = Seller { brand: Brand::default(), ..samples::seller(Language::En) };
    for (name, language) in everywhere() {
        let told = rendered(name, language);
        assert!(told.html.contains("href=\"mailto:help@shop.example\""), "{}", name.as_str());
        let label = if language == Language::En { "Questions: " } else { "お問い合わせ：" };
        for part in [&told.html, &told.text] {
            assert!(part.contains(&format!("{label}help@shop.example")), "{}", name.as_str());
        }
        let untold = samples::draft_of(name, language, &silent).render(&samples::links(name)).unwrap();
        assert!(!untold.html.contains("mailto:") && !untold.html.contains(label), "{}", name.as_str());
        assert!(!untold.text.contains(label), "{}", name.as_str());
    }
}

#[test]
fn links_stand_where_they_belong() {
    for (name, language) in everywhere() {
        let rendered = rendered(name, language);
        let has = |url: &str| {
            let escaped = minijinja::HtmlEscape(url).to_string();
            (rendered.html.contains(&escaped), rendered.text.contains(url))
        };
        assert_eq!(has("https://shop.example/o/sample"), (true, true), "{}", name.as_str());
        let needs_consent = name.class() != MessageClass::Transactional;
        assert_eq!(has("https://shop.example/u/sample"), (needs_consent, needs_consent), "{}", name.as_str());
        let has_cancel = name == TemplateName::BackInStock;
        assert_eq!(has(samples::CANCEL), (has_cancel, has_cancel), "{}", name.as_str());
    }
}

/// Gmail cuts a message off after 102 KB of HTML. Two hundred lines of every list, with long names.
#[test]
fn no_message_is_cut_off() {
    fn grow(value: &mut Value) {
        match value {
            Value::Array(items) => {
                if let Some(first) = items.first().cloned() {
                    *items = vec![first; 200];
                }
                items.iter_mut().for_each(grow);
            }
            Value::Object(fields) => {
                if let Some(title) = fields.get_mut("title") {
                    *title = json!("静岡深蒸し茶 特上 2026年産 ".repeat(6));
                }
                fields.values_mut().for_each(grow);
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    for name in [TemplateName::OrderConfirmation, TemplateName::PosReceipt, TemplateName::ShipmentShipped] {
        let mut draft = samples::draft(name, Language::Ja);
        for list in ["/order/lines", "/parcel/lines"] {
            if let Some(list) = draft.values.pointer_mut(list) {
                let mut whole = list.clone();
                grow(&mut whole);
                *list = whole;
            }
        }
        let rendered = draft.render(&samples::links(name)).unwrap();
        assert!(rendered.html.len() < 102 * 1024, "{}: {} bytes", name.as_str(), rendered.html.len());
        assert!(rendered.html.contains("ほか "), "{}", name.as_str());
        assert!(rendered.text.matches("静岡深蒸し茶").count() >= 200, "the text part shows all");
    }
}

/// Makes every list one of fifty items, each with a long name and its number.
fn fifty(value: &mut Value) {
    let name = |number: usize| json!(format!("{}№{number}。", "静岡深蒸し茶 特上 2026年産 ".repeat(3)));
    let numbered = |first: &Value, number: usize| match first {
        Value::String(_) => name(number),
        Value::Object(fields) => {
            let mut fields = fields.clone();
            for called in ["title", "name", "label"] {
                if let Some(field) = fields.get_mut(called) {
                    *field = name(number);
                }
            }
            Value::Object(fields)
        }
        Value::Array(_) | Value::Null | Value::Bool(_) | Value::Number(_) => first.clone(),
    };
    match value {
        Value::Array(items) => {
            if let Some(first) = items.first().cloned() {
                *items = (1..=50).map(|number| numbered(&first, number)).collect();
            }
        }
        Value::Object(fields) => {
            for (list, field) in fields.iter_mut() {
                // An order is collected in one or two stores, of fifty things.
                if list == "pickups"
                    && let Value::Array(stores) = field
                {
                    stores.iter_mut().for_each(fifty);
                } else {
                    fifty(field);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Fifty of everything that a message lists, at once. The HTML part may leave some of it out, the text part shows it all.
#[test]
fn no_message_is_cut_off_whatever_it_lists() {
    let mut with_lists = BTreeSet::new();
    for (name, language) in everywhere() {
        let mut draft = samples::draft(name, language);
        // Who sells and what the law asks are as long as the shop wrote them, not as the order is.
        let fields = draft.values.as_object_mut().unwrap();
        fields
            .iter_mut()
            .filter(|(name, _)| !["seller", "brand"].contains(&name.as_str()))
            .for_each(|(_, it)| fifty(it));
        if let Some(told) = draft.json_ld.as_mut().and_then(|told| told.get_mut("acceptedOffer")) {
            // More of them are not told.
            *told = Value::Array(vec![told[0].clone(); 20]);
        }
        let rendered = draft.render(&samples::links(name)).unwrap();
        let what = format!("{} in {}", name.as_str(), language.tag());
        assert!(rendered.html.len() < 102 * 1024, "{what}: {} bytes", rendered.html.len());
        assert_eq!(rendered.html.contains("№1。"), rendered.text.contains("№50。"), "{what}: the text part shows all");
        if rendered.html.contains("№1。") {
            with_lists.insert(name.file());
        }
    }
    let without = BTreeSet::from(["account", "code", "notice"]);
    let files: BTreeSet<&str> = TemplateName::ALL.iter().map(|name| name.file()).collect();
    assert_eq!(files.difference(&with_lists).copied().collect::<BTreeSet<_>>(), without, "shapes without a list");
}

/// Built-in shapes pass the checks of merchants' wordings where they can be written by hand.
#[test]
fn what_is_wrong_with_a_wording_is_told_by_line() {
    let source = |subject: &str, body: &str, text: &str| Source {
        subject: subject.to_owned(),
        mjml: format!("<mj-section><mj-column><mj-text>\n{body}\n</mj-text></mj-column></mj-section>"),
        text: text.to_owned(),
    };
    let problems = |name, source: &Source| -> Vec<(usize, &'static str)> {
        check(name, source, Language::En).into_iter().map(|it| (it.line, it.problem)).collect()
    };
    let order = TemplateName::OrderConfirmation;
    let good =
        source("Order {{ order.number }}", "{{ order.customer }}{% if order.note %}!{% endif %}", "{{ order.total }}");
    assert!(problems(order, &good).is_empty(), "{:?}", problems(order, &good));
    for (body, wanted) in [
        ("{{ order.numbr }}", (2, "unknown-variable")),
        ("x\n{{ nobody }}", (3, "unknown-variable")),
        ("{% for line in order.lines %}{{ line.titel }}{% endfor %}", (2, "unknown-variable")),
        ("x\n{{ order.number", (0, "syntax")),
        ("{% if order.note %}", (0, "syntax")),
        ("{% set x = 'x' %}", (2, "block")),
        ("{% autoescape false %}{{ order.note }}{% endautoescape %}", (2, "block")),
        ("{{ order.note|safe }}", (2, "syntax")),
        ("{{ order.note * 999999999 }}", (2, "operator")),
        ("{{ 1 in [0]*100000000 }}", (2, "operator")),
        ("{{ order.lines|upper }}", (2, "syntax")),
        ("<p style=\"background:url(https://evil.example/x.png)\">x</p>", (0, "markup")),
        ("{% include '/etc/passwd' %}", (2, "syntax")),
        ("<b>", (0, "mjml")),
        ("<script>alert(1)</script>", (0, "markup")),
        ("<iframe src=\"https://evil.example\"></iframe>", (0, "markup")),
        ("<form action=\"https://evil.example\"><input /></form>", (0, "markup")),
        ("<p onclick=\"x\">x</p>", (0, "markup")),
        ("<a href=\"{{ order.note }}\">x</a>", (0, "markup")),
        ("<img src=\"http://evil.example/x.png\" />", (0, "markup")),
    ] {
        let found = problems(order, &source("x", body, "x"));
        let is_it = |it: &(usize, &'static str)| it.1 == wanted.1 && (wanted.0 == 0 || it.0 == wanted.0);
        assert!(found.iter().any(is_it), "{body}: {found:?}");
    }
    assert_eq!(problems(order, &source("x\ny", "x", "x")), [(2, "one-line")]);
    assert_eq!(problems(order, &source("", "x", "x")), [(0, "empty")]);
    assert_eq!(problems(order, &source("x", &"x".repeat(70_000), "x")), [(0, "too-large")]);
}

#[test]
fn a_wording_has_what_its_message_needs() {
    let source =
        |mjml: &str, text: &str| Source { subject: "x".to_owned(), mjml: mjml.to_owned(), text: text.to_owned() };
    let problems = |name, source: &Source| -> Vec<&'static str> {
        check(name, source, Language::En).into_iter().map(|it| it.problem).collect()
    };
    let section = |body: &str| format!("<mj-section><mj-column><mj-text>{body}</mj-text></mj-column></mj-section>");
    // The layout brings the link by which messages are ended; a whole document brings its own.
    assert_eq!(problems(TemplateName::WinBack, &source(&section("x"), "x")), ["no-preferences-link"]);
    let text = "x\n{% include 'footer.txt' %}";
    assert_eq!(problems(TemplateName::WinBack, &source(&section("x"), text)), Vec::<&str>::new());
    let whole = format!("<mjml><mj-body>{}</mj-body></mjml>", section("x"));
    assert_eq!(problems(TemplateName::WinBack, &source(&whole, text)), ["no-preferences-link"]);
    assert_eq!(problems(TemplateName::PickupReady, &source(&section("x"), "x")), ["no-code", "no-code"]);
    let with = source(&section("{{ pickup.code }}"), "{{ pickup.code }}");
    assert_eq!(problems(TemplateName::PickupReady, &with), Vec::<&str>::new());
    let with_font = "<mjml><mj-head><mj-font name=\"X\" href=\"https://evil.example/x.css\" /></mj-head><mj-body>\
        <mj-section><mj-column><mj-text font-family=\"X\">x</mj-text></mj-column></mj-section></mj-body></mjml>";
    assert_eq!(problems(TemplateName::OrderChanged, &source(with_font, "x")), ["markup"]);
}

/// The page that lists every value of every message says what the code says. `UPDATE_DOCS=1` writes it.
#[test]
fn the_documented_values_are_those_of_the_code() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/capabilities/message-templates.md");
    let page = std::fs::read_to_string(path).unwrap();
    let (begin, end) = ("<!-- values: written by a test -->\n", "<!-- end of values -->");
    let (before, rest) = page.split_once(begin).unwrap();
    let (_, after) = rest.split_once(end).unwrap();
    let expected = format!("{before}{begin}{}{end}{after}", documented());
    if option_env!("UPDATE_DOCS").is_some() {
        std::fs::write(path, &expected).unwrap();
    }
    let committed = std::fs::read_to_string(path).unwrap();
    assert!(committed == expected, "UPDATE_DOCS=1 cargo nextest run -p hitotsu-domain documented_values");
}

/// Values by shape: messages of one shape have the same.
fn documented() -> String {
    let mut shapes: Vec<(&str, Vec<TemplateName>)> = Vec::new();
    for name in TemplateName::ALL {
        match shapes.iter_mut().find(|(file, _)| *file == name.file()) {
            Some((_, names)) => names.push(*name),
            None => shapes.push((name.file(), vec![*name])),
        }
    }
    let common = ["seller.", "brand.", "links.", "lang", "name", "most"];
    let is_common = |path: &str| common.iter().any(|it| path.starts_with(it));
    let table = |rows: Vec<(String, String)>| {
        let cell = |text: &str| text.replace('|', "\\|").chars().take(60).collect::<String>();
        let rows: String = rows.iter().map(|(path, sample)| format!("| `{path}` | {} |\n", cell(sample))).collect();
        format!("| Value | Sample |\n|---|---|\n{rows}\n")
    };
    let of = |name: TemplateName, wanted: bool| -> Vec<(String, String)> {
        samples::variables(name).into_iter().filter(|(path, _)| is_common(path) == wanted).collect()
    };
    let mut page = format!("\n### In every message\n\n{}", table(of(TemplateName::WinBack, true)));
    for (file, names) in shapes {
        page.push_str(&format!("### Shape `{file}`\n\n| Message | Class | When |\n|---|---|---|\n"));
        for name in &names {
            let when = name.when().trim();
            page.push_str(&format!("| `{}` | {} | {when} |\n", name.as_str(), name.class()));
        }
        page.push_str(&format!("\n{}", table(of(names[0], false))));
    }
    page
}
