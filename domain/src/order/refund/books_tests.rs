//! The arithmetic of refunds on random orders: books and credit notes together, without a database.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use entity::id::{OrderLineId, OrderShippingId, PaymentId, TaxClassId, VariantId};
use entity::money::Currency;
use entity::words::*;
use entity::{order_line, order_shipping, refund, refund_line};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::order::refund::books::Ask;
use crate::payment::refundable::Tender;
use crate::pricing::totals::{LineInput, ShippingInput, Totals, TotalsInput, totals};

/// One line: price, units, own discount in parts per thousand of what it costs, whether its tax is reduced.
type Wanted = (i64, i64, i64, bool);

/// An order before anything went back.
#[derive(Debug, Clone)]
struct Basket {
    input: TotalsInput,
}

fn basket() -> impl Strategy<Value = Basket> {
    let line = (1..50_000_i64, 1..6_i64, 0..600_i64, any::<bool>());
    let rounding = prop_oneof![Just(TaxRounding::Down), Just(TaxRounding::HalfUp), Just(TaxRounding::Up)];
    (prop::collection::vec(line, 1..5), any::<bool>(), rounding, 0..500_i64, 0..3_000_i64).prop_map(
        |(lines, prices_include_tax, tax_rounding, off, shipping): (Vec<Wanted>, _, _, _, _)| {
            let lines: Vec<LineInput> = lines
                .into_iter()
                .map(|(unit_price, quantity, off, reduced)| LineInput {
                    unit_price,
                    quantity,
                    discount: unit_price * quantity * off / 1_000,
                    tax_rate_ppm: if reduced { 80_000 } else { 100_000 },
                })
                .collect();
            let left: i64 = lines.iter().map(|line| line.unit_price * line.quantity - line.discount).sum();
            let shipping = Some(ShippingInput { amount: shipping, discount: shipping / 7, tax_rate_ppm: 100_000 });
            let order_discount = left * off / 1_000;
            let currency = Currency::JPY;
            Basket {
                input: TotalsInput { currency, prices_include_tax, tax_rounding, lines, shipping, order_discount },
            }
        },
    )
}

fn line_id(number: usize) -> OrderLineId {
    OrderLineId(Uuid::from_u128(u128::try_from(number).unwrap() + 1))
}

/// The order's row: the arithmetic reads its total alone.
fn order_of(input: &TotalsInput, totals: &Totals) -> entity::order::Model {
    let now = chrono::DateTime::UNIX_EPOCH;
    entity::order::Model {
        id: OrderId(Uuid::nil()),
        number: String::new(),
        channel_id: ChannelId(Uuid::nil()),
        customer_id: None,
        status: OrderStatus::Open,
        payment_status: OrderPaymentStatus::Paid,
        fulfillment_status: OrderFulfillmentStatus::Unfulfilled,
        pickup_status: OrderPickupStatus::None,
        return_status: OrderReturnStatus::None,
        currency: input.currency,
        locale: "ja".to_owned(),
        email: None,
        phone: None,
        contact_name: None,
        shipping_address: None,
        billing_address: None,
        prices_include_tax: input.prices_include_tax,
        tax_rounding: input.tax_rounding,
        subtotal: totals.subtotal,
        discount_total: totals.discount_total,
        shipping_total: totals.shipping_total,
        tax_total: totals.tax_total,
        total: totals.total,
        token_hash: None,
        cart_id: None,
        location_id: None,
        register_id: None,
        staff_id: None,
        external_reference: None,
        note: String::new(),
        placed_at: None,
        canceled_at: None,
        closed_at: None,
        version: 1,
        metadata: json!({}),
        private_metadata: json!({}),
        created_at: now,
        updated_at: now,
    }
}

fn lines_of(input: &TotalsInput, totals: &Totals) -> Vec<order_line::Model> {
    let rows = input.lines.iter().zip(&totals.lines).enumerate();
    rows.map(|(number, (line, sums))| order_line::Model {
        id: line_id(number),
        order_id: OrderId(Uuid::nil()),
        position: 1,
        variant_id: VariantId(Uuid::nil()),
        title: String::new(),
        variant_title: String::new(),
        sku: None,
        quantity: line.quantity,
        unit_price: line.unit_price,
        subtotal: sums.subtotal,
        discount: sums.discount,
        tax_class_id: TaxClassId(Uuid::nil()),
        tax_rate_ppm: line.tax_rate_ppm,
        tax: sums.tax,
        total: sums.total,
        delivery: DeliveryMethod::Ship,
        pickup_location_id: None,
        fulfilled: 0,
        canceled: 0,
        return_requested: 0,
        received_back: 0,
        metadata: json!({}),
        revision: 1,
    })
    .collect()
}

fn shipping_of(totals: &Totals) -> Vec<order_shipping::Model> {
    let row = |sums: crate::pricing::totals::ShippingTotals| order_shipping::Model {
        id: OrderShippingId(Uuid::nil()),
        order_id: OrderId(Uuid::nil()),
        method_id: None,
        name: String::new(),
        amount: sums.amount,
        tax_rate_ppm: 100_000,
        tax: sums.tax,
        total: sums.total,
        delivery_on: None,
        delivery_slot: None,
        discount: sums.discount,
        revision: 1,
    };
    totals.shipping.into_iter().map(row).collect()
}

/// The rows that facts leave behind, from which each step reads its books anew.
struct Shop {
    order: entity::order::Model,
    lines: Vec<order_line::Model>,
    shipping: Vec<order_shipping::Model>,
    charged: Vec<order_tax::Model>,
    refunds: Vec<refund::Model>,
    refund_lines: Vec<refund_line::Model>,
    noted: BTreeMap<i32, Rate>,
}

/// What is done to one unit, or to money alone.
#[derive(Debug, Clone, Copy)]
enum Step {
    Cancel(usize),
    GiveBack(usize),
    Shipping(i64),
    Kindness(i64),
}

impl Shop {
    fn of(basket: &Basket) -> Self {
        let sums = totals(&basket.input).unwrap();
        let charged = sums.taxes.iter().map(|rate| order_tax::Model {
            order_id: OrderId(Uuid::nil()),
            rate_ppm: rate.rate_ppm,
            name: String::new(),
            taxable: rate.net(basket.input.prices_include_tax),
            tax: rate.tax,
        });
        Self {
            order: order_of(&basket.input, &sums),
            lines: lines_of(&basket.input, &sums),
            shipping: shipping_of(&sums),
            charged: charged.collect(),
            refunds: Vec::new(),
            refund_lines: Vec::new(),
            noted: BTreeMap::new(),
        }
    }

    fn back(&self) -> i64 {
        self.refunds.iter().map(|refund| refund.amount).sum()
    }

    fn books(&self) -> Books {
        let tender = Tender {
            payment_id: PaymentId(Uuid::nil()),
            gateway: Gateway::Test,
            amount: self.order.total,
            captured: self.order.total,
            given_back: self.back(),
            reserved: 0,
            is_expected: false,
        };
        let rows = (self.refunds.clone(), self.refund_lines.clone());
        Books::of(self.lines.clone(), self.shipping.clone(), rows, vec![tender])
    }

    fn take(&mut self, step: Step) -> i64 {
        let mut books = self.books();
        let of = |line: usize| BTreeMap::from([(line_id(line), 1)]);
        let (plan, reason) = match step {
            Step::Cancel(line) => {
                let ask = Ask { units: of(line), ..Ask::default() };
                self.lines[line].canceled += 1;
                (books.cancel(&self.order, &ask), RefundReason::Canceled)
            }
            Step::GiveBack(line) => {
                (books.give_back(&self.order, &Ask { units: of(line), ..Ask::default() }, false), RefundReason::Other)
            }
            Step::Shipping(shipping) => {
                (books.give_back(&self.order, &Ask { shipping, ..Ask::default() }, false), RefundReason::Other)
            }
            Step::Kindness(goodwill) => {
                (books.give_back(&self.order, &Ask { goodwill, ..Ask::default() }, false), RefundReason::Goodwill)
            }
        };
        let plan = plan.unwrap();
        let number = u128::try_from(self.refunds.len()).unwrap() + 1;
        let id = RefundId(Uuid::from_u128(number));
        for units in &plan.units {
            self.refund_lines.push(refund_line::Model {
                refund_id: id,
                order_line_id: units.line_id,
                quantity: units.quantity,
                amount: units.amount,
            });
        }
        for tax in taxes(&self.charged, &self.noted, &plan) {
            let sum = self.noted.entry(tax.rate_ppm).or_default();
            sum.gross += tax.gross;
            sum.tax += tax.tax;
        }
        self.refunds.push(refund::Model {
            id,
            order_id: self.order.id,
            currency: self.order.currency,
            amount: plan.amount,
            shipping_amount: plan.shipping,
            reason,
            note: None,
            event_id: entity::id::EventId(Uuid::nil()),
            created_at: self.order.created_at,
            return_id: None,
            fee_amount: plan.fee,
            claw_back_amount: 0,
        });
        plan.amount
    }

    /// What must hold after each step.
    fn check(&self) -> Result<(), TestCaseError> {
        prop_assert!(self.back() <= self.order.total);
        prop_assert_eq!(self.noted.values().map(|rate| rate.gross).sum::<i64>(), self.back());
        for rate in &self.charged {
            let noted = self.noted.get(&rate.rate_ppm).copied().unwrap_or_default();
            prop_assert!(noted.gross <= rate.taxable + rate.tax && noted.tax <= rate.tax, "{:?} of {:?}", noted, rate);
        }
        Ok(())
    }

    /// What must hold when nothing is left.
    fn check_whole(&self) -> Result<(), TestCaseError> {
        prop_assert_eq!(self.back(), self.order.total);
        for rate in &self.charged {
            let noted = self.noted.get(&rate.rate_ppm).copied().unwrap_or_default();
            prop_assert_eq!((noted.gross, noted.tax), (rate.taxable + rate.tax, rate.tax));
        }
        Ok(())
    }
}

/// Every unit of a basket once, each canceled or given back, in the order in which keys sort.
fn units(basket: &Basket, keys: &[u32]) -> Vec<(u32, Step)> {
    let all = basket.input.lines.iter().enumerate();
    let all = all.flat_map(|(number, line)| (0..line.quantity).map(move |_| number));
    all.zip(keys.iter().cycle().enumerate())
        .map(|(line, (position, key))| {
            let key = key.rotate_left(u32::try_from(position).unwrap() % 31);
            (key, if key % 2 == 0 { Step::Cancel(line) } else { Step::GiveBack(line) })
        })
        .collect()
}

proptest! {
    /// Unit by unit in any order, canceled or given back, with shipping in two parts at any moment: what was paid.
    #[test]
    fn any_way_back_gives_what_was_paid(
        basket in basket(),
        keys in prop::collection::vec(any::<u32>(), 8),
        moments in any::<(u32, u32)>(),
    ) {
        let mut shop = Shop::of(&basket);
        let shipping: i64 = shop.shipping.iter().map(|row| row.total).sum();
        let mut steps = units(&basket, &keys);
        // Shipping goes back by itself when everything is canceled: only what is left of it is asked for then.
        let canceled_whole = steps.iter().all(|(_, step)| matches!(step, Step::Cancel(_)));
        if !canceled_whole {
            steps.push((moments.0, Step::Shipping(shipping / 3)));
            steps.push((moments.1, Step::Shipping(shipping - shipping / 3)));
        }
        steps.sort_by_key(|(key, _)| *key);
        for (_, step) in steps {
            shop.take(step);
            shop.check()?;
        }
        shop.check_whole()?;
    }

    /// A kindness in between makes the rest cheaper, and the whole is what was paid all the same, rate by rate.
    #[test]
    fn a_kindness_makes_the_rest_cheaper(
        basket in basket(),
        keys in prop::collection::vec(any::<u32>(), 8),
        (moment, part) in (any::<u32>(), 1..5_i64),
    ) {
        let mut shop = Shop::of(&basket);
        let shipping: i64 = shop.shipping.iter().map(|row| row.total).sum();
        let mut steps: Vec<(u32, Step)> = units(&basket, &keys)
            .into_iter()
            .map(|(key, step)| match step {
                Step::Cancel(line) => (key, Step::GiveBack(line)),
                other @ (Step::GiveBack(_) | Step::Shipping(_) | Step::Kindness(_)) => (key, other),
            })
            .collect();
        steps.push((moment, Step::Kindness(shop.order.total * part / 10)));
        steps.sort_by_key(|(key, _)| *key);
        steps.push((0, Step::Shipping(shipping)));
        for (_, step) in steps {
            let step = match step {
                Step::Kindness(most) => Step::Kindness(most.min(shop.order.total - shop.back())),
                other @ (Step::Cancel(_) | Step::GiveBack(_) | Step::Shipping(_)) => other,
            };
            shop.take(step);
            shop.check()?;
        }
        shop.check_whole()?;
    }
}

/// Line by line 10.5 three times is 30; the rate was charged 31 and gives back 31, unit by unit as well.
#[test]
fn three_at_105_give_back_their_31_of_tax() {
    for lines in [vec![(105, 3)], vec![(105, 1); 3]] {
        let line = |(unit_price, quantity)| LineInput { unit_price, quantity, discount: 0, tax_rate_ppm: 100_000 };
        let lines: Vec<LineInput> = lines.into_iter().map(line).collect();
        let input = TotalsInput {
            currency: Currency::JPY,
            prices_include_tax: false,
            tax_rounding: TaxRounding::Down,
            lines: lines.clone(),
            shipping: None,
            order_discount: 0,
        };
        let mut shop = Shop::of(&Basket { input });
        assert_eq!((shop.order.total, shop.charged[0].tax), (346, 31));
        for (number, line) in lines.iter().enumerate() {
            for _ in 0..line.quantity {
                shop.take(Step::GiveBack(number));
            }
        }
        assert_eq!((shop.back(), shop.noted[&100_000].tax), (346, 31));
    }
}
