//! Turning data into a subject, an HTML part and a text part.
//!
//! What a message shows is plain data ([`Draft`]); words and markup come from templates, the built-in ones here or a
//! merchant's own (`own_template`). All texts in a draft are made one line without control characters before any
//! template sees them, whatever the area that wrote them did. Templates and their engine: `engine`.

use entity::channel;
use entity::id::ChannelId;
use entity::words::CodePurpose;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::brand::Brand;
use super::change_view::ChangeMail;
use super::engine;
use super::json_ld;
use super::money_view::MoneyMail;
use super::order_context::OrderContext;
use super::order_view::OrderView;
use super::pickup_view::PickupMail;
use super::template::{OrderTemplate, code_name};
use crate::kernel::Result;
use crate::kernel::language::Language;

/// Gmail cuts a message off after 102 KB of HTML; a little is left for what others add.
pub(crate) const MAX_HTML: usize = 100_000;
/// How many lines of a list the HTML part shows: the first count with which it is not cut off. The text part shows all.
const MOST_LINES: [usize; 6] = [150, 80, 40, 20, 10, 6];

/// A message's content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// One line.
    pub subject: String,
    /// A whole HTML document. From outside it loads the seller's logo at most.
    pub html: String,
    /// The same in plain text.
    pub text: String,
}

/// What a message shows, before words and markup.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Name of the message.
    pub(crate) name: String,
    /// The template that it is made of.
    pub(crate) file: &'static str,
    /// Language of the words.
    pub(crate) language: Language,
    /// The values that templates show, by name.
    pub(crate) values: Value,
    /// What machines read of it (schema.org).
    pub(crate) json_ld: Option<Value>,
}

/// Links that every message of a kind has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Links {
    /// The page of the order it tells of.
    pub order: Option<String>,
    /// Where people say what they want to hear of; only in messages that need consent.
    pub preferences: Option<String>,
}

impl Draft {
    /// A draft from values, which are an object. Who sells and the brand are added.
    pub(crate) fn new((file, name): (&'static str, &str), language: Language, seller: &Seller, values: Value) -> Self {
        let mut all = match values {
            Value::Object(all) => all,
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => Map::new(),
        };
        all.insert("seller".to_owned(), json!(seller));
        all.insert("brand".to_owned(), json!(seller.brand.view(language.tag())));
        let mut values = Value::Object(all);
        clean(&mut values);
        Self { name: name.to_owned(), file, language, values, json_ld: None }
    }

    /// The same with what machines read.
    fn told_to_machines(mut self, mut json_ld: Value) -> Self {
        clean(&mut json_ld);
        self.json_ld = Some(json_ld);
        self
    }

    /// Fills in the built-in template. Errors are ours: a value or a text is missing.
    pub fn render(&self, links: &Links) -> Result<Rendered> {
        self.fitted(links, |values| engine::built_in(self.file, values))
    }

    /// Fills in a template with fewer and fewer lines until the HTML part is not cut off by mail programs.
    pub(crate) fn fitted<E>(
        &self,
        links: &Links,
        fill: impl Fn(&Value) -> std::result::Result<Rendered, E>,
    ) -> std::result::Result<Rendered, E> {
        let mut last = None;
        for most in MOST_LINES {
            let mut rendered = fill(&self.shown(links, most))?;
            if let Some(json_ld) = &self.json_ld {
                rendered.html = json_ld::put_into(&rendered.html, json_ld, links.order.as_deref());
            }
            if rendered.html.len() <= MAX_HTML {
                return Ok(rendered);
            }
            last = Some(rendered);
        }
        match last {
            Some(rendered) => Ok(rendered),
            None => fill(&self.shown(links, 0)),
        }
    }

    /// The same with other addresses behind its links, so that it is known which of them are followed. Only flows have
    /// such links; the pages behind all others have secrets of their own.
    #[must_use]
    pub(crate) fn with_links(&self, address: impl Fn(&str) -> String) -> Self {
        let mut draft = self.clone();
        let Some(mail) = draft.values.get_mut("mail").filter(|_| self.file == "flow") else { return draft };
        let change = |value: &mut Value| {
            if let Value::String(url) = value {
                *url = address(url);
            }
        };
        if let Some(link) = mail.get_mut("link") {
            change(link);
        }
        for list in ["pages", "guides"] {
            let items = mail.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten();
            items.filter_map(|item| item.get_mut("url")).for_each(change);
        }
        draft
    }

    /// Everything that a template may show.
    pub(crate) fn shown(&self, links: &Links, most: usize) -> Value {
        let mut values = self.values.clone();
        if let Value::Object(all) = &mut values {
            all.insert("lang".to_owned(), json!(self.language.tag()));
            all.insert("name".to_owned(), json!(self.name.replace('_', "-")));
            all.insert("links".to_owned(), json!(links));
            all.insert("most".to_owned(), json!(most));
        }
        values
    }
}

/// Makes every text one line without control characters.
fn clean(value: &mut Value) {
    match value {
        Value::String(text) => *text = one_line(text),
        Value::Array(items) => items.iter_mut().for_each(clean),
        Value::Object(fields) => fields.values_mut().for_each(clean),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
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
    /// How its messages look.
    #[serde(skip)]
    pub brand: Brand,
}

impl Seller {
    /// The seller of a channel, with the looks of nobody in particular; `brand::seller` has the channel's own.
    #[must_use]
    pub fn of(channel: &channel::Model) -> Self {
        Self {
            name: one_line(&channel.seller_name),
            address: channel.seller_address.lines().map(one_line).filter(|line| !line.is_empty()).collect(),
            registration_number: channel.invoice_registration_number.as_deref().map(one_line),
            mail_from: one_line(&channel.mail_from),
            channel_id: Some(channel.id),
            brand: Brand::default(),
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
            brand: Brand::default(),
        }
    }

    /// `Name <address>`, as rows keep it; brackets in the name are dropped so that the address can be told.
    #[must_use]
    pub fn sender(&self) -> String {
        let name = self.brand.sender_name.as_deref().unwrap_or(&self.name);
        format!("{} <{}>", one_line(name).replace(['<', '>', '"'], "").trim(), self.mail_from)
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

/// A message about an order.
pub fn order(template: OrderTemplate, language: Language, context: &OrderContext) -> Result<Draft> {
    let view = OrderView::of(context, language)?;
    let json_ld = json_ld::order(context, &view);
    let draft = Draft::new((template.name(), template.name()), language, &context.seller(), json!({ "order": view }));
    Ok(draft.told_to_machines(json_ld))
}

/// A message about a parcel of an order.
pub fn parcel(name: &str, language: Language, context: &OrderContext, parcel: &Value) -> Result<Draft> {
    let view = OrderView::of(context, language)?;
    let json_ld = json_ld::parcel(context, &view, parcel);
    let values = json!({ "order": view, "parcel": parcel });
    Ok(Draft::new(("parcel", name), language, &context.seller(), values).told_to_machines(json_ld))
}

/// A message with a one-time code. The code stands in the body only: subjects show on locked screens.
#[must_use]
pub fn code(purpose: CodePurpose, language: Language, seller: &Seller, code: &str, valid_minutes: i64) -> Draft {
    let values = json!({ "code": code, "minutes": valid_minutes });
    Draft::new(("code", code_name(purpose)), language, seller, values)
}

/// A message about what is collected in a store.
pub(super) fn pickup(name: &str, language: Language, mail: &PickupMail, seller: &Seller) -> Draft {
    let values = json!({ "pickup": mail, "order": { "number": mail.number } });
    Draft::new(("pickup", name), language, seller, values)
}

/// A message about stored value; `value` has what the template shows.
pub(crate) fn stored_value(name: &str, language: Language, value: &impl Serialize, seller: &Seller) -> Result<Draft> {
    Ok(Draft::new(("stored_value", name), language, seller, json!({ "value": value })))
}

/// A message about a return of an order.
pub(crate) fn returned(
    name: &str,
    language: Language,
    mail: &impl Serialize,
    number: &str,
    seller: &Seller,
) -> Result<Draft> {
    let values = json!({ "mail": mail, "order": { "number": number } });
    Ok(Draft::new(("return", name), language, seller, values))
}

/// A message about what is different of an order.
pub(crate) fn order_change(name: &str, language: Language, change: &ChangeMail, seller: &Seller) -> Result<Draft> {
    let values = json!({ "change": change, "order": { "number": change.number } });
    Ok(Draft::new(("order_change", name), language, seller, values))
}

/// A message about money that came, is expected or goes back.
pub(crate) fn money(name: &str, language: Language, mail: &MoneyMail, seller: &Seller) -> Result<Draft> {
    let values = json!({ "mail": mail, "order": { "number": mail.number } });
    Ok(Draft::new(("money", name), language, seller, values))
}

/// A message about a customer's account.
pub(crate) fn account(name: &str, language: Language, person: &str, seller: &Seller) -> Result<Draft> {
    Ok(Draft::new(("account", name), language, seller, json!({ "person": person })))
}

/// A message to staff about an answer to a survey.
pub(crate) fn survey_alert(name: &str, language: Language, mail: &impl Serialize, seller: &Seller) -> Draft {
    Draft::new(("survey_alert", name), language, seller, json!({ "mail": mail }))
}

/// A short notice: a sentence or two about an account or an order. `number` is that of the order; empty without one.
pub(crate) fn notice(name: &str, language: Language, person: &str, number: &str, seller: &Seller) -> Draft {
    let values = json!({ "notice": { "person": person, "number": number }, "order": { "number": number } });
    Draft::new(("notice", name), language, seller, values)
}
