//! Discounts that the rest of an order does not earn any more: what stays is priced again, and what was kept goes back
//! with the goods that it was kept for, or when it is earned again. An order that goes back as a whole gives all that was
//! paid, in whatever portions.
//!
//! The one place for it: refunds, returns, exchanges, changes and cancellations of orders all ask here.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use entity::id::{OrderDiscountId, OrderLineId, PromotionId, VariantId};
use entity::words::PromotionTarget;
use entity::{order, order_discount, order_discount_share, order_line, order_shipping, promotion};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::books::Books;
use crate::kernel::Result;
use crate::order::given_back::is_shipped;
use crate::pricing::allocation::cumulative_unit_refund;
use crate::promotion::about;
use crate::promotion::conditions::Conditions;
use crate::promotion::offer::conditions;

/// Goods that come when others go: lines that a change adds, or what is taken in exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Coming {
    /// What.
    pub variant_id: VariantId,
    /// Units.
    pub quantity: i64,
    /// Price of one before promotions, minor units as priced in the channel.
    pub unit_price: i64,
}

/// What is decided about discounts when units go.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Terms<'a> {
    /// Whether what is not earned any more is kept.
    pub keep: bool,
    /// What comes instead and counts for what stays, when a promotion is about it.
    pub coming: &'a [Coming],
}

/// What is kept when units go, minor units with tax. Of each promotion that the goods which stay do not earn any more, by
/// its minimum or because nothing is left that it is about: its share in them, and what it took off shipping that is still
/// owed. Goods count at their price before promotions, as they did when they were bought.
/// Of what was kept before: no more than was taken off what still stays and is not earned, so the result may be negative.
/// Without `keep` nothing more is kept. Seven statements at most.
pub(crate) async fn of(
    db: &impl ConnectionTrait,
    order: &order::Model,
    books: &Books,
    units: &BTreeMap<OrderLineId, i64>,
    terms: Terms<'_>,
) -> Result<i64> {
    let kept = books.clawed_back();
    let may_keep = terms.keep && !units.is_empty();
    let may_give_back = kept > 0 && !(units.is_empty() && terms.coming.is_empty());
    if order.discount_total == 0 || !(may_keep || may_give_back) {
        return Ok(0);
    }
    let gone =
        |line: &order_line::Model| (books.taken(line) + units.get(&line.id).copied().unwrap_or(0)).min(line.quantity);
    if books.lines.iter().all(|line| gone(line) == line.quantity) {
        return Ok(-kept);
    }
    let (mut lost, mut short) = (0, 0);
    for used in promotions(db, order, books, terms.coming).await? {
        if used.earned(books, |line| books.taken(line), &[]) {
            if !used.earned(books, gone, terms.coming) {
                lost += used.staying(order, books, gone)?;
            }
        } else if !used.earned(books, gone, terms.coming) {
            // What was not earned before was lost then.
            short += used.staying(order, books, gone)?;
        }
    }
    let more = lost + kept.min(short) - kept;
    Ok(if terms.keep { more } else { more.min(0) })
}

/// A promotion that made the order cheaper.
struct Used {
    target: PromotionTarget,
    /// What it took in all, minor units.
    amount: i64,
    /// What the goods it is about cost at least.
    minimum: i64,
    /// Of the goods of the order, and of those that come.
    about: BTreeSet<VariantId>,
    shares: Vec<order_discount_share::Model>,
}

async fn promotions(
    db: &impl ConnectionTrait,
    order: &order::Model,
    books: &Books,
    coming: &[Coming],
) -> Result<Vec<Used>> {
    let discounts = order_discount::Entity::find()
        .filter(order_discount::Column::OrderId.eq(order.id))
        .filter(order_discount::Column::PromotionId.is_not_null())
        .all(db)
        .await?;
    let ids: Vec<PromotionId> = discounts.iter().filter_map(|discount| discount.promotion_id).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows = promotion::Entity::find().filter(promotion::Column::Id.is_in(ids)).all(db).await?;
    let rules: Vec<Conditions> = rows.iter().map(conditions).collect::<Result<_>>()?;
    let goods = books.lines.iter().map(|line| line.variant_id).chain(coming.iter().map(|it| it.variant_id)).collect();
    let about = about::variants(db, &rules, &goods).await?;
    let known: HashMap<PromotionId, (&Conditions, BTreeSet<VariantId>)> =
        rows.iter().zip(rules.iter().zip(about)).map(|(row, rule)| (row.id, rule)).collect();
    let of: Vec<OrderDiscountId> = discounts.iter().map(|discount| discount.id).collect();
    let shares = order_discount_share::Entity::find()
        .filter(order_discount_share::Column::OrderDiscountId.is_in(of))
        .all(db)
        .await?;
    let used = discounts.iter().filter_map(|discount| {
        let (rule, about) = known.get(&discount.promotion_id?)?;
        Some(Used {
            target: discount.target,
            amount: discount.amount,
            minimum: rule.minimum_amount.unwrap_or(0),
            about: about.clone(),
            shares: shares.iter().filter(|share| share.order_discount_id == discount.id).cloned().collect(),
        })
    });
    Ok(used.collect())
}

impl Used {
    /// Whether goods earn it: some that it is about are there, and they reach its minimum.
    fn earned(&self, books: &Books, gone: impl Fn(&order_line::Model) -> i64, coming: &[Coming]) -> bool {
        // What it made cheaper was about it, whatever became of the product since.
        let counts = |line: &&order_line::Model| {
            self.about.contains(&line.variant_id) || self.shares.iter().any(|share| share.order_line_id == line.id)
        };
        let stays = books.lines.iter().filter(counts).map(|line| (line.quantity - gone(line), line.unit_price));
        let comes = coming.iter().filter(|it| self.about.contains(&it.variant_id));
        let (units, worth) = stays
            .chain(comes.map(|it| (it.quantity, it.unit_price)))
            .fold((0, 0), |(units, worth), (count, price)| (units + count, worth + count * price));
        units > 0 && worth >= self.minimum
    }

    /// What it took off what stays, with tax.
    fn staying(&self, order: &order::Model, books: &Books, gone: impl Fn(&order_line::Model) -> i64) -> Result<i64> {
        match self.target {
            PromotionTarget::Shipping => Ok(self.off_shipping(order, books, gone)),
            PromotionTarget::Lines | PromotionTarget::Order => {
                let mut sum = 0;
                for share in &self.shares {
                    let Some(line) = books.lines.iter().find(|line| line.id == share.order_line_id) else { continue };
                    let from = gone(line);
                    let part = cumulative_unit_refund(share.amount, line.quantity, from, line.quantity - from)?;
                    sum += with_tax(order, part, line.tax_rate_ppm);
                }
                Ok(sum)
            }
        }
    }

    /// What it took off shipping that is still owed: something was shipped, or is to be.
    fn off_shipping(&self, order: &order::Model, books: &Books, gone: impl Fn(&order_line::Model) -> i64) -> i64 {
        let is_owed = |line: &order_line::Model| is_shipped(line) && (line.fulfilled > 0 || gone(line) < line.quantity);
        let discounted = |row: &&order_shipping::Model| row.discount > 0;
        match books.shipping.iter().find(discounted) {
            Some(row) if books.lines.iter().any(is_owed) => with_tax(order, self.amount, row.tax_rate_ppm),
            Some(_) | None => 0,
        }
    }
}

/// A discount with the tax on it; it is in the price where prices include tax.
fn with_tax(order: &order::Model, amount: i64, rate_ppm: i32) -> i64 {
    let tax = i128::from(amount) * i128::from(rate_ppm) / 1_000_000;
    if order.prices_include_tax { amount } else { amount + i64::try_from(tax).unwrap_or(0) }
}
