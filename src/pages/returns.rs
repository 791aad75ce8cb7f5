//! `/r/{id}/{secret}`: the page behind the links of mails about returns, to print and put into the parcel or to show in the
//! store, and the same as PDF with the address for the parcel (`/slip.pdf`). It works without scripts and cookies: the secret
//! in the address is what allows it.

use actix_web::http::header;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use chrono::TimeDelta;
use domain::kernel::language::Language;
use domain::messaging::page_links::PageLink;
use domain::returns::access::visit_token;
use domain::returns::query;
use domain::returns::slip::{self, Slip};
use domain::returns::slip_pdf;
use domain::{Error, channel};
use entity::id::ReturnId;
use entity::words::{ReturnKind, ReturnStatus};

use super::frame::{Brand, Frame};
use super::visit::{Outcome, Visit};
use super::{OWN_FORMS, no_leaks};
use crate::http::{State, protected, wrong_method};

/// How long the link to an exchange works that this page leads on to; the page itself does not end.
const EXCHANGE: TimeDelta = TimeDelta::days(7);

#[derive(Template)]
#[template(path = "returns/page.html")]
struct Page {
    frame: Frame,
    ja: bool,
    status: &'static str,
    slip: Slip,
    /// Where other goods are chosen instead, while that can be done.
    exchange: Option<String>,
    /// The slip of the exchange that it became.
    became: Option<String>,
    /// Where it is as PDF, from the page.
    pdf: String,
    /// The page of the order, for who came from it.
    back: Option<String>,
}

/// The routes.
pub(crate) fn routes(config: &mut ServiceConfig) {
    let page = protected("/r/{id}/{secret}")
        .route(web::get().to(show))
        .route(web::head().to(show))
        .default_service(web::to(wrong_method));
    let paper = protected("/r/{id}/{secret}/slip.pdf")
        .route(web::get().to(paper))
        .route(web::head().to(paper))
        .default_service(web::to(wrong_method));
    config.service(paper).service(page);
}

/// The slip to print, with the address to stick on the parcel.
async fn paper(request: HttpRequest, state: web::Data<State>, path: web::Path<(String, String)>) -> HttpResponse {
    let visit = Visit::of(&request, &state);
    let outcome = pdf(&visit, &path.into_inner()).await;
    visit.settle(outcome)
}

/// Error: `NOT_FOUND` for a secret that opens nothing.
async fn pdf(visit: &Visit<'_>, (id, secret): &(String, String)) -> Outcome {
    let missing = || Error::not_found("return");
    let id: ReturnId = id.parse().map_err(|_| missing())?;
    let slip = slip::read_in(&visit.ctx, id, Some(secret), visit.switched_to()).await?.ok_or_else(missing)?;
    let (name, bytes) = slip_pdf::render(&slip);
    Ok(no_leaks(HttpResponse::Ok(), OWN_FORMS)
        .insert_header((header::CONTENT_DISPOSITION, format!("inline; filename=\"{name}\"")))
        .insert_header((header::CONTENT_TYPE, "application/pdf"))
        .body(bytes))
}

async fn show(request: HttpRequest, state: web::Data<State>, path: web::Path<(String, String)>) -> HttpResponse {
    let visit = Visit::of(&request, &state);
    let outcome = page(&visit, &path.into_inner()).await;
    visit.settle(outcome)
}

/// Error: `NOT_FOUND` for a secret that opens nothing.
async fn page(visit: &Visit<'_>, (id, secret): &(String, String)) -> Outcome {
    let missing = || Error::not_found("return");
    let id: ReturnId = id.parse().map_err(|_| missing())?;
    let slip = slip::read_in(&visit.ctx, id, Some(secret), visit.switched_to()).await?.ok_or_else(missing)?;
    let db = visit.ctx.db();
    let row = query::by_id(&db, id).await?.ok_or_else(missing)?;
    let channel = channel::query::get(&db, row.channel_id).await?;
    let frame = visit.frame(Brand::of(&visit.ctx, &channel).await?, slip.language.tag());
    let ja = frame.language == Language::Ja;
    let is_early = matches!(row.status, ReturnStatus::Requested | ReturnStatus::Approved);
    let exchange = (is_early && row.kind == ReturnKind::Return)
        .then(|| visit.lead(PageLink::Exchange, id.uuid(), visit.ctx.now() + EXCHANGE));
    let pdf = format!("{secret}/slip.pdf{}", visit.switched());
    let became = slip.replaced_by.as_ref().map(|new| {
        let secret = visit_token(&visit.ctx, new.id);
        format!("/r/{}/{secret}{}", new.id, visit.switched())
    });
    let status = match became {
        Some(_) if ja => "この返品は交換に変更されました。",
        Some(_) => "This return became an exchange.",
        None => told(slip.status, ja),
    };
    let back = row.order_id.and_then(|order| visit.back_to(order));
    let page = Page { frame, ja, status, slip, exchange, became, pdf, back };
    Ok(visit.framed(&page.frame, &page))
}

const fn told(status: ReturnStatus, ja: bool) -> &'static str {
    let (japanese, english) = match status {
        ReturnStatus::Requested => ("内容を確認しております。", "We look at your request."),
        ReturnStatus::Approved => ("商品をお送りいただくか、店舗にお持ちください。", "Please send or bring the goods."),
        ReturnStatus::Declined => ("返品をお受けできません。", "We cannot take it back."),
        ReturnStatus::InTransit => ("商品の到着をお待ちしております。", "We wait for the goods."),
        ReturnStatus::PartlyReceived => ("商品の一部が到着しました。", "Some of the goods arrived."),
        ReturnStatus::Received => ("商品が到着しました。", "The goods arrived."),
        ReturnStatus::Inspected | ReturnStatus::Closed => ("お手続きが完了しました。", "It is settled."),
        ReturnStatus::Canceled => ("返品は取り消されました。", "The return was canceled."),
    };
    if ja { japanese } else { english }
}
