//! Whatever goes back, in whatever portions and by whatever way: exactly what was paid, never more on the way.
//!
//! `HITOTSU_SEED` repeats a run, `HITOTSU_PROOFS` says how many orders are tried.

use std::collections::BTreeMap;

use domain::fulfillment::complete_cart::{CompleteCart, complete_cart};
use domain::kernel::random::Random;
use domain::order::credit_note;
use domain::order::refund::{self, CreateRefund, RefundWish, create_refund, suggested};
use domain::payment::sums::Sums;
use domain::payment::tender::TenderInput;
use domain::pickup::cancel_order::{CancelOrder, cancel_order};
use domain::promotion::conditions::Conditions;
use domain::promotion::offer::Benefit;
use domain::promotion::upsert::UpsertPromotion;
use domain::returns::counter::{CounterLine, ReturnAtCounter, return_at_counter};
use domain::{Ctx, ErrorCode, Permission};
use entity::id::{OrderId, OrderLineId, ProductId};
use entity::money::{Currency, Money};
use entity::words::*;
use entity::{cart, order};
use sea_orm::EntityTrait;
use support::{World, both_databases};

use crate::fulfillment::shop::{Line, Shop};
use crate::promotion::{plain, running};
use crate::stored_value::gift;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// What becomes of one unit, or of a part of what shipping cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Cancel(OrderLineId),
    Refund(OrderLineId),
    Return(OrderLineId),
    Shipping(i64),
    Kindness(i64),
}

/// One order on its way back.
struct Proof {
    shop: Shop,
    clerk: Ctx,
    order: order::Model,
    /// Names the run in what fails.
    name: String,
    steps: usize,
}

impl Proof {
    fn world(&self) -> &World {
        &self.shop.world
    }

    fn key(&mut self) -> String {
        self.steps += 1;
        format!("{}-{}", self.order.id, self.steps)
    }

    fn money(&self, minor: i64) -> Money {
        Money::new(minor, self.order.currency)
    }

    async fn take(&mut self, step: Step) {
        let key = self.key();
        match step {
            Step::Cancel(line) => {
                let input = CancelOrder {
                    order_id: self.order.id,
                    lines: vec![(line, 1)],
                    reason: CancelReason::Customer,
                    notify: false,
                    note: None,
                    expected_version: None,
                    idempotency_key: key,
                };
                cancel_order(&self.clerk, input).await.unwrap_or_else(|error| panic!("{}: {error}", self.name));
            }
            Step::Return(line) => {
                let input = self.handed_in(line, key);
                return_at_counter(&self.clerk, input).await.unwrap_or_else(|error| panic!("{}: {error}", self.name));
            }
            Step::Refund(_) | Step::Shipping(_) | Step::Kindness(_) => {
                let mut wish = RefundWish { claw_back: true, ..self.wish(step) };
                // Discounts can take all of a unit, and nothing is not refunded.
                wish.claw_back = suggested(&self.clerk, &wish).await.unwrap().amount > 0;
                let input = CreateRefund {
                    wish,
                    note: None,
                    destination: RefundDestination::Original,
                    register_id: None,
                    expected_amount: None,
                    refund_amount_available: None,
                    idempotency_key: key,
                };
                create_refund(&self.clerk, input)
                    .await
                    .unwrap_or_else(|error| panic!("{} {step:?}: {error}", self.name));
            }
        }
        self.check(step).await;
    }

    fn wish(&self, step: Step) -> RefundWish {
        let (units, shipping, amount) = match step {
            Step::Refund(line) | Step::Cancel(line) | Step::Return(line) => (vec![(line, 1)], None, None),
            Step::Shipping(minor) => (Vec::new(), Some(self.money(minor)), None),
            Step::Kindness(minor) => (Vec::new(), None, Some(self.money(minor))),
        };
        RefundWish {
            order_id: self.order.id,
            units,
            shipping,
            amount,
            fee: None,
            claw_back: false,
            reason: RefundReason::Goodwill,
        }
    }

    fn handed_in(&self, line: OrderLineId, key: String) -> ReturnAtCounter {
        ReturnAtCounter {
            register_id: None,
            location_id: Some(self.shop.store.id),
            order_id: self.order.id,
            lines: vec![CounterLine {
                order_line_id: Some(line),
                variant_id: None,
                quantity: 1,
                reason: None,
                used: false,
                disposition: Disposition::Restock,
                note: String::new(),
                photo: None,
            }],
            units: vec![],
            refund_to: RefundDestination::Original,
            shipping: None,
            waive_fees: false,
            note: String::new(),
            destination_location_id: None,
            override_reason: None,
            approval: None,
            idempotency_key: key,
        }
    }

    async fn back(&self) -> i64 {
        let refunds = refund::of_orders(self.world().db(), &[self.order.id]).await.unwrap();
        refunds.iter().map(|refund| refund.amount).sum()
    }

    /// What credit notes say per rate: with tax, and the tax.
    async fn noted(&self) -> BTreeMap<i32, (i64, i64)> {
        let mut rates: BTreeMap<i32, (i64, i64)> = BTreeMap::new();
        for note in credit_note::of_orders(self.world().db(), &[self.order.id]).await.unwrap() {
            for tax in credit_note::parse(&note).unwrap().taxes {
                let rate = rates.entry(tax.rate_ppm).or_default();
                *rate = (rate.0 + tax.gross, rate.1 + tax.tax);
            }
        }
        rates
    }

    async fn charged(&self) -> BTreeMap<i32, (i64, i64)> {
        let taxes = domain::order::query::taxes(self.world().db(), &[self.order.id]).await.unwrap();
        taxes.iter().map(|tax| (tax.rate_ppm, (tax.taxable + tax.tax, tax.tax))).collect()
    }

    /// What must hold after every step.
    async fn check(&self, step: Step) {
        let (name, db) = (&self.name, self.world().db());
        let back = self.back().await;
        assert!(back <= self.order.total, "{name}: {back} of {} went back by {step:?}", self.order.total);
        let notes = credit_note::of_orders(db, &[self.order.id]).await.unwrap();
        let told: i64 = notes.iter().map(|note| credit_note::parse(note).unwrap().total).sum();
        assert_eq!(told, back, "{name}: credit notes after {step:?}");
        let (noted, charged) = (self.noted().await, self.charged().await);
        for (rate, (gross, tax)) in noted {
            let most = charged[&rate];
            assert!(
                gross <= most.0 && tax <= most.1,
                "{name}: {gross} with {tax} tax of {most:?} at {rate} by {step:?}"
            );
        }
        let now = domain::order::query::by_id(db, self.order.id).await.unwrap().unwrap();
        let left = refund::balance(db, &now).await.unwrap();
        assert_eq!(left.available, self.order.total - back, "{name}: after {step:?}");
    }

    /// What must hold when nothing is left.
    async fn check_whole(&mut self) {
        let (name, db) = (self.name.clone(), self.world().db().clone());
        let refunds = refund::of_orders(&db, &[self.order.id]).await.unwrap();
        let told: Vec<_> = refunds
            .iter()
            .map(|row| (row.reason.as_str(), row.amount, row.shipping_amount, row.fee_amount, row.claw_back_amount))
            .collect();
        assert_eq!(self.back().await, self.order.total, "{name}: {told:?}");
        let mut charged = self.charged().await;
        charged.retain(|_, (gross, _)| *gross > 0);
        assert_eq!(self.noted().await, charged, "{name}");
        let now = domain::order::query::by_id(&db, self.order.id).await.unwrap().unwrap();
        assert_eq!(now.payment_status, OrderPaymentStatus::Refunded, "{name}");
        let payments = domain::payment::query::of_orders(&db, &[self.order.id]).await.unwrap();
        for payment in payments {
            let events = domain::payment::query::events(&db, &[payment.id]).await.unwrap();
            let sums = Sums::of(&events);
            assert_eq!((sums.captured, sums.refunded), (payment.amount, payment.amount), "{name}: {}", payment.gateway);
        }
        let line = domain::order::query::lines(&db, &[self.order.id]).await.unwrap()[0].id;
        let key = self.key();
        for wish in [self.wish(Step::Refund(line)), self.wish(Step::Kindness(1)), self.wish(Step::Shipping(1))] {
            let input = CreateRefund {
                wish,
                note: None,
                destination: RefundDestination::Original,
                register_id: None,
                expected_amount: None,
                refund_amount_available: None,
                idempotency_key: format!("{key}-{}", self.world().new_uuid()),
            };
            let refused = create_refund(&self.clerk, input).await.unwrap_err().code();
            assert!(matches!(refused, ErrorCode::InvalidQuantity | ErrorCode::InvalidAmount), "{name}: {refused}");
        }
    }

    /// Sends what is still to be sent.
    async fn dispatch(&mut self) {
        let work = domain::fulfillment::query::of_orders(self.world().db(), &[self.order.id]).await.unwrap();
        for work in work.iter().filter(|work| work.status == FulfillmentOrderStatus::Open) {
            let input = domain::shipping::ship::Ship {
                work: domain::fulfillment::desk::WorkRef { id: work.id, expected_version: None },
                label: domain::shipping::parcel::Label { carrier: Some(Carrier::Yamato), ..Default::default() },
                tracking_number: None,
                units: Vec::new(),
                idempotency_key: format!("ship-{}", work.id),
            };
            domain::shipping::ship::ship(&self.clerk, input).await.unwrap();
        }
    }
}

fn tender(gateway: Gateway, amount: Option<Money>, code: Option<String>) -> TenderInput {
    TenderInput {
        gateway,
        amount,
        tendered: None,
        reference: None,
        test_outcome: TestOutcome::Approve,
        code,
        method: None,
    }
}

/// What an order is made of, beside its goods.
struct Terms {
    currency: Currency,
    included: bool,
    rounding: TaxRounding,
    shipping: i64,
}

impl Shop {
    /// The same shop with a channel of its own.
    async fn selling(&self, code: &str, terms: &Terms) -> Self {
        let channel = self.world.channel(code).served_by(&self.warehouse).with(|row| {
            row.currency = terms.currency;
            row.prices_include_tax = terms.included;
            row.tax_rounding = terms.rounding;
            row.default_locale = "en".to_owned();
        });
        let online = channel.create().await;
        let shipping = self.world.shipping_method(&online, "standard", terms.shipping).await.create().await.id;
        Self { online, shipping, ..self.clone() }
    }
}

async fn discounts(shop: &Shop, random: &Random, product: ProductId) {
    let channel = &shop.online;
    // Some ask for a minimum, which the goods that stay may miss later.
    let minimum_amount = (random.below(2) == 0).then(|| 1 + random.below(500) as i64);
    let of = |benefit, target, products: Vec<ProductId>, priority| UpsertPromotion {
        target,
        currency: Some(channel.currency),
        priority,
        conditions: Conditions {
            channels: [channel.id].into(),
            products: products.into_iter().collect(),
            minimum_amount,
            ..Conditions::default()
        },
        ..plain(&format!("{}-{priority}", channel.code), PromotionTrigger::Automatic, benefit)
    };
    let percent = |random: &Random| Benefit::Percent(1 + random.below(400_000) as i32);
    running(&shop.world, of(percent(random), PromotionTarget::Lines, vec![product], 0)).await;
    let whole = if random.below(2) == 0 { percent(random) } else { Benefit::Fixed(1 + random.below(9) as i64) };
    running(&shop.world, of(whole, PromotionTarget::Order, Vec::new(), 1)).await;
    if random.below(2) == 0 {
        running(&shop.world, of(percent(random), PromotionTarget::Shipping, Vec::new(), 2)).await;
    }
}

/// Goods at two rates, discounts, shipping, one tender or two.
async fn bought(shop: Shop, clerk: &Ctx, random: &Random, name: String) -> Proof {
    let world = &shop.world;
    let mut lines: Vec<Line> = Vec::new();
    for number in 0..2 + random.below(3) {
        let price = 40 + random.below([80, 3_000, 90_000][random.below(3) as usize]) as i64;
        let product = world.product(&format!("{}-{number}", shop.online.code)).price(&shop.online, price);
        let product = product.stock(&shop.warehouse, 20);
        let product = if number % 2 == 1 { product.reduced_tax() } else { product };
        let sku = product.create().await;
        if number == 0 {
            discounts(&shop, random, sku.product.id).await;
        }
        lines.push((sku.id(), 1 + random.below(4) as i64, DeliveryMethod::Ship, None));
    }
    let (cart_id, buyer) = shop.cart(&lines).await;
    let row = cart::Entity::find_by_id(cart_id).one(world.db()).await.unwrap().unwrap();
    let total = domain::cart::look(&world.ctx(), row).await.unwrap().priced.totals.total;
    let money = |minor| Money::new(minor, shop.online.currency);
    let part = 1 + random.below(u64::try_from(total - 1).unwrap()) as i64;
    let payments = match random.below(3) {
        0 => vec![tender(Gateway::Test, None, None)],
        1 => vec![tender(Gateway::Test, Some(money(part)), None), tender(Gateway::Test, None, None)],
        _ => {
            let input = domain::stored_value::staff::IssueCard {
                amount: money(part),
                ..gift(shop.online.id, part, &format!("card-{name}"))
            };
            let card = domain::stored_value::staff::issue_card(clerk, input).await.unwrap().account.id;
            let code = domain::stored_value::card::code(&world.services().secrets, card);
            vec![tender(Gateway::GiftCard, None, Some(code)), tender(Gateway::Test, None, None)]
        }
    };
    let input = CompleteCart { cart_id, expected_total: money(total), payments, idempotency_key: "buy".to_owned() };
    let order = complete_cart(&buyer, input).await.unwrap_or_else(|error| panic!("{name}: {error}")).order;
    assert_eq!((order.payment_status, order.total), (OrderPaymentStatus::Paid, total), "{name}");
    Proof { shop, clerk: clerk.clone(), order, name, steps: 0 }
}

fn shuffled(random: &Random, mut steps: Vec<Step>) -> Vec<Step> {
    let mut mixed = Vec::with_capacity(steps.len());
    while !steps.is_empty() {
        mixed.push(steps.swap_remove(random.below(steps.len() as u64) as usize));
    }
    mixed
}

/// Each unit once: some before the parcel leaves, the others afterwards, and what shipping cost in two parts.
async fn bring_back(proof: &mut Proof, random: &Random, kindly: bool) {
    let db = proof.world().db().clone();
    let lines = domain::order::query::lines(&db, &[proof.order.id]).await.unwrap();
    let (mut early, mut late) = (Vec::new(), Vec::new());
    for line in lines.iter().flat_map(|line| std::iter::repeat_n(line.id, line.quantity as usize)) {
        match random.below(4) {
            0 => early.push(Step::Cancel(line)),
            1 if !kindly => early.push(Step::Refund(line)),
            2 if !kindly => late.push(Step::Refund(line)),
            _ => late.push(Step::Return(line)),
        }
    }
    let all_canceled = late.is_empty() && early.iter().all(|step| matches!(step, Step::Cancel(_)));
    for step in shuffled(random, early) {
        proof.take(step).await;
    }
    if !all_canceled {
        proof.dispatch().await;
        let shipping: i64 =
            domain::order::query::shipping(&db, &[proof.order.id]).await.unwrap().iter().map(|row| row.total).sum();
        let first = random.below(u64::try_from(shipping + 1).unwrap()) as i64;
        late.extend([first, shipping - first].into_iter().filter(|part| *part > 0).map(Step::Shipping));
        if kindly && !late.is_empty() {
            let left = proof.order.total - proof.back().await;
            // Less than any unit is worth, so that every step has something to give.
            proof.take(Step::Kindness(1 + random.below(u64::try_from(left.min(9)).unwrap()) as i64)).await;
        }
    }
    // A kindness makes the last step cheaper: staff may not refund nothing, a return may.
    let held = late.iter().position(|step| kindly && matches!(step, Step::Return(_))).map(|at| late.swap_remove(at));
    for step in shuffled(random, late).into_iter().chain(held) {
        proof.take(step).await;
    }
}

async fn prove(world: &World, seed: u64, cases: u64) {
    eprintln!("HITOTSU_SEED={seed} repeats this");
    let shop = Shop::open(world).await;
    let may = [
        Permission::OrdersCancel,
        Permission::OrdersRead,
        Permission::RefundsIssue,
        Permission::ReturnsWork,
        Permission::FulfillmentWork,
        Permission::StoredValueWrite,
    ];
    let clerk = world.staff(&may).await;
    for case in 0..cases {
        let random = Random::seeded(seed.wrapping_add(case));
        let terms = Terms {
            currency: ["JPY", "EUR", "KWD", "USD", "BHD"][case as usize % 5].parse().unwrap(),
            included: case % 2 == 0,
            rounding: [TaxRounding::Down, TaxRounding::HalfUp, TaxRounding::Up][random.below(3) as usize],
            shipping: random.below(900) as i64,
        };
        let name = format!("seed {seed}, case {case} in {}", terms.currency);
        let own = shop.selling(&format!("c{case}"), &terms).await;
        let mut proof = bought(own, &clerk, &random, name).await;
        bring_back(&mut proof, &random, case % 3 == 2).await;
        proof.check_whole().await;
        // A cart looks at so many promotions at most.
        entity::promotion::Entity::update_many()
            .col_expr(entity::promotion::Column::Active, sea_orm::sea_query::Expr::value(false))
            .exec(world.db())
            .await
            .unwrap();
    }
}

/// Lines of price and units in a channel of yen, shipping for nothing.
async fn plain_order(world: &World, included: bool, lines: &[(i64, i64)], off: i64) -> Proof {
    let terms = Terms { currency: Currency::JPY, included, rounding: TaxRounding::Down, shipping: 0 };
    let shop = Shop::open(world).await.selling("plain", &terms).await;
    let mut wanted: Vec<Line> = Vec::new();
    for (number, (price, quantity)) in lines.iter().enumerate() {
        let product = world.product(&format!("goods-{number}")).price(&shop.online, *price);
        let sku = product.stock(&shop.warehouse, 20).create().await;
        wanted.push((sku.id(), *quantity, DeliveryMethod::Ship, None));
    }
    if off > 0 {
        running(world, plain("off", PromotionTrigger::Automatic, Benefit::Fixed(off))).await;
    }
    let (cart_id, buyer) = shop.cart(&wanted).await;
    let row = cart::Entity::find_by_id(cart_id).one(world.db()).await.unwrap().unwrap();
    let total = domain::cart::look(&world.ctx(), row).await.unwrap().priced.totals.total;
    let order = crate::fulfillment::shop::buy(&buyer, cart_id, total, "buy").await.unwrap().order;
    let clerk = world.staff(&[Permission::RefundsIssue, Permission::OrdersRead]).await;
    Proof { shop, clerk, order, name: "plain".to_owned(), steps: 0 }
}

async fn give_back_one_by_one(proof: &mut Proof) -> Vec<i64> {
    let id: OrderId = proof.order.id;
    let db = proof.world().db().clone();
    for line in domain::order::query::lines(&db, &[id]).await.unwrap() {
        for _ in 0..line.quantity {
            proof.take(Step::Refund(line.id)).await;
        }
    }
    refund::of_orders(&db, &[id]).await.unwrap().iter().map(|refund| refund.amount).collect()
}

both_databases! {
    /// Random orders in currencies of 0, 2 and 3 decimals, taxed at two rates in or on top of their prices, with
    /// discounts, shipping and several tenders: each unit canceled, refunded or returned by itself.
    async fn any_way_back_gives_what_was_paid(world: World) {
        let seed = number("HITOTSU_SEED", u64::from(std::process::id()));
        Box::pin(prove(&world, seed, number("HITOTSU_PROOFS", 10))).await;
    }

    /// ¥105 three times at 10 % on top: 31 of tax, not 30, as one line and as three; unit by unit they come back.
    async fn three_at_105_carry_31_of_tax(world: World) {
        let mut proof = plain_order(&world, false, &[(105, 1); 3], 0).await;
        assert_eq!((proof.order.tax_total, proof.order.total), (31, 346));
        assert_eq!(give_back_one_by_one(&mut proof).await, [116, 115, 115]);
        proof.check_whole().await;
    }

    /// The same as one line.
    async fn three_of_105_carry_31_of_tax(world: World) {
        let mut proof = plain_order(&world, false, &[(105, 3)], 0).await;
        assert_eq!((proof.order.tax_total, proof.order.total), (31, 346));
        assert_eq!(give_back_one_by_one(&mut proof).await, [116, 115, 115]);
        proof.check_whole().await;
    }

    /// ¥1,000 for three units come back as ¥1,000.
    async fn a_thousand_over_three_comes_back_as_a_thousand(world: World) {
        let mut proof = plain_order(&world, true, &[(334, 3)], 2).await;
        assert_eq!(proof.order.total, 1_000);
        assert_eq!(give_back_one_by_one(&mut proof).await, [334, 333, 333]);
        proof.check_whole().await;
    }
}
