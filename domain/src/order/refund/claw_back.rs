//! Discounts that the rest of an order does not earn any more: what is kept is priced again.

use std::collections::{BTreeMap, HashMap};

use entity::id::{OrderDiscountId, OrderLineId, PromotionId};
use entity::{order, order_discount, order_discount_share, promotion};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::books::Books;
use crate::kernel::Result;
use crate::pricing::allocation::cumulative_unit_refund;

/// What the goods that stay would have cost more, minor units with tax: of each promotion with a minimum that they do not
/// reach any more, its share in them. Goods count at their price before promotions, as they did when they were bought.
/// Three statements at most.
pub(crate) async fn of(
    db: &impl ConnectionTrait,
    order: &order::Model,
    books: &Books,
    units: &BTreeMap<OrderLineId, i64>,
) -> Result<i64> {
    if order.discount_total == 0 || units.is_empty() {
        return Ok(0);
    }
    let discounts = order_discount::Entity::find()
        .filter(order_discount::Column::OrderId.eq(order.id))
        .filter(order_discount::Column::PromotionId.is_not_null())
        .all(db)
        .await?;
    let promotions: Vec<PromotionId> = discounts.iter().filter_map(|discount| discount.promotion_id).collect();
    if promotions.is_empty() {
        return Ok(0);
    }
    let minimums: HashMap<PromotionId, i64> = promotion::Entity::find()
        .filter(promotion::Column::Id.is_in(promotions))
        .all(db)
        .await?
        .iter()
        .filter_map(|it| Some((it.id, it.conditions.get("minimum_amount")?.as_i64()?)))
        .collect();
    let ids: Vec<OrderDiscountId> = discounts.iter().map(|discount| discount.id).collect();
    let shares = order_discount_share::Entity::find()
        .filter(order_discount_share::Column::OrderDiscountId.is_in(ids))
        .all(db)
        .await?;
    let mut lost = 0;
    for discount in &discounts {
        let minimum = discount.promotion_id.and_then(|id| minimums.get(&id)).copied().unwrap_or(0);
        let mine: Vec<_> = shares.iter().filter(|share| share.order_discount_id == discount.id).collect();
        lost += of_promotion(order, books, units, minimum, &mine)?;
    }
    Ok(lost)
}

fn of_promotion(
    order: &order::Model,
    books: &Books,
    units: &BTreeMap<OrderLineId, i64>,
    minimum: i64,
    shares: &[&order_discount_share::Model],
) -> Result<i64> {
    let (mut before, mut after, mut lost) = (0, 0, 0);
    for share in shares {
        let Some(line) = books.lines.iter().find(|line| line.id == share.order_line_id) else { continue };
        let taken = books.taken(line);
        let gone = (taken + units.get(&line.id).copied().unwrap_or(0)).min(line.quantity);
        before += line.unit_price * (line.quantity - taken);
        after += line.unit_price * (line.quantity - gone);
        let part = cumulative_unit_refund(share.amount, line.quantity, gone, line.quantity - gone)?;
        let tax = i128::from(part) * i128::from(line.tax_rate_ppm) / 1_000_000;
        lost += if order.prices_include_tax { part } else { part + i64::try_from(tax).unwrap_or(0) };
    }
    // What was short of the minimum before lost its discount then.
    Ok(if before >= minimum && after < minimum { lost } else { 0 })
}
