//! `/back-in-stock/{token}`: giving up to be told when something is there again.

use actix_web::web::{self, Payload, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use domain::catalog::display;
use domain::channel;
use domain::flow::back_in_stock::{Cancel, cancel, look};
use domain::{Error, ErrorCode};

use super::form::{self, Fields};
use super::frame::{Brand, Frame};
use super::visit::{Outcome, Visit, told};
use crate::http::{State, protected, wrong_method};

#[derive(Template)]
#[template(path = "back_in_stock/page.html")]
struct Page {
    frame: Frame,
    goods: String,
    /// Whether it is still waited for.
    waits: bool,
    notified: bool,
}

/// The routes.
pub(crate) fn routes(config: &mut ServiceConfig) {
    let page = protected("/back-in-stock/{token}")
        .route(web::get().to(show))
        .route(web::head().to(show))
        .route(web::post().to(send))
        .default_service(web::to(wrong_method));
    config.service(page);
}

async fn show(request: HttpRequest, state: web::Data<State>, token: web::Path<String>) -> HttpResponse {
    let visit = Visit::of(&request, &state);
    let outcome = page(&visit, &token, None).await;
    visit.settle(outcome).await
}

async fn send(request: HttpRequest, state: web::Data<State>, token: web::Path<String>, body: Payload) -> HttpResponse {
    form::answer(&request, &state, body, async |visit, fields| act(visit, &token, fields).await).await
}

async fn act(visit: &Visit<'_>, token: &str, fields: &Fields) -> Outcome {
    let done = match fields.get("action") {
        "cancel" => cancel(&visit.ctx, Cancel::Link(token.to_owned())).await,
        _ => Err(Error::invalid(ErrorCode::Invalid, "action")),
    };
    match told(done)? {
        Ok(_) => Ok(visit.afresh()),
        Err(error) => page(visit, token, Some(error)).await,
    }
}

async fn page(visit: &Visit<'_>, token: &str, error: Option<Error>) -> Outcome {
    let row = look(&visit.ctx, token).await?;
    let db = visit.ctx.db();
    let channel = channel::query::get(&db, row.channel_id).await?;
    let brand = Brand::of(&visit.ctx, &channel).await?;
    let frame = visit.frame(brand, &row.locale).failed(error.as_ref());
    let titles = display::titles(&db, frame.tag(), &[row.variant_id]).await?;
    let (title, variant) = titles.get(&row.variant_id).cloned().unwrap_or_default();
    let page = Page {
        goods: format!("{title} {variant}").trim().to_owned(),
        waits: row.canceled_at.is_none() && row.notified_at.is_none(),
        notified: row.notified_at.is_some(),
        frame,
    };
    Ok(visit.framed(&page.frame, &page))
}
