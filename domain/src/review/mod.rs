//! TEMPORARY: stands in for the owner's version, so that the pages compile.

use entity::id::{OrderLineId, ProductId, ProductReviewId};
use entity::words::{ReviewRefusal, ReviewStatus};
use entity::{order, order_line, product_review, variant};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};

use crate::kernel::{Ctx, Error, ErrorCode, Result};

/// How somebody proves that they bought it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writer {
    /// By a link.
    Link,
    /// By being the customer.
    SignedIn,
}

/// A line that can be reviewed.
#[derive(Debug, Clone)]
pub struct Reviewable {
    /// The line.
    pub line: order_line::Model,
    /// Its order.
    pub order: order::Model,
    /// The product.
    pub product_id: ProductId,
    /// Why it cannot be.
    pub refusal: Option<ReviewRefusal>,
    /// What was written already.
    pub review: Option<product_review::Model>,
}

/// A review to write.
#[derive(Debug, Clone)]
pub struct NewReview {
    /// What was bought.
    pub order_line_id: OrderLineId,
    /// Name that is shown.
    pub author: String,
    /// 1 to 5.
    pub rating: i32,
    /// One line.
    pub title: String,
    /// In words.
    pub body: String,
    /// In which language.
    pub locale: String,
}

/// What a line is. Error: `NOT_FOUND`.
pub async fn product_of_line(ctx: &Ctx, id: OrderLineId, _by: Writer) -> Result<Reviewable> {
    let db = ctx.db();
    let found = order_line::Entity::find_by_id(id).find_also_related(order::Entity).one(&db).await?;
    let found = found.and_then(|(line, order)| Some((line, order?)));
    let (line, order) = found.ok_or(Error::not_found("orderLine"))?;
    let variant = variant::Entity::find_by_id(line.variant_id).one(&db).await?.ok_or(Error::not_found("variant"))?;
    let review = product_review::Entity::find().filter(product_review::Column::OrderLineId.eq(id)).one(&db).await?;
    let refusal = (review.is_none() && line.fulfilled == 0).then_some(ReviewRefusal::NotArrived);
    Ok(Reviewable { product_id: variant.product_id, line, order, refusal, review })
}

/// Writes a review. Errors: `NOT_FOUND`, `INVALID`.
pub async fn write(ctx: &Ctx, input: NewReview, by: Writer) -> Result<product_review::Model> {
    if !(1..=5).contains(&input.rating) {
        return Err(Error::invalid(ErrorCode::Invalid, "input.rating"));
    }
    let bought = &product_of_line(ctx, input.order_line_id, by).await?;
    if bought.refusal.is_some() || bought.review.is_some() {
        return Err(Error::invalid(ErrorCode::Invalid, "input.orderLineId"));
    }
    let input = &input;
    ctx.write(|tx| async move {
        let row = product_review::Model {
            id: ProductReviewId(tx.new_uuid()),
            product_id: bought.product_id,
            customer_id: bought.order.customer_id,
            order_line_id: Some(bought.line.id),
            channel_id: Some(bought.order.channel_id),
            author: input.author.clone(),
            rating: input.rating,
            title: input.title.clone(),
            body: input.body.clone(),
            locale: input.locale.clone(),
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
        };
        row.clone().into_active_model().reset_all().insert(&tx).await?;
        Ok(row)
    })
    .await
}
