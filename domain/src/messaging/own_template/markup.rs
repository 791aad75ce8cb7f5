//! Markup that a mail may hold. What is checked is the finished HTML, values and all: nothing that a template puts
//! together at the last moment gets past it.

/// Elements that run, load or ask for something. Mail programs drop most of them; what is left would be a trap.
const REFUSED: [&str; 23] = [
    "script", "iframe", "frame", "frameset", "object", "embed", "applet", "form", "input", "textarea", "select",
    "button", "link", "base", "svg", "math", "audio", "video", "source", "template", "slot", "dialog", "portal",
];
/// Attributes that lead somewhere.
const LEADS: [&str; 6] = ["href", "src", "action", "formaction", "background", "xlink:href"];

/// Passes for markup that a mail may hold. Error: what it may not.
pub(super) fn check(html: &str) -> Result<(), String> {
    let lower = html.to_ascii_lowercase();
    for word in ["@import", "@font-face"] {
        if in_styles(&lower, word) {
            return Err(word.to_owned());
        }
    }
    for style in styles(&lower) {
        loads_nothing(style)?;
    }
    for tag in tags(&lower) {
        let (name, rest) = split_name(tag);
        if REFUSED.contains(&name) {
            return Err(format!("<{name}>"));
        }
        for (attribute, value) in attributes(rest) {
            check_attribute(name, attribute, value)?;
        }
    }
    Ok(())
}

fn check_attribute(tag: &str, attribute: &str, value: &str) -> Result<(), String> {
    let told = || format!("<{tag} {attribute}=\"{}\">", value.chars().take(60).collect::<String>());
    if attribute.starts_with("on") || attribute == "srcdoc" || attribute == "srcset" {
        return Err(format!("{attribute}="));
    }
    if tag == "meta" && attribute == "http-equiv" && value == "refresh" {
        return Err(told());
    }
    if attribute == "style" {
        return loads_nothing(value);
    }
    if !LEADS.contains(&attribute) {
        return Ok(());
    }
    let allowed: &[&str] =
        if attribute == "href" { &["https://", "http://", "mailto:", "tel:", "#"] } else { &["https://", "cid:"] };
    let value = decoded(value);
    if allowed.iter().any(|begin| value.starts_with(begin)) { Ok(()) } else { Err(told()) }
}

/// A value with its numbered entities undone, which is how the values of messages are escaped. Other entities stay, and
/// so does what they would hide: only what begins as it should passes.
fn decoded(value: &str) -> String {
    let mut parts = value.split("&#");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let character = part.split_once(';').and_then(|(number, rest)| {
            let number = match number.strip_prefix('x') {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => number.parse(),
            };
            Some((char::from_u32(number.ok()?)?, rest))
        });
        match character {
            Some((character, rest)) => {
                text.push(character);
                text.push_str(rest);
            }
            None => {
                text.push_str("&#");
                text.push_str(part);
            }
        }
    }
    text
}

/// Whether a word stands in a style sheet; in text it is only a word.
fn in_styles(html: &str, word: &str) -> bool {
    styles(html).any(|style| style.contains(word))
}

/// The style sheets, each with what is left of its tag.
fn styles(html: &str) -> impl Iterator<Item = &str> {
    html.split("<style").skip(1).map(|rest| rest.split("</style").next().unwrap_or(rest))
}

/// Passes for styles that load nothing. Signs that could spell a function in another way are refused with it.
fn loads_nothing(style: &str) -> Result<(), String> {
    let style = decoded(style);
    let spelled = ["url(", "image-set(", "image(", "src(", "expression(", "-moz-binding", "\\"];
    if let Some(word) = spelled.into_iter().find(|word| style.contains(word)) {
        return Err(format!("style: {word}"));
    }
    let is_plain = |rest: &str| {
        let name = rest.split(|sign: char| !sign.is_ascii_alphanumeric()).next().unwrap_or_default();
        !rest.starts_with('#') && ["", "amp", "quot", "apos", "lt", "gt", "nbsp"].contains(&name)
    };
    match style.split('&').skip(1).find(|rest| !is_plain(rest)) {
        Some(rest) => Err(format!("style: &{}", rest.chars().take(10).collect::<String>())),
        None => Ok(()),
    }
}

/// What stands in each tag that opens, without its brackets; comments for one mail program count like all others.
fn tags(html: &str) -> impl Iterator<Item = &str> {
    html.split('<').skip(1).filter(|rest| rest.starts_with(|first: char| first.is_ascii_alphabetic())).map(|rest| {
        let mut quote = None;
        let end = rest.char_indices().find(|(_, character)| match quote {
            Some(open) => {
                if *character == open {
                    quote = None;
                }
                false
            }
            None if matches!(character, '"' | '\'') => {
                quote = Some(*character);
                false
            }
            None => *character == '>',
        });
        end.and_then(|(at, _)| rest.get(..at)).unwrap_or(rest)
    })
}

fn split_name(tag: &str) -> (&str, &str) {
    let end = tag.find(|character: char| character.is_whitespace() || character == '/').unwrap_or(tag.len());
    tag.split_at(end)
}

/// The attributes of a tag with their values, quotes undone.
fn attributes(mut rest: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    loop {
        rest = rest.trim_start_matches(|character: char| character.is_whitespace() || character == '/');
        if rest.is_empty() {
            return found;
        }
        let end = rest.find(|character: char| character.is_whitespace() || "=/".contains(character));
        let (name, after) = rest.split_at(end.unwrap_or(rest.len()));
        let after = after.trim_start();
        let Some(after) = after.strip_prefix('=') else {
            found.push((name, ""));
            // A name is never empty here, except in front of a stray sign.
            rest = if name.is_empty() { after.get(1..).unwrap_or_default() } else { after };
            continue;
        };
        let after = after.trim_start();
        let (value, next) = match after.chars().next() {
            Some(quote @ ('"' | '\'')) => {
                let inner = after.get(1..).unwrap_or_default();
                inner.split_once(quote).unwrap_or((inner, ""))
            }
            _ => after.split_at(after.find(char::is_whitespace).unwrap_or(after.len())),
        };
        found.push((name, value.trim()));
        rest = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runs_or_loads_is_refused() {
        for html in [
            "<script>x</script>",
            "<SCRIPT src=x>",
            "<iframe src='https://a.example'>",
            "<form action=\"https://a.example\">",
            "<p onclick=x>",
            "<p style='x' OnMouseOver = 'x'>",
            "<a href=\"javascript:alert(1)\">",
            "<a href=' java\tscript:alert(1)'>",
            "<a href=\"java&#115;cript:alert(1)\">",
            "<img src=\"http://a.example/x.png\">",
            "<img src='data:image/svg+xml,x'>",
            "<link rel=stylesheet href=https://a.example/x.css>",
            "<style>@import url(https://a.example/x.css);</style>",
            "<meta http-equiv=\"refresh\" content=\"0\">",
            "<svg/onload=alert(1)>",
            "<!--[if mso]><iframe><![endif]-->",
            "<img src=x onerror=alert(1)",
            "<td style=\"background:url(https://a.example/x.png)\">",
            "<td STYLE='background: URL(//a.example)'>",
            "<td style=\"background:u&#x72;l(https://a.example)\">",
            "<td style=\"background:u&#x72l(https://a.example)\">",
            "<td style=\"background:url&lpar;https://a.example)\">",
            "<td style=\"background:u\\72l(https://a.example)\">",
            "<td style=\"background:image-set('https://a.example' 1x)\">",
            "<style>p { background: url(https://a.example/x.png) }</style>",
        ] {
            assert!(check(html).is_err(), "{html}");
        }
    }

    #[test]
    fn what_mails_are_made_of_passes() {
        for html in [
            "<!doctype html><html xmlns:v=\"urn:x\"><head><meta charset=\"utf-8\"><style>a { color: red }</style></head>",
            "<a href=\"https://shop.example/?a=1&amp;b=2\">x</a>",
            "<a href=\"https:&#x2f;&#x2f;shop.example&#x2f;o\">x</a>",
            "<img src=\"cid:qr.ABCD2345@inline\" alt=\"a > b\" />",
            "<p>&lt;script&gt; javascript: onclick= @import</p>",
            "<td style=\"color:red\" align=center nowrap>1 < 2</td>",
            "<td style=\"font-family:&quot;Noto Sans&quot;, sans-serif; width:calc(100% - 1px)\">url(x)</td>",
        ] {
            assert_eq!(check(html), Ok(()), "{html}");
        }
    }
}
