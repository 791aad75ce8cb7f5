//! Reads of promotions, their codes, and what orders were given.

use std::collections::HashMap;

use entity::id::{OrderDiscountId, OrderId, PromotionCodeId, PromotionId};
use entity::{order_discount, order_discount_share, promotion, promotion_code};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};

use crate::kernel::paging::{Cursor, Page, PageRequest, newest_first};
use crate::{Ctx, Permission, Result};

/// Which promotions a list shows.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter {
    /// Only those that hold, or only those that were stopped.
    pub active: Option<bool>,
}

fn filtered(filter: Filter) -> sea_orm::Select<promotion::Entity> {
    let query = promotion::Entity::find();
    match filter.active {
        Some(active) => query.filter(promotion::Column::Active.eq(active)),
        None => query,
    }
}

/// Promotions with how often they were used, newest first. Error: `FORBIDDEN` without `promotions.write`.
pub async fn page(ctx: &Ctx, filter: Filter, request: &PageRequest) -> Result<Page<promotion::Model>> {
    ctx.require(Permission::PromotionsWrite)?;
    let rows = newest_first(filtered(filter), promotion::Column::Id, request).all(&ctx.db()).await?;
    Ok(Page::from_rows(request, rows, |row| Cursor::of(row.id.uuid())))
}

/// How many promotions [`page`] walks through. Error: `FORBIDDEN`.
pub async fn count(ctx: &Ctx, filter: Filter) -> Result<u64> {
    ctx.require(Permission::PromotionsWrite)?;
    Ok(filtered(filter).count(&ctx.db()).await?)
}

/// A promotion for staff who may change it; `None` when there is none. Error: `FORBIDDEN`.
pub async fn readable(ctx: &Ctx, id: PromotionId) -> Result<Option<promotion::Model>> {
    ctx.require(Permission::PromotionsWrite)?;
    Ok(promotion::Entity::find_by_id(id).one(&ctx.db()).await?)
}

/// The codes of a promotion with how often they were used, newest first. Error: `FORBIDDEN`.
pub async fn code_page(ctx: &Ctx, id: PromotionId, request: &PageRequest) -> Result<Page<promotion_code::Model>> {
    ctx.require(Permission::PromotionsWrite)?;
    let query = promotion_code::Entity::find().filter(promotion_code::Column::PromotionId.eq(id));
    let rows = newest_first(query, promotion_code::Column::Id, request).all(&ctx.db()).await?;
    Ok(Page::from_rows(request, rows, |row| Cursor::of(row.id.uuid())))
}

/// How many codes [`code_page`] walks through. Error: `FORBIDDEN`.
pub async fn code_count(ctx: &Ctx, id: PromotionId) -> Result<u64> {
    ctx.require(Permission::PromotionsWrite)?;
    let query = promotion_code::Entity::find().filter(promotion_code::Column::PromotionId.eq(id));
    Ok(query.count(&ctx.db()).await?)
}

/// A code by its id.
pub async fn code(db: &impl ConnectionTrait, id: PromotionCodeId) -> Result<Option<promotion_code::Model>> {
    Ok(promotion_code::Entity::find_by_id(id).one(db).await?)
}

/// What orders were given, each order's in the order in which it was taken.
pub async fn of_orders(db: &impl ConnectionTrait, orders: &[OrderId]) -> Result<Vec<order_discount::Model>> {
    Ok(order_discount::Entity::find()
        .filter(order_discount::Column::OrderId.is_in(orders.iter().copied()))
        .order_by_asc(order_discount::Column::OrderId)
        .order_by_asc(order_discount::Column::Position)
        .all(db)
        .await?)
}

/// The shares of lines in discounts.
pub async fn shares(
    db: &impl ConnectionTrait,
    discounts: &[OrderDiscountId],
) -> Result<HashMap<OrderDiscountId, Vec<order_discount_share::Model>>> {
    let rows = order_discount_share::Entity::find()
        .filter(order_discount_share::Column::OrderDiscountId.is_in(discounts.iter().copied()))
        .order_by_asc(order_discount_share::Column::OrderLineId)
        .all(db)
        .await?;
    let mut by_discount: HashMap<OrderDiscountId, Vec<order_discount_share::Model>> = HashMap::new();
    for row in rows {
        by_discount.entry(row.order_discount_id).or_default().push(row);
    }
    Ok(by_discount)
}
