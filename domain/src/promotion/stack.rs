//! Which offers apply, how much each takes, and which of the ways to combine them is best. Pure.

use entity::words::{DiscountRefusal, PromotionStacking, PromotionTarget};

use super::engine::{Applied, Basket, Left, Refused, Source, UsedCode};
use super::offer::{Benefit, Offer};
use crate::Result;
use crate::pricing::allocation::{largest_remainder, share_of};

/// An offer that may apply, and to which lines.
struct Eligible<'a> {
    offer: &'a Offer,
    lines: Vec<bool>,
}

/// What one way to combine offers gives.
struct Plan {
    given: Vec<Applied>,
    /// What the customer saves, in millionths of a minor unit, with the tax on it where prices exclude it.
    saved: i128,
}

/// The best way to combine offers, and why the others do not apply.
pub(super) fn best(basket: &Basket, offers: &[Offer], left: &Left) -> Result<(Vec<Applied>, Vec<Refused>)> {
    let mut refused = Vec::new();
    let mut eligible = Vec::new();
    for offer in offers {
        match judge(basket, offer) {
            Ok(lines) => eligible.push(Eligible { offer, lines }),
            Err((reason, missing)) => refused.push(refuse(basket, offer, reason, missing)),
        }
    }
    let rank = |target| match target {
        PromotionTarget::Lines => 0,
        PromotionTarget::Order => 1,
        PromotionTarget::Shipping => 2,
    };
    eligible.sort_by_key(|it| (it.offer.priority, rank(it.offer.target), it.offer.id));
    let (together, alone): (Vec<&Eligible<'_>>, Vec<&Eligible<'_>>) =
        eligible.iter().partition(|it| it.offer.stacking == PromotionStacking::Combine);
    let mut chosen = plan(basket, &together, left)?;
    for one in &alone {
        let other = plan(basket, &[*one], left)?;
        if other.saved > chosen.saved {
            chosen = other;
        }
    }
    let is_given = |offer: &Offer| {
        chosen.given.iter().any(|it| matches!(&it.source, Source::Promotion { id, .. } if *id == offer.id))
    };
    for it in eligible.iter().filter(|it| !is_given(it.offer)) {
        let would = plan(basket, &[it], left)?;
        let reason = if would.saved > 0 { DiscountRefusal::Beaten } else { DiscountRefusal::NothingLeft };
        refused.push(refuse(basket, it.offer, reason, None));
    }
    Ok((chosen.given, refused))
}

fn refuse(basket: &Basket, offer: &Offer, reason: DiscountRefusal, missing: Option<i64>) -> Refused {
    Refused {
        id: offer.id,
        title: offer.title(&basket.locale),
        trigger: offer.trigger,
        code: offer.code.as_ref().map(|code| code.code.clone()),
        reason,
        missing,
    }
}

/// The lines that an offer is about, or why it does not apply and what goods are missing.
fn judge(basket: &Basket, offer: &Offer) -> Result<Vec<bool>, (DiscountRefusal, Option<i64>)> {
    let conditions = &offer.conditions;
    if let Some(reason) =
        of_time(basket, offer).or_else(|| of_place(basket, offer)).or_else(|| of_shopper(basket, offer))
    {
        return Err((reason, None));
    }
    let lines: Vec<bool> = basket
        .lines
        .iter()
        .map(|line| conditions.is_about(line.product_id, &line.categories, &line.collections))
        .collect();
    if !lines.contains(&true) {
        return Err((DiscountRefusal::NoMatchingGoods, None));
    }
    let matching = basket.lines.iter().zip(&lines).filter(|(_, matches)| **matches);
    let worth = matching.map(|(line, _)| line.subtotal()).fold(0, i64::saturating_add);
    if let Some(minimum) = conditions.minimum_amount.filter(|minimum| worth < *minimum) {
        return Err((DiscountRefusal::BelowMinimum, Some(minimum - worth)));
    }
    if offer.target == PromotionTarget::Shipping && basket.shipping.is_none() {
        return Err((DiscountRefusal::NoShipping, None));
    }
    Ok(lines)
}

fn of_time(basket: &Basket, offer: &Offer) -> Option<DiscountRefusal> {
    let code = offer.code.as_ref();
    if !offer.active || code.is_some_and(|code| !code.active) {
        Some(DiscountRefusal::Inactive)
    } else if offer.starts_at.is_some_and(|start| basket.now < start) {
        Some(DiscountRefusal::NotYet)
    } else if offer.ends_at.is_some_and(|end| basket.now >= end) {
        Some(DiscountRefusal::Expired)
    } else if offer.usage_limit.is_some_and(|limit| offer.used >= limit)
        || code.is_some_and(|code| code.usage_limit.is_some_and(|limit| code.used >= limit))
    {
        Some(DiscountRefusal::UsedUp)
    } else if !(offer.conditions.times.is_empty()
        || offer.conditions.times.iter().any(|window| window.holds(basket.local)))
    {
        Some(DiscountRefusal::OtherTime)
    } else {
        None
    }
}

fn of_place(basket: &Basket, offer: &Offer) -> Option<DiscountRefusal> {
    let conditions = &offer.conditions;
    if !conditions.channels.is_empty() && !conditions.channels.contains(&basket.channel_id) {
        Some(DiscountRefusal::OtherChannel)
    } else if !conditions.locations.is_empty()
        && !basket.location_id.is_some_and(|location| conditions.locations.contains(&location))
    {
        Some(DiscountRefusal::OtherLocation)
    } else if offer.currency.is_some_and(|currency| currency != basket.currency) {
        Some(DiscountRefusal::OtherCurrency)
    } else {
        None
    }
}

fn of_shopper(basket: &Basket, offer: &Offer) -> Option<DiscountRefusal> {
    let (conditions, shopper) = (&offer.conditions, &basket.shopper);
    if !conditions.customer_tags.is_empty() && conditions.customer_tags.is_disjoint(&shopper.tags) {
        return Some(DiscountRefusal::OtherCustomer);
    }
    if shopper.key.is_none() && (conditions.first_order || offer.customer_limit.is_some()) {
        return Some(DiscountRefusal::CustomerUnknown);
    }
    if conditions.first_order && shopper.has_orders {
        return Some(DiscountRefusal::NotFirstOrder);
    }
    offer.customer_limit.filter(|limit| offer.used_by_customer >= *limit).map(|_| DiscountRefusal::CustomerUsedUp)
}

fn plan(basket: &Basket, offers: &[&Eligible<'_>], left: &Left) -> Result<Plan> {
    let mut left = left.clone();
    let mut plan = Plan { given: Vec::new(), saved: 0 };
    for it in offers {
        let applied = take(basket, it, &left)?;
        if applied.amount > 0 {
            left.take(&applied);
            plan.saved += saved(basket, &applied);
            plan.given.push(applied);
        }
    }
    Ok(plan)
}

fn saved(basket: &Basket, applied: &Applied) -> i128 {
    let factor = |rate: i32| 1_000_000 + if basket.prices_include_tax { 0 } else { i128::from(rate) };
    if applied.target == PromotionTarget::Shipping {
        return i128::from(applied.amount) * factor(basket.shipping.map_or(0, |(_, rate)| rate));
    }
    applied.shares.iter().zip(&basket.lines).map(|(share, line)| i128::from(*share) * factor(line.tax_rate_ppm)).sum()
}

/// What an offer takes from what is left.
fn take(basket: &Basket, it: &Eligible<'_>, left: &Left) -> Result<Applied> {
    let offer = it.offer;
    let there: Vec<i64> =
        left.lines.iter().zip(&it.lines).map(|(left, is_in)| if *is_in { *left } else { 0 }).collect();
    let limit = offer.maximum.unwrap_or(i64::MAX);
    let (amount, shares) = match offer.target {
        PromotionTarget::Lines => {
            let mut shares = Vec::with_capacity(there.len());
            for (line, there) in basket.lines.iter().zip(&there) {
                shares.push(part(offer.benefit, *there, line.quantity)?);
            }
            let wanted: i64 = shares.iter().sum();
            if wanted > limit { (limit, largest_remainder(limit, &shares)?) } else { (wanted, shares) }
        }
        PromotionTarget::Order => {
            let amount = part(offer.benefit, there.iter().sum(), 1)?.min(limit);
            (amount, largest_remainder(amount, &there)?)
        }
        PromotionTarget::Shipping => (part(offer.benefit, left.shipping, 1)?.min(limit), vec![0; there.len()]),
    };
    let source = Source::Promotion {
        id: offer.id,
        version: offer.version,
        is_limited: offer.usage_limit.is_some(),
        is_limited_by_customer: offer.customer_limit.is_some(),
        code: offer.code.as_ref().map(|code| UsedCode {
            id: code.id,
            code: code.code.clone(),
            is_limited: code.usage_limit.is_some(),
        }),
    };
    Ok(Applied { source, target: offer.target, title: offer.title(&basket.locale), amount, shares })
}

fn part(benefit: Benefit, there: i64, units: i64) -> Result<i64> {
    Ok(match benefit {
        Benefit::Percent(ppm) => share_of(there, ppm)?,
        Benefit::Fixed(amount) => amount.saturating_mul(units).min(there),
        Benefit::Free => there,
    })
}
