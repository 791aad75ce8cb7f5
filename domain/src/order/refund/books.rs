//! What of an order can still go back and what its parts are worth: the one place for the arithmetic of refunds.
//!
//! A line gives back `paid(1..k) − paid(1..k−1)` for its k-th unit, by cumulative largest remainder, whether the unit was
//! canceled or came back: units given back one by one, in any order, give exactly what was paid. Tax goes the same way,
//! so no rate ever gives back more than it was charged.

use std::collections::{BTreeMap, BTreeSet};

use entity::id::{OrderId, OrderLineId, PaymentId, RefundId, StoredValueAccountId};
use entity::words::RefundReason;
use entity::{order, order_line, order_shipping, payment, payment_event, refund, refund_line};
use sea_orm::ConnectionTrait;

use crate::kernel::{Error, ErrorCode, Result};
use crate::order::given_back::{has_something_to_ship, is_shipped, something_shipped};
use crate::order::query;
use crate::payment::{self as payments, refundable::Tender, refundable::tenders};
use crate::pricing::allocation::{cumulative_unit_refund, largest_remainder};

/// What was agreed, paid and given back so far. Amounts are minor units.
#[derive(Debug, Clone)]
pub(crate) struct Books {
    /// Lines in order.
    pub lines: Vec<order_line::Model>,
    /// What shipping was paid for, oldest first.
    pub shipping: Vec<order_shipping::Model>,
    /// Decided before, oldest first.
    pub refunds: Vec<refund::Model>,
    /// What of each payment could go back, in order of capture.
    pub tenders: Vec<Tender>,
    /// The accounts of stored value that paid.
    pub accounts: BTreeMap<PaymentId, StoredValueAccountId>,
    /// Units per line whose money went back although they were not canceled.
    back: BTreeMap<OrderLineId, i64>,
    /// Per refund: Σ of its lines.
    of_lines: BTreeMap<RefundId, i64>,
}

/// Which units' money goes back, and what else. Amounts are minor units.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ask {
    /// Units per line.
    pub units: BTreeMap<OrderLineId, i64>,
    /// Of shipping, with tax.
    pub shipping: i64,
    /// Without goods: a kindness, or what was paid too much.
    pub goodwill: i64,
    /// Kept of the goods.
    pub fee: i64,
    /// Discounts that are kept, too, see [`super::claw_back`]; negative gives back what was kept before.
    pub claw_back: i64,
}

/// A part of a refund that is taxed at one rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Taxed {
    pub rate_ppm: i32,
    /// With tax.
    pub gross: i64,
    pub tax: i64,
}

/// Units of a line whose money goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Units {
    pub line_id: OrderLineId,
    pub quantity: i64,
    /// With tax.
    pub amount: i64,
    pub taxed: Taxed,
}

/// What goes back: `amount` = units + shipping + goodwill − fee − forgiven.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    pub units: Vec<Units>,
    pub shipping: i64,
    pub shipping_taxed: Vec<Taxed>,
    pub goodwill: i64,
    /// All that is kept; negative when more discounts are given back than fees are kept.
    pub fee: i64,
    /// The part of it that is discounts.
    pub claw_back: i64,
    /// The part of discounts which are given back that does not go out: the order costs so much less instead.
    pub forgiven: i64,
    pub amount: i64,
    /// What the order still costs afterwards, at least 0.
    pub due: i64,
}

/// Whether the units of a refund were canceled: goods that came back, claims and kindness leave them fulfilled.
pub(crate) fn is_of_canceled_units(refund: &refund::Model) -> bool {
    refund.return_id.is_none()
        && match refund.reason {
            RefundReason::Canceled
            | RefundReason::PickupExpired
            | RefundReason::Unfillable
            | RefundReason::Returned
            | RefundReason::OrderChanged => true,
            RefundReason::Goodwill | RefundReason::Other | RefundReason::Claim | RefundReason::Overpaid => false,
        }
}

impl Books {
    /// Reads the books of an order; six statements.
    pub(crate) async fn read(db: &impl ConnectionTrait, order: OrderId) -> Result<Self> {
        let lines = query::lines(db, &[order]).await?;
        let mut shipping = query::shipping(db, &[order]).await?;
        shipping.sort_by_key(|shipping| shipping.id);
        let refunds = super::of_orders(db, &[order]).await?;
        let ids: Vec<RefundId> = refunds.iter().map(|refund| refund.id).collect();
        let refund_lines = if ids.is_empty() { Vec::new() } else { super::lines(db, &ids).await? };
        let payments: Vec<payment::Model> = payments::query::of_orders(db, &[order]).await?;
        let of: Vec<PaymentId> = payments.iter().map(|payment| payment.id).collect();
        let events: Vec<payment_event::Model> = payments::query::events(db, &of).await?;
        let accounts = payments.iter().filter_map(|payment| Some((payment.id, payment.stored_value_account_id?)));
        let books = Self::of(lines, shipping, (refunds, refund_lines), tenders(&payments, &events));
        Ok(Self { accounts: accounts.collect(), ..books })
    }

    pub(crate) fn of(
        lines: Vec<order_line::Model>,
        shipping: Vec<order_shipping::Model>,
        (refunds, refund_lines): (Vec<refund::Model>, Vec<refund_line::Model>),
        tenders: Vec<Tender>,
    ) -> Self {
        let kept: BTreeSet<RefundId> =
            refunds.iter().filter(|refund| !is_of_canceled_units(refund)).map(|refund| refund.id).collect();
        let (mut back, mut of_lines) = (BTreeMap::new(), BTreeMap::new());
        for line in &refund_lines {
            *of_lines.entry(line.refund_id).or_default() += line.amount;
            if kept.contains(&line.refund_id) {
                *back.entry(line.order_line_id).or_default() += line.quantity;
            }
        }
        Self { lines, shipping, refunds, tenders, accounts: BTreeMap::new(), back, of_lines }
    }

    /// Units of a line whose money went back, or never comes.
    pub(crate) fn taken(&self, line: &order_line::Model) -> i64 {
        (line.canceled + self.back.get(&line.id).copied().unwrap_or(0)).min(line.quantity)
    }

    /// Units of a line whose money can still go back.
    pub(crate) fn left(&self, line: &order_line::Model) -> i64 {
        line.quantity - self.taken(line)
    }

    /// What was taken and neither went back nor is on its way.
    pub(crate) fn kept(&self) -> i64 {
        self.tenders.iter().map(Tender::kept).sum()
    }

    /// What is reserved and not taken.
    pub(crate) fn reserved(&self) -> i64 {
        self.tenders.iter().map(|tender| tender.reserved).sum()
    }

    /// What shipping costs in all.
    pub(crate) fn shipping_total(&self) -> i64 {
        self.shipping.iter().map(|shipping| shipping.total).sum()
    }

    /// Shipping that went back before.
    pub(crate) fn shipping_back(&self) -> i64 {
        self.refunds.iter().map(|refund| refund.shipping_amount).sum()
    }

    /// Money that went back without goods, as far as it made the order cheaper.
    fn goodwill_back(&self) -> i64 {
        let of = |refund: &refund::Model| {
            let lines = self.of_lines.get(&refund.id).copied().unwrap_or(0);
            // Below zero are discounts that were given back by costing less.
            (refund.amount + refund.fee_amount - refund.shipping_amount - lines).max(0)
        };
        self.refunds.iter().filter(|refund| refund.reason != RefundReason::Overpaid).map(of).sum()
    }

    fn fees(&self) -> i64 {
        self.refunds.iter().map(|refund| refund.fee_amount).sum()
    }

    /// Discounts that were kept and not given back.
    pub(crate) fn clawed_back(&self) -> i64 {
        self.refunds.iter().map(|refund| refund.claw_back_amount).sum::<i64>().max(0)
    }

    /// What the order costs after what was given up so far and what `plan` takes of it.
    fn due(&self, order: &order::Model, shipping_gone: i64, goodwill: i64, fee: i64) -> Result<i64> {
        let mut due = order.total - shipping_gone - self.goodwill_back() - goodwill + self.fees() + fee;
        for line in &self.lines {
            due -= paid_for(line.total, line, 0, self.taken(line))?;
        }
        Ok(due.max(0))
    }

    /// What the order costs now.
    pub(crate) fn due_now(&self, order: &order::Model) -> Result<i64> {
        self.due(order, self.shipping_back(), 0, 0)
    }

    /// What was paid beyond what the order costs now.
    pub(crate) fn overpaid(&self, order: &order::Model) -> Result<i64> {
        Ok((self.kept() - self.due_now(order)?).max(0))
    }

    /// Cancels units and tells what goes back: shipping with the last unit to ship of which nothing left. The lines here
    /// count the units as canceled afterwards. Errors: `INVALID_QUANTITY` for more than are open, `NOT_FOUND`.
    pub(crate) fn cancel(&mut self, order: &order::Model, ask: &Ask) -> Result<Plan> {
        let had_shipping_due = has_something_to_ship(&self.lines);
        let mut units = Vec::with_capacity(ask.units.len());
        for (id, count) in &ask.units {
            let line = self.lines.iter().find(|line| line.id == *id).ok_or(Error::not_found("orderLine"))?;
            check_units(*count, line.quantity - line.fulfilled - line.canceled)?;
            let (from, until) = (self.taken(line), (self.taken(line) + count).min(line.quantity));
            units.push(of_units(line, *count, from, until)?);
            if let Some(line) = self.lines.iter_mut().find(|line| line.id == *id) {
                line.canceled += count;
            }
        }
        let ships = |line: &order_line::Model| is_shipped(line) && ask.units.contains_key(&line.id);
        let nothing_left = had_shipping_due && !has_something_to_ship(&self.lines) && self.lines.iter().any(ships);
        let (before, total) = (self.shipping_back(), self.shipping_total());
        let shipping = if nothing_left { (total - before).max(0) } else { 0 };
        let is_owed = has_something_to_ship(&self.lines) || something_shipped(&self.lines);
        let shipping_gone = if is_owed { before } else { total };
        let fee = fee_within(ask.fee.max(0) + ask.claw_back, &units, ask.goodwill);
        let due = self.due(order, shipping_gone, ask.goodwill, fee)?;
        // Reservations beyond what is due are given up first; only what was taken goes back.
        let available = (self.kept() - due).max(0);
        Ok(self.fit(units, &Ask { shipping, fee, ..ask.clone() }, available, due)?.telling(ask))
    }

    /// Tells what goes back for goods that are not canceled, for shipping, or without either. The units count as given
    /// back here afterwards. Errors: `INVALID_QUANTITY` for more units than are left, `INVALID_AMOUNT` for more shipping
    /// than was paid or a negative amount, `NOT_FOUND`.
    pub(crate) fn give_back(&mut self, order: &order::Model, ask: &Ask, overpaid: bool) -> Result<Plan> {
        let mut units = Vec::with_capacity(ask.units.len());
        for (id, count) in &ask.units {
            let line = self.lines.iter().find(|line| line.id == *id).ok_or(Error::not_found("orderLine"))?;
            check_units(*count, self.left(line))?;
            let from = self.taken(line);
            units.push(of_units(line, *count, from, from + count)?);
        }
        for (id, count) in &ask.units {
            *self.back.entry(*id).or_default() += count;
        }
        let before = self.shipping_back();
        let most = (self.shipping_total() - before).max(0);
        check_amount("shipping", ask.shipping, most)?;
        check_amount("fee", ask.fee, i64::MAX)?;
        check_amount("amount", ask.goodwill, self.kept())?;
        let fee = fee_within(ask.fee + ask.claw_back, &units, ask.goodwill);
        let goodwill = if overpaid { 0 } else { ask.goodwill };
        let due = self.due(order, before + ask.shipping, goodwill, fee)?;
        // What is reserved pays first for what is still due.
        let available = (self.kept() - (due - self.reserved()).max(0)).max(0);
        Ok(self.fit(units, &Ask { fee, ..ask.clone() }, available, due)?.telling(ask))
    }

    /// The same parts for less money, when less was paid.
    fn fit(&self, mut units: Vec<Units>, ask: &Ask, available: i64, due: i64) -> Result<Plan> {
        let weights: Vec<i64> = units.iter().map(|units| units.amount).chain([ask.goodwill]).collect();
        let gross = weights.iter().sum::<i64>() + ask.shipping;
        let amount = (gross - ask.fee).min(available).max(0);
        let given = if ask.fee < 0 {
            (amount + ask.fee).clamp(0, gross)
        } else if amount == 0 && (ask.fee < gross || self.kept() + self.reserved() < due) {
            // Without money nothing is given but what is due for it: discounts that are not earned any more.
            ask.claw_back.clamp(0, ask.fee)
        } else {
            (amount + ask.fee).min(gross)
        };
        let fee = if ask.fee < 0 { ask.fee } else { given - amount };
        // Units are given up by their count, shipping by its money alone: what is not told of it would stay due.
        // Fees are kept of the goods alone, so shipping is a part of what goes out.
        let shipping = ask.shipping.min(given).min(amount);
        let mut shares = largest_remainder(given - shipping, &weights)?.into_iter();
        for (units, share) in units.iter_mut().zip(shares.by_ref()) {
            if share != units.amount {
                units.taxed.tax = scaled(units.taxed.tax, share, units.amount);
                units.amount = share;
                units.taxed.gross = share;
            }
        }
        let goodwill = shares.next().unwrap_or(0);
        let shipping_taxed = shipping_taxed(&self.shipping, self.shipping_back(), shipping);
        let forgiven = given - amount - fee;
        Ok(Plan { units, shipping, shipping_taxed, goodwill, fee, claw_back: 0, forgiven, amount, due })
    }
}

impl Plan {
    /// With how much of what is kept is discounts: those come first, and no more goes back than there is.
    fn telling(self, ask: &Ask) -> Self {
        let claw_back = match ask.claw_back {
            kept @ 0.. => kept.min(self.fee),
            given_back => (self.fee - ask.fee).clamp(given_back, 0),
        };
        Self { claw_back, ..self }
    }
}

/// Fees are kept of goods and goodwill, never of shipping.
fn fee_within(fee: i64, units: &[Units], goodwill: i64) -> i64 {
    fee.min(units.iter().map(|units| units.amount).sum::<i64>() + goodwill)
}

fn check_units(count: i64, open: i64) -> Result<()> {
    if count <= open {
        return Ok(());
    }
    Err(Error::invalid_with(ErrorCode::InvalidQuantity, "units", vec![("max", open.max(0).to_string())]))
}

fn check_amount(path: &'static str, amount: i64, most: i64) -> Result<()> {
    if (0..=most).contains(&amount) { Ok(()) } else { Err(Error::invalid(ErrorCode::InvalidAmount, path)) }
}

/// What units `from + 1 ..= until` of a line are worth.
fn of_units(line: &order_line::Model, quantity: i64, from: i64, until: i64) -> Result<Units> {
    let amount = paid_for(line.total, line, from, until - from)?;
    let tax = paid_for(line.tax, line, from, until - from)?;
    Ok(Units { line_id: line.id, quantity, amount, taxed: Taxed { rate_ppm: line.tax_rate_ppm, gross: amount, tax } })
}

fn paid_for(amount: i64, line: &order_line::Model, already: i64, count: i64) -> Result<i64> {
    cumulative_unit_refund(amount, line.quantity, already, count)
}

/// What a part of an amount carries of its tax, rounded down.
fn scaled(tax: i64, part: i64, whole: i64) -> i64 {
    if whole <= 0 {
        return 0;
    }
    i64::try_from(i128::from(tax) * i128::from(part) / i128::from(whole)).unwrap_or(0)
}

/// The tax in shipping that goes back after `before` went back: what was charged first goes back first, and the last
/// unit of money carries the rest of the tax.
pub(crate) fn shipping_taxed(rows: &[order_shipping::Model], before: i64, amount: i64) -> Vec<Taxed> {
    let (mut start, mut parts) = (0, Vec::new());
    for row in rows {
        let from = (before - start).clamp(0, row.total);
        let until = (before + amount - start).clamp(0, row.total);
        if until > from {
            let tax = scaled(row.tax, until, row.total) - scaled(row.tax, from, row.total);
            parts.push(Taxed { rate_ppm: row.tax_rate_ppm, gross: until - from, tax });
        }
        start += row.total;
    }
    parts
}
