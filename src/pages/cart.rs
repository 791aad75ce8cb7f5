//! `/cart/{token}`: a cart that was left, as it would cost now, and the way back to the shop. Looking restores nothing.

use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use domain::cart::{query, view};
use domain::messaging::page_links::PageLink;
use domain::{Error, channel};
use entity::id::CartId;
use entity::money::Money;

use super::frame::{Brand, Frame};
use super::visit::{Outcome, Visit};
use crate::http::{State, protected, wrong_method};

#[derive(Template)]
#[template(path = "cart/page.html")]
struct Page {
    frame: Frame,
    /// Whether it still waits.
    is_open: bool,
    /// What, with its price.
    lines: Vec<(String, String)>,
    total: String,
}

/// The routes.
pub(crate) fn routes(config: &mut ServiceConfig) {
    let page = protected("/cart/{token}")
        .route(web::get().to(show))
        .route(web::head().to(show))
        .default_service(web::to(wrong_method));
    config.service(page);
}

async fn show(request: HttpRequest, state: web::Data<State>, token: web::Path<String>) -> HttpResponse {
    let visit = Visit::of(&request, &state);
    let outcome = Box::pin(page(&visit, &token)).await;
    visit.settle(outcome).await
}

async fn page(visit: &Visit<'_>, token: &str) -> Outcome {
    let id = CartId(visit.open(PageLink::Cart, token)?.id);
    let db = visit.ctx.db();
    let cart = query::by_id(&db, id).await?.ok_or(Error::not_found("cart"))?;
    let channel = channel::query::get(&db, cart.channel_id).await?;
    let brand = Brand::of(&visit.ctx, &channel).await?;
    let frame = visit.frame(brand, &cart.locale);
    let is_open = query::OPEN.contains(&cart.status);
    let rows = if is_open { query::lines(&db, &[id]).await? } else { Vec::new() };
    let money = |minor| Money::new(minor, cart.currency).formatted(&cart.locale);
    let priced = view::price(&db, &cart, &rows, visit.ctx.now()).await?;
    let line = |line: &view::PricedLine| {
        let name = format!("{} {}", line.title, line.variant_title);
        let units = line.line.quantity;
        (format!("{} × {units}", name.trim()), money(line.unit_price.saturating_mul(units)))
    };
    let lines = priced.lines.iter().map(line).collect();
    let page = Page { frame, is_open, lines, total: money(priced.totals.total) };
    Ok(visit.framed(&page.frame, &page))
}
