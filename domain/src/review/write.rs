//! Writing a review, and saying it in other words while nobody else has read it.

use chrono::TimeDelta;
use entity::id::{OrderLineId, ProductReviewId};
use entity::product_review::{self, Column, Entity};
use entity::status::{ReviewAction, StateMachine};
use entity::words::ReviewStatus;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect};
use serde_json::json;

use super::bought::{Reviewable, Writer, read};
use crate::access::throttle::{self, Key, Limit};
use crate::kernel::event::NewEvent;
use crate::kernel::{Ctx, Error, ErrorCode, Result, Tx, language, text, version};

/// Longest name that is shown, in characters.
const MAX_AUTHOR: usize = 60;
/// Longest title, in characters.
const MAX_TITLE: usize = 120;
/// Longest text, in characters.
const MAX_BODY: usize = 4_000;
/// Reviews of one person: nobody opens twenty parcels an hour.
const PERSON: Limit = Limit { free: 20, cap: 20, window: TimeDelta::hours(1), forgets: false };

/// A review to write.
#[derive(Debug, Clone)]
pub struct NewReview {
    /// What was bought.
    pub order_line_id: OrderLineId,
    /// Name that is shown, at most 60 characters; nobody's when empty.
    pub author: String,
    /// 1 to 5.
    pub rating: i32,
    /// One line, at most 120 characters.
    pub title: String,
    /// At most 4,000 characters.
    pub body: String,
    /// In which language (BCP 47).
    pub locale: String,
}

/// A review in other words.
#[derive(Debug, Clone)]
pub struct EditReview {
    /// What was bought.
    pub order_line_id: OrderLineId,
    /// Only if it still has this version.
    pub expected_version: Option<i32>,
    /// Name that is shown.
    pub author: String,
    /// 1 to 5.
    pub rating: i32,
    /// One line.
    pub title: String,
    /// In words.
    pub body: String,
}

struct Words {
    author: String,
    rating: i32,
    title: String,
    body: String,
}

/// Looks at all of it: what is wrong is told at once.
fn checked(author: &str, rating: i32, title: &str, body: &str) -> Result<Words> {
    let stars = (1..=5).contains(&rating).then_some(rating);
    let stars = stars.ok_or_else(|| Error::invalid(ErrorCode::Invalid, "input.rating"));
    let author = text::line("input.author", author, MAX_AUTHOR);
    let title = text::line("input.title", title, MAX_TITLE);
    let body = text::note("input.body", body, MAX_BODY);
    match (stars, author, title, body) {
        (Ok(rating), Ok(author), Ok(title), Ok(body)) => Ok(Words { author, rating, title, body }),
        (stars, author, title, body) => {
            let wrong = [stars.err(), title.err(), body.err(), author.err()];
            let mut wrong: Vec<Error> = wrong.into_iter().flatten().collect();
            Err(if wrong.len() == 1 { wrong.remove(0) } else { Error::Several(wrong) })
        }
    }
}

/// Writes a review of something bought; it waits for staff. Errors: `NOT_FOUND`, `UNAUTHENTICATED`, `NOT_REVIEWABLE`,
/// `ALREADY_REVIEWED`, `INVALID`, `INVALID_LOCALE`, `THROTTLED`, and those of texts.
pub async fn write(ctx: &Ctx, input: NewReview, by: Writer) -> Result<product_review::Model> {
    let words = checked(&input.author, input.rating, &input.title, &input.body)?;
    if !language::is_locale(&input.locale) {
        return Err(Error::invalid(ErrorCode::InvalidLocale, "input.locale"));
    }
    count(ctx).await?;
    let (input, words) = (&input, &words);
    ctx.write(|tx| async move {
        let bought = read((tx.ctx(), &tx), input.order_line_id, by).await?;
        if bought.refusal.is_some() {
            return Err(Error::invalid(ErrorCode::NotReviewable, "input.orderLineId"));
        }
        let row = fresh(&tx, bought, words, &input.locale);
        let inserted = Entity::insert(row.clone().into_active_model().reset_all())
            .on_conflict(OnConflict::column(Column::OrderLineId).do_nothing().to_owned())
            .exec_without_returning(&tx)
            .await?;
        if inserted == 0 {
            return Err(Error::invalid(ErrorCode::AlreadyReviewed, "input.orderLineId"));
        }
        tell(&tx, "review_written", &row);
        Ok(row)
    })
    .await
}

fn fresh(tx: &Tx, bought: Reviewable, words: &Words, locale: &str) -> product_review::Model {
    product_review::Model {
        id: ProductReviewId(tx.new_uuid()),
        product_id: bought.product_id,
        customer_id: bought.order.customer_id,
        order_line_id: Some(bought.line.id),
        channel_id: Some(bought.order.channel_id),
        author: words.author.clone(),
        rating: words.rating,
        title: words.title.clone(),
        body: words.body.clone(),
        locale: locale.to_owned(),
        status: ReviewStatus::Pending,
        is_verified: true,
        moderation_reason: None,
        moderated_by: None,
        moderated_at: None,
        reply: None,
        replied_by: None,
        replied_at: None,
        version: 1,
        created_at: tx.now(),
        updated_at: tx.now(),
    }
}

/// Counts a review of this person and of the network it comes from. Error: `THROTTLED`.
async fn count(ctx: &Ctx) -> Result<()> {
    let person = ctx.actor.customer_id().map(|_| Key::new(ctx, "review", &ctx.actor.key(), PERSON));
    let keys: Vec<Key> = person.into_iter().chain(Key::network(ctx, "review")).collect();
    if keys.is_empty() {
        return Ok(());
    }
    // Never taken back: what counts is how many come, not how many were wrong.
    let _counted = throttle::begin(ctx, keys).await?;
    Ok(())
}

/// Says it in other words until it is published; one that was rejected waits for staff again, without the shop's answer.
/// Errors: `NOT_FOUND`, `UNAUTHENTICATED`, `INVALID_TRANSITION` after it was published, `STALE_VERSION`, `INVALID`,
/// `THROTTLED`, and those of texts.
pub async fn edit(ctx: &Ctx, input: EditReview, by: Writer) -> Result<product_review::Model> {
    let words = checked(&input.author, input.rating, &input.title, &input.body)?;
    count(ctx).await?;
    let (input, words) = (&input, &words);
    ctx.write(|tx| async move {
        let (old, status) = lock_own(&tx, input.order_line_id, by, input.expected_version).await?;
        let row = product_review::Model {
            author: words.author.clone(),
            rating: words.rating,
            title: words.title.clone(),
            body: words.body.clone(),
            status,
            moderation_reason: None,
            moderated_by: None,
            moderated_at: None,
            // It answered other words.
            reply: None,
            replied_by: None,
            replied_at: None,
            version: old.version + 1,
            updated_at: tx.now(),
            ..old
        };
        row.clone().into_active_model().reset_all().update(&tx).await?;
        tell(&tx, "review_edited", &row);
        Ok(row)
    })
    .await
}

/// Takes a review back until it is published; the goods can be reviewed again. Errors: `NOT_FOUND`, `UNAUTHENTICATED`,
/// `INVALID_TRANSITION` after it was published, `STALE_VERSION`.
pub async fn withdraw(
    ctx: &Ctx,
    line: OrderLineId,
    expected_version: Option<i32>,
    by: Writer,
) -> Result<ProductReviewId> {
    ctx.write(|tx| async move {
        let (row, _) = lock_own(&tx, line, by, expected_version).await?;
        Entity::delete_by_id(row.id).exec(&tx).await?;
        tell(&tx, "review_withdrawn", &row);
        Ok(row.id)
    })
    .await
}

/// The review of a line of one's own, locked, and the state in which an edit leaves it.
async fn lock_own(
    tx: &Tx,
    line: OrderLineId,
    by: Writer,
    expected_version: Option<i32>,
) -> Result<(product_review::Model, ReviewStatus)> {
    let bought = read((tx.ctx(), tx), line, by).await?;
    let review = bought.review.ok_or(Error::not_found("review"))?;
    let locked = Entity::find_by_id(review.id).filter(Column::OrderLineId.eq(line)).lock_exclusive().one(tx).await?;
    let row = locked.ok_or(Error::not_found("review"))?;
    version::check(expected_version, row.version)?;
    let next = row.status.next(ReviewAction::Edit);
    let status = next.ok_or_else(|| Error::transition("review", row.status, ReviewAction::Edit))?;
    Ok((row, status))
}

pub(super) fn tell(tx: &Tx, kind: &'static str, row: &product_review::Model) {
    let event = NewEvent::new(kind, "product_review", row.id.uuid()).customer(row.customer_id);
    tx.event(event.payload(json!({
        "product_id": row.product_id, "order_line_id": row.order_line_id, "rating": row.rating, "status": row.status,
    })));
}
