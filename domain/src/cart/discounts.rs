//! What makes a cart cheaper: its lines as the engine of promotions reads them, and what codes tell their buyer. Pure.

use entity::cart;
use entity::id::CartLineId;
use entity::words::DiscountRefusal;

use super::facts::Facts;
use super::problem::Problem;
use super::view::PricedLine;
use crate::promotion::engine::discount;
use crate::promotion::{Basket, BasketLine, Outcome, by_hand};
use crate::{ErrorCode, Result};

/// What a priced cart is given.
pub(super) fn of(
    cart: &cart::Model,
    lines: &[PricedLine],
    shipping: Option<(i64, i32)>,
    facts: &Facts,
) -> Result<Outcome> {
    let channel = &facts.frame.channel;
    if facts.promotions.offers.is_empty() && facts.adjustments.is_empty() {
        return Ok(Outcome::default());
    }
    let basket = Basket {
        now: facts.now,
        local: facts.now.with_timezone(&facts.frame.zone).naive_local(),
        currency: channel.currency,
        prices_include_tax: channel.prices_include_tax,
        channel_id: channel.id,
        location_id: facts.counter.map(|counter| counter.location_id),
        lines: lines.iter().map(|line| basket_line(line, facts)).collect(),
        shipping,
        shopper: facts.promotions.shopper.clone(),
        locale: cart.locale.clone(),
        limit_ppm: channel.discount_limit_ppm,
    };
    let ids: Vec<CartLineId> = lines.iter().map(|line| line.line.id).collect();
    discount(&basket, &facts.promotions.offers, &by_hand::of_rows(&facts.adjustments, &ids))
}

fn basket_line(line: &PricedLine, facts: &Facts) -> BasketLine {
    let product_id = line.variant.product_id;
    let (categories, collections) = facts.promotions.membership(product_id, line.category_id);
    BasketLine {
        product_id,
        categories,
        collections,
        unit_price: line.unit_price,
        quantity: line.line.quantity,
        tax_rate_ppm: line.tax_rate_ppm,
    }
}

/// What codes that do not apply tell, and whether somebody must allow what staff gave.
pub(super) fn problems(cart: &cart::Model, outcome: &Outcome) -> Vec<Problem> {
    let mut problems = Vec::new();
    for code in &cart.codes.0 {
        let refused = outcome.refused.iter().find(|refused| refused.code.as_ref() == Some(code));
        let problem = match refused {
            Some(refused) => told(refused.reason),
            None if is_applied(outcome, code) => None,
            None => Some(ErrorCode::CodeNotAccepted),
        };
        problems.extend(problem.map(|problem| Problem::of_code(problem, code)));
    }
    if outcome.needs_approval {
        problems.push(Problem::of_cart(ErrorCode::ApprovalRequired));
    }
    problems
}

fn is_applied(outcome: &Outcome, code: &str) -> bool {
    use crate::promotion::Source;
    outcome
        .applied
        .iter()
        .any(|applied| matches!(&applied.source, Source::Promotion { code: Some(used), .. } if used.code == code))
}

/// A code that does not go with what saves more is no problem: the cart shows which promotion won.
const fn told(reason: DiscountRefusal) -> Option<ErrorCode> {
    match reason {
        DiscountRefusal::Inactive | DiscountRefusal::NotYet | DiscountRefusal::Expired => Some(ErrorCode::CodeExpired),
        DiscountRefusal::UsedUp | DiscountRefusal::CustomerUsedUp => Some(ErrorCode::CodeUsedUp),
        DiscountRefusal::CustomerUnknown
        | DiscountRefusal::OtherCustomer
        | DiscountRefusal::NotFirstOrder
        | DiscountRefusal::OtherChannel
        | DiscountRefusal::OtherLocation
        | DiscountRefusal::OtherCurrency
        | DiscountRefusal::OtherTime
        | DiscountRefusal::NoMatchingGoods
        | DiscountRefusal::BelowMinimum
        | DiscountRefusal::NoShipping => Some(ErrorCode::CodeNotApplicable),
        DiscountRefusal::NothingLeft | DiscountRefusal::Beaten => None,
    }
}
