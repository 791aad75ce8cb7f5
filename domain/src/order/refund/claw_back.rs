//! Discounts that the rest of an order does not earn any more: what stays is priced again, and what was kept goes back
//! with the goods that it was kept for. An order that goes back as a whole gives all that was paid, in whatever portions.

use std::collections::{BTreeMap, HashMap};

use entity::id::{OrderDiscountId, OrderLineId, PromotionId};
use entity::{order, order_discount, order_discount_share, order_line, promotion};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::books::Books;
use crate::kernel::Result;
use crate::pricing::allocation::cumulative_unit_refund;

/// What is kept when units go, minor units with tax. Of each promotion with a minimum that the goods that stay do not
/// reach any more: its share in them. Goods count at their price before promotions, as they did when they were bought.
/// Of what was kept before: no more than was taken off the goods that still stay, so the result may be negative. Without
/// `wished` nothing more is kept. Three statements at most.
pub(crate) async fn of(
    db: &impl ConnectionTrait,
    order: &order::Model,
    books: &Books,
    units: &BTreeMap<OrderLineId, i64>,
    wished: bool,
) -> Result<i64> {
    let kept = books.clawed_back();
    if order.discount_total == 0 || units.is_empty() || (kept == 0 && !wished) {
        return Ok(0);
    }
    let gone =
        |line: &order_line::Model| (books.taken(line) + units.get(&line.id).copied().unwrap_or(0)).min(line.quantity);
    if books.lines.iter().all(|line| gone(line) == line.quantity) {
        return Ok(-kept);
    }
    let (mut lost, mut short) = (0, 0);
    for (minimum, shares) in promotions(db, order).await? {
        let worth = worth(order, books, &shares, gone)?;
        if worth.before < minimum {
            // What was short of the minimum before lost its discount then.
            short += worth.staying;
        } else if worth.after < minimum {
            lost += worth.staying;
        }
    }
    let more = lost + kept.min(short) - kept;
    Ok(if wished { more } else { more.min(0) })
}

/// The minimum of each promotion that made the order cheaper, 0 without one, and its shares.
async fn promotions(
    db: &impl ConnectionTrait,
    order: &order::Model,
) -> Result<Vec<(i64, Vec<order_discount_share::Model>)>> {
    let discounts = order_discount::Entity::find()
        .filter(order_discount::Column::OrderId.eq(order.id))
        .filter(order_discount::Column::PromotionId.is_not_null())
        .all(db)
        .await?;
    let promotions: Vec<PromotionId> = discounts.iter().filter_map(|discount| discount.promotion_id).collect();
    if promotions.is_empty() {
        return Ok(Vec::new());
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
    let mut found = Vec::with_capacity(discounts.len());
    for discount in &discounts {
        let minimum = discount.promotion_id.and_then(|id| minimums.get(&id)).copied().unwrap_or(0);
        let mine = shares.iter().filter(|share| share.order_discount_id == discount.id).cloned().collect();
        found.push((minimum, mine));
    }
    Ok(found)
}

/// A promotion's goods and what it took off them.
#[derive(Default)]
struct Worth {
    /// Price of the goods that were there before, and that stay.
    before: i64,
    after: i64,
    /// What it took off the units that stay, with tax.
    staying: i64,
}

fn worth(
    order: &order::Model,
    books: &Books,
    shares: &[order_discount_share::Model],
    gone: impl Fn(&order_line::Model) -> i64,
) -> Result<Worth> {
    let mut sums = Worth::default();
    for share in shares {
        let Some(line) = books.lines.iter().find(|line| line.id == share.order_line_id) else { continue };
        let (taken, gone) = (books.taken(line), gone(line));
        sums.before += line.unit_price * (line.quantity - taken);
        sums.after += line.unit_price * (line.quantity - gone);
        sums.staying += with_tax(order, line, share.amount, gone)?;
    }
    Ok(sums)
}

/// The part of a discount, with tax, that belongs to the units of a line after those that are gone.
fn with_tax(order: &order::Model, line: &order_line::Model, amount: i64, gone: i64) -> Result<i64> {
    let part = cumulative_unit_refund(amount, line.quantity, gone, line.quantity - gone)?;
    let tax = i128::from(part) * i128::from(line.tax_rate_ppm) / 1_000_000;
    Ok(if order.prices_include_tax { part } else { part + i64::try_from(tax).unwrap_or(0) })
}
