//! `/pay/{token}`: the page behind the links by which an order is paid. It works without scripts and without cookies: the
//! secret in the address is what allows it. No card number comes here: cards are typed into Stripe's own frame, where
//! a publishable key is configured.

use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::web::{self, Payload, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use domain::fulfillment::look_link::{LinkState, SeenLink, look};
use domain::fulfillment::pay_link::{PayLink, pay_link};
use domain::kernel::language::Language;
use domain::kernel::text;
use domain::{Ctx, Error, ErrorCode};
use entity::words::{Gateway, TestOutcome};

use super::form;
use super::frame::{Brand, Frame};
use super::visit::{Outcome, Visit, told};
use crate::http::{State, protected, wrong_method};

/// While a card is typed: Stripe's script and frames, too, as its documentation on CSP names them.
const CARD_POLICY: &str = "script-src 'self' https://js.stripe.com; \
    frame-src https://js.stripe.com https://hooks.stripe.com; connect-src https://api.stripe.com";
const CARD_SCRIPT: &str = include_str!("templates/payment/card.js");

#[derive(Template)]
#[template(path = "payment/page.html")]
struct Page {
    frame: Frame,
    ja: bool,
    /// `None` for a secret of no link.
    shown: Option<Shown>,
    takes_cards: bool,
    takes_tests: bool,
    card: Option<Card>,
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

/// The routes.
pub(crate) fn routes(config: &mut ServiceConfig) {
    let page = protected("/pay/{token}")
        .route(web::get().to(show))
        .route(web::head().to(show))
        .route(web::post().to(send))
        .default_service(web::to(wrong_method));
    let script = protected("/pay-card.js")
        .route(web::get().to(script))
        .route(web::head().to(script))
        .default_service(web::to(wrong_method));
    config.service(page).service(script);
}

async fn script() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/javascript; charset=utf-8"))
        .insert_header((header::CACHE_CONTROL, "public, max-age=3600"))
        .body(CARD_SCRIPT)
}

async fn show(request: HttpRequest, state: web::Data<State>, token: web::Path<String>) -> HttpResponse {
    let visit = Visit::of(&request, &state);
    let outcome = Box::pin(answer(&visit, &token, None)).await;
    visit.settle(outcome).await
}

async fn send(request: HttpRequest, state: web::Data<State>, token: web::Path<String>, body: Payload) -> HttpResponse {
    form::answer(&request, &state, body, async |visit, fields| sent(visit, &token, fields.get("action")).await).await
}

async fn sent(visit: &Visit<'_>, token: &str, action: &str) -> Outcome {
    match told(act(visit.state, &visit.ctx, token, action).await)? {
        Ok(()) => Ok(visit.afresh()),
        Err(error) => answer(visit, token, Some(error)).await,
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

async fn answer(visit: &Visit<'_>, token: &str, error: Option<Error>) -> Outcome {
    let page = page(visit, token, error).await?;
    let status = match (&page.shown, page.frame.failure.is_some()) {
        (None, _) => StatusCode::NOT_FOUND,
        (Some(_), true) => StatusCode::UNPROCESSABLE_ENTITY,
        (Some(_), false) => StatusCode::OK,
    };
    let own = page.frame.brand.policy();
    let policy = if page.card.is_some() { format!("{own}; {CARD_POLICY}") } else { own };
    Ok(visit.show(status, &policy, &page))
}

async fn page(visit: &Visit<'_>, token: &str, error: Option<Error>) -> Result<Page, Error> {
    let (ctx, state) = (&visit.ctx, visit.state);
    let Some(mut seen) = look(ctx, token).await? else {
        let frame = visit.frame(Brand::in_name_of(ctx, None).await?, &ctx.locale);
        let ja = frame.language == Language::Ja;
        return Ok(Page { frame, ja, shown: None, takes_cards: false, takes_tests: false, card: None });
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
    let brand = Brand::of(ctx, &seen.channel).await?;
    let frame = visit.frame(brand, &seen.order.locale).failed(error.as_ref());
    let is_waiting = seen.state == LinkState::Waiting;
    let language = frame.language;
    Ok(Page {
        ja: language == Language::Ja,
        frame,
        takes_cards: publishable(state).is_some(),
        takes_tests: ctx.services.settings.development && !seen.reserves,
        card: card.filter(|_| is_waiting),
        shown: Some(shown(&seen, language)),
    })
}

fn shown(seen: &SeenLink, language: Language) -> Shown {
    let told = text::in_language(&seen.channel.payment_instructions, language.tag());
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
        until: seen.until(language),
        instructions: told.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect(),
    }
}
