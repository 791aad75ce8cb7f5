//! Reviews of products.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use async_graphql::{Context, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::review::query::{self, Rating};
use domain::{Error, Permission, Result};
use entity::id::ProductId;
use entity::product_review;
use entity::status::{ReviewAction, StateMachine};
use entity::words::ReviewStatus;

use crate::context::ctx_of;
use crate::loader::Rows;
use crate::scalar::{Decimal, Locale, id};
use crate::word::{Word, words};

/// What a customer says of a product.
#[derive(Clone, Debug)]
pub struct Review(pub product_review::Model);

impl From<product_review::Model> for Review {
    fn from(row: product_review::Model) -> Self {
        Self(row)
    }
}

crate::connection!(ReviewConnection, ReviewEdge, Review, "reviews");

fn moderates(ctx: &Context<'_>) -> bool {
    ctx_of(ctx).require(Permission::ReviewsModerate).is_ok()
}

/// What a customer says of a product they bought. All texts are plain: show them as such.
#[Object]
impl Review {
    /// Id.
    async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// Id of the product.
    async fn product_id(&self) -> ID {
        id(self.0.product_id)
    }

    /// Name that is shown; empty for one who gave none.
    async fn author(&self) -> &str {
        &self.0.author
    }

    /// 1 to 5.
    async fn rating(&self) -> i32 {
        self.0.rating
    }

    /// One line; may be empty.
    async fn title(&self) -> &str {
        &self.0.title
    }

    /// In words; may be empty.
    async fn body(&self) -> &str {
        &self.0.body
    }

    /// Its language.
    async fn locale(&self) -> Locale {
        Locale(self.0.locale.clone())
    }

    /// Whether the product was bought here.
    async fn is_verified(&self) -> bool {
        self.0.is_verified
    }

    /// Lifecycle; everybody sees published ones only.
    async fn status(&self) -> Word<ReviewStatus> {
        Word(self.0.status)
    }

    /// What may be done to it now.
    async fn supported_actions(&self) -> Vec<Word<ReviewAction>> {
        words(self.0.status.supported_actions())
    }

    /// Why it was rejected; its author and staff read it.
    async fn moderation_reason(&self) -> Option<&str> {
        self.0.moderation_reason.as_deref()
    }

    /// When staff decided about it; null while it waits.
    async fn moderated_at(&self) -> Option<DateTime<Utc>> {
        self.0.moderated_at
    }

    /// Answer of the shop.
    async fn reply(&self) -> Option<&str> {
        self.0.reply.as_deref()
    }

    /// When the shop answered.
    async fn replied_at(&self) -> Option<DateTime<Utc>> {
        self.0.replied_at
    }

    /// Id of the customer, for staff who moderate; null for others, of guests, and of those who were erased.
    async fn customer_id(&self, ctx: &Context<'_>) -> Option<ID> {
        self.0.customer_id.filter(|_| moderates(ctx)).map(id)
    }

    /// Id of the line of the order that proves the purchase, for staff who moderate; null for others.
    async fn order_line_id(&self, ctx: &Context<'_>) -> Option<ID> {
        self.0.order_line_id.filter(|_| moderates(ctx)).map(id)
    }

    /// Grows with each change; see `expectedVersion`.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// When it was written.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }
}

/// How many reviews give so many stars.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub struct ProductRatingStars {
    /// 1 to 5.
    pub rating: i32,
    /// How many.
    pub count: i64,
}

/// What the published reviews of a product say together.
#[derive(Clone, Debug, SimpleObject)]
pub struct ProductRating {
    /// How many there are.
    pub count: i64,
    /// Their mean, two decimals; null without any.
    pub mean: Option<Decimal>,
    /// How many by stars, five first.
    pub distribution: Vec<ProductRatingStars>,
}

impl From<Rating> for ProductRating {
    fn from(rating: Rating) -> Self {
        let stars = |(count, rating): (&i64, i32)| ProductRatingStars { rating, count: *count };
        let mut distribution: Vec<_> = rating.by_stars.iter().zip(1..).map(stars).collect();
        distribution.reverse();
        Self { count: rating.count(), mean: rating.mean().map(Decimal), distribution }
    }
}

/// The rating of a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RatingOf(pub ProductId);

/// The newest reviews of a product, at most so many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NewestOf(pub ProductId, pub i32);

impl Loader<RatingOf> for Rows {
    type Value = Rating;
    type Error = Error;

    async fn load(&self, keys: &[RatingOf]) -> Result<HashMap<RatingOf, Rating>> {
        let ids: Vec<ProductId> = keys.iter().map(|key| key.0).collect();
        let found = query::ratings_of(&self.ctx.db(), &ids).await?;
        Ok(found.into_iter().map(|(product, rating)| (RatingOf(product), rating)).collect())
    }
}

impl Loader<NewestOf> for Rows {
    type Value = Vec<Review>;
    type Error = Error;

    async fn load(&self, keys: &[NewestOf]) -> Result<HashMap<NewestOf, Vec<Review>>> {
        let ids: Vec<ProductId> = keys.iter().map(|key| key.0).collect();
        let most = keys.iter().map(|key| key.1).max().unwrap_or(0);
        let found = query::newest_of(&self.ctx.db(), &ids, i64::from(most)).await?;
        let of = |key: &NewestOf| {
            let rows = found.get(&key.0).map(Vec::as_slice).unwrap_or_default();
            let wanted = usize::try_from(key.1).unwrap_or(0);
            (*key, rows.iter().take(wanted).cloned().map(Review).collect())
        };
        Ok(keys.iter().map(of).collect())
    }
}
