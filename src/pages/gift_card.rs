//! `/gift-card`: what is left on a gift card whose code is typed, and `/gift-card/{token}`: on the one of a mail's link.
//! Codes are counted as in the API, so that nobody guesses them here either.

use actix_web::http::StatusCode;
use actix_web::web::{self, Payload, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use domain::channel;
use domain::kernel::language::Language;
use domain::messaging::order_view::date_time;
use domain::messaging::page_links::PageLink;
use domain::messaging::time_zone_of_country;
use domain::stored_value::{account, query};
use domain::{Error, ErrorCode};
use entity::id::StoredValueAccountId;
use entity::money::Money;
use entity::stored_value_account;
use entity::words::{StoredValueKind, StoredValueStatus};

use super::form;
use super::frame::{Brand, Frame};
use super::visit::{Outcome, Visit, told};
use crate::http::{State, protected, wrong_method};

#[derive(Template)]
#[template(path = "gift_card/page.html")]
struct Page {
    frame: Frame,
    card: Option<Card>,
    /// Whether a code can be typed.
    asks: bool,
    /// What was typed and is no code, to be mended.
    said: String,
}

/// A card, ready to show.
struct Card {
    hint: String,
    balance: String,
    until: Option<String>,
    is_active: bool,
}

/// The routes.
pub(crate) fn routes(config: &mut ServiceConfig) {
    let typed = protected("/gift-card")
        .route(web::get().to(ask))
        .route(web::head().to(ask))
        .route(web::post().to(look))
        .default_service(web::to(wrong_method));
    let linked = protected("/gift-card/{token}")
        .route(web::get().to(show))
        .route(web::head().to(show))
        .default_service(web::to(wrong_method));
    config.service(typed).service(linked);
}

async fn ask(request: HttpRequest, state: web::Data<State>) -> HttpResponse {
    let visit = Visit::of(&request, &state);
    let outcome = typed(&visit, None, None).await;
    visit.settle(outcome).await
}

async fn look(request: HttpRequest, state: web::Data<State>, body: Payload) -> HttpResponse {
    form::answer(&request, &state, body, async |visit, fields| by_code(visit, fields.get("code")).await).await
}

async fn show(request: HttpRequest, state: web::Data<State>, token: web::Path<String>) -> HttpResponse {
    let visit = Visit::of(&request, &state);
    let outcome = linked(&visit, &token).await;
    visit.settle(outcome).await
}

async fn by_code(visit: &Visit<'_>, code: &str) -> Outcome {
    let found = if code.trim().is_empty() {
        Err(Error::invalid(ErrorCode::Required, "code"))
    } else {
        query::card_of(&visit.ctx, code).await
    };
    match told(found)? {
        Ok(card) => typed(visit, Some(card), None).await,
        Err(error) => typed(visit, None, Some((code, error))).await,
    }
}

/// The page on which codes are typed, with the card of the one that was.
async fn typed(
    visit: &Visit<'_>,
    card: Option<stored_value_account::Model>,
    refused: Option<(&str, Error)>,
) -> Outcome {
    let (said, error) = refused.map_or((String::new(), None), |(said, error)| (said.to_owned(), Some(error)));
    let db = visit.ctx.db();
    let channel = match &card {
        Some(card) => channel::query::by_id(&db, card.channel_id).await?,
        None => channel::query::default_online(&db).await?,
    };
    let brand = match &channel {
        Some(channel) => Brand::of(&visit.ctx, channel).await?,
        None => Brand::nobody(),
    };
    let country = channel.map(|channel| channel.tax_country).unwrap_or_default();
    let frame = visit.frame(brand, &visit.ctx.locale).failed(error.as_ref());
    let card = match card {
        Some(card) => Some(shown(visit, &card, &country, frame.language).await?),
        None => None,
    };
    let status = match &error {
        Some(Error::Throttled { .. }) => StatusCode::TOO_MANY_REQUESTS,
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
        None => StatusCode::OK,
    };
    let policy = frame.brand.policy();
    Ok(visit.show(status, &policy, &Page { frame, card, asks: true, said }))
}

async fn linked(visit: &Visit<'_>, token: &str) -> Outcome {
    let id = StoredValueAccountId(visit.open(PageLink::GiftCard, token)?.id);
    let db = visit.ctx.db();
    let found = account::by_id(&db, id).await?.filter(|card| card.kind == StoredValueKind::GiftCard);
    let card = found.ok_or(Error::not_found("giftCard"))?;
    let channel = channel::query::get(&db, card.channel_id).await?;
    let brand = Brand::of(&visit.ctx, &channel).await?;
    let frame = visit.frame(brand, &channel.default_locale);
    let card = Some(shown(visit, &card, &channel.tax_country, frame.language).await?);
    let policy = frame.brand.policy();
    Ok(visit.show(StatusCode::OK, &policy, &Page { frame, card, asks: false, said: String::new() }))
}

async fn shown(
    visit: &Visit<'_>,
    card: &stored_value_account::Model,
    country: &str,
    language: Language,
) -> Result<Card, Error> {
    let usable = account::usable(&visit.ctx.db(), card, visit.ctx.now()).await?;
    let zone = time_zone_of_country(country);
    Ok(Card {
        hint: card.code_hint.clone().unwrap_or_default(),
        balance: Money::new(usable, card.currency).formatted(language.tag()),
        until: card.expires_at.map(|at| date_time(at, zone, language)),
        is_active: card.status == StoredValueStatus::Active,
    })
}
