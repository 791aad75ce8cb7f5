//! Looking at a message before it is sent, or at what a customer would have got: with a real order or a sample, in any
//! language, with the wording that is used or with one that is only being written.

use entity::channel;
use entity::id::{ChannelId, MessageTemplateId, OrderId};
use entity::message_template;
use sea_orm::{ConnectionTrait, EntityTrait};
use serde::Serialize;
use serde_json::{Value, json};

use super::order_context::{OrderContext, order_context};
use super::own_template::{self, Source, as_error};
use super::render::{self, Draft, Rendered, Seller, one_line};
use super::template::OrderTemplate;
use super::template_name::TemplateName;
use super::{brand, inline, request, samples};
use crate::kernel::language::Language;
use crate::kernel::{Ctx, Error, Permission, Result, Scope};

/// What to look at.
#[derive(Debug, Clone, Serialize)]
pub struct Preview {
    /// Which message.
    #[serde(serialize_with = "by_name")]
    pub name: TemplateName,
    /// With this order; with a sample when left out.
    pub order_id: Option<OrderId>,
    /// In the name of this channel; of the order's, or of nobody in particular, when left out.
    pub channel_id: Option<ChannelId>,
    /// In this language (BCP 47); in the order's, or English, when left out.
    pub locale: Option<String>,
    /// With this wording, saved or not; with the one that is used when left out.
    pub wording: Option<Wording>,
}

fn by_name<S: serde::Serializer>(name: &TemplateName, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.serialize_str(name.as_str())
}

/// A wording to try.
#[derive(Debug, Clone, Serialize)]
pub enum Wording {
    /// One that was saved.
    Saved(MessageTemplateId),
    /// One that is only being written: subject, MJML, text.
    Written(String, String, String),
}

/// What it looks like.
#[derive(Debug, Clone)]
pub struct Previewed {
    /// The message. Pictures stand in its HTML part.
    pub rendered: Rendered,
    /// The merchant's own wording that it was rendered with; `None` for the built-in and for one that is not saved.
    pub template_id: Option<MessageTemplateId>,
    /// What is wrong with the wording; the built-in is shown then.
    pub problems: Vec<Error>,
    /// Whether something that it can show is made up: an amount, a date, a code, a number of a parcel.
    pub has_samples: bool,
}

/// Renders a message with an order that the actor may see, or with a sample. Nothing is sent or kept; what is secret of an
/// order is never shown. Errors: `NOT_FOUND`, `UNAUTHENTICATED`, `FORBIDDEN`.
pub async fn preview(ctx: &Ctx, wish: &Preview) -> Result<Previewed> {
    let scope = ctx.require(Permission::MessagesRead)?;
    let (_, tried) = tried(&ctx.db(), &scope, wish).await?;
    let html = inline::embedded(&tried.rendered.html);
    Ok(Previewed { rendered: Rendered { html, ..tried.rendered }, ..tried })
}

/// A draft with whom it is from.
pub(super) struct Drafted {
    pub draft: Draft,
    pub seller: Seller,
    pub locale: String,
    /// Whether some of its values are those of a sample.
    pub has_samples: bool,
}

/// Drafts and renders. Pictures are named in the HTML part as in a mail.
pub(super) async fn tried(db: &impl ConnectionTrait, scope: &Scope, wish: &Preview) -> Result<(Drafted, Previewed)> {
    let drafted = drafted(db, scope, wish).await?;
    let links = samples::links(wish.name);
    let (source, template_id) = match &wish.wording {
        Some(Wording::Written(subject, mjml, text)) => {
            let source = Source { subject: subject.clone(), mjml: mjml.clone(), text: text.clone() };
            (Some(source), None)
        }
        Some(Wording::Saved(id)) => saved(own_template::readable(db, scope, *id, wish.name).await?),
        None => {
            let used = own_template::used(db, &drafted.draft, &drafted.locale, drafted.seller.channel_id).await?;
            used.map_or((None, None), saved)
        }
    };
    let built_in = || drafted.draft.render(&links);
    let has_samples = drafted.has_samples;
    let Some(source) = source else {
        let rendered = built_in()?;
        return Ok((drafted, Previewed { rendered, template_id: None, problems: Vec::new(), has_samples }));
    };
    let (rendered, problems) = match own_template::trial(wish.name, source, &drafted.draft, &links).await? {
        Ok(rendered) => (rendered, Vec::new()),
        Err(problems) => (built_in()?, problems),
    };
    let template_id = template_id.filter(|_| problems.is_empty());
    let problems = problems.iter().map(as_error).collect();
    Ok((drafted, Previewed { rendered, template_id, problems, has_samples }))
}

fn saved(row: message_template::Model) -> (Option<Source>, Option<MessageTemplateId>) {
    (Some(Source { subject: row.subject, mjml: row.mjml, text: row.text }), Some(row.id))
}

async fn drafted(db: &impl ConnectionTrait, scope: &Scope, wish: &Preview) -> Result<Drafted> {
    if let Some(id) = wish.order_id {
        let context = order_context(db, id).await?;
        let order = &context.order;
        let is_here = match order.location_id {
            Some(_) => scope.allows(order.channel_id, order.location_id),
            None => scope.covers_channel(Some(order.channel_id)),
        };
        if !is_here {
            return Err(Error::not_found("order"));
        }
        // An order has its own channel; another one beside it is a mistake.
        if wish.channel_id.is_some_and(|id| id != order.channel_id) {
            return Err(Error::not_found("channel"));
        }
        let locale = wish.locale.clone().unwrap_or_else(|| order.locale.clone());
        let (draft, has_samples) = of_order(wish.name, Language::of(&locale), &context)?;
        return Ok(Drafted { draft, seller: context.seller(), locale, has_samples });
    }
    let locale = wish.locale.clone().unwrap_or_else(|| "en".to_owned());
    let language = Language::of(&locale);
    let seller = match wish.channel_id {
        Some(id) => {
            let channel = channel::Entity::find_by_id(id).one(db).await?.filter(|it| scope.covers_channel(Some(it.id)));
            brand::seller(db, &channel.ok_or(Error::not_found("channel"))?).await?
        }
        None if scope.covers_channel(None) => request::seller(db, None).await?,
        None => samples::seller(language),
    };
    let draft = samples::draft_of(wish.name, language, &seller);
    Ok(Drafted { draft, seller, locale, has_samples: true })
}

/// The whole order where a message shows it; else a sample with the order's number, person and goods. Codes and links
/// stay those of the sample; whether anything else does is said beside it.
fn of_order(name: TemplateName, language: Language, context: &OrderContext) -> Result<(Draft, bool)> {
    if let Some(template) = OrderTemplate::parse(name.as_str()) {
        return Ok((render::order(template, language, context)?, false));
    }
    let mut draft = samples::draft_of(name, language, &context.seller());
    if let Some(parcel) = draft.values.get("parcel") {
        return Ok((render::parcel(name.as_str(), language, context, parcel)?, true));
    }
    let lines: Vec<String> = context
        .lines
        .iter()
        .map(|line| {
            let variant = if line.variant_title == line.title { "" } else { line.variant_title.as_str() };
            format!("{} × {}", one_line(&format!("{} {variant}", line.title)), line.quantity)
        })
        .collect();
    let known = [
        ("number", json!(one_line(&context.order.number))),
        ("person", json!(one_line(context.order.contact_name.as_deref().unwrap_or_default()))),
        ("lines", json!(lines)),
    ];
    let mut has_samples = false;
    if let Value::Object(values) = &mut draft.values {
        for part in values.iter_mut().filter(|(part, _)| !matches!(part.as_str(), "seller" | "brand")) {
            let Value::Object(fields) = part.1 else {
                has_samples |= says(part.1);
                continue;
            };
            has_samples |= fields.iter().any(|(field, value)| says(value) && known.iter().all(|(one, _)| one != field));
            for (field, value) in &known {
                if let Some(found) = fields.get_mut(*field) {
                    *found = value.clone();
                }
            }
        }
    }
    Ok((draft, has_samples))
}

/// Whether a value tells anything.
fn says(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(is_so) => *is_so,
        Value::Number(number) => number.as_i64() != Some(0),
        Value::String(text) => !text.is_empty(),
        Value::Array(all) => !all.is_empty(),
        Value::Object(fields) => fields.values().any(says),
    }
}
