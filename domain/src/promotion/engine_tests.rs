#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::collections::BTreeSet;

use chrono::TimeDelta;
use entity::words::{PromotionStacking, TaxRounding};
use proptest::prelude::*;
use serde_json::json;
use uuid::Uuid;

use super::super::conditions::{Conditions, TimeWindow};
use super::super::offer::{Benefit, OfferCode};
use super::*;
use crate::pricing::allocation::cumulative_unit_refund;
use crate::pricing::totals::{LineInput, ShippingInput, TotalsInput, totals};

fn product(number: u128) -> ProductId {
    ProductId(Uuid::from_u128(number))
}

fn line(number: u128, unit_price: i64, quantity: i64) -> BasketLine {
    BasketLine {
        product_id: product(number),
        categories: BTreeSet::new(),
        collections: BTreeSet::new(),
        unit_price,
        quantity,
        tax_rate_ppm: if number.is_multiple_of(2) { 80_000 } else { 100_000 },
    }
}

/// 2026-11-20, a Friday, at noon.
fn basket(lines: Vec<BasketLine>) -> Basket {
    let now = DateTime::parse_from_rfc3339("2026-11-20T03:00:00Z").unwrap().to_utc();
    Basket {
        now,
        local: (now + TimeDelta::hours(9)).naive_utc(),
        currency: Currency::JPY,
        prices_include_tax: true,
        channel_id: ChannelId(Uuid::from_u128(1)),
        location_id: None,
        lines,
        shipping: Some((550, 100_000)),
        shopper: Shopper::default(),
        locale: "ja".to_owned(),
        limit_ppm: 100_000,
    }
}

fn offer(number: u128, target: PromotionTarget, benefit: Benefit) -> Offer {
    Offer {
        id: PromotionId(Uuid::from_u128(number)),
        version: 1,
        name: format!("promotion {number}"),
        titles: json!({ "ja": format!("特典{number}") }),
        trigger: PromotionTrigger::Automatic,
        target,
        benefit,
        currency: None,
        maximum: None,
        stacking: PromotionStacking::Combine,
        priority: 0,
        conditions: Conditions::default(),
        starts_at: None,
        ends_at: None,
        usage_limit: None,
        customer_limit: None,
        used: 0,
        used_by_customer: 0,
        active: true,
        code: None,
    }
}

fn alone(offer: Offer) -> Offer {
    Offer { stacking: PromotionStacking::Exclusive, ..offer }
}

fn amounts(outcome: &Outcome) -> Vec<(i64, Vec<i64>)> {
    outcome.applied.iter().map(|applied| (applied.amount, applied.shares.clone())).collect()
}

fn reasons(outcome: &Outcome) -> Vec<(u128, DiscountRefusal)> {
    outcome.refused.iter().map(|refused| (refused.id.uuid().as_u128(), refused.reason)).collect()
}

const LINES: PromotionTarget = PromotionTarget::Lines;
const ORDER: PromotionTarget = PromotionTarget::Order;
const SHIPPING: PromotionTarget = PromotionTarget::Shipping;

#[test]
fn a_share_is_rounded_half_up_per_line() {
    let given =
        discount(&basket(vec![line(1, 105, 1), line(2, 104, 1)]), &[offer(1, LINES, Benefit::Percent(100_000))], &[]);
    assert_eq!(amounts(&given.unwrap()), [(21, vec![11, 10])]);
}

#[test]
fn an_amount_counts_per_unit_on_lines_and_once_on_an_order() {
    let basket = basket(vec![line(1, 1_000, 3), line(2, 50, 2)]);
    let of_lines = discount(&basket, &[offer(1, LINES, Benefit::Fixed(100))], &[]).unwrap();
    assert_eq!(amounts(&of_lines), [(400, vec![300, 100])], "never more than a line costs");
    let of_order = discount(&basket, &[offer(1, ORDER, Benefit::Fixed(100))], &[]).unwrap();
    assert_eq!(amounts(&of_order), [(100, vec![97, 3])], "spread by largest remainder");
}

#[test]
fn shipping_is_free_and_goods_are_not() {
    let given = discount(&basket(vec![line(1, 1_000, 1)]), &[offer(1, SHIPPING, Benefit::Free)], &[]).unwrap();
    assert_eq!((given.of_shipping(), given.of_line(0)), (550, 0));
    let collected = Basket { shipping: None, ..basket(vec![line(1, 1_000, 1)]) };
    let given = discount(&collected, &[offer(1, SHIPPING, Benefit::Free)], &[]).unwrap();
    assert_eq!(reasons(&given), [(1, DiscountRefusal::NoShipping)]);
}

#[test]
fn a_maximum_caps_and_is_spread() {
    let capped = Offer { maximum: Some(100), ..offer(1, LINES, Benefit::Percent(500_000)) };
    let given = discount(&basket(vec![line(1, 1_000, 1), line(2, 500, 1)]), &[capped], &[]).unwrap();
    assert_eq!(amounts(&given), [(100, vec![67, 33])]);
}

#[test]
fn what_combines_goes_by_priority_from_what_is_left() {
    let ten = Offer { priority: 2, ..offer(1, ORDER, Benefit::Percent(100_000)) };
    let off = Offer { priority: 1, ..offer(2, ORDER, Benefit::Fixed(500)) };
    let given = discount(&basket(vec![line(1, 1_500, 1)]), &[ten.clone(), off.clone()], &[]).unwrap();
    assert_eq!(amounts(&given), [(500, vec![500]), (100, vec![100])]);
    let turned = [Offer { priority: 0, ..ten }, off];
    let given = discount(&basket(vec![line(1, 1_500, 1)]), &turned, &[]).unwrap();
    assert_eq!(amounts(&given), [(150, vec![150]), (500, vec![500])]);
}

#[test]
fn an_exclusive_offer_wins_only_when_it_saves_more() {
    let basket = basket(vec![line(1, 1_000, 1)]);
    let offers = [
        offer(1, ORDER, Benefit::Fixed(100)),
        offer(2, ORDER, Benefit::Fixed(150)),
        alone(offer(3, ORDER, Benefit::Fixed(260))),
    ];
    let given = discount(&basket, &offers, &[]).unwrap();
    assert_eq!(amounts(&given), [(260, vec![260])]);
    assert_eq!(reasons(&given), [(1, DiscountRefusal::Beaten), (2, DiscountRefusal::Beaten)]);
    let offers = [
        offer(1, ORDER, Benefit::Fixed(100)),
        offer(2, ORDER, Benefit::Fixed(150)),
        alone(offer(3, ORDER, Benefit::Fixed(250))),
    ];
    let given = discount(&basket, &offers, &[]).unwrap();
    assert_eq!(given.applied.len(), 2, "among equals those that combine");
    assert_eq!(reasons(&given), [(3, DiscountRefusal::Beaten)]);
}

#[test]
fn the_best_is_what_is_paid_in_the_end_tax_included() {
    // 1,000 at 10 % and 1,000 at 8 %, without tax: 100 off the first save 110, 101 off the second save 109.
    let lines = vec![line(1, 1_000, 1), line(2, 1_000, 1)];
    let basket = Basket { prices_include_tax: false, ..basket(lines) };
    let about = |number, goods: u128, amount| {
        let conditions = Conditions { products: BTreeSet::from([product(goods)]), ..Conditions::default() };
        alone(Offer { conditions, ..offer(number, ORDER, Benefit::Fixed(amount)) })
    };
    let given = discount(&basket, &[about(1, 1, 100), about(2, 2, 101)], &[]).unwrap();
    assert_eq!(amounts(&given), [(100, vec![100, 0])]);
}

#[test]
fn nothing_is_left_for_the_last() {
    let offers = [offer(1, ORDER, Benefit::Free), Offer { priority: 1, ..offer(2, SHIPPING, Benefit::Free) }];
    let free = Basket { shipping: Some((0, 0)), ..basket(vec![line(1, 10, 1)]) };
    let given = discount(&free, &offers, &[]).unwrap();
    assert_eq!(reasons(&given), [(2, DiscountRefusal::NothingLeft)]);
}

#[test]
fn every_condition_tells_why_it_does_not_hold() {
    let with = |conditions: Conditions| Offer { conditions, ..offer(1, ORDER, Benefit::Fixed(1)) };
    let base = || offer(1, ORDER, Benefit::Fixed(1));
    let other = Uuid::from_u128(99);
    let basket = basket(vec![line(1, 1_000, 2)]);
    let later = basket.now + TimeDelta::seconds(1);
    let code =
        OfferCode { id: PromotionCodeId(other), code: "C".to_owned(), usage_limit: Some(1), used: 1, active: true };
    let window = TimeWindow { days: BTreeSet::from([6, 7]), ..TimeWindow::default() };
    let none = Conditions::default;
    let cases = [
        (Offer { active: false, ..base() }, DiscountRefusal::Inactive),
        (Offer { code: Some(OfferCode { active: false, ..code.clone() }), ..base() }, DiscountRefusal::Inactive),
        (Offer { starts_at: Some(later), ..base() }, DiscountRefusal::NotYet),
        (Offer { ends_at: Some(basket.now), ..base() }, DiscountRefusal::Expired),
        (Offer { usage_limit: Some(3), used: 3, ..base() }, DiscountRefusal::UsedUp),
        (Offer { code: Some(code), ..base() }, DiscountRefusal::UsedUp),
        (Offer { customer_limit: Some(1), ..base() }, DiscountRefusal::CustomerUnknown),
        (Offer { currency: Some(Currency::EUR), ..base() }, DiscountRefusal::OtherCurrency),
        (with(Conditions { times: vec![window], ..none() }), DiscountRefusal::OtherTime),
        (with(Conditions { channels: BTreeSet::from([ChannelId(other)]), ..none() }), DiscountRefusal::OtherChannel),
        (with(Conditions { locations: BTreeSet::from([LocationId(other)]), ..none() }), DiscountRefusal::OtherLocation),
        (with(Conditions { products: BTreeSet::from([product(9)]), ..none() }), DiscountRefusal::NoMatchingGoods),
        (
            with(Conditions { categories: BTreeSet::from([CategoryId(other)]), ..none() }),
            DiscountRefusal::NoMatchingGoods,
        ),
        (with(Conditions { first_order: true, ..none() }), DiscountRefusal::CustomerUnknown),
        (
            with(Conditions { customer_tags: BTreeSet::from(["vip".to_owned()]), ..none() }),
            DiscountRefusal::OtherCustomer,
        ),
        (with(Conditions { minimum_amount: Some(2_001), ..none() }), DiscountRefusal::BelowMinimum),
    ];
    for (offer, reason) in cases {
        let given = discount(&basket, &[offer], &[]).unwrap();
        assert_eq!((reasons(&given), given.applied.len()), (vec![(1, reason)], 0));
        assert_eq!(given.refused[0].missing, (reason == DiscountRefusal::BelowMinimum).then_some(1));
        assert_eq!(given.refused[0].title, "特典1");
    }
    let known = Basket {
        shopper: Shopper { key: Some("k".to_owned()), tags: BTreeSet::from(["vip".to_owned()]), has_orders: true },
        ..basket
    };
    let again = with(Conditions { first_order: true, ..none() });
    assert_eq!(reasons(&discount(&known, &[again], &[]).unwrap()), [(1, DiscountRefusal::NotFirstOrder)]);
    let once = Offer { customer_limit: Some(1), used_by_customer: 1, ..base() };
    assert_eq!(reasons(&discount(&known, &[once], &[]).unwrap()), [(1, DiscountRefusal::CustomerUsedUp)]);
    let vip =
        with(Conditions { customer_tags: BTreeSet::from(["vip".to_owned()]), minimum_amount: Some(2_000), ..none() });
    assert_eq!(discount(&known, &[vip], &[]).unwrap().applied.len(), 1);
}

fn by_hand(line: Option<usize>, value: ByHandValue) -> ByHand {
    ByHand { line, value, reason: "scratched".to_owned(), staff_id: None, approved_by: None }
}

#[test]
fn a_price_by_hand_comes_first_and_something_off_last() {
    let given = [by_hand(None, ByHandValue::Percent(100_000)), by_hand(Some(0), ByHandValue::Price(900))];
    let promotion = offer(1, ORDER, Benefit::Fixed(100));
    let outcome = discount(&basket(vec![line(1, 1_000, 2)]), &[promotion], &given).unwrap();
    assert_eq!(amounts(&outcome), [(200, vec![200]), (100, vec![100]), (170, vec![170])]);
    assert!(outcome.needs_approval, "370 of 2,000 are above a tenth");
}

#[test]
fn who_allowed_it_counts_and_small_gifts_need_nobody() {
    let allowed = |line, value| ByHand { approved_by: Some(StaffId(Uuid::nil())), ..by_hand(line, value) };
    let basket = basket(vec![line(1, 1_000, 1), line(2, 105, 1)]);
    let asks = |given: &[ByHand]| discount(&basket, &[], given).unwrap().needs_approval;
    assert!(!asks(&[by_hand(None, ByHandValue::Percent(100_000))]));
    assert!(!asks(&[by_hand(Some(1), ByHandValue::Percent(100_000))]), "the odd yen of rounding does not count");
    assert!(asks(&[by_hand(Some(1), ByHandValue::Amount(13))]));
    assert!(asks(&[by_hand(Some(0), ByHandValue::Percent(90_000)), by_hand(Some(0), ByHandValue::Price(950))]));
    assert!(!asks(&[by_hand(Some(0), ByHandValue::Percent(90_000)), allowed(Some(0), ByHandValue::Price(10))]));
    let dearer = discount(&basket, &[], &[by_hand(Some(0), ByHandValue::Price(2_000))]).unwrap();
    assert!(dearer.applied.is_empty());
}

fn any_offer() -> impl Strategy<Value = Offer> {
    let target = prop::sample::select(vec![LINES, ORDER, SHIPPING]);
    let benefit = prop_oneof![
        (1..=1_000_000_i32).prop_map(Benefit::Percent),
        (1..5_000_i64).prop_map(Benefit::Fixed),
        Just(Benefit::Free),
    ];
    let goods = prop::collection::btree_set((1..4_u128).prop_map(product), 0..3);
    (target, benefit, prop::option::of(1..3_000_i64), any::<bool>(), 0..4_i32, goods).prop_map(
        |(target, benefit, maximum, is_exclusive, priority, products)| Offer {
            maximum,
            priority,
            stacking: if is_exclusive { PromotionStacking::Exclusive } else { PromotionStacking::Combine },
            conditions: Conditions { products, ..Conditions::default() },
            ..offer(0, target, benefit)
        },
    )
}

fn any_basket() -> impl Strategy<Value = Basket> {
    let currency = prop::sample::select(vec!["JPY", "EUR", "KWD"]).prop_map(|code| code.parse().unwrap());
    let lines = prop::collection::vec((1..4_u128, 0..9_999_i64, 1..7_i64), 1..7);
    let shipping = prop::option::of((0..2_000_i64, prop::sample::select(vec![0, 80_000, 100_000])));
    (currency, any::<bool>(), lines, shipping).prop_map(|(currency, prices_include_tax, lines, shipping)| Basket {
        currency,
        prices_include_tax,
        shipping,
        ..basket(lines.into_iter().map(|(number, price, quantity)| line(number, price, quantity)).collect())
    })
}

fn any_gift() -> impl Strategy<Value = ByHand> {
    let value = prop_oneof![
        (1..=1_000_000_i32).prop_map(ByHandValue::Percent),
        (1..3_000_i64).prop_map(ByHandValue::Amount),
        (0..3_000_i64).prop_map(ByHandValue::Price),
    ];
    (prop::option::of(0..7_usize), value).prop_map(|(line, value)| by_hand(line, value))
}

fn numbered(offers: Vec<Offer>) -> Vec<Offer> {
    (1..).zip(offers).map(|(number, it)| Offer { id: PromotionId(Uuid::from_u128(number)), ..it }).collect()
}

proptest! {
    /// Shares add up, nothing costs less than nothing, every offer is accounted for once.
    #[test]
    fn what_is_given_adds_up(
        basket in any_basket(),
        offers in prop::collection::vec(any_offer(), 0..6).prop_map(numbered),
        gifts in prop::collection::vec(any_gift(), 0..4),
    ) {
        let outcome = discount(&basket, &offers, &gifts).unwrap();
        for applied in &outcome.applied {
            let expected = if applied.target == SHIPPING { 0 } else { applied.amount };
            prop_assert!(applied.amount > 0 && applied.shares.iter().all(|share| *share >= 0));
            prop_assert_eq!(applied.shares.iter().sum::<i64>(), expected);
        }
        for (at, line) in basket.lines.iter().enumerate() {
            prop_assert!((0..=line.subtotal()).contains(&outcome.of_line(at)));
        }
        prop_assert!(outcome.of_shipping() <= basket.shipping.map_or(0, |(amount, _)| amount));
        let given = outcome.applied.iter().filter(|it| matches!(it.source, Source::Promotion { .. })).count();
        prop_assert_eq!(given + outcome.refused.len(), offers.len());
    }

    /// However offers are listed, the same ones win.
    #[test]
    fn the_order_of_offers_does_not_matter(
        basket in any_basket(),
        offers in prop::collection::vec(any_offer(), 0..6).prop_map(numbered),
    ) {
        let mut turned = offers.clone();
        turned.reverse();
        prop_assert_eq!(discount(&basket, &offers, &[]).unwrap().applied, discount(&basket, &turned, &[]).unwrap().applied);
    }

    /// No other way to combine saves more: neither one offer alone nor all that combine.
    #[test]
    fn nobody_saves_more_than_the_best(
        basket in any_basket(),
        offers in prop::collection::vec(any_offer(), 1..6).prop_map(numbered),
    ) {
        let basket = Basket { prices_include_tax: true, ..basket };
        let saved = |offers: &[Offer]| {
            discount(&basket, offers, &[]).unwrap().applied.iter().map(|applied| applied.amount).sum::<i64>()
        };
        let best = saved(&offers);
        for offer in offers.iter().filter(|offer| offer.stacking == PromotionStacking::Exclusive) {
            prop_assert!(saved(std::slice::from_ref(offer)) <= best);
        }
        let together: Vec<Offer> =
            offers.into_iter().filter(|offer| offer.stacking == PromotionStacking::Combine).collect();
        prop_assert!(saved(&together) <= best);
    }

    /// Two rates, with and without tax in prices, discounts, shipping, any number of decimals: what comes back unit by
    /// unit, and shipping with it, is what was paid.
    #[test]
    fn unit_by_unit_comes_back_what_was_paid(
        basket in any_basket(),
        offers in prop::collection::vec(any_offer(), 0..5).prop_map(numbered),
        gifts in prop::collection::vec(any_gift(), 0..3),
        rounding in prop::sample::select(TaxRounding::ALL.to_vec()),
    ) {
        let outcome = discount(&basket, &offers, &gifts).unwrap();
        let line = |(at, line): (usize, &BasketLine)| LineInput {
            unit_price: line.unit_price,
            quantity: line.quantity,
            discount: outcome.of_line(at),
            tax_rate_ppm: line.tax_rate_ppm,
        };
        let result = totals(&TotalsInput {
            currency: basket.currency,
            prices_include_tax: basket.prices_include_tax,
            tax_rounding: rounding,
            lines: basket.lines.iter().enumerate().map(line).collect(),
            shipping: basket.shipping.map(|(amount, tax_rate_ppm)| ShippingInput {
                amount,
                discount: outcome.of_shipping(),
                tax_rate_ppm,
            }),
            order_discount: 0,
        })
        .unwrap();
        prop_assert_eq!(result.discount_total, outcome.applied.iter().map(|applied| applied.amount).sum::<i64>());
        let mut back = result.shipping.map_or(0, |shipping| shipping.total);
        for (line, totals) in basket.lines.iter().zip(&result.lines) {
            for unit in 0..line.quantity {
                back += cumulative_unit_refund(totals.total, line.quantity, unit, 1).unwrap();
                prop_assert!(back <= result.total);
            }
        }
        prop_assert_eq!(back, result.total);
    }
}
