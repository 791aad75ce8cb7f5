//! Turning data into a subject, an HTML part and a text part.
//!
//! MJML is compiled to HTML once per process, with the template language still in it; a message then costs only the
//! filling in. The order matters for safety, too: values are escaped as the last step, into finished HTML, and never
//! pass through the MJML parser. Texts come from `locales/*/mail.ftl` by `t('name')`, so each template stands once for
//! all languages. A value or text that is missing is an error, not a hole in a mail.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use entity::channel;
use entity::id::ChannelId;
use entity::words::CodePurpose;
use fluent_templates::fluent_bundle::FluentValue;
use minijinja::value::{Kwargs, Serde, Value};
use minijinja::{AutoEscape, Environment, ErrorKind, State, UndefinedBehavior, context};
use serde::Serialize;

use super::change_view::ChangeMail;
use super::money_view::MoneyMail;
use super::order_context::OrderContext;
use super::order_view::OrderView;
use super::pickup_view::PickupMail;
use super::template::{OrderTemplate, code_name};
use crate::kernel::language::{Language, TEXTS};
use crate::kernel::{Error, Result};

/// Steps that filling in one template may take; a thousand lines need about a tenth of it.
const FUEL: u64 = 2_000_000;

/// A message's content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// One line.
    pub subject: String,
    /// A whole HTML document without anything from outside.
    pub html: String,
    /// The same in plain text.
    pub text: String,
}

/// In whose name a message goes: header, legal footer and sender.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Seller {
    /// Legal name.
    pub name: String,
    /// Address, one line each.
    pub address: Vec<String>,
    /// Japan: `T` and 13 digits.
    pub registration_number: Option<String>,
    /// Sender address.
    pub mail_from: String,
    /// The channel it is the seller of.
    #[serde(skip)]
    pub channel_id: Option<ChannelId>,
}

impl Seller {
    /// The seller of a channel.
    #[must_use]
    pub fn of(channel: &channel::Model) -> Self {
        Self {
            name: one_line(&channel.seller_name),
            address: channel.seller_address.lines().map(one_line).filter(|line| !line.is_empty()).collect(),
            registration_number: channel.invoice_registration_number.as_deref().map(one_line),
            mail_from: one_line(&channel.mail_from),
            channel_id: Some(channel.id),
        }
    }

    /// While no channel exists yet.
    #[must_use]
    pub fn nameless() -> Self {
        Self {
            name: "Hitotsu".to_owned(),
            address: Vec::new(),
            registration_number: None,
            mail_from: "no-reply@localhost".to_owned(),
            channel_id: None,
        }
    }

    /// `Name <address>`, as rows keep it; brackets in the name are dropped so that the address can be told.
    #[must_use]
    pub fn sender(&self) -> String {
        format!("{} <{}>", self.name.replace(['<', '>', '"'], "").trim(), self.mail_from)
    }
}

/// A text without line breaks and other control characters, nor characters that reorder what follows: fit for a header
/// and for one line of a text part.
#[must_use]
pub fn one_line(text: &str) -> String {
    let reorders = |character| matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let spaced: String = text
        .chars()
        .map(|character| if character.is_control() || reorders(character) { ' ' } else { character })
        .collect();
    spaced.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Renders a message about an order.
pub fn order(template: OrderTemplate, language: Language, context: &OrderContext) -> Result<Rendered> {
    let view = OrderView::of(context, language)?;
    let seller = Value::from(Serde(&view.seller));
    render(template.name(), template.name(), language, context! { order => Serde(view), seller })
}

/// Renders a message about a parcel of an order.
pub fn parcel(name: &str, language: Language, context: &OrderContext, parcel: &serde_json::Value) -> Result<Rendered> {
    let view = OrderView::of(context, language)?;
    let seller = Value::from(Serde(&view.seller));
    render("parcel", name, language, context! { order => Serde(view), seller, parcel => Serde(parcel.clone()) })
}

/// Renders a message with a one-time code. The code stands in the body only: subjects show on locked screens.
pub fn code(
    purpose: CodePurpose,
    language: Language,
    seller: &Seller,
    code: &str,
    valid_minutes: i64,
) -> Result<Rendered> {
    let values = context! { seller => Serde(seller), code => one_line(code), minutes => valid_minutes };
    render("code", code_name(purpose), language, values)
}

/// Renders a message about what is collected in a store.
pub(super) fn pickup(name: &str, language: Language, mail: &PickupMail, seller: &Seller) -> Result<Rendered> {
    let order = context! { number => mail.number.as_str() };
    render("pickup", name, language, context! { pickup => Serde(mail), seller => Serde(seller), order })
}

/// Renders a message about stored value; `value` has what the template shows.
pub(crate) fn stored_value(
    name: &str,
    language: Language,
    value: &impl Serialize,
    seller: &Seller,
) -> Result<Rendered> {
    render("stored_value", name, language, context! { value => Serde(value), seller => Serde(seller) })
}

/// Renders a message about a return of an order.
pub(crate) fn returned(
    name: &str,
    language: Language,
    mail: &impl Serialize,
    number: &str,
    seller: &Seller,
) -> Result<Rendered> {
    let mail = serde_json::to_value(mail).map_err(|error| Error::Bug(error.to_string()))?;
    let order = context! { number };
    render("return", name, language, context! { mail => Serde(mail), seller => Serde(seller), order })
}

/// Renders a message about what is different of an order.
pub(crate) fn order_change(name: &str, language: Language, change: &ChangeMail, seller: &Seller) -> Result<Rendered> {
    let order = context! { number => change.number.as_str() };
    render("order_change", name, language, context! { change => Serde(change), seller => Serde(seller), order })
}

/// Renders a message about money that came, is expected or goes back.
pub(crate) fn money(name: &str, language: Language, mail: &MoneyMail, seller: &Seller) -> Result<Rendered> {
    let order = context! { number => mail.number.as_str() };
    render("money", name, language, context! { mail => Serde(mail), seller => Serde(seller), order })
}

/// Renders a message to staff about an answer to a survey.
pub(crate) fn survey_alert(name: &str, language: Language, mail: &impl Serialize, seller: &Seller) -> Result<Rendered> {
    let mail = serde_json::to_value(mail).map_err(|error| Error::Bug(error.to_string()))?;
    render("survey_alert", name, language, context! { mail => Serde(mail), seller => Serde(seller) })
}

fn render(file: &str, name: &str, language: Language, values: Value) -> Result<Rendered> {
    let environment = ENVIRONMENT.as_ref().map_err(|error| Error::Bug(error.clone()))?;
    let values = context! { lang => language.tag(), name => name.replace('_', "-"), ..values };
    let fill = |file: &str| {
        let template = environment.get_template(file)?;
        template.render(&values)
    };
    let all = || {
        Ok::<_, minijinja::Error>(Rendered {
            subject: one_line(&fill("subject.txt")?),
            html: fill(&format!("{file}.html"))?,
            text: fill(&format!("{file}.txt"))?,
        })
    };
    all().map_err(|error| Error::Bug(format!("template {name}: {error:#}")))
}

macro_rules! sources {
    ($($name:literal),+ $(,)?) => { [$(($name, include_str!(concat!("../../templates/mail/", $name)))),+] };
}

/// Bodies in MJML, each put into the layout.
const PAGES: [(&str, &str); 10] = sources![
    "order_confirmation.mjml",
    "pos_receipt.mjml",
    "code.mjml",
    "pickup.mjml",
    "parcel.mjml",
    "stored_value.mjml",
    "return.mjml",
    "order_change.mjml",
    "money.mjml",
    "survey_alert.mjml",
];
/// Text parts, and pieces that others include.
const PIECES: [(&str, &str); 17] = sources![
    "money.txt",
    "survey_alert.txt",
    "return.txt",
    "order_change.txt",
    "pickup.txt",
    "stored_value.txt",
    "subject.txt",
    "footer.txt",
    "order_confirmation.txt",
    "order_lines.txt",
    "order_totals.txt",
    "pos_receipt.txt",
    "code.txt",
    "parcel.txt",
    "order_lines.html",
    "order_totals.html",
    "order_delivery.html",
];
const LAYOUT: &str = include_str!("../../templates/mail/layout.mjml");
/// Where a body goes in the layout.
const BODY: &str = "<mj-raw>BODY</mj-raw>";

static ENVIRONMENT: LazyLock<Result<Environment<'static>, String>> =
    LazyLock::new(|| environment().map_err(|error| format!("mail templates: {error}")));

fn environment() -> std::result::Result<Environment<'static>, String> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
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
    for (name, source) in PAGES {
        let html = compile(source).map_err(|error| format!("{name}: {error}"))?;
        let name = name.replace(".mjml", ".html");
        environment.add_template_owned(name.clone(), html).map_err(|error| format!("{name}: {error:#}"))?;
    }
    Ok(environment)
}

fn compile(body: &str) -> std::result::Result<String, String> {
    let page = mrml::parse(LAYOUT.replace(BODY, body)).map_err(|error| error.to_string())?;
    // The default fonts link to a third party, which would learn who opens a mail.
    let options =
        mrml::prelude::render::RenderOptions { fonts: HashMap::new(), disable_comments: true, ..Default::default() };
    page.element.render(&options).map_err(|error| error.to_string())
}

/// `t('name', value=…)`: a text in the language of the message.
fn text(state: &State, name: &str, values: Kwargs) -> std::result::Result<String, minijinja::Error> {
    let fail = |detail: String| minijinja::Error::new(ErrorKind::InvalidOperation, detail);
    let language = Language::of(state.lookup("lang").as_ref().and_then(Value::as_str).unwrap_or_default());
    let language = match language {
        Language::En => fluent_templates::langid!("en"),
        Language::Ja => fluent_templates::langid!("ja"),
    };
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
    TEXTS
        .lookup_single_language(&language, name, Some(&arguments))
        .map_err(|error| fail(format!("text {name}: {error}")))
}

/// `br(lines)`: lines as HTML, each escaped, with breaks between.
fn line_breaks(lines: Vec<String>) -> Value {
    let escaped: Vec<String> = lines.iter().map(|line| minijinja::HtmlEscape(line).to_string()).collect();
    Value::from_safe_string(escaped.join("<br />"))
}
