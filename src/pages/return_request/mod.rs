//! `/return/{token}`: asking to send goods of an order back, in two steps without scripts. The first chooses units, reasons
//! and the way; the second shows what goes back and what is kept, takes pictures, and asks. Only that writes anything.

mod asked;
mod read;

use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::web::{self, Payload, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use domain::messaging::page_links::PageLink;
use domain::returns::photo::MAX_PHOTOS;
use domain::returns::{preview, query, request};
use domain::{Error, ErrorCode};

use super::form::{self, Fields};
use super::frame::Frame;
use super::visit::{Outcome, Visit, told};
use crate::http::{State, protected, wrong_method};
use asked::Asked;
use read::{Choice, Seen, Sum};

/// Largest form with its pictures, bytes: nine of the largest, or many smaller ones.
const LARGEST: usize = 10 * 1024 * 1024;
/// Makes pictures small before they are sent, where scripts are on; without it they must be small already.
const SCRIPT: &str = include_str!("../templates/return_request/photos.js");

/// First step: what, why, how.
#[derive(Template)]
#[template(path = "return_request/choose.html")]
struct Choose {
    frame: Frame,
    seen: Seen,
}

/// Second step: what it gives, and pictures.
#[derive(Template)]
#[template(path = "return_request/confirm.html")]
struct Confirm {
    frame: Frame,
    seen: Seen,
    lines: Vec<Choice>,
    sum: Sum,
    asked: Asked,
    key: String,
    most: usize,
}

/// The routes.
pub(crate) fn routes(config: &mut ServiceConfig) {
    let page = protected("/return/{token}")
        .route(web::get().to(show))
        .route(web::head().to(show))
        .route(web::post().to(send))
        .default_service(web::to(wrong_method));
    let script = protected("/return-photos.js")
        .route(web::get().to(script))
        .route(web::head().to(script))
        .default_service(web::to(wrong_method));
    config.service(page).service(script);
}

async fn script() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/javascript; charset=utf-8"))
        .insert_header((header::CACHE_CONTROL, "public, max-age=3600"))
        .body(SCRIPT)
}

async fn show(request: HttpRequest, state: web::Data<State>, token: web::Path<String>) -> HttpResponse {
    let mut visit = Visit::of(&request, &state);
    let outcome = Box::pin(choose(&mut visit, &token, &Asked::default(), None)).await;
    visit.settle(outcome)
}

async fn send(request: HttpRequest, state: web::Data<State>, token: web::Path<String>, body: Payload) -> HttpResponse {
    let mut visit = Visit::of(&request, &state);
    // A link that opens nothing takes no megabytes.
    if let Err(error) = visit.open_order(PageLink::ReturnRequest, &token) {
        return visit.settle(Err(error));
    }
    let fields = match form::read(&visit, body, LARGEST).await {
        Ok(fields) => fields,
        Err(status) => return visit.refused(status),
    };
    let outcome = Box::pin(act(&mut visit, &token, &fields)).await;
    visit.settle(outcome)
}

async fn act(visit: &mut Visit<'_>, token: &str, fields: &Fields) -> Outcome {
    let (asked, wrong) = Asked::read(fields);
    if wrong.is_some() {
        return choose(visit, token, &asked, wrong).await;
    }
    match fields.get("action") {
        "preview" => confirm(visit, token, asked, None).await,
        "send" => file(visit, token, asked, fields).await,
        "change" => choose(visit, token, &asked, None).await,
        _ => choose(visit, token, &asked, Some(Error::invalid(ErrorCode::Invalid, "action"))).await,
    }
}

/// Asks for it. The same page sent twice asks once.
async fn file(visit: &mut Visit<'_>, token: &str, asked: Asked, fields: &Fields) -> Outcome {
    let (id, _) = visit.open_order(PageLink::ReturnRequest, token)?;
    let reasons = query::reasons(&visit.ctx.db()).await?;
    let done = match asked.request(id, &reasons, Some(fields)) {
        Ok(input) => Box::pin(request::request(&visit.ctx, input)).await,
        Err(error) => Err(error),
    };
    match told(done)? {
        Ok(done) => {
            let slip = visit.slip(&done.row).ok_or(Error::not_found("return"))?;
            Ok(visit.go(&slip))
        }
        Err(error) => confirm(visit, token, asked, Some(error)).await,
    }
}

async fn choose(visit: &mut Visit<'_>, token: &str, asked: &Asked, error: Option<Error>) -> Outcome {
    let (id, opened) = visit.open_order(PageLink::ReturnRequest, token)?;
    let (brand, locale, seen) = read::read(visit, id, opened.until, (asked, error.as_ref())).await?;
    let frame = visit.frame(brand, &locale).failed(error.as_ref());
    let page = Choose { frame, seen };
    Ok(visit.framed(&page.frame, &page))
}

async fn confirm(visit: &mut Visit<'_>, token: &str, asked: Asked, error: Option<Error>) -> Outcome {
    let (id, opened) = visit.open_order(PageLink::ReturnRequest, token)?;
    let reasons = query::reasons(&visit.ctx.db()).await?;
    let found = match asked.request(id, &reasons, None) {
        Ok(input) => Box::pin(preview::preview(&visit.ctx, &input)).await,
        Err(error) => Err(error),
    };
    let sum = match told(found)? {
        Ok(sum) => sum,
        // What cannot be asked for at all is told where it was chosen.
        Err(refused) => return choose(visit, token, &asked, Some(refused)).await,
    };
    let (brand, locale, seen) = read::read(visit, id, opened.until, (&asked, error.as_ref())).await?;
    let frame = visit.frame(brand, &locale).failed(error.as_ref());
    let policy = format!("{}; script-src 'self'", frame.brand.policy());
    let status = status(&frame);
    let key = visit.ctx.services.random.uuid(visit.ctx.now()).to_string();
    let lines = seen.choices(&asked, &reasons, error.as_ref(), frame.language);
    let sum = Sum::of(&sum, &locale);
    Ok(visit.show(status, &policy, &Confirm { frame, seen, lines, sum, asked, key, most: MAX_PHOTOS }))
}

fn status(frame: &Frame) -> StatusCode {
    if frame.failure.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }
}
