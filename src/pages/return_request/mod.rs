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
use entity::words::ReturnMethod;

use super::form::{self, Fields};
use super::frame::Frame;
use super::visit::{Outcome, Visit, told};
use crate::http::{State, protected, wrong_method};
use asked::{Asked, MOST_PHOTOS};
use read::{Choice, Seen, Sum};

/// Largest form, bytes: as many of the largest pictures as the page promises, and the texts.
const LARGEST: usize = MOST_PHOTOS * domain::returns::photo::MAX_BYTES + 1024 * 1024;
/// Makes pictures small before they are sent, where scripts are on; without it they must be small already.
const SCRIPT: &str = include_str!("../templates/return_request/photos.js");

/// First step: what, why, how.
#[derive(Template)]
#[template(path = "return_request/choose.html")]
struct Choose {
    frame: Frame,
    seen: Seen,
    /// Whether pictures were sent that no page can put back into the form.
    lost_photos: bool,
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
    /// Most pictures of all lines together, where that is fewer.
    in_all: Option<usize>,
}

/// Instead of the second step sent again with something else in it.
#[derive(Template)]
#[template(path = "return_request/asked.html")]
struct AskedBefore {
    frame: Frame,
    seen: Seen,
    number: String,
    slip: String,
    /// To begin anew.
    anew: String,
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
    let outcome = Box::pin(choose(&mut visit, &token, &Asked::default(), (None, None))).await;
    visit.settle(outcome).await
}

async fn send(request: HttpRequest, state: web::Data<State>, token: web::Path<String>, body: Payload) -> HttpResponse {
    let mut visit = Visit::of(&request, &state);
    // A link that opens nothing takes no megabytes.
    if let Err(error) = visit.open_order(PageLink::ReturnRequest, &token) {
        return visit.settle(Err(error)).await;
    }
    let fields = match form::read(&visit, body, LARGEST).await {
        Ok(fields) => fields,
        Err(status) => return visit.refused(status, LARGEST).await,
    };
    let outcome = Box::pin(act(&mut visit, &token, &fields)).await;
    visit.settle(outcome).await
}

async fn act(visit: &mut Visit<'_>, token: &str, fields: &Fields) -> Outcome {
    let (asked, wrong) = Asked::read(fields);
    if wrong.is_some() {
        return choose(visit, token, &asked, (Some(fields), wrong)).await;
    }
    match fields.get("action") {
        "preview" => confirm(visit, token, asked, None).await,
        "send" => file(visit, token, asked, fields).await,
        "change" => choose(visit, token, &asked, (Some(fields), None)).await,
        _ => {
            let wrong = Error::invalid(ErrorCode::Invalid, "action");
            choose(visit, token, &asked, (Some(fields), Some(wrong))).await
        }
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
        Err(error) if error.code() == ErrorCode::IdempotencyKeyReused => {
            Box::pin(asked_before(visit, token, asked, (fields, error))).await
        }
        Err(error) => confirm(visit, token, asked, Some((fields, error))).await,
    }
}

/// The page was sent before with something else in it: what was asked for then stands, and can be looked at.
async fn asked_before(visit: &mut Visit<'_>, token: &str, asked: Asked, (fields, error): (&Fields, Error)) -> Outcome {
    let (id, _) = visit.open_order(PageLink::ReturnRequest, token)?;
    let Some(row) = query::asked_with(&visit.ctx, fields.get("key")).await? else {
        return confirm(visit, token, asked, Some((fields, error))).await;
    };
    let (brand, locale, seen) = read::read(visit, id, (&asked, None)).await?;
    let frame = visit.frame(brand, &locale);
    let policy = frame.brand.policy();
    let slip = visit.slip(&row).ok_or(Error::not_found("return"))?;
    let anew = format!("{}{}", visit.request.path(), visit.switched());
    Ok(visit.show(StatusCode::CONFLICT, &policy, &AskedBefore { frame, seen, number: row.number, slip, anew }))
}

/// The first step; after a form with what it sent, and what is wrong with it.
async fn choose(
    visit: &mut Visit<'_>,
    token: &str,
    asked: &Asked,
    (sent, error): (Option<&Fields>, Option<Error>),
) -> Outcome {
    let (id, _) = visit.open_order(PageLink::ReturnRequest, token)?;
    let (brand, locale, seen) = read::read(visit, id, (asked, error.as_ref())).await?;
    let frame = visit.frame(brand, &locale).failed(error.as_ref());
    let lost_photos = sent.is_some_and(|sent| asked.has_photos(sent));
    let page = Choose { frame, seen, lost_photos };
    Ok(visit.framed(&page.frame, &page))
}

/// The second step; after it was refused with what it sent, and why.
async fn confirm(visit: &mut Visit<'_>, token: &str, asked: Asked, refused: Option<(&Fields, Error)>) -> Outcome {
    let (sent, error) = refused.unzip();
    let (id, _) = visit.open_order(PageLink::ReturnRequest, token)?;
    let reasons = query::reasons(&visit.ctx.db()).await?;
    let found = match asked.request(id, &reasons, None) {
        Ok(input) => Box::pin(preview::preview(&visit.ctx, &input)).await,
        Err(error) => Err(error),
    };
    let sum = match told(found)? {
        Ok(sum) => sum,
        // What cannot be asked for at all is told where it was chosen.
        Err(refused) => return choose(visit, token, &asked, (sent, Some(refused))).await,
    };
    let (brand, locale, seen) = read::read(visit, id, (&asked, error.as_ref())).await?;
    let frame = visit.frame(brand, &locale).failed(error.as_ref());
    let policy = format!("{}; script-src 'self'", frame.brand.policy());
    let status = status(&frame);
    let key = visit.ctx.services.random.uuid(visit.ctx.now()).to_string();
    let lines = seen.choices(&asked, &reasons, (error.as_ref(), sent), frame.language);
    let sum = Sum::of(&sum, &locale);
    let in_all = (lines.len() * MAX_PHOTOS > MOST_PHOTOS).then_some(MOST_PHOTOS);
    let page = Confirm { frame, seen, lines, sum, asked, key, most: MAX_PHOTOS, in_all };
    Ok(visit.show(status, &policy, &page))
}

fn status(frame: &Frame) -> StatusCode {
    if frame.failure.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }
}
