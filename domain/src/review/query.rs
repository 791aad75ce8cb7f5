//! Reads of reviews: the staff's queue, and what everybody sees.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use entity::id::{ChannelId, CustomerId, LocationId, ProductId, ProductReviewId};
use entity::product_review::{self, Column, Entity};
use entity::words::ReviewStatus;
use entity::{order, order_line};
use rust_decimal::Decimal;
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait, Select,
};

use crate::kernel::paging::{Cursor, Page, PageRequest, newest_first};
use crate::kernel::{Ctx, Permission, Result, Scope};

/// Which reviews of the queue are wanted; empty fields ask for nothing.
#[derive(Clone, Debug, Default)]
pub struct ReviewFilter {
    /// In these states.
    pub statuses: Vec<ReviewStatus>,
    /// Of this product.
    pub product_id: Option<ProductId>,
    /// By this customer.
    pub customer_id: Option<CustomerId>,
    /// Of goods from these channels.
    pub channel_ids: Vec<ChannelId>,
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

/// What the published reviews of a product say together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rating {
    /// How many reviews by stars: one star first.
    pub by_stars: [i64; 5],
}

impl Rating {
    /// How many reviews.
    #[must_use]
    pub fn count(&self) -> i64 {
        self.by_stars.iter().sum()
    }

    /// Their mean, two decimals. `None` without any.
    #[must_use]
    pub fn mean(&self) -> Option<Decimal> {
        let sum: i64 = self.by_stars.iter().zip(1..).map(|(count, stars)| count * stars).sum();
        Decimal::from(sum).checked_div(Decimal::from(self.count())).map(|mean| mean.round_dp(2).normalize())
    }
}

/// Reviews within a scope: of goods from its channels, that were bought at its places. What was bought at none, such as
/// on the web, is nobody's who is limited to places.
pub(super) fn within(scope: &Scope) -> Condition {
    scope.rows(|ids| Column::ChannelId.is_in(ids), |ids| Column::OrderLineId.in_subquery(bought_at(ids)))
}

/// The lines of all orders of some places.
fn bought_at(locations: BTreeSet<LocationId>) -> SelectStatement {
    let orders = Query::select()
        .column(order::Column::Id)
        .from(order::Entity)
        .and_where(order::Column::LocationId.is_in(locations))
        .to_owned();
    Query::select()
        .column(order_line::Column::Id)
        .from(order_line::Entity)
        .and_where(order_line::Column::OrderId.in_subquery(orders))
        .to_owned()
}

fn filtered(scope: &Scope, filter: &ReviewFilter) -> Select<Entity> {
    let mut all = within(scope)
        .add_option(filter.product_id.map(|id| Column::ProductId.eq(id)))
        .add_option(filter.customer_id.map(|id| Column::CustomerId.eq(id)))
        .add_option(filter.min_rating.map(|rating| Column::Rating.gte(rating)))
        .add_option(filter.max_rating.map(|rating| Column::Rating.lte(rating)))
        .add_option(filter.replied.map(|is| if is { Column::Reply.is_not_null() } else { Column::Reply.is_null() }))
        .add_option(filter.created_from.map(|at| Column::CreatedAt.gte(at)))
        .add_option(filter.created_before.map(|at| Column::CreatedAt.lt(at)));
    if !filter.statuses.is_empty() {
        all = all.add(Column::Status.is_in(filter.statuses.iter().copied()));
    }
    if !filter.channel_ids.is_empty() {
        all = all.add(Column::ChannelId.is_in(filter.channel_ids.iter().copied()));
    }
    Entity::find().filter(all)
}

/// The queue of staff, newest first. Errors: `UNAUTHENTICATED`, `FORBIDDEN`.
pub async fn page(ctx: &Ctx, filter: &ReviewFilter, request: &PageRequest) -> Result<Page<product_review::Model>> {
    let scope = ctx.require(Permission::ReviewsModerate)?;
    let rows = newest_first(filtered(&scope, filter), Column::Id, request).all(&ctx.db()).await?;
    Ok(Page::from_rows(request, rows, |row| Cursor::of(row.id.uuid())))
}

/// How many [`page`] has in all.
pub async fn count(ctx: &Ctx, filter: &ReviewFilter) -> Result<u64> {
    let scope = ctx.require(Permission::ReviewsModerate)?;
    Ok(filtered(&scope, filter).count(&ctx.db()).await?)
}

/// A review for staff; `None` when there is none within reach. Errors: `UNAUTHENTICATED`, `FORBIDDEN`.
pub async fn find(ctx: &Ctx, id: ProductReviewId) -> Result<Option<product_review::Model>> {
    let scope = ctx.require(Permission::ReviewsModerate)?;
    Ok(Entity::find_by_id(id).filter(within(&scope)).one(&ctx.db()).await?)
}

fn shown(product_id: ProductId, rating: Option<i32>) -> Select<Entity> {
    let stars = rating.map(|rating| Column::Rating.eq(rating));
    Entity::find()
        .filter(Column::ProductId.eq(product_id))
        .filter(Column::Status.eq(ReviewStatus::Published))
        .filter(Condition::all().add_option(stars))
}

/// Published reviews of a product, newest first, maybe only those of so many stars; everybody may read them.
pub async fn published(
    db: &impl ConnectionTrait,
    product_id: ProductId,
    rating: Option<i32>,
    request: &PageRequest,
) -> Result<Page<product_review::Model>> {
    let rows = newest_first(shown(product_id, rating), Column::Id, request).all(db).await?;
    Ok(Page::from_rows(request, rows, |row| Cursor::of(row.id.uuid())))
}

/// How many [`published`] has in all.
pub async fn count_published(db: &impl ConnectionTrait, product_id: ProductId, rating: Option<i32>) -> Result<u64> {
    Ok(shown(product_id, rating).count(db).await?)
}

/// The newest published reviews of products, at most `first` of each, newest first. One statement.
pub async fn newest_of(
    db: &impl ConnectionTrait,
    products: &[ProductId],
    first: i64,
) -> Result<HashMap<ProductId, Vec<product_review::Model>>> {
    const PLACE: &str = "ROW_NUMBER() OVER (PARTITION BY product_review.product_id ORDER BY product_review.id DESC)";
    let ranked = Entity::find()
        .select_only()
        .column(Column::Id)
        .expr_as(Expr::cust(PLACE), "place")
        .filter(Column::Status.eq(ReviewStatus::Published))
        .filter(Column::ProductId.is_in(products.iter().copied()))
        .into_query();
    let newest = Query::select()
        .expr(Expr::cust("ranked.id"))
        .from_subquery(ranked, "ranked")
        .and_where(Expr::cust("ranked.place").lte(first))
        .to_owned();
    let rows = Entity::find().filter(Column::Id.in_subquery(newest)).order_by_desc(Column::Id).all(db).await?;
    let mut by_product: HashMap<ProductId, Vec<product_review::Model>> = HashMap::new();
    for row in rows {
        by_product.entry(row.product_id).or_default().push(row);
    }
    Ok(by_product)
}

/// What the published reviews of products say together. One statement; products without any are left out.
pub async fn ratings_of(db: &impl ConnectionTrait, products: &[ProductId]) -> Result<HashMap<ProductId, Rating>> {
    let rows: Vec<(ProductId, i32, i64)> = Entity::find()
        .select_only()
        .column(Column::ProductId)
        .column(Column::Rating)
        .expr_as(Expr::cust("COUNT(*)"), "reviews")
        .filter(Column::Status.eq(ReviewStatus::Published))
        .filter(Column::ProductId.is_in(products.iter().copied()))
        .group_by(Column::ProductId)
        .group_by(Column::Rating)
        .into_tuple()
        .all(db)
        .await?;
    let mut ratings: HashMap<ProductId, Rating> = HashMap::new();
    for (product, stars, count) in rows {
        let place = usize::try_from(stars - 1).ok();
        let rating = ratings.entry(product).or_default();
        if let Some(slot) = place.and_then(|place| rating.by_stars.get_mut(place)) {
            *slot = count;
        }
    }
    Ok(ratings)
}
