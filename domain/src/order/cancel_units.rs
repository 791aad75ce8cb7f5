//! Canceling units of an order, and what that gives back: the one step that raises `order_line.canceled`.
//!
//! The work of the units has been given up before, and their stock with it; whoever cancels calls
//! [`crate::order::refresh`] afterwards.

use std::collections::BTreeMap;

use entity::id::{EventId, OrderLineId, PaymentId, RefundId};
use entity::words::{DeliveryMethod, Gateway, PaymentEventKind, PaymentOutcome, RefundReason};
use entity::{order, order_line, payment, payment_event, refund, refund_line};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};
use serde_json::json;

use super::given_back::{self, GivenBack};
use super::{query, units};
use crate::kernel::event::NewEvent;
use crate::kernel::{Error, ErrorCode, Result, Tx, text};
use crate::payment::refundable::{self, Tender};
use crate::payment::{self as payments, NewPaymentEvent};
use crate::stored_value;

/// Cancels units and decides what goes back: what was paid beyond what the order is still worth, spread over the units
/// by cumulative largest remainder and shipping when nothing is left to ship. The refund goes to the original tenders
/// in reverse order of capture: at once by the test gateway, else `PENDING` until staff confirm. Reservations that
/// nobody needs any more are voided. `None` when nothing had been paid.
///
/// The order is locked, and its work for these units given up. Ten statements, whatever the number of units; more for
/// gift cards. Errors: `INVALID_QUANTITY` for more units than are open, `NOT_FOUND` for a line of another order,
/// `GIFT_CARD_USED`.
pub async fn cancel_units(
    tx: &Tx,
    order: &order::Model,
    canceled: &[(OrderLineId, i64)],
    reason: RefundReason,
    note: Option<&str>,
) -> Result<Option<refund::Model>> {
    let note = note.map(|note| text::note("note", note, text::NOTE)).transpose()?.filter(|note| !note.is_empty());
    let canceled = units::summed(canceled)?;
    if canceled.is_empty() {
        return Ok(None);
    }
    let mut lines = query::lines(tx, &[order.id]).await?;
    let worth = worth(tx, order, &mut lines, &canceled).await?;
    units::add(tx, order_line::Column::Canceled, &canceled).await?;
    let tenders = tenders(tx, order).await?;
    let event_id = tx.event(
        NewEvent::new("order_units_canceled", "order", order.id.uuid())
            .customer(order.customer_id)
            .payload(json!({ "order_id": order.id, "reason": reason, "units": canceled.values().sum::<i64>() })),
    );
    stored_value::gift_card::take_back(tx, &canceled, event_id).await?;
    let due = given_back::due(order.total, &worth.lines_after, worth.shipping_after);
    void_unneeded(tx, &tenders, due, event_id).await?;
    let paid: i64 = tenders.iter().map(Tender::kept).sum();
    let amount = worth.sum().min((paid - due).max(0));
    if amount == 0 {
        return Ok(None);
    }
    let shares = worth.share(amount)?;
    let refund = decide(tx, order, &shares, (reason, note)).await?;
    pay_back(tx, &refund, &tenders).await?;
    Ok(Some(refund))
}

/// What the canceled units are worth, and what went back before and with them.
struct Worth {
    /// Per line: units, money.
    units: Vec<(OrderLineId, i64, i64)>,
    shipping: i64,
    /// Per line: what all canceled units are worth.
    lines_after: Vec<i64>,
    /// Shipping that is not owed any more.
    shipping_after: i64,
}

impl Worth {
    fn sum(&self) -> i64 {
        self.shipping + self.units.iter().map(|(.., amount)| amount).sum::<i64>()
    }

    /// The same units and shipping for less money, when less was paid.
    fn share(&self, amount: i64) -> Result<GivenBack> {
        let weights: Vec<i64> =
            self.units.iter().map(|(.., worth)| *worth).chain(std::iter::once(self.shipping)).collect();
        let mut shares = crate::pricing::allocation::largest_remainder(amount, &weights)?.into_iter();
        let lines = self.units.iter().map(|(line, units, _)| (*line, *units, shares.next().unwrap_or(0))).collect();
        Ok(GivenBack { lines, shipping: shares.next().unwrap_or(0) })
    }
}

async fn worth(
    tx: &Tx,
    order: &order::Model,
    lines: &mut [order_line::Model],
    canceled: &BTreeMap<OrderLineId, i64>,
) -> Result<Worth> {
    let had_shipping_due = given_back::has_something_to_ship(lines);
    let mut units = Vec::with_capacity(canceled.len());
    for (id, count) in canceled {
        let line = lines.iter_mut().find(|line| line.id == *id).ok_or(Error::not_found("orderLine"))?;
        let open = line.quantity - line.fulfilled - line.canceled;
        if *count > open {
            return Err(Error::invalid_with(
                ErrorCode::InvalidQuantity,
                "units",
                vec![("max", open.max(0).to_string())],
            ));
        }
        units.push((*id, *count, given_back::of_units(line, *count)?));
        line.canceled += count;
    }
    let ships = |line: &&order_line::Model| {
        matches!(line.delivery, DeliveryMethod::Ship | DeliveryMethod::LocalDelivery) && canceled.contains_key(&line.id)
    };
    let nothing_left =
        had_shipping_due && !given_back::has_something_to_ship(lines) && lines.iter().any(|line| ships(&line));
    let shipping_before = given_back::shipping_refunded(tx, order.id).await?;
    let shipping_total: i64 = query::shipping(tx, &[order.id]).await?.iter().map(|shipping| shipping.total).sum();
    let shipping = if nothing_left { (shipping_total - shipping_before).max(0) } else { 0 };
    let lines_after = lines.iter().map(given_back::canceled_worth).collect::<Result<_>>()?;
    let shipping_after = if given_back::has_something_to_ship(lines) || given_back::something_shipped(lines) {
        shipping_before
    } else {
        shipping_total
    };
    Ok(Worth { units, shipping, lines_after, shipping_after })
}

async fn tenders(tx: &Tx, order: &order::Model) -> Result<Vec<Tender>> {
    let payments: Vec<payment::Model> = payments::query::of_orders(tx, &[order.id]).await?;
    let ids: Vec<PaymentId> = payments.iter().map(|payment| payment.id).collect();
    let events: Vec<payment_event::Model> = payments::query::events(tx, &ids).await?;
    Ok(refundable::tenders(&payments, &events))
}

/// Voids what is reserved beyond what is still due, the last reservation first.
async fn void_unneeded(tx: &Tx, tenders: &[Tender], due: i64, event_id: EventId) -> Result<()> {
    let kept: i64 = tenders.iter().map(Tender::kept).sum();
    let reserved: i64 = tenders.iter().map(|tender| tender.reserved).sum();
    let mut beyond = (reserved - (due - kept).max(0)).max(0);
    let mut facts = Vec::new();
    for tender in tenders.iter().rev() {
        let amount = tender.reserved.min(beyond);
        if amount > 0 {
            beyond -= amount;
            facts.push(fact(tender, PaymentEventKind::Void, PaymentOutcome::Success, amount, event_id));
        }
        // Nothing is to be paid any more: what was expected will not come.
        if tender.is_expected && due <= kept {
            let failed = fact(tender, PaymentEventKind::Capture, PaymentOutcome::Failure, tender.amount, event_id);
            facts.push(NewPaymentEvent { error_code: Some("order_canceled".to_owned()), ..failed });
        }
    }
    payments::record(tx, facts).await?;
    Ok(())
}

fn fact(
    tender: &Tender,
    kind: PaymentEventKind,
    outcome: PaymentOutcome,
    amount: i64,
    event_id: EventId,
) -> NewPaymentEvent {
    NewPaymentEvent {
        payment_id: tender.payment_id,
        gateway: tender.gateway,
        kind,
        outcome,
        amount,
        gateway_reference: None,
        error_code: None,
        event_id,
    }
}

/// Writes the decision.
async fn decide(
    tx: &Tx,
    order: &order::Model,
    shares: &GivenBack,
    (reason, note): (RefundReason, Option<String>),
) -> Result<refund::Model> {
    let id = RefundId(tx.new_uuid());
    let amount = shares.sum();
    let event = NewEvent::new("refund_issued", "order", order.id.uuid()).customer(order.customer_id).payload(json!({
        "order_id": order.id, "refund_id": id, "amount": amount, "currency": order.currency, "reason": reason,
    }));
    let refund = refund::Model {
        id,
        order_id: order.id,
        currency: order.currency,
        amount,
        shipping_amount: shares.shipping,
        reason,
        note,
        event_id: tx.event(event),
        created_at: tx.now(),
        return_id: None,
        fee_amount: 0,
    };
    refund::Entity::insert(refund.clone().into_active_model().reset_all()).exec_without_returning(tx).await?;
    let lines: Vec<_> = shares
        .lines
        .iter()
        .map(|(line, quantity, amount)| {
            let row = refund_line::Model { refund_id: id, order_line_id: *line, quantity: *quantity, amount: *amount };
            row.into_active_model().reset_all()
        })
        .collect();
    if !lines.is_empty() {
        refund_line::Entity::insert_many(lines).exec_without_returning(tx).await?;
    }
    Ok(refund)
}

/// Sends the money back, last captured first.
async fn pay_back(tx: &Tx, refund: &refund::Model, tenders: &[Tender]) -> Result<()> {
    let mut left = refund.amount;
    let mut facts = Vec::new();
    for tender in tenders.iter().rev() {
        let amount = tender.kept().min(left);
        if amount > 0 {
            left -= amount;
            let outcome = refund_outcome(tender.gateway);
            facts.push(fact(tender, PaymentEventKind::Refund, outcome, amount, refund.event_id));
        }
    }
    if left > 0 {
        return Err(Error::Bug(format!("{left} of a refund have no tender to go back to")));
    }
    payments::record::record_refund(tx, refund.id, facts).await?;
    Ok(())
}

/// What a gateway says when money shall go back: staff hand out cash, key refunds into terminals and order transfers.
const fn refund_outcome(gateway: Gateway) -> PaymentOutcome {
    match gateway {
        Gateway::Test => PaymentOutcome::Success,
        Gateway::Manual
        | Gateway::Cash
        | Gateway::CardTerminal
        | Gateway::GiftCard
        | Gateway::StoreCredit
        | Gateway::Points
        | Gateway::Stripe
        | Gateway::Exchange => PaymentOutcome::Pending,
    }
}
