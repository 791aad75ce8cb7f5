//! What is stored although it follows from other facts: totals and derived statuses, recomputed by the functions that
//! wrote them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use entity::id::OrderId;
use entity::{fulfillment_order, order, order_line, order_shipping, order_tax, payment, payment_event, pickup, refund};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::report::{CheckResult, Finding, MAX_FINDINGS};
use crate::Result;
use crate::order::status;
use crate::payment::sums::Sums;
use crate::pricing::totals::{LineInput, ShippingInput, TotalsInput, totals};

/// Orders that are looked at together.
const BATCH: u64 = 500;

/// An order with everything that its totals and statuses follow from.
struct Facts {
    order: order::Model,
    lines: Vec<order_line::Model>,
    taxes: Vec<order_tax::Model>,
    shipping: Vec<order_shipping::Model>,
    work: Vec<fulfillment_order::Model>,
    pickups: Vec<pickup::Model>,
    refunds: Vec<refund::Model>,
    paid: Sums,
}

/// Recomputes every order, in batches by id.
pub(super) async fn run(db: &impl ConnectionTrait) -> [CheckResult; 2] {
    let (mut wrong_totals, mut wrong_statuses) = (Vec::new(), Vec::new());
    let walked = walk(db, &mut wrong_totals, &mut wrong_statuses).await;
    let totals =
        ("order_totals_recomputed", 4, "totals = the pure recomputation from lines, discounts, taxes and shipping");
    let statuses = ("order_statuses_recomputed", 8, "derived statuses = what payments, work and lines say");
    match walked {
        Ok(()) => [CheckResult::new(totals, Ok(wrong_totals)), CheckResult::new(statuses, Ok(wrong_statuses))],
        Err(error) => [CheckResult::new(totals, Err(error.clone())), CheckResult::new(statuses, Err(error))],
    }
}

async fn walk(
    db: &impl ConnectionTrait,
    wrong_totals: &mut Vec<Finding>,
    wrong_statuses: &mut Vec<Finding>,
) -> Result<()> {
    let mut after: Option<OrderId> = None;
    while wrong_totals.len() <= MAX_FINDINGS || wrong_statuses.len() <= MAX_FINDINGS {
        let mut query = order::Entity::find().order_by_asc(order::Column::Id).limit(BATCH);
        if let Some(last) = after {
            query = query.filter(order::Column::Id.gt(last));
        }
        let orders = query.all(db).await?;
        let Some(last) = orders.last() else { break };
        after = Some(last.id);
        for facts in gather(db, orders).await? {
            wrong_totals.extend(check_totals(&facts));
            wrong_statuses.extend(check_statuses(&facts));
        }
        wrong_totals.truncate(MAX_FINDINGS + 1);
        wrong_statuses.truncate(MAX_FINDINGS + 1);
    }
    Ok(())
}

async fn gather(db: &impl ConnectionTrait, orders: Vec<order::Model>) -> Result<Vec<Facts>> {
    let ids: Vec<OrderId> = orders.iter().map(|order| order.id).collect();
    let mut lines = by_order(
        order_line::Entity::find()
            .filter(order_line::Column::OrderId.is_in(ids.iter().copied()))
            .order_by_asc(order_line::Column::Position)
            .all(db)
            .await?,
        |line| line.order_id,
    );
    let mut taxes = by_order(
        order_tax::Entity::find().filter(order_tax::Column::OrderId.is_in(ids.iter().copied())).all(db).await?,
        |tax| tax.order_id,
    );
    let mut shipping = by_order(
        order_shipping::Entity::find()
            .filter(order_shipping::Column::OrderId.is_in(ids.iter().copied()))
            .all(db)
            .await?,
        |shipping| shipping.order_id,
    );
    let mut work = by_order(
        fulfillment_order::Entity::find()
            .filter(fulfillment_order::Column::OrderId.is_in(ids.iter().copied()))
            .all(db)
            .await?,
        |work| work.order_id,
    );
    let mut pickups = by_order(
        pickup::Entity::find().filter(pickup::Column::OrderId.is_in(ids.iter().copied())).all(db).await?,
        |pickup| pickup.order_id,
    );
    let mut refunds = by_order(crate::order::refund::of_orders(db, &ids).await?, |refund| refund.order_id);
    let paid = paid(db, &ids).await?;
    Ok(orders
        .into_iter()
        .map(|order| Facts {
            lines: lines.remove(&order.id).unwrap_or_default(),
            taxes: taxes.remove(&order.id).unwrap_or_default(),
            shipping: shipping.remove(&order.id).unwrap_or_default(),
            work: work.remove(&order.id).unwrap_or_default(),
            pickups: pickups.remove(&order.id).unwrap_or_default(),
            refunds: refunds.remove(&order.id).unwrap_or_default(),
            paid: paid.get(&order.id).copied().unwrap_or_default(),
            order,
        })
        .collect())
}

fn by_order<T>(rows: Vec<T>, order_of: impl Fn(&T) -> OrderId) -> HashMap<OrderId, Vec<T>> {
    let mut sorted: HashMap<OrderId, Vec<T>> = HashMap::new();
    for row in rows {
        sorted.entry(order_of(&row)).or_default().push(row);
    }
    sorted
}

async fn paid(db: &impl ConnectionTrait, ids: &[OrderId]) -> Result<HashMap<OrderId, Sums>> {
    let rows = payment_event::Entity::find()
        .find_also_related(payment::Entity)
        .filter(payment::Column::OrderId.is_in(ids.iter().copied()))
        .all(db)
        .await?;
    let mut sums: HashMap<OrderId, Sums> = HashMap::new();
    for (event, payment) in rows {
        if let Some(order_id) = payment.and_then(|payment| payment.order_id) {
            let sum = sums.entry(order_id).or_default();
            *sum = sum.with(event.kind, event.outcome, event.amount);
        }
    }
    Ok(sums)
}

fn check_totals(facts: &Facts) -> Option<Finding> {
    let order = &facts.order;
    let finding = |detail: String| Some(Finding { subject: order.id.to_string(), detail });
    let mut sums = Recomputed::default();
    for revision in revisions(facts) {
        if let Err(wrong) = sums.add(facts, revision) {
            return finding(format!("{}: revision {revision}: {wrong}", order.number));
        }
    }
    let stored = [order.subtotal, order.discount_total, order.shipping_total, order.tax_total, order.total];
    if stored != sums.totals {
        return finding(format!("{}: stored {stored:?}, computed {:?}", order.number, sums.totals));
    }
    let stated: BTreeMap<i32, (i64, i64)> =
        facts.taxes.iter().map(|tax| (tax.rate_ppm, (tax.taxable, tax.tax))).collect();
    if stated == sums.taxes && stated.len() == facts.taxes.len() {
        None
    } else {
        finding(format!("{}: taxes {stated:?}, computed {:?}", order.number, sums.taxes))
    }
}

/// The revisions of an order; the first is there even without lines.
fn revisions(facts: &Facts) -> BTreeSet<i32> {
    let lines = facts.lines.iter().map(|line| line.revision);
    lines.chain(facts.shipping.iter().map(|shipping| shipping.revision)).chain([1]).collect()
}

/// What the revisions of an order come to, each computed alone.
#[derive(Default)]
struct Recomputed {
    /// Subtotal, discounts, shipping, tax, total.
    totals: [i64; 5],
    /// By rate: what is taxed without tax, and the tax.
    taxes: BTreeMap<i32, (i64, i64)>,
}

impl Recomputed {
    fn add(&mut self, facts: &Facts, revision: i32) -> Result<(), String> {
        let order = &facts.order;
        let lines: Vec<&order_line::Model> = facts.lines.iter().filter(|line| line.revision == revision).collect();
        let shipping: Vec<_> = facts.shipping.iter().filter(|shipping| shipping.revision == revision).collect();
        if shipping.len() > 1 {
            return Err(format!("shipped {} times", shipping.len()));
        }
        let computed = totals(&TotalsInput {
            currency: order.currency,
            prices_include_tax: order.prices_include_tax,
            tax_rounding: order.tax_rounding,
            lines: lines.iter().map(|line| line_input(line)).collect(),
            shipping: shipping.first().map(|shipping| ShippingInput {
                amount: shipping.amount,
                discount: shipping.discount,
                tax_rate_ppm: shipping.tax_rate_ppm,
            }),
            // A discount on the whole order is kept in the shares of its lines.
            order_discount: 0,
        })
        .map_err(|error| error.to_string())?;
        let agrees = lines.iter().zip(&computed.lines).all(|(line, computed)| {
            (line.subtotal, line.discount, line.tax, line.total)
                == (computed.subtotal, computed.discount, computed.tax, computed.total)
        });
        if !agrees {
            return Err("the shares of the lines differ".to_owned());
        }
        let parts =
            [computed.subtotal, computed.discount_total, computed.shipping_total, computed.tax_total, computed.total];
        self.totals.iter_mut().zip(parts).for_each(|(sum, part)| *sum += part);
        for rate in &computed.taxes {
            let sum = self.taxes.entry(rate.rate_ppm).or_default();
            sum.0 += rate.net(order.prices_include_tax);
            sum.1 += rate.tax;
        }
        Ok(())
    }
}

const fn line_input(line: &order_line::Model) -> LineInput {
    LineInput {
        unit_price: line.unit_price,
        quantity: line.quantity,
        discount: line.discount,
        tax_rate_ppm: line.tax_rate_ppm,
    }
}

fn check_statuses(facts: &Facts) -> Vec<Finding> {
    let order = &facts.order;
    let paid = status::payment(order.total, &facts.lines, &facts.shipping, &facts.refunds, &facts.paid);
    let pairs = [
        ("payment", order.payment_status.as_str(), paid.as_ref().map_or("cannot be told", |status| status.as_str())),
        ("fulfillment", order.fulfillment_status.as_str(), status::fulfillment(&facts.lines, &facts.work).as_str()),
        ("pickup", order.pickup_status.as_str(), status::pickup(&facts.lines, &facts.pickups).as_str()),
        ("return", order.return_status.as_str(), status::returns(&facts.lines).as_str()),
    ];
    pairs
        .into_iter()
        .filter(|(_, stored, computed)| stored != computed)
        .map(|(axis, stored, computed)| Finding {
            subject: order.id.to_string(),
            detail: format!("{}: {axis} status {stored}, the facts say {computed}", order.number),
        })
        .collect()
}
