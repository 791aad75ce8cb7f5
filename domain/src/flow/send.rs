//! What a message of a flow is about and to whom it goes.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use entity::id::{ProductId, SurveyInvitationId, VariantId};
use entity::words::{IdentifierKind, MessageChannel, MessageClass, ProductStatus};
use entity::{
    back_in_stock, customer_identifier, flow_run, order, order_line, product, product_guide, product_review, variant,
};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::{Value, json};

use super::facts::Facts;
use super::outbox;
use super::subject::RunContext;
use crate::catalog;
use crate::kernel::text::in_language;
use crate::kernel::{Result, Tx};
use crate::messaging::{PageLink, brand, page_links};

/// How long links to reviews work.
const REVIEW_LINK: TimeDelta = TimeDelta::days(60);
/// How long a link to a cart works.
const CART_LINK: TimeDelta = TimeDelta::days(14);
/// How long it can be given up to be told.
const CANCEL_LINK: TimeDelta = TimeDelta::days(365);
/// Products that one message shows.
const SHOWN: usize = 4;

/// To whom, in which language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct To {
    /// Of the kind that the channel has.
    pub(super) address: String,
    pub(super) locale: String,
}

/// What is known of where somebody can be written to by a channel.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Known {
    /// What the customer proved to own.
    pub(super) proved: Option<String>,
    /// What the order says.
    pub(super) said: Option<String>,
}

impl Known {
    /// Where to write. What belongs to a purchase goes where the purchase says. What advertises goes to an address that the
    /// customer has proved and to no other: anybody can type one. What asks about an order may go where the order says when
    /// nothing is proved; whether its customer agreed is decided by policy, as always.
    pub(super) fn address(self, class: MessageClass) -> Option<String> {
        let Self { proved, said } = self;
        let address = match class {
            MessageClass::Transactional => said.or(proved),
            MessageClass::Survey => proved.or(said),
            MessageClass::Marketing => proved,
        };
        address.filter(|address| !address.trim().is_empty())
    }
}

/// The identifiers of customers that are addresses of a channel; `None` for what goes to a system.
///
/// A number must be proved: it may be somebody else's by now. The id of a user of LINE is never typed by people: LINE gives
/// it to who follows the account, so having it is the link.
pub(super) const fn identifier(channel: MessageChannel) -> Option<(IdentifierKind, bool)> {
    match channel {
        MessageChannel::Email => Some((IdentifierKind::Email, true)),
        MessageChannel::Sms => Some((IdentifierKind::Phone, true)),
        MessageChannel::Line => Some((IdentifierKind::Line, false)),
        MessageChannel::Webhook => None,
    }
}

/// Where somebody is written to by a channel; `None` when nowhere. LINE and SMS reach customers only.
pub(super) async fn to(
    tx: &Tx,
    run: &flow_run::Model,
    context: &RunContext,
    facts: &Facts,
    (class, channel): (MessageClass, MessageChannel),
) -> Result<Option<To>> {
    let locale = facts.locale.clone();
    let by_mail = channel == MessageChannel::Email;
    if let Some(id) = context.back_in_stock_id {
        let row = back_in_stock::Entity::find_by_id(id).one(tx).await?;
        let row = row.filter(|row| row.canceled_at.is_none() && by_mail);
        return Ok(row.map(|row| To { address: row.email, locale: row.locale }));
    }
    let said = facts.order.as_ref().and_then(|order| order.email.clone()).filter(|_| by_mail);
    let known = Known { proved: proved(tx, run, channel).await?, said };
    Ok(known.address(class).map(|address| To { address, locale }))
}

/// The address of a customer; of several the first that was proved.
async fn proved(tx: &Tx, run: &flow_run::Model, channel: MessageChannel) -> Result<Option<String>> {
    let (Some(id), Some((kind, must_be_proved))) = (run.customer_id, identifier(channel)) else { return Ok(None) };
    let rows = customer_identifier::Entity::find()
        .filter(customer_identifier::Column::CustomerId.eq(id))
        .filter(customer_identifier::Column::Kind.eq(kind))
        .order_by_asc(customer_identifier::Column::Id)
        .all(tx)
        .await?;
    let usable = rows.into_iter().filter(|row| !must_be_proved || row.verified_at.is_some());
    Ok(usable.min_by_key(|row| row.verified_at.is_none()).map(|row| row.value))
}

/// What a message shows beside the person: goods and links.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Content {
    pub(super) variant_ids: Vec<VariantId>,
    pub(super) extra: Value,
    pub(super) invitation: Option<SurveyInvitationId>,
}

/// What a template is filled with; the reason when there is nothing to say.
pub(super) async fn content(
    tx: &Tx,
    template: &str,
    run: &flow_run::Model,
    context: &RunContext,
    facts: &Facts,
) -> Result<std::result::Result<Content, &'static str>> {
    let bought: Vec<VariantId> = facts.lines.iter().map(|line| line.variant_id).collect();
    let plain = |variant_ids: Vec<VariantId>| Ok(Content { variant_ids, extra: json!({}), invitation: None });
    Ok(match template {
        "how_to_use" => guides(tx, &bought, &facts.locale).await?.ok_or("NO_GUIDE"),
        "review_request" => reviews(tx, facts).await?.ok_or("REVIEWED"),
        "cross_sell" => suggested(tx, run, &bought).await?.map(Content::of).ok_or("NOTHING_TO_SUGGEST"),
        "cart_left" => {
            let link = context.cart_id.map(|id| link(tx, PageLink::Cart, id.uuid(), CART_LINK));
            Ok(Content {
                variant_ids: context.variant_ids.clone(),
                extra: json!({ "cart_url": link }),
                invitation: None,
            })
        }
        "back_in_stock" => {
            let link = context.back_in_stock_id.map(|id| link(tx, PageLink::BackInStock, id.uuid(), CANCEL_LINK));
            Ok(Content {
                variant_ids: context.variant_ids.clone(),
                extra: json!({ "cancel_url": link }),
                invitation: None,
            })
        }
        "anniversary" => {
            Ok(Content { variant_ids: Vec::new(), extra: json!({ "years": years(run, facts) }), invitation: None })
        }
        // An invitation that leads nowhere is none.
        "engaged" => {
            let shop = match &facts.channel {
                Some(channel) => brand::seller(tx, channel).await?.brand.storefront,
                None => None,
            };
            shop.ok_or("NO_LINK").and_then(|_| plain(Vec::new()))
        }
        "thanks" | "shipping_news" => plain(bought),
        _ => plain(context.variant_ids.clone()),
    })
}

/// Years since the first order: the key of the run ends with the year that it is about.
fn years(run: &flow_run::Model, facts: &Facts) -> i64 {
    use chrono::Datelike;
    let now = run.subject_key.rsplit(':').next().and_then(|year| year.parse::<i64>().ok());
    let first = facts.first_order_at.map(|at| i64::from(at.with_timezone(&facts.zone()).year()));
    now.zip(first).map_or(1, |(now, first)| Ord::max(now.saturating_sub(first), 1))
}

impl Content {
    fn of(variant_ids: Vec<VariantId>) -> Self {
        Self { variant_ids, extra: json!({}), invitation: None }
    }
}

fn link(tx: &Tx, page: PageLink, id: uuid::Uuid, works: TimeDelta) -> String {
    let until: DateTime<Utc> = tx.now() + works;
    page_links::url(&tx.ctx().services, page, id, until)
}

/// The guides of what was bought, in the language of the customer.
async fn guides(tx: &Tx, bought: &[VariantId], locale: &str) -> Result<Option<Content>> {
    let variants = catalog::query::variants_by_ids(tx, bought).await?;
    let ids: BTreeSet<ProductId> = variants.iter().map(|variant| variant.product_id).collect();
    let rows = product_guide::Entity::find()
        .filter(product_guide::Column::ProductId.is_in(ids))
        .order_by_asc(product_guide::Column::ProductId)
        .all(tx)
        .await?;
    if rows.is_empty() {
        return Ok(None);
    }
    let with: BTreeSet<ProductId> = rows.iter().map(|row| row.product_id).collect();
    let of = |texts: &Value, field: &str| texts.get(field).map(|by| in_language(by, locale)).unwrap_or_default();
    let guides: Vec<Value> = rows
        .iter()
        .take(SHOWN)
        .map(|row| json!({ "title": of(&row.texts, "title"), "text": of(&row.texts, "text"), "url": row.url }))
        .collect();
    let shown = variants.iter().filter(|variant| with.contains(&variant.product_id)).map(|variant| variant.id);
    Ok(Some(Content { variant_ids: shown.collect(), extra: json!({ "guides": guides }), invitation: None }))
}

/// A link for each product that reached the customer and was not reviewed yet.
async fn reviews(tx: &Tx, facts: &Facts) -> Result<Option<Content>> {
    let arrived: Vec<&order_line::Model> = facts.lines.iter().filter(|line| line.fulfilled > 0).collect();
    let variants: Vec<VariantId> = arrived.iter().map(|line| line.variant_id).collect();
    let product_of: BTreeMap<VariantId, ProductId> = catalog::query::variants_by_ids(tx, &variants)
        .await?
        .into_iter()
        .map(|variant| (variant.id, variant.product_id))
        .collect();
    let mut done: BTreeSet<ProductId> = match facts.customer.as_ref() {
        Some(customer) => product_review::Entity::find()
            .select_only()
            .column(product_review::Column::ProductId)
            .filter(product_review::Column::CustomerId.eq(customer.id))
            .filter(product_review::Column::ProductId.is_in(product_of.values().copied()))
            .into_tuple::<ProductId>()
            .all(tx)
            .await?
            .into_iter()
            .collect(),
        None => BTreeSet::new(),
    };
    let mut links = Vec::new();
    let mut shown = Vec::new();
    for line in arrived {
        let Some(product) = product_of.get(&line.variant_id) else { continue };
        if links.len() < SHOWN && done.insert(*product) {
            let url = link(tx, PageLink::Review, line.id.uuid(), REVIEW_LINK);
            links.push(json!({ "name": line.title, "url": url }));
            shown.push(line.variant_id);
        }
    }
    Ok((!links.is_empty()).then(|| Content {
        variant_ids: shown,
        extra: json!({ "reviews": links }),
        invitation: None,
    }))
}

/// Other products of the same categories that the customer never bought, newest first; `None` when there are none.
async fn suggested(tx: &Tx, run: &flow_run::Model, bought: &[VariantId]) -> Result<Option<Vec<VariantId>>> {
    let variants = catalog::query::variants_by_ids(tx, bought).await?;
    let mine: Vec<ProductId> = variants.iter().map(|variant| variant.product_id).collect();
    let products = catalog::query::products_by_ids(tx, &mine).await?;
    let categories: BTreeSet<_> = products.iter().filter_map(|product| product.category_id).collect();
    if categories.is_empty() {
        return Ok(None);
    }
    let mut query = variant::Entity::find()
        .select_only()
        .column(variant::Column::Id)
        .column(variant::Column::ProductId)
        .inner_join(product::Entity)
        .filter(product::Column::CategoryId.is_in(categories))
        .filter(product::Column::Status.eq(ProductStatus::Active))
        .filter(variant::Column::Active.eq(true))
        .filter(product::Column::Id.is_not_in(mine));
    if let Some(customer) = run.customer_id {
        query = query.filter(product::Column::Id.not_in_subquery(ever_bought(customer)));
    }
    let found: Vec<(VariantId, ProductId)> = query
        .order_by_desc(variant::Column::ProductId)
        .order_by_asc(variant::Column::Position)
        .limit(100)
        .into_tuple()
        .all(tx)
        .await?;
    let mut seen = BTreeSet::new();
    let one_each = found.into_iter().filter(|(_, product)| seen.insert(*product)).map(|(variant, _)| variant);
    let shown: Vec<VariantId> = one_each.take(SHOWN).collect();
    Ok((!shown.is_empty()).then_some(shown))
}

fn ever_bought(customer: entity::id::CustomerId) -> sea_orm::sea_query::SelectStatement {
    Query::select()
        .column((variant::Entity, variant::Column::ProductId))
        .from(order_line::Entity)
        .inner_join(
            order::Entity,
            Expr::col((order::Entity, order::Column::Id)).equals((order_line::Entity, order_line::Column::OrderId)),
        )
        .inner_join(
            variant::Entity,
            Expr::col((variant::Entity, variant::Column::Id))
                .equals((order_line::Entity, order_line::Column::VariantId)),
        )
        .and_where(Expr::col((order::Entity, order::Column::CustomerId)).eq(customer))
        .to_owned()
}

/// Why a template may be sent.
pub(super) fn class(template: &str) -> MessageClass {
    outbox::class(template)
}
