//! What flows send: one shape for all, filled with what a flow knows; as a mail, or in short by LINE and SMS.
//!
//! `extra` is strict: an unknown name, or one that a template needs and misses, is an error of ours and not a hole in a
//! mail. Whether a message may go (consent, caps, quiet hours) is decided where all messages are written.

use chrono::{DateTime, Utc};
use entity::id::{ChannelId, CustomerId, EventId, MessageId, OrderId, VariantId};
use entity::words::{MessageChannel, MessageStatus};
use entity::{channel, customer, message, order};
use sea_orm::{ConnectionTrait, EntityTrait};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::brand;
use super::render::{Draft, Seller, one_line};
use super::request::{FlowStep, Letter, letter_of_flow, words_of_flow};
use super::template_name::TemplateName;
use crate::catalog::display;
use crate::kernel::language::Language;
use crate::kernel::{Error, Result, Tx};

/// Most products that a mail shows.
const MOST_PRODUCTS: usize = 12;

/// Every template that flows send.
pub const TEMPLATES: [TemplateName; 13] = [
    TemplateName::Thanks,
    TemplateName::ShippingNews,
    TemplateName::HowToUse,
    TemplateName::ReviewRequest,
    TemplateName::Survey,
    TemplateName::CrossSell,
    TemplateName::WinBack,
    TemplateName::Replenishment,
    TemplateName::Birthday,
    TemplateName::Anniversary,
    TemplateName::CartLeft,
    TemplateName::BackInStock,
    TemplateName::Engaged,
];

/// A message of a flow.
#[derive(Debug, Clone)]
pub(crate) struct FlowMail<'a> {
    /// One of [`TEMPLATES`], by name.
    pub template: &'a str,
    /// In whose name it goes.
    pub channel_id: ChannelId,
    /// To whom.
    pub customer_id: Option<CustomerId>,
    /// About which order.
    pub order_id: Option<OrderId>,
    /// The goods that it shows, in order; twelve at most are shown.
    pub variant_ids: Vec<VariantId>,
    /// What else it shows: an object of the names of [`Extra`].
    pub extra: serde_json::Value,
    /// By which channel.
    pub channel: MessageChannel,
    /// E-mail address, LINE user id or number (E.164), as the channel has it.
    pub recipient: String,
    /// Language (BCP 47).
    pub locale: String,
    /// At most one message per key, ever.
    pub dedupe_key: String,
    /// The event that caused it.
    pub event_id: Option<EventId>,
    /// The step that asks for it.
    pub step: FlowStep,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FlowMailed {
    /// It waits to be sent: until when, where policy says so.
    Queued(MessageId, Option<DateTime<Utc>>),
    /// It stays here, and why.
    Suppressed(MessageId, String),
    /// The key was used before.
    Duplicate,
}

/// What a flow adds to a message. All names are optional except where [`needs`] names them.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "snake_case")]
pub(crate) struct Extra {
    /// `survey`, `engaged`: where questions are answered.
    pub survey_url: Option<String>,
    /// `review_request`: a page for each bought product.
    pub reviews: Vec<NamedLink>,
    /// `cart_left`, `replenishment`, `back_in_stock`: a cart that is ready.
    pub cart_url: Option<String>,
    /// Where the shop begins; the channel's storefront when left out.
    pub shop_url: Option<String>,
    /// `how_to_use`: one guide for each product.
    pub guides: Vec<Guide>,
    /// A coupon code as it is typed.
    pub coupon: Option<String>,
    /// Points that the customer has, or got.
    pub points: Option<i64>,
    /// `anniversary`: years since the first order.
    pub years: Option<i64>,
    /// `back_in_stock`: where somebody gives up being told.
    pub cancel_url: Option<String>,
    /// A merchant's own words, any number of lines.
    pub text: Option<String>,
}

/// A link with its name.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NamedLink {
    /// What it leads to.
    pub name: String,
    /// Where.
    pub url: String,
}

/// How to use a product.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Guide {
    /// Its title.
    pub title: String,
    /// Its text, any number of lines.
    #[serde(default)]
    pub text: String,
    /// Where there is more.
    #[serde(default)]
    pub url: Option<String>,
}

/// The name of [`Extra`] that a template cannot do without.
#[must_use]
pub fn needs(template: TemplateName) -> Option<&'static str> {
    const NEEDS: [(TemplateName, &str); 5] = [
        (TemplateName::HowToUse, "guides"),
        (TemplateName::ReviewRequest, "reviews"),
        (TemplateName::Survey, "survey_url"),
        (TemplateName::CartLeft, "cart_url"),
        (TemplateName::BackInStock, "cancel_url"),
    ];
    NEEDS.into_iter().find(|(name, _)| *name == template).map(|(_, needed)| needed)
}

/// What the mails of flows show.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct FlowView {
    /// Whom it is for.
    pub person: String,
    /// Number of the order; empty without one.
    pub number: String,
    /// A merchant's own words, one line each.
    pub text: Vec<String>,
    /// Goods.
    pub products: Vec<ProductView>,
    /// How to use them.
    pub guides: Vec<GuideView>,
    /// Pages with names, such as one review for each product.
    pub pages: Vec<NamedLink>,
    /// A coupon code.
    pub coupon: Option<String>,
    /// Points.
    pub points: Option<i64>,
    /// Years.
    pub years: i64,
    /// What the button opens.
    pub link: Option<String>,
    /// Where somebody gives up being told.
    pub cancel: Option<String>,
}

/// A product to show.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ProductView {
    /// Its name.
    pub name: String,
    /// Which variant; empty when there is only one.
    pub variant: String,
}

/// A guide to show.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct GuideView {
    /// Its title.
    pub title: String,
    /// Its text, one line each.
    pub lines: Vec<String>,
    /// Where there is more.
    pub url: Option<String>,
}

/// Drafts, renders and writes a message of a flow. Errors: `NOT_FOUND` for the channel, `Bug` for a template that is no
/// flow's, an `extra` that does not fit it, or what is no message to a person.
pub(crate) async fn send(tx: &Tx, mail: FlowMail<'_>) -> Result<FlowMailed> {
    let name = TEMPLATES.into_iter().find(|known| known.as_str() == mail.template);
    let name = name.ok_or_else(|| Error::Bug(format!("{}: no template of flows", mail.template)))?;
    let extra = extra(name, mail.extra.clone())?;
    let channel = channel::Entity::find_by_id(mail.channel_id).one(tx).await?.ok_or(Error::not_found("channel"))?;
    let seller = brand::seller(tx, &channel).await?;
    let language = Language::of(&mail.locale);
    let view = view(tx, name, &mail, extra, &seller).await?;
    let letter = Letter {
        template: name.as_str(),
        order_id: mail.order_id,
        recipient: mail.recipient,
        locale: mail.locale,
        dedupe_key: mail.dedupe_key,
        customer_id: mail.customer_id,
        event_id: mail.event_id,
    };
    let draft = draft(name, language, &view, &seller);
    let asked = match mail.channel {
        MessageChannel::Email => letter_of_flow(tx, letter, &seller, draft, mail.step).await?,
        MessageChannel::Line | MessageChannel::Sms => {
            words_of_flow(tx, letter, &seller, &draft, mail.channel, mail.step).await?
        }
        MessageChannel::Webhook => return Err(Error::Bug(format!("{}: no message to a person", mail.template))),
    };
    let Some(id) = asked else { return Ok(FlowMailed::Duplicate) };
    let row = message::Entity::find_by_id(id).one(tx).await?.ok_or(Error::not_found("message"))?;
    Ok(match row.status {
        MessageStatus::Suppressed => FlowMailed::Suppressed(id, row.reason.unwrap_or_default()),
        MessageStatus::Queued | MessageStatus::Sent | MessageStatus::Failed => FlowMailed::Queued(id, row.send_after),
    })
}

/// A message of a flow, before it is rendered.
pub(super) fn draft(name: TemplateName, language: Language, view: &FlowView, seller: &Seller) -> Draft {
    let values = json!({ "mail": view, "order": { "number": view.number } });
    Draft::new(("flow", name.as_str()), language, seller, values)
}

/// Reads what a flow adds, strictly.
fn extra(name: TemplateName, value: serde_json::Value) -> Result<Extra> {
    let wrong = |detail: String| Error::Bug(format!("extra of {}: {detail}", name.as_str()));
    let value = if value.is_null() { json!({}) } else { value };
    if let Some(needed) = needs(name) {
        let found = value.get(needed);
        let empty = found.is_none_or(|it| it.is_null() || it.as_array().is_some_and(Vec::is_empty));
        if empty {
            return Err(wrong(format!("{needed} is missing")));
        }
    }
    serde_json::from_value(value).map_err(|error| wrong(error.to_string()))
}

async fn view(tx: &Tx, name: TemplateName, mail: &FlowMail<'_>, extra: Extra, seller: &Seller) -> Result<FlowView> {
    let lines = |text: &str| text.lines().map(one_line).filter(|line| !line.is_empty()).collect::<Vec<_>>();
    let (person, number) = whom(tx, mail).await?;
    let guides = extra.guides.into_iter().map(|guide| GuideView {
        title: guide.title,
        lines: lines(&guide.text),
        url: guide.url,
    });
    let shop = extra.shop_url.or_else(|| seller.brand.storefront.clone());
    let has_links = matches!(name, TemplateName::HowToUse | TemplateName::ReviewRequest);
    let link = extra.survey_url.or(extra.cart_url).or(shop).filter(|_| !has_links);
    Ok(FlowView {
        person,
        number,
        text: lines(extra.text.as_deref().unwrap_or_default()),
        products: products(tx, &mail.locale, &mail.variant_ids).await?,
        guides: guides.collect(),
        pages: extra.reviews,
        coupon: extra.coupon,
        points: extra.points,
        years: extra.years.unwrap_or(1),
        link,
        cancel: extra.cancel_url,
    })
}

/// Whom to greet, and the order's number.
async fn whom(tx: &Tx, mail: &FlowMail<'_>) -> Result<(String, String)> {
    let order = match mail.order_id {
        Some(id) => order::Entity::find_by_id(id).one(tx).await?,
        None => None,
    };
    let customer = match mail.customer_id {
        Some(id) => customer::Entity::find_by_id(id).one(tx).await?,
        None => None,
    };
    let number = order.as_ref().map(|order| order.number.clone()).unwrap_or_default();
    let of_customer = customer.map(|it| match Language::of(&mail.locale) {
        Language::Ja => one_line(&format!("{} {}", it.family_name, it.given_name)),
        Language::En => one_line(&format!("{} {}", it.given_name, it.family_name)),
    });
    let of_order = order.and_then(|order| order.contact_name).map(|name| one_line(&name));
    let person = [of_customer, of_order].into_iter().flatten().find(|name| !name.is_empty());
    Ok((person.unwrap_or_default(), number))
}

/// The goods by name in the reader's language, in their order. Three statements.
async fn products(db: &impl ConnectionTrait, locale: &str, ids: &[VariantId]) -> Result<Vec<ProductView>> {
    let ids: Vec<VariantId> = ids.iter().take(MOST_PRODUCTS).copied().collect();
    let titles = display::titles(db, locale, &ids).await?;
    let shown = ids.iter().filter_map(|id| {
        let (title, variant) = titles.get(id)?;
        let variant = if variant == "Default Title" { String::new() } else { one_line(variant) };
        Some(ProductView { name: one_line(title), variant })
    });
    Ok(shown.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extra_is_strict() {
        let refused = |name, value| extra(name, value).is_err();
        assert!(refused(TemplateName::Survey, json!({})));
        assert!(refused(TemplateName::Survey, json!({ "survey_url": null })));
        assert!(refused(TemplateName::ReviewRequest, json!({ "reviews": [] })));
        assert!(refused(TemplateName::Thanks, json!({ "survey_ur": "x" })));
        assert!(!refused(TemplateName::Thanks, serde_json::Value::Null));
        assert!(!refused(TemplateName::Survey, json!({ "survey_url": "https://shop.example/s/1" })));
    }
}
