//! `/review/{token}`: what somebody thinks of something they bought; it is shown when staff have looked at it.

use actix_web::web::{self, Payload, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use domain::channel;
use domain::messaging::page_links::PageLink;
use domain::review::{self, NewReview, Writer};
use domain::{Ctx, Error, ErrorCode};
use entity::id::OrderLineId;
use entity::words::{ReviewRefusal, ReviewStatus};

use super::form::{self, Fields};
use super::frame::{Brand, Frame};
use super::visit::{Outcome, Visit, told};
use crate::http::{State, protected, wrong_method};

#[derive(Template)]
#[template(path = "review/page.html")]
struct Page {
    frame: Frame,
    goods: String,
    refusal: Option<ReviewRefusal>,
    written: Option<Written>,
    /// Stars, whether they are chosen.
    stars: Vec<(i32, bool)>,
    said: Said,
}

/// What was written before.
struct Written {
    status: ReviewStatus,
    rating: i32,
    title: String,
    body: String,
    /// Why it is not shown.
    reason: Option<String>,
    reply: Option<String>,
}

/// What a form that was refused said.
#[derive(Default)]
struct Said {
    title: String,
    body: String,
    author: String,
}

/// The routes.
pub(crate) fn routes(config: &mut ServiceConfig) {
    let page = protected("/review/{token}")
        .route(web::get().to(show))
        .route(web::head().to(show))
        .route(web::post().to(send))
        .default_service(web::to(wrong_method));
    config.service(page);
}

async fn show(request: HttpRequest, state: web::Data<State>, token: web::Path<String>) -> HttpResponse {
    let visit = Visit::of(&request, &state);
    let outcome = page(&visit, &token, None, None).await;
    visit.settle(outcome).await
}

async fn send(request: HttpRequest, state: web::Data<State>, token: web::Path<String>, body: Payload) -> HttpResponse {
    form::answer(&request, &state, body, async |visit, fields| act(visit, &token, fields).await).await
}

async fn act(visit: &Visit<'_>, token: &str, fields: &Fields) -> Outcome {
    let id = OrderLineId(visit.open(PageLink::Review, token)?.id);
    let bought = review::product_of_line(&visit.ctx, id, Writer::Link).await?;
    if bought.review.is_some() {
        // Sent twice: what was written stands, and is shown.
        return Ok(visit.afresh());
    }
    let done = match fields.get("rating").parse() {
        Ok(rating) => write(&visit.ctx, id, rating, visit.language(&bought.order.locale).tag(), fields).await,
        Err(_) => Err(Error::not_chosen("input.rating")),
    };
    match told(done)? {
        Ok(()) => Ok(visit.afresh()),
        // Of two at once one stands.
        Err(error) if error.code() == ErrorCode::AlreadyReviewed => Ok(visit.afresh()),
        Err(error) => page(visit, token, Some(fields), Some(error)).await,
    }
}

/// The one call into the rules that writes.
async fn write(ctx: &Ctx, id: OrderLineId, rating: i32, locale: &str, fields: &Fields) -> Result<(), Error> {
    let input = NewReview {
        order_line_id: id,
        author: fields.get("author").to_owned(),
        rating,
        title: fields.get("title").to_owned(),
        body: fields.get("body").to_owned(),
        locale: locale.to_owned(),
    };
    review::write(ctx, input, Writer::Link).await.map(|_| ())
}

async fn page(visit: &Visit<'_>, token: &str, fields: Option<&Fields>, error: Option<Error>) -> Outcome {
    let id = OrderLineId(visit.open(PageLink::Review, token)?.id);
    let bought = review::product_of_line(&visit.ctx, id, Writer::Link).await?;
    let channel = channel::query::get(&visit.ctx.db(), bought.order.channel_id).await?;
    let brand = Brand::of(&visit.ctx, &channel).await?;
    let frame = visit.frame(brand, &bought.order.locale).failed(error.as_ref());
    let said = |name: &str| fields.map(|fields| fields.get(name).to_owned()).unwrap_or_default();
    let rating = said("rating");
    let linked = visit.request.query_string().split('&').find_map(|pair| pair.strip_prefix("rating="));
    let chosen = if fields.is_some() { rating.as_str() } else { linked.unwrap_or_default() };
    let stars = (1..=5).map(|stars: i32| (stars, chosen == stars.to_string())).collect();
    let line = &bought.line;
    let plain = line.variant_title.is_empty() || line.variant_title == line.title;
    let page = Page {
        goods: if plain { line.title.clone() } else { format!("{} {}", line.title, line.variant_title) },
        refusal: bought.refusal,
        written: bought.review.map(|row| Written {
            status: row.status,
            rating: row.rating,
            title: row.title,
            body: row.body,
            reason: row.moderation_reason,
            reply: row.reply,
        }),
        stars,
        said: Said { title: said("title"), body: said("body"), author: said("author") },
        frame,
    };
    Ok(visit.framed(&page.frame, &page))
}
