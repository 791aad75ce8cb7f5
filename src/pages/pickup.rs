//! `/p/{id}/{secret}`: the page behind the links of mails about pickups. It works without scripts and without cookies:
//! the secret in the address is what allows it, so no other page can act in the customer's name.

use actix_web::web::{self, Payload, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use domain::kernel::language::Language;
use domain::location::query::{name_in, time_zone};
use domain::messaging::order_view::date_time;
use domain::messaging::pickup_mail;
use domain::pickup::choose::{self, Choose};
use domain::pickup::{access, arrive, code, extend};
use domain::{Ctx, Error, ErrorCode, channel};
use entity::address::Address;
use entity::id::PickupId;
use entity::words::{PickupChoice, PickupStatus};
use entity::{location, pickup};

use super::form::{self, Fields};
use super::frame::{Brand, Frame};
use super::visit::{Outcome, Visit, told};
use crate::http::{State, protected, wrong_method};

#[derive(Template)]
#[template(path = "pickup/page.html")]
struct Page {
    frame: Frame,
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
    let visit = Visit::of(&request, &state);
    let outcome = Box::pin(page(&visit, &path.into_inner(), None)).await;
    visit.settle(outcome)
}

async fn send(
    request: HttpRequest,
    state: web::Data<State>,
    path: web::Path<(String, String)>,
    body: Payload,
) -> HttpResponse {
    form::answer(&request, &state, body, async |visit, fields| sent(visit, &path.into_inner(), fields).await).await
}

async fn sent(visit: &Visit<'_>, path: &(String, String), fields: &Fields) -> Outcome {
    let id = path.0.parse().map_err(|_| Error::not_found("pickup"))?;
    match told(act(&visit.ctx, id, &path.1, fields).await)? {
        Ok(()) => Ok(visit.afresh()),
        Err(error) => page(visit, path, Some(error)).await,
    }
}

async fn act(ctx: &Ctx, id: PickupId, secret: &str, sent: &Fields) -> Result<(), Error> {
    match sent.get("action") {
        "arrive" => arrive::arrive(ctx, id, Some(secret), Some(sent.get("note"))).await.map(|_| ()),
        "extend" => extend::extend(ctx, id, Some(secret), None).await.map(|_| ()),
        "choose" => choose::choose(ctx, chosen(id, secret, sent)?).await.map(|_| ()),
        _ => Err(Error::invalid(ErrorCode::Invalid, "action")),
    }
}

fn chosen(id: PickupId, secret: &str, sent: &Fields) -> Result<Choose, Error> {
    let choice = sent.get("choice").parse().map_err(|_| Error::invalid(ErrorCode::Required, "choice"))?;
    let store = Some(sent.get("store")).filter(|store| !store.is_empty());
    let location_id = store.map(str::parse).transpose().map_err(|_| Error::invalid(ErrorCode::InvalidId, "store"))?;
    let said = |name: &str| sent.get(name).to_owned();
    let address = (choice == PickupChoice::Ship && !sent.get("line1").trim().is_empty()).then(|| Address {
        family_name: said("family_name"),
        given_name: said("given_name"),
        country: "JP".to_owned(),
        postal_code: said("postal_code"),
        region: said("region"),
        city: said("city"),
        line1: said("line1"),
        line2: said("line2"),
        phone: said("phone"),
        ..Address::default()
    });
    Ok(Choose { pickup_id: id, token: Some(secret.to_owned()), choice, location_id, address })
}

/// Error: `NOT_FOUND` for a secret that opens nothing.
async fn page(visit: &Visit<'_>, path: &(String, String), error: Option<Error>) -> Outcome {
    let (ctx, secret) = (&visit.ctx, path.1.as_str());
    let id: PickupId = path.0.parse().map_err(|_| Error::not_found("pickup"))?;
    let found = access::visible(ctx, id, Some(secret)).await?;
    let db = ctx.db();
    let order = domain::order::query::by_id(&db, found.order_id).await?.ok_or(Error::not_found("order"))?;
    let store = domain::location::query::get(&db, found.location_id).await?;
    let channel = channel::query::get(&db, order.channel_id).await?;
    let frame = visit.frame(Brand::of(ctx, &channel).await?, &order.locale).failed(error.as_ref());
    let (language, tag) = (frame.language, frame.tag());
    let choosing = found.status == PickupStatus::Short && code::is_choice(ctx, &found, secret);
    let stores = if choosing { choose::other_stores(ctx, &found).await? } else { Vec::new() };
    let named = |store: location::Model| (store.id.to_string(), name_in(&store, tag).to_owned());
    let page = Page {
        frame,
        ja: language == Language::Ja,
        number: order.number,
        status: found.status,
        until: until(&found, &store, language),
        goods: pickup_mail::goods(&db, &found).await?,
        address: [&store.address.region, &store.address.city, &store.address.line1].map(String::as_str).concat(),
        store: name_in(&store, tag).to_owned(),
        choosing,
        stores: stores.into_iter().map(named).collect(),
        has_address: order.shipping_address.is_some(),
        choice: found.choice,
        arrived: found.arrived_at.is_some(),
        extensible: found.extensions < extend::MOST_BY_CUSTOMER,
    };
    Ok(visit.framed(&page.frame, &page))
}

fn until(pickup: &pickup::Model, store: &location::Model, language: Language) -> Option<String> {
    let at = if pickup.status == PickupStatus::Short { pickup.choice_expires_at } else { pickup.expires_at };
    at.map(|at| date_time(at, time_zone(store), language))
}
