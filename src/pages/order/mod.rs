//! `/o/{token}`: where an order stands, with everything that can be done about it. The link is the permission; it works
//! without scripts and cookies, and looking changes nothing.

mod read;
mod words;

use actix_web::web::{self, Payload, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use domain::messaging::page_links::PageLink;
use domain::pickup::cancel_order::{CancelOrder, cancel_mine};
use domain::{Error, ErrorCode};
use entity::id::OrderId;
use entity::words::CancelReason;

use super::form::{self, Fields};
use super::frame::Frame;
use super::visit::{Outcome, Visit, told};
use crate::http::{State, protected, wrong_method};
use read::Shown;

#[derive(Template)]
#[template(path = "order/page.html")]
struct Page {
    frame: Frame,
    shown: Shown,
}

/// The routes.
pub(crate) fn routes(config: &mut ServiceConfig) {
    let page = protected("/o/{token}")
        .route(web::get().to(show))
        .route(web::head().to(show))
        .route(web::post().to(send))
        .default_service(web::to(wrong_method));
    config.service(page);
}

async fn show(request: HttpRequest, state: web::Data<State>, token: web::Path<String>) -> HttpResponse {
    let mut visit = Visit::of(&request, &state);
    let outcome = Box::pin(page(&mut visit, &token, None)).await;
    visit.settle(outcome).await
}

async fn send(request: HttpRequest, state: web::Data<State>, token: web::Path<String>, body: Payload) -> HttpResponse {
    form::answer(&request, &state, body, async |visit, fields| act(visit, &token, fields).await).await
}

async fn act(visit: &mut Visit<'_>, token: &str, fields: &Fields) -> Outcome {
    let (id, _) = visit.open_order(PageLink::Order, token)?;
    let done = match fields.get("action") {
        "cancel" => cancel(visit, id, fields).await,
        _ => Err(Error::invalid(ErrorCode::Invalid, "action")),
    };
    match told(done)? {
        Ok(()) => Ok(visit.afresh()),
        Err(error) => page(visit, token, Some(error)).await,
    }
}

/// Cancels the order as it was shown; the same page sent twice cancels once.
async fn cancel(visit: &Visit<'_>, id: OrderId, fields: &Fields) -> Result<(), Error> {
    let version = fields.get("version");
    let expected: i32 = version.parse().map_err(|_| Error::invalid(ErrorCode::Invalid, "version"))?;
    let input = CancelOrder {
        order_id: id,
        lines: Vec::new(),
        reason: CancelReason::Customer,
        note: None,
        notify: true,
        expected_version: Some(expected),
        idempotency_key: format!("order-page:{id}:{expected}"),
    };
    Box::pin(cancel_mine(&visit.ctx, input)).await.map(|_| ())
}

async fn page(visit: &mut Visit<'_>, token: &str, error: Option<Error>) -> Outcome {
    let (id, opened) = visit.open_order(PageLink::Order, token)?;
    let (brand, locale, shown) = read::read(visit, id, opened.until).await?;
    let frame = visit.frame(brand, &locale).failed(error.as_ref());
    let page = Page { frame, shown };
    Ok(visit.framed(&page.frame, &page))
}
