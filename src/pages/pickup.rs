//! `/p/{id}/{secret}`: the page behind the links of mails about pickups. It works without scripts and without cookies:
//! the secret in the address is what allows it, so no other page can act in the customer's name.

use actix_web::web::{self, Payload, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use domain::kernel::language::Language;
use domain::location::query::name_in;
use domain::messaging::pickup_mail;
use domain::pickup::card::{self, PickupCard};
use domain::pickup::choose::{self, Choose};
use domain::pickup::{access, arrive, code, extend, query};
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
    /// With the store where the goods are, or will be: the other one when that was chosen.
    card: PickupCard,
    /// Where that is, for a map of a store without a point.
    place: String,
    /// Whether there is a store to go to.
    has_place: bool,
    /// The pickup at the store that was chosen instead.
    moved: Option<String>,
    /// Whether the goods that were to go elsewhere are still to be made ready there.
    is_promised: bool,
    until: Option<String>,
    /// Whether the link is the one by which to choose, and there is something to choose.
    choosing: bool,
    /// Id, name, whether it is chosen.
    stores: Vec<(String, String, bool)>,
    parts: Vec<Part>,
    has_address: bool,
    said: Said,
    choice: Option<PickupChoice>,
    arrived: bool,
    extensible: bool,
    /// The page of the order, for who came from it.
    back: Option<String>,
}

/// What a form that was refused said.
#[derive(Default)]
struct Said {
    choice: String,
    note: String,
}

/// A part of an address.
struct Part {
    name: &'static str,
    label: &'static str,
    autocomplete: &'static str,
    /// What keyboard it needs.
    mode: &'static str,
    value: String,
    is_wrong: bool,
}

/// Name, Japanese, English, what browsers fill in, the keyboard, and what the rules call it.
static PARTS: [[&str; 6]; 8] = [
    ["family_name", "姓", "Family name", "family-name", "text", "familyName"],
    ["given_name", "名", "Given name", "given-name", "text", "givenName"],
    ["postal_code", "郵便番号", "Postal code", "postal-code", "numeric", "postalCode"],
    ["region", "都道府県", "Prefecture", "address-level1", "text", "region"],
    ["city", "市区町村", "City", "address-level2", "text", "city"],
    ["line1", "町名・番地", "Street", "address-line1", "text", "line1"],
    ["line2", "建物名（任意）", "Building (if any)", "address-line2", "text", "line2"],
    ["phone", "電話番号", "Phone", "tel", "tel", "phone"],
];

impl Page {
    /// Whether a choice was made by a form that was refused.
    fn wants(&self, choice: &str) -> bool {
        self.said.choice == choice
    }
}

/// The routes.
pub(crate) fn routes(config: &mut ServiceConfig) {
    let page = protected("/p/{id}/{secret}")
        .route(web::get().to(show))
        .route(web::head().to(show))
        .route(web::post().to(send))
        .default_service(web::to(wrong_method));
    config.service(page);
}

async fn show(request: HttpRequest, state: web::Data<State>, path: web::Path<(String, String)>) -> HttpResponse {
    let visit = Visit::of(&request, &state);
    let outcome = Box::pin(page(&visit, &path.into_inner(), None, None)).await;
    visit.settle(outcome).await
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
    let Err(error) = told(act(&visit.ctx, id, &path.1, fields).await)? else { return Ok(visit.afresh()) };
    // Sent twice: what was chosen stands, and is shown.
    if stands(visit, id, &path.1, fields).await? {
        return Ok(visit.afresh());
    }
    page(visit, path, Some(fields), Some(error)).await
}

/// Whether what a form asks for was done before.
async fn stands(visit: &Visit<'_>, id: PickupId, secret: &str, fields: &Fields) -> Result<bool, Error> {
    let found = access::visible(&visit.ctx, id, Some(secret)).await?;
    Ok(match fields.get("action") {
        // What is asked again was not answered before.
        "choose" if found.status == PickupStatus::Short => false,
        "choose" => found.choice.is_some_and(|choice| choice.as_str() == fields.get("choice")),
        "extend" => found.status == PickupStatus::Ready && found.extensions >= extend::MOST_BY_CUSTOMER,
        _ => false,
    })
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
    let choice = sent.get("choice").parse().map_err(|_| Error::not_chosen("choice"))?;
    let store = Some(sent.get("store")).filter(|store| !store.is_empty());
    let location_id = store.map(str::parse).transpose().map_err(|_| Error::invalid(ErrorCode::InvalidId, "store"))?;
    let said = |name: &str| sent.get(name).to_owned();
    // Who begins to write an address means another one than that of the order.
    let is_written = PARTS.iter().any(|[name, ..]| !sent.get(name).trim().is_empty());
    let address = (choice == PickupChoice::Ship && is_written).then(|| Address {
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
async fn page(visit: &Visit<'_>, path: &(String, String), fields: Option<&Fields>, error: Option<Error>) -> Outcome {
    let (ctx, secret) = (&visit.ctx, path.1.as_str());
    let id: PickupId = path.0.parse().map_err(|_| Error::not_found("pickup"))?;
    let found = access::visible(ctx, id, Some(secret)).await?;
    let db = ctx.db();
    let order = domain::order::query::by_id(&db, found.order_id).await?.ok_or(Error::not_found("order"))?;
    let moved = moved(visit, &found).await?;
    let at = moved.as_ref().map_or(found.location_id, |new| new.location_id);
    let store = domain::location::query::get(&db, at).await?;
    let channel = channel::query::get(&db, order.channel_id).await?;
    let mut frame = visit.frame(Brand::of(ctx, &channel).await?, &order.locale).failed(error.as_ref());
    let missing = error.as_ref().map(missing).unwrap_or_default();
    name_missing(&mut frame, &missing);
    let (language, tag) = (frame.language, frame.tag());
    let choosing = found.status == PickupStatus::Short && code::is_choice(ctx, &found, secret);
    let stores = if choosing { choose::other_stores(ctx, &found).await? } else { Vec::new() };
    let said = |name: &str| fields.map(|fields| fields.get(name).to_owned()).unwrap_or_default();
    let asked_store = said("store");
    let named = |store: location::Model| {
        let id = store.id.to_string();
        let is_chosen = id == asked_store;
        (id, name_in(&store, tag).to_owned(), is_chosen)
    };
    let parts = parts(&frame, &missing, fields);
    let card = card::of(ctx, found.clone(), &store, pickup_mail::goods(&db, &found).await?, language);
    let page = Page {
        frame,
        ja: language == Language::Ja,
        number: order.number,
        status: found.status,
        place: card.store.address.join(" "),
        has_place: moved.is_some() || !matches!(found.status, PickupStatus::Canceled | PickupStatus::Expired),
        until: card.until.clone(),
        is_promised: moved.as_ref().is_none_or(|new| is_to_come(new.status)),
        moved: moved.map(|new| {
            let secret = code::visit_token(&ctx.services.secrets, new.id);
            format!("/p/{}/{secret}{}", new.id, visit.switched())
        }),
        card,
        choosing,
        stores: stores.into_iter().map(named).collect(),
        parts,
        said: Said { choice: said("choice"), note: said("note") },
        has_address: order.shipping_address.is_some(),
        choice: found.choice,
        arrived: found.arrived_at.is_some(),
        extensible: found.extensions < extend::MOST_BY_CUSTOMER,
        back: visit.back_to(found.order_id),
    };
    Ok(visit.framed(&page.frame, &page))
}

/// Whether a pickup was not made ready yet.
const fn is_to_come(status: PickupStatus) -> bool {
    match status {
        PickupStatus::AwaitingTransfer | PickupStatus::Arrived | PickupStatus::Assigned | PickupStatus::Picking => true,
        PickupStatus::Short
        | PickupStatus::Ready
        | PickupStatus::Collected
        | PickupStatus::Expired
        | PickupStatus::Canceled => false,
    }
}

/// The pickup at the store that was chosen instead of this one's.
async fn moved(visit: &Visit<'_>, pickup: &pickup::Model) -> Result<Option<pickup::Model>, Error> {
    if pickup.choice != Some(PickupChoice::OtherStore) {
        return Ok(None);
    }
    let all = query::of_orders(&visit.ctx.db(), &[pickup.order_id]).await?;
    Ok(query::moved_to(pickup, &all).cloned())
}

/// The parts of an address, as they were written.
fn parts(frame: &Frame, missing: &[String], fields: Option<&Fields>) -> Vec<Part> {
    let part = |[name, ja, en, autocomplete, mode, rule]: [&'static str; 6]| Part {
        name,
        label: frame.say(ja, en),
        autocomplete,
        mode,
        value: fields.map(|fields| fields.get(name).to_owned()).unwrap_or_default(),
        is_wrong: missing.iter().any(|known| known == rule)
            || frame.is_wrong(|path| path.strip_prefix("input.address.") == Some(rule)),
    };
    PARTS.into_iter().map(part).collect()
}

/// What an address lacks, as the rules name it.
fn missing(error: &Error) -> Vec<String> {
    let all = if let Error::Several(errors) = error { errors.as_slice() } else { std::slice::from_ref(error) };
    let parts = all.iter().find_map(|error| {
        let Error::Invalid { code: ErrorCode::AddressIncomplete, values, .. } = error else { return None };
        values.iter().find(|(name, _)| *name == "parts")
    });
    parts.map(|(_, parts)| parts.split(", ").map(str::to_owned).collect()).unwrap_or_default()
}

/// Says what an address lacks as the form names it; the rules say that first.
fn name_missing(frame: &mut Frame, missing: &[String]) {
    let known = PARTS.iter().filter(|[.., rule]| missing.iter().any(|known| known == rule));
    let names: Vec<&str> = known.map(|[_, ja, en, ..]| frame.say(ja, en)).collect();
    let told = match frame.language {
        Language::Ja => format!("住所に足りない項目があります：{}", names.join("、")),
        Language::En => format!("The address lacks: {}.", names.join(", ")),
    };
    let first = frame.failure.as_mut().and_then(|failure| failure.messages.first_mut());
    if let Some(first) = first.filter(|_| !missing.is_empty()) {
        *first = told;
    }
}
