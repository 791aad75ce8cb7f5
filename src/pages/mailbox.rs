//! `/dev/mailbox`: the mails that were written instead of sent, in development only.

use actix_web::dev::HttpServiceFactory;
use actix_web::http::header::{self, ContentType};
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, Route};
use askama::Template;
use serde::Deserialize;
use serde_json::json;

use crate::adapters::mail_file::{FileMail, StoredMail};
use crate::http::{State, protected, reply, wrong_method};

/// Our pages: own styles and frames, nothing else (CSP level 3).
const PAGE_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; frame-ancestors 'none'; \
    form-action 'self'; base-uri 'none'";
/// A mail inside its frame: no scripts, nothing loaded, links open outside.
const MAIL_POLICY: &str = "sandbox allow-popups; default-src 'none'; style-src 'unsafe-inline'; img-src data:; \
    frame-ancestors 'self'; base-uri 'none'";

#[derive(Template)]
#[template(path = "mailbox/list.html")]
struct ListPage {
    mails: Vec<StoredMail>,
    to: String,
}

#[derive(Template)]
#[template(path = "mailbox/mail.html")]
struct MailPage {
    mail: StoredMail,
    view: View,
}

/// Which part of a mail is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum View {
    #[default]
    Html,
    Text,
    Headers,
}

#[derive(Debug, Deserialize)]
struct ListQuery {
    /// Only mails to this address.
    to: Option<String>,
}

#[derive(Debug, Deserialize)]
struct MailQuery {
    #[serde(default)]
    view: View,
}

/// The routes; without effect outside development.
pub(crate) fn routes(config: &mut ServiceConfig) {
    config
        .service(page_at("/dev/mailbox", web::get().to(list)))
        .service(page_at("/dev/mailbox.json", web::get().to(list_json)))
        .service(page_at("/dev/mailbox/{id}.json", web::get().to(mail_json)))
        .service(page_at("/dev/mailbox/{id}/html", web::get().to(mail_html)))
        .service(page_at("/dev/mailbox/{id}", web::get().to(mail)));
}

/// A page that is protected like the rest of the server.
fn page_at(path: &'static str, route: Route) -> impl HttpServiceFactory {
    protected(path).route(route).default_service(web::to(wrong_method))
}

async fn list(request: HttpRequest, state: web::Data<State>, query: web::Query<ListQuery>) -> HttpResponse {
    let to = query.into_inner().to.unwrap_or_default();
    match mails(&state, to.clone()).await {
        Some(mails) => page(&ListPage { mails, to }),
        None => nothing(&request),
    }
}

async fn list_json(request: HttpRequest, state: web::Data<State>, query: web::Query<ListQuery>) -> HttpResponse {
    let to = query.into_inner().to.unwrap_or_default();
    match mails(&state, to).await {
        Some(mails) => no_store(HttpResponse::Ok()).json(json!({ "mails": mails })),
        None => nothing(&request),
    }
}

async fn mail(
    request: HttpRequest,
    state: web::Data<State>,
    id: web::Path<String>,
    query: web::Query<MailQuery>,
) -> HttpResponse {
    match one(&state, id.into_inner()).await {
        Some(mail) => page(&MailPage { mail, view: query.view }),
        None => nothing(&request),
    }
}

async fn mail_json(request: HttpRequest, state: web::Data<State>, id: web::Path<String>) -> HttpResponse {
    match one(&state, id.into_inner()).await {
        Some(mail) => no_store(HttpResponse::Ok()).json(mail),
        None => nothing(&request),
    }
}

async fn mail_html(request: HttpRequest, state: web::Data<State>, id: web::Path<String>) -> HttpResponse {
    match one(&state, id.into_inner()).await {
        Some(mail) => no_store(HttpResponse::Ok())
            .content_type(ContentType::html())
            .insert_header((header::CONTENT_SECURITY_POLICY, MAIL_POLICY))
            .insert_header((header::X_FRAME_OPTIONS, "SAMEORIGIN"))
            .body(mail.html),
        None => nothing(&request),
    }
}

/// The mailbox of a development process; `None` elsewhere: in production the page does not exist.
fn mailbox(state: &State) -> Option<FileMail> {
    state.config.is_development().then(|| FileMail::new(FileMail::folder(&state.config.data_dir)))
}

async fn mails(state: &State, to: String) -> Option<Vec<StoredMail>> {
    let mailbox = mailbox(state)?;
    let to = Some(to.trim().to_owned()).filter(|to| !to.is_empty());
    web::block(move || mailbox.list(to.as_deref())).await.ok()?.ok()
}

async fn one(state: &State, id: String) -> Option<StoredMail> {
    let mailbox = mailbox(state)?;
    web::block(move || mailbox.read(&id)).await.ok()?.ok()?
}

fn page(page: &impl Template) -> HttpResponse {
    match page.render() {
        Ok(html) => no_store(HttpResponse::Ok())
            .content_type(ContentType::html())
            .insert_header((header::CONTENT_SECURITY_POLICY, PAGE_POLICY))
            .body(html),
        Err(error) => {
            tracing::error!(%error, "a page cannot be rendered");
            HttpResponse::InternalServerError().finish()
        }
    }
}

fn no_store(mut response: actix_web::HttpResponseBuilder) -> actix_web::HttpResponseBuilder {
    response.insert_header((header::CACHE_CONTROL, "no-store"));
    response
}

fn nothing(request: &HttpRequest) -> HttpResponse {
    reply::problem(request, actix_web::http::StatusCode::NOT_FOUND, "NOT_FOUND", "There is nothing at this address.")
}
