//! What a basket is given: pure and deterministic.
//!
//! First prices that staff set, then promotions, then what staff take off; each from what is left, so that nothing ever
//! costs less than nothing. Amounts are as priced in the channel; tax is computed on what is left of them.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDateTime, Utc};
use entity::id::{CategoryId, ChannelId, CollectionId, LocationId, ProductId, PromotionCodeId, PromotionId, StaffId};
use entity::money::Currency;
use entity::words::{DiscountKind, DiscountRefusal, PromotionTarget, PromotionTrigger};

use super::by_hand::{ByHand, ByHandValue};
use super::load::Shopper;
use super::offer::Offer;
use super::stack;
use crate::Result;
use crate::pricing::allocation::{largest_remainder, share_of};

/// What is bought, when and where.
#[derive(Clone, Debug)]
pub struct Basket {
    /// Now.
    pub now: DateTime<Utc>,
    /// Now on the channel's clock.
    pub local: NaiveDateTime,
    /// Currency of all amounts.
    pub currency: Currency,
    /// Whether prices include tax; when not, a discount saves its tax, too.
    pub prices_include_tax: bool,
    /// The channel.
    pub channel_id: ChannelId,
    /// The store of the till.
    pub location_id: Option<LocationId>,
    /// What is bought.
    pub lines: Vec<BasketLine>,
    /// What shipping costs and its tax rate in parts per million, when something is shipped.
    pub shipping: Option<(i64, i32)>,
    /// Who buys.
    pub shopper: Shopper,
    /// Language of titles.
    pub locale: String,
    /// The most that staff give without another person, parts per million of the price.
    pub limit_ppm: i32,
}

/// One line.
#[derive(Clone, Debug)]
pub struct BasketLine {
    /// Product.
    pub product_id: ProductId,
    /// The categories that offers name and that it hangs in or below.
    pub categories: BTreeSet<CategoryId>,
    /// The collections that offers name and that it lies in.
    pub collections: BTreeSet<CollectionId>,
    /// Price of one unit.
    pub unit_price: i64,
    /// Units.
    pub quantity: i64,
    /// Tax rate in parts per million.
    pub tax_rate_ppm: i32,
}

impl BasketLine {
    pub(super) const fn subtotal(&self) -> i64 {
        self.unit_price.saturating_mul(self.quantity)
    }
}

/// Where a discount comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A promotion.
    Promotion {
        /// Which.
        id: PromotionId,
        /// Its version when it was read.
        version: i32,
        /// Whether its uses are limited.
        is_limited: bool,
        /// Whether the uses of one customer are limited.
        is_limited_by_customer: bool,
        /// The code that brought it.
        code: Option<UsedCode>,
    },
    /// Staff.
    Staff {
        /// Another price, or something off.
        kind: DiscountKind,
        /// Why.
        reason: String,
        /// Who gave it.
        staff_id: Option<StaffId>,
        /// Who allowed it.
        approved_by: Option<StaffId>,
    },
}

/// The code that brought a discount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsedCode {
    /// Its row.
    pub id: PromotionCodeId,
    /// As it is kept.
    pub code: String,
    /// Whether its uses are limited.
    pub is_limited: bool,
}

/// A discount that is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// Where it comes from.
    pub source: Source,
    /// From what it takes.
    pub target: PromotionTarget,
    /// Name shown to the customer; empty for one that staff gave, which the language names.
    pub title: String,
    /// What it takes, minor units, above 0.
    pub amount: i64,
    /// What it takes from each line; they add up to `amount`. All 0 for shipping.
    pub shares: Vec<i64>,
}

/// An offer that does not apply, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Which.
    pub id: PromotionId,
    /// Name shown to the customer.
    pub title: String,
    /// What would make it apply.
    pub trigger: PromotionTrigger,
    /// The code by which it was found.
    pub code: Option<String>,
    /// Why.
    pub reason: DiscountRefusal,
    /// What goods are missing for `BELOW_MINIMUM`, minor units.
    pub missing: Option<i64>,
}

/// What a basket is given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// What applies, in the order in which it was taken.
    pub applied: Vec<Applied>,
    /// What does not, and why.
    pub refused: Vec<Refused>,
    /// Whether staff gave more than they may without another person.
    pub needs_approval: bool,
}

impl Outcome {
    /// What is taken from a line, minor units.
    #[must_use]
    pub fn of_line(&self, line: usize) -> i64 {
        self.applied.iter().filter_map(|applied| applied.shares.get(line)).sum()
    }

    /// What is taken from shipping, minor units.
    #[must_use]
    pub fn of_shipping(&self) -> i64 {
        let on_shipping = |applied: &&Applied| applied.target == PromotionTarget::Shipping;
        self.applied.iter().filter(on_shipping).map(|applied| applied.amount).sum()
    }
}

/// What is left to take from.
#[derive(Clone, Debug)]
pub(super) struct Left {
    pub(super) lines: Vec<i64>,
    pub(super) shipping: i64,
}

impl Left {
    fn of(basket: &Basket) -> Self {
        Self {
            lines: basket.lines.iter().map(BasketLine::subtotal).collect(),
            shipping: basket.shipping.map_or(0, |(amount, _)| amount),
        }
    }

    pub(super) fn take(&mut self, applied: &Applied) {
        for (left, share) in self.lines.iter_mut().zip(&applied.shares) {
            *left -= share;
        }
        if applied.target == PromotionTarget::Shipping {
            self.shipping -= applied.amount;
        }
    }
}

/// Gives a basket what it is due. Of the ways to combine offers the one is taken that saves most: all that combine, in
/// the order of priority, or one exclusive offer alone; among equals those that combine, then the first by priority.
/// Error: `INVALID_AMOUNT` for amounts that cannot be counted.
pub fn discount(basket: &Basket, offers: &[Offer], by_hand: &[ByHand]) -> Result<Outcome> {
    let mut left = Left::of(basket);
    let mut outcome = Outcome::default();
    for given in by_hand.iter().filter(|given| given.value.kind() == DiscountKind::PriceOverride) {
        give(basket, given, &mut left, &mut outcome)?;
    }
    let (promoted, refused) = stack::best(basket, offers, &left)?;
    for applied in promoted {
        left.take(&applied);
        outcome.applied.push(applied);
    }
    outcome.refused = refused;
    for given in by_hand.iter().filter(|given| given.value.kind() != DiscountKind::PriceOverride) {
        give(basket, given, &mut left, &mut outcome)?;
    }
    outcome.needs_approval = needs_approval(basket, &outcome)?;
    Ok(outcome)
}

fn give(basket: &Basket, given: &ByHand, left: &mut Left, outcome: &mut Outcome) -> Result<()> {
    let shares = match given.line {
        Some(at) => {
            let Some((line, there)) = basket.lines.get(at).zip(left.lines.get(at).copied()) else { return Ok(()) };
            let amount = match given.value {
                ByHandValue::Percent(ppm) => share_of(there, ppm)?,
                ByHandValue::Amount(amount) => amount,
                // A price that has fallen below the one that staff set is not raised again.
                ByHandValue::Price(price) => line.unit_price.saturating_sub(price).saturating_mul(line.quantity),
            };
            let mut shares = vec![0; left.lines.len()];
            if let Some(share) = shares.get_mut(at) {
                *share = amount.clamp(0, there);
            }
            shares
        }
        None => {
            let there: i64 = left.lines.iter().sum();
            let amount = match given.value {
                ByHandValue::Percent(ppm) => share_of(there, ppm)?,
                ByHandValue::Amount(amount) => amount.min(there),
                ByHandValue::Price(_) => 0,
            };
            largest_remainder(amount, &left.lines)?
        }
    };
    let amount: i64 = shares.iter().sum();
    if amount == 0 {
        return Ok(());
    }
    let source = Source::Staff {
        kind: given.value.kind(),
        reason: given.reason.clone(),
        staff_id: given.staff_id,
        approved_by: given.approved_by,
    };
    let target = if given.line.is_some() { PromotionTarget::Lines } else { PromotionTarget::Order };
    let applied = Applied { source, target, title: String::new(), amount, shares };
    left.take(&applied);
    outcome.applied.push(applied);
    Ok(())
}

/// Whether what nobody else allowed goes beyond the limit, on a line or in all. An odd minor unit does not count.
fn needs_approval(basket: &Basket, outcome: &Outcome) -> Result<bool> {
    let mine = |applied: &&Applied| matches!(applied.source, Source::Staff { approved_by: None, .. });
    let given: Vec<&Applied> = outcome.applied.iter().filter(mine).collect();
    let too_much =
        |taken: i64, of: i64| -> Result<bool> { Ok(taken > share_of(of, basket.limit_ppm)?.saturating_add(1).min(of)) };
    let whole = basket.lines.iter().map(BasketLine::subtotal).fold(0, i64::saturating_add);
    let mut beyond = false;
    if basket.limit_ppm < 1_000_000 && !given.is_empty() {
        beyond = too_much(given.iter().map(|applied| applied.amount).sum(), whole)?;
        for (at, line) in basket.lines.iter().enumerate() {
            let on_line = given.iter().filter(|applied| applied.target == PromotionTarget::Lines);
            let taken: i64 = on_line.filter_map(|applied| applied.shares.get(at)).sum();
            beyond = beyond || too_much(taken, line.subtotal())?;
        }
    }
    Ok(beyond)
}

#[cfg(test)]
#[path = "engine_tests.rs"]
mod tests;
