//! `/r/{id}/{secret}`: the page behind the links of mails about returns, to print and put into the parcel or to show in the
//! store, and the same as PDF with the address for the parcel (`/slip.pdf`). It works without scripts and cookies: the secret
//! in the address is what allows it. By forms the customer says that the goods are on their way, or gives the return up.

use actix_web::http::header;
use actix_web::web::{self, Payload, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use chrono::TimeDelta;
use domain::kernel::language::Language;
use domain::messaging::page_links::PageLink;
use domain::returns::access::{self, opens_until};
use domain::returns::slip::{self, Slip};
use domain::returns::{decide, query, slip_pdf};
use domain::{Error, ErrorCode, channel};
use entity::id::ReturnId;
use entity::words::{ReturnKind, ReturnStatus};

use super::form::{self, Fields};
use super::frame::{Brand, Frame};
use super::visit::{Outcome, Visit, told as answered};
use super::{OWN_FORMS, no_leaks};
use crate::http::{State, protected, wrong_method};

/// How long the link to an exchange works that this page leads on to, and never longer than the page itself.
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
    /// What a form that was refused said.
    carrier: String,
    number: String,
}

/// The routes.
pub(crate) fn routes(config: &mut ServiceConfig) {
    let page = protected("/r/{id}/{secret}")
        .route(web::get().to(show))
        .route(web::head().to(show))
        .route(web::post().to(send))
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
    visit.settle(outcome).await
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
    let outcome = Box::pin(page(&visit, &path.into_inner(), None, None)).await;
    visit.settle(outcome).await
}

async fn send(
    request: HttpRequest,
    state: web::Data<State>,
    path: web::Path<(String, String)>,
    body: Payload,
) -> HttpResponse {
    form::answer(&request, &state, body, async |visit, fields| act(visit, &path.into_inner(), fields).await).await
}

/// What is sent twice is done once.
async fn act(visit: &Visit<'_>, path: &(String, String), fields: &Fields) -> Outcome {
    let (id, secret) = (path.0.parse::<ReturnId>().map_err(|_| Error::not_found("return"))?, path.1.as_str());
    let (ctx, action) = (&visit.ctx, fields.get("action"));
    let named = |name: &str| Some(fields.get(name).to_owned());
    let done = match action {
        "cancel" => decide::cancel(ctx, id, Some(secret), None).await,
        "sent" => decide::send(ctx, id, Some(secret), None, (named("carrier"), named("tracking_number"))).await,
        _ => Err(Error::invalid(ErrorCode::Invalid, "action")),
    };
    let Err(error) = answered(done)? else { return Ok(visit.afresh()) };
    let is_mine = error.code() == ErrorCode::InvalidTransition;
    let now = if is_mine { access::visible(ctx, id, Some(secret)).await?.map(|row| row.status) } else { None };
    match (action, now) {
        ("cancel", Some(ReturnStatus::Canceled)) | ("sent", Some(ReturnStatus::InTransit)) => Ok(visit.afresh()),
        _ => page(visit, path, Some(fields), Some(error)).await,
    }
}

/// Error: `NOT_FOUND` for a secret that opens nothing.
async fn page(
    visit: &Visit<'_>,
    (id, secret): &(String, String),
    fields: Option<&Fields>,
    error: Option<Error>,
) -> Outcome {
    let missing = || Error::not_found("return");
    let id: ReturnId = id.parse().map_err(|_| missing())?;
    let slip = slip::read_in(&visit.ctx, id, Some(secret), visit.switched_to()).await?.ok_or_else(missing)?;
    let db = visit.ctx.db();
    let row = query::by_id(&db, id).await?.ok_or_else(missing)?;
    let channel = channel::query::get(&db, row.channel_id).await?;
    let frame = visit.frame(Brand::of(&visit.ctx, &channel).await?, slip.language.tag()).failed(error.as_ref());
    let ja = frame.language == Language::Ja;
    let is_early = matches!(row.status, ReturnStatus::Requested | ReturnStatus::Approved);
    let exchange = (is_early && row.kind == ReturnKind::Return)
        .then(|| visit.lead(PageLink::Exchange, id.uuid(), opens_until(&row).min(visit.ctx.now() + EXCHANGE)));
    let pdf = format!("{secret}/slip.pdf{}", visit.switched());
    let became = slip.replaced_by.as_ref().and_then(|new| visit.slip(new));
    // A claim of which nothing is to come.
    let is_looked_into = slip.status == ReturnStatus::Approved && !slip.is_awaited;
    let status = match &slip.replaced_by {
        Some(_) if ja => "この返品は交換に変更されました。",
        Some(_) => "This return became an exchange.",
        None if is_looked_into && ja => "内容を確認しております。対応が決まりましたらメールでご連絡いたします。",
        None if is_looked_into => "We are looking into it and will write again.",
        None => told(slip.status, ja),
    };
    let back = row.order_id.and_then(|order| visit.back_to(order));
    let said = |name: &str| fields.map(|fields| fields.get(name).to_owned()).unwrap_or_default();
    let (carrier, number) = (said("carrier"), said("tracking_number"));
    let page = Page { frame, ja, status, slip, exchange, became, pdf, back, carrier, number };
    Ok(visit.framed(&page.frame, &page))
}

const fn told(status: ReturnStatus, ja: bool) -> &'static str {
    let (japanese, english) = match status {
        ReturnStatus::Requested => (
            "お申し込みを受け付けました。内容を確認し、あらためてメールでご連絡いたします。",
            "We received your request. We are reviewing it, and will write again.",
        ),
        ReturnStatus::Approved => ("商品をお送りいただくか、店舗にお持ちください。", "Please send or bring the goods."),
        ReturnStatus::Declined => ("返品をお受けできません。", "We cannot take it back."),
        ReturnStatus::InTransit => ("商品の到着をお待ちしております。", "We are waiting for the goods."),
        ReturnStatus::PartlyReceived => ("商品の一部が到着しました。", "Some of the goods arrived."),
        ReturnStatus::Received => ("商品が到着しました。", "The goods arrived."),
        ReturnStatus::Inspected | ReturnStatus::Closed => ("お手続きが完了しました。", "It is settled."),
        ReturnStatus::Canceled => ("返品は取り消されました。", "The return was canceled."),
    };
    if ja { japanese } else { english }
}
