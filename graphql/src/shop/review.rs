//! Reviews: reading what others say, and saying it of what one bought.

use async_graphql::{Context, ID, InputObject, Object};
use domain::messaging::page_links::{self, PageLink};
use domain::review::{self, EditReview, NewReview, Reviewable as Bought, Writer, query};
use domain::{Ctx, Error, ErrorCode, Result};
use entity::id::{OrderLineId, ProductId};
use entity::words::ReviewRefusal;

use super::catalog::product_on_sale;
use crate::connection::{count, page_request};
use crate::context::ctx_of;
use crate::node::product::{Product, locale_of};
use crate::node::review::{Review, ReviewConnection};
use crate::payload;
use crate::scalar::{Locale, id, parse_id};
use crate::word::Word;

/// A review to write.
#[derive(Clone, Debug, InputObject)]
pub struct ReviewCreateInput {
    /// The secret of the mail's link; stands in for `orderLineId`.
    pub token: Option<String>,
    /// The line of an order of yours, or of the one of `X-Order-Token`.
    pub order_line_id: Option<ID>,
    /// 1 to 5.
    pub rating: i32,
    /// Name that is shown, at most 60 characters; nobody's when left out.
    #[graphql(default)]
    pub author: String,
    /// One line, at most 120 characters.
    #[graphql(default)]
    pub title: String,
    /// At most 4,000 characters; plain text.
    #[graphql(default)]
    pub body: String,
    /// In which language; the request's own when left out.
    pub locale: Option<Locale>,
}

/// A review in other words: all of it is replaced.
#[derive(Clone, Debug, InputObject)]
pub struct ReviewEditInput {
    /// The secret of the mail's link; stands in for `orderLineId`.
    pub token: Option<String>,
    /// The line of an order of yours, or of the one of `X-Order-Token`.
    pub order_line_id: Option<ID>,
    /// The version that you read; with another one nothing is changed.
    pub expected_version: Option<i32>,
    /// 1 to 5.
    pub rating: i32,
    /// Name that is shown, at most 60 characters.
    #[graphql(default)]
    pub author: String,
    /// One line, at most 120 characters.
    #[graphql(default)]
    pub title: String,
    /// At most 4,000 characters; plain text.
    #[graphql(default)]
    pub body: String,
}

/// A review to take back.
#[derive(Clone, Debug, InputObject)]
pub struct ReviewWithdrawInput {
    /// The secret of the mail's link; stands in for `orderLineId`.
    pub token: Option<String>,
    /// The line of an order of yours, or of the one of `X-Order-Token`.
    pub order_line_id: Option<ID>,
    /// The version that you read; with another one nothing is changed.
    pub expected_version: Option<i32>,
}

payload! {
    /// A review after a change.
    pub struct ReviewPayload {
        /// The review.
        review: Review,
    }
}

payload! {
    /// A review that was taken back.
    pub struct ReviewWithdrawPayload {
        /// Id of the review that is no more.
        review_id: ID,
    }
}

/// Something that was bought, and whether it can be reviewed.
#[derive(Clone, Debug)]
pub struct Reviewable(Bought);

/// Something that was bought, and whether it can be reviewed.
#[Object]
impl Reviewable {
    /// Id of the line of the order.
    async fn order_line_id(&self) -> ID {
        id(self.0.line.id)
    }

    /// Name of the product as it was bought.
    async fn title(&self) -> &str {
        &self.0.line.title
    }

    /// Name of the variant as it was bought.
    async fn variant_title(&self) -> &str {
        &self.0.line.variant_title
    }

    /// Id of the product.
    async fn product_id(&self) -> ID {
        id(self.0.product_id)
    }

    /// The product; null when it is not sold any more.
    async fn product(&self, ctx: &Context<'_>) -> Result<Option<Product>> {
        product_on_sale(ctx, self.0.product_id).await
    }

    /// Why it cannot be reviewed; null when it can, or was.
    async fn refusal(&self) -> Option<Word<ReviewRefusal>> {
        self.0.refusal.map(Word)
    }

    /// What you wrote, in whatever state; null while you did not.
    async fn review(&self) -> Option<Review> {
        self.0.review.clone().map(Review)
    }
}

/// Which line is meant, and how one proves that it is one's own. Errors: `REQUIRED`, `INVALID_ID`, `NOT_FOUND`.
fn proof(ctx: &Ctx, token: Option<&str>, line: Option<&ID>, path: &str) -> Result<(OrderLineId, Writer)> {
    match (token, line) {
        (Some(token), _) => Ok((OrderLineId(page_links::open(ctx, PageLink::Review, token)?), Writer::Link)),
        (None, Some(id)) => Ok((parse_id(id, path)?, Writer::SignedIn)),
        (None, None) => Err(Error::invalid(ErrorCode::Required, path)),
    }
}

/// Reviews.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReviewQuery;

/// Reviews.
#[Object]
impl ReviewQuery {
    /// The published reviews of a product, newest first.
    #[graphql(complexity = "first.unwrap_or(20).max(1) as usize * child_complexity")]
    async fn product_reviews(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The product.")] product_id: ID,
        #[graphql(desc = "Only those with so many stars, 1 to 5.")] rating: Option<i32>,
        #[graphql(desc = "How many; 20 when nothing is said, at most 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
    ) -> Result<ReviewConnection> {
        let product: ProductId = parse_id(&product_id, "productId")?;
        let db = ctx_of(ctx).db();
        let page = query::published(&db, product, rating, &page_request(first, after, None, None)?).await?;
        let all = count((db, product, rating), |(db, product, rating)| async move {
            query::count_published(&db, product, rating).await
        });
        Ok(ReviewConnection::new(page.map(Review), all))
    }

    /// Something you bought, and whether you can review it; null when it is not yours or the link is wrong.
    async fn reviewable(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The secret of the mail's link; stands in for `orderLineId`.")] token: Option<String>,
        #[graphql(desc = "The line of an order of yours, or of the one of `X-Order-Token`.")] order_line_id: Option<ID>,
    ) -> Result<Option<Reviewable>> {
        match bought(ctx_of(ctx), token.as_deref(), order_line_id.as_ref()).await {
            Ok(found) => Ok(Some(Reviewable(found))),
            Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

async fn bought(ctx: &Ctx, token: Option<&str>, line: Option<&ID>) -> Result<Bought> {
    let (line, by) = proof(ctx, token, line, "orderLineId")?;
    review::product_of_line(ctx, line, by).await
}

/// Writing reviews.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReviewMutation;

/// Writing reviews.
#[Object]
impl ReviewMutation {
    /// Reviews something you bought, once it is there; it is shown when staff have read it.
    async fn review_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What you bought, and what you say.")] input: ReviewCreateInput,
    ) -> Result<ReviewPayload> {
        ReviewPayload::of(ctx, create(ctx, input).await)
    }

    /// Says it in other words, until it is published.
    async fn review_edit(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one, and what you say.")] input: ReviewEditInput,
    ) -> Result<ReviewPayload> {
        ReviewPayload::of(ctx, edit(ctx_of(ctx), input).await)
    }

    /// Takes a review back, until it is published.
    async fn review_withdraw(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: ReviewWithdrawInput,
    ) -> Result<ReviewWithdrawPayload> {
        ReviewWithdrawPayload::of(ctx, withdraw(ctx_of(ctx), input).await.map(id))
    }
}

const LINE: &str = "input.orderLineId";

async fn create(ctx: &Context<'_>, input: ReviewCreateInput) -> Result<entity::product_review::Model> {
    let (order_line_id, by) = proof(ctx_of(ctx), input.token.as_deref(), input.order_line_id.as_ref(), LINE)?;
    let review = NewReview {
        order_line_id,
        author: input.author,
        rating: input.rating,
        title: input.title,
        body: input.body,
        locale: locale_of(ctx, input.locale),
    };
    review::write(ctx_of(ctx), review, by).await
}

async fn edit(ctx: &Ctx, input: ReviewEditInput) -> Result<entity::product_review::Model> {
    let (order_line_id, by) = proof(ctx, input.token.as_deref(), input.order_line_id.as_ref(), LINE)?;
    let edit = EditReview {
        order_line_id,
        expected_version: input.expected_version,
        author: input.author,
        rating: input.rating,
        title: input.title,
        body: input.body,
    };
    review::edit(ctx, edit, by).await
}

async fn withdraw(ctx: &Ctx, input: ReviewWithdrawInput) -> Result<entity::id::ProductReviewId> {
    let (line, by) = proof(ctx, input.token.as_deref(), input.order_line_id.as_ref(), LINE)?;
    review::withdraw(ctx, line, input.expected_version, by).await
}
