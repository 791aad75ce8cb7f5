//! `/p/{id}/{secret}`: the page behind the links of mails about pickups. It works without scripts and without cookies:
//! the secret in the address is what allows it, so no other page can act in the customer's name.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, ContentType};
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use domain::kernel::language::Language;
use domain::location::query::{name_in, time_zone};
use domain::messaging::order_view::date_time;
use domain::messaging::pickup_mail;
use domain::pickup::choose::{self, Choose};
use domain::pickup::{access, arrive, code, extend};
use domain::{Ctx, Error, ErrorCode};
use entity::address::Address;
use entity::id::PickupId;
use entity::words::{PickupChoice, PickupStatus};
use entity::{location, pickup};
use serde::Deserialize;

use super::{OWN_FORMS, no_leaks};
use crate::http::graphql::context;
use crate::http::{State, origin, protected, reply, wrong_method};

#[derive(Template)]
#[template(path = "pickup/page.html")]
struct Page {
    ja: bool,
    number: String,
    status: PickupStatus,
    store: String,
    address: String,
    goods: Vec<String>,
    until: Option<String>,
    /// Whether the link is the one by which to choose, and there is something to choose.
    choosing: bool,
    stores: Vec<(String, String)>,
    has_address: bool,
    choice: Option<PickupChoice>,
    arrived: bool,
    extensible: bool,
    error: Option<String>,
}

/// What the forms of the page send.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Sent {
    action: String,
    choice: String,
    store: String,
    note: String,
    family_name: String,
    given_name: String,
    postal_code: String,
    region: String,
    city: String,
    line1: String,
    line2: String,
    phone: String,
}

/// The routes.
pub(crate) fn routes(config: &mut ServiceConfig) {
    let page = protected("/p/{id}/{secret}")
        .route(web::get().to(show))
        .route(web::post().to(send))
        .default_service(web::to(wrong_method));
    config.service(page);
}

async fn show(request: HttpRequest, state: web::Data<State>, path: web::Path<(String, String)>) -> HttpResponse {
    let ctx = context(&request, &state);
    answer(&request, &ctx, &path.into_inner(), None).await
}

async fn send(
    request: HttpRequest,
    state: web::Data<State>,
    path: web::Path<(String, String)>,
    form: web::Form<Sent>,
) -> HttpResponse {
    let path = path.into_inner();
    if !origin::accepts(&state, &request) {
        return nothing(&request);
    }
    let ctx = context(&request, &state);
    let done = match path.0.parse() {
        Ok(id) => act(&ctx, id, &path.1, form.into_inner()).await,
        Err(_) => return nothing(&request),
    };
    match done {
        // The page is shown afresh, so that loading it again sends nothing twice.
        Ok(()) => no_leaks(HttpResponse::SeeOther(), OWN_FORMS)
            .insert_header((header::LOCATION, format!("/p/{}/{}", path.0, path.1)))
            .finish(),
        Err(error) => answer(&request, &ctx, &path, Some(error)).await,
    }
}

async fn act(ctx: &Ctx, id: PickupId, secret: &str, sent: Sent) -> Result<(), Error> {
    match sent.action.as_str() {
        "arrive" => arrive::arrive(ctx, id, Some(secret), Some(&sent.note)).await.map(|_| ()),
        "extend" => extend::extend(ctx, id, Some(secret), None).await.map(|_| ()),
        "choose" => choose::choose(ctx, chosen(id, secret, sent)?).await.map(|_| ()),
        _ => Err(Error::invalid(ErrorCode::Invalid, "action")),
    }
}

fn chosen(id: PickupId, secret: &str, sent: Sent) -> Result<Choose, Error> {
    let choice = sent.choice.parse().map_err(|_| Error::invalid(ErrorCode::Required, "choice"))?;
    let store = Some(sent.store.as_str()).filter(|store| !store.is_empty());
    let location_id = store.map(str::parse).transpose().map_err(|_| Error::invalid(ErrorCode::InvalidId, "store"))?;
    let address = (choice == PickupChoice::Ship && !sent.line1.trim().is_empty()).then(|| Address {
        family_name: sent.family_name,
        given_name: sent.given_name,
        country: "JP".to_owned(),
        postal_code: sent.postal_code,
        region: sent.region,
        city: sent.city,
        line1: sent.line1,
        line2: sent.line2,
        phone: sent.phone,
        ..Address::default()
    });
    Ok(Choose { pickup_id: id, token: Some(secret.to_owned()), choice, location_id, address })
}

async fn answer(request: &HttpRequest, ctx: &Ctx, path: &(String, String), error: Option<Error>) -> HttpResponse {
    let Ok(id) = path.0.parse::<PickupId>() else { return nothing(request) };
    let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    if error.as_ref().is_some_and(Error::is_internal) {
        return reply::problem(
            request,
            StatusCode::INTERNAL_SERVER_ERROR,
            "INTERNAL",
            "Something went wrong on our side.",
        );
    }
    match page(ctx, id, &path.1, error).await {
        Ok(Some(page)) => match page.render() {
            Ok(html) => no_leaks(HttpResponse::build(status), OWN_FORMS).content_type(ContentType::html()).body(html),
            Err(error) => {
                tracing::error!(%error, "a page cannot be rendered");
                HttpResponse::InternalServerError().finish()
            }
        },
        Ok(None) => nothing(request),
        Err(error) => {
            tracing::error!(%error, "a pickup cannot be shown");
            HttpResponse::InternalServerError().finish()
        }
    }
}

/// What the page shows; `None` for a secret that opens nothing.
async fn page(ctx: &Ctx, id: PickupId, secret: &str, error: Option<Error>) -> Result<Option<Page>, Error> {
    let found = match access::visible(ctx, id, Some(secret)).await {
        Ok(found) => found,
        Err(error) if matches!(error.code(), ErrorCode::NotFound | ErrorCode::InvalidCode) => return Ok(None),
        Err(error) => return Err(error),
    };
    let Some(order) = domain::order::query::by_id(&ctx.db(), found.order_id).await? else { return Ok(None) };
    let store = domain::location::query::get(&ctx.db(), found.location_id).await?;
    let language = Language::of(&order.locale);
    let choosing = found.status == PickupStatus::Short && code::is_choice(ctx, &found, secret);
    let stores = if choosing { choose::other_stores(ctx, &found).await? } else { Vec::new() };
    let named = |store: location::Model| (store.id.to_string(), name_in(&store, &order.locale).to_owned());
    Ok(Some(Page {
        ja: language == Language::Ja,
        number: order.number,
        status: found.status,
        until: until(&found, &store, language),
        goods: pickup_mail::goods(&ctx.db(), &found).await?,
        address: [&store.address.region, &store.address.city, &store.address.line1].map(String::as_str).concat(),
        store: name_in(&store, &order.locale).to_owned(),
        choosing,
        stores: stores.into_iter().map(named).collect(),
        has_address: order.shipping_address.is_some(),
        choice: found.choice,
        arrived: found.arrived_at.is_some(),
        extensible: found.extensions < extend::MOST_BY_CUSTOMER,
        error: error.map(|error| error.message(language)),
    }))
}

fn until(pickup: &pickup::Model, store: &location::Model, language: Language) -> Option<String> {
    let at = if pickup.status == PickupStatus::Short { pickup.choice_expires_at } else { pickup.expires_at };
    at.map(|at| date_time(at, time_zone(store), language))
}

fn nothing(request: &HttpRequest) -> HttpResponse {
    reply::problem(request, StatusCode::NOT_FOUND, "NOT_FOUND", "There is nothing at this address.")
}
