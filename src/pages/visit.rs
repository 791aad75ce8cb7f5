//! One request for a page: who asks for which, and the answers that all pages give.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, ContentType, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use domain::kernel::language::Language;
use domain::messaging::page_links::{self, Opened, PageLink};
use domain::returns::access::{is_open, visit_token};
use domain::{Actor, Ctx, Error, ErrorCode};
use entity::id::OrderId;
use entity::returns;

use super::frame::{Brand, Frame};
use super::{form, no_leaks};
use crate::http::graphql::context;
use crate::http::{State, reply};

/// What a page came to: itself, or why there is none.
pub(super) type Outcome = Result<HttpResponse, Error>;

/// One request for a page.
pub(super) struct Visit<'a> {
    pub(super) request: &'a HttpRequest,
    pub(super) state: &'a State,
    /// Nobody so far, or the holder of an order's link.
    pub(super) ctx: Ctx,
}

#[derive(Template)]
#[template(path = "nothing.html")]
struct Nothing {
    frame: Frame,
    /// Where a form was that could not be taken; `None` when there is no such page.
    refused: Option<String>,
    /// How much a form may hold, when it held more.
    limit: Option<String>,
}

impl<'a> Visit<'a> {
    /// By nobody.
    pub(super) fn of(request: &'a HttpRequest, state: &'a State) -> Self {
        Self { request, state, ctx: context(request, state) }
    }

    /// What a link opens. Error: `NOT_FOUND`.
    pub(super) fn open(&self, page: PageLink, token: &str) -> Result<Opened, Error> {
        page_links::opened(&self.ctx, page, token)
    }

    /// Opens a link about an order; what follows is done as the holder of the order's secret does it.
    /// Error: `NOT_FOUND`.
    pub(super) fn open_order(&mut self, page: PageLink, token: &str) -> Result<(OrderId, Opened), Error> {
        let opened = self.open(page, token)?;
        let id = OrderId(opened.id);
        self.ctx = self.ctx.with_actor(Actor::Guest { cart_id: None, order_id: Some(id) });
        Ok((id, opened))
    }

    /// The language of the page: the one that was switched to, else of the locale.
    pub(super) fn language(&self, locale: &str) -> Language {
        self.switched_to().unwrap_or_else(|| Language::of(locale))
    }

    /// The language that was switched to.
    pub(super) fn switched_to(&self) -> Option<Language> {
        match self.asked() {
            Some("ja") => Some(Language::Ja),
            Some("en") => Some(Language::En),
            Some(_) | None => None,
        }
    }

    fn asked(&self) -> Option<&str> {
        self.request.query_string().split('&').find_map(|pair| pair.strip_prefix("lang="))
    }

    /// What the page shares with all others.
    pub(super) fn frame(&self, brand: Brand, locale: &str) -> Frame {
        let language = self.language(locale);
        let other = match language {
            Language::Ja => "?lang=en",
            Language::En => "?lang=ja",
        };
        let seal = form::seal(self);
        Frame { language, brand, other: other.to_owned(), seal, failure: None }
    }

    /// A link to another page about the same thing, that lives no longer than this one's, in the same language.
    pub(super) fn lead(&self, page: PageLink, id: uuid::Uuid, until: chrono::DateTime<chrono::Utc>) -> String {
        let token = page_links::token(&self.ctx.services.secrets, page, id, until);
        format!("/{}/{token}{}", page.path(), self.switched())
    }

    /// The link to the slip of a return, which lives by its own rule; `None` when that is over.
    pub(super) fn slip(&self, row: &returns::Model) -> Option<String> {
        let ctx = &self.ctx;
        is_open(ctx, row).then(|| format!("/r/{}/{}{}", row.id, visit_token(ctx, row.id), self.switched()))
    }

    /// The page of the order that somebody came from, as their browser says. The link in that address is the permission: who
    /// was handed the link of one page gets no other by it.
    pub(super) fn back_to(&self, id: OrderId) -> Option<String> {
        let from = self.request.headers().get(header::REFERER)?.to_str().ok()?;
        let (_, token) = from.split_once("/o/")?;
        let opened = self.open(PageLink::Order, token.split(['?', '#', '/']).next()?).ok()?;
        (opened.id == id.uuid()).then(|| self.lead(PageLink::Order, opened.id, opened.until))
    }

    /// The switched language to go on with.
    pub(super) fn switched(&self) -> &'static str {
        match self.asked() {
            Some("ja") => "?lang=ja",
            Some("en") => "?lang=en",
            Some(_) | None => "",
        }
    }

    /// A page.
    pub(super) fn show(&self, status: StatusCode, policy: &str, page: &impl Template) -> HttpResponse {
        match page.render() {
            Ok(html) => {
                let mut answer =
                    no_leaks(HttpResponse::build(status), policy).content_type(ContentType::html()).body(html);
                self.count(&mut answer);
                answer
            }
            Err(error) => {
                tracing::error!(%error, "a page cannot be rendered");
                self.broken()
            }
        }
    }

    /// A page with the frame's own policy; 422 when it tells that something went wrong.
    pub(super) fn framed(&self, frame: &Frame, page: &impl Template) -> HttpResponse {
        let status = if frame.failure.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
        self.show(status, &frame.brand.policy(), page)
    }

    /// A paper that was given out, whole as it is.
    pub(super) fn paper(&self, html: String, policy: &str) -> HttpResponse {
        let mut answer = no_leaks(HttpResponse::Ok(), policy).content_type(ContentType::html()).body(html);
        self.count(&mut answer);
        answer
    }

    /// In development the answer says what it cost the database, as the API's does.
    fn count(&self, answer: &mut HttpResponse) {
        if self.state.config.is_development() {
            let statements = HeaderValue::from(self.ctx.statements.get());
            answer.headers_mut().insert(HeaderName::from_static("x-sql-statements"), statements);
        }
    }

    /// After a form: the page afresh, so that loading it again sends nothing twice.
    pub(super) fn afresh(&self) -> HttpResponse {
        self.go(&format!("{}{}", self.request.path(), self.switched()))
    }

    /// After a form: another page of ours.
    pub(super) fn go(&self, to: &str) -> HttpResponse {
        no_leaks(HttpResponse::SeeOther(), super::OWN_FORMS).insert_header((header::LOCATION, to.to_owned())).finish()
    }

    /// The answer, or what the error is told as: 404 for what the link does not open, 500 for our own faults.
    pub(super) async fn settle(&self, outcome: Outcome) -> HttpResponse {
        match outcome {
            Ok(answer) => answer,
            Err(Error::NotFound { .. }) => self.nothing().await,
            Err(error) if error.code() == ErrorCode::InvalidCode => self.nothing().await,
            Err(error) if error.code() == ErrorCode::Busy => {
                reply::busy(self.request, "The server is too busy; try again.", 1)
            }
            Err(error) => {
                tracing::error!(request_id = %self.ctx.request_id, %error, "a page cannot be shown");
                self.broken()
            }
        }
    }

    /// There is nothing at this address, or not any more.
    pub(super) async fn nothing(&self) -> HttpResponse {
        self.without(StatusCode::NOT_FOUND, (None, None)).await
    }

    /// A form that does not come from our page, cannot be read, or is larger than `limit` bytes.
    pub(super) async fn refused(&self, status: StatusCode, limit: usize) -> HttpResponse {
        let again = format!("{}{}", self.request.path(), self.switched());
        let limit = (status == StatusCode::PAYLOAD_TOO_LARGE).then(|| size(limit));
        self.without(status, (Some(again), limit)).await
    }

    /// Nobody knows whose page it would have been: the first web shop says who people can turn to.
    async fn without(&self, status: StatusCode, (refused, limit): (Option<String>, Option<String>)) -> HttpResponse {
        let brand = Brand::in_name_of(&self.ctx, None).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "a page is told to be missing in nobody's name");
            Brand::nobody()
        });
        let frame = self.frame(brand, &self.ctx.locale);
        let policy = frame.brand.policy();
        self.show(status, &policy, &Nothing { frame, refused, limit })
    }

    fn broken(&self) -> HttpResponse {
        reply::problem(self.request, StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL", "Something went wrong on our side.")
    }
}

/// What a form asked for: our own faults stay errors, all else is told on the page, which looks itself whether there is
/// still something to show.
pub(super) fn told<T>(done: Result<T, Error>) -> Result<Result<T, Error>, Error> {
    match done {
        Err(error) if error.is_internal() || error.code() == ErrorCode::Busy => Err(error),
        other => Ok(other),
    }
}

/// A number of bytes as people read it.
fn size(bytes: usize) -> String {
    const KIB: usize = 1024;
    if bytes < KIB * KIB { format!("{} KB", bytes / KIB) } else { format!("{} MB", bytes / (KIB * KIB)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_told_in_round_numbers() {
        assert_eq!([64 * 1024, 1024 * 1024, 21 * 1024 * 1024].map(size), ["64 KB", "1 MB", "21 MB"]);
    }
}
