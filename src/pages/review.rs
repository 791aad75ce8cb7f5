//! `/review/{token}`: what somebody thinks of something they bought; it is shown when staff have looked at it, and can be
//! said in other words until then.

use actix_web::web::{self, Payload, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use domain::channel;
use domain::messaging::page_links::PageLink;
use domain::review::{self, EditReview, NewReview, Writer};
use domain::{Ctx, Error, ErrorCode};
use entity::id::OrderLineId;
use entity::product_review;
use entity::status::{ReviewAction, StateMachine as _};
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
    /// Which words of it are shown.
    version: Option<i32>,
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
    author: String,
    /// Why it is not shown.
    reason: Option<String>,
    reply: Option<String>,
}

impl Written {
    fn of(row: product_review::Model) -> Self {
        Self {
            status: row.status,
            rating: row.rating,
            title: row.title,
            body: row.body,
            author: row.author,
            reason: row.moderation_reason,
            reply: row.reply,
        }
    }

    fn is_rejected(&self) -> bool {
        self.status == ReviewStatus::Rejected
    }

    /// Whether it can still be said in other words.
    fn can_change(&self) -> bool {
        self.status.next(ReviewAction::Edit).is_some()
    }
}

/// What a form that was refused said, or what was written before.
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
        return match fields.get("version").parse() {
            Ok(version) => change(visit, token, fields, (id, version)).await,
            // Sent twice: what was written stands, and is shown.
            Err(_) => Ok(visit.afresh()),
        };
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

/// Says it in other words as it was shown. The same page sent twice says it once.
async fn change(visit: &Visit<'_>, token: &str, fields: &Fields, (id, version): (OrderLineId, i32)) -> Outcome {
    let done = match fields.get("rating").parse() {
        Ok(rating) => {
            let input = EditReview {
                order_line_id: id,
                expected_version: Some(version),
                author: fields.get("author").to_owned(),
                rating,
                title: fields.get("title").to_owned(),
                body: fields.get("body").to_owned(),
            };
            review::edit(&visit.ctx, input, Writer::Link).await.map(|_| ())
        }
        Err(_) => Err(Error::not_chosen("input.rating")),
    };
    match told(done)? {
        Ok(()) => Ok(visit.afresh()),
        Err(error) if error.code() == ErrorCode::StaleVersion && stands(visit, id, fields).await? => Ok(visit.afresh()),
        Err(error) => page(visit, token, Some(fields), Some(error)).await,
    }
}

/// Whether what a form says is what stands already.
async fn stands(visit: &Visit<'_>, id: OrderLineId, fields: &Fields) -> Result<bool, Error> {
    let found = review::product_of_line(&visit.ctx, id, Writer::Link).await?.review;
    let said = |name: &str| fields.get(name).replace("\r\n", "\n").trim().to_owned();
    Ok(found.is_some_and(|row| {
        row.rating.to_string() == said("rating")
            && [row.title, row.body, row.author] == [said("title"), said("body"), said("author")]
    }))
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
    let mut frame = visit.frame(brand, &bought.order.locale).failed(error.as_ref());
    name_fields(&mut frame);
    let version = bought.review.as_ref().map(|row| row.version);
    let written = bought.review.map(Written::of);
    let said = |name: &str, before: fn(&Written) -> &String| match (fields, &written) {
        (Some(fields), _) => fields.get(name).to_owned(),
        (None, Some(written)) => before(written).clone(),
        (None, None) => String::new(),
    };
    let linked = visit.request.query_string().split('&').find_map(|pair| pair.strip_prefix("rating="));
    let chosen = match (fields, &written) {
        (Some(fields), _) => fields.get("rating").to_owned(),
        (None, Some(written)) => written.rating.to_string(),
        (None, None) => linked.unwrap_or_default().to_owned(),
    };
    let stars = (1..=5).map(|stars: i32| (stars, chosen == stars.to_string())).collect();
    let said = Said {
        title: said("title", |written| &written.title),
        body: said("body", |written| &written.body),
        author: said("author", |written| &written.author),
    };
    let line = &bought.line;
    let plain = line.variant_title.is_empty() || line.variant_title == line.title;
    let page = Page {
        goods: if plain { line.title.clone() } else { format!("{} {}", line.title, line.variant_title) },
        refusal: bought.refusal,
        written,
        version,
        stars,
        said,
        frame,
    };
    Ok(visit.framed(&page.frame, &page))
}

/// Says of each thing that is wrong with which field: several may be, in the same words.
fn name_fields(frame: &mut Frame) {
    let names = [
        ("rating", frame.say("評価：", "Rating: ")),
        ("title", frame.say("タイトル：", "Title: ")),
        ("body", frame.say("感想：", "In your words: ")),
        ("author", frame.say("お名前：", "Name: ")),
    ];
    let Some(failure) = &mut frame.failure else { return };
    for (message, path) in failure.messages.iter_mut().zip(&failure.paths) {
        if let Some((_, name)) = names.iter().find(|(field, _)| path.ends_with(field)) {
            message.insert_str(0, name);
        }
    }
}
