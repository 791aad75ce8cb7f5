//! The queue of reviews: reading, publishing, rejecting, answering them.

use async_graphql::{Context, ID, InputObject, Object};
use chrono::{DateTime, Utc};
use domain::Result;
use domain::review::moderate::{self, Moderate};
use domain::review::query::{self, ReviewFilter};
use entity::words::ReviewStatus;

use crate::connection::{count, page_request};
use crate::context::ctx_of;
use crate::node::review::{Review, ReviewConnection};
use crate::payload;
use crate::scalar::{parse_id, parse_ids, parse_optional_id};
use crate::word::Word;

/// Which reviews are wanted; what is left out asks for nothing.
#[derive(Clone, Debug, Default, InputObject)]
pub struct ReviewFilterInput {
    /// In these states.
    #[graphql(default)]
    pub statuses: Vec<Word<ReviewStatus>>,
    /// Of this product.
    pub product_id: Option<ID>,
    /// By this customer.
    pub customer_id: Option<ID>,
    /// Of goods from these channels.
    #[graphql(default)]
    pub channel_ids: Vec<ID>,
    /// With this rating or more.
    pub min_rating: Option<i32>,
    /// With this rating or less.
    pub max_rating: Option<i32>,
    /// With an answer of the shop, or without.
    pub replied: Option<bool>,
    /// Written at or after.
    pub created_from: Option<DateTime<Utc>>,
    /// Written before.
    pub created_before: Option<DateTime<Utc>>,
}

impl ReviewFilterInput {
    fn read(self) -> Result<ReviewFilter> {
        Ok(ReviewFilter {
            statuses: self.statuses.into_iter().map(|word| word.0).collect(),
            product_id: parse_optional_id(self.product_id.as_ref(), "filter.productId")?,
            customer_id: parse_optional_id(self.customer_id.as_ref(), "filter.customerId")?,
            channel_ids: parse_ids(&self.channel_ids, "filter.channelIds")?,
            min_rating: self.min_rating,
            max_rating: self.max_rating,
            replied: self.replied,
            created_from: self.created_from,
            created_before: self.created_before,
        })
    }
}

/// What becomes of a review.
#[derive(Clone, Debug, InputObject)]
pub struct ReviewModerateInput {
    /// Which one.
    pub review_id: ID,
    /// The version that you read; with another one nothing is changed.
    pub expected_version: Option<i32>,
    /// Everybody sees it; else nobody.
    pub publish: bool,
    /// Why it is rejected, at most 500 characters; its author reads it.
    pub reason: Option<String>,
}

/// An answer of the shop.
#[derive(Clone, Debug, InputObject)]
pub struct ReviewReplyInput {
    /// Which review.
    pub review_id: ID,
    /// The version that you read; with another one nothing is changed.
    pub expected_version: Option<i32>,
    /// The answer, at most 2,000 characters; an empty one takes it back.
    pub reply: String,
}

payload! {
    /// A review after a change.
    pub struct ReviewPayload {
        /// The review.
        review: Review,
    }
}

/// What customers say of products.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReviewQuery;

/// What customers say of products.
#[Object]
impl ReviewQuery {
    /// Reviews in any state, newest first.
    #[graphql(complexity = "first.or(last).unwrap_or(20).max(1) as usize * child_complexity")]
    async fn reviews(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.", default)] filter: ReviewFilterInput,
        #[graphql(desc = "How many from the start; 20 when nothing is said, at most 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Result<ReviewConnection> {
        let filter = filter.read()?;
        let page = query::page(ctx_of(ctx), &filter, &page_request(first, after, last, before)?).await?;
        let state = (ctx_of(ctx).clone(), filter);
        let all = count(state, |(ctx, filter)| async move { query::count(&ctx, &filter).await });
        Ok(ReviewConnection::new(page.map(Review), all))
    }

    /// A review; null when there is none within your reach.
    async fn review(&self, ctx: &Context<'_>, #[graphql(desc = "The review.")] id: ID) -> Result<Option<Review>> {
        Ok(query::find(ctx_of(ctx), parse_id(&id, "id")?).await?.map(Review))
    }
}

/// What staff do with reviews.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReviewMutation;

/// What staff do with reviews.
#[Object]
impl ReviewMutation {
    /// Publishes or rejects a review.
    async fn review_moderate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one, and what becomes of it.")] input: ReviewModerateInput,
    ) -> Result<ReviewPayload> {
        let ReviewModerateInput { review_id, expected_version, publish, reason } = input;
        let done = match parse_id(&review_id, "input.reviewId") {
            Ok(review_id) => {
                moderate::moderate(ctx_of(ctx), Moderate { review_id, expected_version, publish, reason }).await
            }
            Err(error) => Err(error),
        };
        ReviewPayload::of(ctx, done)
    }

    /// Answers a review in the shop's name, or takes the answer back.
    async fn review_reply(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one, and what to say.")] input: ReviewReplyInput,
    ) -> Result<ReviewPayload> {
        let done = match parse_id(&input.review_id, "input.reviewId") {
            Ok(id) => moderate::reply(ctx_of(ctx), id, input.expected_version, &input.reply).await,
            Err(error) => Err(error),
        };
        ReviewPayload::of(ctx, done)
    }
}
