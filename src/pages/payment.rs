//! `/pay/{token}`: the page behind the links by which an order is paid. It works without scripts and without cookies: the
//! secret in the address is what allows it. No card number comes here: cards are typed into Stripe's own frame, where
//! a publishable key is configured.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, ContentType};
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use domain::fulfillment::look_link::{LinkState, SeenLink, look};
use domain::fulfillment::pay_link::{PayLink, pay_link};
use domain::kernel::language::Language;
use domain::kernel::text;
use domain::{Ctx, Error, ErrorCode};
use entity::words::{Gateway, TestOutcome};
use serde::Deserialize;

use super::{OWN_FORMS, no_leaks};
use crate::http::graphql::context;
use crate::http::{State, origin, protected, reply, wrong_method};

/// While a card is typed: Stripe's script and frames, too, as its documentation on CSP names them.
const CARD_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'self' https://js.stripe.com; \
    frame-src https://js.stripe.com https://hooks.stripe.com; connect-src https://api.stripe.com; \
    frame-ancestors 'none'; form-action 'self'; base-uri 'none'";
const CARD_SCRIPT: &str = include_str!("templates/payment/card.js");

#[derive(Template)]
#[template(path = "payment/page.html")]
struct Page {
    ja: bool,
    /// `None` for a secret of no link.
    shown: Option<Shown>,
    takes_cards: bool,
    takes_tests: bool,
    card: Option<Card>,
    error: Option<String>,
}

struct Shown {
    number: String,
    seller: String,
    contact: String,
    state: LinkState,
    goods: Vec<String>,
    total: String,
    paid: String,
    amount: String,
    /// Whether the amount is only reserved, until goods come back.
    reserves: bool,
    until: String,
    instructions: Vec<String>,
}

/// What Stripe's script needs; neither is a secret of ours.
struct Card {
    key: String,
    secret: String,
}

/// What the forms of the page send.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Sent {
    action: String,
}

/// The routes.
pub(crate) fn routes(config: &mut ServiceConfig) {
    let page = protected("/pay/{token}")
        .route(web::get().to(show))
        .route(web::post().to(send))
        .default_service(web::to(wrong_method));
    let script = protected("/pay-card.js").route(web::get().to(script)).default_service(web::to(wrong_method));
    config.service(page).service(script);
}

async fn script() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/javascript; charset=utf-8"))
        .insert_header((header::CACHE_CONTROL, "public, max-age=3600"))
        .body(CARD_SCRIPT)
}

async fn show(request: HttpRequest, state: web::Data<State>, token: web::Path<String>) -> HttpResponse {
    let ctx = context(&request, &state);
    answer(&request, &state, &ctx, &token, None).await
}

async fn send(
    request: HttpRequest,
    state: web::Data<State>,
    token: web::Path<String>,
    form: web::Form<Sent>,
) -> HttpResponse {
    if !origin::accepts(&state, &request) {
        let text = "There is nothing at this address.";
        return reply::problem(&request, StatusCode::NOT_FOUND, "NOT_FOUND", text);
    }
    let ctx = context(&request, &state);
    match act(&state, &ctx, &token, &form.action).await {
        // The page is shown afresh, so that loading it again sends nothing twice.
        Ok(()) => no_leaks(HttpResponse::SeeOther(), OWN_FORMS)
            .insert_header((header::LOCATION, request.path().to_owned()))
            .finish(),
        Err(error) => answer(&request, &state, &ctx, &token, Some(error)).await,
    }
}

async fn act(state: &State, ctx: &Ctx, token: &str, action: &str) -> Result<(), Error> {
    let gateway = match action {
        "card" if publishable(state).is_some() => Gateway::Stripe,
        "test" => Gateway::Test,
        _ => return Err(Error::invalid(ErrorCode::GatewayUnavailable, "action")),
    };
    pay(ctx, token, gateway).await.map(|_| ())
}

/// Pays by the same use case as the API; what the buyer's browser needs, for a card.
async fn pay(ctx: &Ctx, token: &str, gateway: Gateway) -> Result<Option<String>, Error> {
    let input = PayLink { token: token.to_owned(), gateway, test_outcome: TestOutcome::Approve };
    Ok(pay_link(ctx, input).await?.client_secret)
}

fn publishable(state: &State) -> Option<String> {
    state.config.stripe.as_ref().and_then(|stripe| stripe.publishable_key.clone())
}

async fn answer(request: &HttpRequest, state: &State, ctx: &Ctx, token: &str, error: Option<Error>) -> HttpResponse {
    if error.as_ref().is_some_and(Error::is_internal) {
        return broken(request);
    }
    let is_refused = error.is_some();
    let page = match page(state, ctx, token, error).await {
        Ok(page) => page,
        Err(error) => {
            tracing::error!(%error, "a payment link cannot be shown");
            return broken(request);
        }
    };
    let status = match (&page.shown, is_refused) {
        (None, _) => StatusCode::NOT_FOUND,
        (Some(_), true) => StatusCode::UNPROCESSABLE_ENTITY,
        (Some(_), false) => StatusCode::OK,
    };
    let policy = if page.card.is_some() { CARD_POLICY } else { OWN_FORMS };
    match page.render() {
        Ok(html) => no_leaks(HttpResponse::build(status), policy).content_type(ContentType::html()).body(html),
        Err(error) => {
            tracing::error!(%error, "a page cannot be rendered");
            broken(request)
        }
    }
}

fn broken(request: &HttpRequest) -> HttpResponse {
    let text = "Something went wrong on our side.";
    reply::problem(request, StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL", text)
}

async fn page(state: &State, ctx: &Ctx, token: &str, error: Option<Error>) -> Result<Page, Error> {
    let Some(mut seen) = look(ctx, token).await? else {
        let ja = Language::of(&ctx.locale) == Language::Ja;
        return Ok(Page { ja, shown: None, takes_cards: false, takes_tests: false, card: None, error: None });
    };
    let mut card = None;
    let by_card = seen.payment.as_ref().is_some_and(|payment| payment.gateway == Gateway::Stripe);
    if seen.state == LinkState::Waiting && by_card {
        // The buyer may come back from the bank: what Stripe says now counts.
        match pay(ctx, token, Gateway::Stripe).await {
            Ok(secret) => card = publishable(state).zip(secret).map(|(key, secret)| Card { key, secret }),
            Err(error) => tracing::warn!(code = %error.code(), "a payment could not be looked at"),
        }
        seen = look(ctx, token).await?.unwrap_or(seen);
    }
    let language = Language::of(&seen.order.locale);
    let is_waiting = seen.state == LinkState::Waiting;
    Ok(Page {
        ja: language == Language::Ja,
        takes_cards: publishable(state).is_some(),
        takes_tests: ctx.services.settings.development && !seen.reserves,
        card: card.filter(|_| is_waiting),
        error: error.map(|error| error.message(language)),
        shown: Some(shown(&seen)),
    })
}

fn shown(seen: &SeenLink) -> Shown {
    let told = text::in_language(&seen.channel.payment_instructions, &seen.order.locale);
    Shown {
        number: seen.order.number.clone(),
        seller: seen.channel.seller_name.clone(),
        contact: seen.channel.mail_from.clone(),
        state: seen.state,
        goods: seen.goods.clone(),
        total: seen.money(seen.balance.due),
        paid: seen.money(seen.balance.available),
        amount: seen.money(seen.owed),
        reserves: seen.reserves,
        until: seen.until.clone(),
        instructions: told.lines().map(str::to_owned).collect(),
    }
}
