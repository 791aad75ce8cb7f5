//! The template engine of messages.
//!
//! MJML is compiled to HTML once per process, with the template language still in it; a message then costs only the
//! filling in. The order matters for safety, too: values are escaped as the last step, into finished HTML, and never
//! pass through the MJML parser. Texts come from `locales/*/mail*.ftl` by `t('name')`, so each template stands once for
//! all languages. A value or text that is missing is an error, not a hole in a mail.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use fluent_templates::fluent_bundle::FluentValue;
use minijinja::value::{Kwargs, Serde, Value};
use minijinja::{AutoEscape, Environment, ErrorKind, State, UndefinedBehavior};

use super::render::{Rendered, one_line};
use crate::kernel::language::{Language, TEXTS};
use crate::kernel::{Error, Result};

/// Steps that filling in one built-in template may take; a thousand lines need about a tenth of it.
const FUEL: u64 = 2_000_000;

macro_rules! sources {
    ($($name:literal),+ $(,)?) => { &[$(($name, include_str!(concat!("../../templates/mail/", $name)))),+] };
}

/// Bodies in MJML, each put into the layout.
const PAGES: &[(&str, &str)] = sources![
    "order_confirmation.mjml",
    "pos_receipt.mjml",
    "code.mjml",
    "notice.mjml",
    "account.mjml",
    "pickup.mjml",
    "parcel.mjml",
    "stored_value.mjml",
    "return.mjml",
    "order_change.mjml",
    "money.mjml",
    "flow.mjml",
    "survey_alert.mjml",
];
/// Text parts of the bodies.
const TEXT_PARTS: &[(&str, &str)] = sources![
    "order_confirmation.txt",
    "pos_receipt.txt",
    "code.txt",
    "notice.txt",
    "account.txt",
    "pickup.txt",
    "parcel.txt",
    "stored_value.txt",
    "return.txt",
    "order_change.txt",
    "money.txt",
    "flow.txt",
    "flow_words.txt",
    "survey_alert.txt",
    "subject.txt",
];
/// Pieces that bodies include, a merchant's own, too.
pub(super) const PIECES: &[(&str, &str)] = sources![
    "footer.txt",
    "order_lines.txt",
    "order_totals.txt",
    "order_lines.html",
    "order_totals.html",
    "order_delivery.html",
];
/// The document around the bodies.
pub(super) const LAYOUT: &str = include_str!("../../templates/mail/layout.mjml");
/// Where a body goes in the layout.
const BODY: &str = "<mj-raw>BODY</mj-raw>";

static ENVIRONMENT: LazyLock<Result<Environment<'static>, String>> =
    LazyLock::new(|| environment().map_err(|error| format!("mail templates: {error}")));

/// Fills in a built-in template.
pub(super) fn built_in(file: &str, values: &serde_json::Value) -> Result<Rendered> {
    let environment = ENVIRONMENT.as_ref().map_err(|error| Error::Bug(error.clone()))?;
    let name = values.get("name").and_then(serde_json::Value::as_str).unwrap_or_default();
    let values = Value::from(Serde(values));
    let fill = |file: &str| environment.get_template(file)?.render(&values);
    let all = || {
        Ok::<_, minijinja::Error>(Rendered {
            subject: one_line(&fill("subject.txt")?),
            html: fill(&format!("{file}.html"))?,
            text: fill(&format!("{file}.txt"))?,
        })
    };
    all().map_err(|error| Error::Bug(format!("template {name}: {error:#}")))
}

/// Fills in the subject and one text part alone, for messages without HTML.
pub(super) fn words(file: &str, values: &serde_json::Value) -> Result<(String, String)> {
    let environment = ENVIRONMENT.as_ref().map_err(|error| Error::Bug(error.clone()))?;
    let values = Value::from(Serde(values));
    let fill = |file: &str| environment.get_template(file)?.render(&values);
    let both = || Ok::<_, minijinja::Error>((one_line(&fill("subject.txt")?), fill(&format!("{file}.txt"))?));
    both().map_err(|error| Error::Bug(format!("template {file}: {error:#}")))
}

fn environment() -> std::result::Result<Environment<'static>, String> {
    let mut environment = Environment::new();
    environment.set_fuel(Some(FUEL));
    equip(&mut environment)?;
    for (name, source) in TEXT_PARTS {
        environment.add_template(name, source).map_err(|error| format!("{name}: {error:#}"))?;
    }
    for (name, source) in PAGES {
        let html = compile(source).map_err(|error| format!("{name}: {error}"))?;
        let name = name.replace(".mjml", ".html");
        environment.add_template_owned(name.clone(), html).map_err(|error| format!("{name}: {error:#}"))?;
    }
    Ok(environment)
}

/// What built-in and merchants' own templates share: strictness, escaping, texts and pieces.
pub(super) fn equip(environment: &mut Environment<'static>) -> std::result::Result<(), String> {
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment
        .set_auto_escape_callback(|name| if name.ends_with(".txt") { AutoEscape::None } else { AutoEscape::Html });
    let syntax = minijinja::syntax::SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .keep_trailing_newline(true)
        .build();
    environment.set_syntax(syntax.map_err(|error| error.to_string())?);
    environment.add_function("t", text);
    environment.add_function("br", line_breaks);
    for (name, source) in PIECES {
        environment.add_template(name, source).map_err(|error| format!("{name}: {error:#}"))?;
    }
    Ok(())
}

/// A body in MJML as HTML in the layout of all messages.
pub(super) fn compile(body: &str) -> std::result::Result<String, String> {
    compile_document(&LAYOUT.replace(BODY, body))
}

/// A whole MJML document as HTML.
pub(super) fn compile_document(document: &str) -> std::result::Result<String, String> {
    let page = mrml::parse(document).map_err(|error| error.to_string())?;
    // The default fonts link to a third party, which would learn who opens a mail.
    let options =
        mrml::prelude::render::RenderOptions { fonts: HashMap::new(), disable_comments: true, ..Default::default() };
    page.element.render(&options).map_err(|error| error.to_string())
}

/// `t('name', value=…)`: a text in the language of the message.
fn text(state: &State, name: &str, values: Kwargs) -> std::result::Result<String, minijinja::Error> {
    let mut arguments: HashMap<Cow<'static, str>, FluentValue<'_>> = HashMap::new();
    let keys: Vec<String> = values.args().map(str::to_owned).collect();
    for key in keys {
        let value: Value = values.get(&key)?;
        let value = match value.as_i64() {
            Some(number) if value.is_number() => FluentValue::from(number),
            _ => FluentValue::from(value.to_string()),
        };
        arguments.insert(Cow::Owned(key), value);
    }
    said(state, name, &arguments)
}

fn said(
    state: &State,
    name: &str,
    arguments: &HashMap<Cow<'static, str>, FluentValue<'_>>,
) -> std::result::Result<String, minijinja::Error> {
    let language = match Language::of(state.lookup("lang").as_ref().and_then(Value::as_str).unwrap_or_default()) {
        Language::En => fluent_templates::langid!("en"),
        Language::Ja => fluent_templates::langid!("ja"),
    };
    TEXTS
        .lookup_single_language(&language, name, Some(arguments))
        .map_err(|error| minijinja::Error::new(ErrorKind::InvalidOperation, format!("text {name}: {error}")))
}

/// `br(lines)`: lines as HTML, each escaped, with breaks between; of a long list the first ones, and how many more.
fn line_breaks(state: &State, lines: Vec<String>) -> std::result::Result<Value, minijinja::Error> {
    let most = state.lookup("most").and_then(|most| most.as_usize()).unwrap_or(usize::MAX);
    let mut escaped: Vec<String> =
        lines.iter().take(most).map(|line| minijinja::HtmlEscape(line).to_string()).collect();
    if let Some(more) = lines.len().checked_sub(most).filter(|more| *more > 0) {
        let count = HashMap::from([(Cow::Borrowed("count"), FluentValue::from(more))]);
        escaped.push(minijinja::HtmlEscape(&said(state, "mail-more-lines", &count)?).to_string());
    }
    Ok(Value::from_safe_string(escaped.join("<br />")))
}
