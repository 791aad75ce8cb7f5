//! What every page must be for people who cannot see it, or not well (WCAG 2.2 AA), as far as its source tells.

use std::collections::{BTreeMap, BTreeSet};

/// A tag with its attributes; an end tag begins with a slash.
pub(super) struct Tag {
    pub(super) name: String,
    pub(super) attributes: BTreeMap<String, String>,
}

impl Tag {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(String::as_str)
    }

    /// Whether people put something in there.
    fn is_field(&self) -> bool {
        match self.name.as_str() {
            "input" => self.get("type") != Some("hidden"),
            "select" | "textarea" => true,
            _ => false,
        }
    }
}

/// All tags of a page of ours: values are quoted, and what people wrote is escaped.
pub(super) fn tags(html: &str) -> Vec<Tag> {
    let inside = html.split('<').skip(1).map(|rest| rest.split('>').next().unwrap());
    inside
        .map(|text| {
            let (name, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
            Tag { name: name.to_owned(), attributes: attributes(rest) }
        })
        .collect()
}

fn attributes(text: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let end = rest.find(|at: char| at.is_whitespace() || at == '=').unwrap_or(rest.len());
        assert!(end > 0, "no attributes: {text}");
        let (name, after) = rest.split_at(end);
        let (value, left) = match after.strip_prefix("=\"") {
            Some(quoted) => quoted.split_once('"').unwrap_or_else(|| panic!("not closed: {text}")),
            None => ("", after),
        };
        assert!(found.insert(name.to_owned(), value.to_owned()).is_none(), "{name} twice: {text}");
        rest = left.trim_start();
    }
    found
}

/// One heading, a title, a language, names for all that is filled in, messages that are tied to what they are about, and
/// nothing that keeps people from making it larger.
pub(super) fn check(html: &str, lang: &str, what: &str) {
    let tags = tags(html);
    let all = |name: &'static str| tags.iter().filter(move |tag| tag.name == name);
    assert_eq!(all("html").next().and_then(|tag| tag.get("lang")), Some(lang), "{what}: its language (3.1.1)");
    let title = html.split("<title>").nth(1).and_then(|rest| rest.split("</title>").next()).unwrap_or_default();
    assert!(!title.trim().is_empty(), "{what}: a title (2.4.2)");
    assert_eq!(all("h1").count(), 1, "{what}: one heading (1.3.1)");
    for landmark in ["header", "main", "footer"] {
        assert_eq!(all(landmark).count(), 1, "{what}: one {landmark} (1.3.1)");
    }
    let viewport = all("meta").find(|tag| tag.get("name") == Some("viewport")).unwrap().get("content").unwrap();
    let is_fixed = viewport.contains("maximum-scale") || viewport.contains("user-scalable");
    assert!(!is_fixed, "{what}: {viewport} (1.4.4)");

    let ids: Vec<&str> = tags.iter().filter_map(|tag| tag.get("id")).collect();
    let known: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(ids.len(), known.len(), "{what}: an id twice: {ids:?}");
    for name in ["aria-describedby", "aria-labelledby", "for"] {
        for id in tags.iter().filter_map(|tag| tag.get(name)).flat_map(str::split_whitespace) {
            assert!(known.contains(id), "{what}: {name} leads to {id}, which is not there");
        }
    }
    let labeled: BTreeSet<&str> = all("label").filter_map(|tag| tag.get("for")).collect();
    let mut inside = 0;
    let mut level = 0;
    for (index, tag) in tags.iter().enumerate() {
        match tag.name.as_str() {
            "label" => inside += 1,
            "/label" => inside -= 1,
            "h1" | "h2" | "h3" => {
                let now = tag.name[1..].parse::<i32>().unwrap();
                assert!(now <= level + 1, "{what}: {} after a heading of level {level} (1.3.1)", tag.name);
                level = now;
            }
            "img" => assert!(tag.get("alt").is_some(), "{what}: a picture without words (1.1.1)"),
            "fieldset" => {
                let is_named = tag.get("aria-label").is_some() || tags[index + 1].name == "legend";
                assert!(is_named, "{what}: a group without a name (1.3.1)");
            }
            "button" => assert!(tag.get("type").is_some(), "{what}: a button of no type"),
            "a" => assert!(tag.get("href").is_some_and(|to| !to.is_empty()), "{what}: a link to nowhere"),
            _ => {}
        }
        let is_named = inside > 0 || tag.get("aria-label").is_some();
        let is_named = is_named || tag.get("id").is_some_and(|id| labeled.contains(id));
        assert!(!tag.is_field() || is_named, "{what}: a field without a name: {:?} (3.3.2)", tag.attributes);
        if tag.get("aria-invalid") == Some("true") {
            let is_told = tag.get("aria-describedby").is_some_and(|ids| ids.split(' ').any(|id| id == "failure"));
            assert!(is_told, "{what}: what is wrong is not told: {:?} (3.3.1)", tag.attributes);
        }
    }
    assert_eq!(inside, 0, "{what}: a label that is not closed");
    let focus = html.matches("outline: none").count();
    assert!(html.contains(":focus-visible { outline: 3px solid") && focus == 1, "{what}: the focus is seen (2.4.7)");
}

/// The message of a form that was refused: announced, and in the title.
pub(super) fn check_failure(html: &str, lang: &str, what: &str) {
    check(html, lang, what);
    let tags = tags(html);
    let alerts: Vec<_> = tags.iter().filter(|tag| tag.get("role") == Some("alert")).collect();
    assert_eq!(alerts.iter().map(|tag| tag.get("id")).collect::<Vec<_>>(), [Some("failure")], "{what} (4.1.3)");
    let says = html.split("id=\"failure\" role=\"alert\"><p>").nth(1).and_then(|rest| rest.split('<').next());
    let says = says.unwrap_or_else(|| panic!("{what} says nothing\n{html}"));
    let is_japanese = says.chars().any(|at| ('ぁ'..='ヿ').contains(&at) || ('一'..='龥').contains(&at));
    assert_eq!(is_japanese, lang == "ja", "{what}: {says}");
    let title = if lang == "ja" { "<title>エラー：" } else { "<title>Error: " };
    assert!(html.contains(title), "{what}: the title says it");
}
