//! `/cart/{token}`: a cart that was left, as it would cost now, and the way on with it in the shop. Looking restores
//! nothing; the form answers with the way to the storefront, and the code by which it goes on there once.

use actix_web::web::{self, Payload, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use domain::cart::{handover, query, view};
use domain::messaging::page_links::PageLink;
use domain::{Error, ErrorCode, channel};
use entity::cart;
use entity::id::CartId;
use entity::money::Money;
use entity::words::CartStatus;

use super::form::{self, Fields};
use super::frame::{Brand, Frame};
use super::visit::{Outcome, Visit, told};
use crate::http::{State, protected, wrong_method};

#[derive(Template)]
#[template(path = "cart/page.html")]
struct Page {
    frame: Frame,
    /// Whether it became an order.
    is_bought: bool,
    /// Whether what was in it lies in another cart.
    is_merged: bool,
    /// What, with its price.
    lines: Vec<(String, String)>,
    total: String,
}

/// What the form leads to. A link and no redirect: browsers hold every hop behind a form to the page's policy, and a shop may
/// lead from one of its addresses to another.
#[derive(Template)]
#[template(path = "cart/handed.html")]
struct HandedOver {
    frame: Frame,
    /// The shop, with the code.
    to: String,
}

/// The routes.
pub(crate) fn routes(config: &mut ServiceConfig) {
    let page = protected("/cart/{token}")
        .route(web::get().to(show))
        .route(web::head().to(show))
        .route(web::post().to(send))
        .default_service(web::to(wrong_method));
    config.service(page);
}

async fn show(request: HttpRequest, state: web::Data<State>, token: web::Path<String>) -> HttpResponse {
    let visit = Visit::of(&request, &state);
    let outcome = Box::pin(page(&visit, &token, None)).await;
    visit.settle(outcome).await
}

async fn send(request: HttpRequest, state: web::Data<State>, token: web::Path<String>, body: Payload) -> HttpResponse {
    form::answer(&request, &state, body, async |visit, fields| go_on(visit, &token, fields).await).await
}

/// Hands the cart over. The code stands behind `#`: no server and no log of the shop sees it, nor does it leak by a
/// referrer.
async fn go_on(visit: &Visit<'_>, token: &str, fields: &Fields) -> Outcome {
    let (cart, brand) = find(visit, token).await?;
    let done = match (fields.get("action"), brand.storefront.as_deref()) {
        ("continue", Some(shop)) => {
            let mark = if shop.contains('#') { '&' } else { '#' };
            handover::offer(&visit.ctx, cart.id).await.map(|code| format!("{shop}{mark}cart={code}"))
        }
        _ => Err(Error::invalid(ErrorCode::Invalid, "action")),
    };
    match told(done)? {
        Ok(to) => {
            let handed = HandedOver { frame: visit.frame(brand, &cart.locale), to };
            Ok(visit.framed(&handed.frame, &handed))
        }
        Err(error) => page(visit, token, Some(error)).await,
    }
}

/// The cart that a link opens, and whose shop it is of. Error: `NOT_FOUND`.
async fn find(visit: &Visit<'_>, token: &str) -> Result<(cart::Model, Brand), Error> {
    let id = CartId(visit.open(PageLink::Cart, token)?.id);
    let db = visit.ctx.db();
    let cart = query::by_id(&db, id).await?.ok_or(Error::not_found("cart"))?;
    let channel = channel::query::get(&db, cart.channel_id).await?;
    let brand = Brand::of(&visit.ctx, &channel).await?;
    Ok((cart, brand))
}

async fn page(visit: &Visit<'_>, token: &str, error: Option<Error>) -> Outcome {
    let (cart, brand) = find(visit, token).await?;
    let db = visit.ctx.db();
    let frame = visit.frame(brand, &cart.locale).failed(error.as_ref());
    let is_open = query::OPEN.contains(&cart.status);
    let rows = if is_open { query::lines(&db, &[cart.id]).await? } else { Vec::new() };
    let money = |minor| Money::new(minor, cart.currency).formatted(&cart.locale);
    let priced = view::price(&db, &cart, &rows, visit.ctx.now()).await?;
    let line = |line: &view::PricedLine| {
        let name = format!("{} {}", line.title, line.variant_title);
        let units = line.line.quantity;
        (format!("{} × {units}", name.trim()), money(line.unit_price.saturating_mul(units)))
    };
    let page = Page {
        is_bought: cart.status == CartStatus::Completed,
        is_merged: cart.status == CartStatus::Merged,
        lines: priced.lines.iter().map(line).collect(),
        total: money(priced.totals.total),
        frame,
    };
    Ok(visit.framed(&page.frame, &page))
}
