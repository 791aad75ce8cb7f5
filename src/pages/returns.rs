//! `/r/{id}/{secret}`: the page behind the links of mails about returns, to print and put into the parcel or to show in the
//! store, and the same as PDF with the address for the parcel (`/slip.pdf`). It works without scripts and cookies: the secret in the address is what allows it.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, ContentType};
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use domain::kernel::language::Language;
use domain::returns::slip::{self, Slip};
use domain::returns::slip_pdf;
use entity::words::ReturnStatus;

use crate::http::graphql::context;
use crate::http::{State, protected, reply, wrong_method};

/// Our own styles, nothing else; no address with a secret leaks by a referrer.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; form-action 'none'; base-uri 'none'";

#[derive(Template)]
#[template(path = "returns/page.html")]
struct Page {
    ja: bool,
    status: &'static str,
    slip: Slip,
    /// Where it is as PDF, from the page.
    pdf: String,
}

/// The routes.
pub(crate) fn routes(config: &mut ServiceConfig) {
    let page = protected("/r/{id}/{secret}").route(web::get().to(show)).default_service(web::to(wrong_method));
    let paper =
        protected("/r/{id}/{secret}/slip.pdf").route(web::get().to(paper)).default_service(web::to(wrong_method));
    config.service(paper).service(page);
}

/// The slip to print, with the address to stick on the parcel.
async fn paper(request: HttpRequest, state: web::Data<State>, path: web::Path<(String, String)>) -> HttpResponse {
    let ctx = context(&request, &state);
    let (id, secret) = path.into_inner();
    let Ok(id) = id.parse() else { return nothing(&request) };
    match slip::read(&ctx, id, Some(&secret)).await {
        Ok(Some(slip)) => {
            let (name, bytes) = slip_pdf::render(&slip);
            HttpResponse::Ok()
                .insert_header((header::CACHE_CONTROL, "no-store"))
                .insert_header((header::REFERRER_POLICY, "no-referrer"))
                .insert_header((header::CONTENT_DISPOSITION, format!("inline; filename=\"{name}\"")))
                .insert_header((header::CONTENT_TYPE, "application/pdf"))
                .body(bytes)
        }
        Ok(None) => nothing(&request),
        Err(error) => {
            tracing::error!(%error, "a return slip cannot be made");
            HttpResponse::InternalServerError().finish()
        }
    }
}

async fn show(request: HttpRequest, state: web::Data<State>, path: web::Path<(String, String)>) -> HttpResponse {
    let ctx = context(&request, &state);
    let (id, secret) = path.into_inner();
    let Ok(id) = id.parse() else { return nothing(&request) };
    match slip::read(&ctx, id, Some(&secret)).await {
        Ok(Some(slip)) => shown(slip, &secret),
        Ok(None) => nothing(&request),
        Err(error) => {
            tracing::error!(%error, "a return cannot be shown");
            HttpResponse::InternalServerError().finish()
        }
    }
}

fn shown(slip: Slip, secret: &str) -> HttpResponse {
    let ja = slip.language == Language::Ja;
    let page = Page { ja, status: told(slip.status, ja), slip, pdf: format!("{secret}/slip.pdf") };
    match page.render() {
        Ok(html) => HttpResponse::Ok()
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .insert_header((header::REFERRER_POLICY, "no-referrer"))
            .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
            .content_type(ContentType::html())
            .body(html),
        Err(error) => {
            tracing::error!(%error, "a page cannot be rendered");
            HttpResponse::InternalServerError().finish()
        }
    }
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

fn nothing(request: &HttpRequest) -> HttpResponse {
    reply::problem(request, StatusCode::NOT_FOUND, "NOT_FOUND", "There is nothing at this address.")
}
